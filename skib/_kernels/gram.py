"""Sums over the pairs of rows of Gaussian kernels and of their powers; no matrix is ever stored.

K_ij = exp(-|x_i - x_j|^2) and Q_ij = exp(-|y_i - y_j|^2). The caller divides the rows by the square root of 2 times the
bandwidth, and adds what the diagonal, where K_ii = 1, contributes. Squared distances are sums of squared differences,
never |a|^2 + |b|^2 - 2 ab, whose digits cancel.

Rows and sums lie in tiles, (n_tiles, n_columns, 256): all columns of 256 rows side by side, which stay in the nearest
cache. Every pair is visited once and added to both of its rows. Two rows, i and i + 1 with an even i, meet a tile
together, so that what is loaded serves both; they meet the rows from i + 1 on. Blocks of rows begin at even numbers,
and the sums have the same bits for blocks of any size.
"""

import numpy as np

from skib._jit import contracting, inlined, reordering

_TILE = 256
# Differences of one call, as which the exponentials of a pair count so many: some tenths of a second.
_CALL_COST, _EXP_COST = 3e8, 20
# Loops begin and end at multiples of this, as they are unrolled: a rest would take as long as all that goes before.
_STEP = 32
_CACHE_LINE = 64  # bytes; numbers that begin at a line are loaded twice as fast
# exp(-x) has fewer digits from the first on, as floats end, and is 0 from the second on.
_FAINT, _NOTHING = 708.0, 746.0
# Adding this to a float rounds it to a whole number, which then stands in the last bits.
_ROUNDING = 1.5 * 2.0**52
_LOG2_E = 1.4426950408889634
_LN2_HEAD, _LN2_TAIL = 6.93147180369123816490e-01, 1.90821492927058770002e-10


def in_tiles(rows):
    """Return rows, (n_samples, n_columns), in tiles, with zeros behind the last row."""
    n, n_columns = rows.shape
    tiles, n_whole = no_sums(n, n_columns), n // _TILE
    begin = n_whole * _TILE
    tiles[:n_whole] = rows[:begin].reshape(n_whole, _TILE, n_columns).swapaxes(1, 2)
    if begin < n:
        tiles[n_whole, :, : n - begin] = rows[begin:].T
    return tiles


