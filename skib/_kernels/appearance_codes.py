"""Codes in the order in which cells of a column first occur, where few are distinct: of bytes, of words, of numbers.

Most cells equal an earlier one and are found in the first slot that is looked at. The loops over these have nothing
else in them, and keep all that they need in registers; any other cell, such as the first of its kind, leaves the loop
and is numbered by a function. Each kernel has such a loop of its own: text takes 1.3 times as long if its words are
handed to that of ``codes_of_pairs``. Indices are unsigned: numba would look at each signed one for whether it counts
from the end.
"""

import numpy as np

from skib._jit import borrowing

# Odd numbers whose bits look random: the upper half of a product depends on all bits of the other factor.
_FACTOR, _SECOND = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
_0, _1, _2, _3, _4, _5, _7, _8, _12, _14, _16 = np.array([0, 1, 2, 3, 4, 5, 7, 8, 12, 14, 16], np.uint64)
_21, _24, _32, _56, _59, _62 = np.array([21, 24, 32, 56, 59, 62], np.uint64)
_LONG, _LONGEST, _MANY, _SLOTS = np.array([2**63, 3 * 2**62 - 1, 2**40, 2**64 - 4], np.uint64)
# What an empty slot holds, and no cell has as its second word.
EMPTY = np.uint64(2**64 - 1)
# The bytes of a cell that two words hold beside their number.
_SHORT = np.uint64(15)
# Of both words, those bytes that belong to a cell of so many, and this number, which is the last byte.
_MASKS = [((1 << 8 * min(k, 8)) - 1, (1 << 8 * max(k - 8, 0)) - 1, k << 56, 0) for k in range(16)]
_MASKS = np.array(_MASKS, np.uint64)
# What no two characters of one byte have.
_BEYOND = np.uint64(0xFFFFFF00FFFFFF00)


@borrowing
def codes_of_cells(raw, ends, step, size, slots, firsts, counts, codes):
    """Number the distinct cells, each of which is some bytes of `raw`; returns how many there are.

    Cell i has the bytes from ends[i] to ends[i + 1], or, if `ends` is None, `size` bytes from i * step. The hash table
    `slots`, all EMPTY, four words for each of a power of 2 of slots above the size of `firsts`, receives two words of
    each distinct cell, and its code; `firsts` the first row of each code, and `counts`, of zeros, how many rows have
    it. Where more cells are distinct than `firsts` has room for, the codes stop there, and one more is returned than it
    has room for; much more, where two long cells share both words but differ.
    """
    n_codes, shift, n_rows, i = _0, _shift(len(slots)), np.uint64(len(codes)), _0
    n_inner = _rows_before(np.uint64(len(raw)) - min(np.uint64(len(raw)), _SHORT), ends, step, n_rows)
    begin = _0 if ends is None else np.uint64(ends[0])
    while i < n_rows:
        low = high = _0
        while i < n_inner:
            end = begin + step
            if ends is not None:
                end = np.uint64(ends[i + _1])
                size = end - begin
            if size > _SHORT:
                break
            low, high = _word(raw, begin) & _MASKS[size, _0], _word(raw, begin + _8) & _MASKS[size, _1]
            high |= _MASKS[size, _2]
            place = _place(low, high, shift)
            if slots[place] != low or slots[place | _1] != high:
                break
            code = slots[place | _2]
            codes[i] = code
            counts[code] += _1
            begin = end
            i += _1
        if i < n_rows:
            end = begin + step
            if ends is not None:
                end = np.uint64(ends[i + _1])
                size = end - begin
            if size > _SHORT:
                low, high = _word(raw, begin), _key(raw, begin, size)
            elif i >= n_inner:
                low, high = _short(raw, begin, size)
            n_codes, code = _code(low, high, i, shift, slots, firsts, n_codes)
            if n_codes > np.uint64(len(firsts)):
                return n_codes
            if size > _SHORT and not _is_like(raw, ends, step, begin, size, firsts[code]):
                return _MANY
            codes[i] = code
            counts[code] += _1
            begin = end
            i += _1
    return n_codes


