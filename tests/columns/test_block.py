"""Whole numbers of a small range are read together; each column is what it would be by itself."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_array_equal

from skib._columns import byte_offsets, columns_of
from skib._columns._block import block_columns
from skib._warnings import drop_warnings

DTYPES = (np.bool_, np.int8, np.uint8, np.int16, np.int32, np.int64, np.uint64, np.dtype(">i4"))


@st.composite
def tables(draw):
    """Arrays of columns of few and of many levels, of which some span more than a byte."""
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    n_samples, n_columns = draw(st.integers(6, 40)), draw(st.integers(1, 5))
    array = draw(hnp.arrays(dtype, (n_samples, n_columns)))
    if draw(st.booleans()) and dtype.kind != "b":
        array = array % draw(st.sampled_from([1, 2, 3, 7, 100])) * draw(st.sampled_from([1, 3]))
        array = array.astype(dtype)
    if draw(st.booleans()):
        array = np.asfortranarray(array)
    return array[:: draw(st.sampled_from([1, -1]))]


def same(block, single):
    """Require the same kind of column with the same content."""
    assert block.kind == single.kind and block.n_samples == single.n_samples and block.constant == single.constant
    assert_array_equal(block.raw, single.raw)
    if block.kind == "discrete":
        assert block.nominal == single.nominal and block.n_missing == single.n_missing == 0
        assert block.codes.dtype == single.codes.dtype == np.int64
        assert_array_equal(block.codes, single.codes)
        assert block.counts.dtype == single.counts.dtype
        assert_array_equal(block.counts, single.counts)
        assert block.null_key == single.null_key and block.label(0) == single.label(0)
    else:
        assert_array_equal(block.values, single.values)


@settings(deadline=None, max_examples=200)
@given(tables(), st.sampled_from([None, True, False]), st.booleans())
def test_columns_are_those_read_one_by_one(array, discrete, as_frame):
    choice = None if discrete is None else (lambda n_columns: [discrete] * n_columns)
    table = pd.DataFrame(array) if as_frame and array.dtype.isnative else array
    # Columns of several dtypes are read one by one.
    alone = pd.DataFrame(
        {j: pd.Series(column.astype(array.dtype.newbyteorder("="))) for j, column in enumerate(array.T)}
    )
    alone["text"] = "a"
    alone_choice = None if discrete is None else (lambda n_columns: [discrete] * (n_columns - 1) + [True])
    with drop_warnings(""):
        together = columns_of(table, missing="auto", discrete=choice)
        *singles, _ = columns_of(alone, missing="auto", discrete=alone_choice)
    assert [column.name for column in together] == [column.name for column in singles]
    for block, single in zip(together, singles, strict=True):
        same(block, single)


def test_which_tables_are_blocks():
    whole = np.arange(512).reshape(256, 2)
    assert block_columns(whole // 2, 2) != [None, None]
    assert block_columns(whole, 2) == [None, None]  # a span of 510
    assert block_columns(whole.astype(float), 2) == [None, None]
    assert block_columns(pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}), 2) == [None, None]
    assert block_columns(pd.DataFrame({"a": [1, 2]}, dtype="Int64"), 1) == [None]
    (column,) = block_columns(np.array([[2**62], [-(2**62)], [2**62]]), 1)
    assert column is None
    (column,) = block_columns(np.array([[7], [9], [7]]), 1)
    assert column.codes.tolist() == [0, 1, 0] and column.counts.tolist() == [2, 1]


@pytest.mark.parametrize("library", ["polars", "pyarrow"])
@pytest.mark.parametrize("dtype", ["int8", "uint16", "int64", "uint64"])
def test_tables_of_other_libraries(library, dtype):
    made = pytest.importorskip(library)
    make = made.DataFrame if library == "polars" else made.table
    columns = {"a": np.array([5, 3, 5, 7] * 5, dtype), "b": np.array([0, 1] * 10, dtype)}
    for ours, alone in zip(columns_of(make(columns)), columns_of(pd.DataFrame(columns)), strict=True):
        same(ours, alone)
    assert None not in block_columns(make(columns), 2)
    assert block_columns(make(columns | {"c": np.arange(20.0)}), 3) == [None] * 3
    assert block_columns(make(columns | {"c": [None] + [1] * 19}), 3) == [None] * 3
    missing = make({"a": [None] + [1, 2] * 10, "b": [3, 4, 5] * 7})
    assert block_columns(missing, 2) == [None] * 2
    assert [column.n_missing for column in columns_of(missing, missing="auto", discrete=lambda n: [True] * n)] == [1, 0]


@pytest.mark.parametrize("order", ["C", "F"])
def test_tiles_cover_large_tables(order):
    array = np.asarray(np.random.default_rng(0).integers(-3, 4, (3000, 200)), order=order)
    columns = block_columns(array, 200)
    assert_array_equal(np.array([column.codes for column in columns]).T, array + 3)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("step", [1, 3])
@pytest.mark.parametrize("shape", [(700, 900), (83, 19), (5, 3)])
def test_offsets_of_chosen_rows(order, step, shape):
    array = np.asarray(np.random.default_rng(0).integers(-9, 300, shape), order=order)[:, ::step]
    array[:, 0] = np.arange(len(array)) % 5 - 2**62
    for rows in (None, np.arange(1, len(array), 2)):
        chosen = array if rows is None else array[rows]
        offsets = np.empty(chosen.shape[::-1], np.uint8)
        spans = byte_offsets(array, offsets, rows)
        assert_array_equal(spans, np.ptp(chosen, axis=0))
        assert_array_equal(offsets, ((chosen - chosen.min(axis=0)) % 256).T)
