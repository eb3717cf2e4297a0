"""Orders of rows under which a null is drawn: free, within strata, groups exchanged whole, circular shifts."""

from functools import partial

import numpy as np

from skib._kernels.counts import codes_by_appearance
from skib._validation import target_codes

# Share of the rows that must be in groups which can be exchanged.
_LEAST_EXCHANGED = 0.5


def check_shuffle(n_samples, *, strata=None, groups=None, shuffle="rows", given="given"):
    """Validate the parameters `groups` and `shuffle` of a permutation test, and return the ``row_shuffler``.

    `given` is the name of the variable that `strata` are the codes of.
    """
    if shuffle not in ("rows", "circular"):
        raise ValueError(f"shuffle must be 'rows' or 'circular', got {shuffle!r}")
    if shuffle == "circular" and not (strata is None and groups is None):
        raise ValueError(
            "shuffle='circular' shifts the rows as one series, against given and groups; leave these out, or take "
            "shuffle='rows'"
        )
    if groups is None:
        return row_shuffler(n_samples, strata=strata, circular=shuffle == "circular")
    groups = codes_by_appearance(target_codes(groups, n_samples, "groups"))  # whatever their names are
    share = _share_exchanged(strata, groups)
    if share < _LEAST_EXCHANGED:
        sizes = np.bincount(groups)
        raise ValueError(
            f"only {share:.0%} of the rows are in groups that can be exchanged with another one of the same size (and "
            f"the same values of {given}): {len(sizes)} groups have {sizes.min()} to {sizes.max()} rows. Cut the "
            "groups to a common size, or average the rows of each group"
        )
    return row_shuffler(n_samples, strata=strata, groups=groups)


def row_shuffler(n_samples, *, strata=None, groups=None, circular=False):
    """Return a function that draws an order of the rows from a generator.

    Parameters
    ----------
    n_samples : int
        Number of rows.
    strata : ndarray of shape (n_samples,), default=None
        Codes; every row keeps its stratum.
    groups : ndarray of shape (n_samples,), default=None
        Codes of the groups of dependent rows; each group is exchanged as a whole with one of the same size, whose rows
        have the same strata in the same order.
    circular : bool, default=False
        Whether the rows are a series, which is shifted as a whole by a random number of rows.

    Returns
    -------
    draw : callable
        ``draw(generator)`` is an order of the rows, int64 of shape (n_samples,).
    """
    if circular:
        return partial(_shifted, n_samples)
    if groups is not None:
        return partial(_exchanged, _exchangeable_groups(strata, groups))
    return partial(_permuted, n_samples) if strata is None else partial(_permuted_within, strata)


def exchangeable_rows(groups):
    """Return, in ascending order, the rows of the groups (codes) of which another one has the same size."""
    blocks = [block.ravel() for block in _exchangeable_groups(None, groups) if len(block) > 1]
    return np.sort(np.concatenate([np.empty(0, np.int64), *blocks]))


def cycled_groups(groups):
    """Return a function as of ``row_shuffler`` whose orders leave no group of exchangeable rows in its place.

    A group in its place would keep the dependence that a few orders are to destroy.
    """
    return partial(_cycled, _exchangeable_groups(None, groups))


def _permuted(n_samples, generator):
    return generator.permutation(n_samples)


def _permuted_within(strata, generator):
    order = np.empty(len(strata), np.int64)
    order[np.argsort(strata, kind="stable")] = np.lexsort((generator.random(len(strata)), strata))
    return order


def _shifted(n_samples, generator):
    return np.roll(np.arange(n_samples), generator.integers(1, n_samples))


def _exchanged(blocks, generator):
    order = np.empty(sum(block.size for block in blocks), np.int64)
    for block in blocks:
        order[block] = generator.permutation(block)
    return order


def _cycled(blocks, generator):
    order = np.empty(sum(block.size for block in blocks), np.int64)
    for block in blocks:
        cycle = generator.permutation(block)
        order[cycle] = np.roll(cycle, 1, axis=0)
    return order


def _share_exchanged(strata, groups):
    """Return the share of the rows whose group can be exchanged with another one."""
    blocks = _exchangeable_groups(strata, groups)
    return sum(block.size for block in blocks if len(block) > 1) / len(groups)


def _exchangeable_groups(strata, groups):
    """Return the rows of the groups that can be exchanged: arrays of shape (n_groups, size of a group)."""
    strata = np.zeros(len(groups), np.int64) if strata is None else strata
    members = np.split(np.argsort(groups, kind="stable"), np.cumsum(np.bincount(groups))[:-1])
    alike = {}
    for rows in members:
        if len(rows):
            alike.setdefault(strata[rows].tobytes(), []).append(rows)
    return [np.array(rows) for rows in alike.values()]
