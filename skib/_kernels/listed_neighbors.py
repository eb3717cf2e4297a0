"""Nearest-neighbor balls of (x, y) from lists of each row's nearest in x, or without, by comparing a row with all.

Points of `x` and `y` are given by columns, so that the loops over all points vectorize. The norm takes a maximum of
differences, so that distances are the same to the last bit as a tree finds. In x a ball holds the points within it, or
one more if none of them lies on its boundary; a radius of 0 has no boundary.
"""

import numpy as np

from skib._jit import njit


@njit
def _offer(best, distance, ties):
    """Offer a distance to the sorted best; returns how many of those offered tie with the last."""
    at = len(best) - 1
    worst = best[at]
    if distance == worst:
        return ties + 1
    while at > 0 and best[at - 1] > distance:
        best[at] = best[at - 1]
        at -= 1
    best[at] = distance
    return ties + 1 if best[-1] == worst else 0


@njit
def listed_balls(first, last, lists, places, y, n_within, n_x, radius, n_neighbors):
    """Balls of the rows first to last - 1: how many others they hold, how many in x, and the radius.

    `lists` holds sorted distances in x to the nearest others, `places` whose they are. Where a list ends too soon
    for the count, n_within is -1.
    """
    best = np.empty(n_neighbors)
    length = lists.shape[1]
    whole = length == y.shape[1] - 1
    for i in range(first, last):
        best[:] = np.inf
        n_read = ties = 0
        while n_read < length and lists[i, n_read] <= best[-1]:
            distance, j = lists[i, n_read], places[i, n_read]
            for axis in range(len(y)):
                distance = max(distance, abs(y[axis, j] - y[axis, i]))
            if distance <= best[-1]:
                ties = _offer(best, distance, ties)
            n_read += 1
        if n_read == length and lists[i, length - 1] <= best[-1] and not whole:
            n_within[i] = -1
            continue
        radius[i], n_within[i] = best[-1], n_neighbors + ties
        while n_read > 0 and lists[i, n_read - 1] > radius[i]:
            n_read -= 1
        reached = n_read > 0 and radius[i] > 0.0 and lists[i, n_read - 1] == radius[i]
        n_x[i] = n_read + (not reached)


@njit
def _distances(columns, i, out):
    """Distances of all points from point i."""
    out[:] = 0.0
    for axis in range(len(columns)):
        column, value = columns[axis], columns[axis, i]
        for j in range(len(column)):
            difference = abs(column[j] - value)
            out[j] = difference if difference > out[j] else out[j]


@njit
def row_balls(rows, x, y, n_within, n_x, radius, n_neighbors):
    """Balls of some rows, as `listed_balls` gives them."""
    in_x, in_y = np.empty(x.shape[1]), np.empty(x.shape[1])
    best = np.empty(n_neighbors)
    for i in rows:
        _distances(x, i, in_x)
        _distances(y, i, in_y)
        best[:] = np.inf
        ties = 0
        for j in range(len(in_x)):
            distance = in_x[j] if in_x[j] > in_y[j] else in_y[j]
            if distance <= best[-1] and j != i:
                ties = _offer(best, distance, ties)
        radius[i], n_within[i] = best[-1], n_neighbors + ties
        within = at = 0
        for j in range(len(in_x)):
            within += in_x[j] <= radius[i]
            at += in_x[j] == radius[i]
        n_x[i] = within - 1 + (at == 0 or radius[i] == 0.0)
