"""Groups of levels without order that keep the most information about classes."""

import numpy as np

from skib._kernels.partitions import best_partitions, information_terms, starts
from skib.preprocessing._bins import best_bins


def best_groups(masses, n_groups):
    """Return the group of each level, of at most n_groups; `masses` (n_levels, n_classes) are counts or weights.

    For two classes no groups are better: the optimal ones are runs of the levels sorted by the share of a class. For
    more, the best runs along the main direction of the shares are improved by moves.
    """
    masses = masses[:, masses.any(axis=0)]
    shares = masses / masses.sum(axis=1, keepdims=True)
    if masses.shape[1] <= 2:
        return _runs(masses, shares[:, -1], n_groups)
    weights = masses.sum(axis=1) / masses.sum()
    centered = np.sqrt(weights)[:, None] * (shares - weights @ shares)
    direction = np.linalg.svd(centered, full_matrices=False)[2][0]
    return _by_weight(masses, _moved(masses, shares, _runs(masses, shares @ direction, n_groups)))


def _runs(masses, values, n_groups):
    """Return the best groups of successive values, numbered in their order; equal values share a group.

    Values of two classes are the shares of one, so that the fast programme is exact.
    """
    cell_of = np.unique(values, return_inverse=True)[1]
    cells = joined(masses, cell_of)
    if masses.shape[1] == 2:
        bounds = starts(best_partitions(cells, n_groups, by_ratio=True)[1], n_groups)
    else:
        bounds = best_bins(cells, n_groups)
    return np.searchsorted(bounds, cell_of, side="right") - 1


def _moved(masses, shares, group_of):
    """Move all levels to the group of the nearest distribution, as long as this gains information."""
    kept = -np.inf
    while (now := information_terms(groups := joined(masses, group_of)).sum()) > kept:
        kept, best = now, group_of
        centers = np.maximum(groups / groups.sum(axis=1, keepdims=True), np.finfo(float).tiny)
        group_of = np.unique(np.argmax(shares @ np.log(centers).T, axis=1), return_inverse=True)[1]
    return best


def _by_weight(masses, group_of):
    """Number groups by falling weight."""
    order = np.argsort(-joined(masses, group_of).sum(axis=1), kind="stable")
    return np.argsort(order)[group_of]


def joined(masses, group_of):
    """Return the masses of the groups."""
    groups = np.zeros((group_of.max() + 1, masses.shape[1]), masses.dtype)
    np.add.at(groups, group_of, masses)
    return groups
