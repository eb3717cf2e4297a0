"""Whole numbers of a small range: which of them occur, and their numbers from 0, without sorting."""

import numpy as np

from skib._jit import njit

# Values after which it is checked whether all that are possible have occurred.
_BLOCK = 1024


@njit
def level_codes(values, lowest, highest, most_levels, seen, codes, n_levels):
    """Write the number of distinct smaller values in its row for each value, and the number of distinct values.

    Where a row has more than `most_levels`, or a range for which `seen` has no room, the latter is -1, and nothing else
    is written. The codes may be the values themselves. `lowest` and `highest` are those of the rows.
    """
    for r in range(len(values)):
        low, n_possible = np.uint64(lowest[r]), np.uint64(highest[r]) - np.uint64(lowest[r])  # less one
        n_levels[r] = -1
        if n_possible < len(seen):
            found = _mark_levels(values[r], low, seen[: n_possible + 1])
            if found <= most_levels:
                n_levels[r] = found
                _renumber(values[r], low, seen[: n_possible + 1], found, codes[r])


@njit
def count_levels(columns, widths, seen, levels):
    """Count the values of each column that occur; they are below its width, for which `seen` has room."""
    for r in range(len(columns)):
        levels[r] = _mark_levels(columns[r], np.uint64(0), seen[: widths[r]])


@njit
def _mark_levels(row, low, seen):
    """Mark which whole numbers from `low` occur, and return how many do; it ends once all have occurred."""
    seen[:] = 0
    found = 0
    for begin in range(0, len(row), _BLOCK):
        for value in row[begin : begin + _BLOCK]:
            seen[np.uint64(value) - low] = 1
        found = 0
        for mark in seen:
            found += mark
        if found == len(seen):
            break
    return found


@njit
def _renumber(row, low, seen, found, out):
    if found == len(seen):
        for i in range(len(row)):
            out[i] = np.uint64(row[i]) - low
        return
    code = 0
    for v in range(len(seen)):
        is_level = seen[v]
        seen[v] = code  # of values that do not occur, the code is not used
        code += is_level
    for i in range(len(row)):
        out[i] = seen[np.uint64(row[i]) - low]
