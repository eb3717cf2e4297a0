"""The reader of columns: the right values of every container, and one clear error for what is none."""

import datetime as dt
import enum
import re
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from skib._columns import is_discrete, read_columns, take_rows
from skib._columns._kinds import holds_classes

N = 40
RNG = np.random.default_rng(0)
CODES = RNG.integers(0, 4, N)
X = RNG.normal(size=N)
HOURS = RNG.permutation(N)
DATES = np.datetime64("2024-03-30", "ns") + HOURS * np.timedelta64(1, "h")
NANOSECONDS = (HOURS - HOURS.min()) * 3600e9


def read(values):
    (column,) = read_columns("y", values)
    return column


def error_of(values, kind=(TypeError, ValueError), **kwargs):
    with pytest.raises(kind) as caught:
        read_columns("y", values, **kwargs)
    return str(caught.value)


def objects(values):
    array = np.empty(len(values), object)
    array[:] = values
    return array


# --- whole numbers to 64 bits


OFFSETS = {
    "int64": (2**53, np.int64),
    "int64 from 2^60": (2**60, np.int64),
    "negative": (-(2**63), np.int64),
    "uint64": (2**63, np.uint64),
    "Int64": (2**60, "Int64"),
    "UInt64": (2**63, "UInt64"),
    "objects": (2**60, object),
    "objects beyond 64 bits": (2**100, object),
}


@pytest.mark.parametrize(("offset", "dtype"), OFFSETS.values(), ids=OFFSETS)
def test_whole_numbers_keep_their_last_bit(offset, dtype):
    values = [offset + int(code) for code in CODES]
    for container in (
        pd.Series(values, dtype=dtype),
        pd.DataFrame({"a": pd.Series(values, dtype=dtype), "x": X})[["a"]],
    ):
        column = read(container)
        np.testing.assert_array_equal(column.values, CODES - CODES.min())
        np.testing.assert_array_equal(column.codes(), np.unique(CODES, return_inverse=True)[1])
        assert column.offset == float(offset + int(CODES.min())) or dtype is object


def test_identifiers_beside_floats():
    polars, pyarrow = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    table = {"id": 2**60 + CODES, "w": X}
    for frame in (pd.DataFrame(table), polars.DataFrame(table), pyarrow.table(table)):
        ids, weights = read_columns("X", frame)
        np.testing.assert_array_equal(ids.values, CODES - CODES.min())
        np.testing.assert_array_equal(weights.values, X)


def test_levels_are_exact_where_floats_are_rounded():
    column = read(np.where(CODES > 1, 2**62, 0) + CODES % 2)
    assert len(np.unique(column.values)) < 4 == len(np.unique(column.codes()))
    assert holds_classes(column)
    extremes = np.array([np.iinfo(np.int64).min, np.iinfo(np.int64).max] * 20)
    np.testing.assert_array_equal(read(extremes).values, [0, 2.0**64] * 20)


def test_small_whole_numbers_are_as_they_are():
    for values in (CODES - 7, (CODES - 7).astype(object), pd.Series(CODES - 7, dtype="Int64"), (CODES - 7).tolist()):
        np.testing.assert_array_equal(read(values).values, CODES - 7)


def test_the_first_whole_numbers_that_floats_round_beside_floats():
    one, two = read_columns("y", [(0.5, 2**53), (1.5, 2**53 + 1)])
    np.testing.assert_array_equal(one.values, [0.5, 1.5])
    np.testing.assert_array_equal(two.values, [0, 1])


def test_a_list_keeps_its_whole_numbers():
    np.testing.assert_array_equal(read([2**63 + int(c) for c in CODES] + [-1]).codes()[:-1], CODES + 1 - CODES.min())


@pytest.mark.parametrize(
    "values",
    [
        objects([Decimal(2**60) + int(c) for c in CODES]),
        objects([Fraction(2**60 + int(c)) for c in CODES]),
    ],
)
def test_other_exact_numbers(values):
    np.testing.assert_array_equal(read(values).values, CODES - CODES.min())


# --- dates on one clock


