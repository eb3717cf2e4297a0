"""Nearest-neighbor balls of (x, y) under many permutations of y. Neighbor lists in x are computed once and reused.

Under the maximum norm a ball of (x, y) lies within the ball of x alone. A permuted y is independent of x, so that it
thins the rows that are near in x evenly: a short list of these, sorted by distance, holds nearly every ball, whatever
the order of y. Rows whose list ends too soon are compared with all others.
"""

from typing import NamedTuple

import numpy as np

from skib._copies import NO_COPIES
from skib._kernels.listed_neighbors import listed_balls, row_balls
from skib._neighbors._balls import Balls, tree_balls
from skib._neighbors._counts import range_counter, scatter
from skib._neighbors._tree import build_tree, nearest_neighbors
from skib._parallel import blocks

# Share of the rows that lists should cover, and the least share for which lists are used at all.
_LIST_COVERAGE, _LEAST_COVERAGE = 0.98, 0.95
# Rows from which the length of the lists is estimated, and the greatest length.
_N_PILOTS, _LONGEST = 400, 128
# Rows of lists, and coordinates to compare, of one kernel call: at most about half a second.
_ROWS_PER_CALL, _COORDINATES_PER_CALL = 100_000, 1_000_000_000


def permuted_balls(x, y, n_neighbors):
    """Return a function of `order` that finds the balls of the rows (x, y[order]), with their counts in x and in y."""
    if x.shape[1] >= y.shape[1]:
        return _PermutedBalls(x, y, n_neighbors)
    balls_of = _PermutedBalls(y, x, n_neighbors)

    def swapped(order):
        balls = balls_of(np.argsort(order))
        n_y, n_x = balls.counts
        return Balls(balls.n_within[order], (n_x[order], n_y[order]))

    return swapped


class _RowBalls(NamedTuple):
    """Balls as the kernels of lists write them."""

    n_within: np.ndarray
    n_x: np.ndarray
    radius: np.ndarray

    def scattered(self, order):
        """Put ball i at order[i]."""
        return _RowBalls(*(scatter(values, order) for values in self))


class _PermutedBalls:
    """The function of `order` for an x of no fewer columns than y."""

    def __init__(self, x, y, n_neighbors):
        self.x, self.y, self.n_neighbors = x, y, n_neighbors
        self.tree = build_tree(x)
        self.columns = np.ascontiguousarray(x[self.tree.order].T)
        length = self._list_length()
        self.lists = nearest_neighbors(self.tree, length, NO_COPIES)[:2] if length else None
        self.counts_in_y = range_counter(y)

    def __call__(self, order):
        if self.lists is None:
            return self._by_tree(self.y[order])
        assigned = order[self.tree.order]
        balls = self._by_lists(self._points(assigned))
        by_y, balls = balls.scattered(assigned), balls.scattered(self.tree.order)
        n_y = self.counts_in_y(by_y.radius).with_boundary()[order]
        return Balls(balls.n_within + (balls.radius == 0), (balls.n_x, n_y))

    def _by_tree(self, y):
        rows = np.hstack([self.x, y])
        subspaces = np.split(np.arange(rows.shape[1]), [self.x.shape[1]])
        return tree_balls(rows, subspaces, self.n_neighbors)

    def _points(self, assigned):
        """Return the values of y assigned to the points of the tree, by columns."""
        return np.ascontiguousarray(self.y[assigned].T)

    def _by_lists(self, y):
        balls = self._empty()
        for part in blocks(len(self.x), _ROWS_PER_CALL):
            listed_balls(part.start, part.stop, *self.lists, y, *balls, self.n_neighbors)
        self._compare(np.flatnonzero(balls.n_within < 0), y, balls)
        return balls

    def _compare(self, points, y, balls):
        """Find the balls of some points by comparing them with all points."""
        for part in blocks(len(points), max(_COORDINATES_PER_CALL // (self.x.size + y.size), 1)):
            row_balls(points[part], self.columns, y, *balls, self.n_neighbors)

    def _empty(self):
        n_samples = len(self.x)
        counts = np.empty(n_samples, np.int64), np.empty(n_samples, np.int64)
        return _RowBalls(*counts, np.empty(n_samples))

    def _list_length(self):
        """Return a length that covers most balls of a permuted y, or 0 if too many balls need longer lists."""
        n_samples, balls = len(self.x), self._empty()
        pilots = np.unique(np.linspace(0, n_samples - 1, _N_PILOTS).astype(np.int64))
        self._compare(pilots, self._points(np.random.default_rng(0).permutation(n_samples)), balls)
        needed = balls.n_x[pilots] + 1
        if np.mean(needed <= _LONGEST) < _LEAST_COVERAGE:
            return 0
        return min(int(np.quantile(needed, _LIST_COVERAGE, method="higher")), _LONGEST, n_samples - 1)
