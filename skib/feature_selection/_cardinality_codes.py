"""Columns that arrive in batches as whole numbers from 0, the same for the same value in every batch."""

import numpy as np

from skib._columns import column_of, quantile_edges, target_columns
from skib.feature_selection._coding import default_n_bins, default_n_target_bins
from skib.feature_selection._summaries import as_numbers

# Codes take so many bits in the key of a cell.
CODE_BITS = 21


class LevelNumbers:
    """Numbers of values, from 1 in the order of their first rows; 0 stands for a missing value."""

    def __init__(self, where):
        self._where, self._levels = where, None

    def codes(self, values, complete):
        """Return the code of each row, of the values of those that are complete."""
        from pandas import Index, factorize, unique

        values = Index(values, dtype=values.dtype)  # objects as they are
        if self._levels is None:
            found, self._levels = factorize(values)
        else:
            if values.dtype.kind != self._levels.dtype.kind:  # signed, unsigned and floating numbers: none is rounded
                values, self._levels = values.astype(object), self._levels.astype(object)
            found = self._levels.get_indexer(values)
            if (found < 0).any():
                levels = np.concatenate([np.asarray(self._levels), np.asarray(unique(values[found < 0]))])
                self._levels = Index(levels, dtype=levels.dtype)  # objects as they are, dates of the finer unit
                found = self._levels.get_indexer(values)
        if len(self._levels) >= 2**CODE_BITS:
            raise ValueError(
                f"{self._where} has {len(self._levels)} values, and at most {2**CODE_BITS - 1} are counted; hash them "
                "to fewer, or leave the column out: it names single rows"
            )
        return _spread(found + 1, complete)


class BinNumbers:
    """Numbers of quantile bins from 1, whose edges are those of the first batch; 0 stands for a missing value."""

    def __init__(self, numbers, n_bins):
        self._cuts = quantile_edges(numbers, n_bins)[1:-1]

    def codes(self, numbers, complete):
        """Return the code of each row, of the numbers of those that are complete."""
        return _spread(1 + np.searchsorted(self._cuts, numbers, side="right"), complete)


class TableCoder:
    """The codes of the columns of a table and of a target.

    Parameters
    ----------
    discrete : bool, ndarray of bool or None
        Whether columns of numbers are counted by their values; None: those on few levels in the first batch.
    n_bins : int or None
        Bins of the other columns of numbers.
    classes : array-like or None
        The classes of the target; None: as they come.
    """

    def __init__(self, discrete, n_bins, classes):
        self._discrete, self._n_bins, self._classes = discrete, n_bins, classes
        self._columns = self._target = None

    def target_codes(self, y, n_samples):
        """Return the codes of the target of a batch."""
        columns = target_columns(y, n_samples)
        if len(columns) > 1:
            raise ValueError(
                f"y has {len(columns)} columns; pass one, such as that of the combinations of their values"
            )
        values, complete = _values_of("y", y, columns[0]), np.ones(n_samples, bool)
        is_first = self._target is None
        if is_first:
            self._kind = columns[0].source
            self._target = self._target_coder(columns[0], values)
        elif columns[0].source != self._kind:
            raise TypeError(f"y held values of the kind {self._kind!r}, and now of {columns[0].source!r}")
        elif self._kind == "date":
            raise ValueError("y holds dates, which are counted from the earliest of a batch; pass numbers")
        return self._target.codes(values, complete)

    def column_codes(self, columns, n_classes):
        """Return the codes of the columns of a batch, one row per column."""
        if self._columns is None:
            self._columns, self._kinds = [None] * len(columns), [None] * len(columns)
            self._discrete = np.broadcast_to(np.array(self._discrete), len(columns)).tolist()
        if self._n_bins is None:
            self._n_bins = default_n_bins(len(columns[0].complete), n_classes)
        return np.array([self._codes(j, column) for j, column in enumerate(columns)])

    def _codes(self, j, column):
        if not len(column.values):
            return np.zeros(len(column.complete), np.int64)
        if self._columns[j] is None:
            self._columns[j], self._kinds[j] = _coder(column, self._discrete[j], self._n_bins), column.kind
        elif column.kind != self._kinds[j]:
            raise TypeError(
                f"{column.where} held values of the kind {self._kinds[j]!r}, and now of {column.kind!r}; convert it to "
                "values of one kind"
            )
        coder = self._columns[j]
        values = as_numbers(column) if isinstance(coder, BinNumbers) else column.values
        return coder.codes(values, column.complete)

    def _target_coder(self, column, values):
        is_few = len(np.unique(column.levels)) <= max(2.0, np.sqrt(len(values)))
        if self._classes is None and not (column.nominal or is_few):
            return BinNumbers(values, default_n_target_bins(len(values)))
        coder = LevelNumbers("y")
        if self._classes is not None:
            column = target_columns(self._classes, len(self._classes), "classes")[0]
            known = _values_of("classes", self._classes, column)
            coder.codes(known, np.ones(len(known), bool))
        return coder


def _spread(codes, complete):
    """Return a code for every row, 0 for those that are not complete."""
    if len(codes) == len(complete):
        return codes
    spread = np.zeros(len(complete), np.int64)
    spread[complete] = codes
    return spread


def _coder(column, discrete, n_bins):
    """Return the coder of a column by its first batch."""
    if column.kind == "category" or discrete:
        return LevelNumbers(column.where)
    few = max(2.0, np.sqrt(len(column.complete)))
    if discrete is None and len(np.unique(column.values)) <= few:
        return LevelNumbers(column.where)
    return BinNumbers(as_numbers(column), n_bins)


def _values_of(name, y, column):
    """Return the values of the Column of a target y as they were passed."""
    for labels in (column.text, column.labels):
        if labels is not None:
            return np.asarray(labels, object)
    return column_of(y, name, discrete=True).raw if column.offset else column.values
