"""The input policy, row by row: what is refused and in which words, what is converted, what is warned about."""

import re
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator

from skib._columns import as_codes
from skib._validation import (
    check_classes,
    check_codes,
    check_pair,
    check_target,
    target_codes,
    warn_if_constant,
)
from skib._warnings import ConstantInputWarning

N = 60
RNG = np.random.default_rng(0)
X = RNG.normal(size=(N, 2))
Y = RNG.normal(size=N)
LABELS = RNG.integers(0, 3, N)


class Neighbors(BaseEstimator):
    """An estimator that only validates."""

    def __init__(self, n_neighbors=3):
        self.n_neighbors = n_neighbors


def with_bad(value, rows=(7, 9), data=X):
    data = data.astype(type(value)) if isinstance(value, complex) else data.copy()
    data[list(rows)] = value
    return data


def error_of(check, *args, kind=(ValueError, TypeError), **kwargs):
    with pytest.raises(kind) as caught:
        check(Neighbors(), *args, **kwargs)
    return str(caught.value)


class Tensor:
    """What a tensor with a gradient looks like from outside."""

    requires_grad = True
    dtype = "torch.float32"


class HalfTensor:
    """What a bfloat16 tensor looks like from outside."""

    requires_grad = False
    dtype = "torch.bfloat16"


# --- refused: the message names the argument, how many rows, the first of them, and the remedy


@pytest.mark.parametrize("value, said", [(np.nan, "NaN"), (np.inf, "infinity"), (-np.inf, "infinity")])
@pytest.mark.parametrize("name", ["X", "y"])
def test_not_finite(name, value, said):
    x, y = (with_bad(value), Y) if name == "X" else (X, with_bad(value, data=Y))
    message = error_of(check_pair, x, y, kind=ValueError)
    assert f"Input {name} contains {said} in 2 of {N} rows, first in row 7" in message
    assert "drop those rows or fill them" in message


@pytest.mark.parametrize("missing", [np.nan, None, pd.NA])
def test_missing_value_among_objects(missing):
    column = np.array(["a", "b"] * 30, dtype=object)
    column[[4, 8, 9]] = missing
    expected = f"Input y contains NaN or None in 3 of {N} rows, first in row 4"
    assert expected in error_of(check_classes, X, column, kind=ValueError)
    numbers = X.astype(object)
    numbers[[4, 8, 9], 1] = missing
    assert expected.replace("y", "X") in error_of(check_pair, numbers, Y, kind=ValueError)


def test_missing_class_label():
    labels = np.where(np.arange(N) == 5, np.nan, LABELS)
    assert f"Input y contains NaN in 1 of {N} rows, first in row 5" in error_of(check_classes, X, labels)


@pytest.mark.parametrize("check", [check_pair, check_classes])
def test_complex(check):
    assert "omplex" in error_of(check, X + 0j, LABELS)
    assert "omplex" in error_of(check, X, LABELS + 0j)
    assert "omplex" in error_of(check_codes, X + 0j)


@pytest.mark.parametrize(
    "convert",
    [
        lambda a: a.astype(str),
        lambda a: a.astype(str).astype(object),
        lambda a: a.astype(bytes),
        lambda a: a.astype(np.dtypes.StringDType()),
        lambda a: a.astype(str).tolist(),
    ],
    ids=["str", "object", "bytes", "StringDType", "list"],
)
def test_numeric_strings_are_text(convert):
    for name, x, y in [("X", convert(X), Y), ("y", X, convert(Y))]:
        message = error_of(check_pair, x, y, kind=ValueError)
        assert f"{name} holds text" in message
        assert "convert it to numbers" in message


@pytest.mark.parametrize("text", ["1.5", b"1.5", np.str_("1.5"), np.bytes_(b"1.5")], ids=repr)
def test_text_among_numbers_names_its_row(text):
    x = X.astype(object)
    x[11, 1] = text
    assert f"X holds text, first {text!r} in row 11" in error_of(check_pair, x, Y, kind=ValueError)


