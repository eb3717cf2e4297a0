"""What comes in: one input policy for every estimator, and the only door to private scikit-learn names."""

from decimal import Decimal
from numbers import Real

import numpy as np
from sklearn.utils.validation import check_array, validate_data

from skib._kernels.counts import dense_codes, joint_codes
from skib._warnings import ConstantInputWarning, warn


def check_pair(estimator, X, y, *, min_samples=2):
    """Validate two paired sets of numeric rows; returns C-ordered float64 x (n, n_features) and y (n, n_targets)."""
    x = check_numeric(estimator, X, y)
    y = check_target(y, len(x))
    require_samples(estimator, len(x), min_samples)
    return x, y


def check_classes(estimator, X, y, *, min_samples=2):
    """Validate numeric rows with a class label each; returns x (n, n_features) float64 and codes of y (n,) int64."""
    x = check_numeric(estimator, X, y)
    y = np.asarray(_refuse_junk("y", y))
    y = unboxed(y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y)
    if y.ndim != 1:
        raise ValueError(f"y should be a 1d array of class labels, got shape {y.shape}")
    require_same_length(len(x), len(y), "y")
    if y.dtype.kind == "c":
        raise ValueError("y is complex; pass class labels")
    codes = as_codes(y, "y")
    if y.dtype.kind == "f" and (y != np.rint(y)).any():
        raise ValueError(
            f"{type(estimator).__name__} needs class labels, got a continuous y (first value {y[0]!r}); "
            "use skib.mutual_info.KSG for a continuous y, or bin it first"
        )
    require_samples(estimator, len(x), min_samples)
    return x, codes


def check_codes(estimator, X):
    """Validate rows of discrete values (numbers, strings, categories); returns one int64 code per row."""
    return joint_codes(check_code_columns(estimator, X))


def check_code_columns(estimator, X):
    """Validate rows of discrete values; returns for each column the int64 codes of its rows."""
    rows = validate_data(estimator, as_symbols("X", X), dtype=None, ensure_all_finite=False)
    return [as_codes(column, "X") for column in rows.T]


def check_numeric(estimator, X, y):
    """Validate the rows of X as finite float64, y being their (required) companion."""
    _require_target(estimator, y)
    x = validate_data(estimator, _refuse_text("X", X), dtype=np.float64, order="C", ensure_all_finite=False)
    require_finite("X", x)
    return x


def check_target(y, n_samples, name="y"):
    """Validate the numeric companion `name` of n_samples rows, 1-D or 2-D, and return it as float64 (n, n_columns)."""
    y = _refuse_text(name, y)
    y = check_array(y, dtype=np.float64, order="C", ensure_2d=False, ensure_all_finite=False, input_name=name)
    require_same_length(n_samples, len(y), name)
    y = y.reshape(len(y), -1)
    require_finite(name, y)
    return y


def target_codes(y, n_samples, name="y"):
    """Validate the discrete companion `name` of n_samples rows and return one int64 code per row."""
    if y is None:
        raise ValueError(f"This estimate requires {name} to be passed, but the target {name} is None.")
    y = check_array(as_symbols(name, y), dtype=None, ensure_2d=False, ensure_all_finite=False, input_name=name)
    require_same_length(n_samples, len(y), name)
    return row_codes(y.reshape(len(y), -1), name)


def as_codes(column, name="X"):
    """Dense int64 codes (0 to n_categories - 1, in sorted order unless the values are objects) of one column."""
    column = np.asarray(column)
    kind = column.dtype.kind
    if kind == "O":
        return _object_codes(column, name)
    if kind in "fc":
        require_finite(name, column[:, None])
    elif kind in "mM":
        require_no_bad(name, np.isnat(column), "NaN (not a time)")
    elif kind in "biu":
        column = column if kind == "u" else column.astype(np.int64)
        span = int(column.max()) - int(column.min())
        if span < 2**62:  # else the difference may overflow
            return dense_codes((column - column.min()).astype(np.int64), span + 1)
    return np.unique(column, return_inverse=True)[1].astype(np.int64)


def row_codes(rows, name="X"):
    """One dense int64 code per row of a 2-D array: equal rows, and only they, share a code."""
    return joint_codes([as_codes(column, name) for column in rows.T])


def as_symbols(name, values):
    """Refuse junk; columns of pandas' own types become objects, before check_array casts categories to floats."""
    values = _refuse_junk(name, values)
    if hasattr(values, "iloc") and not all(isinstance(dtype, np.dtype) for dtype in np.ravel(values.dtypes)):
        return values.astype(object)
    return values


def _object_codes(column, name):
    from pandas import factorize, isna

    require_no_bad(name, isna(column), "NaN or None")
    infinite = [isinstance(value, float | np.floating) and np.isinf(value) for value in column]
    require_no_bad(name, np.array(infinite), "infinity")
    return factorize(column)[0].astype(np.int64)


def warn_if_constant(name, x):
    """Whether all columns of `x` are constant, which a ConstantInputWarning then says."""
    constant = bool((x == x[0]).all())
    if constant:
        message = f"{name} is constant over all {len(x)} rows: its mutual information with anything is 0"
        warn(message, ConstantInputWarning)
    return constant


def warn_of_constant_columns(x):
    """Which columns of `x` are constant; a ConstantInputWarning names them."""
    constant = (x == x[0]).all(axis=0)
    if constant.any():
        message = f"columns {np.flatnonzero(constant).tolist()} of X are constant: their mutual information is 0"
        warn(message, ConstantInputWarning)
    return constant


