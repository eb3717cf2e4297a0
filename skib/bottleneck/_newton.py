"""Cycles of soft bottlenecks with few cells q(y,t): two steps, and one from the point of a damped Newton method."""

import numpy as np
from scipy.linalg.lapack import dgesv

from skib._kernels.bottleneck import cycles
from skib._kernels.newton import moved_logs, newton_system

# What is added to the diagonal of the matrix at first and at least.
_DAMPING, _LEAST_DAMPING = 1e-2, 1e-6


def newton_cycles(n_cycles, rows, joint, logs, encoder, beta, alpha, energy, tol):
    """Run cycles as the kernel ``cycles`` does, of dense rows; the third step starts from the point of Newton's method.

    It is taken in one call with the two steps that follow. Returns the table, its logarithms, the free energy of the
    last second step, the number of steps, and whether the last cycle has settled.
    """
    damping, n_steps, point, begin, common = _DAMPING, 0, np.empty_like(joint), 0, (encoder, beta, alpha)
    for _ in range(n_cycles):
        joint, logs, once, log_once, kept, energy, n_new, settled = cycles(
            1, begin, 2, *rows, joint, logs, point, *common, energy, tol
        )
        n_steps += n_new
        if settled:
            return joint, logs, energy, n_steps, settled
        if begin:
            damping = max(damping / 6, _LEAST_DAMPING) if kept else 10 * damping
        point, begin = newton_point(rows[0], rows[2], once, log_once, logs, beta, alpha, encoder, damping), -1
    joint, logs, *_ = cycles(1, -1, 0, *rows, joint, logs, point, *common, energy, tol)
    return joint, logs, energy, n_steps + 1, False


def newton_point(table, weights, joint, logs, log_next, beta, alpha, encoder, damping):
    """Return the logarithms of the table q(y,t) that a linearized step would not change.

    `joint` is a table of which a step leads to `log_next`, and `encoder` the one that belongs to it, of shape
    (n_clusters, n). A large `damping` shortens the move to a part of the step.
    """
    matrix, residual, finite = newton_system(table, weights, joint, logs, log_next, beta, alpha, encoder, damping)
    if finite:  # it is not, if beta is huge
        _, _, moves, singular = dgesv(matrix, residual)
    if not finite or singular:
        return log_next.copy()
    return moved_logs(logs, moves)
