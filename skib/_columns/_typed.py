"""One column of a numpy dtype, or of a category, as a Column."""

from typing import NamedTuple

import numpy as np

from skib._columns._codes import as_codes
from skib._columns._missing import require_finite, require_none

# The largest whole number below which a float64 holds every whole number.
_EXACT = 2**53
_DAY = 86_400 * 1e9
# Nanoseconds of each unit of numpy's dates; months and years of a duration have their mean length.
_NANOSECONDS = {
    **{"Y": 365.2425 * _DAY, "M": 365.2425 / 12 * _DAY, "W": 7 * _DAY, "D": _DAY, "h": 3600e9, "m": 60e9, "s": 1e9},
    **{"ms": 1e6, "us": 1e3, "ns": 1.0, "ps": 1e-3, "fs": 1e-6, "as": 1e-9, "generic": 1.0},
}


class Decoded:
    """The labels of rows by their codes: ``numpy.asarray`` makes an array of them, which most callers do not need."""

    def __init__(self, labels, codes):
        self.labels, self.codes, self.dtype = labels, codes, labels.dtype

    def __len__(self):
        return len(self.codes)

    def __getitem__(self, rows):
        return self.labels[self.codes[rows]]

    def __array__(self, dtype=None, copy=None):
        return self[:].astype(dtype or self.dtype, copy=False)


class Column(NamedTuple):
    """One column: numbers, or the codes of classes without order."""

    values: np.ndarray  # float64: numbers, nanoseconds since the earliest date, bools, codes of text or of categories
    source: str = "number"  # "number", "date", "bool", "text" or "category"
    exact: np.ndarray | None = None  # whole numbers of the same order, of which `values` may be rounded
    text: np.ndarray | Decoded | None = None  # the text that the codes replace
    offset: float = 0.0  # the smallest of whole numbers that are counted from it
    name: object = None  # that of the column in its table
    labels: np.ndarray | Decoded | None = None  # what the codes of categories or the bools stand for

    @property
    def nominal(self):
        """Whether the values are classes without order."""
        return self.source not in ("number", "date")

    @property
    def levels(self):
        """The values, equal in two rows if and only if the values of the container are."""
        return self.values if self.exact is None else self.exact

    def codes(self):
        """Compute one dense int64 code per row."""
        if self.source in ("text", "category"):
            return self.values.astype(np.int64)  # which are codes already
        return as_codes(self.values.astype(np.int64) if self.nominal else self.levels)

    def label(self, row):
        """Return the value of a row as its container shows it, of dates the nanoseconds since the earliest."""
        for labels in (self.text, self.labels):
            if labels is not None:
                return labels[row]
        return bool(self.values[row]) if self.source == "bool" else self.values[row] + self.offset


def typed(where, array, *, category=False):
    """Read a one-dimensional array of a numpy dtype; `where` names it in messages."""
    kind = array.dtype.kind
    if category:
        return Column(as_codes(array, where).astype(np.float64), "category", labels=array)
    if kind == "b":
        return Column(array.astype(np.float64), "bool")
    if kind in "iu":
        return _whole_numbers(array)
    if kind == "f":
        array = np.asarray(array, np.float64)
        require_finite(where, array)
        return Column(array)
    if kind in "mM":
        return _dates(where, array)
    if kind == "c":
        raise ValueError(f"Complex data not supported: {where} holds complex numbers; pass real and imaginary parts")
    if kind == "V":
        return _other_floats(where, array)
    if kind == "T":
        _require_text(where, array)
    return Column(as_codes(array, where).astype(np.float64), "text", text=array)


def is_wide(array):
    """Whether whole numbers exceed those that a float64 holds exactly."""
    return array.size > 0 and max(int(array.max()), -int(array.min())) > _EXACT


def _whole_numbers(array):
    if not is_wide(array):
        return Column(np.asarray(array, np.float64), exact=array)
    smallest = int(array.min())
    offsets = array.astype(np.uint64) - np.uint64(smallest % 2**64)  # modulo 2^64, which no span reaches
    return _offsets(offsets)._replace(offset=float(smallest))


def _offsets(array, unit=1.0):
    """Read whole numbers counted from the smallest, in multiples of a unit."""
    exact = None if int(array.max()) * max(unit, 1.0) < _EXACT else array
    values = array.astype(np.float64)
    return Column(values if unit == 1.0 else values * unit, exact=exact)


def _dates(where, array):
    """Count nanoseconds since the earliest, as those since 1970 exceed the 53 bits of a float64."""
    require_none(where, np.isnat(array), "NaN (not a time)")
    if array.dtype.kind == "M" and np.datetime_data(array.dtype)[0] in "YM":
        array = array.astype("datetime64[D]")
    unit, count = np.datetime_data(array.dtype)
    ticks = array.astype(np.int64)
    ticks = ticks.astype(np.uint64) - np.uint64(int(ticks.min()) % 2**64)
    return _offsets(ticks, _NANOSECONDS[unit] * count)._replace(source="date")


def _other_floats(where, array):
    """Read the small floats and integers of ml_dtypes, which have no kind in numpy (void)."""
    if array.dtype.names is not None:
        raise TypeError(f"{where} holds records with the fields {array.dtype.names}; pass pandas.DataFrame({where})")
    if array.dtype.type is np.void:
        raise TypeError(f"{where} holds raw bytes ({array.dtype}); pass numbers, text, dates or categories")
    return typed(where, array.astype(np.float64))


def _require_text(where, array):
    from pandas import isna

    require_none(where, isna(array.astype(object)), "missing text")
