"""Single columns of a frame, each as classes or as numbers, for estimates of many pairs of columns."""

from functools import cached_property

import numpy as np

from skib._columns._arguments import require_no_measurements_as_text
from skib._columns._block import block_columns
from skib._columns._containers import opened, split
from skib._columns._incomplete import complete_values
from skib._columns._kinds import holds_classes, most_levels
from skib._columns._labels import two_valued_as_bools, warn_of_labels
from skib._columns._reader import read_array
from skib._columns._repeated import Repeated, repeated_classes, repeated_columns
from skib._columns._typed import Column, typed
from skib._columns._variable import shown
from skib._kernels.counts import dense_codes
from skib._marginals import is_tied, sort_column
from skib._ties import has_atom
from skib._warnings import ConstantInputWarning, listed, warn

# One more than the neighbors that are looked for.
_LEAST_ROWS = 6
# Share of tied rows whose effect on a null is below the noise of the permutations.
_TIED_SHARE = 0.01


class DiscreteColumn:
    """A column of classes: categories without order (nominal), or numbers on few levels.

    Rows without a value are a level of their own, the last one; as its place has no meaning, the column is nominal.
    """

    kind = "discrete"
    complete = None

    def __init__(self, codes, nominal, name=None, raw=None, n_missing=0, counts=None):
        self.stored, self.nominal, self.name, self.n_samples = codes, nominal, name, len(codes)
        self._raw = raw
        self.counts = np.bincount(codes) if counts is None else counts
        self.constant = len(self.counts) == 1
        self.n_missing = n_missing

    @cached_property
    def codes(self):
        """The codes as int64, of which products do not overflow; `stored` may be of one byte each."""
        return self.stored.astype(np.int64, copy=False)

    @cached_property
    def raw(self):
        """The values of the table; made when they are first needed, if their labels and codes are held instead."""
        return self._raw.values() if isinstance(self._raw, Repeated) else self._raw

    @property
    def dtype(self):
        """The dtype of these values."""
        return self._raw.dtype

    def label(self, row):
        """Return the label of a row, for messages."""
        return shown(self.raw[row])

    @cached_property
    def null_key(self):
        """Key of the null distribution of a pair: rows per level (of numbers, in ascending order of the levels)."""
        counts = np.sort(self.counts) if self.nominal else self.counts
        return self.kind, self.nominal, self.n_samples, counts.tobytes()

    def null_representative(self):
        """Return a column with the same null key, its rows in order."""
        return null_representative(self.null_key)

    def permuted(self, order):
        """Return the column with its rows in another order."""
        return DiscreteColumn(self.codes[order], self.nominal)

    def taken(self, rows):
        """Return the rows of a mask as a column."""
        codes = dense_codes(self.codes[rows], len(self.counts))
        return DiscreteColumn(codes, self.nominal, self.name, None if self.raw is None else self.raw[rows])

    @property
    def as_numbers(self):
        """The ranks of the levels, as numbers."""
        return ContinuousColumn(self.codes.astype(np.float64))


