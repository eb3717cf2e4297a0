"""Mutual information of pairs of columns of any kind, and its null."""

import numpy as np

from skib._copies import NO_COPIES, count_copies
from skib._marginals import sort_column
from skib._neighbors import SortedClassBalls, digamma_table, planar_balls
from skib._parallel import blocks, run_tasks, spawn_generators
from skib._statistics import SATURATION, permutation_pvalue
from skib._validation import as_codes
from skib.mutual_info._auto import N_NEIGHBORS, ROWS_PER_CELL, two_column_estimate
from skib.mutual_info._ksg import KSG
from skib.mutual_info._matrix._tables import Estimates, one_with_each
from skib.mutual_info._ross import Ross

# Rows times pairs of one task: some ten milliseconds of sorting, some hundred of neighbours.
_ROWS_PER_TASK = 100_000
# Nulls that share their permutations.
_NULLS_PER_TASK = 20


def pair_estimates(pairs, *, n_jobs=None, verbose=0):
    """Estimates of some pairs of columns, one by one."""
    tasks = [(pairs[part],) for part in blocks(len(pairs), _items_per_task(pairs))]
    parts = run_tasks(_estimates, tasks, n_jobs=n_jobs, verbose=verbose, description="pairs of columns")
    return Estimates(*np.concatenate([np.empty((0, 3)), *parts]).T)


def p_values(pairs, mutual_info, *, n_permutations, random_state=None, n_jobs=None, verbose=0):
    """Permutation p-values of such estimates.

    Codes and ranks are all that is looked at, so that the null of a pair follows from its two margins: how many rows
    share each value. Pairs of equal margins have one null, which is made once.
    """
    margins = [tuple(sorted((x.null_key, y.null_key))) for x, y in pairs]
    twins = {column.null_key: column for pair in pairs for column in pair}
    twins = {margin: column.null_representative() for margin, column in twins.items()}
    # Every null takes the same permutations: it does not depend on which others there are.
    seeds = [int(g.integers(2**63)) for g in spawn_generators(random_state, n_permutations)]
    distinct = sorted(set(margins))
    chunks, groups = blocks(n_permutations, _items_per_task(pairs)), blocks(len(distinct), _NULLS_PER_TASK)
    tasks = [([(twins[x], twins[y]) for x, y in distinct[g]], seeds[c]) for g in groups for c in chunks]
    parts = iter(run_tasks(_nulls, tasks, n_jobs=n_jobs, verbose=verbose, description="permutations"))
    nulls = np.concatenate([np.hstack([next(parts) for _ in chunks]) for _ in groups])
    null_of = dict(zip(distinct, nulls, strict=True))
    return np.array([permutation_pvalue(v, null_of[m]) for v, m in zip(mutual_info, margins, strict=True)])


def _items_per_task(pairs):
    return max(_ROWS_PER_TASK // max((x.n_samples for x, _ in pairs), default=1), 1)


def _estimates(pairs):
    return np.array([_estimate(*pair) for pair in pairs])


def _nulls(pairs, seeds):
    """Estimates of some pairs, in rows, with the rows of one column in the order of each seed."""
    n_samples = pairs[0][0].n_samples
    orders = np.array([np.random.default_rng(seed).permutation(n_samples) for seed in seeds])
    return np.array([_null(x, y, orders) for x, y in pairs])


def _null(x, y, orders):
    if x.constant or y.constant:
        return np.zeros(len(orders))
    if tables([x, y])[0, 1]:
        return one_with_each(x, y, orders).mutual_info
    return np.array([_estimate(x, y.permuted(order))[0] for order in orders])


def _estimate(x, y):
    """Estimate, standard error and whether it is saturated."""
    if x.constant or y.constant:
        return 0.0, 0.0, False
    if tables([x, y])[0, 1]:
        return tuple(part[0] for part in one_with_each(x, y, np.arange(x.n_samples)[None]))
    if x.kind != y.kind:
        numbers, classes = (x, y) if x.kind == "continuous" else (y, x)
        full = classes.nominal or classes.counts.min() > N_NEIGHBORS
        return _ross(numbers, classes) if full else _ksg(numbers, classes.as_numbers)
    if x.kind == "discrete":
        return _ksg(x.as_numbers, y.as_numbers)
    if x.untied and y.untied:
        found = two_column_estimate(x.values, y.values, y.sorted)
        return (*_summary(found.pointwise, found.ceiling)[:2], found.saturated)
    return _ksg(x, y)


def tables(columns):
    """Of which pairs the entropies of both columns and of the pair are asked for, rather than neighbours."""
    discrete = np.array([column.kind == "discrete" for column in columns])
    nominal = np.array([column.kind == "discrete" and column.nominal for column in columns])
    levels = np.array([len(column.counts) if column.kind == "discrete" else 0 for column in columns])
    filled = columns[0].n_samples >= ROWS_PER_CELL * np.multiply.outer(levels, levels)
    return np.logical_and.outer(discrete, discrete) & (np.logical_or.outer(nominal, nominal) | filled)


def _ksg(x, y):
    ksg, psi = KSG(N_NEIGHBORS), digamma_table(x.n_samples)
    tied = x.sorted.tied and y.sorted.tied
    copies = count_copies(x.values[:, None], y.values) if tied else NO_COPIES
    terms = ksg._terms_of(planar_balls(x.sorted, y.sorted, N_NEIGHBORS, copies), psi)
    return _summary(terms, psi[-1] - psi[N_NEIGHBORS])


def _ross(x, y):
    scores, codes = x.sorted, y.codes
    kept = y.counts[codes] > 1
    if not kept.any():
        return np.nan, np.nan, True
    if not kept.all():
        scores, codes = sort_column(x.values[kept], "rank"), as_codes(codes[kept])
    psi = digamma_table(len(codes))
    ceiling = psi[-1] - np.mean(psi[np.bincount(codes)[codes]])
    few_per_class = ceiling > SATURATION * np.log(x.n_samples)
    return _summary(
        Ross(N_NEIGHBORS)._terms(SortedClassBalls(scores), codes, psi), ceiling if few_per_class else np.inf
    )


def _summary(terms, ceiling):
    value = np.mean(terms)
    return value, np.std(terms, ddof=1) / np.sqrt(len(terms)), value > SATURATION * ceiling
