"""Cells of a table with few rows: how many there are, and how many there would be in permuted rows.

If the rows of one column are permuted, the number of rows of a cell is hypergeometric, given those of both its levels.
"""

import numpy as np

from skib._jit import njit

# Where so many rows are expected in a cell, the first two moments of their number are enough.
_MANY = 30.0
# Share of the most probable number of rows below which a number of rows is left out.
_NEGLIGIBLE = 1e-12


@njit
def permuted_cells(x_counts, x_times, y_counts, y_times, n_samples, scores):
    """Sum over the cells of a table of permuted rows: E[c G(c)] - E[c] log E[c], P(c = 1) and P(c = 2), of c rows.

    The levels of x that hold `x_counts` rows each are `x_times` in number, those of y likewise; `scores` are G(c) from
    c = 0 (not used) to the largest number of rows in a cell.
    """
    totals, cell = np.zeros(3), np.empty(3)
    for i in range(len(x_counts)):
        for j in range(len(y_counts)):
            _expected_cell(x_counts[i], y_counts[j], n_samples, scores, cell)
            for k in range(3):
                totals[k] += x_times[i] * y_times[j] * cell[k]
    return totals


@njit
def _expected_cell(a, b, n_samples, scores, out):
    mean = a * b / n_samples
    out[1] = out[2] = 0.0
    if mean > _MANY:  # G(c) is log c - 1 / 2c on average
        variance = mean * (1 - a / n_samples) * (n_samples - b) / max(n_samples - 1, 1)
        out[0] = 0.5 * (variance / mean - 1)
        return
    lowest, highest = max(0, a + b - n_samples), min(a, b)
    mode = (a + 1) * (b + 1) // (n_samples + 2)
    total = weights = 0.0
    weight, c = 1.0, mode
    while c <= highest and weight > _NEGLIGIBLE:
        total += weight * c * scores[c]
        weights += weight
        if 1 <= c <= 2:
            out[c] = weight
        weight *= (a - c) * (b - c) / ((c + 1.0) * (n_samples - a - b + c + 1))
        c += 1
    weight, c = 1.0, mode
    while c > lowest and weight > _NEGLIGIBLE:
        weight *= c * (n_samples - a - b + c) / ((a - c + 1.0) * (b - c + 1))
        c -= 1
        total += weight * c * scores[c]
        weights += weight
        if 1 <= c <= 2:
            out[c] = weight
    out[0] = total / weights - mean * np.log(mean)
    out[1] /= weights
    out[2] /= weights


@njit
def rare_cells(order, starts, codes, tally):
    """Count the cells of one row and those of two: of the groups order[starts[g] : starts[g + 1]] of rows, and codes.

    `tally` has a zero for every code.
    """
    singles, doubles = 0, 0
    for g in range(len(starts) - 1):
        for place in range(starts[g], starts[g + 1]):
            tally[codes[order[place]]] += 1
        for place in range(starts[g], starts[g + 1]):  # the first row of each cell finds its count, the others nothing
            code = codes[order[place]]
            singles += tally[code] == 1
            doubles += tally[code] == 2
            tally[code] = 0
    return singles, doubles
