"""Columns of tables and arrays of any kind, validated."""

from typing import NamedTuple

import numpy as np
from sklearn.utils.validation import check_array, validate_data

from skib._columns._kinds import few_levels, holds_classes, most_levels
from skib._kernels.counts import joint_codes
from skib._validation import (
    as_codes,
    as_symbols,
    dates_as_numbers,
    require_finite,
    require_same_length,
    table_columns,
    unboxed,
)
from skib._warnings import UnreliableEstimateWarning, warn


class Column(NamedTuple):
    """One column of any kind."""

    values: np.ndarray  # float64: numbers, or codes
    source: str = "number"  # "number", "date", "bool", "text" or "category"
    text: np.ndarray | None = None  # the text that the codes replace

    @property
    def nominal(self):
        """Whether the values are codes of categories without order."""
        return self.source not in ("number", "date")


def check_columns(estimator, X):
    """Validate rows of any kind (numbers, dates, bools, text, categories); returns the Columns of X."""
    rows = validate_data(estimator, as_symbols("X", X), dtype=None, ensure_all_finite=False)
    columns = _typed_columns("X", X, rows)
    _refuse_numbers_as_text("X", columns)
    return columns


def target_columns(y, n_samples, name="y"):
    """Validate the target `name` of n_samples rows, of any kind; returns its Columns."""
    columns = read_columns(y, name)
    require_same_length(n_samples, len(columns[0].values), name)
    _refuse_numbers_as_text(name, columns)
    return columns


def read_columns(values, name):
    """Read the columns of a target of any kind; text is taken for classes, even if it looks like numbers."""
    if values is None:
        raise ValueError(f"This estimate requires {name} to be passed, but the target {name} is None.")
    rows = as_symbols(name, values)
    rows = check_array(rows, dtype=None, ensure_2d=False, ensure_all_finite=False, input_name=name)
    return _typed_columns(name, values, rows.reshape(len(rows), -1))


def is_discrete(y):
    """Whether every column of a target y holds classes."""
    return all(map(holds_classes, read_columns(y, "y")))


def classes_and_numbers(y, n_samples, name="y"):
    """Validate the target `name` of n_samples rows; returns one code per row for its classes, and its numbers.

    Without classes all codes are 0; without numbers the matrix of numbers has no column.
    """
    columns = read_columns(y, name)
    require_same_length(n_samples, len(columns[0].values), name)
    _warn_of_identifiers(name, columns)
    classes = [as_codes(column.values) for column in columns if holds_classes(column)]
    numbers = [column.values for column in columns if not holds_classes(column)]
    codes = joint_codes(classes) if classes else np.zeros(n_samples, np.int64)
    return codes, np.column_stack([np.empty((n_samples, 0)), *numbers])


def _typed_columns(name, values, rows):
    """Columns of `values`, whose array is `rows`: each has the type that it has in the frame, if there is one."""
    if hasattr(values, "columns"):
        return [_typed(name, column) for _, column in table_columns(values)]
    if hasattr(values, "iloc") or str(getattr(values, "dtype", "")) == "category":
        return [_typed(name, values)]
    return [_typed(name, column) for column in rows.T]


def _typed(name, column):
    nominal = str(column.dtype) == "category"
    column = np.asarray(column) if nominal else unboxed(np.asarray(column))
    if column.dtype.kind == "c":
        raise ValueError(f"Complex data not supported: {name} holds complex numbers; pass real and imaginary parts")
    if column.dtype.kind in "mM" and not nominal:
        return Column(dates_as_numbers(name, column), "date")
    if column.dtype.kind in "iuf" and not nominal:
        column = np.asarray(column, np.float64)
        require_finite(name, column[:, None])
        return Column(column)
    codes = as_codes(column, name).astype(np.float64)
    if nominal or column.dtype.kind == "b":
        return Column(codes, "category" if nominal else "bool")
    return Column(codes, "text", column)


def _warn_of_identifiers(name, columns):
    for column in columns:
        distinct = len(np.unique(column.values)) == len(column.values) > most_levels(len(column.values))
        if column.source == "number" and distinct and (column.values == np.rint(column.values)).all():
            warn(
                f"{name} holds whole numbers of which no two are equal, as identifiers do; they are taken as numbers. "
                "Pass labels as text or as a category",
                UnreliableEstimateWarning,
            )


def _refuse_numbers_as_text(name, columns):
    """Refuse text that is a measurement by its looks: numbers, and too many of them to be categories."""
    for column in columns:
        if column.text is None or few_levels(column.values):
            continue
        try:
            column.text.astype(np.float64)
        except (TypeError, ValueError):
            continue
        raise ValueError(
            f"{name} holds numbers as text (first {str(column.text[0])!r}); convert that column to numbers first, or to a "
            "category if they are labels"
        )
