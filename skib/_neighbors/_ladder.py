"""Terms of two columns for several numbers of neighbors from one search: how an estimate drifts with their number."""

from typing import NamedTuple

import numpy as np

from skib._kernels.planar_neighbors import ball_counts, fill_strips, strip_neighbors, strip_starts
from skib._neighbors._balls import STRIP_SHARE, strip_blocks
from skib._neighbors._counts import ROWS_PER_CALL, Counts
from skib._parallel import blocks

_NO_COPIES = np.empty(0, np.int64)


class Ladder(NamedTuple):
    """The balls of two columns without ties for some ascending numbers of neighbors, in the order of a search."""

    source: object  # the sorted columns
    target: object
    ranks: np.ndarray
    psi: np.ndarray  # the ``digamma_table`` of the number of rows
    xs: np.ndarray  # coordinates of the rows
    ys: np.ndarray
    rows: np.ndarray  # the row of each place
    radius: np.ndarray  # (n_ranks, n_samples)
    n_within: np.ndarray
    n_twice: np.ndarray  # of every step-th place, the rows within twice the largest radius

    def terms(self, i, step=1):
        """Return the terms of KSG's variant 1 with ``ranks[i]`` neighbors, in nats, of every step-th place."""
        n_x, n_y = (counts.with_boundary() for counts in self._counts(self.radius[i], step))
        return self.psi[-1] + self.psi[self.n_within[i, ::step]] - self.psi[n_x] - self.psi[n_y]

    def terms_of_twice(self, step):
        r"""Return the terms of the balls of twice the largest radius, in nats, of every step-th place.

        They are :math:`\psi(K) + \psi(n) - \psi(n_x) - \psi(n_y)`, with K, n_x and n_y the rows within the radius. If
        the density is uniform in the ball, their mean is that of the terms of k neighbors: K is then the number of
        trials until the k-th success, and :math:`\langle \psi(K) \rangle = \psi(k) - \log p`.
        """
        n_x, n_y = (counts.n_within for counts in self._counts(2 * self.radius[-1], step))
        return self.psi[-1] + self.psi[self.n_twice] - self.psi[n_x] - self.psi[n_y]

    def in_rows(self, terms):
        """Return terms of all places in the order of the rows."""
        ordered = np.empty_like(terms)
        ordered[self.rows] = terms
        return ordered

    def _counts(self, radius, step):
        """Count the rows within the radius in either column alone."""
        sides = (self.source, self.xs[::step]), (self.target, self.ys[::step])
        return [_column_counts(column, centers, radius[::step]) for column, centers in sides]


def planar_ladder(source, target, ranks, psi, *, n_twice=0):
    """Find the balls of two sorted columns without ties for some ascending numbers of neighbors.

    The neighbors that a search for the last number finds contain those of all smaller numbers.
    """
    n_samples = len(source.values)
    starts = strip_starts(source.values, max(int(STRIP_SHARE * np.sqrt(n_samples * ranks[-1])), 1))
    xs, ys, y_ranks = fill_strips(starts, source.values, target.values, source.rank, target.order)
    shape = len(ranks), n_samples
    found = np.empty(shape), np.empty(shape, np.int64), np.empty(n_twice, np.int64)
    for strips in strip_blocks(starts):
        strip_neighbors(strips.start, strips.stop, starts, source.values, (xs, ys), _NO_COPIES, ranks, *found)
    return Ladder(source, target, ranks, psi, xs, ys, target.order[y_ranks], *found)


def _column_counts(column, centers, radius):
    counts = Counts(np.empty(len(centers), np.int64), np.empty(len(centers), bool))
    for rows in blocks(len(centers), ROWS_PER_CALL):
        ball_counts(rows.start, rows.stop, column.values, column.table, centers, radius, *counts)
    return counts