ZONED = pd.Series(DATES).dt.tz_localize("UTC").dt.tz_convert("Europe/Berlin")  # whose clocks change in between
DATETIMES = [dt.datetime(2024, 3, 30) + dt.timedelta(hours=int(h)) for h in HOURS]
AS_HOURS = {
    "datetime64[ns]": DATES,
    "datetime64[s]": DATES.astype("datetime64[s]"),
    "datetime64[15m]": DATES.astype("datetime64[15m]"),
    "big-endian": DATES.astype(">M8[ns]"),
    "Series": pd.Series(DATES),
    "Series with zone": ZONED,
    "array with zone": ZONED.array,
    "index with zone": pd.DatetimeIndex(ZONED),
    "frame with zone": pd.DataFrame({"t": ZONED}),
    "objects": objects(DATETIMES),
    "list": DATETIMES,
    "objects with zone": objects([t.replace(tzinfo=dt.UTC) for t in DATETIMES]),
    "Timestamps": objects([pd.Timestamp(t) for t in DATES]),
    "datetime64 in objects": objects(list(DATES)),
    "periods": pd.PeriodIndex(DATES, freq="h"),
    "Series of periods": pd.Series(pd.PeriodIndex(DATES, freq="h")),
    "periods in objects": objects(list(pd.PeriodIndex(DATES, freq="h"))),
    "durations": HOURS * np.timedelta64(1, "h"),
    "durations of pandas": pd.Series(pd.to_timedelta(HOURS, "h")),
    "durations in objects": objects([dt.timedelta(hours=int(h)) for h in HOURS]),
}


@pytest.mark.parametrize("values", AS_HOURS.values(), ids=AS_HOURS)
def test_dates_are_nanoseconds_since_the_earliest(values):
    column = read(values)
    assert (column.source, column.nominal) == ("date", False)
    np.testing.assert_array_equal(column.values, NANOSECONDS)


def test_days_months_and_times_of_day():
    days = [dt.date(2024, 1, 1) + dt.timedelta(days=int(h)) for h in HOURS]
    for values in (days, objects(days), np.array(days, "datetime64[D]"), pd.Series(days)):
        np.testing.assert_array_equal(read(values).values, 24 * NANOSECONDS)
    months = read(np.array(["2024-01", "2024-02", "2024-04"], "datetime64[M]")).values
    np.testing.assert_array_equal(months, np.array([0, 31, 91]) * 86400e9)
    times = objects([dt.time(hour=1, minute=int(h), microsecond=3) for h in HOURS])
    np.testing.assert_array_equal(read(times).values, NANOSECONDS / 60)


def test_dates_keep_nanoseconds_and_far_years():
    np.testing.assert_array_equal(read(DATES[:1] + np.arange(5)).values, np.arange(5))
    np.testing.assert_array_equal(
        read(objects([pd.Timestamp("2024-01-01") + pd.Timedelta(k, "ns") for k in range(5)])).values, np.arange(5)
    )
    midnight = np.datetime64("2024-03-30", "ns")
    np.testing.assert_array_equal(read(objects(list(midnight + np.arange(5)))).values, np.arange(5))
    mixed = [midnight + 2, midnight.astype("datetime64[s]"), dt.datetime(2024, 3, 30), dt.date(2024, 3, 31)]
    np.testing.assert_array_equal(read(objects(mixed)).values, [2, 0, 0, 86400e9])
    (first, last) = read([dt.date(1, 1, 1), dt.date(9999, 12, 31)]).values
    assert last - first == (dt.date(9999, 12, 31) - dt.date(1, 1, 1)).days * 86400e9


def test_dates_of_two_clocks_are_refused():
    message = error_of([DATETIMES[0], DATETIMES[1].replace(tzinfo=dt.UTC)], TypeError)
    assert "y holds dates with a time zone and dates without one" in message


def test_dates_of_polars_and_pyarrow():
    polars, pyarrow = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    for unit in ("ms", "us", "ns"):
        for values in (
            polars.Series(DATES).cast(polars.Datetime(unit)),
            polars.Series(DATES).cast(polars.Datetime(unit)).dt.replace_time_zone("UTC"),
            pyarrow.array(DATES).cast(pyarrow.timestamp(unit)),
            pyarrow.array(DATES).cast(pyarrow.timestamp(unit, "UTC")),
            polars.Series(DATES - DATES.min()).cast(polars.Duration(unit)),
            pyarrow.array(DATES - DATES.min()).cast(pyarrow.duration(unit)),
            pd.Series(pyarrow.array(DATES).cast(pyarrow.timestamp(unit)), dtype=pd.ArrowDtype(pyarrow.timestamp(unit))),
        ):
            np.testing.assert_array_equal(read(values).values, NANOSECONDS)
    times = [dt.time(minute=int(h)) for h in HOURS]
    for values in (polars.Series(times), pyarrow.array(times), pyarrow.array(times, pyarrow.time32("s"))):
        np.testing.assert_array_equal(read(values).values, NANOSECONDS / 60)