@pytest.mark.parametrize("text", [np.str_("1.5"), np.bytes_(b"1.5")], ids=repr)
def test_text_of_numpy_in_objects_is_text(text):
    objects = np.empty((len(X), 1), object)
    objects[:] = text
    assert f"X holds text, first {text!r} in row 0" in error_of(check_pair, objects, Y, kind=ValueError)


@pytest.mark.parametrize(
    "thing, remedy",
    [({"a": 1}, "must be a string or a number"), ([1.0], "columns of their own"), (object, "pass numbers")],
    ids=str,
)
def test_thing_among_numbers_names_its_row(thing, remedy):
    x = X.astype(object)
    x[3, 0] = thing
    message = error_of(check_pair, x, Y, kind=TypeError)
    assert f"X holds a {type(thing).__name__} in row 3" in message
    assert remedy in message


@pytest.mark.parametrize(
    "values, kind",
    [
        ([np.timedelta64(1, "h"), 2, 3], "timedelta64 in row 0"),
        ([1, np.datetime64("2024"), 3], "datetime64 in row 1"),
        ([Decimal(1), 2.5, np.complex128(1j)], "complex128 in row 2"),
    ],
)
def test_a_scalar_of_numpy_among_numbers_names_its_row(values, kind):
    # All of them have a method that converts to float.
    with pytest.raises(TypeError, match=f"y holds a {kind}; pass numbers"):
        check_target(values, 3)


def test_masked_array():
    mask = np.zeros_like(X, dtype=bool)
    assert np.array_equal(check_pair(Neighbors(), np.ma.array(X, mask=mask), Y)[0], X)
    mask[2:4, 0] = True
    for check in (check_pair, check_classes, check_codes):
        message = error_of(check, *([np.ma.array(X, mask=mask), LABELS][: 1 if check is check_codes else 2]))
        assert "X has 2 masked entries" in message
        assert "drop those rows" in message
    for check in (check_pair, check_classes):
        assert "y has 2 masked entries" in error_of(check, X, np.ma.array(LABELS, mask=mask[:, 0]))


@pytest.mark.parametrize("tensor", [Tensor(), HalfTensor()], ids=["requires_grad", "bfloat16"])
@pytest.mark.parametrize("check", [check_pair, check_classes])
def test_tensor_that_numpy_cannot_read(check, tensor):
    assert "pass X.detach().float().numpy()" in error_of(check, tensor, LABELS, kind=TypeError)
    assert "pass y.detach().float().numpy()" in error_of(check, X, tensor, kind=TypeError)


@pytest.mark.parametrize("check", [check_pair, check_classes])
def test_shapes(check):
    assert f"X has {N} rows but y has {N - 1}; pass one row of y per row of X" in error_of(check, X, LABELS[:-1])
    assert "0 sample(s)" in error_of(check, X[:0], LABELS[:0])
    assert "0 feature(s)" in error_of(check, X[:, :0], LABELS)
    assert "Expected 2D array, got 1D array" in error_of(check, X[:, 0], LABELS)
    assert "requires y to be passed, but the target y is None" in error_of(check, X, None)


@pytest.mark.parametrize("check", [check_pair, check_classes])
def test_too_few_rows(check):
    assert len(check(Neighbors(), X[:4], LABELS[:4], min_samples=4)[0]) == 4
    message = error_of(check, X[:3], LABELS[:3], min_samples=4, kind=ValueError)
    assert "needs at least 4 rows, got n_samples = 3" in message
    assert "pass more rows or lower n_neighbors" in message


def test_continuous_y_is_no_class():
    message = error_of(check_classes, X, Y, kind=ValueError)
    assert "needs class labels, got a continuous y" in message
    assert "KSG" in message
    assert "continuous y" in error_of(check_classes, X, Y.astype(object), kind=ValueError)
    assert re.search(r"1d array of class labels, got shape \(60, 2\)", error_of(check_classes, X, X))


