"""Rows and columns of containers, selected without a loss of their types."""

import numpy as np
from scipy.sparse import issparse

from skib._columns._containers import opened, split
from skib._columns._foreign import decoded_runs, library_of
from skib._sklearn import safe_indexing


def indexable(name, values):
    """Return a container whose rows ``take_rows`` can select; refuse what is none."""
    return values if issparse(values) else opened(name, values)


def take_rows(values, rows):
    """Select rows of an indexable container by their numbers."""
    if library_of(values) == "pyarrow":
        return _taken_by_arrow(values).take(rows)
    if hasattr(values, "isna") and not hasattr(values, "iloc"):  # an array of pandas
        return values.take(rows)
    return safe_indexing(_in_native_order(values) if hasattr(values, "iloc") else values, rows)


def _taken_by_arrow(values):
    """Return a table or column of pyarrow in types of which it can take rows: no views of text, no lengths of runs."""
    import pyarrow as pa

    if not hasattr(values, "column_names"):
        return _plain_arrow(values)
    columns = [_plain_arrow(column) for column in values.columns]
    if all(plain is column for plain, column in zip(columns, values.columns, strict=True)):
        return values
    return pa.Table.from_arrays(columns, names=values.column_names)


def _plain_arrow(column):
    import pyarrow as pa

    if pa.types.is_run_end_encoded(column.type):
        return decoded_runs(column)
    plain = {pa.string_view(): pa.large_string(), pa.binary_view(): pa.large_binary()}.get(column.type)
    return column if plain is None else column.cast(plain)


def _in_native_order(values):
    """Return a frame or column of pandas whose numbers of a foreign byte order, which it cannot take, are converted."""
    dtypes = values.dtypes if hasattr(values, "columns") else [values.dtype]
    if not any(isinstance(dtype, np.dtype) and not dtype.isnative for dtype in dtypes):
        return values
    if not hasattr(values, "columns"):
        return values.astype(values.dtype.newbyteorder("="))
    from pandas import concat

    return concat([_in_native_order(column) for _, column in values.items()], axis=1)


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
