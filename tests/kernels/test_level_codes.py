"""Levels of whole numbers, and their numbers from 0, equal those of sorted values."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from skib._kernels.level_codes import count_levels, level_codes


@st.composite
def whole_numbers(draw):
    """Rows of whole numbers with gaps, and the largest possible ones; that may be rare, or not occur at all."""
    span, n = draw(st.sampled_from([1, 5, 100, 254, 255])), draw(st.sampled_from([1, 40, 3000]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    levels = rng.integers(0, span, (3, draw(st.integers(1, 30))), endpoint=True)
    values = np.array([rng.choice(row, n) for row in levels])
    values[0, -1] = span
    return values.astype(np.uint8), np.array([span, span, draw(st.sampled_from([span, 256, 2**64 - 1]))], np.uint64)


@given(values=whole_numbers(), most_levels=st.integers(1, 256))
@settings(max_examples=200)
def test_codes_are_the_places_among_the_distinct_values(values, most_levels):
    values, spans = values
    codes, n_levels = values.copy(), np.empty(3, np.int64)
    level_codes(codes, spans, most_levels, np.empty(256, np.uint8), n_levels)
    for row, span, found, n in zip(values, spans, codes, n_levels, strict=True):
        levels, places = np.unique(row, return_inverse=True)
        if len(levels) > most_levels or span > 255:
            assert n == -1
            assert_array_equal(found, row)
        else:
            assert n == len(levels)
            assert_array_equal(found, places)


@pytest.mark.parametrize("n", [1, 50, 5000])
def test_levels_are_counted(n):
    rng = np.random.default_rng(n)
    columns = np.array([rng.integers(0, k, n) * step for k, step in [(1, 1), (2, 1), (300, 1), (30, 7)]])
    columns[1, -1] = 3  # rare, after a gap
    levels = np.empty(4, np.int64)
    count_levels(columns.astype(np.uint16), columns.max(axis=1) + 1, np.empty(columns.max() + 1, np.uint8), levels)
    assert_array_equal(levels, [len(set(column.tolist())) for column in columns])
