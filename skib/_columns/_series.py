"""Whether the rows are a series: permutations and halves of rows assume that they are not."""

import numpy as np
from scipy.stats import rankdata

from skib._columns._kinds import holds_classes
from skib._columns._reader import read_columns
from skib._columns._typed import Column
from skib._warnings import UnreliableEstimateWarning, warn

# Standard errors by which the likeness of successive rows must exceed that of rows in random order. Chance reaches as
# many in at most one of 1000 columns, of 30 rows or more.
_THRESHOLD = 4.0
_SORTED = (
    "Rows that are sorted by patient, text or site need that label as groups: shuffling them hides the dependence from "
    "this check, but does not mend the result"
)


def warn_of_series(X, y, *, shifts=True):
    """Warn if successive rows are alike in both X and y, unless they are merely sorted by one of the columns.

    `shifts` is whether the caller takes ``shuffle="circular"``, as tests do and intervals do not.
    """
    if is_series(X) and is_series(y):
        warn_of_like_rows("both X and y", shifts=shifts)


def warn_of_series_columns(*tables):
    """Warn if successive rows are alike in two or more of the columns of some tables.

    A table is a list of DiscreteColumns and ContinuousColumns, or SparseColumns.
    """
    alike = [column.name for table in tables for column in table if _are_series([_as_read(column)])]
    if len(alike) > 1 and not any(_is_sorted(_as_read(column)) for table in tables for column in table):
        warn_of_like_rows(f"columns {alike}")


def is_series(table):
    """Whether successive rows are alike in any column of a table, and the rows are not sorted by one of them."""
    try:
        columns = read_columns("X", table)
    except (TypeError, ValueError):  # an estimator from elsewhere may take what is no table
        return False
    return _are_series(columns) and not any(map(_is_sorted, columns))


def warn_of_like_rows(where, *, shifts=True):
    """Warn that successive rows are alike in both of two variables."""
    if shifts:
        result, remedy = "p-values that are right", "Of a time series, test with shuffle='circular'"
    else:
        result, remedy = "intervals that are right", "Of a time series, pass blocks of successive rows as groups"
    warn(
        f"successive rows are alike in {where}, as in a time series: {result} for independent rows are then too small. "
        f"{remedy}. {_SORTED}",
        UnreliableEstimateWarning,
    )


def _as_read(column):
    discrete = column.kind == "discrete"
    return Column(column.codes if discrete else column.known, "category" if discrete and column.nominal else "number")


def _are_series(columns):
    return max(map(_likeness, columns)) > _THRESHOLD


def _likeness(column):
    """Return how alike successive rows are, in standard errors, whatever the slow changes of their level.

    The lag-one correlation of the differences of successive ranks is -1/2 for rows in random order, also if the table
    is sorted by a column that is not looked at, and -(1 - phi)/2 for an autoregressive series. Its variance is 1/2n
    (Bartlett 1946). For classes the ranks are replaced by the indicators of all classes.
    """
    values = column.values
    if len(values) < 3:
        return 0.0
    if column.nominal:
        agree, skip = np.mean(values[1:] == values[:-1]), np.mean(values[2:] == values[:-2])
        products, squares = 2 * agree - skip - 1, 2 * (1 - agree)
    else:
        steps = np.diff(rankdata(values))
        products, squares = np.dot(steps[1:], steps[:-1]), np.dot(steps, steps)
    return (products / squares + 0.5) * np.sqrt(2 * len(values)) if squares > 0 else 0.0


def _is_sorted(column):
    """Whether the rows are sorted by a column that varies: numbers ascend or descend, each class is one run."""
    values = column.values
    changes = values[1:] != values[:-1]
    if holds_classes(column):
        return changes.any() and np.sum(changes) + 1 == len(np.unique(values))
    steps = np.diff(values)
    return bool((steps >= 0).all() or (steps <= 0).all())
