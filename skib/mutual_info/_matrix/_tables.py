"""Mutual information of pairs of discrete columns, many at a time."""

from math import isqrt, prod
from typing import NamedTuple

import numpy as np

from skib._class_tables import Estimates, score_tables
from skib._entropies import log_of_counts
from skib._kernels.contingency import group_sums, word_sums
from skib._kernels.cooccurrence import plane_pairs
from skib._parallel import blocks, run_tasks
from skib._statistics import SATURATION

# Rows times tables of one kernel call: about ten milliseconds.
_COUNTS_PER_CALL = 30_000_000
# Words are codes of one byte.
_MOST_LEVELS = 256
# Columns of two levels that are counted bit by bit rather than in words: more than three words of six.
_MANY_BOOLS = 20


class Stratum(NamedTuple):
    """One column in some of the rows, as a DiscreteColumn, but of levels some of which may have no row."""

    codes: np.ndarray
    counts: np.ndarray

    @property
    def n_samples(self):
        """Number of rows."""
        return len(self.codes)


def all_pairs(columns, *, n_jobs=None, verbose=0):
    """Estimate every pair of discrete columns: arrays of shape (n_columns, n_columns), entropies on the diagonal."""
    sums = _all_sums(columns, np.log(columns[0].n_samples), n_jobs, verbose)
    return _estimates(sums, columns, columns)


def all_pairs_given(columns, given, *, n_jobs=None, verbose=0):
    """Estimate every pair of discrete columns given another one: conditional entropies on the diagonal.

    Cells are compared with the margins within each class of `given`, whose rows take the place of all rows.
    """
    sums = np.zeros((3, len(columns), len(columns)))
    log_sizes = log_of_counts(given.counts)
    for rows, log_size in zip(class_rows(given), log_sizes, strict=True):
        codes = [column.codes[rows] for column in columns]
        parts = [Stratum(c, np.bincount(c, minlength=len(x.counts))) for c, x in zip(codes, columns, strict=True)]
        sums += _all_sums(parts, log_size, n_jobs, verbose)
    return _estimates(sums, columns, columns)


def class_rows(column):
    """Return the rows of each class of a discrete column."""
    return np.split(np.argsort(column.codes, kind="stable"), np.cumsum(column.counts)[:-1])


def _all_sums(columns, log_size, n_jobs, verbose):
    """Sum over the cells of every pair, and of every column with itself; `log_size` stands for log n."""
    n_samples, n_columns = columns[0].n_samples, len(columns)
    narrow = [j for j, c in enumerate(columns) if len(c.counts) <= min(_MOST_LEVELS, 2 * isqrt(n_samples))]
    sums, run = np.zeros((3, n_columns, n_columns)), (n_jobs, verbose)
    _fill_narrow(sums, columns, sorted(narrow, key=lambda j: len(columns[j].counts)), log_size, *run)
    _fill_wide(sums, columns, sorted(set(range(n_columns)) - set(narrow)), log_size, *run)
    sums += sums.transpose(0, 2, 1)  # each pair was counted once
    for j, column in enumerate(columns):
        counts = column.counts[column.counts > 0]
        info = log_size - log_of_counts(counts)
        moments = info, info**2, np.log(counts)
        sums[:, j, j] = [np.dot(counts, moment) for moment in moments]
    return sums


def one_with_each(column, other, orders):
    """Estimate one discrete column with another, whose rows are put in each of some orders in turn."""
    log_size = np.log(column.n_samples)
    margins = np.broadcast_to(_margins([other], log_size), (len(orders), len(other.counts)))
    codes = other.codes.astype(np.int32)[orders]
    sums = group_sums(*_groups(column, log_size), codes, margins, *score_tables(column.n_samples))
    return Estimates(*(part[0] for part in _estimates(sums[:, None], [column], [other])))


