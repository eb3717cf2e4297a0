"""Quantile bins of many columns: where they start, and the number of the bin of every value."""

import numpy as np

from skib._jit import njit

# Values that are compared with all starts before the next ones: they stay in the fastest cache.
_BLOCK = 1024


@njit
def quantile_starts(values, masses, n_bins, most_levels, starts, n_starts, is_few):
    """Find the smallest value of every bin but the first, of bins of nearly equal masses.

    The rows of `values` are sorted, NaN last, and masses[r, i] is the mass of the first i values of row r; one row of
    masses may stand for all. A bin that would start within a tie starts at the nearer end of it. Where a row has at
    most `most_levels` distinct values, which `is_few` marks, each has a bin. The rest of each row of `starts` is filled
    with infinity.
    """
    for r in range(len(values)):
        row, mass = values[r], masses[min(r, len(masses) - 1)]
        n = _before(row, np.inf, True)
        starts[r] = np.inf
        n_starts[r] = _distinct_starts(row[:n], most_levels, starts[r])
        is_few[r] = n_starts[r] >= 0
        if not is_few[r]:
            starts[r] = np.inf
            n_starts[r] = _cut_starts(row[:n], mass[: n + 1], n_bins, starts[r])


@njit
def _before(row, value, also_equal):
    """Return the number of values of a sorted row that are smaller, or `also_equal`; NaN is larger than all."""
    low, high = 0, len(row)
    while low < high:
        middle = (low + high) // 2
        if row[middle] < value or (also_equal and row[middle] == value):
            low = middle + 1
        else:
            high = middle
    return low


@njit
def _distinct_starts(row, most_levels, starts):
    """Write the distinct values but the first, and return their number, or -1 if there are too many."""
    found, place = -1, 0
    while place < len(row):
        found += 1
        if found == most_levels:
            return -1
        if found:
            starts[found - 1] = row[place]
        place = _before(row, row[place], True)
    return max(found, 0)


@njit
def _cut_starts(row, mass, n_bins, starts):
    found, n = 0, len(row)
    for k in range(1, n_bins):
        wanted = mass[n] * k / n_bins
        tied = row[min(_before(mass, wanted, True) - 1, n - 1)]
        first, end = _before(row, tied, False), _before(row, tied, True)
        cut = first if wanted - mass[first] <= mass[end] - wanted else end
        if 0 < cut < n and (found == 0 or row[cut] > starts[found - 1]):
            starts[found] = row[cut]
            found += 1
    return found


@njit
def bin_codes(values, starts, n_starts, codes, n_missing):
    """Write the number of starts up to each value; of NaN, the number after the last bin, and how often it occurs.

    Infinity counts as NaN. The number of starts is a multiple of four.
    """
    for r in range(len(values)):
        count = 0
        for begin in range(0, values.shape[1], _BLOCK):
            part, out = values[r, begin : begin + _BLOCK], codes[r, begin : begin + _BLOCK]
            out[:] = 0
            for e in range(0, n_starts[r], 4):
                _add_comparisons(part, starts[r, e : e + 4], out)
            missing = codes.dtype.type(n_starts[r] + 1)
            for i in range(len(part)):
                is_number = np.abs(part[i]) < np.inf
                out[i] = out[i] if is_number else missing
                count += not is_number
        n_missing[r] = count


@njit
def _add_comparisons(part, starts, out):
    first, second, third, fourth = starts[0], starts[1], starts[2], starts[3]
    for i in range(len(part)):
        value = part[i]
        out[i] += (value >= first) + (value >= second) + (value >= third) + (value >= fourth)
