"""Terms of two columns for several numbers of neighbors from one search: how an estimate drifts with their number."""

from typing import NamedTuple

import numpy as np

from skib._copies import NO_COPIES
from skib._kernels.planar_neighbors import strip_counts, strip_neighbors
from skib._neighbors._balls import strip_blocks, strips
from skib._neighbors._counts import sorted_column_counts


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
    looked: np.ndarray  # some of the places
    n_twice: np.ndarray  # the rows within twice the largest radius of those

    def terms(self, i, places=slice(None)):
        """Return the terms of KSG's variant 1 with ``ranks[i]`` neighbors, in nats, of some places."""
        n_x, n_y = (counts.with_boundary() for counts in self._counts(self.radius[i], places))
        return self.psi[-1] + self.psi[self.n_within[i, places]] - self.psi[n_x] - self.psi[n_y]

    def terms_of_twice(self):
        r"""Return the terms of the balls of twice the largest radius, in nats, of the places looked at.

        They are :math:`\psi(K) + \psi(n) - \psi(n_x) - \psi(n_y)`, with K, n_x and n_y the rows within the radius. If
        the density is uniform in the ball, their mean is that of the terms of k neighbors: K is then the number of
        trials until the k-th success, and :math:`\langle \psi(K) \rangle = \psi(k) - \log p`.
        """
        n_x, n_y = (counts.n_within for counts in self._counts(2 * self.radius[-1], self.looked))
        return self.psi[-1] + self.psi[self.n_twice] - self.psi[n_x] - self.psi[n_y]

    def in_rows(self, terms):
        """Return terms of all places in the order of the rows."""
        ordered = np.empty_like(terms)
        ordered[self.rows] = terms
        return ordered

    def _counts(self, radius, places):
        """Count the rows within the radius in either column alone."""
        sides = (self.source, self.xs), (self.target, self.ys)
        return [sorted_column_counts(c.values, c.table, centers[places], radius[places]) for c, centers in sides]


def planar_ladder(source, target, ranks, psi, *, step=0):
    """Find the balls of two sorted columns without ties for some ascending numbers of neighbors.

    The neighbors that a search for the last number finds contain those of all smaller numbers. About every step-th row
    is looked at, none for 0: the same rows if the columns are exchanged or reversed.
    """
    n_samples = len(source.values)
    starts, xs, ys, y_ranks = strips(source, target, ranks[-1])
    rows = target.order[y_ranks]
    radius, n_within = np.empty((len(ranks), n_samples)), np.empty((len(ranks), n_samples), np.int64)
    looked, n_twice = np.zeros(n_samples, bool), np.zeros(n_samples, np.int64)
    if step:
        looked = sum(np.minimum(rank, n_samples - 1 - rank) for rank in (source.rank[rows], y_ranks)) % step == 0
    for part in strip_blocks(starts):
        part = part.start, part.stop, starts, source.values, (xs, ys)
        strip_neighbors(*part, NO_COPIES, ranks, radius, n_within)
        if step:
            strip_counts(*part, 2 * radius[-1], looked, n_twice)
    places = np.flatnonzero(looked)
    return Ladder(source, target, ranks, psi, xs, ys, rows, radius, n_within, places, n_twice[places])
