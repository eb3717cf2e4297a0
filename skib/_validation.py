"""Arguments of estimators: one input policy for all of them, on the one reader of columns."""

from numbers import Real

import numpy as np
from sklearn.utils.validation import check_array, validate_data

from skib._columns import (
    check_table,
    few_levels,
    is_wide,
    opened,
    read_columns,
    record_features,
    require_finite,
    require_same_length,
)
from skib._kernels.counts import joint_codes
from skib._warnings import ConstantInputWarning, listed, warn

# Rows in which most columns vary already.
_FIRST_ROWS = 10


def check_pair(estimator, X, y, *, min_samples=2):
    """Validate two paired sets of numeric rows; returns C-ordered float64 x (n, n_features) and y (n, n_targets)."""
    x = check_numeric(estimator, X, y)
    y = check_target(y, len(x))
    require_samples(estimator, len(x), min_samples)
    return x, y


def check_classes(estimator, X, y, *, min_samples=2):
    """Validate numeric rows with a class label each; returns x (n, n_features) float64 and codes of y (n,) int64."""
    x = check_numeric(estimator, X, y)
    codes = check_labels(estimator, y, len(x), "use skib.mutual_info.KSG for a continuous y, or bin it first")
    require_samples(estimator, len(x), min_samples)
    return x, codes


def check_labels(estimator, y, n_samples, remedy):
    """Validate one class label for each of n_samples rows; returns int64 codes. `remedy` serves a continuous y."""
    columns = read_columns("y", y)
    if len(columns) > 1:
        raise ValueError(
            f"y should be a 1d array of class labels, got shape ({len(columns[0].values)}, {len(columns)})"
        )
    require_same_length(n_samples, len(columns[0].values), "y")
    values, is_number = columns[0].levels, columns[0].source == "number"
    if is_number and (values != np.rint(values)).any() and not few_levels(values):
        raise ValueError(
            f"{type(estimator).__name__} needs class labels, got a continuous y (first value {values[0]!r}); {remedy}"
        )
    return columns[0].codes()


def check_codes(estimator, X):
    """Validate rows of discrete values (numbers, strings, categories); returns one int64 code per row."""
    return joint_codes(check_code_columns(estimator, X))


def check_code_columns(estimator, X):
    """Validate rows of discrete values; returns for each column the int64 codes of its rows."""
    return [column.codes() for column in check_table(estimator, X)]


def check_numeric(estimator, X, y, *, keep_offsets=False):
    """Validate rows of numbers and dates as finite C-ordered float64; y is their target, which is required.

    Whole numbers beyond 2^53 are counted from the smallest of their column, so that none is rounded, and dates from the
    earliest; with `keep_offsets` the numbers keep their size, and are rounded.
    """
    X = opened("X", X)
    if y is None:
        raise ValueError(f"This {type(estimator).__name__} requires y to be passed, but the target y is None.")
    if _is_numeric(X) and X.ndim == 2:
        x = validate_data(estimator, X, dtype=np.float64, order="C", ensure_all_finite=False)
        require_finite("X", x)
        return x
    x = _matrix("X", read_columns("X", X, table=True), keep_offsets)
    record_features(estimator, X)
    return x


def check_numbers(estimator, X, *, reset=True, name="X"):
    """Validate the rows of a transformer as finite C-ordered float64; with ``reset=False`` its columns are compared.

    Dates are refused: they would be counted from the earliest, which is another one in another table. Messages call the
    argument by `name`.
    """
    X = opened(name, X)
    if _is_numeric(X) and X.ndim == 2:
        x = validate_data(estimator, X, dtype=np.float64, order="C", ensure_all_finite=False, reset=reset)
        require_finite(name, x)
        return x
    columns = read_columns(name, X, table=True)
    if any(column.source == "date" for column in columns):
        raise ValueError(
            f"{name} holds dates, but {type(estimator).__name__} needs numbers; pass the time since one date"
        )
    x = _matrix(name, columns, keep_offsets=True)
    record_features(estimator, X, reset=reset)
    return x


def check_weights(weights, n_samples, name="sample_weight"):
    """Validate one weight per row; returns float64 of shape (n_samples,)."""
    weights = opened(name, weights)
    shape = getattr(weights, "shape", (len(weights),))
    if shape != (n_samples,):
        raise ValueError(f"{name} has shape {shape}; pass one weight for each of the {n_samples} rows")
    (column,) = read_columns(name, weights)
    if column.source not in ("number", "bool"):
        raise ValueError(f"{name} holds values of the kind {column.source!r}; pass numbers")
    return column.values + column.offset


def check_target(y, n_samples, name="y"):
    """Validate the target `name` of n_samples rows, numbers or dates; returns float64 of shape (n, n_columns)."""
    y = opened(name, y)
    if _is_numeric(y) and y.ndim <= 2:
        y = check_array(y, dtype=np.float64, order="C", ensure_2d=False, ensure_all_finite=False, input_name=name)
        require_same_length(n_samples, len(y), name)
        y = y.reshape(len(y), -1)
        require_finite(name, y)
        return y
    y = _matrix(name, read_columns(name, y))
    require_same_length(n_samples, len(y), name)
    return y