# --- classes


CATEGORY = pd.Categorical(CODES)


@pytest.mark.parametrize(
    "values",
    [
        CATEGORY,
        pd.Series(CATEGORY),
        pd.Series(CATEGORY).values,
        pd.Series(CATEGORY).array,
        pd.CategoricalIndex(CODES),
        pd.DataFrame({"a": CATEGORY}),
        pd.Categorical(CODES / 7),
        pd.Categorical(CODES, range(-2, 9), ordered=True),
        pd.Categorical(DATES[CODES]),
        pd.Categorical(pd.DatetimeIndex(ZONED)[CODES]),
    ],
)
def test_a_category_is_a_category_in_every_container(values):
    column = read(values)
    assert (column.source, column.nominal) == ("category", True)
    np.testing.assert_array_equal(column.codes()[:, None] == column.codes(), CODES[:, None] == CODES)


def test_categories_of_polars_and_pyarrow():
    polars, pyarrow = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    letters = np.array(list("abcd"))[CODES]
    for values in (
        polars.Series(letters, dtype=polars.Categorical),
        polars.Series(letters, dtype=polars.Enum(list("abcd"))),
        pyarrow.array(CODES).dictionary_encode(),
        pyarrow.chunked_array([CODES[:9], CODES[9:]]).dictionary_encode(),
        pd.Series(pd.arrays.ArrowExtensionArray(pyarrow.array(CODES).dictionary_encode())),
    ):
        column = read(values)
        assert column.source == "category"
        np.testing.assert_array_equal(column.codes()[:, None] == column.codes(), CODES[:, None] == CODES)


@pytest.mark.parametrize("convert", [np.array, list, objects, pd.Series, lambda v: pd.Series(v, dtype="boolean")])
def test_bools(convert):
    column = read(convert((CODES > 1).tolist()))
    assert (column.source, column.nominal) == ("bool", True)
    np.testing.assert_array_equal(column.values, CODES > 1)


def test_numbers_beside_text_in_a_list_keep_their_types():
    numbers, text = read_columns("X", [[int(code), f"c{code}"] for code in CODES])
    assert (numbers.source, text.source) == ("number", "text")
    np.testing.assert_array_equal(numbers.values, CODES)


@pytest.mark.parametrize("rows", [list, tuple])
@pytest.mark.parametrize(
    ("first", "source", "values"),
    [
        ([1.5, 2.5, 4.0], "number", [1.5, 2.5, 4.0]),
        ([1, 2, 4], "number", [1, 2, 4]),
        ([np.timedelta64(h, "h") for h in (1, 2, 4)], "date", [0, 3600e9, 3 * 3600e9]),
    ],
)
def test_columns_of_a_list_of_rows_keep_their_types(rows, first, source, values):
    # numpy makes numbers, or durations, of the bools, and durations of the whole numbers.
    one, two, three = read_columns("y", rows(zip(first, [True, False, True], [7, 8, 9], strict=True)))
    assert (one.source, two.source, three.source) == (source, "bool", "number")
    np.testing.assert_array_equal(one.values, values)
    np.testing.assert_array_equal(two.values, [1, 0, 1])
    np.testing.assert_array_equal(three.values, [7, 8, 9])


def test_durations_among_whole_numbers_are_no_numbers():
    for values in ([np.timedelta64(5, "h"), 3, 4], objects([np.timedelta64(5, "h"), 3, 4])):
        assert read(values).source == "text"


def test_a_list_of_small_floats_is_read_in_silence():
    np.testing.assert_array_equal(read(list(np.arange(9, dtype=np.float16))).values, np.arange(9))


def test_a_masked_entry_of_a_list_is_refused_in_silence():
    assert "1 of 3 rows, first in row 1" in error_of([1.0, np.ma.masked, 2.0])


@pytest.mark.parametrize("kind", [np.str_, np.bytes_])
def test_text_of_numpy_among_objects_is_text(kind):
    letters = [kind(letter) if kind is np.str_ else kind(letter, "ascii") for letter in LETTERS]
    column = read(objects(letters))
    assert column.nominal
    np.testing.assert_array_equal(column.codes(), read(LETTERS).codes())


class Color(enum.Enum):
    """Labels of which the class has a length."""

    RED = 1
    BLUE = 2


