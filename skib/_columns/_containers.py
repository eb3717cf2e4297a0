"""Tables and columns of every container, taken apart into columns."""

from collections.abc import Iterator, Mapping, Sequence, Set
from itertools import chain
from numbers import Number

import numpy as np
from scipy.sparse import issparse

from skib._columns._foreign import library_of, split_arrays
from skib._warnings import drop_warnings

_TABLE = "pass an array or a frame, with one row per sample"


def opened(name, values):
    """Return a container that holds its values here and now: arrays for sequences; refuse what is no table."""
    if values is None:
        raise ValueError(f"This estimate requires {name} to be passed, but the target {name} is None.")
    if hasattr(values, "__dask_graph__"):
        values = values.compute()
    if isinstance(values, np.ndarray):
        return _unmasked(name, values)
    if hasattr(values, "iloc") or library_of(values) == "pyarrow":
        return _table_of_batch(values)
    _refuse_other(name, values)
    if library_of(values) == "polars" or hasattr(values, "isna"):
        return values
    if hasattr(values, "columns") or hasattr(values, "column_names"):
        return _as_pandas(name, values)
    return _array_of_sequence(name, values) if isinstance(values, Sequence) else _array(name, values)


def split(name, values, *, table=False, arrays=True):
    """Return (name of the column, column) for each column of an opened container.

    A column is a numpy array of one dimension, or a column of pandas, polars or pyarrow. A column of fixed-size arrays
    is taken apart, or refused without `arrays`. With `table`, a single column without a table is refused.
    """
    if hasattr(values, "columns") or hasattr(values, "column_names"):
        columns = _columns_of_frame(values)
    else:
        columns = _columns_of_array(name, values)
        if columns is None:
            if table:
                raise ValueError(f"Expected 2D array, got 1D array instead: {name} is one column. {_reshape(values)}")
            columns = [(None, values)]
    if not columns:
        raise ValueError(f"Found array with 0 feature(s), a minimum of 1 is required: {name} needs at least one column")
    if not len(columns[0][1]):
        raise ValueError(f"Found array with 0 sample(s), a minimum of 1 is required: {name} needs at least one row")
    return [part for label, column in columns for part in _parts(name, label, column, arrays)]


def place(name, label):
    """Return how messages name a column."""
    return name if label is None else f"column {label!r} of {name}" if name else f"column {label!r}"


def _table_of_batch(values):
    """Return a record batch of pyarrow as a table, which has more methods."""
    if type(values).__name__ != "RecordBatch":
        return values
    import pyarrow as pa

    return pa.Table.from_batches([values])


def _unmasked(name, values):
    if isinstance(values, np.ma.MaskedArray):
        n_masked = int(np.ma.count_masked(values))
        if n_masked:
            raise ValueError(f"{name} has {n_masked} masked entries, which are no data; drop those rows first")
        values = values.data
    if not values.ndim:
        raise TypeError(f"{name} is an array of no dimension; {_TABLE}")
    return np.asarray(values)


def _refuse_other(name, values):
    """Refuse what would lose something on its way to an array, or is no container of rows."""
    kind = type(values).__name__
    if issparse(values):
        raise TypeError(f"Sparse data was passed for {name}, but dense data is required; pass {name}.toarray()")
    if hasattr(values, "collect") or hasattr(values, "fetchdf"):
        raise TypeError(f"{name} is a {kind}, whose values are not computed yet; call .collect() or .df() first")
    dtype = str(getattr(values, "dtype", ""))
    if getattr(values, "requires_grad", False) or (library_of(values) != "numpy" and _is_small_float_of_torch(dtype)):
        raise TypeError(f"{name} is a tensor with a gradient or of type {dtype}; pass {name}.detach().float().numpy()")
    if isinstance(values, Mapping):
        raise TypeError(f"{name} is a {kind}, which has no rows; pass pandas.DataFrame({name})")
    if isinstance(values, (str, bytes, Set, Iterator, Number)):
        raise TypeError(f"{name} is a {kind}, which is no table; {_TABLE}")


def _is_small_float_of_torch(dtype):
    return dtype.startswith("torch.") and ("bfloat" in dtype or "float8" in dtype or "float4" in dtype)


def _as_pandas(name, frame):
    for convert in ("to_pandas", "toPandas"):
        if hasattr(frame, convert):
            return getattr(frame, convert)()
    raise TypeError(f"{name} is a {type(frame).__name__}, which skib cannot read; pass a pandas or polars frame")


def _array_of_sequence(name, values):
    """Return the array of a sequence of rows, of objects where numpy would lose the types of its values."""
    array = _array(name, values)
    if array.dtype.kind in "US":  # also numbers among text
        objects = _array(name, values, dtype=object)
        return array if set(map(type, objects.flat)) <= {str, bytes, np.str_, np.bytes_} else objects
    beyond = array.dtype == np.float64 and np.abs(array).max(initial=0) >= 2**53  # also whole numbers beyond 64 bits
    return _array(name, values, dtype=object) if beyond or _are_cast(values, array) else array


def _are_cast(values, array):
    """Whether numpy makes durations of the numbers beside them, or numbers of the bools, which are a column."""
    if array.dtype.kind in "mM":
        return len(set(map(type, values if array.ndim == 1 else chain.from_iterable(values)))) > 1
    return array.dtype.kind in "iuf" and array.ndim == 2 and any(isinstance(v, bool | np.bool_) for v in values[0])


def _array(name, values, dtype=None):
    try:
        with drop_warnings("Warning: converting a masked element"):  # to NaN, which is refused
            array = np.asarray(values, dtype=dtype)
    except ValueError:  # rows of several lengths
        array = np.empty(len(values), object)
        array[:] = values
    if not array.ndim:
        raise TypeError(f"{name} is a {type(values).__name__}, which is no table; {_TABLE}")
    return array


def names_are_unique(frame):
    """Whether no two columns of a frame share a name."""
    names = list(getattr(frame, "column_names", frame.columns))
    return len(set(names)) == len(names)


def _columns_of_frame(frame):
    if hasattr(frame, "iloc"):
        return list(frame.items())
    if library_of(frame) == "polars":
        return [(column.name, column) for column in frame.get_columns()]
    return list(zip(frame.column_names, frame.columns, strict=True))


def _columns_of_array(name, values):
    """Return the columns of an array of two dimensions; None for one dimension."""
    if not isinstance(values, np.ndarray) or values.ndim == 1:
        return None
    if values.ndim != 2:
        raise ValueError(
            f"Found array with dim {values.ndim}, while dim <= 2 is required: {name} has shape {values.shape}; pass "
            "one row of columns per sample"
        )
    return [(None, column) for column in values.T]


def _reshape(values):
    how = f"{type(values).__name__}.to_frame()" if hasattr(values, "to_frame") else "array.reshape(-1, 1)"
    return f"Reshape your data: {how} if it has a single feature, array.reshape(1, -1) if it is a single sample"


def _parts(name, label, column, arrays):
    where = place(name, label)
    matrix = split_arrays(where, column)
    if matrix is None:
        return [(label, column)]
    if not arrays:
        raise TypeError(
            f"{where} holds arrays of {matrix.shape[1]} values, but one value per row is required of a feature; pass "
            "these values as columns of their own"
        )
    return [(f"{'' if label is None else label}[{j}]", part) for j, part in enumerate(matrix.T)]
