"""What comes in: one input policy for every estimator, and the only door to private scikit-learn names."""

import warnings
from decimal import Decimal
from numbers import Real
from typing import NamedTuple

import numpy as np
from sklearn.base import _fit_context as fit_context
from sklearn.utils import _safe_indexing as safe_indexing
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.validation import check_array, validate_data

from skib.kernels.copies import copied_share, grid_share
from skib.kernels.counts import dense_codes, joint_codes

try:  # scikit-learn >= 1.9
    from sklearn.callback import CallbackSupportMixin
except ImportError:

    class CallbackSupportMixin:
        """Stand-in for a scikit-learn without callbacks."""


__all__ = ["CallbackSupportMixin", "HasMethods", "Interval", "StrOptions", "fit_context", "safe_indexing"]


class SkibWarning(UserWarning):
    """Base of every warning that skib gives about a number."""


class DuplicateRowsWarning(SkibWarning):
    """Rows of continuous data are repeated: neighbours at distance zero inflate the estimate."""


class SaturatedEstimateWarning(SkibWarning):
    """The estimate is near the largest value that the estimator can return on this many rows."""


class UnreliableEstimateWarning(SkibWarning):
    """The data cannot support the estimate: too few rows per class, cell or dimension."""


class ConstantInputWarning(SkibWarning):
    """An input has one value only, so it carries no information."""


# The warning is due once copies are more than this share of the rows: 1 % of copies costs about 0.01 log(n) nats.
_COPY_SHARE = 0.01


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
    y = _unboxed(y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y)
    if y.ndim != 1:
        raise ValueError(f"y should be a 1d array of class labels, got shape {y.shape}")
    _require_same_length(len(x), len(y), "y")
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
    rows = validate_data(estimator, _as_symbols("X", X), dtype=None, ensure_all_finite=False)
    return [as_codes(column, "X") for column in rows.T]


class Column(NamedTuple):
    """One column of any kind."""

    values: np.ndarray  # float64
    nominal: bool  # the values are codes of categories


def check_columns(estimator, X):
    """Validate rows of any kind (numbers, dates, bools, text, categories); returns the Columns of X."""
    rows = validate_data(estimator, _as_symbols("X", X), dtype=None, ensure_all_finite=False)
    return _typed_columns("X", X, rows)


def target_columns(y, n_samples, name="y"):
    """Validate the companion `name` of n_samples rows, of any kind; returns its Columns."""
    if y is None:
        raise ValueError(f"This estimate requires {name} to be passed, but the target {name} is None.")
    rows = check_array(_as_symbols(name, y), dtype=None, ensure_2d=False, ensure_all_finite=False, input_name=name)
    _require_same_length(n_samples, len(rows), name)
    return _typed_columns(name, y, rows.reshape(len(rows), -1))


def check_numeric(estimator, X, y):
    """Validate the rows of X as finite float64, y being their (required) companion."""
    _require_target(estimator, y)
    x = validate_data(estimator, _refuse_text("X", X), dtype=np.float64, order="C", ensure_all_finite=False)
    _require_finite("X", x)
    return x


def check_target(y, n_samples, name="y"):
    """Validate the numeric companion `name` of n_samples rows, 1-D or 2-D, and return it as float64 (n, n_columns)."""
    y = _refuse_text(name, y)
    y = check_array(y, dtype=np.float64, order="C", ensure_2d=False, ensure_all_finite=False, input_name=name)
    _require_same_length(n_samples, len(y), name)
    y = y.reshape(len(y), -1)
    _require_finite(name, y)
    return y


def target_codes(y, n_samples, name="y"):
    """Validate the discrete companion `name` of n_samples rows and return one int64 code per row."""
    if y is None:
        raise ValueError(f"This estimate requires {name} to be passed, but the target {name} is None.")
    y = check_array(_as_symbols(name, y), dtype=None, ensure_2d=False, ensure_all_finite=False, input_name=name)
    _require_same_length(n_samples, len(y), name)
    return row_codes(y.reshape(len(y), -1), name)


