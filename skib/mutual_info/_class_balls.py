"""Nearest-neighbour balls within a class: prepared once for some rows, then asked for any labelling of them."""

import numpy as np

from skib.kernels.neighbors import class_balls
from skib.kernels.tree import class_ball, listed_class_balls
from skib.mutual_info._balls import nearest, tree_of
from skib.mutual_info._margins import tied_rows

# A list of this many times k / (share of the rarest class) neighbours nearly always holds the k of one's own class.
_LIST_SLACK = 3
_LONGEST_LIST = 512


class LineRows:
    """Rows of one column, given as a Line."""

    def __init__(self, line):
        self.line = line

    def balls(self, codes, n_neighbors):
        """For each row: own-class rows in its ball, rows of any class in it, and whether its boundary counts."""
        in_order = codes[self.line.order]
        # A stable sort of small integers is a counting sort.
        small = in_order.astype(np.int16) if in_order.max() < 2**15 else in_order
        members = np.argsort(small, kind="stable")
        starts = np.r_[0, np.cumsum(np.bincount(codes))]
        n_samples = len(codes)
        n_within, n_around = np.empty(n_samples, np.int64), np.empty(n_samples, np.int64)
        closed = np.empty(n_samples, bool)
        class_balls(self.line.values, members, starts, n_neighbors, n_within, n_around, closed)
        rank = self.line.rank
        return n_within[rank], n_around[rank], closed[rank]


class TreeRows:
    """Rows of several columns: each keeps a list of its nearest rows, long enough for classes of the given sizes."""

    def __init__(self, points, sizes, n_neighbors):
        self.tree = tree_of(points)
        self.tied = tied_rows(self.tree.points)
        wanted = int(_LIST_SLACK * n_neighbors * len(points) / sizes.min()) + 1
        length = min(wanted, _LONGEST_LIST, len(points) - 1)
        self.distances, self.places, _ = nearest(self.tree, length, np.empty(0, np.int64))

    def balls(self, codes, n_neighbors):
        """For each row: own-class rows in its ball, rows of any class in it, and whether its boundary counts."""
        codes = codes[self.tree.order]
        reach = np.minimum(n_neighbors, np.bincount(codes) - 1)
        n_samples = len(codes)
        n_within, n_around = np.empty(n_samples, np.int64), np.empty(n_samples, np.int64)
        closed = np.empty(n_samples, bool)
        listed_class_balls(self.distances, self.places, codes, self.tied, reach, n_within, n_around, closed)
        spare = np.empty(n_samples)
        for i in np.flatnonzero(n_within < 0):  # the list was too short
            n_within[i], n_around[i], closed[i] = class_ball(
                self.tree.points, i, codes, self.tied, reach[codes[i]], spare
            )
        place = np.empty(n_samples, np.int64)
        place[self.tree.order] = np.arange(n_samples)
        return n_within[place], n_around[place], closed[place]
