"""Counts of a table that is read in batches, which need not fit into memory."""

from typing import NamedTuple

import numpy as np

from skib._kernels.three_way import count_cells, count_weights
from skib._parallel import blocks, run_tasks
from skib.feature_selection._joint import joint_of, table_sums
from skib.feature_selection._row_weights import RowWeights, joined, weights_of_rows

# Cells of all tables of one pass over the batches, 64 megabytes, and of one table, half a gigabyte.
_CELLS_PER_PASS, _MOST_CELLS = 2**23, 2**26
# Sources are counted in at most so many parts, the same for every number of jobs.
_MOST_PARTS = 16
# Rows times candidates of one call of a kernel, and cells whose terms are summed at once.
_COUNTS_PER_CALL, _CELLS_PER_CALL = 3e8, 2**20
# Terms of the counts of up to so many rows are looked up, 8 megabytes.
_MOST_LOOKED_UP = 2**20


class BatchedCounts:
    """Counts of batches of rows, which are read again for every call of ``joint``.

    Counts are additive: the batches may be parts of a file larger than memory, or lie on the workers of a cluster, and
    the entropies are those of ``DenseCounts``, without weights or with whole ones to the last bit.

    Parameters
    ----------
    sources : sequence of callables
        Each is called without arguments, and returns an iterable of batches: tuples of codes (n_features, n_rows),
        unsigned whole numbers, of the target (n_rows,) and, in all batches or none, of the weights (n_rows,). Sources
        are read in parallel; each must give the same batches whenever it is called.
    n_jobs : int, default=None
        Number of jobs of the first pass, which finds the values of the columns.
    """

    def __init__(self, sources, n_jobs=None):
        sources = list(sources)
        self._parts = [sources[i :: min(len(sources), _MOST_PARTS)] for i in range(min(len(sources), _MOST_PARTS))]
        surveys = [part for part in self._run(_survey, n_jobs) if part is not None]
        if not surveys:
            raise ValueError("the sources of batches hold no row of positive weight; pass one with such rows")
        seen, classes = _union([part.seen for part in surveys]), _union([part.classes[None] for part in surveys])[0]
        self._weights = joined([part.weights for part in surveys])
        self.n_samples, self.n_effective = self._weights.n_samples, self._weights.n_effective
        self.levels, self.n_classes = seen.sum(axis=1), int(classes.sum())
        self._widths = seen.shape[1] - np.argmax(seen[:, ::-1], axis=1)
        self._class_of, self._strata = np.cumsum(classes) - 1, {}
        self._terms = self._weights.terms(most_looked_up=_MOST_LOOKED_UP)

    def joint(self, context, candidates, n_jobs=None):
        """Return the Joint of each of some candidates, an array of columns, with a context, a tuple of columns."""
        candidates = np.asarray(candidates, np.int64)
        rows = self._rows(tuple(map(int, context)), n_jobs)
        sums = np.empty((len(candidates), 4), self._terms.dtype)
        for groups in self._passes(candidates, rows.n_codes):
            masses, *tables = self._tables(_Plan(rows, [(candidates[g], shift) for g, shift in groups]), n_jobs)
            masses = masses.reshape(-1, self.n_classes)
            for (group, _), table in zip(groups, tables, strict=True):
                sums[group] = self._table_sums(table, (masses > 0).sum(axis=1) - 1)
        context_sums = [self._terms.of(part).sum() for part in (masses, masses.sum(axis=1))]
        return joint_of(sums, context_sums, self._terms)

    def tables(self, requests, n_jobs=None):
        """Return the contingency table of each (context, column), an array of three dimensions, in one pass."""
        wanted = [
            (self._rows(tuple(map(int, context)), n_jobs), k, int(self._widths[k] - 1).bit_length())
            for context, k in requests
        ]
        parts = self._run(_contingency, n_jobs, wanted)
        return [
            sum(tables).reshape(-1, self.n_classes, tables[0].shape[1]).swapaxes(1, 2)
            for tables in zip(*parts, strict=True)
        ]

    def _table_sums(self, tables, free_classes):
        size = max(_CELLS_PER_CALL // tables.shape[1], 1)
        parts = [tables[rows] for rows in blocks(len(tables), size)]
        return np.concatenate([table_sums(part, free_classes, self.n_classes, self._terms) for part in parts])

    def _passes(self, candidates, n_codes):
        """Group candidates so that the tables of a pass fit into memory: lists of (places, shift)."""
        shifts = np.frexp(self._widths[candidates] - 1)[1]
        passes, n_cells = [[]], 0
        for shift in np.unique(shifts).tolist():
            cells, same = n_codes << shift, np.flatnonzero(shifts == shift)
            if cells > _MOST_CELLS:
                raise ValueError(
                    f"a table of {cells} cells is too large to be counted in batches (the most are {_MOST_CELLS}): "
                    f"columns of X or the context have too many values; group rare ones, or use fewer bins"
                )
            for part in blocks(len(same), max(_CELLS_PER_PASS // cells, 1)):
                n_cells += cells * len(same[part])
                if passes[-1] and n_cells > _CELLS_PER_PASS:
                    passes.append([])
                    n_cells = cells * len(same[part])
                passes[-1].append((same[part], shift))
        return passes

    def _tables(self, plan, n_jobs):
        """Return the masses of the codes of the context, and the tables of each group of candidates."""
        total = None
        for tables in self._run(_tally, n_jobs, plan):
            total = tables if total is None else [a + b for a, b in zip(total, tables, strict=True)]
        return total

    def _rows(self, context, n_jobs):
        """Return what the codes of a context and the target are made of; strata of several columns take a pass."""
        strata = ()
        for size in range(2, len(context) + 1):
            prefix = context[:size]
            if prefix not in self._strata:
                rows = self._rows_of(prefix, strata)
                found = self._run(_distinct, n_jobs, rows)
                self._strata[prefix] = np.unique(np.concatenate(found))
            strata = (*strata, self._strata[prefix])
        return self._rows_of(context, strata)

    def _rows_of(self, context, strata):
        return _Rows(context, self._widths, strata, self._class_of, self.n_classes, self._weights)

    def _run(self, function, n_jobs, *arguments):
        tasks = [(part, *arguments) for part in self._parts]
        return run_tasks(function, tasks, n_jobs=n_jobs, description="batches")


class _Survey(NamedTuple):
    seen: np.ndarray  # (n_features, n_values): which values occur
    classes: np.ndarray  # which classes occur
    weights: RowWeights


class _Rows(NamedTuple):
    """How rows are told apart by a context and the target."""

    context: tuple
    widths: np.ndarray  # number of values of each column
    strata: tuple  # the joint values that occur, of the first two columns of the context, the first three, ...
    class_of: np.ndarray  # number of each value of the target among those that occur
    n_classes: int
    weights: RowWeights

    @property
    def n_codes(self):
        """Number of pairs of a stratum and a class, whether they occur or not."""
        context = self.context
        n_strata = len(self.strata[-1]) if self.strata else self.widths[context[0]] if context else 1
        return int(n_strata) * self.n_classes

    def joint_values(self, codes):
        """Return the joint value of the context in each row, of which all but the last column are numbered densely."""
        if not self.context:
            return np.zeros(codes.shape[1], np.int64)
        values = codes[self.context[0]].astype(np.int64)
        for place, j in enumerate(self.context[1:]):
            if place:
                values = np.searchsorted(self.strata[place - 1], values)
            values = values * self.widths[j] + codes[j]
        return values

    def codes_of(self, codes, target):
        """Return stratum * n_classes + class of each row."""
        values = self.joint_values(codes)
        strata = np.searchsorted(self.strata[-1], values) if self.strata else values
        return strata * self.n_classes + self.class_of[target]


class _Plan(NamedTuple):
    rows: _Rows
    groups: list  # (candidates, shift)


def _batches(sources):
    """Yield the codes, the target and the weights or None of the batches of sources, without rows of weight 0."""
    for source in sources:
        for codes, target, *weights in source():
            kept = slice(None) if not weights else np.asarray(weights[0]) > 0
            codes, target = np.ascontiguousarray(codes)[:, kept], np.asarray(target)[kept]
            if len(target):
                yield codes, target, np.asarray(weights[0], np.float64)[kept] if weights else None


def _survey(sources):
    """Find the values, the classes and the weights of some sources; None if there are no rows."""
    surveys = [_survey_of(*batch) for batch in _batches(sources)]
    if not surveys:
        return None
    seen, classes, weights = zip(*surveys, strict=True)
    return _Survey(_union(seen), _union([part[None] for part in classes])[0], joined(weights))


def _survey_of(codes, target, weights):
    seen = np.zeros((len(codes), int(codes.max()) + 1), bool)
    for row, column in zip(seen, codes, strict=True):
        row[column] = True
    classes = np.zeros(int(target.max()) + 1, bool)
    classes[target] = True
    return _Survey(seen, classes, weights_of_rows(weights, len(target)))


def _union(marks):
    """Return what is marked in any of several tables, which may have fewer columns than others."""
    union = np.zeros((len(marks[0]), max(part.shape[1] for part in marks)), bool)
    for part in marks:
        union[:, : part.shape[1]] |= part
    return union


def _distinct(sources, rows):
    """Return the joint values of a context that occur."""
    found = np.empty(0, np.int64)
    for codes, _, _ in _batches(sources):
        found = np.union1d(found, rows.joint_values(codes))
    return found


def _tally(sources, plan):
    """Count the rows of some sources: the masses of the codes of the context, and the tables of candidates."""
    rows = plan.rows
    dtype = rows.weights.dtype
    masses = np.zeros(rows.n_codes, dtype)
    tables = [np.zeros((len(candidates), rows.n_codes << shift), dtype) for candidates, shift in plan.groups]
    for codes, target, weights in _batches(sources):
        joint_codes, weights = rows.codes_of(codes, target), None if weights is None else rows.weights.scaled(weights)
        masses += np.bincount(joint_codes, weights, rows.n_codes).astype(dtype)
        for (candidates, shift), table in zip(plan.groups, tables, strict=True):
            _add(codes, candidates, joint_codes.astype(np.uint32), shift, weights, table)
    return [masses, *tables]


def _contingency(sources, wanted):
    """Return the weights of the rows of some sources by the codes of each context and the value of each column."""
    tables = [np.zeros((rows.n_codes, 1 << shift)) for rows, _, shift in wanted]
    for codes, target, weights in _batches(sources):
        for (rows, k, shift), table in zip(wanted, tables, strict=True):
            cells = (rows.codes_of(codes, target) << shift) | codes[k]
            table += np.bincount(cells, weights, table.size).reshape(table.shape)
    return tables


def _add(codes, candidates, joint_codes, shift, weights, tables):
    size = max(int(_COUNTS_PER_CALL / len(joint_codes)) // 4 * 4, 4)
    for part in blocks(len(candidates), size):
        if weights is None:
            count_cells(codes, candidates[part], joint_codes, shift, tables[part])
        else:
            count_weights(codes, candidates[part], joint_codes, shift, weights, tables[part])
