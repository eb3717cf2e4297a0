"""Codes of words in the order in which they first occur, where few are distinct; and rows of words, and text, as words.

Indices are unsigned: numba would look at each signed one for whether it counts from the end.
"""

import numpy as np

from skib._jit import njit

# An odd number near 2^64 over the golden ratio: the upper half of a product depends on all bits of the other factor.
_FACTOR, _UPPER = np.uint64(0x9E3779B97F4A7C15), np.uint64(32)
_0, _1, _3, _7, _8, _56, _63 = np.array([0, 1, 3, 7, 8, 56, 63], np.uint64)
_ROWS_AT_ONCE = np.uint64(64)  # of a table, which stay in the cache


@njit
def appearance_codes(words, slots, known, firsts, counts, codes):
    """Number the distinct words, uint64; returns how many there are.

    All arrays but `codes` are uint64. One more than the codes stand in a hash table, `slots`, of zeros, whose size is a
    power of 2 above that of `firsts`. This receives the first row of each code, as `known` receives its word, and
    `counts`, of zeros, how many rows have it. Where more words are distinct than `firsts` has room for, the codes stop
    there, and one more is returned than it has room for.
    """
    n_codes, mask = _0, np.uint64(len(slots)) - _1
    for i in range(len(words)):
        word = words[i]
        place = ((word * _FACTOR) >> _UPPER) & mask
        while slots[place] and known[slots[place] - _1] != word:
            place = (place + _1) & mask
        if not slots[place]:
            if n_codes == np.uint64(len(firsts)):
                return n_codes + _1
            known[n_codes], firsts[n_codes] = word, i
            n_codes += _1
            slots[place] = n_codes
        code = slots[place] - _1
        codes[i] = code
        counts[code] += _1
    return n_codes


@njit
def keys_of_rows(words, keys):
    """Make one word of each row of words, of shape (n, n_words); rows of unequal words hardly ever share it."""
    for i in range(len(words)):
        key = words[i, 0]
        for j in range(1, words.shape[1]):
            key = key * _FACTOR + words[i, j]
        keys[i] = key


@njit
def are_as_first(words, firsts, codes):
    """Whether each row of words equals the first row of its code."""
    for i in range(len(words)):
        first, differing = firsts[codes[i]], _0
        for j in range(words.shape[1]):
            differing |= words[i, j] ^ words[first, j]
        if differing:
            return False
    return True


@njit
def words_of_text(raw, ends, words):
    """Write the text of every row to a row of words: its bytes, zeros, and in the last byte how many they are.

    Row i has the bytes from ends[i] to ends[i + 1], counted from ends[0], of `raw`, uint64, after which one more word
    follows. Returns the bytes of the longest text; one that does not leave a byte of its row of words free is left out.
    """
    words[:] = 0
    last, longest = np.uint64(words.shape[1]) - _1, _0
    for i in range(len(words)):
        start, left = ends[i] - ends[0], ends[i + 1] - ends[i]
        longest = max(longest, left)
        if left >> _3 > last:
            continue
        place, shift, j, size = start >> _3, (start & _7) << _3, _0, left << _56
        while left >= _8:
            words[i, j] = _unaligned(raw, place, shift)
            left, j, place = left - _8, j + _1, place + _1
        words[i, j] = _unaligned(raw, place, shift) & ((_1 << (left << _3)) - _1)
        words[i, last] |= size
    return longest


@njit
def words_of_cells(raw, row_step, column_step, size, words):
    """Write every cell of a table to a row of words, of shape (n_columns, n, n_words): its bytes, and zeros.

    The cell of row i and column j has the `size` bytes from i * row_step + j * column_step of `raw`, uint64, after
    which one more word follows; a row of words has no more whole words than a cell.
    """
    n_samples, n_words = np.uint64(words.shape[1]), np.uint64(words.shape[2])
    whole = size >> _3
    rest = (_1 << ((size & _7) << _3)) - _1
    for first in range(_0, n_samples, _ROWS_AT_ONCE):
        for j in range(np.uint64(words.shape[0])):
            start = first * row_step + j * column_step
            for i in range(first, min(first + _ROWS_AT_ONCE, n_samples)):
                place, shift = start >> _3, (start & _7) << _3
                for k in range(whole):
                    words[j, i, k] = _unaligned(raw, place + k, shift)
                if whole < n_words:
                    words[j, i, whole] = _unaligned(raw, place + whole, shift) & rest
                start += row_step


@njit
def _unaligned(raw, place, shift):
    """Return the word that begins `shift` bits into one; by two shifts, for one by 64 bits has no effect."""
    return (raw[place] >> shift) | ((raw[place + _1] << _1) << (_63 - shift))
