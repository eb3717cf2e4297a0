"""Betas where the curve bends: a grid that refines itself, and the jumps."""

import numpy as np
from scipy.special import entr

# Share of the mutual information at the end of the grid, and the largest beta of all.
_END, _LARGEST = 0.99, 1e5
# Largest step of rate and of relevance, as a share of the largest, and the ratio of betas that is not divided further.
_STEP, _RATIO = 1 / 16, 1.002
# Step of the rate that is a jump, as a share of the rate at the end of the curve, if it is made within this ratio.
_JUMP, _JUMP_RATIO = 0.05, 1.0001


def adaptive_points(path, top, mutual_info, n_betas):
    """Return points from beta = 1 to where nearly all information is kept, with more betas where they move fast."""
    betas = [1.0, 2.0]
    joint = top
    while betas[-1] < _LARGEST and len(betas) < n_betas:
        if path.descend(betas[-1], joint).solution.relevance >= _END * mutual_info:
            break
        betas.append(2 * betas[-1])
    points = path.at(np.array(betas), top)
    while len(points) < n_betas:
        steps = _steps(points)
        i = int(np.argmax(steps))
        if steps[i] <= _STEP:
            break
        beta = np.sqrt(points[i].beta * points[i + 1].beta)
        points.insert(i + 1, path.between(beta, points[i].joint, points[i + 1].joint))
    return points


def _steps(points):
    """Largest change of rate and relevance between neighbors as a share of the largest; 0 where betas are dense."""
    values = np.array([[point.solution.rate, point.solution.relevance, point.beta] for point in points])
    largest = np.maximum(values[:, :2].max(axis=0), np.finfo(float).tiny)
    steps = (np.abs(np.diff(values[:, :2], axis=0)) / largest).max(axis=1)
    return np.where(values[1:, 2] <= _RATIO * values[:-1, 2], 0.0, steps)


def jumps(path, points):
    """Return beta, rate before and rate after of each jump, shape (n_jumps, 3).

    The betas of a step that is large enough are halved until it falls apart, or is made within a small ratio of betas.
    """
    found, least = [], _JUMP * _largest_rate(path)
    for left, right in zip(points, points[1:], strict=False):
        while right.beta > _JUMP_RATIO * left.beta and _rise(left, right) > least:
            middle = _middle(path, left, right)
            left, right = max((left, middle), (middle, right), key=lambda pair: _rise(*pair))
        if _rise(left, right) > least:
            found.append((np.sqrt(left.beta * right.beta), left.solution.rate, right.solution.rate))
    return np.array(found).reshape(-1, 3)


def _largest_rate(path):
    """The rate at the end of the curve: the entropy of the distinct rows, or that of as many clusters as there may be.

    It does not depend on the betas, as the largest rate of some points would.
    """
    return max(min(float(entr(path.rows.weights).sum()), np.log(path.limit)), np.finfo(float).tiny)


def _rise(left, right):
    return right.solution.rate - left.solution.rate


def _middle(path, left, right):
    """Return the better of the points between that both ends lead to; one alone may stay beyond the jump."""
    beta = np.sqrt(left.beta * right.beta)
    return min((path.rough(beta, end.joint) for end in (right, left)), key=lambda point: point.objective)
