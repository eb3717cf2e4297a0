"""Mutual information of pairs of columns of any kind, and its permutation null."""

from functools import partial

import numpy as np

from skib._class_tables import Estimates
from skib._columns import (
    DiscreteColumn,
    are_unordered,
    as_codes,
    complete_pair,
    complete_rows,
    null_representative,
    opened,
    repeated_levels,
    scores_of_classes,
    scores_of_numbers,
    take_rows,
)
from skib._kernels.counts import joint_counts
from skib._marginals import sort_column
from skib._neighbors import SortedClassBalls, digamma_table, planar_ksg_terms, ross_terms_of_balls
from skib._parallel import blocks, run_tasks, spawn_generators
from skib._row_orders import check_shuffle, row_shuffler
from skib._statistics import SATURATION, permutation_pvalues
from skib._thin_tables import has_thin_cells, without_thin_pairs
from skib.mutual_info._auto import N_NEIGHBORS, ROWS_PER_CELL, two_column_estimate, two_column_value
from skib.mutual_info._matrix._tables import one_with_each

# Rows times pairs of one task: about ten milliseconds of sorting, or a hundred of neighbors.
ROWS_PER_TASK = 100_000
# Nulls that share their permutations.
_NULLS_PER_TASK = 20
# Memory of one pair of columns: its place in lists and arrays, and with its p-value. Measured.
_BYTES_PER_PAIR, _BYTES_PER_PVALUE = 300, 300
_MOST_BYTES = 8e9


def require_room(n_columns, n_permutations):
    """Refuse, before the work, more pairs of columns than fit into 8 GB."""
    n_pairs = n_columns * (n_columns - 1) // 2
    n_bytes = n_pairs * (_BYTES_PER_PAIR + _BYTES_PER_PVALUE * (n_permutations > 0))
    if n_bytes > _MOST_BYTES:
        raise ValueError(
            f"{n_columns} columns are {n_pairs} pairs, which take about {n_bytes / 1e9:.0f} GB, above the limit of "
            f"{_MOST_BYTES / 1e9:.0f}; pass fewer columns, or score all of them with one target at a time by "
            "skib.mutual_info.mutual_info_features"
        )


def pair_estimates(pairs, *, n_jobs=None, verbose=0):
    """Estimate the information of some pairs of columns, one by one."""
    tasks = [(pairs[part],) for part in blocks(len(pairs), _items_per_task(pairs))]
    parts = run_tasks(_estimates, tasks, n_jobs=n_jobs, verbose=verbose, description="pairs of columns")
    return Estimates(*np.concatenate([np.empty((0, 3)), *parts]).T)


def target_estimates(columns, target, *, n_jobs=None):
    """Estimate the information of each of some columns with one target.

    Columns of numbers are not kept sorted, which takes several times their memory.
    """
    parts = blocks(len(columns), _items_per_task([(target, target)]))
    tasks = [(columns[part], target) for part in parts]
    found = run_tasks(_target_estimates, tasks, n_jobs=n_jobs, description="pairs of columns")
    return Estimates(*np.concatenate([np.empty((0, 3)), *found]).T)


def pvalues(pairs, mutual_info, *, n_permutations, draw_of=None, random_state=None, n_jobs=None, verbose=0):
    """Compute the permutation p-values of such estimates, NaN of those that are NaN.

    The complete rows of a pair are permuted, freely or as `draw_of` draws their orders (see ``restricted_shuffle``).
    The estimates use codes and ranks only, so that the null of a pair then depends on how many rows share each value in
    either column, the ``null_key`` of the columns. Pairs of equal keys have one null, which is computed once, from one
    representative of each key.
    """
    estimated = [j for j, value in enumerate(mutual_info) if not np.isnan(value)]
    if draw_of:
        keys = {j: (j,) for j in estimated}
        null_pairs = {keys[j]: pairs[j] for j in estimated}
    else:
        keys = {j: pair_key(*pairs[j]) for j in estimated}
        null_pairs = {key: tuple(map(null_representative, key)) for key in set(keys.values())}
    null = {"n_permutations": n_permutations, "random_state": random_state, "n_jobs": n_jobs, "verbose": verbose}
    null_of = null_distributions(null_pairs, draw_of=draw_of, **null)
    values = np.full(len(pairs), np.nan)
    for key, of_key in _positions(keys).items():
        values[of_key] = permutation_pvalues(np.asarray(mutual_info)[of_key], null_of[key])
    return values


