"""Two continuous columns: nearest neighbors, shrunk towards the Gaussian copula as far as their noise allows."""

from typing import NamedTuple

import numpy as np
from scipy.special import digamma

from skib._linear_algebra import log_det_bias
from skib._marginals import sort_column
from skib._neighbors import digamma_table, planar_ksg_terms
from skib._statistics import SATURATION, shrinkage_weight
from skib._ties import break_ties
from skib.mutual_info._auto._additive_noise import additive_noise_terms
from skib.mutual_info._auto._copula_models import RIDGE
from skib.mutual_info._auto._drift import N_NEIGHBORS, NeighborEstimate, neighbor_estimate
from skib.mutual_info._auto._interpolation import interpolation_bound

# Nats by which the bound from interpolation may exceed the estimate by chance; c / sqrt(n) from fewer than 400 rows.
# Of independent columns the excess has mean 0.8 / sqrt(n) and standard deviation 0.7 / sqrt(n).
_BOUND_SLACK, _SLACK_OF_ROWS = 0.25, 5
# Share of an estimate that the Gaussian copula, which needs no resolution, must account for where neighbors have none.
_RESOLVED = 0.9
# Standard errors by which the information of additive noise may lie below that of neighbors, which know fine structure,
# beyond what these have too much along thin curves, in units of 1 / sqrt(n).
_BELOW_NEIGHBORS, _THIN = 3.0, 2.0
# Standard errors beyond which the Gaussian copula is no part of the information of additive noise, whose own error is
# often much smaller than that of the difference. Rows far out inflate that error, but one of this log likelihood ratio
# beyond log n is enough: of rows of the Gaussian copula a share exp(-t) at most has a ratio of another density to it
# above exp(t) (Markov's inequality), so that 1 of 1000 samples has such a row.
_NOT_GAUSSIAN, _IMPOSSIBLE = 3.0, 7.0


class TwoColumnEstimate(NamedTuple):
    """Estimate for two columns."""

    value: float
    pointwise: np.ndarray
    std_error: float  # from the spread of the terms, and from the drift of the estimate with the number of neighbors
    ceiling: float
    saturated: bool
    neighbors: float  # 5 of them
    gaussian: float
    nearest: float | None  # one neighbor, where fewer than 5 are needed
    extrapolated: float | None  # no neighbors, likewise
    additive_noise: float | None  # a multiple of the other column plus independent noise, where that holds

    @property
    def candidates(self):
        """The candidates by name, in nats."""
        names = "neighbors", "gaussian", "nearest", "extrapolated", "additive_noise"
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}


def two_column_estimate(x, y, target=None, source=None):
    """Estimate I = I(Gaussian copula) + w (KSG - I(Gaussian copula)) of the columns x and y.

    With se the standard error of the difference, w = max(0, 1 - (se / difference)^2). Where the copula of the data is
    Gaussian, the estimate has half the variance of the neighbors; elsewhere w is close to 1. Neighbors are 5, unless
    their estimate drifts with their number (see ``neighbor_estimate``). Where one column is a multiple of the other
    plus independent noise, the terms of that model stand for theirs (see ``additive_noise_terms``).

    Parameters
    ----------
    x, y : ndarray of shape (n_samples,)
        Continuous columns.
    target, source : SortedColumn, default=None
        The columns y and x on the "rank" scale, if they have been sorted already.

    Returns
    -------
    estimate : TwoColumnEstimate
        The estimate in nats, and its parts.
    """
    source, target = _sorted(x, y, source, target)
    found, n_samples = _best(x, y, source, target), len(x)
    scores = source.by_row(), target.by_row()
    density = _gaussian_terms(*scores)
    gaussian, weight, value, ceiling = _shrunk(found, density)
    pointwise = (1 - weight) * density + weight * found.terms
    pointwise += value - pointwise.mean()
    slack = max(_BOUND_SLACK, _SLACK_OF_ROWS / np.sqrt(n_samples))
    saturated = value > SATURATION * ceiling or _interpolation_bound(source, target, *scores) > value + slack
    # Where nothing correlates, the Gaussian part has this error, and its terms have no spread.
    errors = np.std(pointwise, ddof=1) / np.sqrt(n_samples), weight * found.bias, np.sqrt(0.5) / n_samples
    return TwoColumnEstimate(
        float(value),
        pointwise,
        float(np.linalg.norm(errors)),
        ceiling,
        bool(saturated or (found.unresolved and gaussian < _RESOLVED * value)),
        found.neighbors,
        float(gaussian),
        found.nearest,
        None if found.nearest is None else float(found.terms.mean()),
        float(found.terms.mean()) if found.additive else None,
    )


