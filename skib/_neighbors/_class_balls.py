"""Nearest-neighbor balls within a class: prepared once for some rows, then evaluated for any labeling of them.

Codes are passed, and counts returned, in the order in which the rows were prepared: row ``order[i]`` has place i.
"""

from typing import NamedTuple

import numpy as np
from scipy.spatial.distance import cdist

from skib._copies import NO_COPIES
from skib._kernels.planar_neighbors import class_balls
from skib._kernels.tree_neighbors import listed_class_balls
from skib._marginals import sort_column, transform_marginals
from skib._neighbors._tree import build_tree, nearest_neighbors
from skib._parallel import blocks

# A list of this many times k / (share of the rarest class) neighbors nearly always holds the k of one's own class.
_LIST_SLACK = 3
_LONGEST_LIST = 512
# Rows for each neighbor in a list, up to which all distances are computed and sorted: a search of so many neighbors
# meets most rows, and takes as long; and nothing is compiled.
_ROWS_PER_NEIGHBOR = 6
# Distances that are held at once.
_DISTANCES_AT_ONCE = 250_000


class ClassBalls(NamedTuple):
    """The balls that just reach the k-th neighbor of the own class; the row itself is not counted."""

    n_nearer: np.ndarray  # rows of any class nearer than that neighbor
    n_at: np.ndarray  # rows of any class as far as that neighbor, which is one of them
    n_own: np.ndarray  # those of the own class among them
    n_wanted: np.ndarray  # how many of these are needed to make k


def prepare_class_balls(x, sizes, n_neighbors, marginals):
    """Scale the rows x, and sort them or list their neighbors, for classes of the given sizes."""
    if x.shape[1] == 1:
        return SortedClassBalls(sort_column(x[:, 0], marginals), n_neighbors)
    return ListedClassBalls(transform_marginals(x, marginals), sizes, n_neighbors)


class SortedClassBalls:
    """Class balls of the rows of one sorted column."""

    def __init__(self, column, n_neighbors):
        self.column, self.order, self.n_neighbors = column, column.order, n_neighbors
        self.distinct = not column.tied  # whether all rows are known to differ

    def balls(self, codes):
        """Find the ``ClassBalls`` of all rows."""
        balls = _empty(len(codes))
        class_balls(self.column.values, self.column.table, codes, np.bincount(codes), self.n_neighbors, *balls)
        return balls


class ListedClassBalls:
    """Class balls of rows of several columns, from lists of neighbors long enough for classes of the given sizes."""

    distinct = False

    def __init__(self, points, sizes, n_neighbors):
        self.points, self.n_neighbors = np.ascontiguousarray(points), n_neighbors
        wanted = int(_LIST_SLACK * n_neighbors * len(points) / sizes.min()) + 1
        length = min(wanted, _LONGEST_LIST, len(points) - 1)
        if len(points) <= _ROWS_PER_NEIGHBOR * length:
            self.order, (self.distances, self.places) = np.arange(len(points)), _sorted_distances(self.points, length)
            return
        tree = build_tree(points)
        self.order = tree.order
        self.distances, self.places, _ = nearest_neighbors(tree, length, NO_COPIES)

    def balls(self, codes):
        """Find the ``ClassBalls`` of all rows."""
        n_neighbors = np.minimum(self.n_neighbors, np.bincount(codes) - 1)
        balls, of_rows = _empty(len(codes)), np.empty_like(codes)
        listed_class_balls(self.distances, self.places, codes, n_neighbors, *balls)
        of_rows[self.order] = codes
        short = np.flatnonzero(balls.n_at < 0)  # whose lists end too soon
        for code in np.unique(codes[short]):
            places, members = short[codes[short] == code], self.points[of_rows == code]
            for part in blocks(len(places), _rows_at_once(self.points)):
                rows = self.points[self.order[places[part]]]
                found = _compared_class_balls(rows, members, self.points, n_neighbors[code])
                for counts, values in zip(balls, found, strict=True):
                    counts[places[part]] = values
        return balls


def _sorted_distances(points, length):
    """Return the distances of the nearest other points to each point, sorted, and which these are; -1 at infinity."""
    distances, places = np.empty((len(points), length)), np.empty((len(points), length), np.int64)
    for part in blocks(len(points), _rows_at_once(points)):
        from_part = cdist(points[part], points, "chebyshev")
        from_part[np.arange(len(from_part)), np.arange(part.start, part.stop)] = np.inf  # not one's own neighbor
        nearest = np.argpartition(from_part, length - 1, axis=1)[:, :length]
        found = np.take_along_axis(from_part, nearest, axis=1)
        ascending = np.argsort(found, axis=1)
        distances[part] = np.take_along_axis(found, ascending, axis=1)
        places[part] = np.take_along_axis(nearest, ascending, axis=1)
    places[np.isinf(distances)] = -1
    return distances, places


def _compared_class_balls(rows, members, points, n_neighbors):
    """Find the ``ClassBalls`` of some rows of one class by comparing them with its members and with all points."""
    to_members = cdist(rows, members, "chebyshev")
    radius = np.partition(to_members, n_neighbors, axis=1)[:, n_neighbors, None]  # the row itself is the nearest
    itself = radius[:, 0] > 0  # whether it is nearer than the radius; else at it

    def counts(distances):
        nearer, at = (np.count_nonzero(which, axis=1) for which in (distances < radius, distances == radius))
        return nearer - itself, at - ~itself

    own_nearer, n_own = counts(to_members)
    return ClassBalls(*counts(cdist(rows, points, "chebyshev")), n_own, n_neighbors - own_nearer)


def _rows_at_once(points):
    return max(_DISTANCES_AT_ONCE // len(points), 1)


def _empty(n_samples):
    return ClassBalls(*(np.empty(n_samples, np.int64) for _ in ClassBalls._fields))
