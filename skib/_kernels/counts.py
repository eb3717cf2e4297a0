"""Counting codes: int64 arrays of the values 0 to n_values - 1, one per row.

A table with one cell per possible value is counted in one pass; where it would have far more cells than there are
rows, sorting the values that occur is faster and smaller.
"""

import numpy as np

from skib._jit import njit

# Tables up to this many cells per row beat sorting by a factor of 10 and take no more memory than it does.
_CELLS_PER_ROW = 4


def dense_codes(values, n_values):
    """Renumber values in 0 to n_values - 1 so that those which occur become 0, 1, 2, ... in the same order."""
    if n_values <= _CELLS_PER_ROW * len(values):
        occurs = np.zeros(n_values, bool)
        occurs[values] = True
        return (np.cumsum(occurs) - 1)[values]
    return np.unique(values, return_inverse=True)[1].astype(np.int64, copy=False)


def codes_by_appearance(values):
    """Renumber values in the order of their first rows, whatever the values themselves are."""
    _, first, codes = np.unique(values, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[codes]


def joint_codes(columns):
    """One dense code per row of several columns of dense codes: equal rows, and only they, share a code."""
    joint = None
    for codes in columns:
        if joint is None:
            joint, n_joint = codes, codes.max() + 1
        elif n_joint < len(joint):  # else all rows differ already
            n_values = codes.max() + 1
            # Renumbered after each column, the product stays below n_samples squared: no overflow.
            joint = dense_codes(joint * n_values + codes, n_joint * n_values)
            n_joint = joint.max() + 1
    return joint


def joint_counts(x, y, n_x, n_y):
    """How often each pair of codes occurs that occurs at all, in the order of the pairs."""
    if n_x * n_y <= _CELLS_PER_ROW * len(x):
        table = contingency_table(x, y, n_x, n_y).ravel()
        return table[table > 0]
    return np.unique(x * n_y + y, return_counts=True)[1]


@njit
def contingency_table(x, y, n_x, n_y):
    """How often each pair of codes occurs, as a table of shape (n_x, n_y)."""
    table = np.zeros((n_x, n_y), np.int64)
    for i in range(len(x)):
        table[x[i], y[i]] += 1
    return table