def two_column_value(x, y, source, target):
    """Return the value of ``two_column_estimate`` for two columns without ties, and nothing that costs more."""
    return float(_shrunk(_best(x, y, source, target), _gaussian_terms(source.by_row(), target.by_row()))[2])


def _shrunk(found, density):
    """Return the value of the Gaussian copula, the weight of the neighbors, the estimate, and its ceiling."""
    n_samples, is_extrapolated = len(density), found.nearest is not None
    ceiling = digamma(n_samples) - digamma(1 if is_extrapolated or found.additive else N_NEIGHBORS)
    gaussian = min(density.mean(), ceiling)
    difference, beyond = found.terms.mean() - gaussian, found.terms - density
    error = np.std(beyond, ddof=1) / np.sqrt(n_samples)
    impossible = beyond.max() > np.log(n_samples) + _IMPOSSIBLE
    if found.additive and (impossible or abs(difference) > _NOT_GAUSSIAN * error):
        return gaussian, 1.0, min(gaussian + difference, ceiling), ceiling
    weight = shrinkage_weight(difference, np.hypot(error, found.bias) if is_extrapolated else error)
    return gaussian, weight, min(gaussian + weight * difference, ceiling), ceiling


def _sorted(x, y, source, target):
    """Sort the columns, equal values in random order unless one of them is an atom."""
    target = sort_column(y, "rank") if target is None else target
    source = sort_column(x, "rank", scores_of=target) if source is None else source
    if source.tied or target.tied:
        x, y = break_ties([x[:, None], y[:, None]])
        target = sort_column(y[:, 0], "rank")
        source = sort_column(x[:, 0], "rank", scores_of=target)
    return source, target


def _best(x, y, source, target):
    """Return the estimate by additive noise where that holds, else that of neighbors."""
    psi = digamma_table(len(x))
    if source.tied or target.tied:
        terms = _neighbor_terms(source, target, psi)
        return NeighborEstimate(terms, 0.0, float(terms.mean()))
    additive = additive_noise_terms(x, y, source, target)
    if additive is not None:
        terms = _neighbor_terms(source, target, psi)
        beyond = terms - additive
        if beyond.mean() < (_BELOW_NEIGHBORS * np.std(beyond) + _THIN) / np.sqrt(len(x)):
            return NeighborEstimate(additive, 0.0, float(terms.mean()), additive=True)
    return neighbor_estimate(source, target, psi)


def _neighbor_terms(source, target, psi):
    """Return the terms of 5 neighbors in the order of the rows."""
    terms = np.empty(len(source.values))
    terms[target.order] = planar_ksg_terms(source, target, N_NEIGHBORS, psi)
    return terms


def _interpolation_bound(source, target, x, y):
    """Return the larger of the bounds from interpolation along either sorted column; x and y are the scores by row."""
    return max(interpolation_bound(source.values, y[source.order]), interpolation_bound(target.values, x[target.order]))


def _gaussian_terms(x, y):
    """Compute the pointwise information of Gaussian columns, less the bias of its mean."""
    x, y = x / x.std(), y / y.std()
    rho = np.clip(np.mean(x * y), RIDGE - 1, 1 - RIDGE)
    rest = 1 - rho**2
    bias = 2 * log_det_bias(len(x), 1) - log_det_bias(len(x), 2)
    return -0.5 * np.log(rest) + (rho * x * y - 0.5 * rho**2 * (x**2 + y**2)) / rest - bias
