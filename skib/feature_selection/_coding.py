"""Columns of a table as codes, whole numbers from 0, in one row of memory each: what is counted."""

from math import isqrt
from typing import NamedTuple

import numpy as np

from skib._columns import byte_offsets, distinct, is_wide, require_finite
from skib._kernels.level_codes import level_codes
from skib._kernels.quantile_codes import bin_codes, quantile_starts
from skib._parallel import blocks, run_tasks

# The edges of bins of more rows are those of this many of them.
_MOST_SORTED = 2**14
# Bytes of a block of columns, and the fewest columns of one: a line of the cache.
_BLOCK_BYTES, _LEAST_COLUMNS = 2**20, 8
# Likewise, of whole numbers, which are read in parts of rows: the faster the wider they are.
_WHOLE_BLOCK_BYTES, _LEAST_WHOLE_COLUMNS = 2**27, 64
# Rows of columns that are copied at once: a part of a block that stays in the cache.
_COPIED_ROWS = 256
# Whole numbers of up to this range are numbered without sorting.
_LARGEST_RANGE = 2**8
# Rows per cell of a table of two columns and the target, and the fewest and most bins of a column.
_ROWS_PER_CELL, _FEWEST_BINS, _MOST_BINS = 5, 2, 16
# Categories beyond the most frequent ones share a code, and there are no more bins.
_MOST_CATEGORIES = 2**16 - 2


class Binning(NamedTuple):
    """How numbers become codes.

    Quantile bins never part equal values: a bin that would start within a tie starts at the nearer end of it, so that a
    frequent value has a bin of its own. Of many rows, the edges are the quantiles of a sample of them, the same for all
    columns and calls.
    """

    n_bins: int  # of a column of numbers
    most_levels: float  # a column of at most so many distinct numbers keeps them
    kept: np.ndarray | None = None  # mask of the rows that count, all by default
    weights: np.ndarray | None = None  # of these rows


class Coded(NamedTuple):
    """A table of codes."""

    codes: np.ndarray  # (n_features, n_samples), uint8 or uint16; missing values have the last code of their column
    n_missing: np.ndarray  # rows of each column without a value


def default_n_bins(n_samples, n_classes):
    """Return the number of bins with which a table of two columns and the target has enough rows per cell."""
    return min(max(isqrt(int(n_samples / (_ROWS_PER_CELL * max(n_classes, 1)))), _FEWEST_BINS), _MOST_BINS)


def default_n_target_bins(n_samples):
    """Return the number of bins of a target of numbers: as many as two columns have with it then."""
    return min(max(int(np.cbrt(n_samples / _ROWS_PER_CELL)), _FEWEST_BINS), _MOST_BINS)


def code_array(x, binning, n_jobs=None):
    """Return the Coded columns of a two-dimensional array of numbers or bools; NaN is missing, infinity refused."""
    codes = np.empty((x.shape[1], len(x) if binning.kept is None else int(binning.kept.sum())), np.uint8)
    parts = blocks(x.shape[1], _columns_per_block(len(x), x.dtype))
    tasks = [(x, part, binning, codes[part]) for part in parts]
    coded = run_tasks(_code_block, tasks, n_jobs=n_jobs, description="bins of columns")
    if any(block.codes.dtype != np.uint8 for block in coded):
        return _joined(coded)
    for part, block in zip(parts, coded, strict=True):
        if not np.may_share_memory(codes, block.codes):
            codes[part] = block.codes
    return Coded(codes, np.concatenate([block.n_missing for block in coded]))


def code_columns(columns, binning, n_jobs=None):
    """Return the Coded columns of a list of IncompleteColumn: numbers in bins, categories as they are."""
    size = _columns_per_block(len(columns[0].complete), np.dtype(float))
    tasks = [(columns[part], binning) for part in blocks(len(columns), size)]
    return _joined(run_tasks(_code_columns, tasks, n_jobs=n_jobs, description="bins of columns"))


