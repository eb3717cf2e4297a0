"""The fixed-point iteration of soft bottlenecks, accelerated, with clusters merged as they become equal."""

from typing import NamedTuple

import numpy as np

from skib._kernels.bottleneck import cycles, extrapolate, log_table
from skib._kernels.cluster_moves import equal_clusters
from skib.bottleneck._newton import newton_cycles
from skib.bottleneck._rows import kernel_encoder, passes_at_once, updated

# Largest difference of the q(y|t) of clusters that are merged in the course of the iteration and at its end: what the
# latter loses is below 1e-8 nats.
_EQUAL_ON_THE_WAY, _EQUAL = 1e-4, 1e-3
# Weight below which a cluster is dropped.
_NEGLIGIBLE = 1e-13
# Largest table q(y,t) to which Newton's method is applied.
_NEWTON = 64
# Cycles between two searches for equal clusters on the way.
_CYCLES = 10


class FixedPoint(NamedTuple):
    """Where the iteration ended."""

    joint: np.ndarray  # q(y,z,t), shape (n_columns, n_clusters)
    encoder: np.ndarray  # q(t|x) of the distinct rows
    n_iter: int
    converged: bool


def fixed_point(rows, joint, beta, alpha, *, tol, max_iter):
    """Iterate from a table q(y,z,t) until free energy and encoder stay as they are.

    A cycle takes two steps, and a third one from a point beyond, which is kept if it lowers the free energy: that of a
    damped Newton method if the table is small, and otherwise, as in SQUAREM, the one to which the two steps extrapolate
    in log q(y,z,t). The encoder counts as settled if its last change, summed over all further steps at the rate of the
    last two, is below sqrt(tol). Equal clusters are merged between calls of cycles.
    """
    beta, alpha, tol = float(beta), float(alpha), float(tol)  # kernels would be compiled once more for whole numbers
    encoder = np.zeros((len(rows.weights), joint.shape[1]))
    arrays, n_iter, energy = rows.arrays, 0, np.inf
    while True:
        n_cycles = min(_CYCLES, -(-(max_iter - n_iter) // 3))
        joint, energy, n_steps, settled = _cycled(rows, arrays, n_cycles, joint, encoder, beta, alpha, energy, tol)
        n_iter += n_steps
        ended = settled or n_iter >= max_iter
        joint, encoder, merged = merge_equal(joint, encoder, _EQUAL if ended else _EQUAL_ON_THE_WAY)
        if n_iter >= max_iter or (settled and not merged):
            return FixedPoint(joint, encoder, n_iter, settled and not merged)
        energy = np.inf if merged else energy


def _cycled(rows, arrays, n_cycles, joint, encoder, beta, alpha, energy, tol):
    """Run cycles from a table, as the kernel ``cycles`` does: in calls of a short time, so that Ctrl-C works."""
    at_once, n_steps, settled = passes_at_once(rows, joint.shape[1]) // 3, 0, False
    if not at_once:
        while n_cycles and not settled:
            joint, energy, n_new, settled = _long_cycle(rows, joint, encoder, beta, alpha, energy, tol)
            n_cycles, n_steps = n_cycles - 1, n_steps + n_new
        return joint, energy, n_steps, settled
    own, logs, point = kernel_encoder(arrays, encoder), log_table(joint), np.empty_like(joint)
    newton = arrays[0] is not None and joint.size <= _NEWTON and rows.n_groups == 1
    while n_cycles and not settled:
        now = min(n_cycles, at_once)
        n_cycles -= now
        if newton:
            found = newton_cycles(now, arrays, joint, logs, own, beta, alpha, energy, tol)
        else:
            found = cycles(now, 0, 3, *arrays, joint, logs, point, own, beta, alpha, energy, tol)
        joint, logs, *_, energy, n_new, settled = found
        n_steps += n_new
    if own is not encoder:
        encoder[:] = own.T
    return joint, energy, n_steps, settled


def _long_cycle(rows, joint, encoder, beta, alpha, energy, tol):
    """A cycle over so many rows that each step takes several calls."""
    once, _, _ = updated(rows, joint, beta, alpha, encoder)
    twice, lower, change = updated(rows, once, beta, alpha, encoder)
    logs = log_table(joint)
    rate, gains = extrapolate(twice, logs, log_table(once), log_table(twice))
    settled = change <= np.sqrt(tol) * (1 - rate) and abs(energy - lower) <= tol * max(1.0, abs(lower))
    if settled or not gains:
        return twice, lower, 2, settled
    trial = encoder.copy()
    third, ahead, _ = updated(rows, np.exp(logs), beta, alpha, trial)
    if ahead > lower:
        return twice, lower, 3, False
    encoder[:] = trial
    return third, lower, 3, False


def merge_equal(joint, encoder, tolerance):
    """Merge clusters whose q(y|t) are equal up to a tolerance, and drop those of no weight.

    Returns the table, the encoder, and whether the clusters changed.
    """
    weights = joint.sum(axis=0)
    order = (-weights).argsort(kind="stable")
    number = equal_clusters(joint, weights, order[: int((weights > _NEGLIGIBLE).sum())], tolerance)
    k = number.max() + 1
    if k == len(weights):
        return joint, encoder, False
    onto = (number[:, None] == np.arange(k)).astype(np.float64)
    encoder = encoder @ onto
    return joint @ onto, encoder / encoder.sum(axis=1, keepdims=True), True
