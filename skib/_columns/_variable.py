"""A variable: one or more columns taken jointly, each of classes or of numbers."""

from functools import cached_property

import numpy as np

from skib._columns._kinds import holds_classes
from skib._kernels.counts import joint_codes
from skib._ties import has_atom

# Share of the rows that are alone in their joint class beyond which columns of whole numbers are not classes together.
_MOST_ALONE = 0.5


class Variable:
    """Columns taken jointly as one variable; made of the list that ``check_columns`` returns."""

    def __init__(self, columns):
        self.n_samples = n_samples = len(columns[0].values)
        self.columns = varying = [column for column in columns if (column.levels != column.levels[0]).any()]
        self.values = np.column_stack([np.empty((n_samples, 0)), *(column.values for column in varying)])
        self.nominal = np.array([column.nominal for column in varying], bool)

    @property
    def n_columns(self):
        """Number of columns that are not constant."""
        return self.values.shape[1]

    @cached_property
    def is_classes(self):
        """Whether every column holds classes, which do not look like rounded numbers together."""
        return all(map(holds_classes, self.columns)) and not self._are_rounded

    @cached_property
    def is_continuous(self):
        """Whether every column holds numbers without an atom, and not all of them hold classes."""
        return not self.is_classes and self.has_no_atoms

    @cached_property
    def has_no_atoms(self):
        """Whether every column holds numbers, none of which is an atom (see ``has_atom``)."""
        return not self.nominal.any() and not any(map(has_atom, self.values.T))

    @cached_property
    def _are_rounded(self):
        """Whether several columns of numbers on few levels have rows that hardly repeat, or fractions and no atom."""
        if self.n_columns < 2 or self.nominal.any():
            return False
        if self.has_no_atoms and (self.values != np.rint(self.values)).any():
            return True
        return bool(np.mean(np.bincount(self.codes)[self.codes] == 1) > _MOST_ALONE)

    def label(self, row):
        """Return the label of a row, for messages: that of its columns, which hold classes."""
        labels = [shown(column.label(row)) for column in self.columns]
        return labels[0] if len(labels) == 1 else f"({', '.join(labels)})"

    @cached_property
    def codes(self):
        """One code per row: equal rows, and only they, share a code."""
        if not self.n_columns:
            return np.zeros(self.n_samples, np.int64)
        return joint_codes([column.codes() for column in self.columns])


def shown(label):
    """Return a label as text; a whole number without a fraction."""
    label = label.item() if isinstance(label, np.generic) else label
    return f"{label:g}" if isinstance(label, float) else repr(label)
