"""Whether a column holds classes or numbers: the one answer.

Text, bools and categories are classes. Numbers of every dtype, dates and durations are classes if they take at most
max(2, sqrt(n_samples)) distinct values, otherwise numbers.

The default estimate looks closer where two variables meet: a single column of whole numbers whose levels repeat is
taken as labels if what it tells about the other variable does not follow its order (see ``read_labels``).
"""

from math import sqrt

import numpy as np


def holds_classes(column):
    """Whether a Column holds classes."""
    return column.nominal or few_levels(column.levels)


def few_levels(values):
    """Whether a column takes at most max(2, sqrt(n_samples)) distinct values."""
    most = most_levels(len(values))
    first = values[: int(2 * most)]  # enough to see it of most columns of numbers
    return len(np.unique(first)) <= most and len(np.unique(values)) <= most


def most_levels(n_samples):
    """Largest number of distinct values that n_samples numbers may take as classes."""
    return max(2, sqrt(n_samples))
