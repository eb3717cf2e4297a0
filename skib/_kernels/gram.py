"""Sums over the pairs of rows of two Gaussian Gram matrices, of which only a block of rows exists at a time.

K_ij = exp(-|x_i - x_j|^2) and Q_ij = exp(-|y_i - y_j|^2): the caller divides the rows by the square root of 2 times the
bandwidth. A block holds rows i = first, first + 1, ... and columns j >= first; what lies at or below the diagonal is
not looked at. Every pair is visited once and added to both of its rows, in the order of the rows, so that the sums
have the same bits for every block size. The caller starts with what the diagonal, where K_ii = Q_ii = 1, contributes.
"""

from skib._jit import njit


@njit
def fill_exponents(first, columns, block):
    """Set each row of the block to -|x_i - x_j|^2 (0 up to the diagonal); `columns` holds a row per column of x."""
    n = columns.shape[1]
    for b in range(len(block)):
        i = first + b
        for j in range(first, n):
            block[b, j - first] = 0.0
        for c in range(len(columns)):
            value = columns[c, i]
            for j in range(i + 1, n):
                step = columns[c, j] - value
                block[b, j - first] -= step * step


@njit
def add_row_sums(first, k_block, q_block, k, q, kq):
    """Add the pairs of a block to the row sums of K, Q and K * Q."""
    for b in range(len(k_block)):
        i = first + b
        k_i = q_i = kq_i = 0.0
        for j in range(i + 1, len(k)):
            u, v = k_block[b, j - first], q_block[b, j - first]
            k[j] += u
            q[j] += v
            kq[j] += u * v
            k_i += u
            q_i += v
            kq_i += u * v
        k[i] += k_i
        q[i] += q_i
        kq[i] += kq_i


@njit
def weigh_pairs(first, k_block, q_block, k, q, weights, total):
    """Weigh the pairs of a block, in place, and add both weights to both rows of `total`.

    With weights (w, u, v, c), K_ij becomes K_ij (w Q_ij + u + c (q_i + q_j)) and Q_ij becomes
    Q_ij (w K_ij + v + c (k_i + k_j)).
    """
    of_kq, of_k, of_q, of_product = weights
    for b in range(len(k_block)):
        i = first + b
        total_i = 0.0
        for j in range(i + 1, len(k)):
            u, v = k_block[b, j - first], q_block[b, j - first]
            both = of_kq * u * v
            u = both + u * (of_k + of_product * (q[i] + q[j]))
            v = both + v * (of_q + of_product * (k[i] + k[j]))
            k_block[b, j - first] = u
            q_block[b, j - first] = v
            total[j] += u + v
            total_i += u + v
        total[i] += total_i


@njit
def add_pulls(first, columns, block, pulls):
    """Add w_ij (x_i - x_j) to the pull on x_i and its opposite to that on x_j; w_ij is what the block holds."""
    n = columns.shape[1]
    for b in range(len(block)):
        i = first + b
        for c in range(len(columns)):
            value = columns[c, i]
            pull = 0.0
            for j in range(i + 1, n):
                step = block[b, j - first] * (value - columns[c, j])
                pulls[c, j] -= step
                pull += step
            pulls[c, i] += pull
