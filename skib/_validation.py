"""What comes in: one input policy for every estimator, and the only door to private scikit-learn names."""

import warnings

import numpy as np
from sklearn.base import _fit_context as fit_context
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.validation import check_array, validate_data

try:  # scikit-learn >= 1.9
    from sklearn.callback import CallbackSupportMixin
except ImportError:

    class CallbackSupportMixin:
        """Stand-in for a scikit-learn without callbacks."""


__all__ = ["CallbackSupportMixin", "HasMethods", "Interval", "StrOptions", "fit_context"]


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


# A repeated row is taken for a copy, not for an atom of the distribution, up to this many repeats (times sqrt(n));
# the warning is due once copies are more than this share of the rows: 1 % of copies costs about 0.01 log(n) nats.
_COPY_REPEATS = 1.0
_COPY_SHARE = 0.01


def check_pair(estimator, X, y, *, min_samples=2):
    """Validate two paired sets of numeric rows; returns C-ordered float64 x (n, n_features) and y (n, n_targets)."""
    x = check_numeric(estimator, X, y)
    y = check_target(y, len(x))
    _require_samples(estimator, len(x), min_samples)
    return x, y


def check_classes(estimator, X, y, *, min_samples=2):
    """Validate numeric rows with a class label each; returns x (n, n_features) float64 and codes of y (n,) int64."""
    x = check_numeric(estimator, X, y)
    y = np.ravel(y) if np.ndim(y) == 2 and np.shape(y)[1] == 1 else np.asarray(y)
    if y.ndim != 1:
        raise ValueError(f"y should be a 1d array of class labels, got shape {y.shape}")
    _require_same_length(len(x), len(y), "y")
    codes = as_codes(y, "y")
    if y.dtype.kind == "f" and (y != np.rint(y)).any():
        raise ValueError(
            f"{type(estimator).__name__} needs class labels, got a continuous y (first value {y[0]!r}); "
            "use skib.mutual_info.KSG for a continuous y, or bin it first"
        )
    _require_samples(estimator, len(x), min_samples)
    return x, codes


def check_codes(estimator, X, y=None, *, with_target=False):
    """Validate rows of discrete values (numbers, strings, categories); returns one int64 code per row of X, and of y."""
    if with_target:
        _require_target(estimator, y)
    X = _refuse_junk("X", X)
    x = row_codes(validate_data(estimator, X, dtype=None, ensure_all_finite=False), "X")
    return (x, target_codes(y, len(x))) if with_target else x


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
    y = check_array(_refuse_junk(name, y), dtype=None, ensure_2d=False, ensure_all_finite=False, input_name=name)
    _require_same_length(n_samples, len(y), name)
    return row_codes(y.reshape(len(y), -1), name)


def as_codes(column, name="X"):
    """Dense int64 codes (0 to n_categories - 1, in sorted order where values compare) of one column."""
    column = np.asarray(column)
    if column.dtype.kind == "O":
        from pandas import factorize, isna

        _require_no_bad(name, isna(column), "NaN or None")
        return factorize(column)[0].astype(np.int64)
    if column.dtype.kind in "fc":
        _require_finite(name, column[:, None])
    return np.unique(column, return_inverse=True)[1].astype(np.int64)


def row_codes(rows, name="X"):
    """One dense int64 code per row of a 2-D array: equal rows, and only they, share a code."""
    codes = as_codes(rows[:, 0], name)
    for column in rows.T[1:]:
        other = as_codes(column, name)
        # Relabelled after each column, the product stays below n_samples squared: no overflow.
        codes = np.unique(codes * (other.max() + 1) + other, return_inverse=True)[1].astype(np.int64)
    return codes


def is_discrete(y):
    """Whether a target holds classes: text, bool, category, or whole numbers with at most sqrt(n_samples) levels."""
    y = np.asarray(y)
    if y.dtype.kind not in "iuf":
        return True
    if y.dtype.kind == "f" and not (np.isfinite(y).all() and (y == np.rint(y)).all()):
        return False
    return len(np.unique(y)) <= max(2, np.sqrt(len(y)))


def warn_if_constant(name, x):
    """Whether all columns of `x` are constant, which a ConstantInputWarning then says."""
    constant = bool((x == x[0]).all())
    if constant:
        message = f"{name} is constant over all {len(x)} rows: its mutual information with anything is 0"
        warnings.warn(message, ConstantInputWarning, stacklevel=3)
    return constant


