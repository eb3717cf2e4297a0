"""Whether a column holds classes or numbers."""

import numpy as np

from skib._validation import unboxed


def is_discrete(y):
    """Whether a target holds classes: text, bool, category, or whole numbers with at most sqrt(n_samples) levels."""
    if str(getattr(y, "dtype", "")) == "category":
        return True
    y = unboxed(np.asarray(y))
    if y.dtype.kind in "mM":
        return False
    if y.dtype.kind not in "iuf":
        return True
    if y.dtype.kind == "f" and not (np.isfinite(y).all() and (y == np.rint(y)).all()):
        return False
    return len(np.unique(y)) <= most_levels(len(y))


def few_levels(column):
    """Whether a column takes at most sqrt(n_samples) values."""
    return len(np.unique(column)) <= most_levels(len(column))


def most_levels(n_samples):
    """How many levels n_samples rows may have and still be taken for classes."""
    return max(2, np.sqrt(n_samples))
