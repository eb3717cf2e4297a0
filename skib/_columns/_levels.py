"""The distinct values of a column, in a form that is equal for every container."""

import numpy as np


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
