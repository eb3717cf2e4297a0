"""Wasserstein dependency: how far pairs must move to become independent."""

from numbers import Integral

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from sklearn.utils import check_scalar

from skib._parallel import spawn_generators
from skib._typing import Seed, TableLike
from skib._validation import check_target
from skib.metrics._measurement import Measurement

# Rows beyond which an assignment, whose time grows with their cube, takes minutes.
_MOST_ROWS_OF_ASSIGNMENT = 3000
# Random pairings that stand for the product of the marginals: the spread of their distances is the standard error.
_N_PAIRINGS = 8


def wasserstein_dependency(
    X: TableLike, y: TableLike, *, n_projections: int | None = 200, random_state: Seed = None
) -> Measurement:
    r"""Measure the Wasserstein distance of pairs from independent pairs, :math:`W_1(p(x, y), p(x) p(y))`.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        Rows of numbers, in units in which distances make sense: standardize columns of different units.
    y : array-like of shape (n_samples,) or (n_samples, n_targets)
        The target, likewise.
    n_projections : int, default=200
        Random directions in the space of (x, y), over which the distance of the projections is averaged (the sliced
        distance). More lower the variance. ``None`` takes the distance itself, by an assignment of at most 3000 rows.
    random_state : int, RandomState instance or None, default=None
        Seeds the directions and the pairings. Pass an int for the same result at every call.

    Returns
    -------
    dependency : Measurement
        The mean distance to the rows paired at random, in the units of the columns, its standard error over the
        pairings, and as the null the mean distance between two random pairings.

    See Also
    --------
    HSIC : Another measure without a unit of information.

    Notes
    -----
    Read the value by its distance from the null, which is large: without projections that falls as
    :math:`n^{-1/d}`, d the number of columns of X and y together. The value is no information, and has no ceiling.

    References
    ----------
    .. [1] S. Ozair et al., "Wasserstein dependency measure for representation learning", NeurIPS 2019.
    .. [2] N. Bonneel, J. Rabin, G. Peyre, H. Pfister, "Sliced and Radon Wasserstein barycenters of measures", Journal
       of Mathematical Imaging and Vision 51, 2015.

    Examples
    --------
    >>> from skib.datasets import make_gaussian_pair
    >>> from skib.metrics import wasserstein_dependency
    >>> pair = make_gaussian_pair(2000, rho=0.8, random_state=0)
    >>> near = wasserstein_dependency(pair.X, pair.y, random_state=0)
    >>> round(near.value, 1), near.null < 0.05  # truth: 0.22
    (0.2, True)
    """
    x = check_target(X, len(X), "X")
    y = check_target(y, len(x), "y")
    if len(x) < 4:
        raise ValueError(f"wasserstein_dependency needs at least 4 rows, got n_samples = {len(x)}; pass more rows")
    directions, shuffles = spawn_generators(random_state, 2)
    distance = _distance(x, y, n_projections, directions)
    pairings = [np.column_stack([x, y[shuffles.permutation(len(x))]]) for _ in range(_N_PAIRINGS)]
    values = [distance(np.column_stack([x, y]), pairing) for pairing in pairings]
    null = [distance(one, other) for one, other in zip(pairings[::2], pairings[1::2], strict=True)]
    error = np.std(values, ddof=1) / np.sqrt(_N_PAIRINGS)
    return Measurement(float(np.mean(values)), float(error), float(np.mean(null)))


def _distance(x, y, n_projections, generator):
    """Return the function of two sets of rows that returns their distance."""
    if n_projections is None:
        if len(x) > _MOST_ROWS_OF_ASSIGNMENT:
            raise ValueError(
                f"an assignment of {len(x)} rows takes too long; pass at most {_MOST_ROWS_OF_ASSIGNMENT} rows, or "
                "n_projections=200"
            )
        return _assignment
    check_scalar(n_projections, "n_projections", Integral, min_val=1)
    directions = generator.standard_normal((x.shape[1] + y.shape[1], n_projections))
    directions /= np.linalg.norm(directions, axis=0)
    return lambda one, other: np.abs(np.sort(one @ directions, axis=0) - np.sort(other @ directions, axis=0)).mean()


def _assignment(one, other):
    costs = cdist(one, other)
    return costs[linear_sum_assignment(costs)].mean()