class ContinuousColumn:
    """A column of numbers on many levels, of which only the ranks are used.

    `values` are NaN in rows without a value; `raw` holds the other rows only.
    """

    kind = "continuous"

    def __init__(self, values, name=None, raw=None):
        self.values, self.name, self.raw, self.n_samples = values, name, raw, len(values)

    @property
    def dtype(self):
        """The dtype of the values of the table."""
        return self.raw.dtype

    @cached_property
    def constant(self):
        """Whether all values are one: rows of a mask may be, and what its caller takes for numbers."""
        known = self.known
        return not len(known) or (known[0] == known[-1] and not (known != known[0]).any())

    @cached_property
    def complete(self):
        """The mask of the rows that have a value, None if all have."""
        missing = np.isnan(self.values)
        return ~missing if missing.any() else None

    @property
    def n_missing(self):
        """Number of rows without a value."""
        return self.n_samples - len(self.known)

    @property
    def known(self):
        """The values of the rows that have one."""
        return self.values if self.complete is None else self.values[self.complete]

    @cached_property
    def sorted(self):
        """The sorted normal scores."""
        return sort_column(self.known, "rank")

    def forget_sorted(self):
        """Free the sorted scores, which are made again where they are needed."""
        self.__dict__.pop("sorted", None)

    @cached_property
    def is_continuous(self):
        """Whether no value is an atom, as in ``Variable``."""
        return not has_atom(self.known)

    @cached_property
    def tied_share(self):
        """Share of the rows whose value another row has; found without the scores, which take several times as much."""
        return float(np.mean(is_tied(np.sort(self.known))))

    @property
    def untied(self):
        """Whether at most one row in a hundred shares a value with another."""
        return self.tied_share <= _TIED_SHARE

    @cached_property
    def null_key(self):
        """Key of the null distribution of a pair: rows per value, in ascending order of the values.

        All columns of few ties share one key: the effect of a few ties is below the noise of the permutations.
        """
        shares = b"" if self.untied else np.unique(self.known, return_counts=True)[1].tobytes()
        return self.kind, False, len(self.known), shares

    def null_representative(self):
        """Return a column with the same null key, its rows in order."""
        return null_representative(self.null_key)

    def permuted(self, order):
        """Return the column with its rows in another order, and with what does not depend on that."""
        column = ContinuousColumn(self.values[order])
        if self.complete is None:
            column.complete, column.constant, column.is_continuous = None, self.constant, self.is_continuous
            column.sorted = self.sorted.permuted(order)
        return column

    def taken(self, rows):
        """Return the rows of a mask, which all have a value, as a column."""
        of_raw = rows if self.complete is None else rows[self.complete]
        return ContinuousColumn(self.values[rows], self.name, None if self.raw is None else self.raw[of_raw])


class _Missing:
    """The label of the level of rows without a value."""

    def __repr__(self):
        return "missing"


MISSING = _Missing()


def null_representative(key):
    """Return a column with a null key, its rows in order."""
    kind, nominal, n_samples, shares = key
    counts = np.frombuffer(shares, np.int64) if shares else np.ones(n_samples, np.int64)
    codes = np.repeat(np.arange(len(counts)), counts)
    return DiscreteColumn(codes, nominal) if kind == "discrete" else ContinuousColumn(codes.astype(np.float64))


def complete_rows(columns):
    """Return the mask of the rows in which no column of numbers misses one; None if there are none but such rows."""
    masks = [column.complete for column in columns if column.complete is not None]
    return np.logical_and.reduce(masks) if masks else None


def complete_pair(x, y):
    """Return two columns in their complete rows."""
    rows = complete_rows([x, y])
    return (x, y) if rows is None else (x.taken(rows), y.taken(rows))


def columns_of(frame, name="frame", *, missing="error", discrete=None):
    """Validate the columns of a table, each for itself; `name` is that of the argument.

    With ``missing="auto"`` rows may be without a value in any column, with ``"error"`` they are refused. `discrete` is
    called with the number of columns and returns whether each holds classes, None for what its values look like.
    """
    table = opened(name, frame)
    parts = split(name, table, table=True, arrays=False)
    of_column = [None] * len(parts) if discrete is None else discrete(len(parts))
    columns, found = [], (block_columns(table, len(parts)), repeated_columns(table, len(parts)))
    for j, (block_column, repeated, (label, part)) in enumerate(zip(*found, parts, strict=True)):
        label = j if label is None else label
        column = _of_block(label, part, block_column, of_column[j]) or _of_repeated(label, repeated, of_column[j])
        columns.append(column or column_of_part(label, part, missing=missing, discrete=of_column[j]))
    warn_of_columns(columns)
    return columns


