"""Classes with classes: Grassberger's entropies without the bias of thin cells, and a lower bound."""

from typing import NamedTuple

import numpy as np

from skib._kernels.counts import joint_codes
from skib._thin_tables import codes_thinness, without_thin_cells
from skib.entropy import Grassberger
from skib.mutual_info._symbols import symbol_information

# Logarithms of the rows that the prior of independent columns is worth, per row of the data.
_LOG_PRIOR_ROWS = np.arange(-6.0, 10.0, 2.0)


class TableEstimate(NamedTuple):
    """An estimate from a table of classes, and its parts."""

    value: float
    pointwise: np.ndarray
    std_error: float
    ceiling: float
    saturated: bool
    uncorrected: float
    by_chance: float  # mean of the uncorrected estimate over all permutations; 0 if the cells are full
    lower_bound: float  # NaN if the cells are full
    is_thin: bool  # whether much rests on the correction

    @property
    def is_corrected(self):
        """Whether there are thin cells."""
        return not np.isnan(self.lower_bound)


def table_estimate(x, y, z=None):
    """Estimate I(X;Y|Z) of classes; where cells are full, as ``ChainRule(Grassberger())`` does.

    Parameters
    ----------
    x, y, z : ndarray of int64 of shape (n_samples,)
        Dense codes of the classes, neither x nor y constant; None for no condition.

    Returns
    -------
    estimate : TableEstimate
        In nats. The terms are those of the uncorrected estimate, all shifted alike; the standard error covers what the
        correction may leave (see ``without_thin_cells``).
    """
    uncorrected = symbol_information(Grassberger(), x, y, z)
    terms, n_samples = uncorrected.pointwise, len(x)
    mean = float(np.mean(terms))
    std_error = float(np.std(terms, ddof=1) / np.sqrt(n_samples)) if n_samples > 1 else np.nan
    ceiling, saturated = float(uncorrected.ceiling), uncorrected.saturated
    thinness = codes_thinness(x, y, z)
    if thinness is None:
        return TableEstimate(mean, terms, std_error, ceiling, saturated, mean, 0.0, np.nan, False)
    value, std_error, by_chance, is_thin = without_thin_cells(mean, std_error, thinness, n_samples)
    terms += value - mean
    lower = leave_one_out_bound(x, y, np.zeros_like(x) if z is None else z)
    return TableEstimate(value, terms, std_error, ceiling, saturated, mean, by_chance, lower, is_thin)


def leave_one_out_bound(x, y, z):
    """Compute the mean log likelihood ratio of rows that are left out, a lower bound of I(X;Y|Z) in expectation.

    Within a class of z, the joint distribution has a Dirichlet prior whose mean is the product of the margins, and
    whose weight is chosen by the likelihood of the same rows; it is the product alone, and the bound 0, if nothing is
    better.
    """
    first, cell_counts = np.unique(joint_codes([z, x, y]), return_index=True, return_counts=True)[1:]
    xz, yz = joint_codes([x, z]), joint_codes([y, z])
    a, b, n = (np.bincount(codes)[codes[first]] - 1.0 for codes in (xz, yz, z))
    others = cell_counts - 1.0  # a cell of one row has none left, whatever its levels
    excess = others * n / np.where(others > 0, a * b, 1.0)  # shares of the cell over the product of those of its levels
    gains = [np.dot(cell_counts, np.log((excess + w) / (1 + w))) for w in np.exp(_LOG_PRIOR_ROWS)]
    return float(max(max(gains), 0.0) / len(x))
