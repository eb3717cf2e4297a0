"""Tables of columns of few values by population counts of bits, 64 rows at a time.

A plane holds one bit per row: whether the row has a certain value. The table of a candidate is laid out as in
skib._kernels.three_way. Cells of the value 0, and of the last z, follow from the others by subtraction.
"""

import numpy as np

from skib._jit import njit


@njit
def count_planes(planes, sizes, candidates, context, context_sizes, shift, tables):
    """Fill the table of each candidate.

    `planes` (n_columns, n_values - 1, n_words) are those of the values from 1, and `sizes` the rows of each; `context`
    (n_z - 1, n_words) are the planes of every z but the last, and `context_sizes` the rows of every z.
    """
    for r in range(len(candidates)):
        table, own, left_of = tables[r], planes[candidates[r]], sizes[candidates[r]]
        for z in range(len(context_sizes)):
            table[z << shift] = context_sizes[z]
        for b in range(len(own)):
            left = left_of[b]
            for z in range(len(context)):
                both = _in_both(own[b], context[z])
                left -= both
                table[z << shift | b + 1] = both
                table[z << shift] -= both
            last = len(context)
            table[last << shift | b + 1] = left
            table[last << shift] -= left


@njit
def _in_both(first, second):
    total = np.uint64(0)
    for w in range(len(first)):
        total += _ones(first[w] & second[w])
    return np.int64(total)


@njit
def _ones(word):
    # The form in which the compiler knows the population count, for which machines have an instruction.
    word = word - (word >> np.uint64(1) & np.uint64(0x5555555555555555))
    word = (word & np.uint64(0x3333333333333333)) + (word >> np.uint64(2) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return word * np.uint64(0x0101010101010101) >> np.uint64(56)
