"""Mutual information of every column with one target: columns of any kind, sparse ones, and weighted rows."""

import numpy as np

from skib._class_tables import (
    Estimates,
    class_estimates,
    estimates_of_table,
    score_tables,
    warn_of_saturated_features,
)
from skib._columns import SparseColumns, complete_counts, null_representative, warn_of_missing
from skib._entropies import log_of_weights
from skib._parallel import blocks
from skib._statistics import permutation_pvalue
from skib._thin_tables import warn_of_thin_tables
from skib._warnings import MOST_LISTED
from skib.mutual_info._auto import N_NEIGHBORS, ROWS_PER_CELL
from skib.mutual_info._matrix._checks import (
    require_rows,
    warn_of_copied_features,
    warn_of_negative_features,
    warn_of_rare_symbols,
)
from skib.mutual_info._matrix._pairs import null_distributions, pair_estimates, pvalues, target_estimates

# Cells of tables, and of columns made dense, that are in memory at a time.
_MOST_CELLS = 4_000_000


def feature_estimates(columns, target, *, n_jobs=None):
    """Estimate each of some columns with the target, and issue the warnings about them."""
    require_rows([*columns, target])
    n_complete = complete_counts(columns, [target])
    warn_of_missing(columns, n_complete, N_NEIGHBORS, target)
    warn_of_copied_features(columns, target)
    warn_of_rare_symbols([target], columns)
    warn_of_rare_symbols(columns, [target])
    estimates = _column_estimates(columns, target, n_jobs)
    warn_of_saturated_features([column.name for column in columns], estimates.saturated)
    warn_of_negative_features(columns, estimates, n_complete)
    return estimates.mutual_info


def _column_estimates(columns, target, n_jobs):
    """Estimate classes with classes from tables that are counted together, and all other columns one by one."""
    by_table = [j for j, column in enumerate(columns) if _may_be_table(column, target)]
    if not by_table:
        return target_estimates(columns, target, n_jobs=n_jobs)
    values = np.zeros((3, len(columns)))
    estimates, n_cells, is_thin = class_estimates([columns[j] for j in by_table], target, n_jobs=n_jobs)
    filled = target.n_samples >= ROWS_PER_CELL * n_cells
    kept = [j for j, is_filled in zip(by_table, filled, strict=True) if is_filled or _is_nominal(columns[j], target)]
    thin = {j for j, is_thin_table in zip(by_table, is_thin & ~estimates.saturated, strict=True) if is_thin_table}
    warn_of_thin_tables([f"{columns[j].name!r} with y" for j in kept if j in thin], len(columns))
    values[:, by_table] = estimates
    others = sorted(set(range(len(columns))) - set(kept))
    values[:, others] = target_estimates([columns[j] for j in others], target, n_jobs=n_jobs)
    return Estimates(values[0], values[1], values[2] > 0)


def _may_be_table(x, y):
    """Whether two columns are classes, without order or of so few levels that their table may be filled."""
    if not x.kind == y.kind == "discrete":
        return False
    return _is_nominal(x, y) or ROWS_PER_CELL * max(len(x.counts), len(y.counts)) <= x.n_samples


def _is_nominal(x, y):
    return x.nominal or y.nominal


def sparse_feature_estimates(columns, target, *, n_jobs=None):
    """Estimate each of SparseColumns with the target, as ``feature_estimates``: classes from their tables."""
    require_rows([target])
    if target.kind == "discrete":
        estimates = _of_tables(_sparse_tables(columns, target.codes), score_tables(columns.n_samples)[0].take)
    else:
        warn_of_missing([], complete_counts([target], [target]), N_NEIGHBORS, target)
        columns, target = _complete(columns, target)
        rare = np.flatnonzero(~columns.constant & (columns.fewest <= N_NEIGHBORS))[: MOST_LISTED + 1]
        warn_of_rare_symbols([columns[j] for j in rare], [target])
        parts = [pair_estimates(pairs, n_jobs=n_jobs) for pairs in _dense_pairs(columns, target)]
        estimates = Estimates(*map(np.concatenate, zip(*parts, strict=True)))
    warn_of_saturated_features(columns.names, estimates.saturated)
    return estimates.mutual_info


