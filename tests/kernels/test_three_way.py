"""Tables of candidates, and the sums over their cells, equal their naive twins."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from skib._kernels.three_way import cell_sums, count_cells, count_weights
from tests.naive import tables as naive


@st.composite
def counted_rows(draw, most_values=9):
    """Columns, strata and classes, of which not all values need to occur."""
    n_rows, n_columns = draw(st.integers(0, 90)), draw(st.integers(1, 9))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_strata, n_classes, width = draw(st.integers(1, 6)), draw(st.integers(1, 4)), draw(st.integers(1, most_values))
    columns = rng.integers(0, width, (n_columns, n_rows)).astype(draw(st.sampled_from([np.uint8, np.uint16])))
    return columns, rng.integers(0, n_strata, n_rows), rng.integers(0, n_classes, n_rows), (n_strata, n_classes, width)


@given(rows=counted_rows(), wide=st.booleans(), dtype=st.sampled_from([np.uint32, np.int64]))
@settings(max_examples=100)
def test_tables_and_sums_equal_the_naive_twin(rows, wide, dtype):
    columns, strata, target, (n_strata, n_classes, width) = rows
    shift, codes = (width - 1).bit_length(), strata * n_classes + target
    candidates = np.arange(len(columns))[::-1].copy()
    tables = np.zeros((len(candidates), n_strata * n_classes << shift), dtype)
    count_cells(columns, candidates, codes.astype(np.uint32 if wide else np.uint16), shift, tables)
    expected = [naive.table(columns[k].tolist(), codes.tolist(), n_strata * n_classes, 1 << shift) for k in candidates]
    assert_array_equal(tables, expected)
    terms = np.arange(len(target) + 1) ** 2
    free = np.array([len(set(target[strata == s])) - 1 for s in range(n_strata)])
    out = np.empty((len(candidates), 4), np.int64)
    cell_sums(tables, free, n_classes, terms, out)
    rows = [(columns[k].tolist(), strata.tolist(), target.tolist()) for k in candidates]
    assert_array_equal(out, [naive.sums(*row, lambda count: count**2) for row in rows])


@pytest.mark.parametrize("dtype", [np.int64, np.float64])
def test_weights_of_cells_are_those_of_repeated_rows(dtype):
    rng = np.random.default_rng(0)
    columns, codes, weights = (
        rng.integers(0, 4, (3, 80)).astype(np.uint8),
        rng.integers(0, 5, 80),
        rng.integers(0, 3, 80),
    )
    weighted, counted = np.zeros((3, 20), dtype), np.zeros((3, 20), np.uint32)
    count_weights(columns, np.arange(3), codes.astype(np.uint16), 2, weights.astype(dtype), weighted)
    rows = np.repeat(np.arange(80), weights)
    count_cells(columns[:, rows], np.arange(3), codes[rows].astype(np.uint16), 2, counted)
    assert_array_equal(weighted, counted)


@pytest.mark.parametrize("n_rows", [256 * 12, 40_000])  # from 256 rows per code
@pytest.mark.parametrize("width", [1, 2, 5, 16])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_candidates_that_are_counted_by_twos(n_rows, width, dtype):
    rng = np.random.default_rng(n_rows + width)
    columns, codes = rng.integers(0, width, (5, n_rows)).astype(dtype), rng.integers(0, 12, n_rows)
    columns[1], codes[n_rows // 2 :] = width - 1, 11
    shift, candidates = (width - 1).bit_length(), np.array([4, 1, 0, 1, 3])
    tables = np.ones((5, 12 << shift), np.uint32)  # counts are added to those of earlier rows
    count_cells(columns, candidates, codes.astype(np.uint16), shift, tables)
    cells = [np.bincount(codes << shift | columns[k], minlength=12 << shift) for k in candidates]
    assert_array_equal(tables, np.array(cells) + 1)


def test_more_rows_than_two_bytes_count():
    codes, columns = np.zeros(2**17, np.uint16), np.zeros((2, 2**17), np.uint8)
    tables = np.zeros((2, 16), np.uint32)
    count_cells(columns, np.arange(2), codes, 4, tables)
    assert_array_equal(tables[:, 0], [2**17] * 2)
    assert not tables[:, 1:].any()
