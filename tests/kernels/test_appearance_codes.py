"""Codes in the order in which cells, words and numbers first occur, against a dictionary."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from skib._kernels.appearance_codes import codes_of_cells, codes_of_numbers, codes_of_words

NO_ENDS = np.empty(0, np.int64)


def read_only(array):
    array.flags.writeable = False
    return array


def of_cells(raw, ends, n, most, *, step=0, size=0, n_slots=None):
    (firsts, counts), codes = np.zeros((2, most), np.uint64), np.full(n, 9999, np.uint16)
    slots = np.zeros((n_slots or 2 << most.bit_length(), 4), np.uint64)
    cells = read_only(raw), read_only(ends), np.uint64(step), np.uint64(size)
    return codes_of_cells(*cells, slots, firsts, counts, codes), firsts[:most], counts[:most], codes


def codes_of_texts(texts, start=0, most=None, n_slots=None):
    most = len(set(texts)) if most is None else most
    raw = np.frombuffer(b"?" * start + b"".join(texts), np.uint8)
    ends = start + np.cumsum([0, *map(len, texts)])
    return of_cells(raw, ends, len(texts), most, n_slots=n_slots)


def require_codes(result, values):
    n_codes, firsts, counts, codes = result
    places = {}
    expected = [places.setdefault(value, len(places)) for value in values]
    assert n_codes == len(places)
    assert_array_equal(codes, expected)
    assert_array_equal(firsts, [expected.index(code) for code in range(n_codes)])
    assert_array_equal(counts, np.bincount(expected))


# Of bytes that often agree, so that cells differ in their length, or in zeros at their end, alone.
CELLS = st.lists(st.text("\0ab", max_size=40).map(str.encode), min_size=1, max_size=60)


@given(CELLS, st.integers(0, 9))
def test_texts_equal_a_dictionary(texts, start):
    require_codes(codes_of_texts(texts, start), texts)
    if len(set(texts)) > 1:
        most = len(set(texts)) - 1
        assert codes_of_texts(texts, start, most)[0] == most + 1


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(0, 50), st.integers(0, 30))
def test_cells_of_one_size_equal_a_dictionary(seed, n, size, gap):
    raw = np.random.default_rng(seed).integers(0, 2, n * (size + gap)).astype(np.uint8)
    cells = [raw[i * (size + gap) :][:size].tobytes() for i in range(n)]
    raw, most = raw[: max(len(raw) - gap, 0)], len(set(cells))
    require_codes(of_cells(raw, NO_ENDS, n, most, step=size + gap, size=size), cells)


@pytest.mark.parametrize("character", [b"x", b"\0", b"abcdefgh"])
def test_sizes_of_long_cells_are_told_apart(character):
    """Of one character only, the beginnings and ends of such cells agree, and so do the bytes that follow."""
    texts = [(character * 40)[:size] for size in range(41)]
    require_codes(codes_of_texts(texts * 2), texts * 2)
    require_codes(codes_of_texts(texts[::-1] * 2), texts[::-1] * 2)


@pytest.mark.parametrize("bit", range(128))
def test_long_cells_that_differ_in_one_bit_are_numbered(bit):
    cell = np.arange(16, dtype=np.uint8)
    other = cell.copy()
    other[bit // 8] ^= 1 << bit % 8
    cells = [cell.tobytes(), other.tobytes()]
    require_codes(codes_of_texts(cells), cells)


@pytest.mark.parametrize("n_slots", [64, 1024])
def test_cells_of_one_slot_are_told_apart(n_slots):
    texts = [f"{'name' * (i % 9)} {i}".encode() for i in range(60)]
    require_codes(codes_of_texts(texts * 3, n_slots=n_slots), texts * 3)


@given(st.lists(st.integers(0, 30), min_size=1, max_size=100))
def test_numbers_equal_a_dictionary(values):
    numbers, most = np.array(values, np.uint32), len(set(values))
    require_codes(of_numbers(numbers, most), values)
    if most > 1:
        assert of_numbers(numbers, most - 1)[0] == most


@given(st.lists(st.sampled_from([0, 1, 2**40, 2**41, 2**64 - 1, 140 << 40]), min_size=1, max_size=60))
@pytest.mark.parametrize("n_slots", [8, 1024])
def test_words_equal_a_dictionary(n_slots, values):
    most = len(set(values))
    require_codes(of_words(values, most, n_slots), values)
    if most > 1:
        assert of_words(values, most - 1, n_slots)[0] == most


def of_words(values, most, n_slots):
    (firsts, counts), codes = np.zeros((2, most), np.uint64), np.empty(len(values), np.uint16)
    words = read_only(np.array(values, np.uint64))
    return codes_of_words(words, np.zeros((n_slots, 2), np.uint64), firsts, counts, codes), firsts, counts, codes


def of_numbers(numbers, most):
    (firsts, counts), codes = np.zeros((2, most), np.uint64), np.empty(len(numbers), np.uint16)
    places = np.zeros(int(numbers.max()) + 1, np.uint16)
    return codes_of_numbers(read_only(numbers), places, firsts, counts, codes), firsts, counts, codes
