"""Single columns of a frame, each as classes or as numbers, for estimates of many pairs of columns."""

from functools import cached_property

import numpy as np

from skib._columns._kinds import holds_classes
from skib._columns._reader import Column, target_columns
from skib._columns._variable import Variable
from skib._marginals import sort_column
from skib._validation import as_codes
from skib._warnings import ConstantInputWarning, UnreliableEstimateWarning, warn

# One more than the neighbors that are looked for.
_LEAST_ROWS = 6


class DiscreteColumn:
    """A column of classes: categories without order (nominal), or numbers on few levels."""

    kind = "discrete"

    def __init__(self, codes, nominal, name=None, raw=None):
        self.codes, self.nominal, self.name, self.raw, self.n_samples = codes, nominal, name, raw, len(codes)
        self.counts = np.bincount(codes)
        self.constant = len(self.counts) == 1

    @cached_property
    def null_key(self):
        """Key of the null distribution of a pair: rows per level (of numbers, in ascending order of the levels)."""
        counts = np.sort(self.counts) if self.nominal else self.counts
        return self.kind, self.nominal, counts.tobytes()

    def null_representative(self):
        """Return a column with the same null key, its rows in order."""
        counts = np.frombuffer(self.null_key[-1], np.int64)
        return DiscreteColumn(np.repeat(np.arange(len(counts)), counts), self.nominal)

    def permuted(self, order):
        """Return the column with its rows in another order."""
        return DiscreteColumn(self.codes[order], self.nominal)

    @property
    def as_numbers(self):
        """The ranks of the levels, as numbers."""
        return ContinuousColumn(self.codes.astype(np.float64))


class ContinuousColumn:
    """A column of numbers on many levels, of which only the ranks are used."""

    kind = "continuous"
    constant = False

    def __init__(self, values, name=None, raw=None):
        self.values, self.name, self.raw, self.n_samples = values, name, raw, len(values)

    @cached_property
    def sorted(self):
        """The sorted normal scores."""
        return sort_column(self.values, "rank")

    @cached_property
    def untied(self):
        """Whether hardly any rows share a value."""
        return Variable([Column(self.values)]).is_continuous

    @cached_property
    def null_key(self):
        """Key of the null distribution of a pair: rows per value, in ascending order of the values.

        All columns of few ties share one key: the effect of a few ties is below the noise of the permutations.
        """
        shares = b"" if self.untied else np.unique(self.values, return_counts=True)[1].tobytes()
        return self.kind, False, shares

    def null_representative(self):
        """Return a column with the same null key, its rows in order."""
        return ContinuousColumn(np.arange(self.n_samples) if self.untied else np.sort(self.values))

    def permuted(self, order):
        """Return the column with its rows in another order."""
        return ContinuousColumn(self.values[order])


def columns_of(frame):
    """Validate a pandas, polars or pyarrow table or a two-dimensional array; returns its columns."""
    columns = [column_of(values, name) for name, values in _named_columns(frame)]
    if not columns:
        raise ValueError("expected at least one column, got none")
    warn_of_columns(columns)
    return columns


def column_of(values, name):
    """Validate one column; returns a DiscreteColumn if it holds classes, a ContinuousColumn if it holds numbers."""
    raw = np.asarray(values)
    if isinstance(getattr(values, "dtype", None), np.dtype) and raw.dtype.kind in "iu" and len(raw):
        column = Column(raw)
    else:
        column = target_columns(values, len(raw), f"column {name!r}")[0]
    if holds_classes(column):
        return DiscreteColumn(as_codes(column.values), column.nominal, name, raw)
    if len(raw) < _LEAST_ROWS:
        raise ValueError(f"column {name!r} holds numbers, which takes {_LEAST_ROWS} rows or more, got {len(raw)}")
    return ContinuousColumn(column.values.astype(np.float64), name, raw)


def warn_of_columns(columns):
    """Warn of constant columns, and of those that look like identifiers."""
    constant = [column.name for column in columns if column.constant]
    if constant:
        message = f"columns {constant} are constant: their mutual information with anything is 0"
        warn(message, ConstantInputWarning)
    names = [column.name for column in columns if _is_identifier(column)]
    if names:
        warn(
            f"columns {names} hold whole numbers of which no two are equal, as identifiers do: taken as numbers, they "
            "are informative by their order alone; leave identifiers out",
            UnreliableEstimateWarning,
        )


def _is_identifier(column):
    return column.kind == "continuous" and column.raw.dtype.kind in "iu" and not column.sorted.tied


def _named_columns(frame):
    if hasattr(frame, "items"):
        return list(frame.items())
    names = getattr(frame, "column_names", getattr(frame, "columns", None))
    if names is not None:
        return [(name, np.asarray(frame[name])) for name in names]
    array = np.asarray(frame)
    if array.ndim != 2:
        raise ValueError(f"expected a table of rows and columns, got shape {array.shape}; pass a frame or a 2-D array")
    return list(enumerate(array.T))