def test_members_of_an_enumeration_are_labels():
    colors, counts = [Color.RED, Color.BLUE, Color.RED], enum.IntEnum("Count", {"one": 1, "two": 2})
    for convert in (list, objects, pd.Series):
        column = read(convert(colors))
        assert column.source == "text"
        np.testing.assert_array_equal(column.codes(), [0, 1, 0])
        np.testing.assert_array_equal(read(convert([counts.two, counts.one, counts.two])).values, [2, 1, 2])


def test_runs_of_pyarrow_are_their_values():
    pa = pytest.importorskip("pyarrow")
    runs = pa.RunEndEncodedArray.from_arrays([2, 3], [5.0, 7.0])
    for container in (runs, pa.table({"a": runs}), pa.chunked_array([runs])):
        np.testing.assert_array_equal(read(container).values, [5, 5, 7])
        np.testing.assert_array_equal(read(take_rows(container, np.array([2, 0]))).values, [7, 5])
    assert "null in 1 of 3 rows" in error_of(pa.RunEndEncodedArray.from_arrays([2, 3], [5.0, None]))


def test_small_floats():
    ml_dtypes = pytest.importorskip("ml_dtypes")
    for name in ("bfloat16", "float8_e4m3fn", "float8_e5m2", "int4", "uint4"):
        column = read(CODES.astype(getattr(ml_dtypes, name)))
        assert column.source == "number"
        np.testing.assert_array_equal(column.values, CODES)


# --- columns of arrays


