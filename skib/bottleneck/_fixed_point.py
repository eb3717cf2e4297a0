"""The fixed-point iteration of soft bottlenecks, accelerated, with clusters merged as they become equal."""

from typing import NamedTuple

import numpy as np

from skib._kernels.bottleneck import equal_clusters
from skib.bottleneck._rows import updated

# Largest difference of the q(y|t) of clusters that are merged in the course of the iteration and at its end: what the
# latter loses is below 1e-8 nats.
_EQUAL_ON_THE_WAY, _EQUAL = 1e-4, 1e-3
# Weight below which a cluster is dropped.
_NEGLIGIBLE = 1e-13
# Cycles between two searches for equal clusters on the way.
_CYCLES = 10
# Longest step of the extrapolation, in steps of the plain iteration.
_LONGEST = 64.0


class FixedPoint(NamedTuple):
    """Where the iteration ended."""

    joint: np.ndarray  # q(y,z,t), shape (n_columns, n_clusters)
    encoder: np.ndarray  # q(t|x) of the distinct rows
    n_iter: int
    converged: bool


def fixed_point(rows, joint, beta, alpha, *, tol, max_iter):
    """Iterate from a table q(y,z,t) until free energy and encoder stay as they are.

    The cycle is that of SQUAREM: two steps, and a third one from the point that they extrapolate to in log q(y,z,t),
    which is kept if it lowers the free energy. The encoder counts as settled if its last change, summed over all
    further steps at the rate of the last two, is below sqrt(tol).
    """
    encoder = np.zeros((len(rows.weights), joint.shape[1]))
    n_iter, energy = 0, np.inf
    for cycle in range(1, max_iter + 1):
        once, _, _ = updated(rows, joint, beta, alpha, encoder)
        twice, lower, change = updated(rows, once, beta, alpha, encoder)
        n_iter += 2
        step, rate = _extrapolated(joint, once, twice)
        settled = change <= np.sqrt(tol) * (1 - rate) and abs(energy - lower) <= tol * max(1.0, abs(lower))
        joint, energy = twice, lower
        if settled or n_iter >= max_iter:
            joint, encoder, merged = merge_equal(joint, encoder, _EQUAL)
            if settled and not merged:
                return FixedPoint(joint, encoder, n_iter, True)
            if n_iter >= max_iter:
                return FixedPoint(joint, encoder, n_iter, False)
            energy = np.inf if merged else energy
            continue
        if step is not None:
            trial = encoder.copy()
            third, extrapolated, _ = updated(rows, step, beta, alpha, trial)
            n_iter += 1
            if extrapolated <= lower:
                joint, encoder = third, trial
        if cycle % _CYCLES == 0:
            joint, encoder, merged = merge_equal(joint, encoder, _EQUAL_ON_THE_WAY)
            energy = np.inf if merged else energy
    return FixedPoint(joint, encoder, n_iter, False)


def _extrapolated(first, second, third):
    """Return the table that three successive ones lead to (None: nothing is gained), and the rate of convergence."""
    tiny = np.finfo(np.float64).tiny
    a, b, c = (np.log(np.maximum(table, tiny)) for table in (first, second, third))
    ahead, bend = b - a, c - 2 * b + a
    squares = [float(np.sum(third * part * part)) for part in (ahead, bend, c - b)]
    rate = min(np.sqrt(squares[2] / squares[0]), 1 - 1e-6) if squares[0] else 0.0
    length = min(np.sqrt(squares[0] / squares[1]), _LONGEST) if squares[1] else 0.0
    if length <= 1:
        return None, rate
    step = a + 2 * length * ahead + length**2 * bend
    step = np.exp(step - step.max())
    return step / step.sum(), rate


def merge_equal(joint, encoder, tolerance):
    """Merge clusters whose q(y|t) are equal up to a tolerance, and drop those of no weight.

    Returns the table, the encoder, and whether the clusters changed.
    """
    weights = joint.sum(axis=0)
    kept = np.flatnonzero(weights > _NEGLIGIBLE)
    number = equal_clusters(joint, weights, kept[np.argsort(-weights[kept], kind="stable")], tolerance)
    k = number.max() + 1
    if k == len(weights):
        return joint, encoder, False
    onto = (number[:, None] == np.arange(k)).astype(np.float64)
    encoder = encoder @ onto
    return joint @ onto, encoder / encoder.sum(axis=1, keepdims=True), True
