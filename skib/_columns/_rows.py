"""Rows and columns of containers, selected without a loss of their types."""

import numpy as np
from scipy.sparse import issparse

from skib._columns._containers import opened, split
from skib._columns._foreign import library_of
from skib._sklearn import safe_indexing


def indexable(name, values):
    """Return a container whose rows ``take_rows`` can select; refuse what is none."""
    return values if issparse(values) else opened(name, values)


def take_rows(values, rows):
    """Select rows of an indexable container by their numbers."""
    is_pandas_array = hasattr(values, "isna") and not hasattr(values, "iloc")
    if library_of(values) == "pyarrow" or is_pandas_array:
        return values.take(rows)
    return safe_indexing(values, rows)


def as_table(name, values):
    """Return a single column as a table of one column, and a table as it is."""
    values = opened(name, values)
    if isinstance(values, np.ndarray):
        return values[:, None] if values.ndim == 1 else values
    if hasattr(values, "columns"):
        return values
    if hasattr(values, "to_frame"):
        return values.to_frame()
    if library_of(values) == "pyarrow":
        import pyarrow as pa

        return pa.table({name: values})
    from pandas import DataFrame

    return DataFrame({name: values})


def feature_table(X):
    """Return the table of features X in memory; refuse columns of arrays, which are several features each."""
    if issparse(X):
        return X
    X = opened("X", X)
    split("X", X, table=True, arrays=False)
    return X


def single_columns(X):
    """Return each column of a table as a table of its own, with the types of the table."""
    if issparse(X) or isinstance(X, np.ndarray):
        return [X[:, [j]] for j in range(X.shape[1])]
    if hasattr(X, "iloc"):
        return [X.iloc[:, [j]] for j in range(X.shape[1])]
    if library_of(X) == "polars":
        return [column.to_frame() for column in X.get_columns()]
    return [X.select([name]) for name in X.column_names]
