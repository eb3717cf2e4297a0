"""Mutual information of the columns of a sparse matrix, which count as bools."""

from itertools import combinations_with_replacement

import numpy as np

from skib._class_tables import Estimates, score_tables
from skib._columns import null_representative
from skib._entropies import log_of_counts
from skib._kernels.cooccurrence import bool_pairs
from skib._parallel import blocks, run_tasks
from skib._statistics import permutation_pvalues
from skib.mutual_info._matrix._pairs import null_distributions
from skib.mutual_info._matrix._tables import class_rows

# Two bools have at most log 4 nats: with so many rows, no pair of them is saturated.
LEAST_SPARSE_ROWS = 5
# Pairs of one kernel call: some milliseconds.
_PAIRS_PER_CALL = 200_000


def all_sparse_pairs(columns, *, n_jobs=None, verbose=0):
    """Estimate every pair of SparseColumns: arrays of shape (n_columns, n_columns), entropies on the diagonal."""
    return _estimates(columns, [columns], [np.log(columns.n_samples)], n_jobs, verbose)


def all_sparse_pairs_given(columns, given, *, n_jobs=None, verbose=0):
    """Estimate every pair of SparseColumns given a discrete column, as ``all_pairs_given``."""
    strata = [columns.taken(rows) for rows in class_rows(given)]
    return _estimates(columns, strata, log_of_counts(given.counts), n_jobs, verbose)


def _estimates(columns, strata, log_sizes, n_jobs, verbose):
    """Estimate every pair from the sums over strata of the rows; the logarithms of their sizes stand for log n."""
    n_columns, n_samples = len(columns), columns.n_samples
    scores = score_tables(n_samples)[0]
    tables = [_tables(part, log_size, scores) for part, log_size in zip(strata, log_sizes, strict=True)]
    parts = blocks(n_columns, max(_PAIRS_PER_CALL // n_columns, 1))
    tasks = [(part.start, part.stop, n_samples, tables) for part in parts]
    results = run_tasks(_block, tasks, n_jobs=n_jobs, verbose=verbose, description="pairs of sparse columns")
    estimates = np.empty((2, n_columns, n_columns))
    for part, rows in zip(parts, results, strict=True):
        _fill_block(estimates, part, rows)
    diagonal = np.sum([_own_sums(*part) for part in zip(strata, log_sizes, strict=True)], axis=0)
    estimates[:, range(n_columns), range(n_columns)] = _finished(diagonal, n_samples)
    estimates[:, columns.constant] = estimates[:, :, columns.constant] = 0.0
    return Estimates(*estimates, np.zeros((1, 1), bool))


def _tables(columns, log_size, scores):
    """Return the arguments of the kernel after the numbers of columns."""
    counts = columns.n_samples - columns.counts, columns.counts
    margins = (log_of_counts(of_level) - 0.5 * log_size for of_level in counts)
    return columns.starts, columns.rows, *columns.by_row, scores, *margins


def _block(first, last, n_samples, strata):
    """Estimate the columns first to last - 1 with those from `first` on, and their standard errors."""
    sums = bool_pairs(first, last, *strata[0])
    for tables in strata[1:]:
        sums += bool_pairs(first, last, *tables)
    return _finished(sums, n_samples)


def _own_sums(columns, log_size):
    """Sum the information of every column with itself, and its square."""
    counts = np.array([columns.n_samples - columns.counts, columns.counts])
    infos = log_size - log_of_counts(counts)
    return np.sum([counts * infos, counts * infos**2], axis=1)


def _finished(sums, n_samples):
    """Turn sums of the information and of its square into means and their standard errors, in place."""
    sums /= n_samples
    mean, square = sums
    square -= mean**2
    np.sqrt(np.maximum(square, 0, out=square), out=square)
    square /= np.sqrt(n_samples - 1)
    return sums


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
