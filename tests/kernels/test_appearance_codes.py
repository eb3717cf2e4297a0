"""Codes in the order in which cells, characters, words and numbers first occur, against a dictionary."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from skib._kernels.appearance_codes import (
    EMPTY,
    codes_of_cells,
    codes_of_character_columns,
    codes_of_characters,
    codes_of_numbers,
    codes_of_pairs,
    codes_of_words,
)


def read_only(array):
    array.flags.writeable = False
    return array


def numbered(kernel, cells, n, most, n_slots=None):
    (firsts, counts), codes = np.zeros((2, most), np.uint64), np.full(n, 99, np.uint8)
    slots = np.full(4 * (n_slots or 2 << most.bit_length()), EMPTY)
    return kernel(*cells, slots, firsts, counts, codes), firsts, counts, codes


def codes_of_texts(texts, start=0, most=None, n_slots=None):
    most = len(set(texts)) if most is None else most
    raw = np.frombuffer(b"?" * start + b"".join(texts), np.uint8)
    ends = start + np.cumsum([0, *map(len, texts)])
    cells = read_only(raw), read_only(ends), np.uint64(0), np.uint64(0)
    return numbered(codes_of_cells, cells, len(texts), most, n_slots)


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
    raw = read_only(raw[: max(len(raw) - gap, 0)]), None, np.uint64(size + gap), np.uint64(size)
    require_codes(numbered(codes_of_cells, raw, n, len(set(cells))), cells)


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


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(1, 15), st.integers(0, 20))
def test_characters_equal_a_dictionary(seed, n, size, gap):
    """Zeros and others of all bits, at all places."""
    rng = np.random.default_rng(seed)
    table = rng.choice(np.array([0, 1, 97, 128, 255], np.uint32), (n, size + gap), p=[0.4, 0.15, 0.15, 0.15, 0.15])
    table = table[rng.integers(0, 1 + n // 3, n)]
    cells = [row[:size].tobytes() for row in table]
    require_codes(of_characters(table, size, len(set(cells))), cells)
    table[rng.integers(n), rng.integers(size)] = rng.choice([256, 945, 1 << 24])
    assert of_characters(table, size, n)[0] > n


@pytest.mark.parametrize("size", range(1, 16))
def test_every_bit_of_every_character_counts(size):
    bits = np.concatenate([np.eye(8 * size, dtype=np.uint32), np.zeros((1, 8 * size), np.uint32)])
    table = (bits.reshape(-1, size, 8) << np.arange(8, dtype=np.uint32)).sum(axis=2, dtype=np.uint32)
    cells = [row.tobytes() for row in table]
    require_codes(of_characters(table, size, len(cells)), cells)


def of_characters(table, size, most):
    raw = table.ravel()[: len(table.ravel()) - table.shape[1] + size]
    cells = read_only(raw.view(np.uint8)), np.uint64(4 * table.shape[1]), np.uint64(size)
    return numbered(lambda *arrays: codes_of_characters(*arrays, np.uint64(0)), cells, len(table), most)


@pytest.mark.parametrize("n", [1, 8, 700])
def test_columns_of_characters_are_numbered_apart(n):
    """Also where one of them has too many levels, or characters of two bytes."""
    words, most = np.array(["", "a", "b", "ab", "ba", "abc"]), 6
    table = words[np.random.default_rng(n).integers(0, [1, 2, 4, 6], (n, 4))]
    for too_many in ([], [1, 3] if n > 6 else [1]):
        if too_many:
            table[-1, 1], table[:, 3] = "\N{GREEK SMALL LETTER ALPHA}", np.arange(n)
        (firsts, counts), codes = np.zeros((2, 4, most), np.uint64), np.full((4, n), 99, np.uint8)
        slots, n_codes = np.full((4, 8 << most.bit_length()), EMPTY), np.zeros(4, np.uint64)
        cells = read_only(table.ravel().view(np.uint8)), np.uint64(table.strides[0]), np.uint64(3)
        codes_of_character_columns(*cells, np.zeros((30, 2), np.uint64), slots, firsts, counts, codes, n_codes)
        for j in range(4):
            if j in too_many:
                assert n_codes[j] > most
            else:
                k = n_codes[j]
                require_codes((k, firsts[j, :k], counts[j, :k], codes[j]), table[:, j].tolist())


WORDS = st.sampled_from([0, 1, 2**31, 2**40, 2**41, 2**64 - 1, 140 << 40])


def require_numbering(of, values):
    """Compare with a dictionary; where one code too few has room, one more is returned than has room."""
    most = len(set(values))
    require_codes(of(most), values)
    if most > 1:
        assert of(most - 1)[0] == most


@given(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=60))
@pytest.mark.parametrize("n_slots", [64, 1024])
def test_pairs_equal_a_dictionary(n_slots, values):
    pairs = np.array(values, np.uint64)
    pairs[:, 0] &= ~np.uint64(2**31)
    pairs, values = (read_only(pairs),), list(map(tuple, pairs.tolist()))
    require_numbering(lambda most: numbered(codes_of_pairs, pairs, len(values), most, n_slots), values)


@given(st.lists(st.integers(0, 30), min_size=1, max_size=100))
def test_numbers_equal_a_dictionary(values):
    numbers = np.array(values, np.uint32)
    require_numbering(lambda most: of_numbers(numbers, most), values)


@given(st.lists(WORDS, min_size=1, max_size=60))
@pytest.mark.parametrize("n_slots", [8, 1024])
def test_words_equal_a_dictionary(n_slots, values):
    words = (read_only(np.array(values, np.uint64)),)
    require_numbering(lambda most: numbered(codes_of_words, words, len(values), most, n_slots), values)


def of_numbers(numbers, most):
    (firsts, counts), codes = np.zeros((2, most), np.uint64), np.empty(len(numbers), np.uint16)
    places = np.zeros(int(numbers.max()) + 1, np.uint16)
    return codes_of_numbers(read_only(numbers), places, firsts, counts, codes), firsts, counts, codes
