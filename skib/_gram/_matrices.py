"""Gaussian Gram matrices: bandwidths, means over pairs of rows, and the influence of each row on them."""

from numbers import Real
from typing import NamedTuple

import numpy as np
from scipy.spatial.distance import pdist
from scipy.special import ndtri

from skib._kernels import gram
from skib._marginals import transform_marginals
from skib._parallel import blocks
from skib._sklearn import Interval, StrOptions

BANDWIDTH_CONSTRAINTS = {
    "bandwidth": [Interval(Real, 0, None, closed="neither"), None],
    "marginals": [StrOptions({"rank", "standard"}), None],
}
# The median is taken of the distances of at most so many rows: half a million distances.
_MEDIAN_ROWS = 1000


class RowMeans(NamedTuple):
    """Row means of the Gram matrices K and Q, and of their product entry by entry."""

    k: np.ndarray
    q: np.ndarray
    kq: np.ndarray

    def moments(self):
        """Return the means of K_ij Q_ij, K_ij and Q_ij over all pairs of rows, and of k_i q_i over all rows."""
        return self.kq.mean(), self.k.mean(), self.q.mean(), np.mean(self.k * self.q)


def kernel_rows(x, marginals, bandwidth, rule):
    """Return the rows, scaled and divided by sqrt(2) times their bandwidth, and the bandwidth."""
    x = transform_marginals(x, marginals)
    width = rule(x) if bandwidth is None else float(bandwidth)
    with np.errstate(over="ignore", invalid="ignore"):
        rows = (0.5 * x - 0.5 * x.min(axis=0)) / (np.sqrt(2) * (0.5 * width))  # halves, for the largest floats
    if not (np.isfinite(rows).all() and np.isfinite(width)):
        raise ValueError(
            f"the columns span up to {np.abs(x).max():.3g}, too much for distances in bandwidths of {width:.3g}; "
            "use marginals='rank' or a larger bandwidth"
        )
    return rows, width


def median_distance(x):
    """Compute the median of the positive distances between rows (1 if there are none).

    More than 1000 rows are sorted by the sum of their columns, and 1000 of them taken at even steps: the result is
    without random numbers and does not depend on the order of the rows.
    """
    x = 0.5 * x  # so that differences of the largest floats do not overflow
    span = np.ptp(x, axis=0).max()
    if span == 0:
        return 1.0
    x = (x - x.min(axis=0)) / span  # so that squares neither overflow nor vanish, in any unit
    if len(x) > _MEDIAN_ROWS:
        steps = np.linspace(0, len(x) - 1, _MEDIAN_ROWS).round().astype(np.intp)
        sums = np.sort(x, axis=1).sum(axis=1)
        x = x[np.lexsort((*x.T, sums))[steps]]
    distances = pdist(x)
    distances = distances[distances > 0]
    return 2 * (span * float(np.median(distances))) if len(distances) else 1.0


def row_means(x, y):
    """Compute the row means of exp(-|x_i - x_j|^2), exp(-|y_i - y_j|^2) and their product, in O(n) memory."""
    n, variables = len(x), (gram.in_tiles(x), gram.in_tiles(y))
    sums = gram.no_sums(n, 3)
    for rows in _row_blocks(x, y):
        gram.add_row_sums(rows.start, rows.stop, n, *variables, sums)
    return RowMeans(*((1 + gram.out_of_tiles(sums, n)) / n))


def influences(x, y, means, gradient, bandwidths, marginals):
    """Compute the influence of each row on a function of the moments that has this gradient; their mean is 0.

    A row acts through its own pairs and through the scale of the columns; bandwidths are taken as constants.
    """
    n = len(x)
    of_kq, of_k, of_q, of_product = gradient
    weights = of_kq, of_k, of_q, 0.5 * of_product
    # Without marginals there is no scale that a row could act through.
    pulls = [gram.no_sums(n, rows.shape[1] if marginals else 0) for rows in (x, y)]
    variables, total = (gram.in_tiles(x), gram.in_tiles(y)), gram.no_sums(n, 1)
    both_means = gram.in_tiles(np.column_stack([means.k, means.q]))
    for rows in _row_blocks(x, y):
        gram.add_influences(rows.start, rows.stop, n, *variables, both_means, weights, total, *pulls)
    total = gram.out_of_tiles(total, n)[0] + (2 * of_kq + of_k + of_q + of_product * (means.k + means.q))
    influence = 2 * (total / n - of_kq * means.kq) - of_product * means.k * means.q
    if marginals is None:
        return influence - influence.mean()
    for rows, pull, width in zip((x, y), pulls, np.sqrt(2) * bandwidths, strict=True):
        # The derivative of a kernel by x_i is -2 K_ij (x_i - x_j), and each pair occurs twice in each matrix.
        for column, slope in zip(rows.T * width, -4 * gram.out_of_tiles(pull, n) / (n * width), strict=True):
            influence += _scale_influence(column, slope, marginals)
    return influence - influence.mean()


def _row_blocks(x, y):
    return blocks(len(x), gram.rows_per_call(len(x), x.shape[1] + y.shape[1]))


def _scale_influence(column, slope, marginals):
    """Compute the influence of each row through the scale; `slope` is n times the derivative by each entry."""
    if column.min() == column.max():
        return 0.0
    if marginals == "standard":
        column = column - column.mean()
        return -0.5 * column**2 * np.mean(slope * column)
    # A row raises the ranks of all rows above it, and a score grows with its rank at a rate of 1 / normal density.
    n = len(column)
    values, codes, sizes = np.unique(column, return_inverse=True, return_counts=True)
    scores = ndtri((np.cumsum(sizes) - 0.5 * sizes + 0.5) / (n + 1))
    moved = np.bincount(codes, slope) / np.exp(-0.5 * scores**2) * np.sqrt(2 * np.pi) / n
    above = moved[::-1].cumsum()[::-1] - 0.5 * moved
    return above[codes]
