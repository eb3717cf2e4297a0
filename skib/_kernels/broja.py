"""Alternating projections for the least joint information of two sources with fixed pairs of each and the target.

A pair of symbols (i, j) of the sources has the probability r[i, j], and is shared out among the symbols s of the target
by a[i, s] b[j, s]. Tables have the target on their last axis, over which the inner loops run.
"""

import numpy as np

from skib._jit import njit

# Below this a probability is zero: denormal numbers are slow.
_TINY = 1e-300


@njit
def project(r, a, b, p1, p2, n_sweeps):
    """Sweep in place: scale a and b to the pairs p1[i, s] and p2[j, s], then put what is shared out into r."""
    columns, row = np.empty_like(b), np.empty(b.shape[1])
    for _ in range(n_sweeps):
        columns[:] = 0.0
        for i in range(r.shape[0]):
            _scale_row(r[i], a[i], b, p1[i], row, columns)
        _divide(p2, columns, b)
        total = 0.0
        for i in range(r.shape[0]):
            total += _share(r[i], a[i], b)
        for i in range(r.shape[0]):
            for j in range(r.shape[1]):
                r[i, j] /= total


@njit
def _scale_row(r, a, b, p1, row, columns):
    """Scale a of one symbol of the first source, and add what it contributes to the sums for b."""
    row[:] = 0.0
    for j in range(len(r)):
        for s in range(len(row)):
            row[s] += r[j] * b[j, s]
    for s in range(len(row)):
        a[s] = p1[s] / row[s] if p1[s] > 0.0 else 0.0
    for j in range(len(r)):
        for s in range(len(row)):
            columns[j, s] += r[j] * a[s]


@njit
def _divide(p2, columns, b):
    for j in range(len(b)):
        for s in range(b.shape[1]):
            b[j, s] = p2[j, s] / columns[j, s] if p2[j, s] > 0.0 else 0.0


@njit
def _share(r, a, b):
    """Multiply r of one symbol of the first source by what is shared out; returns its sum."""
    total = 0.0
    for j in range(len(r)):
        ratio = 0.0
        for s in range(len(a)):
            ratio += a[s] * b[j, s]
        r[j] *= ratio
        if r[j] < _TINY:
            r[j] = 0.0
        total += r[j]
    return total
