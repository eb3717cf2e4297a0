"""The columns of a frame, each as symbols or as numbers."""

import warnings
from functools import cached_property

import numpy as np

from skib._validation import ConstantInputWarning, UnreliableEstimateWarning, as_codes, check_target, is_discrete
from skib.mutual_info._margins import line

# One more than the neighbours that are looked for.
_LEAST_ROWS = 6


class DiscreteColumn:
    """A column of symbols."""

    kind = "discrete"

    def __init__(self, codes, name=None, raw=None):
        self.codes, self.name, self.raw, self.n_samples = codes, name, raw, len(codes)
        self.counts = np.bincount(codes)
        self.constant = len(self.counts) == 1

    @property
    def margin(self):
        """What the null of a pair depends on: the counts of the levels, in ascending order."""
        return self.kind, np.sort(self.counts).tobytes()

    def sorted_twin(self):
        """A column with the same margin and the rows in order."""
        return DiscreteColumn(np.repeat(np.arange(len(self.counts)), np.sort(self.counts)))

    def permuted(self, order):
        """The column with its rows in another order."""
        return DiscreteColumn(self.codes[order])


class ContinuousColumn:
    """A column of numbers, put on the scale of the normal scores of its ranks."""

    kind = "continuous"
    constant = False

    def __init__(self, values, name=None, raw=None):
        self.values, self.name, self.raw, self.n_samples = values, name, raw, len(values)

    @cached_property
    def line(self):
        """The sorted scores."""
        return line(self.values, "rank")

    @property
    def margin(self):
        """What the null of a pair depends on: how many rows share each value, in ascending order of the values."""
        return self.kind, np.unique(self.values, return_counts=True)[1].tobytes()

    def sorted_twin(self):
        """A column with the same margin and the rows in order."""
        return ContinuousColumn(np.sort(self.values))

    def permuted(self, order):
        """The column with its rows in another order; what is sorted needs no sorting."""
        column = ContinuousColumn(self.values[order])
        rank = self.line.rank[order]
        rows = np.empty(len(rank), np.int64)
        rows[rank] = np.arange(len(rank))
        column.line = self.line._replace(rank=rank, order=rows)
        return column


def column_of(values, name):
    """A column of symbols (text, categories, bools, few whole numbers, a constant), else of numbers."""
    raw, name_in_errors = np.asarray(values), f"column {name!r}"
    if not len(raw):
        raise ValueError(f"{name_in_errors} has 0 rows; pass at least one")
    if is_discrete(values):
        return DiscreteColumn(as_codes(values, name_in_errors), name, raw)
    numbers = check_target(values, len(raw), name_in_errors)[:, 0]
    if numbers.min() == numbers.max():
        return DiscreteColumn(np.zeros(len(numbers), np.int64), name, raw)
    if len(raw) < _LEAST_ROWS:
        raise ValueError(f"{name_in_errors} is continuous, which needs {_LEAST_ROWS} rows or more, got {len(raw)}")
    return ContinuousColumn(numbers, name, raw)


def columns_of(frame):
    """The columns of a pandas, polars or pyarrow table or of a two-dimensional array, validated."""
    columns = [column_of(values, name) for name, values in _named_columns(frame)]
    if not columns:
        raise ValueError("expected at least one column, got none")
    _warn_of_constants(columns)
    _warn_of_identifiers(columns)
    return columns


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


def _warn_of_constants(columns):
    names = [column.name for column in columns if column.constant]
    if names:
        message = f"columns {names} are constant: their mutual information with anything is 0"
        warnings.warn(message, ConstantInputWarning, stacklevel=4)


def _warn_of_identifiers(columns):
    names = [column.name for column in columns if column.raw.dtype.kind in "iu" and _all_distinct(column)]
    if names:
        warnings.warn(
            f"columns {names} hold whole numbers of which no two are equal, as identifiers do: taken as numbers, these "
            "can only tell by their order; leave identifiers out",
            UnreliableEstimateWarning,
            stacklevel=4,
        )


def _all_distinct(column):
    return column.kind == "continuous" and not column.line.tied