@borrowing
def codes_of_characters(raw, step, size, slots, firsts, counts, codes, n_codes):
    """Number the distinct cells of `size` characters, at most 15, from byte i * step on, as ``codes_of_cells`` does.

    So many cells already have codes in `slots`. A character has four bytes. Much more is returned than there is room
    for where one is beyond the first 256: of others, one byte is a part of two words, which take all of the cell.
    """
    shift, n_rows, i, begin = _shift(len(slots)), np.uint64(len(codes)), _0, _0
    while i < n_rows:
        low = high = _0
        while i < n_rows:
            low, high, bits = _narrowed(raw, begin, size)
            if bits & _BEYOND:
                return _MANY
            place = _place(low, high, shift)
            if slots[place] != low or slots[place | _1] != high:
                break
            code = slots[place | _2]
            codes[i] = code
            counts[code] += _1
            begin += step
            i += _1
        if i < n_rows:
            n_codes, code = _code(low, high, i, shift, slots, firsts, n_codes)
            if n_codes > np.uint64(len(firsts)):
                return n_codes
            codes[i] = code
            counts[code] += _1
            begin += step
            i += _1
    return n_codes


@borrowing
def codes_of_character_columns(raw, step, size, pairs, slots, firsts, counts, codes, n_codes):
    """Number likewise the cells of columns next to each other, whose rows are rows of memory, and are read once.

    Each column has its row of `slots` to `codes`, and in `n_codes` how many codes it has. `pairs` receives the words of
    all cells of some rows.
    """
    n_rows, n_columns, n_most = np.uint64(codes.shape[1]), np.uint64(len(codes)), np.uint64(firsts.shape[1])
    n_each = np.uint64(len(pairs)) // n_columns
    for start in range(_0, n_rows, n_each):
        stop, k = min(start + n_each, n_rows), _0
        for i in range(start, stop):
            for j in range(n_columns):
                low, high, bits = _narrowed(raw, i * step + (j * size << _2), size)
                pairs[k, _0], pairs[k, _1] = high, low
                k += _1
                if bits & _BEYOND:
                    n_codes[j] = _MANY
        is_done = True
        for j in range(n_columns):
            if n_codes[j] <= n_most:
                of_column = pairs[j::n_columns], slots[j], firsts[j], counts[j], codes[j]
                n_codes[j] = _number(start, stop, *of_column, n_codes[j])
                is_done = False
        if is_done:
            return


@borrowing
def codes_of_pairs(pairs, slots, firsts, counts, codes):
    """Number the distinct pairs of words, the rows of `pairs`; returns how many there are, as ``codes_of_cells`` does.

    The first word never has all bits: its lower half is a length.
    """
    return _number(_0, np.uint64(len(codes)), pairs, slots, firsts, counts, codes, _0)


@borrowing
def _number(start, stop, pairs, slots, firsts, counts, codes, n_codes):
    """Number the pairs of words of some rows, as ``codes_of_pairs`` does."""
    i, shift = start, _shift(len(slots))
    while i < stop:
        while i < stop:
            low, high = pairs[i - start, _1], pairs[i - start, _0]
            place = _place(low, high, shift)
            if slots[place] != low or slots[place | _1] != high:
                break
            code = slots[place | _2]
            codes[i] = code
            counts[code] += _1
            i += _1
        if i < stop:
            n_codes, code = _code(pairs[i - start, _1], pairs[i - start, _0], i, shift, slots, firsts, n_codes)
            if n_codes > np.uint64(len(firsts)):
                return n_codes
            codes[i] = code
            counts[code] += _1
            i += _1
    return n_codes


@borrowing
def codes_of_words(words, slots, firsts, counts, codes):
    """Number the distinct words, uint64, such as addresses; returns how many there are, as ``codes_of_cells`` does.

    The slots receive a word and its code.
    """
    n_codes, mask, shift = _0, np.uint64(len(slots)) - _1, _shift(len(slots))
    for i in range(np.uint64(len(words))):
        word = words[i]
        place = _place(word, _0, shift)
        while slots[place] != word and slots[place | _1] != EMPTY:
            place = (place + _4) & mask
        if slots[place | _1] == EMPTY:
            if n_codes == np.uint64(len(firsts)):
                return n_codes + _1
            slots[place], slots[place | _1] = word, n_codes
            firsts[n_codes] = i
            n_codes += _1
        code = slots[place | _1]
        codes[i] = code
        counts[code] += _1
    return n_codes


@borrowing
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


