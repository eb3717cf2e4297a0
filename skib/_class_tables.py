"""Mutual information of columns of classes with one target of classes, from the tables of their counts."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from skib._entropies import log_of_counts
from skib._kernels.three_way import count_cells
from skib._parallel import blocks, run_tasks
from skib._statistics import SATURATION
from skib._thin_tables import without_thin_pairs
from skib._warnings import SaturatedEstimateWarning, listed, warn

# Codes that are counted in a table are one byte.
_MOST_LEVELS = 256
# Pairs of more cells than rows, and than these, are sorted rather than counted in a table.
_FEW_CELLS = 4096
# Rows times columns, and cells, of one task: about ten milliseconds, in memory that stays in the cache.
_COUNTS_PER_TASK, _CELLS_PER_TASK = 3_000_000, 2**16


class Estimates(NamedTuple):
    """Estimates of some pairs of columns: arrays of one shape."""

    mutual_info: np.ndarray
    std_error: np.ndarray
    saturated: np.ndarray


@lru_cache(maxsize=1)
def score_tables(n_samples):
    """Tabulate Grassberger's G, which replaces the logarithm, and the logarithm, of 0 (not used) to n_samples."""
    counts = np.arange(1, n_samples + 1)
    return np.r_[0.0, log_of_counts(counts)], np.r_[0.0, np.log(counts)]


def class_estimates(columns, target, *, n_jobs=None):
    """Estimate each of some DiscreteColumns with another one.

    Returns
    -------
    estimates : Estimates
        Without the bias of thin cells.
    n_cells : ndarray of int64 of shape (n_columns,)
        Cells that hold any rows.
    is_thin : ndarray of bool of shape (n_columns,)
        Marks estimates of which much rests on the correction.
    """
    values = np.zeros((4, len(columns)))
    tasks, places = [], []
    for shift, part in _parts(columns, target):
        tasks.append(([columns[j] for j in part], target, shift))
        places.append(part)
    results = run_tasks(_estimates, tasks, n_jobs=n_jobs, description="columns of classes")
    for part, result in zip(places, results, strict=True):
        values[:, part] = result
    is_thin = without_thin_pairs(target, columns, *values[:2])
    return Estimates(values[0], values[1], values[2] > 0), values[3].astype(np.int64), is_thin


def _parts(columns, target):
    """Iterate over parts of the columns of a like number of levels: its binary logarithm, None if many, and places."""
    n_samples, n_classes = target.n_samples, len(target.counts)
    levels = np.array([len(column.counts) for column in columns], np.int64)
    shifts = np.ceil(np.log2(np.maximum(levels, 1))).astype(np.int64)
    most_cells = max(_FEW_CELLS, n_samples)
    shifts[(levels > _MOST_LEVELS) | (n_classes << shifts > most_cells)] = -1
    for shift in np.unique(shifts).tolist():
        places = np.flatnonzero(shifts == shift)
        cells = n_classes << max(shift, 0)
        size = max(min(_COUNTS_PER_TASK // n_samples, _CELLS_PER_TASK // cells), 1) if shift >= 0 else 1
        for part in blocks(len(places), size):
            yield (shift if shift >= 0 else None), places[part]


def _estimates(columns, target, shift):
    return _sorted(columns[0], target) if shift is None else _counted(columns, target, shift)


def _counted(columns, target, shift):
    """Estimate columns of at most 2**shift levels from their tables."""
    codes = np.array([column.stored for column in columns], np.uint8)
    tables = np.zeros((len(columns), len(target.counts) << shift), np.int64)
    count_cells(codes, np.arange(len(columns)), target.codes.astype(np.uint32), shift, tables)
    tables = tables.reshape(len(columns), -1, 1 << shift)
    return *estimates_of_table(tables, score_tables(target.n_samples)[0].take), np.count_nonzero(tables, axis=(1, 2))


def _sorted(column, target):
    """Estimate one column of many cells from those which hold any rows."""
    n_samples = target.n_samples
    cells, counts = np.unique(column.codes * len(target.counts) + target.codes, return_counts=True)
    x, y = np.divmod(cells, len(target.counts))
    score = score_tables(n_samples)[0].take
    infos = score(counts) + np.log(n_samples) - score(column.counts[x]) - score(target.counts[y])
    sums = [np.dot(counts, moment) / n_samples for moment in (infos, infos**2, np.log(counts))]
    is_varying = len(column.counts) > 1 < len(target.counts)
    return *_summary(*map(np.atleast_1d, sums), n_samples, np.array([is_varying])), [len(cells)]


def estimates_of_table(table, score):
    """Estimate the information of tables (n_tables, levels, classes) of counts or weights; `score` is G of an array."""
    x, y = table.sum(axis=2, keepdims=True), table.sum(axis=1, keepdims=True)
    total = x.sum(axis=1, keepdims=True)
    infos = score(table) + np.log(total) - score(x) - score(y)
    sums = (np.sum(table * v / total, axis=(1, 2)) for v in (infos, infos**2, np.log(np.maximum(table, 1e-300))))
    varying = (np.sum(x > 0, axis=(1, 2)) > 1) & (np.sum(y > 0, axis=(1, 2)) > 1)
    return _summary(*sums, total[:, 0, 0], varying)


def _summary(information, square, log_count, n_samples, varying):
    """Return the estimate, its standard error, and whether it is saturated, from means over the rows."""
    std_error = np.sqrt(np.maximum(square - information**2, 0) / np.maximum(n_samples - 1, 1))
    saturated = np.log(n_samples) - log_count > SATURATION * np.log(n_samples)
    return Estimates(np.where(varying, information, 0.0), np.where(varying, std_error, 0.0), saturated & varying)


def warn_of_saturated_features(names, saturated):
    """Warn of features whose estimate with the target is saturated, such as identifiers."""
    near = [repr(name) for name, is_near in zip(names, saturated, strict=True) if is_near]
    if near:
        warn(
            f"the estimates of {len(near)} of {len(names)} columns ({listed(near)}) with y are saturated: nearly "
            "every row is a pair of its own, or the dependence too strong for so few rows; leave identifiers out, or "
            "pass more rows",
            SaturatedEstimateWarning,
        )
