"""Containers and dtypes of the same content, and what an entry point is to make of each."""

import datetime as dt
import tempfile
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

N = 60
LETTERS = np.array(list("abcdefghijkl"))
MIDNIGHT = dt.datetime(2024, 3, 30)  # the clocks of Berlin change a day later
HOUR, DAY, MINUTE = (np.timedelta64(1, unit).astype("timedelta64[ns]") for unit in "hDm")


class Container(NamedTuple):
    """What holds the content, and what an entry point is to make of it."""

    name: str
    make: Callable  # whole numbers from 0 to 59, of shape (n,) or, of a pair of columns, (n, 2) -> the container
    kind: str  # "value": that of the plain array; "error": one clear error; "either"
    like: Callable | None = None  # whole numbers -> the plain array of the same content
    pair: bool = False
    whole: bool = False  # one column holds the pair
    unit: bool = True  # `like` has the unit of the container


def numbers(v):
    return v.astype(float)


def bools(v):
    return v % 2 == 0


def text(v):
    return LETTERS[v % 12]


def numerals(v):
    return (v // 4).astype(str)


def hours(v):
    return np.datetime64(MIDNIGHT, "ns") + v * HOUR


def days(v):
    return np.datetime64(MIDNIGHT, "ns") + v * DAY


def durations(v):
    return v * HOUR


def times(v):
    return v * MINUTE


def _values(like, kind="value", **makers):
    return [Container(name.replace("_", " "), make, kind, like) for name, make in makers.items()]


def _errors(**makers):
    return [Container(name.replace("_", " "), make, "error") for name, make in makers.items()]


def _objects(values):
    """An object array of one dimension, whatever its values are."""
    array = np.empty(len(values), object)
    for row, value in enumerate(values):
        array[row] = value
    return array


def _module(name):
    return pytest.importorskip(name)


def _polars(values, dtype=None):
    polars = _module("polars")
    return polars.Series("a", values, dtype=getattr(polars, dtype) if isinstance(dtype, str) else dtype)


def _arrow(values, dtype=None):
    arrow = _module("pyarrow")
    return arrow.array(values, getattr(arrow, dtype)() if isinstance(dtype, str) else dtype)


def _arrow_series(values, dtype):
    _module("pyarrow")
    return pd.Series(values).astype(dtype)


def _small_float(name):
    return lambda v: v.astype(getattr(_module("ml_dtypes"), name))


def _read_only(v):
    v = v.astype(float)
    v.flags.writeable = False
    return v


def _memmap(v):
    with tempfile.TemporaryFile() as file:
        file.write(v.astype(float).tobytes())
        return np.memmap(file, float, "r", shape=v.shape)


def _zoned(v):
    return pd.Series(hours(v)).dt.tz_localize("UTC").dt.tz_convert("Europe/Berlin")


def _datetimes(v, zone=None):
    return [MIDNIGHT.replace(tzinfo=zone) + dt.timedelta(hours=int(k)) for k in v]


def _dates(v):
    return [MIDNIGHT.date() + dt.timedelta(days=int(k)) for k in v]


def _clock_times(v):
    return [dt.time(minute=int(k)) for k in v]


def _periods(v):
    return pd.PeriodIndex(hours(v), freq="h")


NUMBERS = _values(
    numbers,
    array=numbers,
    list=lambda v: v.tolist(),
    tuple=lambda v: tuple(v.tolist()),
    list_of_numpy_scalars=lambda v: list(v.astype(float)),
    strided=lambda v: np.repeat(v.astype(float), 3)[::3],
    backwards=lambda v: np.ascontiguousarray(v[::-1].astype(float))[::-1],
    read_only=_read_only,
    memmap=_memmap,
    big_endian=lambda v: v.astype(">f8"),
    float16=lambda v: v.astype(np.float16),
    float32=lambda v: v.astype(np.float32),
    longdouble=lambda v: v.astype(np.longdouble),
    int8=lambda v: v.astype(np.int8),
    int16=lambda v: v.astype(np.int16),
    int32=lambda v: v.astype(np.int32),
    int64=lambda v: v,
    int64_from_2_to_53=lambda v: 2**53 + v,
    int64_from_2_to_60=lambda v: 2**60 + v,
    int64_at_its_lower_end=lambda v: v + np.iinfo(np.int64).min,
    uint64_from_2_to_63=lambda v: v.astype(np.uint64) + np.uint64(2**63),
    objects_that_are_floats=lambda v: v.astype(float).astype(object),
    objects_that_are_ints_from_2_to_60=lambda v: (2**60 + v).astype(object),
    Decimal=lambda v: _objects([Decimal(2**60) + int(k) for k in v]),
    Fraction=lambda v: _objects([Fraction(int(k), 1) for k in v]),
    masked_array_without_a_mask=lambda v: np.ma.asarray(v.astype(float)),
    Series=lambda v: pd.Series(v.astype(float), index=np.arange(N)[::-1]),
    Index=lambda v: pd.Index(v),
    DataFrame=lambda v: pd.DataFrame({"a": v}, index=np.arange(N)[::-1]),
    Int64=lambda v: pd.Series(v, dtype="Int64"),
    Int64_from_2_to_60=lambda v: pd.Series(2**60 + v, dtype="Int64"),
    Int64_array=lambda v: pd.array(2**60 + v, dtype="Int64"),
    UInt64_from_2_to_63=lambda v: pd.Series(v.astype(np.uint64) + np.uint64(2**63), dtype="UInt64"),
    Float64=lambda v: pd.Series(v, dtype="Float64"),
    float_of_pyarrow_in_pandas=lambda v: _arrow_series(v, "double[pyarrow]"),
    int64_of_pyarrow_in_pandas=lambda v: _arrow_series(2**60 + v, "int64[pyarrow]"),
    polars_Series=lambda v: _polars(v),
    polars_UInt64_from_2_to_63=lambda v: _polars(v.astype(np.uint64) + np.uint64(2**63)),
    polars_DataFrame=lambda v: _polars(2**60 + v).to_frame(),
    pyarrow_Array=lambda v: _arrow(2**60 + v),
    pyarrow_ChunkedArray=lambda v: _module("pyarrow").chunked_array([2**60 + v[:9], 2**60 + v[9:]]),
    pyarrow_Table=lambda v: _module("pyarrow").table({"a": v.astype(float)}),
    bfloat16=_small_float("bfloat16"),
)
NUMBERS += _values(lambda v: v // 4 * 1.0, float8=lambda v: _small_float("float8_e4m3fn")(v // 4))
NUMBERS += _values(
    numbers,
    "either",
    pandas_sparse=lambda v: pd.Series(pd.arrays.SparseArray(v.astype(float), fill_value=0.0)),
    pandas_sparse_filled_with_NaN=lambda v: pd.Series(pd.arrays.SparseArray(v.astype(float))),
    dask_DataFrame=lambda v: _module("dask.dataframe").from_pandas(pd.DataFrame({"a": v}), npartitions=2),
    dask_Series=lambda v: _module("dask.dataframe").from_pandas(pd.Series(v, name="a"), npartitions=2),
)
BOOLS = _values(
    bools,
    bool=bools,
    list_of_bools=lambda v: bools(v).tolist(),
    objects_that_are_bools=lambda v: bools(v).astype(object),
    boolean=lambda v: pd.Series(bools(v), dtype="boolean"),
    bool_of_pyarrow_in_pandas=lambda v: _arrow_series(bools(v), "bool[pyarrow]"),
    polars_Boolean=lambda v: _polars(bools(v)),
    pyarrow_bool=lambda v: _arrow(bools(v)),
)
CLASSES = _values(
    text,
    text=text,
    bytes=lambda v: text(v).astype("S"),
    list_of_text=lambda v: text(v).tolist(),
    objects_that_are_text=lambda v: text(v).astype(object),
    StringDType=lambda v: text(v).astype(np.dtypes.StringDType()),
    StringDType_with_na_object=lambda v: text(v).astype(np.dtypes.StringDType(na_object=np.nan)),
    str_of_pandas=lambda v: pd.Series(text(v), dtype="str"),
    string_of_pandas=lambda v: pd.Series(text(v), dtype="string"),
    string_of_pyarrow_in_pandas=lambda v: _arrow_series(text(v), "string[pyarrow]"),
    Categorical_of_text=lambda v: pd.Categorical(text(v)),
    Categorical_of_integers=lambda v: pd.Categorical(v % 12),
    Categorical_of_floats=lambda v: pd.Categorical(v % 12 / 7),
    Categorical_of_dates=lambda v: pd.Categorical(hours(v % 12)),
    ordered_Categorical_with_unused_categories=lambda v: pd.Categorical(v % 12, range(15), ordered=True),
    Series_of_categories_of_integers=lambda v: pd.Series(pd.Categorical(v % 12)),
    values_of_categories_of_integers=lambda v: pd.Series(pd.Categorical(v % 12)).values,
    array_of_categories_of_integers=lambda v: pd.Series(pd.Categorical(v % 12)).array,
    CategoricalIndex_of_integers=lambda v: pd.CategoricalIndex(v % 12),
    frame_of_categories_of_integers=lambda v: pd.DataFrame({"a": pd.Categorical(v % 12)}),
    polars_String=lambda v: _polars(text(v)),
    polars_Categorical=lambda v: _polars(text(v), "Categorical"),
    polars_Enum=lambda v: _polars(text(v), _module("polars").Enum(list(LETTERS))),
    pyarrow_string=lambda v: _arrow(text(v), "string"),
    pyarrow_dictionary_of_text=lambda v: _arrow(text(v)).dictionary_encode(),
    pyarrow_dictionary_of_integers=lambda v: _arrow(v % 12).dictionary_encode(),
    dictionary_of_pyarrow_in_pandas=lambda v: pd.Series(
        pd.arrays.ArrowExtensionArray(_module("pyarrow").array(v % 12).dictionary_encode())
    ),
)
CLASSES += _values(
    numerals,
    numbers_as_text=numerals,
    numbers_as_text_objects=lambda v: numerals(v).astype(object),
    numbers_as_StringDType=lambda v: numerals(v).astype(np.dtypes.StringDType()),
    numbers_as_text_in_polars=lambda v: _polars(numerals(v)),
)
DATES = _values(
    hours,
    datetime64_ns=hours,
    datetime64_s=lambda v: hours(v).astype("datetime64[s]"),
    list_of_datetimes=_datetimes,
    objects_that_are_datetimes=lambda v: _objects(_datetimes(v)),
    objects_that_are_datetimes_with_zone=lambda v: _objects(_datetimes(v, dt.UTC)),
    objects_that_are_datetime64=lambda v: _objects(list(hours(v))),
    objects_that_are_Timestamps=lambda v: _objects([pd.Timestamp(t) for t in hours(v)]),
    objects_that_are_Timestamps_with_zone=lambda v: _objects(list(_zoned(v))),
    Series_of_datetime64_s=lambda v: pd.Series(hours(v).astype("datetime64[s]")),
    Series_with_zone=_zoned,
    array_with_zone=lambda v: _zoned(v).array,
    DatetimeIndex_with_zone=lambda v: pd.DatetimeIndex(_zoned(v)),
    frame_with_zone=lambda v: pd.DataFrame({"a": _zoned(v)}),
    timestamp_of_pyarrow_in_pandas=lambda v: _arrow_series(hours(v), "timestamp[ns][pyarrow]"),
    timestamp_with_zone_of_pyarrow_in_pandas=lambda v: _arrow_series(_zoned(v), "timestamp[us, tz=UTC][pyarrow]"),
    PeriodIndex=_periods,
    Series_of_periods=lambda v: pd.Series(_periods(v)),
    objects_that_are_Periods=lambda v: _objects(list(_periods(v))),
    polars_Datetime=lambda v: _polars(hours(v)),
    polars_Datetime_with_zone=lambda v: _polars(hours(v)).dt.replace_time_zone("UTC"),
    pyarrow_timestamp=lambda v: _arrow(hours(v)),
    pyarrow_timestamp_with_zone=lambda v: _arrow(hours(v), _module("pyarrow").timestamp("us", "UTC")),
)
DATES += _values(
    days,
    datetime64_D=lambda v: days(v).astype("datetime64[D]"),
    objects_that_are_dates=lambda v: _objects(_dates(v)),
    list_of_dates=_dates,
    Series_of_periods_of_days=lambda v: pd.Series(pd.PeriodIndex(days(v), freq="D")),
    date32_of_pyarrow_in_pandas=lambda v: _arrow_series(_dates(v), "date32[pyarrow]"),
    polars_Date=lambda v: _polars(_dates(v)),
    pyarrow_date32=lambda v: _arrow(_dates(v)),
)
DATES += _values(
    durations,
    timedelta64_ns=durations,
    timedelta64_s=lambda v: durations(v).astype("timedelta64[s]"),
    objects_that_are_timedeltas=lambda v: _objects([dt.timedelta(hours=int(k)) for k in v]),
    Series_of_durations=lambda v: pd.Series(durations(v)),
    TimedeltaIndex=lambda v: pd.TimedeltaIndex(durations(v)),
    duration_of_pyarrow_in_pandas=lambda v: _arrow_series(durations(v), "duration[ns][pyarrow]"),
    polars_Duration=lambda v: _polars(durations(v)),
    pyarrow_duration=lambda v: _arrow(durations(v)),
)
DATES += _values(
    times,
    objects_that_are_times=lambda v: _objects(_clock_times(v)),
    time64_of_pyarrow_in_pandas=lambda v: _arrow_series(_clock_times(v), "time64[us][pyarrow]"),
    polars_Time=lambda v: _polars(_clock_times(v)),
    pyarrow_time64=lambda v: _arrow(_clock_times(v)),
)


# Pairs of columns.


def columns(V):
    return V.astype(float)


def _mixed(V, date, flag=bools):
    """Four columns: of dates (or what stands for them), floats, whole numbers and bools."""
    return {"date": date(V[:, 0]), "x": V[:, 1] / 4, "n": V.prod(axis=1) % 61, "flag": flag(V[:, 1])}


def mixed(V):
    return pd.DataFrame(_mixed(V, numbers)).astype({"n": float})


def beside(V):
    return np.column_stack([V[:, 0], V[:, 1] / 4])


def _identifiers(V):
    return {"id": 2**60 + V[:, 0], "x": V[:, 1] / 4}


def _pairs(like, kind="value", *, whole=False, unit=True, **makers):
    return [
        Container(name.replace("_", " "), make, kind, like, pair=True, whole=whole, unit=unit)
        for name, make in makers.items()
    ]


def _fixed_size_lists(V):
    arrow = _module("pyarrow")
    return arrow.FixedSizeListArray.from_arrays(arrow.array(V.astype(float).ravel()), 2)


PAIRS = _pairs(
    columns,
    C_order=columns,
    Fortran_order=lambda V: np.asfortranarray(V.astype(float)),
    list_of_lists=lambda V: V.tolist(),
    list_of_arrays=lambda V: list(V),
    tuple_of_tuples=lambda V: tuple(map(tuple, V.tolist())),
    frame_of_Int64_and_float32=lambda V: (
        pd.DataFrame(V).astype({0: "Int64", 1: "float32"}).set_axis(["a", "b"], axis=1)
    ),
    polars_frame=lambda V: _module("polars").DataFrame(V, schema=["a", "b"]),
    pyarrow_table=lambda V: _module("pyarrow").table({"a": V[:, 0], "b": V[:, 1].astype(np.float32)}),
)
PAIRS += _pairs(
    columns,
    "either",
    frame_of_repeated_names=lambda V: pd.DataFrame(V, columns=["a", "a"]),
    pyarrow_RecordBatch=lambda V: _module("pyarrow").RecordBatch.from_pydict({"a": V[:, 0], "b": V[:, 1]}),
)
PAIRS += _pairs(
    beside,
    identifiers_beside_floats=lambda V: pd.DataFrame(_identifiers(V)),
    identifiers_beside_floats_in_polars=lambda V: _module("polars").DataFrame(_identifiers(V)),
    identifiers_beside_floats_in_pyarrow=lambda V: _module("pyarrow").table(_identifiers(V)),
)
PAIRS += _pairs(
    mixed,
    unit=False,
    mixed_frame=lambda V: pd.DataFrame(_mixed(V, hours)),
    mixed_frame_with_zone=lambda V: pd.DataFrame(_mixed(V, _zoned)),
    mixed_frame_of_durations=lambda V: pd.DataFrame(_mixed(V, durations)),
    mixed_frame_of_periods=lambda V: pd.DataFrame(_mixed(V, _periods)),
    mixed_frame_of_date_objects=lambda V: pd.DataFrame(_mixed(V, _dates)),
    mixed_frame_of_nullable_types=lambda V: pd.DataFrame(_mixed(V, hours)).convert_dtypes(),
    mixed_frame_of_polars=lambda V: _module("polars").DataFrame(_mixed(V, hours)),
    mixed_table_of_pyarrow=lambda V: _module("pyarrow").table(_mixed(V, hours)),
)
PAIRS += _pairs(
    columns,
    whole=True,
    polars_Array=lambda V: _polars(V.astype(float), _module("polars").Array(_module("polars").Float64, 2)),
    polars_frame_of_an_Array=lambda V: _module("polars").DataFrame({"a": V.astype(float)}),
    pyarrow_fixed_size_lists=_fixed_size_lists,
    pyarrow_table_of_fixed_size_lists=lambda V: _module("pyarrow").table({"a": _fixed_size_lists(V)}),
)
PAIRS += _pairs(
    columns,
    "either",
    whole=True,
    polars_List=lambda V: _polars(V.tolist()),
    pyarrow_lists=lambda V: _arrow(V.tolist()),
    lists_of_pyarrow_in_pandas=lambda V: pd.Series(pd.arrays.ArrowExtensionArray(_module("pyarrow").array(V.tolist()))),
    Series_of_lists=lambda V: pd.Series(V.tolist()),
    frame_of_arrays=lambda V: pd.DataFrame({"a": list(V.astype(float))}),
    objects_that_are_arrays=lambda V: _objects(list(V)),
)


# What has no answer.


def _without(values, missing, row=7):
    """The values, but the missing one in a row."""
    values = list(values)
    values[row] = missing
    return values


class _Tensor:
    """Looks like a tensor of torch."""

    ndim = 1

    def __init__(self, v, *, requires_grad=False, dtype="torch.float32"):
        self.values, self.shape, self.requires_grad, self.dtype = v.astype(float), v.shape, requires_grad, dtype

    def __len__(self):
        return len(self.values)

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("Can't call numpy() on Tensor that requires grad.")


MISSING = _errors(
    NaN=lambda v: np.array(_without(v.astype(float), np.nan)),
    infinity=lambda v: np.array(_without(v.astype(float), np.inf)),
    NaN_in_a_list=lambda v: _without(v.tolist(), np.nan),
    None_in_a_list=lambda v: _without(v.tolist(), None),
    None_among_objects=lambda v: _objects(_without(v, None)),
    None_among_text=lambda v: _objects(_without(text(v), None)),
    NaN_in_a_frame=lambda v: pd.DataFrame({"a": _without(v, np.nan)}),
    NA_in_Int64=lambda v: pd.Series(_without(v, pd.NA), dtype="Int64"),
    NA_in_Float64=lambda v: pd.Series(_without(v, pd.NA), dtype="Float64"),
    NA_in_boolean=lambda v: pd.Series(_without(bools(v), pd.NA), dtype="boolean"),
    null_of_pyarrow_in_pandas=lambda v: _arrow_series(_without(v, None), "int64[pyarrow]"),
    null_in_pyarrow=lambda v: _arrow(_without(v, None)),
    null_in_polars=lambda v: _polars(_without(v.tolist(), None)),
    null_text_in_polars=lambda v: _polars(_without(text(v).tolist(), None)),
    NaN_in_StringDType=lambda v: np.array(_without(text(v), np.nan), np.dtypes.StringDType(na_object=np.nan)),
    None_in_StringDType=lambda v: np.array(_without(text(v), None), np.dtypes.StringDType(na_object=None)),
    missing_str_of_pandas=lambda v: pd.Series(_without(text(v), None), dtype="str"),
    missing_category=lambda v: pd.Categorical(_without(text(v), None)),
    missing_category_of_a_number=lambda v: pd.Series(pd.Categorical(_without(v % 12, None))),
    NaT=lambda v: np.array(_without(hours(v), np.datetime64("NaT")), "datetime64[ns]"),
    NaT_with_zone=lambda v: pd.Series(_without(_zoned(v), pd.NaT)),
    NaT_among_objects=lambda v: _objects(_without(_datetimes(v), pd.NaT)),
    NaT_among_periods=lambda v: pd.Series(_periods(v)).where(np.arange(N) != 7),
    masked=lambda v: np.ma.array(v.astype(float), mask=np.arange(N) == 7),
    masked_integers=lambda v: np.ma.array(v, mask=np.arange(N) == 7),
)
JUNK = _errors(
    complex=lambda v: v + 1j,
    objects_that_are_complex=lambda v: (v + 1j).astype(object),
    Series_of_complex=lambda v: pd.Series(v + 1j),
    csr_matrix=lambda v: sparse.csr_matrix(v.astype(float)[:, None]),
    csr_array=lambda v: sparse.csr_array(v.astype(float)[:, None]),
    polars_LazyFrame=lambda v: _polars(v).to_frame().lazy(),
    tensor_with_a_gradient=lambda v: _Tensor(v, requires_grad=True),
    tensor_of_bfloat16=lambda v: _Tensor(v, dtype="torch.bfloat16"),
    lists_of_two_lengths=lambda v: [[1.0, 2.0], *([float(k)] for k in v[1:])],
    Series_of_lists_of_two_lengths=lambda v: pd.Series([[1.0, 2.0], *([float(k)] for k in v[1:])]),
    objects_that_are_tuples_of_two_lengths=lambda v: _objects([(1.0, 2.0), *((float(k),) for k in v[1:])]),
    objects_that_are_sets=lambda v: _objects([{int(k)} for k in v]),
    records=lambda v: np.rec.fromarrays([v, v.astype(float)]),
    dict=lambda v: dict(enumerate(v.tolist())),
    generator=lambda v: (int(k) for k in v),
    set=lambda v: set(v.tolist()),
    one_text=lambda v: "abc",
    one_bytes=lambda v: b"abc",
    one_number=lambda v: 3.0,
    array_of_no_dimension=lambda v: np.array(3.0),
    any_object=lambda v: object(),
    nothing=lambda v: None,
    no_rows=lambda v: np.empty((0, 1)),
    no_columns=lambda v: np.empty((N, 0)),
    frame_of_no_columns=lambda v: pd.DataFrame(index=range(N)),
)
JUNK += _values(numbers, "either", three_dimensions=lambda v: v.astype(float)[:, None, None])
JUNK += _values(lambda v: v[1:].astype(float), a_row_less=lambda v: v[1:].astype(float))

CONTAINERS = [*NUMBERS, *BOOLS, *CLASSES, *DATES, *PAIRS, *MISSING, *JUNK]


def as_table(data):
    """One column as a table of one column, in the same library; what is no column, as it is."""
    if hasattr(data, "to_frame"):
        return data.to_frame()
    if isinstance(data, pd.api.extensions.ExtensionArray):
        return pd.DataFrame({"a": data})
    if type(data).__module__.startswith("pyarrow") and not hasattr(data, "column_names"):
        return _module("pyarrow").table({"a": data})
    if isinstance(data, list | tuple) and not isinstance(data[0], list | tuple | np.ndarray):
        return type(data)([value] for value in data)
    if isinstance(data, np.ndarray) and data.ndim == 1:
        return data[:, None]
    return data