def as_codes(column, name="X"):
    """Dense int64 codes (0 to n_categories - 1, in sorted order unless the values are objects) of one column."""
    column = np.asarray(column)
    kind = column.dtype.kind
    if kind == "O":
        return _object_codes(column, name)
    if kind in "fc":
        _require_finite(name, column[:, None])
    elif kind in "mM":
        _require_no_bad(name, np.isnat(column), "NaN (not a time)")
    elif kind in "biu":
        column = column if kind == "u" else column.astype(np.int64)
        span = int(column.max()) - int(column.min())
        if span < 2**62:  # else the difference may overflow
            return dense_codes((column - column.min()).astype(np.int64), span + 1)
    return np.unique(column, return_inverse=True)[1].astype(np.int64)


def row_codes(rows, name="X"):
    """One dense int64 code per row of a 2-D array: equal rows, and only they, share a code."""
    return joint_codes([as_codes(column, name) for column in rows.T])


def _as_symbols(name, values):
    """Refuse junk; columns of pandas' own types become objects, before check_array casts categories to floats."""
    values = _refuse_junk(name, values)
    if hasattr(values, "iloc") and not all(isinstance(dtype, np.dtype) for dtype in np.ravel(values.dtypes)):
        return values.astype(object)
    return values


def _typed_columns(name, values, rows):
    """Columns of `values`, whose array is `rows`: each has the type that it has in the frame, if there is one."""
    if hasattr(values, "columns"):
        return [_typed(name, column) for _, column in _columns(values)]
    if hasattr(values, "iloc"):
        return [_typed(name, values)]
    return [_typed(name, column) for column in rows.T]


def _typed(name, column):
    nominal = str(column.dtype) == "category"
    column = np.asarray(column) if nominal else _unboxed(np.asarray(column))
    if column.dtype.kind == "c":
        raise ValueError(f"Complex data not supported: {name} holds complex numbers; pass real and imaginary parts")
    if column.dtype.kind in "mM":
        return Column(_dates_as_numbers(name, column), False)
    if column.dtype.kind in "iuf" and not nominal:
        column = np.asarray(column, np.float64)
        _require_finite(name, column[:, None])
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


def _object_codes(column, name):
    from pandas import factorize, isna

    _require_no_bad(name, isna(column), "NaN or None")
    infinite = [isinstance(value, float | np.floating) and np.isinf(value) for value in column]
    _require_no_bad(name, np.array(infinite), "infinity")
    return factorize(column)[0].astype(np.int64)


def is_discrete(y):
    """Whether a target holds classes: text, bool, category, or whole numbers with at most sqrt(n_samples) levels."""
    if str(getattr(y, "dtype", "")) == "category":
        return True
    y = _unboxed(np.asarray(y))
    if y.dtype.kind in "mM":
        return False
    if y.dtype.kind not in "iuf":
        return True
    if y.dtype.kind == "f" and not (np.isfinite(y).all() and (y == np.rint(y)).all()):
        return False
    return len(np.unique(y)) <= _few(len(y))


def few_levels(column):
    """Whether a column takes at most sqrt(n_samples) values."""
    return len(np.unique(column)) <= _few(len(column))


def warn_if_constant(name, x):
    """Whether all columns of `x` are constant, which a ConstantInputWarning then says."""
    constant = bool((x == x[0]).all())
    if constant:
        message = f"{name} is constant over all {len(x)} rows: its mutual information with anything is 0"
        warnings.warn(message, ConstantInputWarning, stacklevel=3)
    return constant


def warn_of_constant_columns(x):
    """Which columns of `x` are constant; a ConstantInputWarning names them."""
    constant = (x == x[0]).all(axis=0)
    if constant.any():
        message = f"columns {np.flatnonzero(constant).tolist()} of X are constant: their mutual information is 0"
        warnings.warn(message, ConstantInputWarning, stacklevel=3)
    return constant


