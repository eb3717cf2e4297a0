r"""O-information of sets of discrete columns, from the counts of the cells of each set.

The entropies are Grassberger's, :math:`\hat H = \psi(n) - \frac1n \sum_c n_c G(n_c)`, of the set, of its columns and
of the set without each of them. With the digamma function :math:`\psi(n)`, about log(n) - 1 / 2n, for log(n), they are
unbiased for n rows and not only for Poisson variables. G differs from :math:`\psi` by about 1 / 2n, with the sign of
the parity of n. In cells of many rows, where these signs cancel on average and only add noise, :math:`\psi` takes its
place.

*Errors.* The variance of the terms over the rows, divided by n, vanishes at independence. There, the estimates are sums
of chi-squared variables, one for each interaction: with d degrees of freedom, an interaction of m columns adds
:math:`d / 2n^2` to the variance of the total correlation, :math:`(m - 1)^2` times that to the variance of the dual
total correlation and :math:`(m - 2)^2` times to that of the O-information.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import digamma

from skib._entropies import log_of_counts
from skib._kernels.counts import joint_codes

# Rows of a cell from which on Grassberger's function is replaced.
_MANY_ROWS = 12


class _Score(NamedTuple):
    """What takes the place of the logarithm of the count of a cell, and of the number of rows."""

    cell: Callable
    total: Callable


class _Cells(NamedTuple):
    """The occupied cells of some columns."""

    codes: np.ndarray  # (n_columns, n_cells)
    counts: np.ndarray


def discrete_values(codes, multiplets, *, bias_correction):
    """Return values and standard errors of the three quantities of each set, and the cells of each: (3, n_sets) twice.

    `codes` are the dense int64 codes of all columns, (n_columns, n_samples).
    """
    score = _score(bias_correction)
    n_samples, n_sets = codes.shape[1], len(multiplets)
    values, errors, n_cells = np.empty((3, n_sets)), np.empty((3, n_sets)), np.empty(n_sets, np.int64)
    freedom = codes.max(axis=1).astype(float)
    for i, columns in enumerate(multiplets):
        cells = _cells(codes[columns])
        terms = _terms(cells, n_samples, score)
        values[:, i] = terms @ cells.counts / n_samples
        variances = (terms - values[:, i : i + 1]) ** 2 @ cells.counts / n_samples**2
        least = _variances_at_independence(freedom[columns], n_samples)
        # The noise of the cells adds twice as much to the variance of the terms.
        errors[:, i] = np.sqrt(np.maximum(variances - least, least))
        n_cells[i] = len(cells.counts)
    return values, errors, n_cells


def discrete_gradients(codes, target, multiplets, *, bias_correction):
    """Return the O-information of each set with the target, less that without, and the cells of each set."""
    score, n_samples = _score(bias_correction), codes.shape[1]
    cells = [_cells(np.vstack([codes[columns], target])) for columns in multiplets]
    gradients = np.array([_gradient(some, n_samples, score) for some in cells])
    return gradients, np.array([len(some.counts) for some in cells])


def _gradient(cells, n_samples, score):
    """Return (1 - k) I(X;Y) + sum_j I(X_-j;Y) of k columns and the target, which is the last one."""
    size = len(cells.codes) - 1
    everything = list(range(size))

    def entropy(columns):
        counts = _counts_of(cells, columns)[1]
        return score.total(n_samples) - counts @ score.cell(counts) / n_samples

    def information(columns):
        return entropy(columns) + entropy([size]) - entropy([*columns, size])

    rests = sum(information(everything[:j] + everything[j + 1 :]) for j in everything if size > 1)
    return (1 - size) * information(everything) + rests


def _score(bias_correction):
    return _Score(_smooth_log_of_counts, digamma) if bias_correction else _Score(np.log, np.log)


def _smooth_log_of_counts(counts):
    return np.where(counts < _MANY_ROWS, log_of_counts(counts), digamma(counts))


def _cells(codes):
    joint = joint_codes(list(codes))
    _, first, counts = np.unique(joint, return_index=True, return_counts=True)
    return _Cells(codes[:, first], counts)


def _counts_of(cells, columns):
    """Return the number of each cell among the cells of some of the columns, and the counts of these."""
    joint = joint_codes([cells.codes[j] for j in columns])
    return joint, np.bincount(joint, weights=cells.counts)


def _terms(cells, n_samples, score):
    """Return the three quantities of the rows of each cell, whose means they are: (3, n_cells)."""

    def local(columns):
        joint, counts = _counts_of(cells, columns)
        return score.total(n_samples) - score.cell(counts)[joint]

    everything = list(range(len(cells.codes)))
    joint = score.total(n_samples) - score.cell(cells.counts)
    total = sum(local([j]) for j in everything) - joint
    rests = sum(local(everything[:j] + everything[j + 1 :]) for j in everything)
    dual = rests - (len(everything) - 1) * joint
    return np.array([total - dual, total, dual])


def _variances_at_independence(freedom, n_samples):
    """Return the variances of the three quantities of independent columns of so many levels, less 1 each."""
    of_size = np.array([1.0])  # degrees of freedom of the interactions of 0, 1, ... columns
    for d in freedom:
        of_size = np.append(of_size, 0) + d * np.append(0, of_size)
    m = np.arange(len(of_size))
    weights = np.array([(m - 2) ** 2, np.ones(len(m)), (m - 1) ** 2])[:, 2:]
    return weights @ of_size[2:] / (2 * n_samples**2)