def _positions(keys):
    """Return the positions that have each key."""
    positions = {}
    for j, key in keys.items():
        positions.setdefault(key, []).append(j)
    return positions


def pair_key(x, y):
    """Return the key of the null distribution of a pair: those of its columns in their complete rows.

    Rounded columns of numbers, without atoms, are estimated with their ties in random order (``break_ties``), which
    independence leaves as random as that of untied ones: they share the null of these.
    """
    x, y = complete_pair(x, y)
    if x.kind == y.kind == "continuous" and x.is_continuous and y.is_continuous and not (x.constant or y.constant):
        return ((x.kind, False, len(x.known), b""),) * 2
    return tuple(sorted(column.null_key for column in (x, y)))


def null_distributions(pairs, *, n_permutations, draw_of=None, random_state=None, n_jobs=None, verbose=0):
    """Estimate every pair of a dict in permuted rows: a dict of arrays of shape (n_permutations,)."""
    if not pairs:
        return {}
    draw_of = draw_of or _free_shuffle
    # Every null uses the same permutations, so that it does not depend on the other nulls.
    seeds = [int(g.integers(2**63)) for g in spawn_generators(random_state, n_permutations)]
    distinct = sorted(pairs)
    chunks, groups = blocks(n_permutations, _items_per_task(pairs.values())), blocks(len(distinct), _NULLS_PER_TASK)
    tasks = [([pairs[key] for key in distinct[g]], seeds[c], draw_of) for g in groups for c in chunks]
    parts = iter(run_tasks(_nulls, tasks, n_jobs=n_jobs, verbose=verbose, description="permutations"))
    nulls = np.concatenate([np.hstack([next(parts) for _ in chunks]) for _ in groups])
    return dict(zip(distinct, nulls, strict=True))


def restricted_shuffle(groups, shuffle):
    """Return a function of (n_samples, rows) that draws orders of the rows of a mask, None for all n_samples."""
    return partial(_restricted_shuffle, None if groups is None else opened("groups", groups), shuffle)


def _restricted_shuffle(groups, shuffle, n_samples, rows):
    if rows is not None:
        n_samples, groups = int(rows.sum()), None if groups is None else take_rows(groups, np.flatnonzero(rows))
    return check_shuffle(n_samples, groups=groups, shuffle=shuffle)


def _free_shuffle(n_samples, rows):
    return row_shuffler(n_samples if rows is None else int(rows.sum()))


def tables(columns):
    """Mark the pairs of columns that are estimated from the table of their levels, rather than from neighbors.

    Numbers on few levels are, if there are enough rows per cell that holds any.
    """
    filled = _surely_tables(columns)
    for i, j in zip(*np.nonzero(np.triu(~filled, 1)), strict=True):
        x, y = columns[i], columns[j]
        if x.kind == y.kind == "discrete" and _fill_cells(x, y):
            filled[i, j] = filled[j, i] = True
    return filled


def _fill_cells(x, y):
    most = x.n_samples / ROWS_PER_CELL
    n_levels = len(x.counts), len(y.counts)
    return max(n_levels) <= most and len(joint_counts(x.codes, y.codes, *n_levels)) <= most


def _surely_tables(columns):
    """Mark the pairs that are estimated from tables, whatever the order of the rows."""
    discrete = np.array([column.kind == "discrete" for column in columns])
    nominal = np.array([column.kind == "discrete" and column.nominal for column in columns])
    levels = np.array([len(column.counts) if column.kind == "discrete" else 0 for column in columns])
    filled = columns[0].n_samples >= ROWS_PER_CELL * np.multiply.outer(levels, levels)
    return np.logical_and.outer(discrete, discrete) & (np.logical_or.outer(nominal, nominal) | filled)


