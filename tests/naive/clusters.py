"""Slow twins of skib._kernels.clusters, written from the informations of the clusters."""

import numpy as np


def xlog2(values):
    values = np.asarray(values, float)
    return values * np.log2(np.where(values > 0, values, 1))


def objective(table, labels, n_clusters, factor):
    """I(T;Y) - (1 - factor) H(T), in bits times the total mass."""
    sums = cluster_sums(table, labels, n_clusters)
    masses, total = sums.sum(axis=1), table.sum()
    relevance = xlog2(sums).sum() - xlog2(masses).sum() - xlog2(table.sum(axis=0)).sum() + xlog2(total)
    return relevance - (1 - factor) * (xlog2(total) - xlog2(masses).sum())


def cluster_sums(table, labels, n_clusters):
    return np.array([table[np.asarray(labels) == t].sum(axis=0) for t in range(n_clusters)])


def row_costs(row, sums, factor):
    """What a row costs each of the clusters with these sums, but for the term of a row alone."""

    def alone(masses):
        return xlog2(masses).sum(axis=-1) - factor * xlog2(masses.sum(axis=-1))

    return alone(sums) - alone(sums + row)


def sweep(table, labels, n_clusters, order, factor, margin):
    """Each row leaves its cluster and joins the first that is cheaper by more than the margin than all before it."""
    labels, n_moves, saved = list(labels), 0, 0.0
    for i in order:
        others = [t if j != i else -1 for j, t in enumerate(labels)]
        cost = row_costs(table[i], cluster_sums(table, others, n_clusters), factor)
        new = labels[i]
        for t in range(n_clusters):
            new = t if cost[t] < cost[new] - margin * table[i].sum() else new
        n_moves, saved = n_moves + (new != labels[i]), saved + cost[labels[i]] - cost[new]
        labels[i] = new
    return labels, n_moves, saved


def merger_losses(sums):
    """What the merger of each pair loses, in nats times mass; infinite on and below the diagonal."""
    loss = np.full((len(sums), len(sums)), np.inf)
    for i in range(len(sums)):
        for j in range(i + 1, len(sums)):
            both = sums[[i, j]]
            parts = both.sum(axis=1, keepdims=True) * both.sum(axis=0) / max(both.sum(), 1e-300)
            loss[i, j] = np.sum(both * np.log(np.where(both > 0, both, 1) / np.where(both > 0, parts, 1)))
    return loss
