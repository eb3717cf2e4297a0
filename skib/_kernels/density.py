"""Sums over the pairs of rows of Gaussian kernels, and of their powers; no matrix is ever stored.

The rows come transposed, (n_features, n_samples), and divided by their length scale. Squared distances are sums of
squared differences, never |a|^2 + |b|^2 - 2 ab, whose digits cancel. Every pair is visited once and added to both of
its rows in the order of the rows, so that the sums have the same bits for every block size.
"""

import numpy as np

from skib._jit import njit

# exp(-x) is 0 from here on.
_NOTHING = 746.0


@njit
def _squared_distances(columns, i, first, squares):
    """Squared distances from row i to the rows from `first` on; column by column, which vectorizes."""
    n = columns.shape[1]
    for j in range(first, n):
        squares[j] = 0.0
    for c in range(columns.shape[0]):
        value = columns[c, i]
        for j in range(first, n):
            step = columns[c, j] - value
            squares[j] += step * step


@njit
def add_overlaps(first, last, columns, sums):
    """Add q = exp(-|x_i - x_j|^2), q^2 and q^4 of the rows first to last - 1 with all later rows to the sums of both.

    `sums` has shape (n_samples, 3). What a row overlaps with itself, 1, is left to the caller.
    """
    n = columns.shape[1]
    squares = np.empty(n)
    for i in range(first, last):
        _squared_distances(columns, i, i + 1, squares)
        once = twice = fourfold = 0.0
        for j in range(i + 1, n):
            if squares[j] >= _NOTHING:
                continue
            q = np.exp(-squares[j])
            q2 = q * q
            q4 = q2 * q2
            once += q
            twice += q2
            fourfold += q4
            sums[j, 0] += q
            sums[j, 1] += q2
            sums[j, 2] += q4
        sums[i, 0] += once
        sums[i, 1] += twice
        sums[i, 2] += fourfold


@njit
def far_overlaps(rows, columns, out):
    """Of rows far from all others: the least squared distance m to another row, and sums over the others.

    The sums are those of q = exp(m - |x_i - x_j|^2), at least 1, and of q^2; `out` has shape (len(rows), 3).
    """
    n = columns.shape[1]
    squares = np.empty(n)
    for place in range(len(rows)):
        _squared_distances(columns, rows[place], 0, squares)
        squares[rows[place]] = np.inf
        least = np.inf
        for j in range(n):
            least = min(least, squares[j])
        once = twice = 0.0
        for j in range(n):
            q = np.exp(least - squares[j])
            once += q
            twice += q * q
        out[place, 0], out[place, 1], out[place, 2] = least, once, twice
