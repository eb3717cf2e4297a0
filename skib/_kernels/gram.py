"""Sums over the pairs of rows of Gaussian kernels and of their powers; no matrix is ever stored.

K_ij = exp(-|x_i - x_j|^2) and Q_ij = exp(-|y_i - y_j|^2). The rows come transposed, (n_features, n_samples), divided by
the caller by the square root of 2 times the bandwidth. Squared distances are sums of squared differences, never
|a|^2 + |b|^2 - 2 ab, whose digits cancel. Every pair is visited once and added to both of its rows. Row i meets the
rows from i + 1 on in pieces that begin at multiples of `_PIECE`, a size that stays in the nearest cache, so that the
sums have the same bits for every block of rows. The caller adds what the diagonal, where K_ii = 1, contributes.
"""

import numpy as np

from skib._jit import njit

_PIECE = 512
# exp(-x) has fewer digits from the first on, as floats end, and is 0 from the second on.
_FAINT, _NOTHING = 708.0, 746.0
# Adding this to a float rounds it to a whole number, which then stands in the last bits.
_ROUNDING = 1.5 * 2.0**52
_LOG2_E = 1.4426950408889634
_LN2_HEAD, _LN2_TAIL = 6.93147180369123816490e-01, 1.90821492927058770002e-10


@njit
def _exponential(x):
    """exp(x) to 2e-16 of itself, for -708 <= x <= 0: unlike np.exp, a loop of it vectorizes on every processor.

    x = k log 2 + r with a whole k. For r up to log(2) / 2 it is a ratio of polynomials, 1 + 2 r P / (Q - r P), whose
    coefficients are those of the Cephes library; the exponent k is added to the bits of 1.
    """
    shifted = x * _LOG2_E + _ROUNDING
    k = shifted - _ROUNDING
    r = (x - k * _LN2_HEAD) - k * _LN2_TAIL
    r2 = r * r
    p = r * ((1.26177193074810590878e-4 * r2 + 3.02994407707441961300e-2) * r2 + 9.99999999999999999910e-1)
    q = (3.00198505138664455042e-6 * r2 + 2.52448340349684104192e-3) * r2 + 2.27265548208155028766e-1
    ratio = p / (q * r2 + 2.0 - p)
    power = np.int64((np.float64(shifted).view(np.int64) + 1023) << 52).view(np.float64)
    return (1.0 + 2.0 * ratio) * power


@njit
def _fill_squares(columns, i, begin, squares):
    """Squared distances from row i to the rows from `begin` on; four columns a time, which saves stores."""
    n_columns, stop = len(columns), begin + len(squares)
    for j in range(len(squares)):
        squares[j] = 0.0
    for c in range(0, n_columns - 3, 4):
        a, b, e, f = columns[c, i], columns[c + 1, i], columns[c + 2, i], columns[c + 3, i]
        of_a, of_b = columns[c, begin:stop], columns[c + 1, begin:stop]
        of_e, of_f = columns[c + 2, begin:stop], columns[c + 3, begin:stop]
        for j in range(len(squares)):
            s, t, u, v = of_a[j] - a, of_b[j] - b, of_e[j] - e, of_f[j] - f
            squares[j] += (s * s + t * t) + (u * u + v * v)
    for c in range(n_columns - n_columns % 4, n_columns):
        value, column = columns[c, i], columns[c, begin:stop]
        for j in range(len(squares)):
            step = column[j] - value
            squares[j] += step * step


@njit
def _fill_kernels(columns, i, begin, squares, kernels):
    """exp(-|x_i - x_j|^2) of row i and the rows from `begin` on; returns whether any is above 0."""
    _fill_squares(columns, i, begin, squares)
    n_faint = 0
    for j in range(len(squares)):
        kernel = _exponential(-min(squares[j], _FAINT))
        kernels[j] = kernel if squares[j] <= _FAINT else 0.0
        n_faint += squares[j] > _FAINT
    if n_faint == 0:
        return True
    n_visible = 0
    for j in range(len(squares)):
        if squares[j] < _NOTHING:
            n_visible += 1
            if squares[j] > _FAINT:
                kernels[j] = np.exp(-squares[j])
    return n_visible > 0


