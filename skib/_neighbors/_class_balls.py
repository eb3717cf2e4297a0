"""Nearest-neighbor balls within a class: prepared once for some rows, then evaluated for any labeling of them.

Codes are passed, and counts returned, in the order in which the rows were prepared: row ``order[i]`` has place i.
"""

from typing import NamedTuple

import numpy as np

from skib._copies import NO_COPIES
from skib._kernels.planar_neighbors import class_balls
from skib._kernels.tree_neighbors import class_ball, listed_class_balls
from skib._marginals import sort_column, transform_marginals
from skib._neighbors._tree import build_tree, nearest_neighbors

# A list of this many times k / (share of the rarest class) neighbors nearly always holds the k of one's own class.
_LIST_SLACK = 3
_LONGEST_LIST = 512


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
    return TreeClassBalls(transform_marginals(x, marginals), sizes, n_neighbors)


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


class TreeClassBalls:
    """Class balls of rows of several columns, from lists of neighbors long enough for classes of the given sizes."""

    distinct = False

    def __init__(self, points, sizes, n_neighbors):
        tree = build_tree(points)
        self.points, self.order, self.n_neighbors = tree.points, tree.order, n_neighbors
        wanted = int(_LIST_SLACK * n_neighbors * len(points) / sizes.min()) + 1
        length = min(wanted, _LONGEST_LIST, len(points) - 1)
        self.distances, self.places, _ = nearest_neighbors(tree, length, NO_COPIES)

    def balls(self, codes):
        """Find the ``ClassBalls`` of all rows."""
        n_neighbors = np.minimum(self.n_neighbors, np.bincount(codes) - 1)
        balls, spare = _empty(len(codes)), np.empty(len(codes))
        listed_class_balls(self.distances, self.places, codes, n_neighbors, *balls)
        for i in np.flatnonzero(balls.n_at < 0):  # the list was too short
            for counts, count in zip(
                balls, class_ball(self.points, i, codes, n_neighbors[codes[i]], spare), strict=True
            ):
                counts[i] = count
        return balls


def _empty(n_samples):
    return ClassBalls(*(np.empty(n_samples, np.int64) for _ in ClassBalls._fields))
