"""Codebooks: exact scalar ones by dynamic programming, and products of rows that do not depend on where a row stands.

A scalar code c serves a run of sorted values v with weights w, and loses the weighted squares about their mean,

    sum w v^2 - (sum w v)^2 / sum w.

These losses satisfy the quadrangle inequality (Wu 1991): the last run of the best partition starts no earlier if values
are appended, so that divide and conquer finds all starts in O(n_codes n log n).
"""

import numpy as np

from skib._jit import njit


def scalar_runs(values, weights, n_codes):
    """Find the runs of sorted, distinct values that lose the least squared distance from at most n_codes means.

    Returns the first value of each run and the number of values, (n_runs + 1,) int64.
    """
    n_values = len(values)
    sums = _prefix_sums(values, weights)
    previous = np.empty(n_values + 1)
    last = np.zeros((n_values + 1, n_codes), np.int32)
    losses = np.zeros(n_values + 1)
    fill_first_run(sums, losses)
    for k in range(1, n_codes):
        previous, losses = losses, np.full(n_values + 1, np.inf)
        losses[0] = 0.0
        stride = 1 << (n_values.bit_length() - 1)
        while stride:
            fill_runs(sums, previous, losses, last, k, stride)
            stride //= 2
    return _run_starts(last)


def _prefix_sums(values, weights):
    """Sums over the first 0 to n values of w, w v and w v^2; the values are counted from their mean, in their spread.

    Differences of these sums would otherwise lose digits to an offset, or overflow.
    """
    spread = max(values[-1] / 2 - values[0] / 2, np.finfo(np.float64).tiny)
    scaled = (values - (values[0] / 2 + values[-1] / 2)) / spread
    scaled -= np.average(scaled, weights=weights)
    terms = np.column_stack([weights, weights * scaled, weights * scaled**2])
    return np.concatenate([np.zeros((1, 3)), np.cumsum(terms, axis=0)])


def _run_starts(last):
    bounds = [len(last) - 1]
    for k in range(last.shape[1] - 1, -1, -1):
        bounds.append(last[bounds[-1], k])
    return np.unique(bounds).astype(np.int64)


@njit
def fill_first_run(sums, losses):
    """Losses of one run of the first j values."""
    for j in range(1, len(losses)):
        losses[j] = _loss(0, j, sums)


@njit
def fill_runs(sums, previous, losses, last, k, stride):
    """Losses of k + 1 runs of the first `stride`, 3 `stride`, ... values; those of multiples of 2 `stride` are known.

    The start of the last run is between those of the neighbors on both sides.
    """
    for j in range(stride, len(losses), 2 * stride):
        low = last[j - stride, k]
        high = last[j + stride, k] if j + stride < len(losses) else j
        for i in range(low, min(high, j) + 1):
            loss = previous[i] + _loss(i, j, sums)
            if loss < losses[j]:
                losses[j], last[j, k] = loss, i


@njit
def _loss(i, j, sums):
    """Squares about the mean of the values i to j - 1."""
    if j <= i + 1:
        return 0.0
    moment = sums[j, 1] - sums[i, 1]
    return max(sums[j, 2] - sums[i, 2] - moment * moment / (sums[j, 0] - sums[i, 0]), 0.0)


@njit
def row_products(first, last, rows, matrix, out):
    """Multiply the rows first to last - 1 by a matrix (n_columns, n_out), so that equal rows have equal bits.

    Linear algebra libraries round a row in another way at another place of a block, so that ties between codes would
    be broken in different ways.
    """
    for i in range(first, last):
        for c in range(matrix.shape[1]):
            out[i, c] = 0.0
        for j in range(matrix.shape[0]):
            value = rows[i, j]
            for c in range(matrix.shape[1]):
                out[i, c] += value * matrix[j, c]
