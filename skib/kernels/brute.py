"""Nearest-neighbour balls by comparing rows with all rows: in many dimensions as fast as any tree, and in short lists.

Points are given by columns, so that the loops over all points vectorise. The norm takes a maximum of differences, so
that every distance is the same to the last bit as a tree finds.
"""

import numpy as np

from skib._jit import njit


@njit
def _distances(columns, i, out):
    """Distances of all points from point i."""
    for axis in range(len(columns)):
        column, value = columns[axis], columns[axis, i]
        if axis == 0:
            for j in range(len(column)):
                out[j] = abs(column[j] - value)
            continue
        for j in range(len(column)):
            difference = abs(column[j] - value)
            out[j] = difference if difference > out[j] else out[j]


@njit
def _insert(best, places, distance, place):
    """Put a distance, nearer than the last of the sorted best, in its place among them."""
    at = len(best) - 1
    while at > 0 and best[at - 1] > distance:
        best[at], places[at] = best[at - 1], places[at - 1]
        at -= 1
    best[at], places[at] = distance, place


@njit
def _select(distances, i, best, places):
    """The sorted nearest distances of point i and whose they are."""
    best[:] = np.inf
    worst = np.inf
    for j in range(len(distances)):
        if distances[j] < worst and j != i:
            _insert(best, places, distances[j], j)
            worst = best[-1]


@njit
def _count(distances, limit):
    count = 0
    for j in range(len(distances)):
        count += distances[j] < limit
    return count


@njit
def nearest_lists(first, last, columns, distances, places):
    """Sorted distances of the nearest others of the points first to last - 1, and which those are."""
    from_i = np.empty(columns.shape[1])
    for i in range(first, last):
        _distances(columns, i, from_i)
        _select(from_i, i, distances[i], places[i])


@njit
def row_balls(rows, x, y, tied, n_neighbors, n_within, n_x, n_y, radius, closed):
    """Balls of some rows of (x, y): radius, how many others it holds, and how many are nearer than it in x and in y.

    A ball is closed, its boundary counting as inside, if its row is tied, if it has radius 0 or holds more than k.
    """
    n = x.shape[1]
    in_x, in_y, joint = np.empty(n), np.empty(n), np.empty(n)
    best, places = np.empty(n_neighbors), np.empty(n_neighbors, np.int64)
    for i in rows:
        _distances(x, i, in_x)
        _distances(y, i, in_y)
        for j in range(n):
            joint[j] = in_x[j] if in_x[j] > in_y[j] else in_y[j]
        _select(joint, i, best, places)
        radius[i] = best[-1]
        beyond = np.nextafter(radius[i], np.inf)
        n_within[i] = _count(joint, beyond) - 1
        closed[i] = tied[i] or radius[i] == 0.0 or n_within[i] > n_neighbors
        limit = beyond if closed[i] else radius[i]
        n_x[i], n_y[i] = _count(in_x, limit) - 1, _count(in_y, limit) - 1


@njit
def listed_balls(first, last, lists, places, y, tied, n_neighbors, n_within, n_x, radius, closed):
    """As `row_balls` without n_y, from sorted `lists` of each row's nearest distances in x, and whose they are.

    Where a list ends too soon to tell, n_within is -1.
    """
    best, whose = np.empty(n_neighbors), np.empty(n_neighbors, np.int64)
    length = lists.shape[1]
    whole = length == y.shape[1] - 1
    joint = np.empty(length)
    for i in range(first, last):
        best[:] = np.inf
        n_read = 0
        while n_read < length and lists[i, n_read] <= best[-1]:
            distance = lists[i, n_read]
            for axis in range(len(y)):
                distance = max(distance, abs(y[axis, places[i, n_read]] - y[axis, i]))
            joint[n_read] = distance
            if distance < best[-1]:
                _insert(best, whose, distance, places[i, n_read])
            n_read += 1
        if n_read == length and lists[i, length - 1] <= best[-1] and not whole:
            n_within[i] = -1
            continue
        radius[i], n_within[i], n_x[i] = best[-1], 0, 0
        for place in range(n_read):
            n_within[i] += joint[place] <= radius[i]
        closed[i] = tied[i] or radius[i] == 0.0 or n_within[i] > n_neighbors
        for place in range(n_read):
            n_x[i] += lists[i, place] < radius[i] or (closed[i] and lists[i, place] == radius[i])
