"""Deterministic bottlenecks: clusters of rows of least H(T)/beta - I(T;Y|Z), by merges and moves with exact costs."""

import numpy as np
from scipy.special import xlogy

from skib._kernels.cluster_moves import move_rows
from skib.bottleneck._information import by_group
from skib.bottleneck._rows import blocks_of_rows, joint_of_labels

# Clusters up to which all pairs are compared.
_MOST_COMPARED = 512
# Gain in nats below which nothing moves, so that rounding errors do not move rows forth and back.
_LEAST_GAIN = 1e-13


def hard_partition(rows, labels, inverse_beta, n_clusters, *, max_iter):
    """Improve labels of the distinct rows until no merge, no move and no new cluster of one row is a gain.

    At most `n_clusters` remain. Returns the labels, the number of sweeps, and whether they ended of their own accord.
    """
    labels, n_iter = np.unique(labels, return_inverse=True)[1].astype(np.int64), 0
    if labels.max() >= _MOST_COMPARED:
        n_iter, _ = moved(rows, labels, inverse_beta, labels.max() + 1, max_iter)
    while n_iter < max_iter:
        labels = merged(rows, labels, inverse_beta, n_clusters)
        n_clusters_now = min(labels.max() + 2, n_clusters)  # one without rows, if there may be more
        n_sweeps, settled = moved(rows, labels, inverse_beta, n_clusters_now, max_iter - n_iter)
        n_iter += n_sweeps
        labels, before = np.unique(labels, return_inverse=True)[1].astype(np.int64), labels.max() + 1
        if settled and n_sweeps == 1 and before == labels.max() + 1:
            return labels, n_iter, True
    return labels, n_iter, False


def moved(rows, labels, inverse_beta, n_clusters, max_iter):
    """Move rows in place until none moves; returns the number of sweeps, and whether they ended of their own accord."""
    joint, sizes = joint_of_labels(rows, labels, n_clusters), np.bincount(labels, minlength=n_clusters)
    sums = np.ascontiguousarray(by_group(joint.T, rows.groups).T)
    prior = joint.sum(axis=0)
    for sweep in range(1, max_iter + 1):
        n_moved = 0
        for first, last in blocks_of_rows(rows, 10 * n_clusters):  # a logarithm takes as long as ten products
            n_moved += move_rows(
                first,
                last,
                rows.indptr,
                rows.indices,
                rows.data,
                rows.weights,
                rows.groups,
                inverse_beta,
                _LEAST_GAIN,
                labels,
                sizes,
                joint,
                sums,
                prior,
            )
        if not n_moved:
            return sweep, True
    return max_iter, False


def merged(rows, labels, inverse_beta, n_clusters):
    """Merge the pair of clusters of least cost while that is a gain, or there are too many; returns new labels."""
    k = labels.max() + 1
    if k > max(_MOST_COMPARED, n_clusters) or k == 1:
        return labels
    together = joint_of_labels(rows, labels, k).T
    table = np.hstack([together, by_group(together, rows.groups), together.sum(axis=1, keepdims=True)])
    signs = np.concatenate([np.full(together.shape[1], -1.0), np.ones(rows.n_groups), [-inverse_beta]])
    costs = np.array([_costs_of_merging(table, signs, t) for t in range(k)])
    np.fill_diagonal(costs, np.inf)
    target, alive = np.arange(k), k
    while alive > 1:
        s, t = sorted(divmod(int(np.argmin(costs)), k))
        if alive <= n_clusters and costs[s, t] > -_LEAST_GAIN:
            break
        target[target == t] = s
        table[s] += table[t]
        costs[t, :] = costs[:, t] = np.inf
        dead = np.isinf(costs[s])
        costs[s] = np.where(dead, np.inf, _costs_of_merging(table, signs, s))
        costs[:, s] = costs[s]
        alive -= 1
    return np.unique(target[labels], return_inverse=True)[1].astype(np.int64)


def _costs_of_merging(table, signs, t):
    """Change of the objective, a sum of signed x log x over a row of the table for each cluster, if t joins another."""
    joined = table + table[t]
    return (xlogy(joined, joined) - xlogy(table, table) - xlogy(table[t], table[t])) @ signs
