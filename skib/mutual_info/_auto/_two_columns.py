"""Two continuous columns: nearest neighbours, drawn towards the Gaussian copula as far as their noise allows."""

from typing import NamedTuple

import numpy as np
from scipy.special import digamma

from skib._copies import NO_COPIES, count_copies, warn_if_copied
from skib._linear_algebra import log_det_bias
from skib._marginals import sort_column
from skib._neighbors import digamma_table, planar_balls
from skib._statistics import SATURATION, shrinkage_weight
from skib.mutual_info._auto._copula_models import RIDGE
from skib.mutual_info._auto._interpolation import interpolation_bound
from skib.mutual_info._ksg import KSG

N_NEIGHBORS = 5
# Nats that the bound from interpolation may exceed the estimate by chance.
_BEYOND = 0.25


class TwoColumnEstimate(NamedTuple):
    """Estimate for two columns."""

    value: float
    pointwise: np.ndarray
    ceiling: float
    saturated: bool
    neighbors: float
    gaussian: float


def two_column_estimate(x, y, target=None):
    """I = I(Gaussian copula) + w (KSG - I(Gaussian copula)) of the columns x and y; `target` may hold the Line of y.

    With se the standard error of the difference, w = max(0, 1 - (se / difference)^2): where the copula of the data is
    Gaussian, this has half the variance of the neighbours; elsewhere w is 1 but for the noise.
    """
    target = sort_column(y, "rank") if target is None else target
    source = sort_column(x, "rank", scores_of=target)
    copies = NO_COPIES
    if source.tied and target.tied:
        warn_if_copied(x[:, None], y)
        copies = count_copies(x[:, None], y)
    terms = np.empty(len(x))
    balls = planar_balls(source, target, N_NEIGHBORS, copies)
    terms[target.order] = KSG(N_NEIGHBORS)._terms_of(balls, digamma_table(len(x)))
    ceiling = digamma(len(x)) - digamma(N_NEIGHBORS)
    scores = source.values[source.rank], target.values[target.rank]
    density = _gaussian_terms(*scores)
    gaussian = min(density.mean(), ceiling)
    neighbors = terms.mean()
    weight = shrinkage_weight(neighbors - gaussian, np.std(terms - density, ddof=1) / np.sqrt(len(x)))
    value = gaussian + weight * (neighbors - gaussian)
    pointwise = (1 - weight) * density + weight * terms
    bound = max(
        interpolation_bound(source.values, scores[1][source.order]),
        interpolation_bound(target.values, scores[0][target.order]),
    )
    saturated = value > SATURATION * ceiling or bound > value + _BEYOND
    pointwise += value - pointwise.mean()
    return TwoColumnEstimate(float(value), pointwise, ceiling, bool(saturated), float(neighbors), float(gaussian))


def _gaussian_terms(x, y):
    """Pointwise information of Gaussian columns, bias taken off."""
    x, y = x / x.std(), y / y.std()
    rho = np.clip(np.mean(x * y), RIDGE - 1, 1 - RIDGE)
    rest = 1 - rho**2
    bias = 2 * log_det_bias(len(x), 1) - log_det_bias(len(x), 2)
    return -0.5 * np.log(rest) + (rho * x * y - 0.5 * rho**2 * (x**2 + y**2)) / rest - bias