def _fill_narrow(sums, columns, indices, log_size, n_jobs, verbose):
    """Count words of columns against each other, in square tiles; columns of two levels bit by bit if they are many."""
    bools = [j for j in indices if len(columns[j].counts) == 2]
    bools = bools if len(bools) >= _MANY_BOOLS else []
    if bools:
        _fill_bools(sums, columns, bools, log_size, n_jobs, verbose)
    if len(bools) == len(indices):
        return
    n_samples, n_bools = columns[0].n_samples, len(bools)
    indices = bools + [j for j in indices if j not in set(bools)]
    levels = np.array([len(columns[j].counts) for j in indices])
    most = isqrt(n_samples // 2)  # tables of at most half as many cells as rows
    of_bools = _word_groups(levels[:n_bools].tolist(), most)
    groups = of_bools + [[n_bools + place for place in g] for g in _word_groups(levels[n_bools:].tolist(), most)]
    words = [_word([columns[indices[place]] for place in group]) for group in groups]
    codes, sizes, digits = (np.concatenate(parts) for parts in zip(*words, strict=True))
    starts, margins = np.cumsum([0, *map(len, groups)]), _margins([columns[j] for j in indices], log_size)
    tables = codes, sizes, starts, digits, levels, margins, *score_tables(n_samples)
    pairs = _tiles(len(of_bools), len(groups), max(isqrt(_COUNTS_PER_CALL // n_samples), 1))
    tasks = [((u.start, u.stop), (v.start, v.stop), *tables) for u, v in pairs]
    results = run_tasks(word_sums, tasks, n_jobs=n_jobs, verbose=verbose, description="discrete pairs")
    for (u, v), sums_of_tile in zip(pairs, results, strict=True):
        rows, others = (indices[starts[part.start] : starts[part.stop]] for part in (u, v))
        sums[:, np.array(rows)[:, None], others] = sums_of_tile


def _tiles(n_done, n_words, size):
    """Return the pairs of blocks of words, without those of the first `n_done` with each other."""
    done = blocks(n_done, size)
    rest = [slice(n_done + part.start, n_done + part.stop) for part in blocks(n_words - n_done, size)]
    return [(u, v) for u in done for v in rest] + [(u, v) for i, u in enumerate(rest) for v in rest[i:]]


def _fill_bools(sums, columns, indices, log_size, n_jobs, verbose):
    """Count columns of two levels against each other, as bits."""
    chosen, n_samples = [columns[j] for j in indices], columns[0].n_samples
    planes = np.array([_bits(column.codes) for column in chosen])
    false_margins, true_margins = np.ascontiguousarray(_margins(chosen, log_size).T)
    counts = np.array([column.counts[1] for column in chosen])
    tables = planes, counts, n_samples, *score_tables(n_samples), false_margins, true_margins
    parts = blocks(len(indices), max(_COUNTS_PER_CALL // (len(indices) * len(planes[0])), 1))
    tasks = [(part.start, part.stop, *tables) for part in parts]
    results = run_tasks(plane_pairs, tasks, n_jobs=n_jobs, verbose=verbose, description="pairs of bools")
    for part, sums_of_part in zip(parts, results, strict=True):
        sums[:, np.array(indices[part])[:, None], indices[part.start :]] = sums_of_part


def _bits(codes):
    """Return codes of 0 and 1 as bits, 64 rows a word."""
    n_bytes = 8 * -(-len(codes) // 64)
    packed = np.zeros(n_bytes, np.uint8)
    bits = np.packbits(codes.astype(bool))
    packed[: len(bits)] = bits
    return packed.view(np.uint64)


def _fill_wide(sums, columns, wide, log_size, n_jobs, verbose):
    """Count columns of many levels against all others."""
    if not wide:
        return
    n_samples = columns[0].n_samples
    codes, margins = np.array([c.codes for c in columns], np.int32), _margins(columns, log_size)
    tasks, places = [], []
    for i, j in enumerate(wide):
        others = np.array([k for k in range(len(columns)) if k != j and k not in wide[:i]], int)
        for part in blocks(len(others), max(_COUNTS_PER_CALL // (10 * n_samples), 1)):
            places.append((j, others[part]))
            tasks.append(
                (*_groups(columns[j], log_size), codes[others[part]], margins[others[part]], *score_tables(n_samples))
            )
    results = run_tasks(group_sums, tasks, n_jobs=n_jobs, verbose=verbose, description="columns of many levels")
    for (j, others), sums_of_part in zip(places, results, strict=True):
        sums[:, j, others] = sums_of_part


def _word_groups(levels, most):
    """Group consecutive columns so that the product of their levels is at most `most`, single columns aside."""
    groups = []
    for place, n_levels in enumerate(levels):
        if groups and prod(levels[other] for other in groups[-1]) * n_levels <= min(most, _MOST_LEVELS):
            groups[-1].append(place)
        else:
            groups.append([place])
    return groups


def _word(columns):
    """Return the joint codes of some columns (1, n_samples), their number (1,), and each column's code in them."""
    shape = [len(column.counts) for column in columns]
    codes = np.ravel_multi_index([column.codes for column in columns], shape).astype(np.uint8)
    digits = np.zeros((len(columns), _MOST_LEVELS), np.uint8)
    digits[:, : prod(shape)] = np.unravel_index(np.arange(prod(shape)), shape)
    return codes[None], np.array([prod(shape)]), digits


def _groups(column, log_size):
    """Return the rows in the order of their codes, the place where each code starts, and the margin."""
    starts = np.r_[0, np.cumsum(column.counts)]
    return np.argsort(column.codes, kind="stable"), starts, _margins([column], log_size)[0]


def _margins(columns, log_size):
    """Compute G(a) - log(n) / 2 of every level of every column, a being the rows of the level."""
    margins = np.zeros((len(columns), max(len(column.counts) for column in columns)))
    for row, column in zip(margins, columns, strict=True):
        row[: len(column.counts)] = log_of_counts(column.counts) - 0.5 * log_size
    return margins


def _estimates(sums, columns, others):
    """Compute the estimates from the sums over the cells."""
    n_samples = columns[0].n_samples
    information, square, log_counts = sums / n_samples
    varying = np.logical_and.outer(*([not column.constant for column in axis] for axis in (columns, others)))
    std_error = np.sqrt(np.maximum(square - information**2, 0) / max(n_samples - 1, 1))
    saturated = np.log(n_samples) - log_counts > SATURATION * np.log(n_samples)
    return Estimates(np.where(varying, information, 0.0), np.where(varying, std_error, 0.0), saturated & varying)
