"""Mutual information of the columns of a sparse matrix, which count as bools."""

from itertools import combinations_with_replacement

import numpy as np

from skib._columns import null_representative
from skib._entropies import log_of_counts
from skib._kernels.cooccurrence import bool_pairs
from skib._parallel import blocks, run_tasks
from skib._statistics import permutation_pvalues
from skib.mutual_info._matrix._pairs import null_distributions
from skib.mutual_info._matrix._tables import Estimates, score_tables

# Two bools have at most log 4 nats: with so many rows, no pair of them is saturated.
LEAST_SPARSE_ROWS = 5
# Pairs of one kernel call: some milliseconds.
_PAIRS_PER_CALL = 200_000


def all_sparse_pairs(columns, *, n_jobs=None, verbose=0):
    """Estimate every pair of SparseColumns: arrays of shape (n_columns, n_columns), entropies on the diagonal."""
    n_columns, n_samples = len(columns), columns.n_samples
    margins = (np.ascontiguousarray(of_level) for of_level in _margins(columns).T)
    tables = columns.starts, columns.rows, *columns.by_row(), score_tables(n_samples)[0], *margins
    parts = blocks(n_columns, max(_PAIRS_PER_CALL // n_columns, 1))
    tasks = [(part.start, part.stop, *tables) for part in parts]
    results = run_tasks(_block, tasks, n_jobs=n_jobs, verbose=verbose, description="pairs of sparse columns")
    estimates = np.empty((2, n_columns, n_columns))
    for part, rows in zip(parts, results, strict=True):
        _fill_block(estimates, part, rows)
    estimates[:, columns.constant] = estimates[:, :, columns.constant] = 0.0
    _fill_diagonal(estimates, columns)
    return Estimates(*estimates, np.zeros((1, 1), bool))


def _block(first, last, starts, rows, row_starts, *tables):
    """Estimate the columns first to last - 1 with those from `first` on, and their standard errors."""
    estimates = bool_pairs(first, last, starts, rows, row_starts, *tables)
    n_samples = len(row_starts) - 1
    estimates /= n_samples
    mean, square = estimates
    square -= mean**2
    np.sqrt(np.maximum(square, 0, out=square), out=square)
    square /= np.sqrt(n_samples - 1)
    return estimates


def _fill_block(estimates, part, rows):
    """Write the estimates of some columns with all later ones, on both sides of the diagonal."""
    width = part.stop - part.start
    square = rows[:, :, :width]
    square += np.triu(square, 1).transpose(0, 2, 1)
    estimates[:, part, part.start :] = rows
    estimates[:, part.stop :, part] = rows[:, :, width:].transpose(0, 2, 1)


def sparse_pvalues(columns, mutual_info, **options):
    """Compute the permutation p-values of all pairs of SparseColumns, 0 on the diagonal and 1 for constant columns."""
    keys, kinds = _distinct(columns.null_keys())
    of_pair = [tuple(sorted((keys[i], keys[j]))) for i, j in combinations_with_replacement(range(len(keys)), 2)]
    null_of = null_distributions({pair: tuple(map(null_representative, pair)) for pair in of_pair}, **options)
    pvalues = np.empty(mutual_info.shape)
    members = [np.flatnonzero(kinds == kind) for kind in range(len(keys))]
    for (i, j), pair in zip(combinations_with_replacement(range(len(keys)), 2), of_pair, strict=True):
        values = mutual_info[np.ix_(members[i], members[j])]
        pvalues[np.ix_(members[i], members[j])] = part = permutation_pvalues(values, null_of[pair])
        pvalues[np.ix_(members[j], members[i])] = part.T
    np.fill_diagonal(pvalues, np.where(columns.constant, 1.0, 0.0))
    return pvalues


def _distinct(keys):
    """Return the distinct keys, and which of them each one is."""
    distinct = {key: place for place, key in enumerate(dict.fromkeys(keys))}
    return list(distinct), np.array([distinct[key] for key in keys])


def _margins(columns):
    """Compute G(a) - log(n) / 2 of the levels false and true of every column."""
    counts = np.column_stack([columns.n_samples - columns.counts, columns.counts])
    return log_of_counts(counts) - 0.5 * np.log(columns.n_samples)


def _fill_diagonal(estimates, columns):
    """Write the entropies of the columns and their standard errors."""
    n_samples = columns.n_samples
    counts = np.column_stack([n_samples - columns.counts, columns.counts])
    infos = np.log(n_samples) - log_of_counts(counts)
    mean, square = (np.sum(counts * moment, axis=1) / n_samples for moment in (infos, infos**2))
    varying = ~columns.constant
    estimates[0][np.diag_indices(len(columns))] = np.where(varying, mean, 0.0)
    std_error = np.sqrt(np.maximum(square - mean**2, 0) / max(n_samples - 1, 1))
    estimates[1][np.diag_indices(len(columns))] = np.where(varying, std_error, 0.0)
