"""Arrays of Python objects: numbers, dates and bools become arrays of their own dtype."""

import datetime as dt
from decimal import Decimal
from numbers import Complex, Integral, Real

import numpy as np

from skib._columns._missing import require_none

_BOOLS = bool, np.bool_
_TIMES = dt.datetime, dt.date, np.datetime64
_DURATIONS = dt.timedelta, np.timedelta64
_TEXT = str, bytes


def unboxed(where, array):
    """Return objects of one kind as an array of that kind; text and other hashable objects as they are."""
    from pandas import isna

    require_none(where, isna(array), "NaN or None")
    types = set(map(type, array))
    _require_scalars(where, array, types)
    for are_all, convert in _KINDS:
        if all(map(are_all, types)):
            return convert(where, array)
    return array


def _subclass(*classes):
    return lambda kind: issubclass(kind, classes)


def _number(*classes):
    """As ``_subclass``, without the durations of numpy, which are a class of its integers."""
    return lambda kind: issubclass(kind, classes) and not issubclass(kind, _DURATIONS)


def _is_float(kind):
    """Whether objects of a class convert to float, as fractions and decimals do, and text does not."""
    if issubclass(kind, (*_TIMES, *_DURATIONS, *_TEXT)):  # text of numpy, too, has a method that converts
        return False
    return issubclass(kind, (Real, Decimal)) or (hasattr(kind, "__float__") and not issubclass(kind, Complex))


def _require_scalars(where, array, types):
    """Refuse values that are collections."""
    # The class of an enumeration has a length, its members have none.
    nested = {kind for kind in types if any("__len__" in vars(base) for base in kind.__mro__)}
    nested = {kind for kind in nested if not issubclass(kind, _TEXT)}
    if not nested:
        return
    row = next(i for i, value in enumerate(array) if type(value) in nested)
    name = type(array[row]).__name__
    if isinstance(array[row], dict):
        # The words of numpy, which the checks of scikit-learn expect.
        raise TypeError(f"{where} holds a {name} in row {row}: argument must be a string or a number, not a {name}")
    raise TypeError(
        f"{where} holds a {name} in row {row}, but one number, date, text or label per row is required; pass the items "
        "of collections as columns of their own"
    )


def _bools(where, array):
    return array.astype(bool)


def _whole(where, array):
    """Whole numbers of any size; beyond 64 bits, those counted from the smallest."""
    for offset in (0, min(array, default=0)):
        numbers = array - offset if offset else array
        for dtype in (np.int64, np.uint64):
            try:
                return np.array(numbers.tolist(), dtype)
            except OverflowError:
                continue
    return numbers.astype(np.float64)


def _floats(where, array):
    """Numbers of any type; exact ones too large for a float, such as decimals, are counted from the smallest."""
    numbers = np.array([float(value) for value in array])
    all_floats = all(isinstance(value, float | np.floating) for value in array)
    if all_floats or np.abs(numbers).max() <= 2**53 or not np.isfinite(numbers).all():
        return numbers
    try:
        return np.array([float(value) for value in array - min(array)])
    except TypeError:  # decimals beside floats
        return numbers


def _complex(where, array):
    return array.astype(np.complex128)


def _dates(where, array):
    """Naive times as they are, times with a zone in UTC."""
    from pandas import to_datetime

    zoned = {getattr(value, "tzinfo", None) is not None for value in array}
    if len(zoned) > 1:
        raise TypeError(f"{where} holds dates with a time zone and dates without one; convert them to one zone first")
    if zoned == {True}:
        return np.asarray(to_datetime(array, utc=True).tz_localize(None))
    if any(getattr(value, "nanosecond", 0) for value in array):
        return np.asarray(to_datetime(array))
    if any(isinstance(value, np.datetime64) for value in array):
        return np.array([np.datetime64(value) for value in array])  # in the finest of their units
    return np.array(array.tolist(), "datetime64[us]")  # of every year, which nanoseconds do not reach


def _durations(where, array):
    from pandas import to_timedelta

    return np.asarray(to_timedelta(array))


def _times_of_day(where, array):
    seconds = [3600 * t.hour + 60 * t.minute + t.second for t in array]
    microseconds = np.array(seconds, np.int64) * 10**6 + [t.microsecond for t in array]
    return microseconds.view("timedelta64[us]")


def _is_period(kind):
    return kind.__name__ == "Period" and hasattr(kind, "start_time")


def _periods(where, array):
    from pandas import PeriodIndex

    return np.asarray(PeriodIndex(array).to_timestamp())


# (whether a class is of the kind, conversion of an array of such objects), tried in this order.
_KINDS = (
    (_subclass(*_BOOLS), _bools),
    (_subclass(*_TIMES), _dates),
    (_subclass(*_DURATIONS), _durations),
    (_subclass(dt.time), _times_of_day),
    (_is_period, _periods),
    (_number(Integral, *_BOOLS), _whole),
    (_is_float, _floats),
    (_number(Complex), _complex),
)
