"""Groups of levels without order that keep the most information about classes."""

import numpy as np

from skib._kernels.partitions import best_partitions, starts
from skib._warnings import hold_warnings
from skib.bottleneck import SequentialIB


def best_groups(masses, n_groups):
    """Return the group of each level, of at most n_groups; `masses` (n_levels, n_classes) are counts or weights.

    For two classes no groups are better, and they are numbered by the share of the second. For more, no move of one
    level to another group is a gain, and they are numbered by falling mass. Levels of equal shares share a group.
    """
    masses = masses[:, masses.any(axis=0)]
    shares = masses / masses.sum(axis=1, keepdims=True)
    cell_of = np.unique(shares[:, -1:] if masses.shape[1] == 2 else shares, axis=0, return_inverse=True)[1].ravel()
    cells = joined(masses, cell_of)
    if len(cells) <= n_groups:
        return cell_of if masses.shape[1] == 2 else _by_mass(masses, cell_of)
    if masses.shape[1] == 2:
        bounds = starts(best_partitions(cells, n_groups, by_ratio=True)[1], n_groups)
        return np.searchsorted(bounds, cell_of, side="right") - 1
    with hold_warnings():  # about parameters that the user did not set
        solver = SequentialIB(n_groups, prior="counts", random_state=0).fit(cells)
    return _by_mass(masses, solver.labels_[cell_of])


def joined(masses, group_of):
    """Return the masses of the groups."""
    groups = np.zeros((group_of.max() + 1, masses.shape[1]), masses.dtype)
    np.add.at(groups, group_of, masses)
    return groups


def nearest_groups(masses, groups):
    """Return for each level the group whose classes are distributed most as those of the level, by divergence."""
    shares = groups / groups.sum(axis=1, keepdims=True)
    return np.argmax(masses @ np.log(np.maximum(shares, np.finfo(np.float64).tiny)).T, axis=1)


def _by_mass(masses, group_of):
    """Number groups by falling mass."""
    order = np.argsort(-joined(masses, group_of).sum(axis=1), kind="stable")
    return np.argsort(order)[group_of]
