"""Codes in the order in which rows first occur, against a dictionary."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from skib._kernels.appearance_codes import appearance_codes


def found_codes(words, most, n_slots):
    firsts, codes = np.full(most, -1), np.full(len(words), -1)
    n_codes = appearance_codes(words, np.full(n_slots, -1), firsts, codes)
    return n_codes, firsts, codes


@given(st.integers(0, 2**32 - 1), st.integers(1, 200), st.integers(1, 3), st.integers(1, 12))
def test_equals_a_dictionary(seed, n, n_words, n_values):
    rng = np.random.default_rng(seed)
    words = rng.integers(0, 2**64, n_values, dtype=np.uint64)[rng.integers(0, n_values, (n, n_words))]
    places = {}
    expected = [places.setdefault(tuple(row), len(places)) for row in words.tolist()]
    n_slots = 2 << len(places).bit_length()
    n_codes, firsts, codes = found_codes(words, len(places), n_slots)
    assert n_codes == len(places)
    assert_array_equal(codes, expected)
    assert_array_equal(firsts, [expected.index(code) for code in range(n_codes)])
    if n_codes > 1:
        assert found_codes(words, n_codes - 1, n_slots)[0] == n_codes


@pytest.mark.parametrize("n_slots", [4, 1024])
def test_rows_of_one_slot_are_told_apart(n_slots):
    words = np.array([[0, 1], [1, 0], [0, 1], [2, 2]], np.uint64)
    assert_array_equal(found_codes(words, 3, n_slots)[2], [0, 1, 0, 2])
