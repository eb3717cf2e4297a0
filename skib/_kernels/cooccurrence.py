"""Mutual information of all pairs of bool columns, from the number of rows in which both are true.

Columns are sparse, or planes of bits. Of sparse ones, column j is true in the rows rows[starts[j] : starts[j + 1]], and
row i is true in the columns columns[row_starts[i] : row_starts[i + 1]]. Every pair has four cells, which follow from
the margins and the number of rows in which both columns are true. As in the tables of words, a cell of c rows with the
margins a and b has the information g(c) - (g(a) - log(n) / 2) - (g(b) - log(n) / 2); `scores` is g of 0 to n, and the
margins are the brackets of the levels false and true of every column.
"""

import numpy as np

from skib._jit import njit


@njit
def bool_pairs(first, last, starts, rows, row_starts, columns, scores, false_margins, true_margins):
    """Sums of the columns first to last - 1 with the columns from `first` on: of the information, and of its square.

    The shape is (2, last - first, n_columns - first); the sums of pairs whose second column comes earlier are 0.
    """
    n_columns = len(starts) - 1
    sums = np.zeros((2, last - first, n_columns - first))
    counts = np.empty(n_columns, np.int64)
    for a in range(n_columns):
        counts[a] = starts[a + 1] - starts[a]
    both = np.empty(n_columns, np.int32)
    n_samples = len(row_starts) - 1
    for a in range(first, last):
        both[:] = 0
        _count_row(rows[starts[a] : starts[a + 1]], row_starts, columns, both)
        margins = false_margins[a], true_margins[a]
        _sum_row(a, first, n_samples, both, counts, scores, margins, false_margins, true_margins, sums[:, a - first])
    return sums


@njit
def plane_pairs(first, last, planes, counts, n_samples, scores, log_counts, false_margins, true_margins):
    """The same of columns of bits, 64 rows a word, and the sums of the logarithms of the counts of all cells.

    The shape is (3, last - first, n_columns - first); `counts` are the rows in which each column is true.
    """
    n_columns = len(planes)
    sums = np.zeros((3, last - first, n_columns - first))
    both = np.zeros(n_columns, np.int32)
    for a in range(first, last):
        for b in range(a, n_columns):
            both[b] = _rows_in_both(planes[a], planes[b])
        margins = false_margins[a], true_margins[a]
        _sum_row(a, first, n_samples, both, counts, scores, margins, false_margins, true_margins, sums[:, a - first])
        for b in range(a, n_columns):
            only_a, only_b = counts[a] - both[b], counts[b] - both[b]
            none = n_samples - counts[a] - only_b
            total = both[b] * log_counts[both[b]] + only_a * log_counts[only_a] + only_b * log_counts[only_b]
            sums[2, a - first, b - first] = total + none * log_counts[none]
    return sums


@njit
def _rows_in_both(first, second):
    total = np.uint64(0)
    for w in range(len(first)):
        # The form in which the compiler knows the population count, for which machines have an instruction.
        word = first[w] & second[w]
        word = word - (word >> np.uint64(1) & np.uint64(0x5555555555555555))
        word = (word & np.uint64(0x3333333333333333)) + (word >> np.uint64(2) & np.uint64(0x3333333333333333))
        word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
        total += word * np.uint64(0x0101010101010101) >> np.uint64(56)
    return np.int64(total)


@njit
def _count_row(rows, row_starts, columns, both):
    # Unsigned indices need no test for being negative.
    one = np.uint64(1)
    for row in rows:
        row = np.uint64(row)
        for k in range(np.uint64(row_starts[row]), np.uint64(row_starts[row + one])):
            both[np.uint64(columns[k])] += np.int32(1)


@njit
def _sum_row(a, first, n_samples, both, counts, scores, margins, false_margins, true_margins, sums):
    false_margin, true_margin = margins
    n_a = counts[a]
    for b in range(a, len(both)):
        n_both, n_b, false, true = np.int64(both[b]), counts[b], false_margins[b], true_margins[b]
        only_a, only_b, none = n_a - n_both, n_b - n_both, n_samples - n_a - n_b + n_both
        of_both = scores[np.uint64(n_both)] - (true_margin + true)
        of_a = scores[np.uint64(only_a)] - (true_margin + false)
        of_b = scores[np.uint64(only_b)] - (false_margin + true)
        of_none = scores[np.uint64(none)] - (false_margin + false)
        total_both, total_a, total_b, total_none = n_both * of_both, only_a * of_a, only_b * of_b, none * of_none
        sums[0, b - first] = total_both + total_a + total_b + total_none
        sums[1, b - first] = total_both * of_both + total_a * of_a + total_b * of_b + total_none * of_none
