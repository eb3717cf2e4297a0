"""Betas where the curve bends: a grid that refines itself, and the jumps."""

import numpy as np

# Share of the mutual information at the end of the grid, and the largest beta of all.
_END, _LARGEST = 0.99, 1e5
# Largest step of rate and of relevance, as a share of the largest, and the ratio of betas that is not divided further.
_STEP, _RATIO = 1 / 16, 1.002
# Step of the rate that is a jump within that ratio, and the one that is examined.
_JUMP, _SUSPICIOUS = 0.05, 0.1


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
    """Return beta, rate before and rate after of each jump, shape (n_jumps, 3); suspicious steps are halved."""
    found, largest = [], max(point.solution.rate for point in points)
    for left, right in zip(points, points[1:], strict=False):
        if right.solution.rate - left.solution.rate <= _SUSPICIOUS * largest and right.beta > _RATIO * left.beta:
            continue
        while right.beta > _RATIO * left.beta and right.solution.rate - left.solution.rate > _JUMP * largest:
            middle = path.rough(np.sqrt(left.beta * right.beta), right.joint)
            rises = middle.solution.rate - left.solution.rate, right.solution.rate - middle.solution.rate
            left, right = (left, middle) if rises[0] > rises[1] else (middle, right)
        if right.solution.rate - left.solution.rate > _JUMP * largest:
            found.append((np.sqrt(left.beta * right.beta), left.solution.rate, right.solution.rate))
    return np.array(found).reshape(-1, 3)
