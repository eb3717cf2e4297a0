"""Cycles of soft bottlenecks with few cells q(y,t): two steps, and one from the point of a damped Newton method."""

import numpy as np
from scipy.linalg.lapack import dgesv

from skib._kernels.bottleneck import cycles, newton_system, normalized

# What is added to the diagonal of the matrix at first and at least, and the longest move in log q(y,t).
_DAMPING, _LEAST_DAMPING, _FARTHEST = 1e-2, 1e-6, 5.0


def newton_cycles(n_cycles, rows, joint, logs, encoder, beta, alpha, energy, tol):
    """Run cycles as the kernel ``cycles`` does, and return the same; `rows` are dense.

    The third step of each starts from the point of Newton's method.
    """
    damping, n_steps = _DAMPING, 0
    for _ in range(n_cycles):
        joint, logs, once, log_once, _, energy, n_new, settled = cycles(
            1, 2, *rows, joint, logs, encoder, beta, alpha, energy, tol
        )
        n_steps += n_new
        if settled:
            break
        start = newton_point(rows[0], rows[2], once, log_once, logs, beta, alpha, encoder, damping)
        trial = encoder.copy()
        ahead, log_ahead, _, _, reached, *_ = cycles(1, 1, *rows, *start, trial, beta, alpha, energy, tol)
        n_steps += 1
        lower = reached <= energy
        if lower:
            joint, logs, encoder[:] = ahead, log_ahead, trial
        damping = max(damping / 6, _LEAST_DAMPING) if lower else 10 * damping
    return joint, logs, energy, n_steps, settled


def newton_point(table, weights, joint, logs, log_next, beta, alpha, encoder, damping):
    """Return the table q(y,t) that a linearized step would not change, and its logarithms.

    `joint` is a table of which a step leads to `log_next`, and `encoder` the one that belongs to it, of shape
    (n_clusters, n). A large `damping` shortens the move to a part of the step.
    """
    matrix, residual = newton_system(table, weights, joint, logs, log_next, beta, alpha, encoder, damping)
    singular = True
    if np.isfinite(matrix).all() and np.isfinite(residual).all():  # neither is, if beta is huge
        _, _, moves, singular = dgesv(matrix, residual)
    if singular:
        return np.exp(log_next), log_next
    return normalized(logs + np.clip(moves.reshape(joint.shape), -_FARTHEST, _FARTHEST))
