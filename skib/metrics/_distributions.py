"""Rows of probabilities, and the labels of their columns."""

import numpy as np

from skib._columns import read_columns, require_same_length
from skib._validation import check_target

# Rows are normalized if their sums are as near to 1 as numbers of 8 bits (bfloat16) leave them.
_ROUNDING = 5e-3


def check_distributions(name, rows):
    """Validate rows of probabilities that sum to 1; returns float64 of shape (n_rows, n_columns), normalized."""
    p = check_target(rows, len(rows), name)
    if p.shape[1] < 2:
        raise ValueError(f"{name} has shape {p.shape}; pass one column of probabilities per class, two or more")
    sums = p.sum(axis=1)
    off = (p.min(axis=1) < 0) | (np.abs(sums - 1) > _ROUNDING)
    if off.any():
        row = int(np.argmax(off))
        raise ValueError(
            f"{int(off.sum())} of {len(p)} rows of {name} are no probabilities, first row {row} with smallest entry "
            f"{p[row].min():.4g} and sum {sums[row]:.4g}; apply the softmax to logits, or divide counts by their sum"
        )
    return p / sums[:, None]


def label_columns(y, classes, shape):
    """Return the number of the column that each label names.

    Without `classes`, whole numbers below the number of columns are numbers of columns, as in frameworks of networks;
    other labels count in their sorted order, as in scikit-learn, if there are as many as columns.
    """
    n_samples, n_columns = shape
    columns = read_columns("y", y)
    if len(columns) > 1:
        raise ValueError(f"y should be one label per row, got {len(columns)} columns; pass the numbers of the classes")
    require_same_length(n_samples, len(columns[0].values), "y", "P")
    values = columns[0].values + columns[0].offset
    is_number = columns[0].source in ("number", "bool")
    if classes is None and is_number and np.isin(values, np.arange(n_columns)).all():
        return values.astype(np.int64)
    labels = np.asarray(y).reshape(n_samples)
    names = np.unique(labels) if classes is None else np.asarray(classes)
    if len(names) != n_columns or len(np.unique(names)) != n_columns:
        raise ValueError(
            f"P has {n_columns} columns, but there are {len(np.unique(names))} labels; pass classes, the label of each "
            "column of P"
        )
    unknown = ~np.isin(labels, names)
    if unknown.any():
        raise ValueError(f"y has the label {labels[unknown][0]!r}, which is not in classes: {names.tolist()}")
    order = np.argsort(names)
    return order[np.searchsorted(names[order], labels)]
