"""Arguments of estimators that take columns of any kind."""

import re
from enum import Enum
from numbers import Real

import numpy as np
from sklearn.utils.validation import validate_data

from skib._columns._containers import names_are_unique, opened
from skib._columns._kinds import holds_classes, most_levels
from skib._columns._labels import warn_of_labels
from skib._columns._missing import require_same_length
from skib._columns._reader import read_columns
from skib._kernels.counts import joint_codes

# Share of the rows of a column of numbers that may be words; in columns of labels most of which are digits it is more.
_MOST_WORDS = 0.05
# 2024-01-31, 2024-01-31T12:00 or 2024-01-31 12:00:30.5+01:00.
_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d(:?\d\d){0,2}([.,]\d+)?(Z|[+-]\d\d(:?\d\d)?)?)?")


def check_columns(estimator, X):
    """Validate the rows X of any kind (numbers, dates, bools, text, categories); returns their Columns."""
    columns = check_table(estimator, X)
    require_no_measurements_as_text("X", columns)
    return columns


def check_table(estimator, X):
    """Read the rows X, and store their number of columns and the names of these in an estimator; returns Columns."""
    X = opened("X", X)
    if isinstance(X, np.ndarray) and X.ndim == 2 and X.dtype.kind in "biuf":
        return read_columns("X", validate_data(estimator, X, dtype=None, ensure_all_finite=False))
    columns = read_columns("X", X, table=True)
    record_features(estimator, X)
    return columns


def record_features(estimator, X, *, reset=True):
    """Store the number of columns of X in an estimator, and their names, if they are unique; or compare them to those.

    What is no table is passed on to scikit-learn as it is.
    """
    if hasattr(X, "columns") or hasattr(X, "column_names"):
        X = opened("X", X)
        X = X if names_are_unique(X) else np.empty(X.shape)
    validate_data(estimator, X, skip_check_array=True, reset=reset)


def target_columns(y, n_samples, name="y"):
    """Validate the target `name` of n_samples rows, of any kind; returns its Columns."""
    columns = read_columns(name, y)
    require_same_length(n_samples, len(columns[0].values), name)
    require_no_measurements_as_text(name, columns)
    return columns


def classes_and_numbers(y, n_samples, name="y"):
    """Validate the target `name` of n_samples rows; returns one code per row for its classes, and its numbers.

    Without classes all codes are 0; without numbers the matrix of numbers has no column.
    """
    columns = read_columns(name, y)
    require_same_length(n_samples, len(columns[0].values), name)
    numbers = [column for column in columns if not holds_classes(column)]
    warn_of_labels([(name, column) for column in numbers])
    classes = [column.codes() for column in columns if holds_classes(column)]
    codes = joint_codes(classes) if classes else np.zeros(n_samples, np.int64)
    return codes, np.column_stack([np.empty((n_samples, 0)), *(column.values for column in numbers)])


def is_discrete(y):
    """Whether every column of a target y holds classes."""
    return all(map(holds_classes, read_columns("y", y)))


def require_no_measurements_as_text(name, columns):
    """Refuse text that is a measurement by its looks: numbers or dates, and too many of them to be categories."""
    for column in columns:
        if column.text is None or column.values.max() < most_levels(len(column.values)):  # which are codes
            continue
        for kind, looks_so, remedy in _MEASUREMENTS:
            if looks_so(column.text):
                raise ValueError(
                    f"{name} holds {kind} as text (first {str(column.text[0])!r}); convert it to {kind} first by "
                    f'{remedy}, or, if they are labels or codes, to a category by astype("category")'
                )
        words = words_among_numbers(column.text)
        if words:
            raise ValueError(
                f"{name} holds numbers, but words in {len(words)} of {len(column.text)} rows (first "
                f"{str(words[0])!r}), which make text of it; convert it by pandas.to_numeric(column, errors='coerce'), "
                'which makes missing values of the words, or, if all are labels, to a category by astype("category")'
            )


def _are_numbers(text):
    try:
        text.astype(np.float64)
    except (TypeError, ValueError):
        return False
    return True


def words_among_numbers(text):
    """Return what is no number, if it is little beside the numbers: a header, or "?" for a missing value."""
    words = []
    for value in text:
        if not _is_number(value):
            words.append(value)
            if len(words) > _MOST_WORDS * len(text):
                return []
    return words


def _is_number(value):
    if isinstance(value, Enum) or not isinstance(value, str | bytes | Real):
        return False
    try:
        float(value)
    except ValueError:
        return False
    return True


def are_dates(text):
    """Whether all values are ISO dates, with or without times; of other text the first value mostly is none."""
    return all(map(_is_date, text))


def _is_date(value):
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    return isinstance(text, str) and _ISO_DATE.fullmatch(text) is not None  # classes may be objects of any type


# Refused on many levels: what it is, how it is recognized, and the remedy beside its name.
_MEASUREMENTS = ("numbers", _are_numbers, "pandas.to_numeric"), ("dates", are_dates, "pandas.to_datetime")
