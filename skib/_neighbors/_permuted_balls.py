"""Balls of rows whose second side is dealt anew, again and again: the nearest rows of the first side are found once.

Under the maximum norm a ball of (x, y) lies within the ball of x alone, and a shuffled y, which knows nothing of x,
thins the rows that are near in x evenly: a short list of these, sorted by distance, holds nearly every ball, whatever
the order of y. Rows whose list ends too soon are compared with all others.
"""

from typing import NamedTuple

import numpy as np

from skib._copies import NO_COPIES, count_copies
from skib._kernels.listed_neighbors import listed_balls, row_balls
from skib._marginals import tied_rows
from skib._neighbors._balls import Balls, tree_balls
from skib._neighbors._counts import range_counter
from skib._neighbors._tree import build_tree, nearest_neighbors
from skib._parallel import blocks

# Share of the rows that lists should serve, and must; how many rows tell what length that takes; the greatest length.
_LIST_COVERAGE, _LEAST_COVERAGE, _N_PILOTS, _LONGEST = 0.98, 0.95, 400, 128
# Rows of lists, and coordinates to compare, of one kernel call: at most about half a second.
_ROWS_PER_CALL, _COORDINATES_PER_CALL = 100_000, 1_000_000_000


def permuted_balls(x, y, n_neighbors):
    """A function of `order` that returns the balls of the rows (x, y[order]), with their counts in x and in y."""
    if x.shape[1] >= y.shape[1]:
        return _PermutedBalls(x, y, n_neighbors)
    balls_of = _PermutedBalls(y, x, n_neighbors)

    def swapped(order):
        balls = balls_of(np.argsort(order))
        n_y, n_x = balls.counts
        return Balls(balls.n_within[order], (n_x[order], n_y[order]), balls.closed[order])

    return swapped


class _Found(NamedTuple):
    n_within: np.ndarray
    n_x: np.ndarray
    radius: np.ndarray
    closed: np.ndarray

    def scattered(self, order):
        """Put ball i at order[i]."""
        out = _Found(*map(np.empty_like, self))
        for theirs, mine in zip(out, self, strict=True):
            theirs[order] = mine
        return out


class _PermutedBalls:
    def __init__(self, x, y, n_neighbors):
        self.x, self.y, self.n_neighbors = x, y, n_neighbors
        self.tree = build_tree(x)
        self.columns = np.ascontiguousarray(x[self.tree.order].T)
        self.tied_x, self.tied_y = tied_rows(x)[self.tree.order], tied_rows(y)
        length = self._list_length()
        self.lists = nearest_neighbors(self.tree, length, NO_COPIES)[:2] if length else None
        self.counts_in_y = range_counter(y)

    def __call__(self, order):
        if self.lists is None:
            return self._by_tree(self.y[order])
        dealt = order[self.tree.order]
        found = self._by_lists(*self._points(dealt))
        by_y, found = found.scattered(dealt), found.scattered(self.tree.order)
        atom = found.radius == 0
        n_y = self.counts_in_y(by_y.radius, by_y.closed)[order]
        return Balls(found.n_within + atom, (found.n_x, n_y), found.closed & ~atom)

    def _by_tree(self, y):
        rows = np.hstack([self.x, y])
        sides = np.split(np.arange(rows.shape[1]), [self.x.shape[1]])
        return tree_balls(rows, sides, self.n_neighbors, count_copies(self.x, y))

    def _points(self, dealt):
        """The values of y that the points of the tree get, by columns, and which points share a value with another."""
        return np.ascontiguousarray(self.y[dealt].T), self.tied_x | self.tied_y[dealt]

    def _by_lists(self, y, tied):
        found = self._empty()
        for part in blocks(len(tied), _ROWS_PER_CALL):
            listed_balls(part.start, part.stop, *self.lists, y, tied, *found, self.n_neighbors)
        self._compare(np.flatnonzero(found.n_within < 0), y, tied, found)
        return found

    def _compare(self, points, y, tied, found):
        for part in blocks(len(points), max(_COORDINATES_PER_CALL // (self.x.size + y.size), 1)):
            row_balls(points[part], self.columns, y, tied, *found, self.n_neighbors)

    def _empty(self):
        n_samples = len(self.x)
        counts = np.empty(n_samples, np.int64), np.empty(n_samples, np.int64)
        return _Found(*counts, np.empty(n_samples), np.empty(n_samples, bool))

    def _list_length(self):
        """More rows than most balls meet in x when y is shuffled; 0 if they meet too many for lists."""
        n_samples, found = len(self.x), self._empty()
        pilots = np.unique(np.linspace(0, n_samples - 1, _N_PILOTS).astype(np.int64))
        self._compare(pilots, *self._points(np.random.default_rng(0).permutation(n_samples)), found)
        reach = found.n_x[pilots] + 2
        if np.mean(reach <= _LONGEST) < _LEAST_COVERAGE:
            return 0
        return min(int(np.quantile(reach, _LIST_COVERAGE, method="higher")), _LONGEST, n_samples - 1)