@borrowing
def _rows_before(inner, ends, step, n_rows):
    """Count the rows of cells that begin before a byte, all of which come before the other rows."""
    while n_rows and (step * (n_rows - _1) if ends is None else np.uint64(ends[n_rows - _1])) >= inner:
        n_rows -= _1
    return n_rows


@borrowing
def _code(low, high, row, shift, slots, firsts, n_codes):
    """Return how many codes there are, one more if two words are the first of their kind, and the code of the words."""
    mask, place = np.uint64(len(slots)) - _1, _place(low, high, shift)
    while slots[place | _1] != EMPTY and (slots[place] != low or slots[place | _1] != high):
        place = (place + _4) & mask
    if slots[place | _1] == high:
        return n_codes, slots[place | _2]
    if n_codes < np.uint64(len(firsts)):
        slots[place], slots[place | _1], slots[place | _2] = low, high, n_codes
        firsts[n_codes] = row
    return n_codes + _1, n_codes


@borrowing
def _shift(n_words):
    """Return by how much a hash of 64 bits is shifted to be the number of a word of so many, a power of 2."""
    shift = _62
    while n_words > 4:
        n_words >>= 1
        shift -= _1
    return shift


@borrowing
def _place(low, high, shift):
    """Return where the slot of two words begins."""
    return ((low ^ (high << _5 | high >> _59)) * _FACTOR) >> shift & _SLOTS


@borrowing
def _short(raw, begin, size):
    """Return both words of a short cell, of bytes that are loaded one by one, so that none is behind the last cell."""
    low, high = _0, _0
    for k in range(size):
        low, high = low << _8 | np.uint64(raw[begin + size - _1 - k]), high << _8 | low >> _56
    return low, high | _MASKS[size, _2]


@borrowing
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


@borrowing
def _key(raw, begin, size):
    """Make one word of the size and all words of a long cell but the first; unequal cells hardly ever share it.

    Its two upper bits are those of no short cell, and not both set.
    """
    key = (_word(raw, begin + size - _8) ^ size) * _SECOND
    last, place = begin + size - _8, begin + _8
    while place < last:
        key = (key ^ _word(raw, place)) * _SECOND
        place += _8
    return (key ^ key >> _32 | _LONG) & _LONGEST


@borrowing
def _is_like(raw, ends, step, begin, size, row):
    """Whether a long cell has the bytes of the cell of a row, which begins with the same word."""
    other = row * step if ends is None else np.uint64(ends[row])
    if ends is not None and np.uint64(ends[row + _1]) - other != size:
        return False
    differing = _word(raw, begin + size - _8) ^ _word(raw, other + size - _8)
    k = _8
    while k + _8 < size:
        differing |= _word(raw, begin + k) ^ _word(raw, other + k)
        k += _8
    return not differing


@borrowing
def _narrowed(raw, begin, size):
    """Return both words of a cell of characters of one byte, and the union of their bits."""
    end = begin + (size << _2)
    if size < _4:
        low, bits = _three(raw, begin, end, size)
        return low, _0, bits
    low, bits = _eight(raw, begin) if size >= _8 else _four(raw, begin)
    if size > _12:
        high, others = _eight(raw, end - _32)
        return low, high >> _8, bits | others  # `low` has the first of these
    high, others = _four(raw, end - _16)
    return low, high, bits | others


@borrowing
def _character(raw, k):
    word = np.uint64(raw[k]) | np.uint64(raw[k + _1]) << _8
    return word | np.uint64(raw[k + _2]) << _16 | np.uint64(raw[k + _3]) << _24


@borrowing
def _three(raw, begin, end, size):
    """Return the bytes of one to three characters as a word, and the union of the bits of the characters."""
    first, last, middle = _character(raw, begin), _character(raw, end - _4), _character(raw, begin + (size >> _1 << _2))
    return first | last << _8 | middle << _16, first | last | middle


@borrowing
def _four(raw, k):
    """Return likewise four characters: a word that is loaded one byte before the next two is shifted by one byte."""
    a = _word(raw, k)
    return a | _word(raw, k + _7), a | _word(raw, k + _8)


@borrowing
def _eight(raw, k):
    a = _word(raw, k)
    narrow = a | _word(raw, k + _7) | _word(raw, k + _14) | _word(raw, k + _21)
    return narrow, a | _word(raw, k + _8) | _word(raw, k + _16) | _word(raw, k + _24)
