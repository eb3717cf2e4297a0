"""Mutual information of all pairs of bool columns of a sparse matrix, from the rows in which both hold.

Column j is true in the rows rows[starts[j] : starts[j + 1]]; row i is true in the columns
columns[row_starts[i] : row_starts[i + 1]]. Every pair has four cells, which follow from the margins and the number of
rows in which both columns are true. As in the tables of words, a cell of c rows with the margins a and b has the
information g(c) - (g(a) - log(n) / 2) - (g(b) - log(n) / 2); `scores` is g of 0 to n, and the margins
are the brackets of the levels false and true of every column.
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
