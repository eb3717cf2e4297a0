"""Backward dropping from sets of columns by their influence score (Chernoff, Lo, Zheng 2009).

A set of columns parts the rows into cells of equal codes. With n_c the rows of cell c, s_ck the sum of output k over
them and m_k the mean of the output, the score is here the sum over c and k of (s_ck - n_c m_k)^2, without the
denominator that all sets have in common. It follows from the sums of s_ck^2, n_c s_ck and n_c^2, which are exact for
whole outputs such as indicators of classes: equal scores are then equal to the last bit, whatever the order of rows.

The rows are read once per start. Without a column, the table of cells is summed over the values of that column.
"""

import numpy as np

from skib._jit import njit

# Scores that differ by less, relative to their size, differ by rounding only, where outputs are not whole.
_ROUNDING = 1e-12


@njit
def drop_backward(codes, levels, outputs, means, starts, n_most, kept, scores):
    """Drop columns from each start until one is left, and fill in the best set on the way and its score.

    In each step the column is dropped whose absence gives the largest score; of equal ones, the last. Of sets of equal
    score the smallest is kept.

    Parameters
    ----------
    codes : (n_features, n_samples) of integers
    levels : (n_features,) of int64
        The codes of column j are below levels[j].
    outputs : (n_outputs, n_samples) of int64 or float64
    means : (n_outputs,) of float64
    starts : (n_starts, size) of int64
        Distinct columns, behind which -1 may stand for none.
    n_most : int
        Largest product of the levels of a start.
    kept : (n_starts, size) of bool
        Receives which columns of the start the best set has.
    scores : (n_starts,) of float64
        Receives its score.
    """
    counts, sums = np.empty(n_most, np.int64), np.empty((len(outputs), n_most), outputs.dtype)
    keys, strides = np.empty(codes.shape[1], np.int64), np.empty(starts.shape[1], np.int64)
    for s in range(len(starts)):
        columns = starts[s]
        n_cells = _part_rows(codes, levels, outputs, columns, keys, strides, counts, sums)
        for a in range(len(columns)):
            kept[s, a] = columns[a] >= 0
        scores[s] = _drop_all(levels, columns, means, n_cells, strides, counts, sums, kept[s])


@njit
def _part_rows(codes, levels, outputs, columns, keys, strides, counts, sums):
    """Fill in the counts and sums of all cells, and the stride of each column in them; return the number of cells."""
    n_cells = 1
    keys[:] = 0
    for a in range(len(columns)):
        if columns[a] >= 0:
            strides[a] = n_cells
            column = codes[columns[a]]
            for i in range(len(keys)):
                keys[i] += column[i] * n_cells
            n_cells *= levels[columns[a]]
    counts[:n_cells] = 0
    for i in range(len(keys)):
        counts[keys[i]] += 1
    for k in range(len(outputs)):
        cells, values = sums[k], outputs[k]
        cells[:n_cells] = 0
        for i in range(len(keys)):
            cells[keys[i]] += values[i]
    return n_cells


@njit
def _drop_all(levels, columns, means, n_cells, strides, counts, sums, kept):
    """Drop one column after the other; leave in `kept` those of the best set, and return its score."""
    best = _score_without(1, 1, n_cells, counts, sums, means)
    present = kept.copy()
    for _ in range(np.sum(kept) - 1):
        worst, score = -1, 0.0
        for a in range(len(columns)):
            if present[a]:
                without = _score_without(strides[a], levels[columns[a]], n_cells, counts, sums, means)
                if worst < 0 or without >= score * (1 - _ROUNDING):
                    worst, score = a, without
        present[worst] = False
        n_cells = _drop(worst, levels[columns[worst]], n_cells, strides, counts, sums)
        if score >= best * (1 - _ROUNDING):
            best = score
            kept[:] = present
    return best


@njit
def _score_without(stride, n_levels, n_cells, counts, sums, means):
    """Compute the score of the cells summed over the column of this stride and number of levels."""
    block, score = stride * n_levels, 0.0
    for k in range(len(means)):
        cells = sums[k]
        total, cross, square = 0, 0, cells[0] - cells[0]
        for start in range(0, n_cells, block):
            for low in range(start, start + stride):
                n, s = counts[low], cells[low]
                for c in range(low + stride, low + block, stride):
                    n += counts[c]
                    s += cells[c]
                total += n * n
                cross += n * s
                square += s * s
        score += square - means[k] * (2 * cross - means[k] * total)
    return score


@njit
def _drop(column, n_levels, n_cells, strides, counts, sums):
    """Sum the cells over a column, in place, and return the number that remains."""
    stride = strides[column]
    _sum_over(stride, n_levels, n_cells, counts)
    for k in range(len(sums)):
        _sum_over(stride, n_levels, n_cells, sums[k])
    for a in range(len(strides)):
        if strides[a] > stride:
            strides[a] //= n_levels
    return n_cells // n_levels


@njit
def _sum_over(stride, n_levels, n_cells, cells):
    block, m = stride * n_levels, 0
    for start in range(0, n_cells, block):
        for low in range(start, start + stride):
            total = cells[low]
            for c in range(low + stride, low + block, stride):
                total += cells[c]
            cells[m] = total
            m += 1