# --- accepted: the same as a float64 copy


@pytest.mark.parametrize(
    "convert",
    [
        lambda a: a,
        lambda a: a.astype(">f8"),
        lambda a: np.asfortranarray(a),
        lambda a: np.repeat(a, 2, axis=0)[::2],
        lambda a: a.astype(object),
        lambda a: a.tolist(),
        lambda a: pd.DataFrame(a, columns=["a", "b"]),
        lambda a: pd.DataFrame(a).convert_dtypes(),
        lambda a: pytest.importorskip("polars").DataFrame(a, schema=["a", "b"]),
        lambda a: pytest.importorskip("pyarrow").table({"a": a[:, 0], "b": a[:, 1]}),
    ],
    ids="same big-endian fortran strided object list pandas nullable polars pyarrow".split(),
)
def test_layouts_and_containers(convert):
    x, y = check_pair(Neighbors(), convert(X), Y)
    assert np.array_equal(x, X)
    assert np.array_equal(y, Y[:, None])
    for values in (x, y):
        assert values.dtype == np.float64 and values.dtype.isnative and values.flags["C_CONTIGUOUS"]
    assert np.array_equal(check_target(convert(X), N), X)


@pytest.mark.parametrize("dtype", ["f2", "f4", ">f4", "i1", "u8", ">i4", "?"])
def test_other_numbers_are_converted_exactly(dtype):
    narrow = (4 * X).astype(dtype)
    assert np.array_equal(check_pair(Neighbors(), narrow, narrow)[0], narrow.astype(float))
    assert np.array_equal(check_pair(Neighbors(), narrow, narrow)[1], narrow.astype(float))


def test_read_only_memmap(tmp_path):
    np.save(tmp_path / "x.npy", X)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert np.array_equal(check_pair(Neighbors(), mapped, mapped[:, 0])[0], X)


def test_input_stays_as_it_was():
    frame = pd.DataFrame({"t": pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(N), "h"), "a": Y})
    before = frame.copy()
    check_pair(Neighbors(), frame, Y)
    pd.testing.assert_frame_equal(frame, before)


def test_feature_names_are_kept():
    estimator = Neighbors()
    check_pair(estimator, pd.DataFrame(X, columns=["a", "b"]), Y)
    assert list(estimator.feature_names_in_) == ["a", "b"]
    dated = pd.DataFrame({"t": pd.date_range("2024", periods=N), "b": Y})
    check_pair(estimator, dated, Y)
    assert list(estimator.feature_names_in_) == ["t", "b"]
    assert estimator.n_features_in_ == 2


# --- frames: columns of text are named, dates become numbers


def text_frame(library):
    text, category = ["u", "v"] * 30, pd.Categorical(["p", "q"] * 30)
    if library == "pandas":
        return pd.DataFrame({"a": Y, "colour": text, "kind": category})
    if library == "polars":
        polars = pytest.importorskip("polars")
        kind = polars.Series(list(category), dtype=polars.Categorical)
        return polars.DataFrame({"a": Y, "colour": text, "kind": kind})
    pyarrow = pytest.importorskip("pyarrow")
    return pyarrow.table({"a": Y, "colour": text, "kind": pyarrow.array(list(category)).dictionary_encode()})


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_columns_of_text_are_named(library):
    message = error_of(check_pair, text_frame(library), Y, kind=ValueError)
    assert "X has columns of text or categories: ['colour', 'kind']" in message
    assert "encode them as numbers, or leave them out" in message


def test_category_of_numbers_is_no_number():
    frame = pd.DataFrame({"a": Y, "grade": pd.Categorical(LABELS)})
    assert "['grade']" in error_of(check_pair, frame, Y, kind=ValueError)


def test_column_of_text_as_y():
    for y in (pd.Series(["u", "v"] * 30), text_frame("polars")["colour"], text_frame("pyarrow")["colour"]):
        assert "y holds text" in error_of(check_pair, X, y, kind=ValueError)
        assert np.array_equal(check_classes(Neighbors(), X, y)[1], np.arange(N) % 2)


