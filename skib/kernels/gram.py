"""Sums over the pairs of rows of two Gaussian Gram matrices, which are never stored.

K_ij = exp(-|x_i - x_j|^2) and Q_ij = exp(-|y_i - y_j|^2): the caller divides the rows by the square root of 2 times the
bandwidth. Every pair is visited once and added to both of its rows, in the order of the rows, so that the sums have the
same bits for every block size. The caller starts with what the diagonal, where K_ii = Q_ii = 1, contributes.
"""

import numpy as np

from skib._jit import njit


@njit
def _gaussian(rows, i, j):
    distance = 0.0
    for c in range(rows.shape[1]):
        step = rows[i, c] - rows[j, c]
        distance += step * step
    return np.exp(-distance)


@njit
def add_row_sums(first, last, x, y, k, q, kq):
    """Add the pairs of rows first to last - 1 with all later rows to the row sums of K, Q and K * Q."""
    for i in range(first, last):
        k_i = q_i = kq_i = 0.0
        for j in range(i + 1, len(x)):
            a, b = _gaussian(x, i, j), _gaussian(y, i, j)
            k[j] += a
            q[j] += b
            kq[j] += a * b
            k_i += a
            q_i += b
            kq_i += a * b
        k[i] += k_i
        q[i] += q_i
        kq[i] += kq_i


@njit
def add_influences(first, last, x, y, k, q, weights, total, x_pull, y_pull):
    """Add the same pairs to the weighted row sums of both matrices and to the pulls on x and y.

    With weights (w, u, v, c), k and q the row means, each pair counts
    a = K_ij (w Q_ij + u + c (q_i + q_j)) and b = Q_ij (w K_ij + v + c (k_i + k_j)): a + b towards `total`,
    a (x_i - x_j) towards `x_pull[i]`, and b (y_i - y_j) towards `y_pull[i]`.
    """
    of_kq, of_k, of_q, of_product = weights
    for i in range(first, last):
        for j in range(i + 1, len(x)):
            a, b = _gaussian(x, i, j), _gaussian(y, i, j)
            ab = of_kq * a * b
            a = ab + a * (of_k + of_product * (q[i] + q[j]))
            b = ab + b * (of_q + of_product * (k[i] + k[j]))
            total[i] += a + b
            total[j] += a + b
            _pull(x_pull, x, i, j, a)
            _pull(y_pull, y, i, j, b)


@njit
def _pull(pull, rows, i, j, weight):
    for c in range(rows.shape[1]):
        step = weight * (rows[i, c] - rows[j, c])
        pull[i, c] += step
        pull[j, c] -= step
