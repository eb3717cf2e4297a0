"""Codes in the order in which rows first occur, against a dictionary; and rows of words, against bytes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from skib._kernels.appearance_codes import (
    appearance_codes,
    are_as_first,
    keys_of_rows,
    words_of_cells,
    words_of_text,
)

SEEDS = st.integers(0, 2**32 - 1)


def found_codes(words, most, n_slots):
    (known, firsts, counts), codes = np.zeros((3, most), np.uint64), np.full(len(words), -1)
    n_codes = appearance_codes(words, np.zeros(n_slots, np.uint64), known, firsts, counts, codes)
    return n_codes, known, firsts, counts, codes


@given(SEEDS, st.integers(1, 200), st.integers(1, 12))
def test_equals_a_dictionary(seed, n, n_values):
    rng = np.random.default_rng(seed)
    words = rng.integers(0, 2**64, n_values, dtype=np.uint64)[rng.integers(0, n_values, n)]
    places = {}
    expected = [places.setdefault(word, len(places)) for word in words.tolist()]
    n_slots = 2 << len(places).bit_length()
    n_codes, known, firsts, counts, codes = found_codes(words, len(places), n_slots)
    assert n_codes == len(places)
    assert known.tolist() == [*places]
    assert_array_equal(codes, expected)
    assert_array_equal(firsts, [expected.index(code) for code in range(n_codes)])
    assert_array_equal(counts, np.bincount(expected))
    if n_codes > 1:
        assert found_codes(words, int(n_codes) - 1, n_slots)[0] == n_codes


@pytest.mark.parametrize("n_slots", [4, 1024])
def test_words_of_one_slot_are_told_apart(n_slots):
    words = np.array([0, 2**40, 0, 2**41], np.uint64)
    assert_array_equal(found_codes(words, 3, n_slots)[4], [0, 1, 0, 2])


@given(SEEDS, st.integers(1, 50), st.integers(1, 4))
def test_keys_are_equal_where_rows_are(seed, n, n_words):
    words = np.random.default_rng(seed).integers(0, 3, (n, n_words)).astype(np.uint64)
    keys = np.empty(n, np.uint64)
    keys_of_rows(words, keys)
    rows = list(map(tuple, words.tolist()))
    assert all((keys[i] == keys[j]) == (rows[i] == rows[j]) for i in range(n) for j in range(n))
    firsts, codes = np.unique(keys, return_index=True, return_inverse=True)[1:]
    assert are_as_first(words, firsts.astype(np.uint64), codes.astype(np.uint32))


def test_a_row_that_differs_from_the_first_of_its_code_is_found():
    words = np.array([[1, 2], [3, 4], [1, 2], [1, 5]], np.uint64)
    for codes, expected in (([0, 1, 0, 0], False), ([0, 1, 0, 2], True)):
        assert are_as_first(words, np.array([0, 1, 3], np.uint64), np.array(codes, np.uint32)) is expected


def padded(raw):
    words = np.zeros(len(raw) // 8 + 2, np.uint64)
    words.view(np.uint8)[: len(raw)] = np.frombuffer(raw, np.uint8)
    return words


@given(st.lists(st.binary(max_size=20), min_size=1, max_size=30), st.integers(0, 9))
def test_text_is_its_bytes_and_how_many(texts, start):
    longest = max(map(len, texts))
    words = np.empty((len(texts), longest // 8 + 1), np.uint64)
    ends = start + np.cumsum([0, *map(len, texts)])
    assert words_of_text(padded(b"".join(texts)), ends.astype(np.uint64), words) == longest
    size = words.itemsize * words.shape[1] - 1
    expected = [text.ljust(size, b"\0") + bytes([len(text)]) for text in texts]
    assert [row.tobytes() for row in words] == expected


def test_text_too_long_for_its_words_is_told():
    words = np.empty((2, 1), np.uint64)
    assert words_of_text(padded(b"12345678ab"), np.array([0, 8, 10], np.uint64), words) == 8
    assert words[1].tobytes() == b"ab\0\0\0\0\0\2"


@given(SEEDS, st.integers(1, 70), st.integers(1, 3), st.integers(1, 20), st.booleans())
def test_cells_are_their_bytes(seed, n, n_columns, size, by_column):
    cells = np.random.default_rng(seed).integers(0, 256, (n, n_columns, size)).astype(np.uint8)
    words = np.empty((n_columns, n, -(-size // 8)), np.uint64)
    steps = (size, n * size) if by_column else (n_columns * size, size)
    raw = (cells.transpose(1, 0, 2) if by_column else cells).tobytes()
    words_of_cells(padded(raw), *map(np.uint64, steps), np.uint64(size), words)
    found = words.view(np.uint8)
    assert_array_equal(found[..., :size], cells.transpose(1, 0, 2))
    assert not found[..., size:].any()
