"""Bins of sorted values that keep the most information about classes."""

import numpy as np

from skib._kernels.partitions import best_partitions, information_terms, starts

# Terms of the exact programme, about a quarter of a second; where it would take more, it runs on coarse cells.
_MOST_TERMS = 2**28
_N_COARSE = 2048


def best_bins(masses, n_bins):
    """Return where the best at most n_bins bins of sorted values start, and the number of values behind them.

    `masses` (n_values, n_classes) are the counts or weights of the classes of each value. An optimal edge never parts
    neighbors of the same distribution of classes [1, 2], so that these count as one cell. The bins are optimal where
    the cells are few enough for the exact programme, about 6000 for two classes, and if n_bins is 2. Otherwise they are
    optimal among coarse cells of equal mass, after which each edge is moved to its best place until all are.

    [1] U. M. Fayyad, K. B. Irani, Machine Learning 8, 1992. [2] T. Elomaa, J. Rousu, Machine Learning 36, 1999.
    """
    bounds = _segments(masses)
    cells = np.add.reduceat(masses, bounds[:-1])
    if len(cells) ** 2 * (masses.shape[1] + n_bins) <= _MOST_TERMS:
        return bounds[_optimal(cells, n_bins)]
    coarse = _equal_masses(cells)
    found = coarse[_optimal(np.add.reduceat(cells, coarse[:-1]), n_bins)]
    return bounds[_settled(cells, found)]


def _segments(masses):
    """Return the bounds of the runs of neighbors that have the same distribution of classes."""
    shares = masses / masses.sum(axis=1, keepdims=True)
    changes = (shares[1:] != shares[:-1]).any(axis=1)
    return np.r_[0, np.flatnonzero(changes) + 1, len(masses)]


def _optimal(cells, n_bins):
    return starts(best_partitions(cells, n_bins)[1], n_bins)


def _equal_masses(cells):
    """Return the bounds of about _N_COARSE runs of cells of nearly equal mass."""
    sums = np.cumsum(cells.sum(axis=1))
    cuts = np.searchsorted(sums, sums[-1] * np.arange(1, _N_COARSE) / _N_COARSE)
    return np.unique(np.r_[0, cuts, len(cells)])


def _settled(cells, bounds):
    """Move each inner bound to its best place between its neighbors, until no move gains anything."""
    sums = np.concatenate([np.zeros_like(cells[:1]), np.cumsum(cells, axis=0)])
    bounds, moved = bounds.copy(), True
    while moved:
        moved = False
        for k in range(1, len(bounds) - 1):
            low, high = bounds[k - 1], bounds[k + 1]
            inside = sums[low + 1 : high]
            kept = information_terms(inside - sums[low]) + information_terms(sums[high] - inside)
            best, now = int(np.argmax(kept)), bounds[k] - low - 1
            # A gain below the rounding of the sums might be undone by the next sweep, without end.
            if kept[best] > kept[now] + 1e-12 * sums[-1].sum():
                bounds[k], moved = low + 1 + best, True
    return bounds
