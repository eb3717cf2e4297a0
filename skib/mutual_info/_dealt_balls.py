"""Balls of rows whose second side is dealt anew, again and again: the nearest rows of the first side are found once.

Under the maximum norm a ball of (x, y) lies within the ball of x alone, and a shuffled y, which knows nothing of x,
thins the rows that are near in x evenly: a short list of these, sorted by distance, holds nearly every ball, whatever
the order of y. Rows whose list ends too soon are compared with all others.
"""

import numpy as np

from skib._parallel import blocks
from skib.entropy._trees import nearest, tree_of
from skib.kernels.brute import listed_balls, nearest_lists
from skib.mutual_info._balls import DIFFERENCES_PER_CALL, Balls, RowBalls, brute_is_faster, side_balls, subspace
from skib.mutual_info._margins import tied_rows

# Share of the rows that the lists should serve, how many rows tell what length that takes, and the greatest length.
_SERVED, _N_PILOTS, _LONGEST = 0.97, 200, 128
_ROWS_PER_CALL = 100_000


def dealt_balls(x, y, n_neighbors):
    """A function of `order` that returns the balls of the rows (x, y[order]), with their counts in x and in y."""
    if x.shape[1] >= y.shape[1]:
        return _DealtBalls(x, y, n_neighbors)
    balls_of = _DealtBalls(y, x, n_neighbors)

    def swapped(order):
        balls = balls_of(np.argsort(order))
        n_y, n_x = balls.counts
        return Balls(balls.n_within[order], (n_x[order], n_y[order]), balls.closed[order])

    return swapped


class _DealtBalls:
    def __init__(self, x, y, n_neighbors):
        self.x, self.y, self.n_neighbors = x, y, n_neighbors
        self.columns = np.ascontiguousarray(x.T)
        self.tied_x, self.tied_y = tied_rows(x), tied_rows(y)
        length = self._list_length()
        self.lists = None if length > _LONGEST else self._nearest(length)
        self.counts_in_y = subspace(y)

    def __call__(self, order):
        if self.lists is None:
            return side_balls(self.x, self.y[order], self.n_neighbors)
        n_samples, y, tied = len(self.x), np.ascontiguousarray(self.y[order].T), self.tied_x | self.tied_y[order]
        found = RowBalls.empty(n_samples)
        for rows in blocks(n_samples, _ROWS_PER_CALL):
            part = found.n_within, found.n_x, found.radius, found.closed
            listed_balls(rows.start, rows.stop, *self.lists, y, tied, self.n_neighbors, *part)
        found.search(np.flatnonzero(found.n_within < 0), self.columns, y, tied, self.n_neighbors)
        found.n_y[:] = self._counts_in_y(found, order)
        return found.balls()

    def _counts_in_y(self, found, order):
        radius, closed = np.empty_like(found.radius), np.empty_like(found.closed)
        radius[order], closed[order] = found.radius, found.closed
        return self.counts_in_y(radius, closed)[order]

    def _list_length(self):
        """Rows nearer in x than the balls of most rows reach, when y is shuffled."""
        n_samples = len(self.x)
        order = np.random.default_rng(0).permutation(n_samples)
        rows = np.unique(np.linspace(0, n_samples - 1, _N_PILOTS).astype(np.int64))
        found = RowBalls.empty(n_samples)
        y, tied = np.ascontiguousarray(self.y[order].T), self.tied_x | self.tied_y[order]
        found.search(rows, self.columns, y, tied, self.n_neighbors)
        reach = np.quantile(found.n_x[rows], _SERVED, method="higher")
        return min(max(int(reach), self.n_neighbors) + 2, n_samples - 1)

    def _nearest(self, length):
        """Distances of the nearest others of every row in x, sorted, and which rows these are."""
        n_samples, n_features = self.x.shape
        if not brute_is_faster(n_samples, n_features):
            tree = tree_of(self.x)
            distances, places, _ = nearest(tree, length, np.empty(0, np.int64))
            back = np.argsort(tree.order)
            return distances[back], tree.order[places][back]
        distances, places = np.empty((n_samples, length)), np.empty((n_samples, length), np.int64)
        for rows in blocks(n_samples, max(DIFFERENCES_PER_CALL // self.x.size, 1)):
            nearest_lists(rows.start, rows.stop, self.columns, distances, places)
        return distances, places
