"""Nearest-neighbor balls of (x, y) from lists of each row's nearest in x, or without, by comparing a row with all.

Points of `x` and `y` are given by columns, so that the loops over all points vectorize. The norm takes a maximum of
differences, so that distances are the same to the last bit as a tree finds. In x a ball holds the points within it, or
one more if none of them lies on its boundary; a radius of 0 has no boundary.
"""

import numpy as np

from skib._jit import inlined, njit

# Up to this length the best are updated as a whole, which takes no branch that depends on the data.
_SHORT = 12
# Entries of a list that are read together, and points that are passed over together if none of them is near.
_READ, _PIECE = 4, 16


@inlined
def _offer(best, distance):
    """Offer a distance to the sorted best."""
    at = len(best) - 1
    if at < _SHORT:
        for place in range(len(best)):
            known = best[place]
            best[place], distance = min(known, distance), max(known, distance)
    elif distance < best[at]:
        while at > 0 and best[at - 1] > distance:
            best[at] = best[at - 1]
            at -= 1
        best[at] = distance


@njit
def listed_balls(first, last, lists, places, y, n_within, n_x, radius, n_neighbors):
    """Balls of the rows first to last - 1: how many others they hold, how many in x, and the radius.

    `lists` holds sorted distances in x to the nearest others, `places` whose they are. Where a list ends too soon
    for the count, n_within is -1.
    """
    length = lists.shape[1]
    best, distances, whole = np.empty(n_neighbors), np.empty(length), length == y.shape[1] - 1
    for i in range(first, last):
        in_x, others, n_read = lists[i], places[i], 0
        for place in range(n_neighbors):
            best[place] = np.inf
        while n_read < length and in_x[n_read] <= best[-1]:
            for entry in range(n_read, min(n_read + _READ, length)):
                distance, j = in_x[entry], others[entry]
                for axis in range(len(y)):
                    distance = max(distance, abs(y[axis, j] - y[axis, i]))
                distances[entry] = distance
                _offer(best, distance)
            n_read = min(n_read + _READ, length)
        r, within, nearer, at = best[-1], 0, 0, 0
        if in_x[length - 1] <= r and not whole:
            n_within[i] = -1
            continue
        for entry in range(n_read):
            within += distances[entry] <= r
            nearer += in_x[entry] < r
            at += in_x[entry] == r
        radius[i], n_within[i], n_x[i] = r, within, nearer + at + (at == 0 or r == 0.0)


@njit
def _fill_distances(columns, i, out):
    """Distances of all points from point i, four columns a time, the last of them again where there are fewer."""
    last = len(columns) - 1
    for j in range(columns.shape[1]):
        out[j] = 0.0
    for axis in range(0, last + 1, 4):
        second, third, fourth = min(axis + 1, last), min(axis + 2, last), min(axis + 3, last)
        a, b, c, d = columns[axis], columns[second], columns[third], columns[fourth]
        at_a, at_b, at_c, at_d = a[i], b[i], c[i], d[i]
        for j in range(columns.shape[1]):
            p, q, r, s = abs(a[j] - at_a), abs(b[j] - at_b), abs(c[j] - at_c), abs(d[j] - at_d)
            p, r = p if p > q else q, r if r > s else s
            p = p if p > r else r
            out[j] = out[j] if out[j] > p else p


@njit
def row_balls(rows, x, y, n_within, n_x, radius, n_neighbors):
    """Balls of some rows, as `listed_balls` gives them."""
    n = x.shape[1]
    in_x, joint, best = np.empty(n), np.full(n + _PIECE, np.inf), np.empty(n_neighbors)
    for i in rows:
        _fill_distances(x, i, in_x)
        _fill_distances(y, i, joint)
        for j in range(n):
            joint[j] = joint[j] if joint[j] > in_x[j] else in_x[j]
        joint[i] = np.inf
        for place in range(n_neighbors):
            best[place] = np.inf
        for start in range(0, n, _PIECE):
            worst, near = best[-1], 0
            for j in range(start, start + _PIECE):
                near += joint[j] < worst
            if near > 0:
                for j in range(start, start + _PIECE):
                    if joint[j] < worst:
                        _offer(best, joint[j])
        r, within, nearer, at = best[-1], 0, 0, 0
        for j in range(n):
            within += joint[j] <= r
            nearer += in_x[j] < r
            at += in_x[j] == r
        radius[i], n_within[i], n_x[i] = r, within, nearer + at - 1 + (at == 0 or r == 0.0)
