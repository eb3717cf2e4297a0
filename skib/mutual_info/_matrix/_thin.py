"""Pairs of columns whose table has thin cells: their estimates without the bias of these."""

import numpy as np

from skib._parallel import run_tasks
from skib._thin_tables import codes_thinness, may_be_thin, warn_of_thin_tables, without_thin_cells, without_thin_pairs


def correct_thin_pairs(estimates, columns, counted, given=None, *, n_jobs=None, verbose=0):
    """Correct the estimates of pairs of columns of classes in place.

    Parameters
    ----------
    estimates : Estimates
        Of all pairs of columns.
    columns : list of DiscreteColumn or ContinuousColumn
        The columns.
    counted : ndarray of bool of shape (n_columns, n_columns)
        Marks the pairs that are estimated from tables.
    given : DiscreteColumn, default=None
        The condition.

    Returns
    -------
    is_thin : ndarray of bool of shape (n_columns, n_columns)
        Marks the pairs, each once, of which much rests on the correction.
    """
    is_thin = np.zeros(counted.shape, bool)
    chosen = np.triu(counted & may_be_thin(columns, given), 1)
    places = [(i, np.flatnonzero(row)) for i, row in enumerate(chosen) if row.any()]
    values = [np.array([part[i, others] for part in estimates[:2]]) for i, others in places]
    tasks = [(columns[i], [columns[j] for j in o], given, part) for (i, o), part in zip(places, values, strict=True)]
    marks = run_tasks(_correct, tasks, n_jobs=n_jobs, verbose=verbose, description="thin tables")
    for (i, others), part, marked in zip(places, values, marks, strict=True):
        is_thin[i, others] = marked
        for whole, values_of_row in zip(estimates[:2], part, strict=True):
            whole[i, others] = whole[others, i] = values_of_row
    return is_thin


def _correct(column, others, given, values):
    """Correct the estimates and standard errors of one column with others; returns which of them are thin."""
    if given is None:
        return without_thin_pairs(column, others, *values)
    is_thin = np.zeros(len(others), bool)
    for j, other in enumerate(others):
        thinness = codes_thinness(column.codes, other.codes, given.codes)
        if thinness is not None:
            *values[:, j], _, is_thin[j] = without_thin_cells(*values[:, j], thinness, column.n_samples)
    return is_thin


def warn_of_thin_pairs(columns, is_thin, counted):
    """Warn of pairs of columns of which much rests on the correction."""
    names = [f"{columns[i].name!r} with {columns[j].name!r}" for i, j in zip(*np.nonzero(is_thin), strict=True)]
    warn_of_thin_tables(names, int(np.triu(counted, 1).sum()))
