"""The mean of sums of c log c over the cells c of tables whose rows are permuted within strata: exact.

With the rows a of one level and b of the other among n, the rows c of their cell are hypergeometric.
"""

import numpy as np

from skib._jit import njit

# Share of the largest probability below which those that follow are left out.
_NEGLIGIBLE = 1e-18


@njit
def permuted_sum(x_counts, x_times, x_starts, y_counts, y_times, y_starts, totals):
    """Sum E[c log c] over all cells of all strata.

    In stratum s, which has totals[s] rows, x_times[i] levels of the one column hold x_counts[i] rows each, for
    x_starts[s] <= i < x_starts[s + 1]; likewise the other column.
    """
    total = 0.0
    for s in range(len(totals)):
        for i in range(x_starts[s], x_starts[s + 1]):
            for j in range(y_starts[s], y_starts[s + 1]):
                times = x_times[i] * y_times[j]
                total += times * _expected_term(x_counts[i], y_counts[j], totals[s])
    return total


@njit
def _expected_term(a, b, n):
    """Return E[c log c], from the most probable c in both directions; the weights are those relative to it."""
    mode = np.int64((a + 1.0) * (b + 1.0) / (n + 2.0))
    total, weights = _term(mode), 1.0
    weight = 1.0
    for c in range(mode, min(a, b)):
        weight *= (a - c) * float(b - c) / ((c + 1.0) * (n - a - b + c + 1.0))
        if weight < _NEGLIGIBLE:
            break
        total += weight * _term(c + 1)
        weights += weight
    weight = 1.0
    for c in range(mode, max(0, a + b - n), -1):
        weight *= c * float(n - a - b + c) / ((a - c + 1.0) * (b - c + 1.0))
        if weight < _NEGLIGIBLE:
            break
        total += weight * _term(c - 1)
        weights += weight
    return total / weights


@njit
def _term(c):
    return c * np.log(c) if c > 0 else 0.0
