"""The distinct values of a column, in a form that is equal for every container."""

import datetime as dt
from numbers import Number

import numpy as np

# Keys of different kinds are never equal, whatever they look like.
_KINDS = {"text": (str, bytes), "numbers": Number, "dates": dt.date, "durations": dt.timedelta}


def distinct(values):
    """Return the distinct values of an array, sorted if they are no objects, and the int64 code of each."""
    if values.dtype.kind != "O":
        levels, codes = np.unique(values, return_inverse=True)
        return levels, codes.astype(np.int64)
    from pandas import factorize

    codes, levels = factorize(values)
    return levels, codes.astype(np.int64)


def as_keys(values):
    """Return keys of a dict that are equal if values are, whatever container they come from."""
    if values.dtype.kind in "mM":
        from pandas import Timedelta, Timestamp

        return list(map(Timestamp if values.dtype.kind == "M" else Timedelta, values))
    if values.dtype.kind == "O":
        return [value.item() if isinstance(value, np.generic) else value for value in values]
    return [int(value) if value == int(value) else float(value) for value in values]


def require_like_keys(where, keys, fitted):
    """Refuse keys of which none can be equal to a fitted one, for they are text and those are numbers, for instance."""
    found, known = ({_kind_of(key) for key in some if key is not None} for some in (keys, fitted))
    if found and known and found.isdisjoint(known) and None not in found | known:
        raise ValueError(
            f"{where} holds {' and '.join(sorted(found))} (first {keys[0]!r}), but {' and '.join(sorted(known))} when "
            "it was fitted, so that all values would be new ones; convert it to what was fitted"
        )


def _kind_of(key):
    """Return the kind of a key; None for an object of another type, which may be equal to anything."""
    return next((kind for kind, types in _KINDS.items() if isinstance(key, types)), None)
