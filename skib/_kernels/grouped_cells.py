"""Sums over the cells of columns with groups of rows, group by group: for more cells than rows."""

import numpy as np

from skib._jit import njit


@njit
def grouped_sums(columns, candidates, order, starts, free, weights, terms, tally, out):
    """Sum the terms of the counts of each value in each group of rows; the term of 0 is 0.

    Group g has the rows order[starts[g] : starts[g + 1]], which have the weights of these places, whole numbers. The
    rows of `out` receive the sum, the number of cells that are not empty, and the sum of free[g] (values in the
    group - 1). `tally` has a zero for every value.
    """
    values = np.empty(len(order), columns.dtype)
    for r in range(len(candidates)):
        _gather(columns[candidates[r]], order, values)
        total, cells, dof = np.int64(0), np.int64(0), np.int64(0)
        for g in range(len(starts) - 1):
            start, end = np.uint64(starts[g]), np.uint64(starts[g + 1])
            if start + np.uint64(1) == end:
                total += terms[weights[start]]
                cells += 1
                continue
            for place in range(start, end):
                tally[values[place]] += weights[place]
            levels = 0
            for place in range(start, end):  # the first row of each cell finds its count, the others nothing
                count = tally[values[place]]
                total += terms[count]
                levels += count > 0
                tally[values[place]] = 0
            cells += levels
            dof += (levels - 1) * free[g]
        out[r, 0], out[r, 1], out[r, 2] = total, cells, dof


@njit
def _gather(column, order, values):
    for place in range(len(order)):
        values[place] = column[np.uint64(order[place])]


@njit
def grouped_weights(columns, candidates, order, starts, free, weights, tally, out):
    """Sum w log w of the weights of each value in each group of rows, as ``grouped_sums`` does for whole numbers."""
    values = np.empty(len(order), columns.dtype)
    for r in range(len(candidates)):
        _gather(columns[candidates[r]], order, values)
        total, cells, dof = 0.0, np.int64(0), np.int64(0)
        for g in range(len(starts) - 1):
            start, end = np.uint64(starts[g]), np.uint64(starts[g + 1])
            for place in range(start, end):
                tally[values[place]] += weights[place]
            levels = 0
            for place in range(start, end):
                weight = tally[values[place]]
                if weight > 0:  # the first row of its cell
                    total += weight * np.log(weight)
                    levels += 1
                    tally[values[place]] = 0.0
            cells += levels
            dof += (levels - 1) * free[g]
        out[r, 0], out[r, 1], out[r, 2] = total, cells, dof