def test_a_column_of_fixed_size_arrays_is_several_columns():
    polars, pyarrow = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    rows = RNG.normal(size=(N, 3))
    lists = pyarrow.FixedSizeListArray.from_arrays(pyarrow.array(rows.ravel()), 3)
    halves = pyarrow.chunked_array([lists[:9], lists[9:]])
    cubes = pyarrow.FixedSizeListArray.from_arrays(lists, 2)
    for values in (
        polars.Series("h", rows),
        polars.DataFrame({"h": rows}),
        lists,
        halves,
        pyarrow.table({"h": halves}),
        pd.Series(pd.arrays.ArrowExtensionArray(lists)),
    ):
        np.testing.assert_array_equal(np.column_stack([column.values for column in read_columns("X", values)]), rows)
    np.testing.assert_array_equal(
        np.column_stack([column.values for column in read_columns("X", cubes)]), rows.reshape(N // 2, 6)
    )
    assert [column.name for column in read_columns("X", polars.DataFrame({"h": rows}))] == ["h[0]", "h[1]", "h[2]"]


@pytest.mark.parametrize("row", [[1.0, 2.0], (1, 2), {1, 2}, np.zeros(2)])
def test_cells_that_are_collections_are_refused(row):
    frame = pd.DataFrame({"x": X, "h": objects([row] * N)})
    message = error_of(frame, TypeError)
    assert f"column 'h' of y holds a {type(row).__name__} in row 0" in message and "columns of their own" in message


def test_lists_of_polars_and_pyarrow_are_refused():
    polars, pyarrow = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    rows = [[1.0], [2.0, 3.0]]
    for values in (polars.DataFrame({"h": rows}), pyarrow.table({"h": rows})):
        assert "column 'h' of y holds collections" in error_of(values, TypeError)


# --- missing values


LETTERS = np.array(["a", "b"] * (N // 2))


def without(values, missing):
    return [missing if row in (4, 7) else value for row, value in enumerate(values)]


MISSING = {
    "float": np.array(without(X, np.nan)),
    "object": objects(without(X, None)),
    "text object": objects(without(LETTERS, None)),
    "list": without(X.tolist(), None),
    "Int64": pd.Series(without(CODES, pd.NA), dtype="Int64"),
    "boolean": pd.Series(without(CODES > 1, pd.NA), dtype="boolean"),
    "str": pd.Series(without(LETTERS, None), dtype="str"),
    "string": pd.Series(without(LETTERS, None), dtype="string"),
    "category": pd.Categorical(without(CODES, None)),
    "StringDType of NaN": np.array(without(LETTERS, np.nan), np.dtypes.StringDType(na_object=np.nan)),
    "StringDType of None": np.array(without(LETTERS, None), np.dtypes.StringDType(na_object=None)),
    "date": np.array(without(DATES, np.datetime64("NaT"))),
    "zoned date": pd.Series(without(ZONED, pd.NaT)),
    "date object": objects(without(DATETIMES, None)),
    "period": pd.Series(pd.PeriodIndex(DATES, freq="h")).where(~np.isin(np.arange(N), (4, 7))),
}


@pytest.mark.parametrize("values", MISSING.values(), ids=MISSING)
def test_missing_values_are_counted(values):
    message = error_of(values, ValueError)
    assert "Input y contains" in message and f"in 2 of {N} rows, first in row 4" in message
    assert "Input column 'a' of y contains" in error_of(pd.DataFrame({"x": X, "a": values}), ValueError)


def test_missing_values_of_polars_and_pyarrow():
    polars, pyarrow = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    for values in (without(CODES.tolist(), None), without(LETTERS.tolist(), None), without(DATETIMES, None)):
        for container in (polars.Series(values), pyarrow.array(values), pyarrow.chunked_array([values])):
            assert f"Input y contains null in 2 of {N} rows, first in row 4" in error_of(container, ValueError)


def test_text_with_a_text_for_missing_values_is_text():
    values = np.array(without(LETTERS, "none"), np.dtypes.StringDType(na_object="none"))
    assert read(values).codes().max() == 2


def test_masked_arrays():
    mask = np.isin(np.arange(N), (4, 7))
    assert "y has 2 masked entries" in error_of(np.ma.array(X, mask=mask), ValueError)
    np.testing.assert_array_equal(read(np.ma.array(X)).values, X)


# --- what is no column


class Lazy:
    """Looks like a frame whose values are not computed."""

    columns = ["a"]

    def collect(self):
        raise NotImplementedError


class Tensor:
    """Looks like a tensor that numpy cannot read."""

    def __init__(self, dtype, requires_grad):
        self.dtype, self.requires_grad = dtype, requires_grad


JUNK = {
    "dict": ({"a": [1, 2]}, "y is a dict, which has no rows; pass pandas.DataFrame"),
    "set": ({1, 2}, "y is a set"),
    "generator": ((k for k in range(3)), "y is a generator"),
    "text": ("abc", "y is a str"),
    "bytes": (b"abc", "y is a bytes"),
    "number": (3.0, "y is a float"),
    "no dimension": (np.array(3.0), "y is an array of no dimension"),
    "object": (object(), "y is a object"),
    "sparse": (sparse.csr_array(np.eye(3)), "Sparse data was passed for y.* pass y.toarray"),
    "lazy": (Lazy(), "y is a Lazy, whose values are not computed yet"),
    "gradient": (Tensor("torch.float32", True), "pass y.detach"),
    "bfloat16": (Tensor("torch.bfloat16", False), "pass y.detach"),
    "float8": (Tensor("torch.float8_e4m3fn", False), "pass y.detach"),
    "records": (np.rec.fromarrays([CODES, X]), "y holds records with the fields"),
    "bytes array": (np.zeros(3, "V4"), "y holds raw bytes"),
    "dates beside numbers": (objects([1, dt.date(2024, 1, 1)]), None),
}


@pytest.mark.parametrize(("values", "message"), JUNK.values(), ids=JUNK)
def test_what_is_no_column_is_refused(values, message):
    if message is None:
        assert read(values).source == "text"  # whatever can be told apart
    else:
        assert re.search(message, error_of(values, TypeError))


@pytest.mark.parametrize(
    "values",
    [X + 1j, pd.Series(X + 1j), (X + 1j).astype(object), pd.DataFrame({"c": X + 1j, "b": pd.array(CODES > 1)})],
)
def test_complex_numbers_are_refused_in_one_sentence(values):
    message = error_of(values, ValueError)
    assert message.startswith("Complex data not supported") and len(message) < 150


def test_shapes():
    assert "0 sample(s)" in error_of(np.empty((0, 2)))
    assert "0 feature(s)" in error_of(pd.DataFrame(index=range(3)))
    assert "dim 3" in error_of(np.zeros((3, 2, 1)))
    for column in (X, pd.Series(X), X.tolist()):
        assert "Expected 2D array, got 1D array" in error_of(column, table=True)
    assert "y holds a list in row 0" in error_of([[1.0, 2.0], [3.0]])


def test_a_dask_frame_is_computed():
    dataframe = pytest.importorskip("dask.dataframe")
    frame = dataframe.from_pandas(pd.DataFrame({"x": X, "c": CATEGORY}), npartitions=2)
    x, c = read_columns("X", frame)
    np.testing.assert_array_equal(x.values, X)
    assert c.source == "category"
    assert is_discrete(frame["c"]) and not is_discrete(frame["x"])
