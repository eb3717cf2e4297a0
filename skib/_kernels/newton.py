"""Newton's method for the fixed points of the information bottleneck, in the logarithms of a small table q(y,t)."""

import numpy as np

from skib._jit import inlined, njit

# The longest move of a logarithm.
_FARTHEST = 5.0
# Rows of a block: what is computed for them stays in the cache.
_BLOCK = 256


@njit
def newton_system(table, weights, joint, logs, log_next, beta, alpha, encoder, damping):
    """Return the matrix and the right side of the equations of a move in log q(y,t) that a linearized step would undo.

    `joint` is a table of which a step leads to `log_next`, and `encoder` the one that belongs to it, of shape
    (n_clusters, n). `damping` is added to the diagonal, as by Levenberg and Marquardt: a large one shortens the move to
    a part of the step. The exponent of row x and cluster t is the sum over y of beta/alpha p(y|x) log q(y,t), plus
    (1 - beta)/alpha log q(t). Returns also whether all are finite.
    """
    (m, k), slope, rest = joint.shape, beta / alpha, (1.0 - beta) / alpha
    products, centers = _products(table, weights, encoder), np.empty((m, k))
    matrix, residual, size = np.empty((m * k, m * k)), np.empty(m * k), 0.0
    for t in range(k):
        total = 0.0
        for j in range(m):
            total += joint[j, t]
        for j in range(m):
            centers[j, t] = joint[j, t] / max(total, 1e-300)
    for a in range(m * k):
        row, u, total = a // k, a % k, 0.0
        for b in range(m * k):
            total += products[a, b]
            matrix[a, b] = 0.0
        matrix[a, a] = 1.0
        filled = total > 0.0 and joint[row, u] > 0.0
        for t in range(k if filled else 0):
            both = 0.0
            for j in range(m):
                both += products[a, j * k + t] / total
            for j in range(m):
                change = slope * products[a, j * k + t] / total
                matrix[a, j * k + t] += change + rest * centers[j, t] * both
                matrix[a, j * k + u] -= change + rest * centers[j, u] * both
        matrix[a, a] += damping
        residual[a] = (log_next[row, u] - logs[row, u]) if filled else 0.0
        size += abs(residual[a])
        for b in range(m * k):
            size += abs(matrix[a, b])
    return matrix, residual, size < np.inf


@inlined
def _products(table, weights, encoder):
    """Return the sums over x of p(x) p(y|x) q(t|x) p(y'|x) q(t'|x), for all pairs of cells (y, t)."""
    (k, n), m = encoder.shape, table.shape[1]
    out = np.empty((m * k, m * k))
    for a in range(m * k):
        for b in range(m * k):
            out[a, b] = 0.0
    for start in range(0, n, _BLOCK):
        end = min(start + _BLOCK, n)
        parts, weighted = np.empty((m * k, end - start)), np.empty((m * k, end - start))
        for a in range(m * k):
            for x in range(start, end):
                part = table[x, a // k] * encoder[a % k, x]
                parts[a, x - start], weighted[a, x - start] = part, part * weights[x]
        block = np.dot(weighted, parts.T)
        for a in range(m * k):
            for b in range(m * k):
                out[a, b] += block[a, b]
    return out


@njit
def moved_logs(logs, moves):
    """Return the logarithms of the table q(y,t) that moves of its logarithms lead to, none longer than the longest."""
    (m, k), total = logs.shape, 0.0
    after = np.empty((m, k))
    for j in range(m):
        for t in range(k):
            after[j, t] = logs[j, t] + min(max(moves[j * k + t], -_FARTHEST), _FARTHEST)
            total += np.exp(after[j, t])
    shift = np.log(total)
    for j in range(m):
        for t in range(k):
            after[j, t] -= shift
    return after
