"""Sums over the cells of columns with groups of rows, group by group: for more cells than rows."""

import numpy as np

from skib._jit import njit


@njit
def grouped_sums(columns, candidates, order, starts, free, weights, terms, tally, out):
    """Sum the terms of the counts of each value in each group of rows.

    Group g has the rows order[starts[g] : starts[g + 1]], which have the weights of these places, whole numbers. The
    rows of `out` receive the sum, the number of cells that are not empty, and the sum of free[g] (values in the
    group - 1). `tally` has a zero for every value.
    """
    for r in range(len(candidates)):
        column = columns[candidates[r]]
        total, cells, dof = np.int64(0), np.int64(0), np.int64(0)
        for g in range(len(starts) - 1):
            for place in range(starts[g], starts[g + 1]):
                tally[column[order[place]]] += weights[place]
            levels = 0
            for i in order[starts[g] : starts[g + 1]]:
                count = tally[column[i]]
                if count:  # the first row of its cell
                    total += terms[count]
                    levels += 1
                    tally[column[i]] = 0
            cells += levels
            dof += (levels - 1) * free[g]
        out[r, 0], out[r, 1], out[r, 2] = total, cells, dof


@njit
def grouped_weights(columns, candidates, order, starts, free, weights, tally, out):
    """Sum w log w of the weights of each value in each group of rows, as ``grouped_sums`` does for whole numbers."""
    for r in range(len(candidates)):
        column = columns[candidates[r]]
        total, cells, dof = 0.0, np.int64(0), np.int64(0)
        for g in range(len(starts) - 1):
            for place in range(starts[g], starts[g + 1]):
                tally[column[order[place]]] += weights[place]
            levels = 0
            for i in order[starts[g] : starts[g + 1]]:
                weight = tally[column[i]]
                if weight > 0:  # the first row of its cell
                    total += weight * np.log(weight)
                    levels += 1
                    tally[column[i]] = 0.0
            cells += levels
            dof += (levels - 1) * free[g]
        out[r, 0], out[r, 1], out[r, 2] = total, cells, dof
