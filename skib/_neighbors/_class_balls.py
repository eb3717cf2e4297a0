"""Nearest-neighbour balls within a class: prepared once for some rows, then asked for any labelling of them.

Codes go in, and counts come out, in the order in which the rows were prepared: row ``order[i]`` stands at place i.
"""

import numpy as np

from skib._copies import NO_COPIES
from skib._kernels.planar_neighbors import class_balls
from skib._kernels.tree_neighbors import class_ball, listed_class_balls
from skib._marginals import tied_rows
from skib._neighbors._balls import build_tree, nearest_neighbors

# A list of this many times k / (share of the rarest class) neighbours nearly always holds the k of one's own class.
_LIST_SLACK = 3
_LONGEST_LIST = 512


class SortedClassBalls:
    """Rows of one column, given as a Line."""

    def __init__(self, line):
        self.values, self.order = line.values, line.order

    def balls(self, codes, n_neighbors):
        """For each row: own-class rows in its ball, rows of any class in it, and whether its boundary counts."""
        # A stable sort of small integers is a counting sort.
        members = np.argsort(codes.astype(np.int16) if codes.max() < 2**15 else codes, kind="stable")
        starts = np.r_[0, np.cumsum(np.bincount(codes))]
        n_within, n_around, closed = _empty_counts(len(codes))
        class_balls(self.values, members, starts, n_neighbors, n_within, n_around, closed)
        return n_within, n_around, closed


class TreeClassBalls:
    """Rows of several columns: each keeps a list of its nearest rows, long enough for classes of the given sizes."""

    def __init__(self, points, sizes, n_neighbors):
        tree = build_tree(points)
        self.points, self.order, self.tied = tree.points, tree.order, tied_rows(tree.points)
        wanted = int(_LIST_SLACK * n_neighbors * len(points) / sizes.min()) + 1
        length = min(wanted, _LONGEST_LIST, len(points) - 1)
        self.distances, self.places, _ = nearest_neighbors(tree, length, NO_COPIES)

    def balls(self, codes, n_neighbors):
        """For each row: own-class rows in its ball, rows of any class in it, and whether its boundary counts."""
        reach = np.minimum(n_neighbors, np.bincount(codes) - 1)
        n_within, n_around, closed = _empty_counts(len(codes))
        listed_class_balls(self.distances, self.places, codes, self.tied, reach, n_within, n_around, closed)
        spare = np.empty(len(codes))
        for i in np.flatnonzero(n_within < 0):  # the list was too short
            found = class_ball(self.points, i, codes, self.tied, reach[codes[i]], spare)
            n_within[i], n_around[i], closed[i] = found
        return n_within, n_around, closed


def _empty_counts(n_samples):
    return np.empty(n_samples, np.int64), np.empty(n_samples, np.int64), np.empty(n_samples, bool)
