"""Masses and hard clusters as the kernels of sparse rows take them, and sweeps over the rows until none moves."""

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from skib._kernels.clusters import LANES, add_rows, fill_xlog2, row_costs, sweep, sweep_counts
from skib._parallel import blocks

# Counts take their logarithms from a table if no column has more of them: 8 MB, which still fits into a cache.
_LARGEST_TABLE = 2**20
# Cells up to this have a table each, if all of these fit into 16 MB; larger ones are rare in texts.
_SMALL, _LARGEST_STEPS = 8, 2**21
# Masses are counts if none is further from a whole number, relative to its size: 1e6 times the rounding of shares.
_ROUNDING = 1e-9
# What a move must save, in bits per unit of mass: far above rounding, and below anything that matters.
_MARGIN = 1e-9
# Cells times clusters of one call of a kernel: about 0.2 s.
_BLOCK = 2**26


class Masses(NamedTuple):
    """p(x, y) of distinct rows in CSR form, or counts that are proportional to it."""

    indptr: np.ndarray
    indices: np.ndarray
    data: np.ndarray  # float64, or int32 counts
    weights: np.ndarray  # their sums by row
    n_columns: int
    # Of counts, v log2 v of 0, 1, ..., and for each small x by how much it exceeds that of v + x; else nothing.
    tables: tuple


class Clusters(NamedTuple):
    """Sums of the rows of each cluster."""

    sums: np.ndarray  # (n_columns, width), where width is n_clusters rounded up
    logs: np.ndarray  # v log2 v of the sums
    totals: np.ndarray  # (2, width): sums of all columns, and their v log2 v


def masses_of(rows, n_observations):
    """Return the Masses of distinct rows: counts if so many observations make all of them whole numbers.

    Counts are exact, and faster.
    """
    indptr, indices = (part.astype(np.int32, copy=False) for part in (rows.indptr, rows.indices))
    masses, n_columns = rows.data * np.repeat(rows.weights, np.diff(indptr)), len(rows.groups)
    counts = np.rint(masses * n_observations)
    largest = np.bincount(indices, counts).max()
    if largest > _LARGEST_TABLE or (np.abs(masses * n_observations - counts) > _ROUNDING * counts).any():
        return Masses(indptr, indices, masses, rows.weights, n_columns, ())
    weights = np.rint(rows.weights * n_observations)
    return Masses(indptr, indices, counts.astype(np.int32), weights, n_columns, _tables(int(largest)))


def _tables(largest):
    table = xlog2(np.arange(largest + 1))
    steps = np.zeros((max(min(_SMALL, largest, _LARGEST_STEPS // len(table)), 1), len(table)))
    for x in range(1, len(steps) + 1):
        steps[x - 1, : len(table) - x] = table[:-x] - table[x:]
    return table, steps


def xlog2(values):
    """Return v log2 v of every value."""
    values = np.ascontiguousarray(values, np.float64)
    out = np.empty_like(values)
    fill_xlog2(values.reshape(-1), out.reshape(-1))
    return out


def gathered(masses, labels, n_clusters):
    """Return the Clusters that rows of these labels form."""
    width = -(-n_clusters // LANES) * LANES
    sums = np.zeros((masses.n_columns, width), masses.data.dtype)
    add_rows(np.arange(len(labels)), masses.indptr, masses.indices, masses.data, labels, sums)
    totals = np.bincount(labels, masses.weights, width)
    return Clusters(sums, xlog2(sums), np.stack([totals, xlog2(totals)]))


def objective_of(clusters, factor):
    """Return I(T;Y) - (1 - factor) H(T) in bits times mass, but for a constant."""
    return clusters.logs.sum() - factor * clusters.totals[1].sum()


def moved(masses, labels, n_clusters, order, factor):
    """Sweep over the rows in this order: each moves to its cheapest cluster, and `labels` change; return how many."""
    clusters, n_moves = gathered(masses, labels, n_clusters), 0
    arguments = clusters if not masses.tables else (clusters.sums, clusters.totals, *masses.tables)
    for part in blocks(len(order), _rows_per_call(masses, clusters)):
        arrays = order[part], masses.indptr, masses.indices, masses.data, masses.weights
        kernel = sweep_counts if masses.tables else sweep
        n_moves += kernel(*arrays, n_clusters, factor, _MARGIN, labels, *arguments)[0]
    return n_moves


def settled(masses, labels, n_clusters, *, factor, tol, max_iter, generator):
    """Sweep in random orders until at most the share `tol` of the rows moves.

    The labels change. Returns the number of sweeps, and whether they ended before `max_iter` did.
    """
    n = len(masses.weights)
    for n_iter in range(1, max_iter + 1):
        if moved(masses, labels, n_clusters, generator.permutation(n), factor) <= tol * n:
            return n_iter, True
    return max_iter, False


def join_costs(conditional, weight, centers, cluster_weights, factor):
    """Return what each row costs each cluster that it joins with this weight, shape (n, k)."""
    matrix, (n_clusters, n_columns) = csr_array(conditional), centers.shape
    width = -(-n_clusters // LANES) * LANES
    sums, totals = np.zeros((n_columns, width)), np.zeros(width)
    sums[:, :n_clusters], totals[:n_clusters] = (cluster_weights[:, None] * centers).T, cluster_weights
    clusters = Clusters(sums, xlog2(sums), np.stack([totals, xlog2(totals)]))
    out, weights = np.empty((matrix.shape[0], width)), np.full(matrix.shape[0], weight)
    masses = Masses(matrix.indptr, matrix.indices, weight * matrix.data, weights, n_columns, ())
    for part in blocks(len(out), _rows_per_call(masses, clusters)):
        chosen = np.arange(len(out))[part]
        row_costs(chosen, masses.indptr, masses.indices, masses.data, weights, factor, *clusters, out[part])
    return out[:, :n_clusters]


def _rows_per_call(masses, clusters):
    comparisons = (len(masses.data) / max(len(masses.weights), 1) + 1) * clusters.sums.shape[1]
    return max(int(_BLOCK / comparisons), 1)
