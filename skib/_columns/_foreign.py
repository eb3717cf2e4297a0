"""Columns of pandas, polars and pyarrow as numpy arrays, with their missing values refused."""

import numpy as np

from skib._columns._missing import require_none


def library_of(values):
    """Return the name of the package that defines the type of an object."""
    return type(values).__module__.partition(".")[0]


def to_array(where, column):
    """Return one column of any library as a numpy array, and whether it is a category."""
    library = library_of(column)
    if library == "polars":
        return _from_polars(where, column)
    if library == "pyarrow":
        return _from_arrow(where, column)
    if not isinstance(getattr(column, "dtype", None), np.dtype) and hasattr(column, "isna"):
        return _from_pandas(where, column)
    return np.asarray(column), False


def split_arrays(where, column):
    """Return the columns of a column of fixed-size arrays, as a matrix; None for any other column."""
    library = library_of(column)
    if library == "polars":
        if not str(column.dtype).startswith("Array"):
            return None
        require_none(where, column.is_null().to_numpy(), "null")
        return np.reshape(column.to_numpy(), (len(column), -1))
    if hasattr(getattr(column, "dtype", None), "pyarrow_dtype"):
        column = arrow_of(column)
    elif library != "pyarrow":
        return None
    return _matrix_of_arrow(where, column)


def _matrix_of_arrow(where, column):
    import pyarrow as pa

    n_rows, nested = len(column), False
    while pa.types.is_fixed_size_list(column.type):
        require_none(where, column.is_null().to_numpy(zero_copy_only=False), "null")
        column, nested = one_chunk(column).flatten(), True
    return np.reshape(to_array(where, column)[0], (n_rows, -1)) if nested else None


def one_chunk(column):
    """Return the values of a pyarrow column in one array."""
    if not hasattr(column, "chunks"):
        return column
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()  # which would copy a single one


def arrow_of(column):
    """Return the pyarrow array of a pandas column."""
    return getattr(column, "array", column).__arrow_array__()


def _from_pandas(where, column):
    name = type(column.dtype).__name__
    if name == "ArrowDtype":
        return _from_arrow(where, arrow_of(column))
    require_none(where, np.asarray(column.isna()), "NaN or None" if name != "DatetimeTZDtype" else "NaN (not a time)")
    if name == "PeriodDtype":
        return np.asarray(getattr(column, "array", column).to_timestamp()), False
    if name == "DatetimeTZDtype":
        return np.asarray(column, dtype=f"datetime64[{column.dtype.unit}]"), False
    # Of nullable types and sparse ones.
    dtype = getattr(column.dtype, "numpy_dtype", getattr(column.dtype, "subtype", None))
    dtype = dtype if isinstance(dtype, np.dtype) and name != "IntervalDtype" else None
    return np.asarray(column, dtype=dtype), name == "CategoricalDtype"


def _from_polars(where, column):
    name = str(column.dtype).partition("(")[0]
    require_none(where, column.is_null().to_numpy(), "null")
    if name in ("Date", "Datetime", "Duration", "Time"):
        unit = {"Date": "D", "Time": "ns"}.get(name) or column.dtype.time_unit
        ticks = column.to_physical().to_numpy().astype(np.int64)
        return ticks.view(f"{'M' if name.startswith('Date') else 'm'}8[{unit}]"), False
    if name in ("List", "Struct", "Array"):
        _refuse_nested(where, name)
    if name in ("Object", "Binary", "Int128", "UInt128", "Decimal"):
        return _objects(column.to_list()), False
    return column.to_numpy(), name in ("Categorical", "Enum")


def _from_arrow(where, column):
    import pyarrow as pa

    kind, types = column.type, pa.types
    if types.is_run_end_encoded(kind):
        return _from_arrow(where, decoded_runs(column))
    require_none(where, column.is_null().to_numpy(zero_copy_only=False), "null")
    if isinstance(kind, pa.ExtensionType):
        return _from_arrow(where, one_chunk(column).storage)
    if types.is_dictionary(kind):
        return np.asarray(one_chunk(column).dictionary_decode()), True
    if types.is_time(kind):
        whole = pa.int32() if types.is_time32(kind) else pa.int64()
        return np.asarray(column.cast(whole)).astype(np.int64).view(f"m8[{kind.unit}]"), False
    if types.is_nested(kind):
        _refuse_nested(where, str(kind))
    return column.to_numpy() if isinstance(column, pa.ChunkedArray) else column.to_numpy(zero_copy_only=False), False


def decoded_runs(column):
    """Return the values of a pyarrow column that is stored by the ends of its runs."""
    from pyarrow import compute

    return compute.run_end_decode(column)


def _refuse_nested(where, kind):
    raise TypeError(
        f"{where} holds collections (type {kind}), but one number, date, text or label per row is required; pass the "
        "items as columns of their own, or as a column of fixed-size arrays"
    )


def _objects(values):
    array = np.empty(len(values), object)
    array[:] = values
    return array
