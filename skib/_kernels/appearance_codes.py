"""Codes in the order in which cells of a column first occur, where few are distinct: of bytes, of words, of numbers.

Indices are unsigned: numba would look at each signed one for whether it counts from the end.
"""

import numpy as np

from skib._jit import njit

# Odd numbers whose bits look random: the upper half of a product depends on all bits of the other factor.
_FACTOR, _SECOND, _UPPER = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(32)
_0, _1, _2, _4, _5, _8, _12, _16, _24, _56, _59, _64 = np.array([0, 1, 2, 4, 5, 8, 12, 16, 24, 56, 59, 64], np.uint64)
_LONG, _MANY = np.uint64(2**63), np.uint64(2**40)
# The bytes of a cell that two words hold beside their number.
_SHORT = np.uint64(15)
# Of both words, those bytes that belong to a cell of so many.
_MASKS = np.array([[(1 << 8 * min(k, 8)) - 1, (1 << 8 * max(k - 8, 0)) - 1] for k in range(16)], np.uint64)
# What no two characters of one byte have, and what makes a word differ from 0 that holds seven of them.
_BEYOND, _MARK = np.uint64(0xFFFFFF00FFFFFF00), np.uint64(2**56)


@njit
def codes_of_cells(raw, ends, step, size, slots, firsts, counts, codes):
    """Number the distinct cells, each of which is some bytes of `raw`; returns how many there are.

    Cell i has the bytes from ends[i] to ends[i + 1], or, if `ends` is None, `size` bytes from i * step. The hash table
    `slots`, zeros, four words for each of a power of 2 of slots above the size of `firsts`, receives two words of each
    distinct cell, and its code; `firsts` the first row of each code, and `counts`, of zeros, how many rows have it.
    Where more cells are distinct than `firsts` has room for, the codes stop there, and one more is returned than it has
    room for; much more, where two long cells share both words but differ. The words of a short cell reach beyond its
    end, of the last ones into zeros.
    """
    n_codes, mask, shift = _0, np.uint64(len(slots)) - _1, _shift(len(slots))
    inner, tail = np.uint64(len(raw)) - min(np.uint64(len(raw)), _SHORT), np.zeros(32, np.uint8)
    for place in range(inner, np.uint64(len(raw))):
        tail[place - inner] = raw[place]
    end = _0 if ends is None else np.uint64(ends[0])
    for i in range(np.uint64(len(codes))):
        begin = end
        if ends is None:
            end += step
        else:
            end = np.uint64(ends[i + _1])
            size = end - begin
        # Short and long cells are looked up apart: what both do would have to keep more than there are registers. For
        # the same reason kernels do not share the steps of a look-up: as one inlined function they take a tenth more.
        if size <= _SHORT:
            if begin < inner:
                low, high = _words(raw, begin)
            else:
                low, high = _words(tail, begin - inner)
            low, high = low & _MASKS[size, _0], high & _MASKS[size, _1] | (size + _1) << _56  # which is never 0
            place = _place(low, high, shift)
            while slots[place] != low or slots[place | _1] != high:
                if slots[place | _1]:
                    place = (place + _4) & mask
                    continue
                if n_codes == np.uint64(len(firsts)):
                    return n_codes + _1
                slots[place], slots[place | _1], slots[place | _2] = low, high, n_codes
                firsts[n_codes] = i
                n_codes += _1
        else:
            low, high = _word(raw, begin), _key(raw, begin, size)
            place = _place(low, high, shift)
            while slots[place] != low or slots[place | _1] != high:
                if slots[place | _1]:
                    place = (place + _4) & mask
                    continue
                if n_codes == np.uint64(len(firsts)):
                    return n_codes + _1
                slots[place], slots[place | _1], slots[place | _2] = low, high, n_codes
                firsts[n_codes] = i
                n_codes += _1
            first = firsts[slots[place | _2]]
            if ends is None:
                other, differing = first * step, _0
            else:
                other = np.uint64(ends[first])
                differing = np.uint64(ends[first + _1]) - other ^ size
            if differing or not _are_equal(raw, begin, other, size):
                return _MANY
        code = slots[place | _2]
        codes[i] = code
        counts[code] += _1
    return n_codes


