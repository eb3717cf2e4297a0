"""Tables of candidate columns with a context and a target, and the sums over their cells.

A row has the code z = stratum * n_classes + class of its context and target. The table of a candidate is flat: the
cell of z and of the value x is z << shift | x, where 2**shift is at least the number of values. Two candidates of few
values are counted in one table of z and both values, of which theirs are sums. The function whose sum
over the cells makes an entropy is a table of whole numbers: such sums are the same in every order.
"""

import numpy as np

from skib._jit import njit

# Values that a candidate has in a table of two, and codes z of such tables, which stay in the fastest cache.
_PAIRED_VALUES, _MOST_PAIRED_CODES = 16, 64
# Rows that are counted in it before they are summed: two bytes hold their number.
_PAIRED_ROWS = 2**15
_ONE_OF_EACH = np.uint64(0x0001000100010001)
# Rows whose cells are found before they are counted.
_BLOCK = 2048


@njit
def count_cells(columns, candidates, codes, shift, tables):
    """Add 1 to the cell of each row of some candidates; `codes` are the z of every row."""
    n_codes, done = tables.shape[1] >> shift, 0
    if 1 << shift == _PAIRED_VALUES and n_codes <= _MOST_PAIRED_CODES and n_codes * _PAIRED_VALUES**2 <= len(codes):
        done = len(candidates) // 2 * 2
        _count_pairs(columns, candidates[:done], codes, tables)
    for r in range(done, len(candidates) - 3, 4):
        _count_four(columns, candidates[r : r + 4], codes, shift, tables[r : r + 4])
        done = r + 4
    for r in range(done, len(candidates)):
        _count_one(columns[candidates[r]], codes, shift, tables[r])


@njit
def _count_pairs(columns, candidates, codes, tables):
    shape = tables.shape[1] // _PAIRED_VALUES, _PAIRED_VALUES, _PAIRED_VALUES
    cells, block = np.empty(shape, np.uint16), np.empty(_BLOCK, np.uint16)
    flat = cells.reshape(-1)
    for r in range(0, len(candidates), 2):
        first, second = columns[candidates[r]], columns[candidates[r + 1]]
        for start in range(0, len(codes), _PAIRED_ROWS):
            flat[:] = 0
            for begin in range(start, min(start + _PAIRED_ROWS, len(codes)), _BLOCK):
                end = begin + _BLOCK
                _count_pair(first[begin:end], second[begin:end], codes[begin:end], flat, block)
            _add_sums(cells, tables[r], tables[r + 1])


@njit
def _count_pair(first, second, codes, cells, block):
    # The cells of a block are found by vector instructions.
    four, one = np.uint16(4), np.uint16(1)
    for i in range(len(codes)):
        block[i] = (np.uint16(codes[i]) << four | np.uint16(first[i])) << four | np.uint16(second[i])
    for cell in block[: len(codes)]:
        cells[cell] += one


@njit
def _add_sums(cells, first, second):
    """Add the sums over the values of the second candidate to the cells of the first, and the other way round."""
    fours = cells.reshape(-1, _PAIRED_VALUES).view(np.uint64)  # four counts in a word, whose sums stay apart
    for k in range(len(fours)):
        added = fours[k, 0] + fours[k, 1] + fours[k, 2] + fours[k, 3]
        first[k] += np.uint32(added * _ONE_OF_EACH >> np.uint64(48))  # the sum of the four
    for z in range(len(cells)):
        for y in range(_PAIRED_VALUES):
            total = np.uint32(0)
            for x in range(_PAIRED_VALUES):
                total += cells[z, x, y]
            second[z * _PAIRED_VALUES + y] += total


@njit
def _count_four(columns, candidates, codes, shift, tables):
    # Adding to the same cell again has to wait for the last addition: four tables take turns.
    first, second, third, fourth = tables[0], tables[1], tables[2], tables[3]
    a, b, c, d = columns[candidates[0]], columns[candidates[1]], columns[candidates[2]], columns[candidates[3]]
    for i in range(len(codes)):
        z = np.uint64(codes[i]) << np.uint64(shift)  # unsigned indices need no test for being negative
        first[z | a[i]] += 1
        second[z | b[i]] += 1
        third[z | c[i]] += 1
        fourth[z | d[i]] += 1


@njit
def _count_one(column, codes, shift, table):
    for i in range(len(codes)):
        table[np.uint64(codes[i]) << np.uint64(shift) | column[i]] += 1


@njit
def count_weights(columns, candidates, codes, shift, weights, tables):
    """Add the weight of each row, whole numbers or not, to its cell."""
    for r in range(len(candidates)):
        column, table = columns[candidates[r]], tables[r]
        for i in range(len(codes)):
            table[np.uint64(codes[i]) << np.uint64(shift) | column[i]] += weights[i]


@njit
def cell_sums(tables, free_classes, n_classes, terms, out):
    """Sum the terms of the counts over the cells of each table, with the target and without.

    The rows of `out` receive both sums, the degrees of freedom and the number of cells that are not empty;
    `free_classes` is the number of classes less one of each stratum.
    """
    size = tables.shape[1] // len(free_classes)  # of a stratum
    merged = np.empty(size // n_classes, tables.dtype)
    for r in range(len(tables)):
        out[r, 0], out[r, 3] = _filled(tables[r], terms)
        if n_classes == 1:
            out[r, 1], out[r, 2] = out[r, 0], 0
            continue
        without, dof = np.int64(0), np.int64(0)
        for s in range(len(free_classes)):
            _merge(tables[r, s * size : (s + 1) * size], n_classes, merged)
            total, levels = _filled(merged, terms)
            without += total
            dof += max(levels - 1, 0) * free_classes[s]
        out[r, 1], out[r, 2] = without, dof


@njit
def _filled(table, terms):
    """Sum the terms of a table, and count the cells that are not empty."""
    total, cells = np.int64(0), np.int64(0)
    for k in range(len(table)):
        total += terms[table[k]]
        cells += table[k] > 0
    return total, cells


@njit
def _merge(table, n_classes, merged):
    width = len(merged)
    for x in range(width):
        merged[x] = table[x]
    for c in range(1, n_classes):
        for x in range(width):
            merged[x] += table[c * width + x]
