"""Terms of two columns for several numbers of neighbors: how an estimate drifts with their number."""

import numpy as np

from skib._copies import NO_COPIES
from skib._kernels.planar_neighbors import EVERY_POINT, strip_neighbors
from skib._neighbors._balls import strip_blocks, strips
from skib._neighbors._counts import sorted_column_counts

# Lots, so many, are the upper bits of a multiple of the product of both ranks.
_N_LOTS, _MULTIPLIER, _SHIFT = 4, np.uint64(0x9E3779B97F4A7C15), np.uint64(62)


class Ladder:
    """The balls of two sorted columns without ties for ascending numbers of neighbors, of all rows or of some.

    Rows have places, in the order of a search. The neighbors that a search for the last number finds contain those of
    all smaller numbers.

    Parameters
    ----------
    source, target : SortedColumn
        The columns.
    psi : ndarray
        The ``digamma_table`` of the number of rows.
    n_neighbors : int
        The number of neighbors for which the strips are made; others are found as well, but more slowly.
    """

    def __init__(self, source, target, psi, n_neighbors):
        self._source, self._target, self._psi = source, target, psi
        self._starts, self._xs, self._ys, y_ranks = strips(source, target, n_neighbors)
        self.rows = target.order[y_ranks]  # of each place
        self._lot = _lots(source.rank[self.rows], y_ranks)
        self._balls = {}  # by number of neighbors: radius and rows within

    def every(self, step):
        """Mark the places of about one row in 1, 2 or 4, drawn by lot: those of 4 are among those of 2."""
        return self._lot < _N_LOTS // step

    def find(self, ranks, looked=EVERY_POINT):
        """Find the balls of ascending numbers of neighbors, at all places or at those marked; others are kept."""
        if ranks[-1] not in self._balls:
            shape = len(ranks), len(self.rows)
            arrays = np.empty(shape), np.empty(shape, np.int64)
            self._balls |= {k: (*arrays, i) for i, k in enumerate(ranks)}
        radius, n_within, _ = self._balls[ranks[-1]]
        for part in strip_blocks(self._starts):
            part = part.start, part.stop, self._starts, self._source.values, (self._xs, self._ys)
            strip_neighbors(*part, NO_COPIES, looked, np.array(ranks), radius, n_within)

    def terms(self, n_neighbors, places=slice(None)):
        """Return the terms of KSG's variant 1, in nats, of some places whose balls have been found."""
        radius, n_within, i = self._balls[n_neighbors]
        radius = radius[i, places]
        n_x, n_y = (
            sorted_column_counts(column.values, column.table, centers[places], radius).with_boundary()
            for column, centers in ((self._source, self._xs), (self._target, self._ys))
        )
        return self._psi[-1] + self._psi[n_within[i, places]] - self._psi[n_x] - self._psi[n_y]

    def in_rows(self, terms):
        """Return terms of all places in the order of the rows."""
        ordered = np.empty_like(terms)
        ordered[self.rows] = terms
        return ordered


def _lots(x_rank, y_rank):
    """Draw a lot for each row: the same if the columns are exchanged or reversed, and whatever its ranks differ by."""
    last = len(x_rank) - 1
    depth_x, depth_y = (1 + np.minimum(rank, last - rank).astype(np.uint64) for rank in (x_rank, y_rank))
    return (depth_x * depth_y * _MULTIPLIER) >> _SHIFT
