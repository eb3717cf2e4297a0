"""Tables from planes of bits equal their naive twin."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from skib._kernels.bit_planes import count_planes
from tests.naive import tables as naive


def planes(values, wanted):
    """Words of 64 rows, the first row in the lowest bit."""
    marks = [[values[i : i + 64] == value for i in range(0, len(values), 64)] for value in wanted]
    words = [[sum(1 << int(i) for i in np.flatnonzero(word)) for word in row] for row in marks]
    return np.array(words, np.uint64).reshape(len(marks), -(-len(values) // 64))


@given(
    n_rows=st.integers(1, 300),
    width=st.integers(2, 6),
    n_codes=st.integers(1, 12),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=60)
def test_tables_equal_the_naive_twin(n_rows, width, n_codes, seed):
    rng = np.random.default_rng(seed)
    columns, codes = rng.integers(0, width, (5, n_rows)), rng.integers(0, n_codes, n_rows)
    shift, candidates = (width - 1).bit_length(), np.array([4, 0, 1])
    tables = np.zeros((3, n_codes << shift), np.uint32)
    columns_planes = np.array([planes(column, range(1, width)) for column in columns])
    sizes = np.array([[np.sum(column == value) for value in range(1, width)] for column in columns])
    context, context_sizes = planes(codes, range(n_codes - 1)), np.bincount(codes, minlength=n_codes)
    count_planes(columns_planes, sizes, candidates, context, context_sizes, shift, tables)
    expected = [naive.table(columns[k].tolist(), codes.tolist(), n_codes, 1 << shift) for k in candidates]
    assert_array_equal(tables, expected)


def test_all_bits_of_a_word_are_counted():
    full = np.array([[[np.iinfo(np.uint64).max]]], np.uint64)
    tables = np.zeros((1, 4), np.uint32)
    count_planes(full, np.array([[64]]), np.array([0]), full[0], np.array([64, 0]), 1, tables)
    assert tables.tolist() == [[0, 64, 0, 0]]
