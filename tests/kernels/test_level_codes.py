"""Levels of whole numbers, and their numbers from 0, equal those of sorted values."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from skib._kernels.level_codes import count_levels, level_codes

TYPES = [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.int64, np.uint64]


@st.composite
def whole_numbers(draw):
    """Rows of whole numbers with gaps, of any range, at either end of their type; the last value may be rare."""
    info = np.iinfo(draw(st.sampled_from(TYPES)))
    span = draw(st.sampled_from([1, 5, 100, 255, 256, 300]))
    span, n = min(span, info.max - info.min), draw(st.sampled_from([1, 40, 3000]))
    low = draw(st.sampled_from([info.min, info.max - span, min(max(-3, info.min), info.max - span)]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    levels = rng.integers(0, span, (3, draw(st.integers(1, 30))), endpoint=True)
    offsets = np.array([rng.choice(row, n) for row in levels])
    offsets[0, -1] = span
    return (offsets.astype(np.uint64) + np.uint64(low % 2**64)).astype(info.dtype)


@given(values=whole_numbers(), most_levels=st.integers(1, 256))
@settings(max_examples=200)
def test_codes_are_the_places_among_the_distinct_values(values, most_levels):
    codes, n_levels = np.full(values.shape, 77, np.uint8), np.empty(3, np.int64)
    lowest, highest = (ends.astype(np.uint64) for ends in (values.min(axis=1), values.max(axis=1)))
    level_codes(values, lowest, highest, most_levels, np.empty(256, np.uint8), codes, n_levels)
    for row, found, n in zip(values, codes, n_levels, strict=True):
        levels, places = np.unique(row, return_inverse=True)
        if len(levels) > most_levels or int(levels[-1]) - int(levels[0]) > 255:
            assert n == -1
            assert (found == 77).all()
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