@njit
def codes_of_characters(raw, step, size, slots, firsts, counts, codes):
    """Number the distinct cells of `size` characters, at most 15, from i * step on, as ``codes_of_cells`` does.

    `raw` holds characters as uint32. Much more is returned than there is room for where one is beyond the first 256:
    of others, one byte is a part of two words, which take all of the cell.
    """
    n_codes, mask, shift, begin = _0, np.uint64(len(slots)) - _1, _shift(len(slots)), _0
    for i in range(np.uint64(len(codes))):
        high, beyond = _0, _0
        if size < _4:
            low, union = _three(raw, begin, size)
        else:
            low, union = _eight(raw, begin) if size >= _8 else _four(raw, begin)
            if size > _12:
                high, beyond = _eight(raw, begin + size - _8)
                high >>= _8  # `low` has the first of these
            else:
                high, beyond = _four(raw, begin + size - _4)
        if (union | beyond) & _BEYOND:
            return _MANY
        high |= _MARK
        place = _place(low, high, shift)
        while slots[place] != low or slots[place | _1] != high:
            if slots[place | _1]:
                place = (place + _4) & mask
                continue
            if n_codes == np.uint64(len(firsts)):
                return n_codes + _1
            slots[place], slots[place | _1], slots[place | _2] = low, high, n_codes
            firsts[n_codes] = i
            n_codes += _1
        code = slots[place | _2]
        codes[i] = code
        counts[code] += _1
        begin += step
    return n_codes


@njit
def codes_of_pairs(pairs, slots, firsts, counts, codes):
    """Number the distinct pairs of words, the rows of `pairs`; returns how many there are, as ``codes_of_cells`` does.

    The slots receive both words, and one more than their code.
    """
    n_codes, mask, shift = _0, np.uint64(len(slots)) - _1, _shift(len(slots))
    for i in range(np.uint64(len(codes))):
        low, high = pairs[i, _0], pairs[i, _1]
        place = _place(low, high, shift)
        while slots[place] != low or slots[place | _1] != high or not slots[place | _2]:
            if slots[place | _2]:
                place = (place + _4) & mask
                continue
            if n_codes == np.uint64(len(firsts)):
                return n_codes + _1
            firsts[n_codes] = i
            n_codes += _1
            slots[place], slots[place | _1], slots[place | _2] = low, high, n_codes
        code = slots[place | _2] - _1
        codes[i] = code
        counts[code] += _1
    return n_codes


@njit
def codes_of_words(words, slots, firsts, counts, codes):
    """Number the distinct words, uint64, such as addresses; returns how many there are, as ``codes_of_cells`` does.

    The slots receive a word, and one more than its code.
    """
    n_codes, mask, shift = _0, np.uint64(len(slots)) - _1, _shift(len(slots))
    for i in range(np.uint64(len(words))):
        word = words[i]
        place = _place(word, _0, shift)
        while slots[place | _1] and slots[place] != word:
            place = (place + _4) & mask
        if not slots[place | _1]:
            if n_codes == np.uint64(len(firsts)):
                return n_codes + _1
            firsts[n_codes] = i
            n_codes += _1
            slots[place], slots[place | _1] = word, n_codes
        code = slots[place | _1] - _1
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
def _shift(n_words):
    """Return by how much a hash of 64 bits is shifted to be the number of a slot of four words."""
    shift = _64
    while n_words > 4:
        n_words >>= 1
        shift -= _1
    return shift


@njit
def _place(low, high, shift):
    """Return where the slot of two words begins."""
    return ((low ^ (high << _5 | high >> _59)) * _FACTOR) >> shift << _2


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
    """Whether two long cells, which begin with the same word, have equal bytes."""
    differing = _word(raw, begin + size - _8) ^ _word(raw, other + size - _8)
    k = _8
    while k + _8 < size:
        differing |= _word(raw, begin + k) ^ _word(raw, other + k)
        k += _8
    return not differing


@njit
def _two(raw, k):
    """Return two characters, which are loaded at once, as a word."""
    return np.uint64(raw[k]) | np.uint64(raw[k + _1]) << _UPPER


@njit
def _three(raw, begin, size):
    """Return the bytes of one to three characters as a word, and the union of the bits of the characters."""
    first, last, middle = np.uint64(raw[begin]), np.uint64(raw[begin + size - _1]), np.uint64(raw[begin + (size >> _1)])
    return first | last << _8 | middle << _16, first | last | middle


@njit
def _four(raw, k):
    a, b = _two(raw, k), _two(raw, k + _2)
    return a | b << _8, a | b


@njit
def _eight(raw, k):
    (a, b), (c, d) = (_two(raw, k), _two(raw, k + _2)), (_two(raw, k + _4), _two(raw, k + _4 + _2))
    return a | b << _8 | c << _16 | d << _24, a | b | c | d