@njit
def _total(values, room):
    """Sum of the values, by quarters, which vectorizes; `room` is another array, as long as they are."""
    quarter = len(values) // 4
    second, third, fourth = values[quarter:], values[2 * quarter :], values[3 * quarter :]
    total = 0.0
    for j in range(4 * quarter, len(values)):
        total += values[j]
    for j in range(quarter):
        room[j] = (values[j] + second[j]) + (third[j] + fourth[j])
    n = quarter
    while n >= 16:
        quarter = n // 4
        second, third, fourth = room[quarter:], room[2 * quarter :], room[3 * quarter :]
        for j in range(4 * quarter, n):
            total += room[j]
        for j in range(quarter):
            room[j] = (room[j] + second[j]) + (third[j] + fourth[j])
        n = quarter
    for j in range(n):
        total += room[j]
    return total


@njit
def _add(values, room, i, begin, sums):
    """Add the values of row i and the rows from `begin` on to the sums of both."""
    part = sums[begin : begin + len(values)]
    for j in range(len(values)):
        part[j] += values[j]
    sums[i] += _total(values, room)


@njit
def add_overlaps(first, last, columns, sums):
    """Add K, K^2, K^4, ... of the rows first to last - 1 with all later rows to the sums of both.

    `sums` has shape (n_powers, n_samples).
    """
    n = columns.shape[1]
    squares_room, kernels_room, room = np.empty(_PIECE), np.empty(_PIECE), np.empty(_PIECE)
    for start in range(first - first % _PIECE, n, _PIECE):
        stop = min(start + _PIECE, n)
        for i in range(first, min(last, stop - 1)):
            begin = max(start, i + 1)
            size = stop - begin
            kernels, rest = kernels_room[:size], room[:size]
            if not _fill_kernels(columns, i, begin, squares_room[:size], kernels):
                continue
            _add(kernels, rest, i, begin, sums[0])
            for power in range(1, len(sums)):
                for j in range(size):
                    kernels[j] *= kernels[j]
                _add(kernels, rest, i, begin, sums[power])


@njit
def add_powers(first, last, columns, sums):
    """Add K^2, K^3, K^4, K^6 and K^8 of the rows first to last - 1 with all later rows: (5, n_samples)."""
    n = columns.shape[1]
    squares_room, kernels_room = np.empty(_PIECE), np.empty(_PIECE)
    power_room, room = np.empty(_PIECE), np.empty(_PIECE)
    for start in range(first - first % _PIECE, n, _PIECE):
        stop = min(start + _PIECE, n)
        for i in range(first, min(last, stop - 1)):
            begin = max(start, i + 1)
            size = stop - begin
            kernels, power, rest = kernels_room[:size], power_room[:size], room[:size]
            if not _fill_kernels(columns, i, begin, squares_room[:size], kernels):
                continue
            for j in range(size):
                power[j] = kernels[j] * kernels[j]
                kernels[j] *= power[j]
            for k in (0, 2, 4):
                _add(power, rest, i, begin, sums[k])
                for j in range(size):
                    power[j] *= power[j]
            for k in (1, 3):
                _add(kernels, rest, i, begin, sums[k])
                for j in range(size):
                    kernels[j] *= kernels[j]


@njit
def relative_sums(rows, columns, powers, out):
    """Of some rows: the least squared distance m to another row, and sums over the others relative to it.

    The sums are those of exp(p (m - |x_i - x_j|^2)), at least 1, for each power p; `out` has shape
    (len(rows), 1 + len(powers)).
    """
    n = columns.shape[1]
    squares, kernels, room = np.empty(n), np.empty(n), np.empty(n)
    for place in range(len(rows)):
        i = rows[place]
        for start in range(0, n, _PIECE):
            _fill_squares(columns, i, start, squares[start : start + _PIECE])
        squares[i] = np.inf
        least = np.inf
        for j in range(n):
            least = min(least, squares[j])
        out[place, 0] = least
        for k in range(len(powers)):
            for j in range(n):  # where all distances are infinite, they are equal
                exponent = powers[k] * (squares[j] - least) if squares[j] > least else 0.0
                kernels[j] = _exponential(-min(exponent, _FAINT)) if exponent < _FAINT else 0.0
            out[place, 1 + k] = _total(kernels, room)


