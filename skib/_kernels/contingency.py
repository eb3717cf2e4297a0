"""Mutual information of many pairs of discrete columns: one table for all pairs of two words.

A *word* is the joint code of a few columns. The table of two words holds those of every column of the one with every
column of the other, as sums over its cells. Counting rows costs as much as ever, but is done once for all these pairs.

Pairs with more cells than rows are counted without a table, group of equal values by group. All functions return, for
each pair of columns, the sums over the rows of i = log n + g(c) - g(a) - g(b), of its square, and of log c; c, a and b
are the counts of a cell and of its margins, and g is the logarithm or what stands for it. Its values are given:
`scores`, g of 0 to n, and `margins`, g(a) - log(n) / 2 of every level; `log_counts` are the logarithms of 0 to n.
"""

import numpy as np

from skib._jit import njit

# Rows whose cells are found before they are counted: they stay in the fastest cache.
_BLOCK = 4096


@njit
def word_sums(first, second, words, sizes, starts, digits, levels, margins, scores, log_counts):
    """Sums of the columns of the words first[0] : first[1] with those of second[0] : second[1], where these come later.

    The columns of word w are starts[w] : starts[w + 1]; its value v has the code digits[j, v] in column j.
    """
    shape = (3, starts[first[1]] - starts[first[0]], starts[second[1]] - starts[second[0]])
    out = np.zeros(shape)
    tables = np.empty((2, sizes.max() ** 2), np.int32)
    block = np.empty(_BLOCK, np.uint16)
    part = np.empty((levels.max(), sizes.max()), np.int32)
    cells = np.empty((levels.max(), levels.max()), np.int32)
    for u in range(first[0], first[1]):
        for v in range(max(u, second[0]), second[1]):
            _count(words[u], words[v], sizes[u], sizes[v], tables, block)
            for a in range(starts[u], starts[u + 1]):
                _sum_rows(tables[0], digits[a], sizes[u], sizes[v], levels[a], part)
                for b in range(max(starts[v], a + 1), starts[v + 1]):
                    _sum_columns(part, digits[b], levels[a], sizes[v], levels[b], cells)
                    sums = _information(cells, levels[a], levels[b], margins[a], margins[b], scores, log_counts)
                    out[:, a - starts[first[0]], b - starts[second[0]]] = sums
    return out


@njit
def group_sums(order, starts, margin, others, margins, scores, log_counts):
    """Sums of one column, whose g-th value is in the rows order[starts[g] : starts[g + 1]], with each of `others`."""
    out = np.zeros((3, len(others)))
    count = np.zeros(margins.shape[1], np.int32)
    for j in range(len(others)):
        for g in range(len(starts) - 1):
            for i in order[starts[g] : starts[g + 1]]:
                count[others[j, i]] += 1
            for i in order[starts[g] : starts[g + 1]]:
                code = others[j, i]
                if count[code]:  # the first row of its cell
                    info = scores[count[code]] - margin[g] - margins[j, code]
                    out[0, j] += count[code] * info
                    out[1, j] += count[code] * info * info
                    out[2, j] += count[code] * log_counts[count[code]]
                    count[code] = 0
    return out


@njit
def _count(x, y, n_x, n_y, tables, cells):
    tables[:, : n_x * n_y] = 0
    for start in range(0, len(x), len(cells)):
        _count_block(x[start : start + len(cells)], y[start : start + len(cells)], n_y, tables, cells)
    for k in range(n_x * n_y):
        tables[0, k] += tables[1, k]


@njit
def _count_block(x, y, n_y, tables, cells):
    # Unsigned indices need no test for being negative; the cells of a block are found by vector instructions.
    width, one = np.uint16(n_y), np.uint64(1)
    for i in range(len(x)):
        cells[i] = np.uint16(x[i]) * width + np.uint16(y[i])
    # Rows take turns between two tables: adding to the same cell again would have to wait for the last addition.
    even, odd = tables[0], tables[1]
    for k in range(len(x) // 2):
        i = np.uint64(2 * k)
        even[cells[i]] += np.int32(1)
        odd[cells[i + one]] += np.int32(1)
    if len(x) % 2:
        even[cells[len(x) - 1]] += np.int32(1)


@njit
def _sum_rows(table, digits, n_x, n_y, n_levels, part):
    part[:n_levels, :n_y] = 0
    for i in range(n_x):
        for j in range(n_y):
            part[digits[i], j] += table[i * n_y + j]


@njit
def _sum_columns(part, digits, n_rows, n_y, n_levels, cells):
    cells[:n_rows, :n_levels] = 0
    for i in range(n_rows):
        for j in range(n_y):
            cells[i, digits[j]] += part[i, j]


@njit
def _information(cells, n_rows, n_columns, row_margin, column_margin, scores, log_counts):
    total, square, log_count = 0.0, 0.0, 0.0
    for i in range(n_rows):
        for j in range(n_columns):
            count = cells[i, j]
            info = scores[count] - row_margin[i] - column_margin[j]
            total += count * info
            square += count * info * info
            log_count += count * log_counts[count]
    return total, square, log_count
