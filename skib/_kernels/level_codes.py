"""Whole numbers of a small range: which of them occur, and their numbers from 0, without sorting."""

import numpy as np

from skib._jit import njit

# Values after which it is checked whether all that are possible have occurred.
_BLOCK = 1024


@njit
def level_codes(values, spans, most_levels, seen, n_levels):
    """Replace each value by the number of distinct smaller ones in its row, and write how many distinct ones there are.

    The values of row r are from 0 to spans[r]. Where a row has more than `most_levels` distinct ones, or a span for
    which `seen` has no room, the latter is -1, and the row is left as it is.
    """
    for r in range(len(values)):
        n_levels[r] = -1
        if spans[r] < np.uint64(len(seen)):
            marks = seen[: np.int64(spans[r]) + 1]
            found = _mark_levels(values[r], marks)
            if found <= most_levels:
                n_levels[r] = found
                if found < len(marks):
                    _renumber(values[r], marks)


@njit
def count_levels(columns, widths, seen, levels):
    """Count the values of each column that occur; they are below its width, for which `seen` has room."""
    for r in range(len(columns)):
        levels[r] = _mark_levels(columns[r], seen[: widths[r]])


@njit
def _mark_levels(row, seen):
    """Mark which whole numbers occur, and return how many do; it ends once all have occurred."""
    seen[:] = 0
    found = 0
    for begin in range(0, len(row), _BLOCK):
        for value in row[begin : begin + _BLOCK]:
            seen[value] = 1
        found = 0
        for mark in seen:
            found += mark
        if found == len(seen):
            break
    return found


@njit
def _renumber(row, seen):
    code = 0
    for v in range(len(seen)):
        is_level = seen[v]
        seen[v] = code  # of values that do not occur, the code is not used
        code += is_level
    for i in range(len(row)):
        row[i] = seen[row[i]]
