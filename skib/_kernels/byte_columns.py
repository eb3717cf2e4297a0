"""Tables of bytes from one row of memory per row to one per column, eight by eight bytes at a time."""

import numpy as np

from skib._jit import njit

# Rows of all columns that are moved before the next ones: a line of the cache for each column.
_ROWS = 64
_HALF, _QUARTER, _EIGHTH = np.uint64(0x00000000FFFFFFFF), np.uint64(0x0000FFFF0000FFFF), np.uint64(0x00FF00FF00FF00FF)


@njit
def transpose_bytes(rows, columns):
    """Write byte k of word rows[8 i + r, w], the lowest first, to byte r of word columns[8 w + k, i].

    There are as many rows, and columns, as bytes in the words of the other: multiples of eight.
    """
    half, quarter, eighth = np.uint64(32), np.uint64(16), np.uint64(8)
    for start in range(0, len(rows), _ROWS):
        for w in range(rows.shape[1]):
            for r in range(start, min(start + _ROWS, len(rows)), 8):
                # The halves of eight words change places, then the quarters of halves, then bytes.
                a, e = _exchange(rows[r, w], rows[r + 4, w], half, _HALF)
                b, f = _exchange(rows[r + 1, w], rows[r + 5, w], half, _HALF)
                c, g = _exchange(rows[r + 2, w], rows[r + 6, w], half, _HALF)
                d, h = _exchange(rows[r + 3, w], rows[r + 7, w], half, _HALF)
                a, c = _exchange(a, c, quarter, _QUARTER)
                b, d = _exchange(b, d, quarter, _QUARTER)
                e, g = _exchange(e, g, quarter, _QUARTER)
                f, h = _exchange(f, h, quarter, _QUARTER)
                k, i = 8 * w, r // 8
                columns[k, i], columns[k + 1, i] = _exchange(a, b, eighth, _EIGHTH)
                columns[k + 2, i], columns[k + 3, i] = _exchange(c, d, eighth, _EIGHTH)
                columns[k + 4, i], columns[k + 5, i] = _exchange(e, f, eighth, _EIGHTH)
                columns[k + 6, i], columns[k + 7, i] = _exchange(g, h, eighth, _EIGHTH)


@njit
def _exchange(first, second, shift, mask):
    """Exchange the upper part of the first word, or of its parts, with the lower part of the second."""
    changed = (first >> shift ^ second) & mask
    return first ^ changed << shift, second ^ changed
