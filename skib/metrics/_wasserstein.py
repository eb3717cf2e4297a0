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
# Random pairings that stand for the product of the marginals.
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
        The mean distance to the rows paired at random, in the units of the columns; its standard error, by the
        influences of the rows and over the directions (NaN for an assignment); and as the null the mean distance
        between two random pairings.

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
    orders = [shuffles.permutation(len(x)) for _ in range(_N_PAIRINGS)]
    pairs, pairings = np.column_stack([x, y]), [np.column_stack([x, y[order]]) for order in orders]
    found = [distance(pairs, pairing) for pairing in pairings]
    null = [distance(one, other)[0] for one, other in zip(pairings[::2], pairings[1::2], strict=True)]
    influences = np.mean([_of_rows(*one[1:], order) for one, order in zip(found, orders, strict=True)], axis=0)
    values = np.mean([one[0] for one in found], axis=0)  # a value for each direction
    error = np.hypot(influences.std(ddof=1) / np.sqrt(len(x)), values.std() / np.sqrt(len(values)))
    return Measurement(float(values.mean()), float(error), float(np.mean(null)))


def _of_rows(of_pairs, of_pairing, order):
    """Return the influence of each row: of its pair, and of the two random pairs with its x and with its y."""
    influences = of_pairs + of_pairing
    influences[order] += of_pairing
    return influences


def _distance(x, y, n_projections, generator):
    """Return the function of two sets of rows that returns their distances, and the influences of the rows of both."""
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
    return lambda one, other: _sliced(one @ directions, other @ directions)


def _sliced(one, other):
    """Return the distance of each column, and the mean influences of the rows: the potentials of the transport."""
    rows = np.concatenate([one, other])
    order = np.argsort(rows, axis=0)
    gaps = np.diff(np.take_along_axis(rows, order, axis=0), axis=0)
    excess = np.cumsum(np.where(order < len(one), 1, -1), axis=0)[:-1]  # of the counts of `one` below
    potentials = np.zeros(rows.shape)
    np.put_along_axis(potentials, order[1:], np.cumsum(np.sign(excess) * gaps, axis=0), axis=0)
    potentials = potentials.mean(axis=1)
    return np.sum(np.abs(excess) * gaps, axis=0) / len(one), -potentials[: len(one)], potentials[len(one) :]


def _assignment(one, other):
    costs = cdist(one, other)
    unknown = np.full(len(one), np.nan)
    return costs[linear_sum_assignment(costs)].mean(keepdims=True), unknown, unknown
