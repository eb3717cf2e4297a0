"""Codes in the order in which cells of a column first occur, where few are distinct: of bytes, of words, of numbers.

Indices are unsigned: numba would look at each signed one for whether it counts from the end.
"""

import numpy as np

from skib._jit import njit

# Odd numbers whose bits look random: the upper half of a product depends on all bits of the other factor.
_FACTOR, _SECOND, _UPPER = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(32)
_0, _1, _2, _3, _8, _16, _56 = np.array([0, 1, 2, 3, 8, 16, 56], np.uint64)
_LONG, _CODE = np.uint64(2**63), np.uint64(2**16 - 1)
_MANY = np.uint64(2**40)
# The bytes of a cell that two words hold beside their number.
_SHORT = np.uint64(15)
# Of both words, those bytes that belong to a cell of so many.
_MASKS = np.array([[(1 << 8 * min(k, 8)) - 1, (1 << 8 * max(k - 8, 0)) - 1] for k in range(16)], np.uint64)


@njit
def codes_of_cells(raw, ends, step, size, slots, firsts, counts, codes):
    """Number the distinct cells, each of which is some bytes of `raw`; returns how many there are.

    Cell i has the bytes from ends[i] to ends[i + 1], or, if `ends` is empty, `size` bytes from i * step. The hash table
    `slots`, uint64 zeros of shape (n_slots, 4), n_slots being a power of 2 above the size of `firsts`, receives two
    words of each distinct cell, its size and code, and where it begins; `firsts` the first row of each code, and
    `counts`, of zeros, how many rows have it. Where more cells are distinct than `firsts` has room for, the codes stop
    there, and one more is returned than it has room for; much more, where two long cells share both words but differ.
    """
    n_codes, mask, is_fixed = _0, np.uint64(len(slots)) - _1, len(ends) == 0
    # The words of a short cell reach beyond its end, of the last ones into zeros.
    inner = np.uint64(len(raw)) - min(np.uint64(len(raw)), _SHORT)
    tail = np.zeros(32, np.uint8)
    for place in range(inner, np.uint64(len(raw))):
        tail[place - inner] = raw[place]
    end = _0 if is_fixed else np.uint64(ends[0])
    for i in range(np.uint64(len(codes))):
        begin = end
        if is_fixed:
            end += step
        else:
            end = np.uint64(ends[i + _1])
            size = end - begin
        if size > _SHORT:
            low, high = _word(raw, begin), _key(raw, begin, size)
        else:
            low, high = _words(raw, begin) if begin < inner else _words(tail, begin - inner)
            low, high = low & _MASKS[size, _0], high & _MASKS[size, _1] | (size + _1) << _56  # which is never 0
        place = ((low + high * _SECOND) * _FACTOR) >> _UPPER & mask
        while slots[place, _1] and ((slots[place, _0] ^ low) | (slots[place, _1] ^ high)):
            place = (place + _1) & mask
        if not slots[place, _1]:
            if n_codes == np.uint64(len(firsts)):
                return n_codes + _1
            slots[place, _0], slots[place, _1], slots[place, _3] = low, high, begin
            slots[place, _2] = size << _16 | n_codes
            firsts[n_codes] = i
            n_codes += _1
        code = slots[place, _2] & _CODE
        if size > _SHORT and (slots[place, _2] >> _16 != size or not _are_equal(raw, begin, slots[place, _3], size)):
            return _MANY
        codes[i] = code
        counts[code] += _1
    return n_codes


@njit
def codes_of_words(words, slots, firsts, counts, codes):
    """Number the distinct words, uint64, such as addresses; returns how many there are, as ``codes_of_cells`` does.

    `slots` has columns of a word, and of one more than its code.
    """
    n_codes, mask = _0, np.uint64(len(slots)) - _1
    for i in range(np.uint64(len(words))):
        word = words[i]
        place = (word * _FACTOR) >> _UPPER & mask
        while slots[place, _1] and slots[place, _0] != word:
            place = (place + _1) & mask
        if not slots[place, _1]:
            if n_codes == np.uint64(len(firsts)):
                return n_codes + _1
            firsts[n_codes] = i
            n_codes += _1
            slots[place, _0], slots[place, _1] = word, n_codes
        code = slots[place, _1] - _1
        codes[i] = code
        counts[code] += _1
    return n_codes


@njit
def codes_of_numbers(numbers, places, firsts, counts, codes):
    """Number the distinct ones of unsigned numbers; returns how many there are, as ``codes_of_cells`` does.

    `places`, of zeros, one for each number to the largest one, receives one more than the code of each.
    """
    n_codes = _0
    for i in range(np.uint64(len(numbers))):
        number = np.uint64(numbers[i])
        if not places[number]:
            if n_codes == np.uint64(len(firsts)):
                return n_codes + _1
            firsts[n_codes] = i
            n_codes += _1
            places[number] = n_codes
        code = np.uint64(places[number]) - _1
        codes[i] = code
        counts[code] += _1
    return n_codes


@njit
def _word(raw, begin):
    """Return eight bytes, which are loaded at once, as a word."""
    word = np.uint64(raw[begin])
    word |= np.uint64(raw[begin + np.uint64(1)]) << np.uint64(8)
    word |= np.uint64(raw[begin + np.uint64(2)]) << np.uint64(16)
    word |= np.uint64(raw[begin + np.uint64(3)]) << np.uint64(24)
    word |= np.uint64(raw[begin + np.uint64(4)]) << np.uint64(32)
    word |= np.uint64(raw[begin + np.uint64(5)]) << np.uint64(40)
    word |= np.uint64(raw[begin + np.uint64(6)]) << np.uint64(48)
    word |= np.uint64(raw[begin + np.uint64(7)]) << np.uint64(56)
    return word


@njit
def _words(raw, begin):
    return _word(raw, begin), _word(raw, begin + _8)


@njit
def _key(raw, begin, size):
    """Make one word of the size and all words of a long cell but the first; unequal cells hardly ever share it.

    Its upper bit is that of no short cell.
    """
    key = (_word(raw, begin + size - _8) ^ size) * _SECOND
    last, place = begin + size - _8, begin + _8
    while place < last:
        key = (key ^ _word(raw, place)) * _SECOND
        place += _8
    return key ^ key >> _UPPER | _LONG


@njit
def _are_equal(raw, begin, other, size):
    """Whether two long cells have equal bytes."""
    differing = _word(raw, begin + size - _8) ^ _word(raw, other + size - _8)
    k = _8
    while k + _8 < size:
        differing |= _word(raw, begin + k) ^ _word(raw, other + k)
        k += _8
    return not differing
