"""A variable: one or more columns taken jointly, each of classes or of numbers."""

from functools import cached_property

import numpy as np

from skib._columns._kinds import holds_classes
from skib._kernels.counts import joint_codes
from skib._marginals import is_tied
from skib._ties import has_atom

# Up to this share of rows may share a value and the column still counts as continuous.
TIED_SHARE = 0.01


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
        """Whether every column holds classes."""
        return all(map(holds_classes, self.columns))

    @cached_property
    def is_continuous(self):
        """Whether every column holds numbers, of which at most one row in a hundred shares a value with another."""
        if self.nominal.any() or self.is_classes:
            return False
        return all(np.mean(is_tied(np.sort(column))) <= TIED_SHARE for column in self.values.T)

    @cached_property
    def has_no_atoms(self):
        """Whether every column holds numbers, none of which is the value of more than 5 % of the rows."""
        return not self.nominal.any() and not any(map(has_atom, self.values.T))

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