def _of_block(name, part, column, discrete):
    """Return the DiscreteColumn of a BlockColumn, None if there is none or it holds numbers; see ``column_of_part``."""
    if column is None or (discrete is not None and not discrete):
        return None
    codes, counts = column
    raw = np.asarray(part)
    nominal = raw.dtype.kind == "b" or (discrete is None and len(counts) == 2)
    if discrete is None and not nominal and len(counts) > most_levels(len(codes)):
        return None
    return DiscreteColumn(codes, nominal, name, raw, counts=counts)


def _of_repeated(name, repeated, discrete=None):
    """Return the DiscreteColumn of a ``Repeated``, None if there is none or the column is taken as numbers."""
    if repeated is None or (discrete is not None and not discrete):
        return None
    return DiscreteColumn(repeated.codes, True, name, repeated, counts=repeated.counts)


def column_of(values, name, *, missing="error", discrete=None, remedy="pass one column after the other"):
    """Validate an argument of one column; returns a DiscreteColumn for classes, a ContinuousColumn for numbers."""
    parts = split(name, opened(name, values))
    if len(parts) > 1:
        raise ValueError(f"{name} has {len(parts)} columns, but one is required; {remedy}")
    return column_of_part(name, parts[0][1], name, missing=missing, discrete=discrete)


def column_of_part(name, part, where=None, *, missing, discrete=None):
    """Validate one column, which messages name by `where`; `discrete` tells whether it holds classes, if not None."""
    where = f"column {name!r}" if where is None else where
    if (discrete is None or discrete) and (repeated := repeated_classes(part)):
        return _of_repeated(name, repeated)
    if missing == "error":
        complete, raw, category = None, *read_array(where, part)
    else:
        complete, raw, category = complete_values(where, part)
        if not len(raw):
            return _incomplete_classes(np.empty(0, np.int64), complete, name, raw)
    column = typed(where, raw, category=category)
    require_no_measurements_as_text(where, [column])
    if discrete is None:
        column = two_valued_as_bools([column])[0]
        discrete = holds_classes(column)
    elif not discrete and column.source in ("text", "category"):
        raise ValueError(f"{where} holds {column.source}, which cannot be taken as numbers; take it as discrete")
    if category:
        from pandas import Categorical

        raw = Categorical(raw)
    if discrete:
        if complete is not None:
            return _incomplete_classes(column.codes(), complete, name, raw)
        return DiscreteColumn(column.codes(), column.nominal, name, raw)
    if len(part) < _LEAST_ROWS:
        raise ValueError(
            f"{where} holds numbers, whose information needs at least {_LEAST_ROWS} rows, got n_samples = {len(raw)}; "
            "pass more rows"
        )
    return ContinuousColumn(column.values if complete is None else _spread(column.values, complete), name, raw)


def _incomplete_classes(codes, complete, name, raw):
    """Return classes with a level of its own for the rows without a value; `codes` and `raw` are of the other rows."""
    from pandas import Categorical, Index

    n_levels = codes.max(initial=-1) + 1
    all_codes = np.full(len(complete), n_levels)
    all_codes[complete] = codes
    first = np.unique(codes, return_index=True)[1]
    labels = Index([*np.asarray(raw, object)[first], MISSING], dtype=object)
    return DiscreteColumn(all_codes, True, name, Categorical.from_codes(all_codes, labels), int(np.sum(~complete)))


def _spread(values, complete):
    """Return the values of the complete rows in their places, and NaN in the others."""
    spread = np.full(len(complete), np.nan)
    spread[complete] = values
    return spread


def warn_of_columns(columns):
    """Warn of constant columns, and of those that look like identifiers."""
    warn_of_constant_columns([column.name for column in columns if column.constant])
    numbers = [c for c in columns if c.kind == "continuous" and c.raw.dtype.kind in "iuf"]
    warn_of_labels([(f"column {c.name!r}", Column(c.known)) for c in numbers])


def warn_of_constant_columns(names):
    """Warn of columns that are constant, if there are any."""
    if names:
        shown_names = listed([repr(name) for name in names])
        message = f"columns [{shown_names}] are constant: their mutual information with anything is 0"
        warn(message, ConstantInputWarning)