def weighted_feature_estimates(columns, target, weights):
    """Estimate each of some columns of classes with classes, each row of which counts as often as its weight."""
    is_sparse = isinstance(columns, SparseColumns)
    _require_classes([target] if is_sparse else [*columns, target])
    if is_sparse:
        tables = _sparse_tables(columns, target.codes, weights)
    else:
        tables = (_weighted_table(column, target, weights)[None] for column in columns)
    estimates = _of_tables(tables, log_of_weights)
    warn_of_saturated_features(columns.names if is_sparse else [c.name for c in columns], estimates.saturated)
    return estimates.mutual_info


def sparse_feature_pvalues(columns, target, mutual_info, *, draw_of=None, **options):
    """Compute the permutation p-values of such estimates of SparseColumns."""
    columns, target = _complete(columns, target)
    if draw_of:
        pairs = list(_dense_pairs(columns, target))
        values = np.split(mutual_info, np.cumsum([len(part) for part in pairs])[:-1])
        parts = zip(pairs, values, strict=True)
        return np.concatenate([pvalues(*part, draw_of=draw_of, **options) for part in parts])
    keys = [tuple(sorted((key, target.null_key))) for key in columns.null_keys()]
    null_of = null_distributions({key: tuple(map(null_representative, key)) for key in set(keys)}, **options)
    return np.array([permutation_pvalue(value, null_of[key]) for value, key in zip(mutual_info, keys, strict=True)])


def _complete(columns, target):
    rows = target.complete
    return (columns, target) if rows is None else (columns.taken(rows), target.taken(rows))


def _dense_pairs(columns, target):
    """Iterate over parts of the columns, as lists of pairs of a DiscreteColumn and the target."""
    for part in blocks(len(columns), max(_MOST_CELLS // columns.n_samples, 1)):
        yield [(columns[j], target) for j in range(part.start, part.stop)]


def _sparse_tables(columns, codes, weights=None):
    """Iterate over the tables of parts of the columns with classes, arrays of shape (n_columns, 2, n_classes)."""
    class_counts = np.bincount(codes, weights)
    for part in blocks(len(columns), max(_MOST_CELLS // len(class_counts), 1)):
        starts = columns.starts[part.start : part.stop + 1]
        rows = columns.rows[starts[0] : starts[-1]]
        numbers = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
        cells, n_cells = numbers * len(class_counts) + codes[rows], (len(starts) - 1) * len(class_counts)
        true = np.bincount(cells, None if weights is None else weights[rows], n_cells).reshape(-1, len(class_counts))
        yield np.stack([np.maximum(class_counts - true, 0), true], axis=1)


def _weighted_table(column, target, weights):
    n_x, n_y = len(column.counts), len(target.counts)
    table = np.bincount(column.codes * n_y + target.codes, weights, n_x * n_y).reshape(n_x, n_y)
    if not (column.nominal or target.nominal) and ROWS_PER_CELL * np.sum(table > 0) > weights.sum():
        raise ValueError(
            f"the levels of column {column.name!r} and y fill {np.sum(table > 0)} cells, too many to count rows of a "
            f"weight of {weights.sum():g} together; cut the column into bins, or leave out sample_weight"
        )
    return table


def _require_classes(columns):
    for column in columns:
        if column.kind == "continuous":
            raise ValueError(
                f"sample_weight needs classes, whose weights can be summed, but column {column.name!r} holds numbers; "
                "cut it into bins, for example by skib.preprocessing.IBDiscretizer or "
                "sklearn.preprocessing.KBinsDiscretizer, or leave out sample_weight"
            )


def _of_tables(tables, score):
    """Estimate the information of parts of tables, of shape (n_tables, levels, classes)."""
    return Estimates(*map(np.concatenate, zip(*(estimates_of_table(table, score) for table in tables), strict=True)))
