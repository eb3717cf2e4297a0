"""Codes of rows of words in the order in which they first occur, where few are distinct."""

import numpy as np

from skib._jit import njit

# An odd number near 2^64 over the golden ratio: the upper half of a product depends on all bits of the other factor.
_FACTOR, _UPPER = np.uint64(0x9E3779B97F4A7C15), np.uint64(32)


@njit
def appearance_codes(words, slots, firsts, codes):
    """Number the distinct rows of words, uint64 of shape (n, n_words); returns how many there are.

    The codes stand in a hash table, `slots`, which its caller fills with -1; its size is a power of 2, above that of
    `firsts`, which receives the first row of each code. Where more rows are distinct than `firsts` has room for, the
    codes stop there, and one more is returned than it has room for.
    """
    n_codes, mask = 0, len(slots) - 1
    for i in range(len(words)):
        key = np.uint64(0)
        for j in range(words.shape[1]):
            key = (key ^ words[i, j]) * _FACTOR
            key ^= key >> _UPPER
        place = np.int64(key >> _UPPER) & mask
        while slots[place] >= 0:
            first, j = firsts[slots[place]], 0
            while j < words.shape[1] and words[i, j] == words[first, j]:
                j += 1
            if j == words.shape[1]:
                break
            place = (place + 1) & mask
        if slots[place] < 0:
            if n_codes == len(firsts):
                return n_codes + 1
            slots[place] = n_codes
            firsts[n_codes] = i
            n_codes += 1
        codes[i] = slots[place]
    return n_codes