def _items_per_task(pairs):
    return max(ROWS_PER_TASK // max((x.n_samples for x, _ in pairs), default=1), 1)


def _estimates(pairs):
    return np.array([_estimate(*pair) for pair in pairs])


def _target_estimates(columns, target):
    estimates = np.empty((len(columns), 3))
    for j, column in enumerate(columns):
        estimates[j] = _estimate(column, target)
        if column.kind == "continuous":
            column.forget_sorted()
    return estimates


def _nulls(pairs, seeds, draw_of):
    """Estimate some pairs, in rows, with the complete rows of one column in the order of each seed."""
    nulls, orders = [], {}
    for x, y in pairs:
        rows = complete_rows([x, y])
        key = x.n_samples, None if rows is None else rows.tobytes()
        if key not in orders:
            draw = draw_of(x.n_samples, rows)
            orders[key] = np.array([draw(np.random.default_rng(seed)) for seed in seeds])
        nulls.append(_null(*complete_pair(x, y), orders[key]))
    return np.array(nulls)


def _null(x, y, orders):
    if x.constant or y.constant:
        return np.zeros(len(orders))
    if _surely_tables([x, y])[0, 1]:
        values = one_with_each(x, y, orders)
        if has_thin_cells(x.counts, y.counts):
            without_thin_pairs(x, [y.permuted(order) for order in orders], *values[:2])
        return values.mutual_info
    if x.kind == y.kind == "continuous" and not (x.sorted.tied or y.sorted.tied):
        pairs = ((y.values[order], y.sorted.permuted(order)) for order in orders)
        return np.array([two_column_value(x.values, values, x.sorted, target) for values, target in pairs])
    return np.array([_estimate(x, y.permuted(order))[0] for order in orders])


def _estimate(x, y):
    """Return the estimate from the complete rows, its standard error, and whether it is saturated."""
    rows = complete_rows([x, y])
    if rows is not None:
        if rows.sum() <= N_NEIGHBORS:
            return np.nan, np.nan, False
        x, y = x.taken(rows), y.taken(rows)
    if x.constant or y.constant:
        return 0.0, 0.0, False
    if tables([x, y])[0, 1]:
        estimate = one_with_each(x, y, np.arange(x.n_samples)[None])
        without_thin_pairs(x, [y], *estimate[:2])
        return tuple(part[0] for part in estimate)
    labels = _as_labels(x, y) or x, _as_labels(y, x) or y
    if labels != (x, y):
        return _estimate(*labels)
    if x.kind != y.kind:
        return _ross(x, y) if x.kind == "continuous" else _ross(y, x)
    if x.kind == "discrete":
        x, y = x.as_numbers, y.as_numbers
    if x.is_continuous and y.is_continuous:
        estimate = two_column_estimate(x.values, y.values, y.sorted, x.sorted)
        return np.mean(estimate.pointwise), estimate.std_error, estimate.saturated
    return _ksg(x, y)


def _as_labels(column, other):
    """Return a column of numbers as one of classes, None if it has an order, by the rule of ``read_labels``."""
    if column.kind == "discrete" and (column.nominal or other.kind == "continuous"):
        return None
    if column.raw is None or column.raw.dtype.kind not in "iuf":  # permuted rows have no label
        return None
    codes = repeated_levels(np.asarray(column.raw, np.float64))
    if codes is None:
        return None
    scores = scores_of_classes(other.codes) if other.kind == "discrete" else scores_of_numbers(other.values[:, None])
    return DiscreteColumn(codes, True, column.name) if are_unordered(codes, scores) else None


def _ksg(x, y):
    psi = digamma_table(x.n_samples)
    return summary(planar_ksg_terms(x.sorted, y.sorted, N_NEIGHBORS, psi), psi[-1] - psi[N_NEIGHBORS])


def _ross(x, y):
    scores, codes = x.sorted, y.codes
    used = y.counts[codes] > 1
    if not used.any():
        return 0.0, np.nan, False
    if not used.all():
        scores, codes = sort_column(x.values[used], "rank"), as_codes(codes[used])
    psi = digamma_table(len(codes))
    ceiling = psi[-1] - np.mean(psi[np.bincount(codes)[codes]])
    few_per_class = ceiling > SATURATION * np.log(x.n_samples)
    terms = ross_terms_of_balls(SortedClassBalls(scores, N_NEIGHBORS), codes, psi)
    return summary(terms, ceiling if few_per_class else np.inf)


def summary(terms, ceiling):
    """Return an estimate from its terms, its standard error, and whether it is near the ceiling."""
    value = np.mean(terms)
    return value, np.std(terms, ddof=1) / np.sqrt(len(terms)), value > SATURATION * ceiling
