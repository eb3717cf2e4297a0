"""What one side of an estimate holds: classes, numbers, or both."""

from functools import cached_property

import numpy as np

from skib._columns._kinds import few_levels
from skib._kernels.counts import joint_codes
from skib._marginals import is_tied
from skib._validation import as_codes

# Up to this share of rows may share a value and the column still counts as continuous.
TIED_SHARE = 0.01


class Variable:
    """Columns of one variable, taken together; made of what ``check_columns`` returns."""

    def __init__(self, columns):
        self.n_samples = n_samples = len(columns[0].values)
        self.columns = varying = [column for column in columns if (column.values != column.values[0]).any()]
        self.values = np.column_stack([np.empty((n_samples, 0)), *(column.values for column in varying)])
        self.nominal = np.array([column.nominal for column in varying], bool)

    @property
    def n_columns(self):
        """Number of columns that are not constant."""
        return self.values.shape[1]

    @cached_property
    def is_classes(self):
        """Whether every column takes few values."""
        return all(nominal or few_levels(column) for nominal, column in zip(self.nominal, self.values.T, strict=True))

    @cached_property
    def is_continuous(self):
        """Whether in no column more than a few rows share a value."""
        if self.nominal.any() or self.is_classes:
            return False
        return all(np.mean(is_tied(np.sort(column))) <= TIED_SHARE for column in self.values.T)

    @cached_property
    def codes(self):
        """One code per row."""
        if not self.n_columns:
            return np.zeros(self.n_samples, np.int64)
        return joint_codes([as_codes(column) for column in self.values.T])