MINUTES = RNG.permutation(N)
DATES = np.datetime64("2024-05-01T12:00", "ns") + MINUTES * np.timedelta64(60, "s")
TICKS = (MINUTES - MINUTES.min()) * 60e9  # nanoseconds from the earliest
ZONED = pd.Series(DATES).dt.tz_localize("UTC")


@pytest.mark.parametrize(
    "y", [DATES, DATES.astype(">M8[ns]"), pd.Series(DATES), ZONED, DATES - DATES.min()], ids=lambda y: str(y.dtype)
)
def test_dates_are_numbers_from_the_earliest(y):
    assert np.array_equal(check_pair(Neighbors(), X, y)[1][:, 0], TICKS)
    assert np.array_equal(check_pair(Neighbors(), pd.DataFrame({0: y, "a": Y})[[0]], Y)[0][:, 0], TICKS)


@pytest.mark.parametrize("library", ["polars", "pyarrow"])
def test_dates_in_other_tables(library):
    module = pytest.importorskip(library)
    table = (module.DataFrame if library == "polars" else module.table)({"t": DATES, "a": Y})
    estimator = Neighbors()
    x, _ = check_pair(estimator, table, Y)
    assert np.array_equal(x, np.column_stack([TICKS, Y]))
    assert list(estimator.feature_names_in_) == ["t", "a"]


def test_date_of_nanosecond_precision_survives():
    dates = np.datetime64("2024-05-01", "ns") + np.arange(N)
    assert np.array_equal(check_pair(Neighbors(), X, dates)[1][:, 0], np.arange(N))


def test_missing_date():
    dates = DATES.copy()
    dates[3] = "NaT"
    for y in (dates, pd.Series(dates)):
        assert f"Input y contains NaN (not a time) in 1 of {N} rows, first in row 3" in error_of(check_pair, X, y)


# --- codes


@pytest.mark.parametrize(
    "column",
    [
        LABELS,
        LABELS.astype(float) - 0.5,
        LABELS.astype("u1"),
        LABELS * 10**12 - 7,
        LABELS > 0,
        LABELS.astype(str),
        LABELS.astype(str).astype(object),
        np.datetime64("2024-01-01") + LABELS,
        pd.Series(LABELS.astype(str)),
        pd.Series(pd.Categorical(LABELS)),
    ],
    ids=lambda column: str(column.dtype),
)
def test_codes_are_dense_and_equal_exactly_where_values_are(column):
    codes = as_codes(column)
    values = np.asarray(column)
    assert codes.dtype == np.int64
    assert set(codes) == set(range(len(set(values.tolist()))))
    assert np.array_equal(codes[:, None] == codes, values[:, None] == values)


def test_codes_of_rows():
    rows = np.column_stack([LABELS, LABELS[::-1] * 3.0])
    codes = check_codes(Neighbors(), rows)
    assert np.array_equal(codes[:, None] == codes, (rows[:, None] == rows).all(axis=2))
    assert np.array_equal(target_codes(rows, N), codes)


def test_codes_of_rows_do_not_overflow():
    many = np.random.default_rng(1).integers(0, 50, (200, 40))  # 50 ** 40 possible rows
    assert len(np.unique(check_codes(Neighbors(), many))) == len(np.unique(many, axis=0))


def test_codes_refuse_what_is_missing():
    assert "Input X contains NaN" in error_of(check_codes, with_bad(np.nan))
    frame = pd.DataFrame({"a": ["u", None] * 30})
    message = f"Input column 'a' of X contains NaN or None in 30 of {N} rows, first in row 1"
    assert message in error_of(check_codes, frame)


# --- warnings


def test_constant_input():
    with pytest.warns(ConstantInputWarning, match=f"X is constant over all {N} rows"):
        assert warn_if_constant("X", np.full((N, 2), 3.0))
    assert not warn_if_constant("X", np.column_stack([np.zeros(N), Y]))
