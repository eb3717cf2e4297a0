"""The likelihood-ratio statistic G of tables, its degrees of freedom and its mean over all tables of the same margins.

Counts may be sums of weights: the hypergeometric probabilities are continued to them by the ratio of neighbors.
"""

import numpy as np

from skib._jit import njit

# Expected counts from here on have a series, whose error is below 1e-4 of some 0.5 there, as the tests measure.
_LARGE = 10.0
# Probabilities are summed until they fall below this share of the sum.
_NEGLIGIBLE = 1e-9
# Whole numbers whose terms are looked up.
_MOST_KNOWN = 1024


@njit
def likelihood_ratios(tables):
    """Return G, its degrees of freedom and its mean under permutations, of each of tables[s, k, c], shape (n, 3)."""
    out, known = np.zeros((len(tables), 3)), _known_terms()
    rows, columns = np.empty(tables.shape[1]), np.empty(tables.shape[2])
    series = np.empty((len(columns), 4, len(rows)))
    for s in range(len(tables)):
        total = _sum_margins(tables[s], rows, columns)
        dof = (_n_positive(rows) - 1) * (_n_positive(columns) - 1)
        if total > 0 and dof > 0:
            independent = _independent_sum(rows, columns, total, known)
            statistic, mean = _sum_of_terms(tables[s], known), _sum_of_means(rows, columns, total, series, known)
            out[s, 0], out[s, 1], out[s, 2] = 2 * (statistic + independent), dof, 2 * (mean + independent)
    return out


@njit
def _independent_sum(rows, columns, total, known):
    independent = _term(total, known)
    for row in rows:
        independent -= _term(row, known)
    for column in columns:
        independent -= _term(column, known)
    return independent


@njit
def _sum_of_terms(table, known):
    statistic = 0.0
    for k in range(table.shape[0]):
        for c in range(table.shape[1]):
            statistic += _term(table[k, c], known)
    return statistic


@njit
def _sum_of_means(rows, columns, total, series, known):
    """Sum E[X log X] of the count X of each cell, hypergeometric with these margins, over all cells.

    It is about m log m + v / 2m - t / 6m^2 + v^2 / 4m^3, of the mean m, the variance v and the third moment t.
    """
    for c in range(len(columns)):
        _write_series(rows, columns[c], total, series[c, 0], series[c, 1], series[c, 2], series[c, 3])
    sum_of_means = 0.0
    for k in range(len(rows)):
        for c in range(len(columns)):
            if rows[k] > 0 and columns[c] > 0:
                mean = series[c, 0, k]
                if mean < _LARGE:
                    sum_of_means += _sum_of_probabilities(rows[k], columns[c], total, known)
                else:
                    sum_of_means += mean * np.log(mean) + series[c, 1, k] - series[c, 2, k] + series[c, 3, k]
    return sum_of_means


@njit
def _write_series(rows, column, total, means, second, third, fourth):
    """Write the mean of each cell of a column and the terms of the series, by vector instructions."""
    for k in range(len(rows)):
        row = rows[k]
        mean = row * column / total
        rest = (total - row) * (total - column) / total
        variance = mean * rest / (total - 1)
        moment = variance * (total - 2 * row) * (total - 2 * column) / (total * (total - 2))
        means[k], second[k] = mean, variance / (2 * mean)
        third[k], fourth[k] = moment / (6 * mean**2), variance**2 / (4 * mean**3)


@njit
def _sum_margins(table, rows, columns):
    """Write the sums of the rows and the columns of a table, and return that of all cells."""
    columns[:] = 0
    total = 0.0
    for k in range(len(rows)):
        rows[k] = 0
        for c in range(len(columns)):
            rows[k] += table[k, c]
            columns[c] += table[k, c]
        total += rows[k]
    return total


@njit
def _n_positive(sums):
    n = 0
    for x in sums:
        n += x > 0
    return n


@njit
def _known_terms():
    """Return x log x of the first whole numbers."""
    terms = np.empty(_MOST_KNOWN)
    for x in range(len(terms)):
        terms[x] = _x_log_x(float(x))
    return terms


@njit
def _term(x, known):
    """Look up x log x of a small whole number, or compute it."""
    whole = np.int64(x)
    return known[whole] if whole == x and 0 <= whole < len(known) else _x_log_x(x)


@njit
def _x_log_x(x):
    return x * np.log(x) if x > 0 else 0.0


@njit
def _sum_of_probabilities(row, column, total, known):
    x = max(0.0, row + column - total)
    weight, sum_of_weights, sum_of_values = 1.0, 1.0, _term(x, known)
    mode = row * column / total
    while True:
        weight *= (row - x) * (column - x) / ((x + 1) * (total - row - column + x + 1))
        x += 1
        if not weight > 0 or (x > mode and weight < _NEGLIGIBLE * sum_of_weights):
            return sum_of_values / sum_of_weights
        sum_of_weights += weight
        sum_of_values += weight * _term(x, known)
