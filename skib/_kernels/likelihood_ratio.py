"""The likelihood-ratio statistic G of tables, its degrees of freedom and its mean over all tables of the same margins.

Counts may be sums of weights: the hypergeometric probabilities are continued to them by the ratio of neighbors.
"""

import numpy as np

from skib._jit import njit

# Expected counts from here on have a series, whose error is below 1e-4 of some 0.5 there, as the tests measure.
_LARGE = 10.0
# Probabilities are summed until they fall below this share of the sum.
_NEGLIGIBLE = 1e-9


@njit
def likelihood_ratios(tables):
    """Return G, its degrees of freedom and its mean under permutations, of each of tables[s, k, c], shape (n, 3)."""
    out = np.zeros((len(tables), 3))
    for s in range(len(tables)):
        _likelihood_ratio(tables[s], out[s])
    return out


@njit
def _likelihood_ratio(table, out):
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    total = rows.sum()
    independent, statistic, mean = _x_log_x(total), 0.0, 0.0
    for k in range(len(rows)):
        independent -= _x_log_x(rows[k])
        for c in range(len(columns)):
            statistic += _x_log_x(table[k, c])
            if rows[k] > 0 and columns[c] > 0:
                mean += _mean_x_log_x(rows[k], columns[c], total)
    for c in range(len(columns)):
        independent -= _x_log_x(columns[c])
    dof = (np.sum(rows > 0) - 1) * (np.sum(columns > 0) - 1)
    if total > 0 and dof > 0:
        out[0], out[1], out[2] = 2 * (statistic + independent), dof, 2 * (mean + independent)


@njit
def _x_log_x(x):
    return x * np.log(x) if x > 0 else 0.0


@njit
def _mean_x_log_x(row, column, total):
    """E[X log X] of the count X of a cell: hypergeometric with these margins."""
    mean = row * column / total
    if mean < _LARGE:
        return _sum_of_probabilities(row, column, total)
    rest = (total - row) * (total - column) / total
    variance = mean * rest / (total - 1)
    third = variance * (total - 2 * row) * (total - 2 * column) / (total * (total - 2)) if total > 2 else 0.0
    return mean * np.log(mean) + variance / (2 * mean) - third / (6 * mean**2) + variance**2 / (4 * mean**3)


@njit
def _sum_of_probabilities(row, column, total):
    x = max(0.0, row + column - total)
    weight, sum_of_weights, sum_of_values = 1.0, 1.0, _x_log_x(x)
    mode = row * column / total
    while True:
        weight *= (row - x) * (column - x) / ((x + 1) * (total - row - column + x + 1))
        x += 1
        if not weight > 0 or (x > mode and weight < _NEGLIGIBLE * sum_of_weights):
            return sum_of_values / sum_of_weights
        sum_of_weights += weight
        sum_of_values += weight * _x_log_x(x)
