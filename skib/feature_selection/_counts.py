"""Counts of coded columns with a context and a target: the entropies that every criterion is made of."""

from copy import copy
from functools import cached_property, reduce
from typing import Protocol

import numpy as np
from joblib import effective_n_jobs

from skib._kernels.counts import dense_codes, joint_codes
from skib._kernels.level_codes import count_levels
from skib._parallel import blocks, run_tasks
from skib.feature_selection._context import Context, is_wide, planes_of
from skib.feature_selection._contingency import contingency, permuted_within
from skib.feature_selection._joint import Joint, joint_of
from skib.feature_selection._routes import by_groups, by_pairs, by_planes, by_tables, pair_tables
from skib.feature_selection._row_weights import weights_of_rows

__all__ = ["Counts", "DenseCounts", "Joint", "best_pair"]

# Rows times candidates of a task: a hundredth of a second, which pays for a thread, and at most a third.
_LEAST_PER_TASK, _MOST_PER_TASK = 2e7, 3e8
# Columns of up to this many values have planes of bits, and tables of up to this many cells are counted by them.
_PLANE_VALUES, _PLANE_CELLS = 6, 60
# Bytes of the contexts that are kept for the next call.
_KEPT_BYTES = 2**23


class Counts(Protocol):
    """What a selector asks of a table of codes and a target."""

    n_samples: int  # rows of positive weight
    n_effective: float  # (sum of weights)^2 / sum of their squares: the rows, if all weights are equal
    levels: np.ndarray  # number of values of each column that occur
    n_classes: int  # number of classes of the target that occur

    def joint(self, context, candidates, n_jobs=None):
        """Return the Joint of each of some candidates, an array of columns, with a context, a tuple of columns."""
        ...

    def tables(self, requests):
        """Return the contingency table of each (context, column): of (X_S, X_k, Y), an array of three dimensions.

        For tests of independence, in which the values of X_k may have other codes in each stratum.
        """
        ...

    def permuted(self, context, generator):
        """Return the counts of the same columns with a target permuted within the values of a context.

        Only counts of columns in memory have it.
        """
        ...


def best_pair(counts, columns, n_jobs=None):
    """Return the columns i < j, of those given, whose I(X_i X_j; Y) is largest, and it; of ties, the first pair."""
    columns = np.sort(columns)
    tasks = [(counts, columns[place:]) for place in range(len(columns) - 1)]
    pairs = run_tasks(_best_partner, tasks, n_jobs=n_jobs, description="pairs of columns")
    i, j, information = max(pairs, key=lambda pair: pair[2])  # the first of equal ones
    return i, j, information + counts.joint((), columns[:1]).context_with_target


def _best_partner(counts, columns):
    """Return the first column, its best partner among the others, and their information less H(Y)."""
    joint = counts.joint((int(columns[0]),), columns[1:])
    information = joint.without - joint.with_target
    best = int(np.argmax(information))
    return int(columns[0]), int(columns[1 + best]), float(information[best])


