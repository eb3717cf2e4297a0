"""Columns of tables and arrays of any kind, validated."""

from typing import NamedTuple

import numpy as np
from sklearn.utils.validation import check_array, validate_data

from skib._columns._kinds import few_levels
from skib._validation import (
    as_codes,
    as_symbols,
    dates_as_numbers,
    require_finite,
    require_same_length,
    table_columns,
    unboxed,
)


class Column(NamedTuple):
    """One column of any kind."""

    values: np.ndarray  # float64
    nominal: bool  # the values are codes of categories


def check_columns(estimator, X):
    """Validate rows of any kind (numbers, dates, bools, text, categories); returns the Columns of X."""
    rows = validate_data(estimator, as_symbols("X", X), dtype=None, ensure_all_finite=False)
    return _typed_columns("X", X, rows)


def target_columns(y, n_samples, name="y"):
    """Validate the companion `name` of n_samples rows, of any kind; returns its Columns."""
    if y is None:
        raise ValueError(f"This estimate requires {name} to be passed, but the target {name} is None.")
    rows = check_array(as_symbols(name, y), dtype=None, ensure_2d=False, ensure_all_finite=False, input_name=name)
    require_same_length(n_samples, len(rows), name)
    return _typed_columns(name, y, rows.reshape(len(rows), -1))


def _typed_columns(name, values, rows):
    """Columns of `values`, whose array is `rows`: each has the type that it has in the frame, if there is one."""
    if hasattr(values, "columns"):
        return [_typed(name, column) for _, column in table_columns(values)]
    if hasattr(values, "iloc"):
        return [_typed(name, values)]
    return [_typed(name, column) for column in rows.T]


def _typed(name, column):
    nominal = str(column.dtype) == "category"
    column = np.asarray(column) if nominal else unboxed(np.asarray(column))
    if column.dtype.kind == "c":
        raise ValueError(f"Complex data not supported: {name} holds complex numbers; pass real and imaginary parts")
    if column.dtype.kind in "mM":
        return Column(dates_as_numbers(name, column), False)
    if column.dtype.kind in "iuf" and not nominal:
        column = np.asarray(column, np.float64)
        require_finite(name, column[:, None])
        return Column(column, False)
    codes = as_codes(column, name)
    if not nominal and column.dtype.kind != "b":
        _refuse_numbers_as_text(name, column, codes)
    return Column(codes.astype(np.float64), True)


def _refuse_numbers_as_text(name, column, codes):
    """Refuse a text column that is a measurement by its looks: numbers, and too many of them to be categories."""
    if few_levels(codes):
        return
    try:
        column.astype(np.float64)
    except (TypeError, ValueError):
        return
    raise ValueError(f"{name} holds numbers as text (first {column[0]!r}); convert that column to numbers first")
