"""Single columns of a frame, each as classes or as numbers, for estimates of many pairs of columns."""

from functools import cached_property

import numpy as np

from skib._columns._arguments import require_no_measurements_as_text
from skib._columns._containers import opened, split
from skib._columns._kinds import holds_classes
from skib._columns._labels import two_valued_as_bools, warn_of_labels
from skib._columns._reader import read_array
from skib._columns._typed import Column, typed
from skib._columns._variable import Variable, shown
from skib._marginals import sort_column
from skib._warnings import ConstantInputWarning, listed, warn

# One more than the neighbors that are looked for.
_LEAST_ROWS = 6


class DiscreteColumn:
    """A column of classes: categories without order (nominal), or numbers on few levels."""

    kind = "discrete"

    def __init__(self, codes, nominal, name=None, raw=None):
        self.codes, self.nominal, self.name, self.raw, self.n_samples = codes, nominal, name, raw, len(codes)
        self.counts = np.bincount(codes)
        self.constant = len(self.counts) == 1

    def label(self, row):
        """Return the label of a row, for messages."""
        return shown(self.raw[row])

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


def columns_of(frame, name="frame"):
    """Validate the columns of a table, each for itself; `name` is that of the argument."""
    parts = split(name, opened(name, frame), table=True, arrays=False)
    columns = [_column(j if label is None else label, part) for j, (label, part) in enumerate(parts)]
    warn_of_columns(columns)
    return columns


def column_of(values, name, *, remedy="pass one column after the other"):
    """Validate an argument of one column; returns a DiscreteColumn for classes, a ContinuousColumn for numbers."""
    parts = split(name, opened(name, values))
    if len(parts) > 1:
        raise ValueError(f"{name} has {len(parts)} columns, but one is required; {remedy}")
    return _column(name, parts[0][1], name)


def _column(name, part, where=None):
    where = f"column {name!r}" if where is None else where
    raw, category = read_array(where, part)
    column = typed(where, raw, category=category)
    require_no_measurements_as_text(where, [column])
    column = two_valued_as_bools([column])[0]
    if category:
        from pandas import Categorical

        raw = Categorical(raw)
    if holds_classes(column):
        return DiscreteColumn(column.codes(), column.nominal, name, raw)
    if len(raw) < _LEAST_ROWS:
        raise ValueError(
            f"{where} holds numbers, whose information needs at least {_LEAST_ROWS} rows, got n_samples = {len(raw)}; "
            "pass more rows"
        )
    return ContinuousColumn(column.values, name, raw)


def warn_of_columns(columns):
    """Warn of constant columns, and of those that look like identifiers."""
    constant = [repr(column.name) for column in columns if column.constant]
    if constant:
        message = f"columns [{listed(constant)}] are constant: their mutual information with anything is 0"
        warn(message, ConstantInputWarning)
    numbers = [c for c in columns if c.kind == "continuous" and c.raw.dtype.kind in "iuf"]
    warn_of_labels([(f"column {c.name!r}", Column(c.values)) for c in numbers])
