"""Columns of which cells may be missing: those cells apart, and the others in an array of their own dtype."""

from typing import NamedTuple

import numpy as np
from sklearn.utils.validation import validate_data

from skib._columns._arguments import record_features
from skib._columns._containers import opened, place, split
from skib._columns._foreign import library_of
from skib._columns._missing import require_finite
from skib._columns._reader import read_array
from skib._columns._rows import take_rows
from skib._columns._typed import is_wide, typed


class IncompleteColumn(NamedTuple):
    """One column of a table, and which of its rows have a value."""

    where: str  # how messages name it
    complete: np.ndarray  # mask of the rows that have a value
    # Of those rows: float64, wide integers, dates, durations; objects for text, categories and bools. Read only: they
    # may be those of the table itself.
    values: np.ndarray
    order: list | None = None  # the categories in their order, if they have one

    @property
    def kind(self):
        """What the values are: 'number', 'date', 'duration' or 'category'."""
        return {"O": "category", "M": "date", "m": "duration"}.get(self.values.dtype.kind, "number")


def check_incomplete(estimator, X, *, reset=True, arrays=False):
    """Read the rows X, whose cells may be missing: NaN, None, null, NaT; infinity is refused.

    Store the number of columns and their names in an estimator; without `reset`, compare them with those stored. A
    column of fixed-size arrays is refused, or with `arrays` counts as several.
    """
    X = opened("X", X)
    is_plain = isinstance(X, np.ndarray) and X.ndim == 2 and X.dtype.kind in "biuf"
    if is_plain:
        X = validate_data(estimator, X, dtype=None, ensure_all_finite=False, reset=reset)
    incomplete = incomplete_columns("X", X, arrays=arrays)
    if not is_plain:
        record_features(estimator, X, reset=reset)
    return incomplete


def incomplete_columns(name, table, *, arrays=False):
    """Read the columns of an opened table, which messages call `name`."""
    columns = split(name, table, table=True, arrays=arrays)
    return [_incomplete(place(name, label), column) for label, column in columns]


def complete_values(where, column):
    """Return the mask of the rows of one column that have a value, these as ``read_array``, and whether categories.

    The mask is None if all rows have one.
    """
    try:
        array, category = read_array(where, column)
        complete = None
    except ValueError:
        complete = ~_missing(column)
        if complete.all():
            raise
        rows = np.flatnonzero(complete)
        array, category = read_array(where, take_rows(column, rows)) if len(rows) else (np.empty(0), False)
    missing = _missing_of_array(array)
    if missing is not None:
        complete = np.ones(len(array), bool) if complete is None else complete
        complete[np.flatnonzero(complete)[missing]] = False
        array = array[~missing]
    return complete, array, category


def _incomplete(where, column):
    complete, array, category = complete_values(where, column)
    complete = np.ones(len(array), bool) if complete is None else complete
    if not len(array):
        return IncompleteColumn(where, complete, np.empty(0))
    values = _plain(where, array, category)
    if values.dtype.kind == "f":
        require_finite(where, values)
    return IncompleteColumn(where, complete, values, _order_of(column))


def _missing_of_array(array):
    """Return the mask of the missing values of an array that was read, None if there are none, as among objects."""
    kind = array.dtype.kind
    if kind == "V" and array.dtype.names is None and array.dtype.type is not np.void:  # small floats of ml_dtypes
        array, kind = array.astype(np.float64), "f"
    if kind in "fmM":
        missing = np.isnan(array)
    elif kind == "T":
        missing = _missing(array)
    else:
        return None
    return missing if missing.any() else None


def _order_of(column):
    """Return the categories of an ordered category of pandas, or of an Enum of polars, in their order."""
    dtype = getattr(column, "dtype", None)
    if getattr(dtype, "ordered", False) or str(dtype).startswith("Enum"):
        return list(dtype.categories)
    return None


def _missing(column):
    """Return the mask of the cells of one column that its library takes for missing."""
    library = library_of(column)
    if library == "polars":
        return column.is_null().to_numpy()
    if library == "pyarrow":
        return column.is_null().to_numpy(zero_copy_only=False)
    if isinstance(column, np.ndarray) and column.dtype.kind not in "OfMmT":
        return np.zeros(len(column), bool)
    from pandas import isna

    return np.array(isna(column.astype(object) if column.dtype.kind == "T" else column), bool)


def _plain(where, array, category):
    """Return numbers as float64, unless it would round them, dates as they are, and anything else as objects."""
    kind = array.dtype.kind
    if kind == "c":
        raise ValueError(f"Complex data not supported: {where} holds complex numbers; pass real and imaginary parts")
    if category and kind in "Mm":
        from pandas import Series

        return Series(array).astype(object).to_numpy()
    if category or kind not in "iufMmV":
        return array.astype(object)
    if kind in "Mm" or (kind in "iu" and is_wide(array)):
        return array
    if kind == "V":
        return typed(where, array).values
    return array.astype(np.float64, copy=False)