def target_codes(y, n_samples, name="y"):
    """Validate the discrete target `name` of n_samples rows; returns one int64 code per row."""
    columns = read_columns(name, y)
    require_same_length(n_samples, len(columns[0].values), name)
    return joint_codes([column.codes() for column in columns])


def check_class_columns(values, n_samples, name, of, remedy):
    """Validate columns of classes that vary; returns their names, or numbers, and the Columns.

    `name` is that of the argument, and `of` that of the rows; `remedy` serves a continuous column.
    """
    columns = read_columns(name, values)
    require_same_length(n_samples, len(columns[0].values), name, of)
    names = [j if column.name is None else column.name for j, column in enumerate(columns)]
    for label, column in zip(names, columns, strict=True):
        if not column.nominal and not few_levels(column.levels):
            raise ValueError(f"column {label!r} of {name} is continuous (first value {column.label(0)}); {remedy}")
    constant = [label for label, column in zip(names, columns, strict=True) if not np.ptp(column.codes())]
    if constant:
        raise ValueError(f"columns {constant} of {name} have one class each, and no entropy; leave them out")
    return names, columns


def weight_shares(sample_weight, n_samples):
    """Validate weights of rows and return them as shares of their sum; None weighs all rows alike."""
    if sample_weight is None or isinstance(sample_weight, Real):
        sample_weight = np.full(n_samples, 1.0 if sample_weight is None else sample_weight)
    weights = check_weights(sample_weight, n_samples)
    if weights.min() < 0 or not weights.any():
        raise ValueError(
            f"sample_weight must be non-negative and not all zero, got a minimum of {weights.min():g} and a maximum of "
            f"{weights.max():g}; give the rows that should not count a weight of 0"
        )
    weights = weights / weights.max()
    return weights / weights.sum()


def _is_numeric(values):
    """Whether an array, or a frame of one dtype, holds numbers that float64 does not round."""
    if hasattr(values, "iloc") and hasattr(values, "columns") and values.columns.is_unique:
        dtypes = set(values.dtypes)
        is_plain = len(dtypes) == 1 and isinstance(dtype := dtypes.pop(), np.dtype) and dtype.kind in "biuf"
        values = values.to_numpy() if is_plain else values
    if not isinstance(values, np.ndarray):
        return False
    return values.dtype.kind in "bf" or (values.dtype.kind in "iu" and not is_wide(values))


def _matrix(name, columns, keep_offsets=False):
    """Return the columns side by side; refuse text and categories by name."""
    text = [column for column in columns if column.source in ("text", "category")]
    if any(column.name is not None for column in text):
        named = [column.name for column in text]
        raise ValueError(
            f"{name} has columns of text or categories: {named}; encode them as numbers, or leave them out"
        )
    for column in text:
        _refuse_text(name, column)
    return np.column_stack([column.values + column.offset * keep_offsets for column in columns])


def _refuse_text(name, column):
    """Refuse a column of text or of other things than numbers, naming the first of them if there are numbers, too."""
    if column.text is None:
        raise ValueError(f"{name} holds categories; encode them as numbers first")
    if column.text.dtype != object:
        raise ValueError(
            f"{name} holds text of type {column.text.dtype}; convert it to numbers first, and labels of classes to one "
            "column of 0 and 1 for each class"
        )
    text = str | bytes
    # All of numpy's scalars have a method that converts to float.
    no_numbers = text | np.datetime64 | np.timedelta64 | np.complexfloating
    others = (i for i, v in enumerate(column.text) if isinstance(v, no_numbers) or not hasattr(v, "__float__"))
    row = next(others, 0)
    value = column.text[row]
    if not isinstance(value, text):
        raise TypeError(f"{name} holds a {type(value).__name__} in row {row}; pass numbers")
    raise ValueError(f"{name} holds text, first {value!r} in row {row}; convert it to numbers first")


def require_samples(estimator, n_samples, n_required, *, kind="rows", remedy=None):
    """Refuse fewer rows than an estimator needs; `kind` is what is counted, such as "distinct rows"."""
    if n_samples < n_required:
        if remedy is None:
            remedy = "pass more rows" + (" or lower n_neighbors" if hasattr(estimator, "n_neighbors") else "")
        raise ValueError(f"{estimator!r} needs at least {n_required} {kind}, got n_samples = {n_samples}; {remedy}")


def warn_if_constant(name, x):
    """Warn if all columns of `x` are constant, and return whether they are."""
    constant = bool((x == x[0]).all())
    if constant:
        message = f"{name} is constant over all {len(x)} rows: its mutual information with anything is 0"
        warn(message, ConstantInputWarning)
    return constant


def warn_of_constant_columns(x):
    """Warn of the constant columns of `x`, and return a mask of them."""
    constant = (x[:_FIRST_ROWS] == x[0]).all(axis=0)
    constant[constant] = (x[:, constant] == x[0, constant]).all(axis=0)
    if constant.any():
        columns = listed([str(j) for j in np.flatnonzero(constant)])
        message = f"columns [{columns}] of X are constant: their mutual information is 0"
        warn(message, ConstantInputWarning)
    return constant
