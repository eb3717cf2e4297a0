"""Two continuous columns: nearest neighbors, shrunk towards the Gaussian copula as far as their noise allows."""

from typing import NamedTuple

import numpy as np
from scipy.special import digamma

from skib._copies import warn_if_copied
from skib._linear_algebra import log_det_bias
from skib._marginals import sort_column
from skib._neighbors import digamma_table, planar_ksg_terms
from skib._statistics import SATURATION, shrinkage_weight
from skib.mutual_info._auto._copula_models import RIDGE
from skib.mutual_info._auto._interpolation import interpolation_bound

N_NEIGHBORS = 5
# Nats by which the bound from interpolation may exceed the estimate by chance; c / sqrt(n) from fewer than 400 rows.
# Of independent columns the excess has mean 0.8 / sqrt(n) and standard deviation 0.7 / sqrt(n).
_BOUND_SLACK, _SLACK_OF_ROWS = 0.25, 5


class TwoColumnEstimate(NamedTuple):
    """Estimate for two columns."""

    value: float
    pointwise: np.ndarray
    ceiling: float
    saturated: bool
    neighbors: float
    gaussian: float


def two_column_estimate(x, y, target=None):
    """Estimate I = I(Gaussian copula) + w (KSG - I(Gaussian copula)) of the columns x and y.

    With se the standard error of the difference, w = max(0, 1 - (se / difference)^2). Where the copula of the data is
    Gaussian, the estimate has half the variance of the neighbors; elsewhere w is close to 1.

    Parameters
    ----------
    x, y : ndarray of shape (n_samples,)
        Continuous columns.
    target : SortedColumn, default=None
        The column y on the "rank" scale, if it has been sorted already.

    Returns
    -------
    estimate : TwoColumnEstimate
        The estimate in nats, and its parts.
    """
    target = sort_column(y, "rank") if target is None else target
    source = sort_column(x, "rank", scores_of=target)
    if source.tied and target.tied:
        warn_if_copied(x[:, None], y)
    terms = np.empty(len(x))
    terms[target.order] = planar_ksg_terms(source, target, N_NEIGHBORS, digamma_table(len(x)))
    ceiling = digamma(len(x)) - digamma(N_NEIGHBORS)
    density = _gaussian_terms(source.by_row(), target.by_row())
    gaussian = min(density.mean(), ceiling)
    neighbors = terms.mean()
    weight = shrinkage_weight(neighbors - gaussian, np.std(terms - density, ddof=1) / np.sqrt(len(x)))
    value = gaussian + weight * (neighbors - gaussian)
    pointwise = (1 - weight) * density + weight * terms
    pointwise += value - pointwise.mean()
    slack = max(_BOUND_SLACK, _SLACK_OF_ROWS / np.sqrt(len(x)))
    saturated = value > SATURATION * ceiling or _interpolation_bound(source, target) > value + slack
    return TwoColumnEstimate(float(value), pointwise, ceiling, bool(saturated), float(neighbors), float(gaussian))


def _interpolation_bound(source, target):
    """Return the larger of the bounds from interpolation along either column."""
    return max(
        interpolation_bound(source.values, target.by_row()[source.order]),
        interpolation_bound(target.values, source.by_row()[target.order]),
    )


def _gaussian_terms(x, y):
    """Compute the pointwise information of Gaussian columns, less the bias of its mean."""
    x, y = x / x.std(), y / y.std()
    rho = np.clip(np.mean(x * y), RIDGE - 1, 1 - RIDGE)
    rest = 1 - rho**2
    bias = 2 * log_det_bias(len(x), 1) - log_det_bias(len(x), 2)
    return -0.5 * np.log(rest) + (rho * x * y - 0.5 * rho**2 * (x**2 + y**2)) / rest - bias