def warn_if_copied(x, y, *, classes=False):
    """Warn when rows of continuous data are copies, as after a bootstrap or an upsampling.

    A copy is a pair (x, y) that repeats while neither its x nor its y ever occurs in another pair. What repeats by
    nature is spared: a side of few levels (or of classes, with ``classes=True``), a heavy atom (more than
    sqrt(n_samples) rows), and values on a grid so coarse that the next step of the grid is about as often taken.
    """
    n_samples = len(x)
    sides = [x] if classes else [x, y.reshape(n_samples, -1)]
    if any(len(np.unique(column)) == n_samples for side in sides for column in side.T):
        return
    coded = [(side, row_codes(side)) for side in sides]
    fine = [(side, codes) for side, codes in coded if codes.max() >= _few(n_samples)]
    if not fine:
        return
    share = copied_share([codes for _, codes in fine], row_codes(np.column_stack([x, y])))
    if share > _COPY_SHARE and share > 2 * grid_share(np.column_stack([side for side, _ in fine])):
        warnings.warn(
            f"{share:.1%} of the rows are exact copies of other rows, which inflates nearest-neighbour estimates; "
            "pass each row once (never a bootstrap sample or upsampled rows)",
            DuplicateRowsWarning,
            stacklevel=3,
        )


def count_copies(x, y):
    """How many further rows equal each row of (x, y); an empty array if every row is distinct."""
    rows = np.column_stack([x, y])
    if any(len(np.unique(column)) == len(rows) for column in rows.T):
        return np.empty(0, np.int64)
    codes = row_codes(rows)
    return np.bincount(codes)[codes] - 1


def _few(n_samples):
    """How many levels n_samples rows may have and still be taken for classes."""
    return max(2, np.sqrt(n_samples))


def _require_target(estimator, y):
    if y is None:
        raise ValueError(f"This {type(estimator).__name__} requires y to be passed, but the target y is None.")


def require_samples(estimator, n_samples, min_samples):
    if n_samples < min_samples:
        remedy = "pass more rows" + (" or lower its n_neighbors" if hasattr(estimator, "n_neighbors") else "")
        raise ValueError(f"{estimator!r} needs at least {min_samples} rows, got n_samples = {n_samples}; {remedy}")


def _require_same_length(n_samples, n_other, name):
    if n_other != n_samples:
        raise ValueError(f"X has {n_samples} rows but {name} has {n_other}; pass one row of {name} per row of X")


def _require_finite(name, x):
    if np.isfinite(x).all():
        return
    nan = np.isnan(x)
    what, bad = ("NaN", nan) if nan.any() else ("infinity", np.isinf(x))
    _require_no_bad(name, bad.any(axis=1), what)


def _require_no_bad(name, bad_rows, what):
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
    return _dates_as_numbers(name, array) if array.dtype.kind in "Mm" else values


def _with_kind(values):
    """`values` themselves where their type says what they hold, else as an array."""
    return values if hasattr(getattr(values, "dtype", None), "kind") else np.asarray(values)


def _refuse_objects(name, array):
    """Refuse an object array that holds anything but real numbers, naming the first row that does."""
    from pandas import isna

    rows = array.reshape(len(array), -1) if array.ndim else array.reshape(1, 1)
    _require_no_bad(name, isna(rows).any(axis=1), "NaN or None")
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
    columns = _columns(frame)
    text = [c for c, column in columns if _holds_text(column)]
    if text:
        raise ValueError(f"{name} has columns of text or categories: {text}; encode them as numbers, or leave them out")
    dates = [getattr(column.dtype, "kind", "") in ("M", "m") for _, column in columns]
    if not any(dates):
        return frame
    from pandas import DataFrame

    values = [
        _dates_as_numbers(name, column) if date else column for date, (_, column) in zip(dates, columns, strict=True)
    ]
    return DataFrame(dict(enumerate(values))).set_axis([c for c, _ in columns], axis=1)


def _columns(frame):
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


def _dates_as_numbers(name, dates):
    # Counted from the earliest date: nanoseconds since 1970 do not fit the 53 bits of a float64.
    dates = np.asarray(dates, dtype=None if isinstance(dates.dtype, np.dtype) else f"{dates.dtype.kind}8[ns]")
    _require_no_bad(name, np.isnat(dates).reshape(len(dates), -1).any(axis=1), "NaN (not a time)")
    ticks = dates.astype(np.int64)
    return (ticks - ticks.min()).astype(np.float64)


def _unboxed(values):
    """An object array of real numbers as float64; any other array as it is."""
    boxed = values.dtype.kind == "O" and all(isinstance(value, Real | Decimal) for value in values.flat)
    return values.astype(np.float64) if boxed else values