@njit
def add_row_sums(first, last, x_columns, y_columns, sums):
    """Add K, Q and K Q of the rows first to last - 1 with all later rows to the sums of both: (3, n_samples)."""
    n = x_columns.shape[1]
    squares_room, room = np.empty(_PIECE), np.empty(_PIECE)
    k_room, q_room = np.empty(_PIECE), np.empty(_PIECE)
    for start in range(first - first % _PIECE, n, _PIECE):
        stop = min(start + _PIECE, n)
        for i in range(first, min(last, stop - 1)):
            begin = max(start, i + 1)
            size = stop - begin
            k, q, rest = k_room[:size], q_room[:size], room[:size]
            _fill_kernels(x_columns, i, begin, squares_room[:size], k)
            _fill_kernels(y_columns, i, begin, squares_room[:size], q)
            _add(k, rest, i, begin, sums[0])
            _add(q, rest, i, begin, sums[1])
            for j in range(size):
                k[j] *= q[j]
            _add(k, rest, i, begin, sums[2])


@njit
def add_influences(first, last, x_columns, y_columns, means, weights, total, x_pulls, y_pulls):
    """Weigh the pairs of the rows first to last - 1 with all later rows; add the weights, and pulls, to both rows.

    `means` holds the row means (k, q) of both matrices. With weights (w, u, v, c), those of a pair are
    a_ij = K_ij (w Q_ij + u + c (q_i + q_j)) and b_ij = Q_ij (w K_ij + v + c (k_i + k_j)); a_ij + b_ij goes to `total`,
    a_ij (x_i - x_j) to the pull on x_i and its opposite to that on x_j, and so b_ij for y. No pulls are computed for
    variables without columns of pulls.
    """
    n = x_columns.shape[1]
    of_kq, of_k, of_q, of_product = weights
    squares_room, room = np.empty(_PIECE), np.empty(_PIECE)
    k_room, q_room = np.empty(_PIECE), np.empty(_PIECE)
    for start in range(first - first % _PIECE, n, _PIECE):
        stop = min(start + _PIECE, n)
        for i in range(first, min(last, stop - 1)):
            begin = max(start, i + 1)
            size = stop - begin
            k, q, squares, rest = k_room[:size], q_room[:size], squares_room[:size], room[:size]
            _fill_kernels(x_columns, i, begin, squares, k)
            _fill_kernels(y_columns, i, begin, squares, q)
            k_means, q_means = means[0, begin:stop], means[1, begin:stop]
            u_i, v_i = of_k + of_product * means[1, i], of_q + of_product * means[0, i]
            for j in range(size):
                u, v = k[j], q[j]
                both = of_kq * u * v
                k[j] = both + u * (u_i + of_product * q_means[j])
                q[j] = both + v * (v_i + of_product * k_means[j])
            _add_pulls(x_columns, k, squares, rest, i, begin, x_pulls)
            _add_pulls(y_columns, q, squares, rest, i, begin, y_pulls)
            for j in range(size):
                k[j] += q[j]
            _add(k, rest, i, begin, total)


@njit
def _add_pulls(columns, weights, steps, room, i, begin, pulls):
    """Add w_ij (x_i - x_j), for the rows j from `begin` on, to the pull on x_i and its opposite to that on x_j."""
    stop = begin + len(weights)
    for c in range(len(pulls)):
        value, column, part = columns[c, i], columns[c, begin:stop], pulls[c, begin:stop]
        for j in range(len(weights)):
            step = weights[j] * (value - column[j])
            part[j] -= step
            steps[j] = step
        pulls[c, i] += _total(steps, room)
