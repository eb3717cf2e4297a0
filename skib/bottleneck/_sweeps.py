"""Rows and hard clusters as the kernels take them, and sweeps over the rows until none moves."""

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from skib._kernels.clusters import LANES, add_rows, fill_xlog2, row_costs, sweep, sweep_counts
from skib._parallel import blocks
from skib.bottleneck._joint import Joint

# Counts take their logarithms from a table if no column has more of them: 8 MB, which still fits into a cache.
_LARGEST_TABLE = 2**20
# Masses are counts if none is further from a whole number, relative to its size: 1e6 times the rounding of shares.
_ROUNDING = 1e-9
# What a move must save, in bits per unit of mass: far above rounding, and below anything that matters.
_MARGIN = 1e-9
# Cells times clusters of one call of a kernel: about 0.2 s.
_BLOCK = 2**26


class Rows(NamedTuple):
    """The joint distribution as a sparse matrix of masses, or of counts."""

    indptr: np.ndarray
    indices: np.ndarray
    data: np.ndarray  # p(x, y), or int32 counts
    weights: np.ndarray  # their sums by row
    n_columns: int
    table: np.ndarray | None  # v log2 v of 0, 1, ... if the data are counts


class Clusters(NamedTuple):
    """Sums of the rows of each cluster."""

    sums: np.ndarray  # (n_columns, width), where width is n_clusters rounded up
    logs: np.ndarray  # v log2 v of the sums
    masses: np.ndarray  # (2, width): the sum of all columns, and its v log2 v


def distinct_rows(joint):
    """Return the joint distribution of the distinct rows that have a weight, and which of them each row is.

    Copies of a row add up. The order is that of two random sums of the columns, so that the clusters of a seed depend
    neither on the order of the rows, nor on whether a row is repeated or has twice the weight. Rows without a weight
    are counted to the first.
    """
    matrix, weighted = csr_array(joint.conditional), np.flatnonzero(joint.weights)
    keys = matrix[weighted] @ np.random.default_rng(0).normal(size=(matrix.shape[1], 2))
    _, first, places = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    weights = np.bincount(places.ravel(), joint.weights[weighted])
    inverse = np.zeros(len(joint.weights), np.int64)
    inverse[weighted] = places.ravel()
    return Joint(weights, matrix[weighted[first]], np.zeros(len(first), bool), joint.n_observations), inverse


def rows_of(joint):
    """Return the Rows of a joint distribution: counts if it is proportional to some, which is exact and faster."""
    matrix = csr_array(joint.conditional)
    indptr, indices = (part.astype(np.int32, copy=False) for part in (matrix.indptr, matrix.indices))
    masses = matrix.data * np.repeat(joint.weights, np.diff(indptr))
    counts = np.rint(masses * joint.n_observations)
    largest = np.bincount(indices, counts).max(initial=0)
    if largest > _LARGEST_TABLE or (np.abs(masses * joint.n_observations - counts) > _ROUNDING * counts).any():
        return Rows(indptr, indices, masses, joint.weights, matrix.shape[1], None)
    weights = np.rint(joint.weights * joint.n_observations)
    table = xlog2(np.arange(largest + 1))
    return Rows(indptr, indices, counts.astype(np.int32), weights, matrix.shape[1], table)


def xlog2(values):
    """Return v log2 v of every value."""
    values = np.ascontiguousarray(values, np.float64)
    out = np.empty_like(values)
    fill_xlog2(values.reshape(-1), out.reshape(-1))
    return out


def gathered(rows, labels, n_clusters):
    """Return the Clusters that rows of these labels form."""
    width = -(-n_clusters // LANES) * LANES
    sums = np.zeros((rows.n_columns, width), rows.data.dtype)
    add_rows(np.arange(len(labels)), rows.indptr, rows.indices, rows.data, labels, sums)
    masses = np.bincount(labels, rows.weights, width)
    return Clusters(sums, xlog2(sums), np.stack([masses, xlog2(masses)]))


def objective_of(clusters, factor):
    """Return I(T;Y) - (1 - factor) H(T) in bits times mass, but for a constant."""
    return clusters.logs.sum() - factor * clusters.masses[1].sum()


def moved(rows, labels, n_clusters, order, factor):
    """Sweep over the rows in this order: each moves to its cheapest cluster, and `labels` change; return how many."""
    clusters, n_moves = gathered(rows, labels, n_clusters), 0
    kernel, table = (sweep, ()) if rows.table is None else (sweep_counts, (rows.table,))
    for part in blocks(len(order), _rows_per_call(rows, clusters)):
        arrays = order[part], rows.indptr, rows.indices, rows.data, rows.weights
        n_moves += kernel(*arrays, n_clusters, factor, _MARGIN, labels, *clusters, *table)[0]
    return n_moves


def settled(rows, labels, n_clusters, *, factor, tol, max_iter, generator):
    """Sweep in random orders until at most the share `tol` of the rows moves.

    The labels change. Returns the number of sweeps, and whether they ended before `max_iter` did.
    """
    n = len(rows.weights)
    for n_iter in range(1, max_iter + 1):
        if moved(rows, labels, n_clusters, generator.permutation(n), factor) <= tol * n:
            return n_iter, True
    return max_iter, False


def join_costs(conditional, weight, centers, cluster_weights, factor):
    """Return what each row costs each cluster that it joins with this weight, shape (n, k)."""
    matrix, (n_clusters, n_columns) = csr_array(conditional), centers.shape
    width = -(-n_clusters // LANES) * LANES
    sums, masses = np.zeros((n_columns, width)), np.zeros(width)
    sums[:, :n_clusters], masses[:n_clusters] = (cluster_weights[:, None] * centers).T, cluster_weights
    clusters = Clusters(sums, xlog2(sums), np.stack([masses, xlog2(masses)]))
    out, weights = np.empty((matrix.shape[0], width)), np.full(matrix.shape[0], weight)
    rows = Rows(matrix.indptr, matrix.indices, weight * matrix.data, weights, n_columns, None)
    for part in blocks(len(out), _rows_per_call(rows, clusters)):
        chosen = np.arange(len(out))[part]
        row_costs(chosen, rows.indptr, rows.indices, rows.data, weights, factor, *clusters, out[part])
    return out[:, :n_clusters]


def _rows_per_call(rows, clusters):
    comparisons = (len(rows.data) / max(len(rows.weights), 1) + 1) * clusters.sums.shape[1]
    return max(int(_BLOCK / comparisons), 1)
