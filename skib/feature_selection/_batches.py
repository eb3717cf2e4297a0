"""Counts of a table that is read in parts: tables of counts add up, wherever their rows are counted."""

from math import prod

import numpy as np
from joblib import effective_n_jobs

from skib._kernels.three_way import count_cells
from skib._parallel import blocks, run_tasks
from skib.feature_selection._joint import CountTerms, joint_of, table_sums
from skib.feature_selection._summaries import rows_with_target

# Cells of all tables that are counted in one pass over the rows: 32 MB.
_CELLS_PER_PASS = 2**22
_TASKS_PER_JOB = 4


class PartsReader:
    """Codes of the columns of a table in parts, of the rows that have a target.

    Parameters
    ----------
    parts : FrameParts or ParquetParts
    coders : dict of str to coder
        Of each column, and of the target.
    target : str
        Name of the target.
    """

    def __init__(self, parts, coders, target):
        self.parts, self.coders, self.target = parts, coders, target

    def batches(self, part, names):
        """Yield the codes (n_columns, n_rows) of the named columns, and those of the target."""
        for _, frame in self.parts.batches(part, [*names, self.target]):
            columns, _ = rows_with_target(frame, self.target)
            if columns:
                codes = [self.coders[name].codes(column) for name, column in columns.items()]
                yield np.array(codes[:-1]), codes[-1].astype(np.int64)


class PartsCounts:
    """Counts of a table in parts, as skib.feature_selection._counts.Counts.

    Parameters
    ----------
    reader : PartsReader
    names : list of str
        The columns that may be selected.
    n_samples : int
        Rows that have a target.
    """

    def __init__(self, reader, names, n_samples, *, verbose=0):
        self._reader, self._names, self._verbose = reader, names, verbose
        self.n_samples, self.n_effective = n_samples, float(n_samples)
        self.levels = np.array([reader.coders[name].n_values for name in names])
        self.n_classes = reader.coders[reader.target].n_values
        self._terms = CountTerms(n_samples)

    def joint(self, context, candidates, n_jobs=None):
        """Return the Joint of each of some candidates, an array of columns, with a context, a tuple of columns."""
        candidates, context = np.asarray(candidates, np.int64), tuple(map(int, context))
        n_strata = prod(self.levels[j] for j in context)
        shifts = np.frexp(self.levels[candidates] - 1)[1]
        sums = np.empty((len(candidates), 4), np.int64)
        for shift in np.unique(shifts).tolist():
            same = np.flatnonzero(shifts == shift)
            n_cells = n_strata * self.n_classes << shift
            for part in blocks(len(same), max(_CELLS_PER_PASS // n_cells, 1)):
                tables, masses = self._count(context, n_strata, candidates[same[part]], shift, n_jobs)
                free = (masses > 0).sum(axis=1) - 1
                sums[same[part]] = table_sums(tables, free, self.n_classes, self._terms)
        context_sums = [self._terms.of(part).sum() for part in (masses, masses.sum(axis=1))]
        return joint_of(sums, context_sums, self._terms)

    def _count(self, context, n_strata, candidates, shift, n_jobs):
        """Return the tables of some candidates, and the rows of each stratum and class."""
        names = [[self._names[j] for j in part] for part in (context, candidates)]
        shape = self.levels[list(context)], n_strata, self.n_classes, shift
        n_parts = len(self._reader.parts)
        size = -(-n_parts // (_TASKS_PER_JOB * effective_n_jobs(n_jobs)))
        tasks = [(self._reader, range(part.start, part.stop), *names, *shape) for part in blocks(n_parts, size)]
        results = run_tasks(_tables_of_parts, tasks, n_jobs=n_jobs, verbose=self._verbose, description="counts")
        tables = sum(tables for tables, _ in results)
        return tables, sum(masses for _, masses in results)


def _tables_of_parts(reader, parts, context, candidates, widths, n_strata, n_classes, shift):
    tables = np.zeros((len(candidates), n_strata * n_classes << shift), np.int64)
    masses = np.zeros(n_strata * n_classes, np.int64)
    names = list(dict.fromkeys([*context, *candidates]))
    place = {name: i for i, name in enumerate(names)}
    rows = np.array([place[name] for name in candidates])
    for part in parts:
        for codes, target in reader.batches(part, names):
            strata = np.zeros(len(target), np.int64)
            for name, width in zip(context, widths.tolist(), strict=True):
                strata = strata * width + codes[place[name]]
            z = strata * n_classes + target
            count_cells(codes, rows, (z << shift).astype(np.uint32), tables)
            masses += np.bincount(z, minlength=len(masses))
    return tables, masses.reshape(n_strata, n_classes)