class DenseCounts:
    """Counts of a table of codes in memory.

    Parameters
    ----------
    codes : ndarray of shape (n_features, n_samples)
        Whole numbers from 0 that stand for the values of each column, at best uint8 in C order.
    target : ndarray of shape (n_samples,)
        Whole numbers from 0 that stand for the classes.
    sample_weight : ndarray of shape (n_samples,), default=None
        Weights of the rows; those of weight 0 count as absent. Whole numbers count rows that are repeated, exactly.
    """

    def __init__(self, codes, target, sample_weight=None):
        weights = None if sample_weight is None else np.asarray(sample_weight, np.float64)
        target = np.asarray(target)
        if weights is not None and not (weights > 0).all():
            kept = weights > 0
            codes, target, weights = codes[:, kept], target[kept], weights[kept]
        known = weights_of_rows(weights, len(target))
        self.n_samples, self.n_effective = known.n_samples, known.n_effective
        self._weights, self._terms = known.scaled(weights), known.terms()
        self._codes = _narrow(codes)
        self._target = dense_codes(target.astype(np.int64), int(target.max()) + 1)
        self.n_classes = int(self._target.max()) + 1
        self._widths = self._codes.max(axis=1).astype(np.int64) + 1  # values of each column, also with gaps
        self._shifts = np.frexp(self._widths - 1)[1]  # bits of its codes
        self.levels = np.empty_like(self._widths)
        count_levels(self._codes, self._widths, np.empty(self._widths.max(), np.uint8), self.levels)
        self._contexts, self._planes = {}, {}

    def joint(self, context, candidates, n_jobs=None):
        """Return the Joint of each of some candidates, an array of columns, with a context, a tuple of columns."""
        candidates, known = np.asarray(candidates, np.int64), self._context(tuple(context))
        routes, tasks, places = self._routes(candidates, known), [], []
        for route in np.unique(routes).tolist():
            same = np.flatnonzero(routes == route)
            for part in blocks(len(same), self._candidates_per_task(len(same), n_jobs)):
                places.append(same[part])
                tasks.append(self._task(candidates[same[part]], route, known))
        sums = np.empty((len(candidates), 4), self._terms.dtype)
        for place, part in zip(places, _run(tasks, n_jobs), strict=True):
            sums[place] = part
        return joint_of(sums, known.sums, self._terms)

    def tables(self, requests):
        """Return the contingency table of each (context, column), an array of three dimensions."""
        tables, places_of = [None] * len(requests), {}
        for i, (_, k) in enumerate(requests):
            places_of.setdefault(k, []).append(i)
        for k, places in places_of.items():
            for i, table in zip(places, self._tables([requests[i][0] for i in places], k), strict=True):
                tables[i] = table
        return tables

    def _tables(self, contexts, k):
        """Return the table of a column with each context; those with one column are counted together."""
        own = self._context((k,))
        columns = np.array([context[0] for context in contexts if len(context) == 1], np.int64)
        narrow = columns[~own.is_wide(np.int64(1) << self._shifts[columns])]
        counted = pair_tables(self._codes, narrow, self._widths[narrow], own, self._weights)
        known = {(j,): table for j, table in zip(narrow.tolist(), counted, strict=True)}
        return [known[context] if context in known else self._table(context, k) for context in contexts]

    def _table(self, columns, k):
        own = self._context((k,))
        if not columns and not own.is_wide(1):
            return own.masses[None].astype(np.float64)
        return contingency(self._strata(columns)[0], self._codes[k], self._target, self._weights)

    def entropies(self, stacks):
        """Return H(X_k, X_S, Y) and H(X_k, X_S) of stacked contingency tables, those of ``joint`` to the last bit."""
        sums = np.empty((2, sum(len(stack.places) for stack in stacks)), np.int64)
        for stack in stacks:
            counts = stack.strata.astype(np.intp)
            for part, cells in zip(sums, (counts, reduce(np.add, np.moveaxis(counts, 2, 0))), strict=True):
                part[stack.places] = stack.cell_sums(self._terms.lookup.take(cells))
        return self._terms.entropy(sums)

    @property
    def are_exact(self):
        """Whether weights are counts, whose terms have the same sum in every order, as ``entropies`` needs them."""
        return self._terms.lookup is not None

    def pair_entropies(self, j, candidates, n_jobs=None):
        """Return H(X_k, X_j) of each of some candidates k: `without` of their ``joint`` to the last bit."""
        shifts, n_strata = self._shifts[candidates], int(self._widths[j])
        shift = int(shifts[0])
        may_have_planes = 1 << shift <= 2 * _PLANE_VALUES
        if may_have_planes or (shifts != shift).any() or is_wide(n_strata << shift, self.n_samples):
            return self._without_target.joint((j,), candidates, n_jobs).without
        strata = self._codes[j].astype(np.uint16 if n_strata <= 2**16 else np.uint32)
        parts = blocks(len(candidates), self._candidates_per_task(len(candidates), n_jobs))
        task = shift, strata, n_strata, self._weights, self._terms
        tasks = [(by_pairs, self._codes, candidates[part], *task) for part in parts]
        return self._terms.entropy(np.concatenate(_run(tasks, n_jobs)))

    @cached_property
    def _without_target(self):
        """The counts of the same columns with a constant target."""
        twin = copy(self)
        twin._target, twin.n_classes, twin._contexts = np.zeros_like(self._target), 1, {}
        return twin

    def permuted(self, context, generator):
        """Return the counts of the same columns with a target permuted within the values of a context."""
        twin = copy(self)
        twin._target, twin._contexts = permuted_within(self._strata(context)[0], self._target, generator), {}
        return twin

    def _routes(self, candidates, context):
        """Return, for each candidate, its number of values if it has planes to use, or minus the bits of its codes."""
        widths = self._widths[candidates]
        cells = (context.n_codes - 1) * (widths - 1)
        planes = (widths > 1) & (widths <= _PLANE_VALUES) & (cells <= _PLANE_CELLS) & (self._weights is None)
        return np.where(planes, widths, -self._shifts[candidates])

    def _task(self, candidates, route, context):
        """Return a function that sums over the cells of candidates of one route, and its arguments."""
        shift = (route - 1).bit_length() if route > 0 else -route
        if route > 0 and not context.is_wide(1 << shift):
            places, *planes = self._planes_of(route)
            return by_planes, *planes, places[candidates], shift, context, self._terms
        table = self._codes, candidates
        if context.is_wide(1 << shift):
            return by_groups, *table, 1 << shift, context, self._weights, self._terms
        return by_tables, *table, shift, context, self._weights, self._terms

    def _planes_of(self, width):
        """Return the places of columns among those of so many values, their planes of bits, and the rows of each."""
        if width not in self._planes:
            columns = np.flatnonzero(self._widths == width)
            places = np.zeros(len(self._widths), np.int64)
            places[columns] = np.arange(len(columns))
            planes = planes_of(self._codes, columns, width)
            self._planes[width] = places, planes, np.bitwise_count(planes).sum(axis=2, dtype=np.int64)
        return self._planes[width]

    def _candidates_per_task(self, n_candidates, n_jobs):
        n_tasks = n_candidates * self.n_samples // _LEAST_PER_TASK
        n_tasks = min(effective_n_jobs(n_jobs), n_tasks) if n_tasks > 1 else 1  # the number of jobs takes time to find
        return max(1, min(int(-(-n_candidates // n_tasks)), int(_MOST_PER_TASK // self.n_samples)))

    def _context(self, columns):
        context = self._contexts.get(columns)
        if context is None:
            strata, n_strata = self._strata(columns)
            context = Context(strata, n_strata, self._target, self.n_classes, self._weights, self._terms)
            self._contexts[columns] = context
            most = 2 + _KEPT_BYTES // context.codes.nbytes
            for key in list(self._contexts)[:-most]:
                self._contexts.pop(key, None)
        return context

    def _strata(self, columns):
        if not columns:
            return np.zeros(self.n_samples, np.int64), 1
        if len(columns) == 1:
            return self._codes[columns[0]], int(self._widths[columns[0]])
        strata = joint_codes([dense_codes(self._codes[j].astype(np.int64), self._widths[j]) for j in columns])
        return strata, int(strata.max()) + 1


def _narrow(codes):
    """Return codes as rows of memory, in the smallest type that holds them all."""
    codes = np.asarray(codes)
    dtype = codes.dtype if codes.dtype == np.uint8 else np.min_scalar_type(int(codes.max()))
    return np.ascontiguousarray(codes, dtype)


def _run(tasks, n_jobs):
    """Run tasks, each a function and its arguments; one task alone without any pool."""
    if len(tasks) == 1 or effective_n_jobs(n_jobs) == 1:
        return [function(*arguments) for function, *arguments in tasks]
    return run_tasks(_call, tasks, n_jobs=n_jobs, description="counts")


def _call(function, *arguments):
    return function(*arguments)