def _columns_per_block(n_rows, dtype):
    is_whole = dtype.kind in "biu"
    n_bytes, least = (_WHOLE_BLOCK_BYTES, _LEAST_WHOLE_COLUMNS) if is_whole else (_BLOCK_BYTES, _LEAST_COLUMNS)
    return max(n_bytes // (n_rows * dtype.itemsize), least)


def _joined(parts):
    """Join the Coded of blocks of columns."""
    return Coded(np.concatenate([part.codes for part in parts]), np.concatenate([part.n_missing for part in parts]))


def _code_block(x, part, binning, out):
    """Return the Coded of some columns; `out` has room for their codes, which need not be in it."""
    columns = x[:, part]
    rows = None if binning.kept is None or binning.kept.all() else np.flatnonzero(binning.kept)
    if x.dtype.kind in "biu":
        codes = out if out.flags.writeable else np.empty_like(out)  # joblib shares large arrays to be read only
        return _code_whole(columns, rows, binning, codes)
    values = np.empty(out.shape, np.float32 if x.dtype.itemsize <= 4 else np.float64)
    coded = _code_values(_feature_major(columns, rows, values), binning)
    for r in np.flatnonzero(coded.n_missing):
        require_finite(f"column {part.start + r} of X", columns[~np.isnan(columns[:, r]), r])
    return coded


def _feature_major(columns, rows, out):
    """Copy some rows of columns, all by default, into one row of memory per column."""
    for part in blocks(out.shape[1], _COPIED_ROWS):
        out[:, part] = columns[part if rows is None else rows[part]].T
    return out


def _code_whole(columns, rows, binning, codes):
    """Return the Coded of columns of whole numbers: of few levels without sorting, written to `codes`."""
    n_levels, most_levels = np.empty(len(codes), np.int64), int(min(binning.most_levels, _LARGEST_RANGE))
    spans = byte_offsets(columns, codes, rows)
    level_codes(codes, spans, most_levels, np.empty(_LARGEST_RANGE, np.uint8), n_levels)
    many = np.flatnonzero(n_levels < 0)
    for part in blocks(len(many), _columns_per_block(len(columns), np.dtype(float))):
        values = np.empty((len(many[part]), codes.shape[1]), columns.dtype.newbyteorder("="))
        rest = _code_values(_floats_of(_feature_major(columns[:, many[part]], rows, values)), binning).codes
        codes = codes.astype(np.result_type(codes, rest), copy=False)
        codes[many[part]] = rest
    return Coded(codes, np.zeros(len(codes), np.int64))


def _floats_of(values):
    """Return rows of whole numbers as numbers that are equal where they are."""
    if is_wide(values):
        return np.array([_as_numbers(row) for row in values])
    return values.astype(np.float32 if values.dtype.itemsize < 4 else np.float64)


def _code_columns(columns, binning):
    kept = np.ones(len(columns[0].complete), bool) if binning.kept is None else binning.kept
    parts = {j: _code_categories(column, kept) for j, column in enumerate(columns) if column.kind == "category"}
    numbers = [j for j in range(len(columns)) if j not in parts]
    if numbers:
        coded = _code_values(np.array([_with_missing(columns[j], kept) for j in numbers]), binning)
        parts |= {j: Coded(coded.codes[[r]], coded.n_missing[[r]]) for r, j in enumerate(numbers)}
    return _joined([parts[j] for j in range(len(columns))])


def _with_missing(column, kept):
    """Return numbers, dates, durations and wide integers as float64, of those rows that are kept; NaN is missing."""
    numbers = np.full(len(kept), np.nan)
    numbers[column.complete] = _as_numbers(column.values)
    return numbers if kept.all() else numbers[kept]


def _as_numbers(values):
    """Return numbers as float64; of dates, durations and wide integers, offsets from the smallest, or their ranks."""
    if values.dtype.kind == "f" or not len(values):
        return values
    ticks = values if values.dtype.kind in "iu" else values.astype(np.int64)
    offsets = ticks.astype(np.uint64) - np.uint64(int(ticks.min()) % 2**64)
    return (offsets if offsets.max() < 2**53 else distinct(offsets)[1]).astype(np.float64)


def _code_categories(column, kept):
    complete, values = column.complete[kept], column.values[kept[column.complete]]
    codes, n_levels = np.zeros(len(complete), np.int64), 0
    if len(values):
        levels, found = distinct(values)
        n_levels = min(len(levels), _MOST_CATEGORIES + 1)
        codes[complete] = _most_frequent(found) if len(levels) > n_levels else found
    codes[~complete] = n_levels
    return Coded(codes[None].astype(np.uint8 if codes.max() < 256 else np.uint16), np.array([np.sum(~complete)]))


def _most_frequent(codes):
    """Renumber codes so that all but the most frequent ones share the last."""
    order = np.argsort(-np.bincount(codes), kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return np.minimum(rank, _MOST_CATEGORIES)[codes]


def _code_values(values, binning):
    """Return the Coded of numbers, one row per column; NaN and infinity have the code after the last bin."""
    n_samples = values.shape[1]
    if n_samples <= _MOST_SORTED:
        return _coded(values, _bins(values, binning, np.arange(n_samples)))
    rows = np.sort(np.random.default_rng(0).choice(n_samples, _MOST_SORTED, replace=False))
    bins = _bins(values, binning, rows)
    coded = _coded(values, bins)
    unseen = [r for r in np.flatnonzero(bins.is_few) if _any_unseen(values[r], bins.levels(r), coded.codes[r])]
    if not unseen:
        return coded
    exact = _coded(values[unseen], _bins(values[unseen], binning, np.arange(n_samples)))
    codes = coded.codes.astype(np.result_type(coded.codes, exact.codes))
    codes[unseen] = exact.codes
    return coded._replace(codes=codes)


class _Bins(NamedTuple):
    lowest: np.ndarray  # the smallest value of each column
    starts: np.ndarray  # the smallest value of every other bin of each column, in rows filled with infinity
    n_starts: np.ndarray
    is_few: np.ndarray  # whether every value has a bin

    def levels(self, r):
        """Return the smallest value of each bin of a column, and NaN for missing values."""
        return np.r_[self.lowest[r], self.starts[r, : self.n_starts[r]], np.nan].astype(self.starts.dtype)


def _bins(values, binning, rows):
    """Find the bins of columns by their values in some rows."""
    sample = values if len(rows) == values.shape[1] else values[:, rows]
    if binning.weights is None:
        sample, masses = np.sort(sample, axis=1), np.arange(len(rows) + 1.0)[None]
    else:
        order = np.argsort(sample, axis=1, kind="stable")
        sample, masses = np.take_along_axis(sample, order, 1), np.zeros((len(values), len(rows) + 1))
        np.cumsum(binning.weights[rows][order], axis=1, out=masses[:, 1:])
    most_levels = int(min(binning.most_levels, len(rows)))
    n_bins = min(binning.n_bins, _MOST_CATEGORIES)
    most_starts = max(min(n_bins, len(rows)), most_levels)
    starts = np.empty((len(values), -(-most_starts // 4) * 4), values.dtype)
    n_starts, is_few = np.empty(len(values), np.int64), np.empty(len(values), bool)
    quantile_starts(sample, masses, n_bins, most_levels, starts, n_starts, is_few)
    return _Bins(sample[:, 0], starts, n_starts, is_few)


def _coded(values, bins):
    codes = np.empty(values.shape, np.uint8 if bins.n_starts.max() < 255 else np.uint16)
    n_missing = np.empty(len(values), np.int64)
    bin_codes(values, bins.starts, bins.n_starts, codes, n_missing)
    return Coded(codes, n_missing)


def _any_unseen(column, levels, codes):
    """Whether a column has values beside these."""
    return not np.array_equal(levels[codes], column, equal_nan=True)
