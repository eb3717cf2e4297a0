"""Tables of candidate columns with a context and a target, and the sums over their cells.

A row has the code z = stratum * n_classes + class of its context and target. The table of a candidate is flat: the
cell of z and of the value x is z << shift | x, where 2**shift is at least the number of values. The function whose sum
over the cells makes an entropy is a table of whole numbers: such sums are the same in every order.
"""

import numpy as np

from skib._jit import njit


@njit
def count_cells(columns, candidates, shifted, tables):
    """Add 1 to the cell of each row of some candidates; `shifted` is z << shift of every row."""
    fours = len(candidates) // 4 * 4
    for r in range(0, fours, 4):
        _count_four(columns, candidates[r : r + 4], shifted, tables[r : r + 4])
    for r in range(fours, len(candidates)):
        _count_one(columns[candidates[r]], shifted, tables[r])


@njit
def _count_four(columns, candidates, shifted, tables):
    # Adding to the same cell again has to wait for the last addition: four tables take turns.
    first, second, third, fourth = tables[0], tables[1], tables[2], tables[3]
    a, b, c, d = columns[candidates[0]], columns[candidates[1]], columns[candidates[2]], columns[candidates[3]]
    for i in range(len(shifted)):
        z = np.uint64(shifted[i])  # unsigned indices need no test for being negative
        first[z | a[i]] += 1
        second[z | b[i]] += 1
        third[z | c[i]] += 1
        fourth[z | d[i]] += 1


@njit
def _count_one(column, shifted, table):
    for i in range(len(shifted)):
        table[np.uint64(shifted[i]) | column[i]] += 1


@njit
def count_weights(columns, candidates, shifted, weights, tables):
    """Add the weight of each row, whole numbers or not, to its cell."""
    for r in range(len(candidates)):
        column, table = columns[candidates[r]], tables[r]
        for i in range(len(shifted)):
            table[np.uint64(shifted[i]) | column[i]] += weights[i]


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
