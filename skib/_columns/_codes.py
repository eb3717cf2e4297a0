"""Codes of the values of one column: whole numbers from 0, equal where the values are equal."""

import numpy as np

from skib._columns._missing import require_finite, require_none
from skib._kernels.counts import dense_codes


def as_codes(values, where="X"):
    """Compute dense int64 codes (0 to n_levels - 1, in sorted order unless the values are objects) of one column."""
    values = np.asarray(values)
    kind = values.dtype.kind
    if kind == "O":
        return _codes_of_objects(values, where)
    if kind in "fc":
        require_finite(where, values)
    elif kind in "mM":
        require_none(where, np.isnat(values), "NaN (not a time)")
    elif kind in "biu":
        values = values if kind == "u" else values.astype(np.int64)
        span = int(values.max()) - int(values.min())
        if span < 2**62:  # else the difference may overflow
            return dense_codes((values - values.min()).astype(np.int64), span + 1)
    return np.unique(values, return_inverse=True)[1].astype(np.int64)


def _codes_of_objects(values, where):
    from pandas import factorize, isna

    require_none(where, isna(values), "NaN or None")
    infinite = [isinstance(value, float | np.floating) and np.isinf(value) for value in values]
    require_none(where, np.array(infinite), "infinity")
    return factorize(values)[0].astype(np.int64)


def renumbered(codes, rank):
    """Return rank[codes]; codes of one byte, like their ranks, are looked up as characters are translated."""
    if codes.dtype != np.uint8:
        return rank.take(codes)
    table = rank.astype(np.uint8).tobytes().ljust(256, b"\0")
    return np.frombuffer(codes.tobytes().translate(table), np.uint8)