def _require_target(estimator, y):
    if y is None:
        raise ValueError(f"This {type(estimator).__name__} requires y to be passed, but the target y is None.")


def require_samples(estimator, n_samples, n_required, *, kind="rows", remedy=None):
    """Refuse fewer rows than an estimator needs; `kind` is what is counted, such as "distinct rows"."""
    if n_samples < n_required:
        if remedy is None:
            remedy = "pass more rows" + (" or lower n_neighbors" if hasattr(estimator, "n_neighbors") else "")
        raise ValueError(f"{estimator!r} needs at least {n_required} {kind}, got n_samples = {n_samples}; {remedy}")


def require_same_length(n_samples, n_other, name, of="X"):
    """Refuse a `name` that has not one row per row of X, or of what `of` names."""
    if n_other != n_samples:
        raise ValueError(f"{of} has {n_samples} rows but {name} has {n_other}; pass one row of {name} per row of {of}")


def require_finite(name, x):
    if np.isfinite(x).all():
        return
    nan = np.isnan(x)
    what, bad = ("NaN", nan) if nan.any() else ("infinity", np.isinf(x))
    require_no_bad(name, bad.any(axis=1), what)


def require_no_bad(name, bad_rows, what):
    n_bad = int(np.sum(bad_rows))
    if n_bad:
        raise ValueError(
            f"Input {name} contains {what} in {n_bad} of {len(bad_rows)} rows, first in row {np.argmax(bad_rows)}; "
            "drop those rows or fill them first"
        )


def _refuse_junk(name, values):
    """Refuse what would silently lose something on its way to an array."""
    if isinstance(values, np.ma.MaskedArray):
        n_masked = int(np.ma.count_masked(values))
        if n_masked:
            raise ValueError(
                f"{name} has {n_masked} masked entries, which would be read as data; drop those rows first"
            )
        return values.data
    if getattr(values, "requires_grad", False) or "bfloat16" in str(getattr(values, "dtype", "")):
        raise TypeError(f"{name} is a tensor with a gradient or of type bfloat16; pass {name}.detach().float().numpy()")
    return values


def _refuse_text(name, values):
    """Refuse strings, also numeric ones, and turn dates into numbers."""
    values = _refuse_junk(name, values)
    if hasattr(values, "columns"):
        return _numeric_frame(name, values)
    array = _with_kind(values)
    if array.dtype.kind in "USTa":
        raise ValueError(f"{name} holds text of type {array.dtype}; convert it to numbers first")
    if array.dtype.kind == "O":
        _refuse_objects(name, np.asarray(array, dtype=object))
    return dates_as_numbers(name, array) if array.dtype.kind in "Mm" else values


def _with_kind(values):
    """`values` themselves where their type says what they hold, else as an array."""
    return values if hasattr(getattr(values, "dtype", None), "kind") else np.asarray(values)


def _refuse_objects(name, array):
    """Refuse an object array that holds anything but real numbers, naming the first row that does."""
    from pandas import isna

    rows = array.reshape(len(array), -1) if array.ndim else array.reshape(1, 1)
    require_no_bad(name, isna(rows).any(axis=1), "NaN or None")
    for i, row in enumerate(rows):
        for value in row:
            if isinstance(value, str | bytes):
                raise ValueError(f"{name} holds text, first {value!r} in row {i}; convert it to numbers first")
            try:
                float(value)
            except TypeError as error:
                raise TypeError(f"{name} holds a {type(value).__name__} in row {i} ({error}); pass numbers") from None


def _numeric_frame(name, frame):
    """Refuse columns of text or categories by name; columns of dates become numbers."""
    columns = table_columns(frame)
    text = [c for c, column in columns if _holds_text(column)]
    if text:
        raise ValueError(f"{name} has columns of text or categories: {text}; encode them as numbers, or leave them out")
    dates = [getattr(column.dtype, "kind", "") in ("M", "m") for _, column in columns]
    if not any(dates):
        return frame
    from pandas import DataFrame

    values = [
        dates_as_numbers(name, column) if date else column for date, (_, column) in zip(dates, columns, strict=True)
    ]
    return DataFrame(dict(enumerate(values))).set_axis([c for c, _ in columns], axis=1)


def table_columns(frame):
    """(name, column) for each column of a pandas, polars or pyarrow table; a column has a numpy or pandas dtype."""
    if hasattr(frame, "items"):
        return list(frame.items())
    names = getattr(frame, "column_names", frame.columns)
    return [(c, np.asarray(frame[c])) for c in names]


def _holds_text(column):
    kind = column.dtype.kind
    return (
        str(column.dtype) == "category" or kind in "USTa" or (kind == "O" and any(isinstance(v, str) for v in column))
    )


def dates_as_numbers(name, dates):
    # Counted from the earliest date: nanoseconds since 1970 do not fit the 53 bits of a float64.
    dates = np.asarray(dates, dtype=None if isinstance(dates.dtype, np.dtype) else f"{dates.dtype.kind}8[ns]")
    require_no_bad(name, np.isnat(dates).reshape(len(dates), -1).any(axis=1), "NaN (not a time)")
    ticks = dates.astype(np.int64)
    return (ticks - ticks.min()).astype(np.float64)


def unboxed(values):
    """An object array of real numbers as float64; any other array as it is."""
    boxed = values.dtype.kind == "O" and all(isinstance(value, Real | Decimal) for value in values.flat)
    return values.astype(np.float64) if boxed else values
