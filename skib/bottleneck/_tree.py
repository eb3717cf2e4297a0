"""Greedy mergers of clusters, as a tree."""

import numpy as np

from skib._kernels.clusters import find_nearest, merge
from skib._parallel import blocks
from skib.bottleneck._sweeps import xlog2

# Logarithms of one call of a kernel: about 0.2 s.
_BLOCK = 2**27
# Places of clusters that are gone are left out once they are this share: less copying against fewer idle computations.
_GONE = 0.05
# Nearest clusters that are remembered for each: with one instead, twice as many rows of losses are computed again.
_LISTED = 4


def merge_all(sums):
    """Merge clusters, the columns of `sums` (n_columns, n_clusters), pair by pair until one is left.

    Each merger is the one that loses the least information about the columns. Returns the numbers of the merged
    clusters, shape (n - 1, 2), where the result of merger i has the number n + i, and what each lost, in nats times
    mass.
    """
    sums, n = np.array(sums, np.float64, order="C"), sums.shape[1]  # a copy, which the kernels change
    logs, masses = xlog2(sums), sums.sum(axis=0)
    masses = np.stack([masses, xlog2(masses)])
    nodes, nearest = np.arange(n), np.full((n, _LISTED), -1)
    least, bound = np.full((n, _LISTED), np.inf), np.full(n, np.inf)
    children, lost, done = np.empty((n - 1, 2), np.int64), np.empty(n - 1), 0
    for part in blocks(n, _rows_per_call(sums)):
        find_nearest(part.start, part.stop, sums, logs, masses, nearest, least, bound)
    while done < n - 1:
        n_rows = min(_rows_per_call(sums), int(_GONE * len(nodes)) + 1)
        done = merge(n_rows, done, sums, logs, masses, nodes, nearest, least, bound, children, lost)
        kept = masses[1] > -np.inf
        if np.mean(kept) < 1 - _GONE:
            nearest = np.append(np.cumsum(kept) - 1, -1)[nearest[kept]]  # -1 stays
            sums, logs, masses = (np.ascontiguousarray(part[:, kept]) for part in (sums, logs, masses))
            nodes, least, bound = nodes[kept], least[kept], bound[kept]
    return children, lost


def cut(children, n_clusters):
    """Return the cluster of each leaf of a tree where n_clusters are left."""
    n = len(children) + 1
    top = np.arange(2 * n - 1)
    for step in range(n - n_clusters - 1, -1, -1):
        top[children[step]] = top[n + step]
    return np.unique(top[:n], return_inverse=True)[1]


def _rows_per_call(sums):
    return max(_BLOCK // max(sums.size, 1), 1)