def no_sums(n, n_columns):
    """Return zeros in the tiles of n rows."""
    n_tiles = -(-n // _TILE)
    size = n_tiles * n_columns * _TILE
    numbers = np.zeros(size + _CACHE_LINE // 8)
    first = -numbers.ctypes.data % _CACHE_LINE // 8
    return numbers[first : first + size].reshape(n_tiles, n_columns, _TILE)


def rows_per_call(n, n_columns):
    """Return how many of n rows, an even number, one call may compare with all of them."""
    return 2 * max(1, int(0.5 * _CALL_COST / (n * (n_columns + _EXP_COST))))


def out_of_tiles(tiles, n):
    """Return the columns of n rows that lie in tiles: (n_columns, n)."""
    return tiles.swapaxes(0, 1).reshape(tiles.shape[1], len(tiles) * _TILE)[:, :n]


@inlined
def _exponential(x):
    """exp(x) to 3e-16 of itself, for -708 <= x <= 0: unlike np.exp, a loop of it vectorizes on every processor.

    x = k log 2 + r with a whole k. For r up to log(2) / 2 it is the polynomial that meets the exponential at the zeros
    of a Chebyshev polynomial of (exp(r) - 1 - r) / r^2, times r^2, plus 1 + r; k is added to its exponent.
    """
    shifted = x * _LOG2_E + _ROUNDING
    k = shifted - _ROUNDING
    r = (x - k * _LN2_HEAD) - k * _LN2_TAIL
    p = 2.510038549551032e-08 * r + 2.7620088445409746e-07
    p = p * r + 2.7557268459997064e-06
    p = p * r + 2.4801521295954376e-05
    p = p * r + 1.9841269863053618e-04
    p = p * r + 1.3888888917213717e-03
    p = p * r + 8.333333333330062e-03
    p = p * r + 4.166666666662413e-02
    p = p * r + 1.6666666666666669e-01
    p = p * r + 0.5
    p = (p * r + 1.0) * r + 1.0
    bits = np.float64(p).view(np.int64) + (np.float64(shifted).view(np.int64) << 52)
    return np.int64(bits).view(np.float64)


@contracting
def _fill_squares(tile, a, b, begin, stop, squares):
    """Squared distances from two rows to those of a tile from `begin` to `stop`; four columns a time saves stores."""
    n_columns = len(tile)
    of_a, of_b = squares[0, begin:stop], squares[1, begin:stop]
    for j in range(len(of_a)):
        of_a[j] = 0.0
        of_b[j] = 0.0
    for c in range(0, n_columns - 3, 4):
        v, w = tile[c, begin:stop], tile[c + 1, begin:stop]
        x, y = tile[c + 2, begin:stop], tile[c + 3, begin:stop]
        av, aw, ax, ay = a[c], a[c + 1], a[c + 2], a[c + 3]
        bv, bw, bx, by = b[c], b[c + 1], b[c + 2], b[c + 3]
        for j in range(len(of_a)):
            dv, dw, dx, dy = v[j] - av, w[j] - aw, x[j] - ax, y[j] - ay
            of_a[j] += (dv * dv + dw * dw) + (dx * dx + dy * dy)
            dv, dw, dx, dy = v[j] - bv, w[j] - bw, x[j] - bx, y[j] - by
            of_b[j] += (dv * dv + dw * dw) + (dx * dx + dy * dy)
    for c in range(n_columns - n_columns % 4, n_columns):
        v = tile[c, begin:stop]
        av, bv = a[c], b[c]
        for j in range(len(of_a)):
            dv, dw = v[j] - av, v[j] - bv
            of_a[j] += dv * dv
            of_b[j] += dw * dw


@contracting
def _fill_kernels(tiles, t, i, n, begin, stop, squares, kernels):
    """Kernels of rows i and i + 1 with those of tile t from `begin` to `stop`; returns whether any is above 0.

    They are 0 for the rows up to i and up to i + 1, and for those from n on.
    """
    home, place = tiles[i // _TILE], i % _TILE
    _fill_squares(tiles[t], home[:, place], home[:, place + 1], begin, stop, squares)
    is_visible = False
    for row in range(2):
        x, k = squares[row, begin:stop], kernels[row, begin:stop]
        n_faint = n_nothing = 0
        for j in range(len(x)):
            k[j] = _exponential(-min(x[j], _FAINT))
            n_faint += x[j] > _FAINT
        if n_faint > 0:
            for j in range(len(x)):
                k[j] = k[j] if x[j] <= _FAINT else 0.0
                n_nothing += x[j] >= _NOTHING
        if n_faint > n_nothing:
            for j in range(len(x)):
                if _FAINT < x[j] < _NOTHING:
                    k[j] = np.exp(-x[j])
        is_visible |= n_nothing < len(x)
        for j in range(begin, i + row + 1 - t * _TILE):
            kernels[row, j] = 0.0
        for j in range(n - t * _TILE, stop):
            kernels[row, j] = 0.0
    return is_visible


@inlined
def _limits(t, i, n):
    """Where in tile t the rows begin and stop that rows i and i + 1 meet."""
    begin = max(i + 1 - t * _TILE, 0) // _STEP * _STEP
    return begin, min(_TILE, (n - t * _TILE + _STEP - 1) // _STEP * _STEP)


@reordering
def _add(pair, begin, stop, sums, t, i, column):
    """Add numbers of rows i and i + 1 and those of tile t from `begin` to `stop` to the sums of all of them."""
    a, b, part = pair[0, begin:stop], pair[1, begin:stop], sums[t, column, begin:stop]
    of_a = of_b = 0.0
    for j in range(len(a)):
        part[j] += a[j] + b[j]
        of_a += a[j]
        of_b += b[j]
    home, place = i // _TILE, i % _TILE
    sums[home, column, place] += of_a
    sums[home, column, place + 1] += of_b


@contracting
def add_overlaps(first, last, n, tiles, sums):
    """Add K, K^2, K^4, ... of the rows first to last - 1 of n with all later rows to the sums of both.

    `sums` has the tiles of n_powers columns.
    """
    squares, kernels = np.empty((2, _TILE)), np.empty((2, _TILE))
    for t in range(first // _TILE, len(tiles)):
        for i in range(first, min(last, (t + 1) * _TILE), 2):
            begin, stop = _limits(t, i, n)
            if not _fill_kernels(tiles, t, i, n, begin, stop, squares, kernels):
                continue
            for power in range(sums.shape[1]):
                if power > 0:
                    _multiply(kernels, kernels, begin, stop)
                _add(kernels, begin, stop, sums, t, i, power)


@contracting
def _multiply(pair, by, begin, stop):
    for row in range(2):
        a, b = pair[row, begin:stop], by[row, begin:stop]
        for j in range(len(a)):
            a[j] *= b[j]


@contracting
def add_powers(first, last, n, tiles, sums):
    """Add K^2, K^3, K^4, K^6 and K^8 of the rows first to last - 1 of n with all later rows: tiles of 5 columns."""
    squares, kernels = np.empty((2, _TILE)), np.empty((2, _TILE))
    for t in range(first // _TILE, len(tiles)):
        for i in range(first, min(last, (t + 1) * _TILE), 2):
            begin, stop = _limits(t, i, n)
            if not _fill_kernels(tiles, t, i, n, begin, stop, squares, kernels):
                continue
            for row in range(2):
                k, k2 = kernels[row, begin:stop], squares[row, begin:stop]
                for j in range(len(k)):
                    k2[j] = k[j] * k[j]
                    k[j] *= k2[j]
            for power in range(5):  # the squares of those of the second array are its next ones, and so of the first
                of_powers = kernels if power % 2 else squares
                _add(of_powers, begin, stop, sums, t, i, power)
                if power < 3:
                    _multiply(of_powers, of_powers, begin, stop)


@contracting
def relative_sums(rows, n, tiles, powers, out):
    """Of some rows: the least squared distance m to another row, and sums over the others relative to it.

    The sums are those of exp(p (m - |x_i - x_j|^2)), at least 1, for each power p; `out` has shape
    (len(rows), 1 + len(powers)).
    """
    distances, squares = np.empty((2, len(tiles) * _TILE)), np.empty((2, _TILE))
    for first in range(0, len(rows), 2):
        i, i_next = rows[first], rows[min(first + 1, len(rows) - 1)]
        a, b = tiles[i // _TILE, :, i % _TILE], tiles[i_next // _TILE, :, i_next % _TILE]
        for t in range(len(tiles)):
            _fill_squares(tiles[t], a, b, 0, _TILE, squares)
            for row in range(2):
                for j in range(_TILE):
                    distances[row, t * _TILE + j] = squares[row, j]
        for place in range(first, min(first + 2, len(rows))):
            _fill_relative_sums(distances[place - first, :n], rows[place], powers, out[place])


@contracting
def _fill_relative_sums(distances, i, powers, out):
    distances[i] = np.inf
    least = np.inf
    for j in range(len(distances)):
        least = min(least, distances[j])
    out[0] = least
    kernels = np.empty(len(distances))
    for k in range(len(powers)):
        for j in range(len(distances)):  # where all distances are infinite, they are equal
            exponent = powers[k] * (distances[j] - least) if distances[j] > least else 0.0
            kernels[j] = _exponential(-min(exponent, _FAINT)) if exponent < _FAINT else 0.0
        out[1 + k] = _total(kernels)


@reordering
def _total(values):
    total = 0.0
    for j in range(len(values)):
        total += values[j]
    return total


@contracting
def add_row_sums(first, last, n, x_tiles, y_tiles, sums):
    """Add K, Q and K Q of the rows first to last - 1 of n with all later rows to the sums of both: 3 columns."""
    squares, k, q = np.empty((2, _TILE)), np.empty((2, _TILE)), np.empty((2, _TILE))
    for t in range(first // _TILE, len(x_tiles)):
        for i in range(first, min(last, (t + 1) * _TILE), 2):
            begin, stop = _limits(t, i, n)
            _fill_kernels(x_tiles, t, i, n, begin, stop, squares, k)
            _fill_kernels(y_tiles, t, i, n, begin, stop, squares, q)
            _add(k, begin, stop, sums, t, i, 0)
            _add(q, begin, stop, sums, t, i, 1)
            _multiply(k, q, begin, stop)
            _add(k, begin, stop, sums, t, i, 2)


@contracting
def add_influences(first, last, n, x_tiles, y_tiles, means, weights, total, x_pulls, y_pulls):
    """Weigh the pairs of the rows first to last - 1 of n with all later rows; add weights, and pulls, to both rows.

    `means` holds the row means (k, q) of both matrices. With weights (w, u, v, c), those of a pair are
    a_ij = K_ij (w Q_ij + u + c (q_i + q_j)) and b_ij = Q_ij (w K_ij + v + c (k_i + k_j)); a_ij + b_ij goes to `total`,
    a_ij (x_i - x_j) to the pull on x_i and its opposite to that on x_j, and so b_ij for y. No pulls are computed for
    variables without columns of pulls. All arrays are in tiles.
    """
    squares, k, q = np.empty((2, _TILE)), np.empty((2, _TILE)), np.empty((2, _TILE))
    for t in range(first // _TILE, len(x_tiles)):
        for i in range(first, min(last, (t + 1) * _TILE), 2):
            begin, stop = _limits(t, i, n)
            _fill_kernels(x_tiles, t, i, n, begin, stop, squares, k)
            _fill_kernels(y_tiles, t, i, n, begin, stop, squares, q)
            _weigh(k, q, begin, stop, means, t, i, weights)
            _add_pulls(x_tiles, k, begin, stop, x_pulls, t, i)
            _add_pulls(y_tiles, q, begin, stop, y_pulls, t, i)
            for row in range(2):
                a, b = k[row, begin:stop], q[row, begin:stop]
                for j in range(len(a)):
                    a[j] += b[j]
            _add(k, begin, stop, total, t, i, 0)


@contracting
def _weigh(k, q, begin, stop, means, t, i, weights):
    """Replace the kernels of rows i and i + 1 by the weights of their pairs."""
    of_kq, of_k, of_q, of_product = weights
    k_means, q_means = means[t, 0, begin:stop], means[t, 1, begin:stop]
    for row in range(2):
        own = means[i // _TILE, :, i % _TILE + row]
        u_i, v_i = of_k + of_product * own[1], of_q + of_product * own[0]
        a, b = k[row, begin:stop], q[row, begin:stop]
        for j in range(len(a)):
            u, v = a[j], b[j]
            both = of_kq * u * v
            a[j] = both + u * (u_i + of_product * q_means[j])
            b[j] = both + v * (v_i + of_product * k_means[j])


@reordering
def _add_pulls(tiles, weights, begin, stop, pulls, t, i):
    """Add w_ij (x_i - x_j) to the pull on x_i and its opposite to that on x_j; so for row i + 1."""
    a, b = weights[0, begin:stop], weights[1, begin:stop]
    home, place = i // _TILE, i % _TILE
    for c in range(pulls.shape[1]):
        column, part = tiles[t, c, begin:stop], pulls[t, c, begin:stop]
        x, y = tiles[home, c, place], tiles[home, c, place + 1]
        of_x = of_y = 0.0
        for j in range(len(a)):
            from_x, from_y = a[j] * (x - column[j]), b[j] * (y - column[j])
            part[j] -= from_x + from_y
            of_x += from_x
            of_y += from_y
        pulls[home, c, place] += of_x
        pulls[home, c, place + 1] += of_y