def warn_if_copied(x, y, *, classes=False):
    """Warn when rows of continuous data are copies, as after a bootstrap or an upsampling.

    A copy is a pair (x, y) that repeats while neither its x nor its y ever occurs in another pair; a true atom of a
    distribution either is heavy (more than sqrt(n_samples) rows) or shares its x or y with other pairs. With
    ``classes=True``, y repeats by nature and only x is asked.
    """
    n_samples = len(x)
    if any(len(np.unique(column)) == n_samples for column in (*x.T, *(() if classes else y.T))):
        return
    x_codes, y_codes = row_codes(x), row_codes(y.reshape(n_samples, -1))
    pair_codes = row_codes(np.column_stack([x_codes, y_codes]))
    in_pair = np.bincount(pair_codes)[pair_codes]
    only_here = np.bincount(x_codes)[x_codes] == in_pair
    if not classes:
        only_here &= np.bincount(y_codes)[y_codes] == in_pair
    copied = only_here & (in_pair > 1) & (in_pair <= _COPY_REPEATS * np.sqrt(n_samples))
    share = np.sum(copied * (1 - 1 / in_pair)) / n_samples
    if share > _COPY_SHARE:
        warnings.warn(
            f"{share:.1%} of the rows are exact copies of other rows, which inflates nearest-neighbour estimates; "
            "pass each row once (never a bootstrap sample or upsampled rows)",
            DuplicateRowsWarning,
            stacklevel=3,
        )


def _require_target(estimator, y):
    if y is None:
        raise ValueError(f"This {type(estimator).__name__} requires y to be passed, but the target y is None.")


def _require_samples(estimator, n_samples, min_samples):
    if n_samples < min_samples:
        raise ValueError(
            f"{estimator!r} needs at least {min_samples} rows, got n_samples = {n_samples}; "
            "pass more rows or lower its n_neighbors"
        )


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
            raise ValueError(f"{name} has {n_masked} masked entries, which would be read as data; drop those rows first")
        return values.data
    if getattr(values, "requires_grad", False) or "bfloat16" in str(getattr(values, "dtype", "")):
        raise TypeError(f"{name} is a tensor with a gradient or of type bfloat16; pass {name}.detach().float().numpy()")
    return values


def _refuse_text(name, values):
    """Refuse strings, also numeric ones, and turn dates into numbers."""
    values = _refuse_junk(name, values)
    if hasattr(values, "columns") and hasattr(values, "assign"):
        return _numeric_frame(name, values)
    array = values if hasattr(values, "dtype") else np.asarray(values)
    kind = getattr(array.dtype, "kind", "")
    if kind in "USTa" and kind:
        raise ValueError(f"{name} holds text of type {array.dtype}; convert it to numbers first")
    if kind == "O" and any(isinstance(value, str) for value in np.ravel(np.asarray(array, dtype=object))):
        raise ValueError(f"{name} holds text among its values; convert it to numbers first")
    return _dates_as_numbers(name, array) if kind in "Mm" and kind else values


def _numeric_frame(name, frame):
    """Refuse columns of text or categories by name; columns of dates become numbers."""
    text = [c for c in frame.columns if getattr(frame[c].dtype, "kind", "O") in "OUST" and _holds_text(frame[c])]
    if text:
        raise ValueError(f"{name} has columns of text or categories: {text}; encode them as numbers, or leave them out")
    dates = [c for c in frame.columns if getattr(frame[c].dtype, "kind", "") in ("M", "m")]
    return frame.assign(**{c: _dates_as_numbers(name, frame[c].to_numpy()) for c in dates}) if dates else frame


def _holds_text(column):
    return str(column.dtype) in ("category", "str", "string") or any(isinstance(v, str) for v in column)


def _dates_as_numbers(name, dates):
    # Counted from the earliest date: nanoseconds since 1970 do not fit the 53 bits of a float64.
    _require_no_bad(name, np.isnat(dates).reshape(len(dates), -1).any(axis=1), "NaN (not a time)")
    ticks = np.asarray(dates).view(np.int64)
    return (ticks - ticks.min()).astype(np.float64)
