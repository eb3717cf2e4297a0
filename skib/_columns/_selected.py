"""Some columns of a frame, in the container that is asked for."""

import numpy as np

from skib._columns._foreign import library_of
from skib._typing import TableLike


def is_frame(values: TableLike) -> bool:
    """Whether a container is a table whose columns have types of their own."""
    return hasattr(values, "columns") or hasattr(values, "column_names")


def take_columns(table, columns):
    """Select columns of an indexable table by their numbers, with their types."""
    if hasattr(table, "iloc"):
        return table.iloc[:, columns]
    return table.select(columns) if library_of(table) == "pyarrow" else table[:, columns]


def selected_columns(frame, columns, container):
    """Return columns of an opened frame, at least one, by their numbers.

    For the containers "pandas" and "polars" the result is a frame that keeps the types, though maybe of another
    library, whose conversion does. For "default" it is what scikit-learn can make an array of: of numbers and bools the
    frame itself, of other types objects, NaN where they are missing.
    """
    frame = take_columns(frame, columns)
    if library_of(frame) == "pyarrow" and container != "polars":
        frame = frame.to_pandas()
    if container == "default":
        return frame if _has_common_type(frame) else _objects(frame)
    return _as_pandas(frame) if container == "pandas" and library_of(frame) == "polars" else frame


def _has_common_type(frame):
    """Whether all columns are numbers or bools, of one type of numpy such as that of dates, or categories.

    Of a frame of other types scikit-learn makes an array of objects, or fails: of a category beside a bool, or of a
    date beside a number.
    """
    if library_of(frame) == "polars":
        dtypes = frame.dtypes
        return all(d.is_numeric() or str(d) == "Boolean" for d in dtypes) or (
            len(set(dtypes)) == 1 and dtypes[0].is_temporal()
        )
    from pandas.api.types import is_numeric_dtype

    dtypes = list(frame.dtypes)
    return (
        all(map(is_numeric_dtype, dtypes))
        or (len(set(dtypes)) == 1 and isinstance(dtypes[0], np.dtype))
        or all(type(d).__name__ == "CategoricalDtype" for d in dtypes)
    )


def _objects(frame):
    if library_of(frame) != "polars":
        return frame.astype(object).where(frame.notna(), np.nan).to_numpy()
    array = np.empty(frame.shape, object)
    for j, column in enumerate(frame.get_columns()):
        array[:, j] = column.to_list()
        array[column.is_null().to_numpy(), j] = np.nan
    return array


def _as_pandas(frame):
    """Return a frame of polars as one of pandas, without pyarrow with categories as text."""
    try:
        return frame.to_pandas()
    except ModuleNotFoundError:
        from pandas import DataFrame

        return DataFrame({column.name: column.to_numpy() for column in frame.get_columns()})
