"""Partitions of the distinct rows from which the solvers start if the number of clusters is limited."""

import numpy as np
from scipy.sparse import csr_array

from skib.bottleneck._hard import merged, moved
from skib.bottleneck._rows import Rows, joint_of_labels

# Sweeps over twice as many clusters before these are merged, and over the merged ones.
_SWEEPS_BEFORE, _SWEEPS = 3, 50


def random_labels(rows, n_clusters, n_init, random_state):
    """Yield labels of the distinct rows, of two kinds in turn.

    Those of the first kind are clusters of hard rows: twice as many as are wanted, merged and improved. Those of the
    second kind are the rows nearest to drawn ones, which soft clusters start better from.
    """
    for i in range(n_init):
        if i % 2:
            yield drawn_labels(rows, n_clusters, random_state)
            continue
        labels = drawn_labels(rows, min(2 * n_clusters, len(rows.weights)), random_state)
        moved(rows, labels, 0.0, labels.max() + 1, _SWEEPS_BEFORE)
        labels = merged(rows, dense(labels), 0.0, n_clusters)
        moved(rows, labels, 0.0, n_clusters, _SWEEPS)
        yield dense(labels)


def merged_joint(rows, joint, n_clusters):
    """Merge the clusters of a table q(y,z,t) to `n_clusters`, so that little information is lost."""
    weights = joint.sum(axis=0)
    centers = csr_array((joint / weights).T)
    clusters = Rows(centers.indptr, centers.indices, centers.data, weights, rows.groups)
    labels = merged(clusters, np.arange(len(weights)), 0.0, n_clusters)
    moved(clusters, labels, 0.0, n_clusters, _SWEEPS)
    return joint_of_labels(clusters, labels, n_clusters)


def drawn_labels(rows, n_clusters, random_state):
    """Return labels by the nearest of drawn rows, each drawn by weight and squared distance to those before it.

    Distances are those of Hellinger.
    """
    roots = rows.matrix
    roots.data = np.sqrt(roots.data)
    labels, nearest = np.zeros(len(rows.weights), np.int64), np.ones(len(rows.weights))
    for t in range(n_clusters):
        chances = rows.weights * nearest
        row = random_state.choice(len(chances), p=chances / chances.sum())
        distances = np.maximum(1 - roots @ roots[[row]].toarray()[0], 0)
        closer = distances < nearest
        labels[closer], nearest[closer] = t, distances[closer]
        labels[row], nearest[row] = t, 0.0
    return dense(labels)


def dense(labels):
    """Renumber labels from 0, without gaps."""
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)
