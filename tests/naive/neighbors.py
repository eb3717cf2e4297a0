"""Slow, transparent twins of the nearest-neighbour kernels, written from the papers' definitions."""

import numpy as np


def max_norm(rows):
    """All pairwise distances, infinite on the diagonal: a row is not its own neighbour."""
    distances = np.abs(rows[:, None, :] - rows[None, :, :]).max(axis=2)
    np.fill_diagonal(distances, np.inf)
    return distances


def shares_a_value(rows):
    """Whether a row shares the value of some column, unless that is constant, with another row."""
    varying = rows[:, (rows != rows[0]).any(axis=0)]
    return ((varying[:, None, :] == varying[None, :, :]).sum(axis=1) > 1).any(axis=1)


def balls(rows, n_neighbors):
    """Radius to the k-th neighbour, rows within it (in an atom with the row itself), and whether the ball is closed."""
    distances = max_norm(rows)
    radius = np.sort(distances, axis=1)[:, n_neighbors - 1]
    n_within = (distances <= radius[:, None]).sum(axis=1)
    closed = ((n_within > n_neighbors) | shares_a_value(rows)) & (radius > 0)
    return radius, n_within + (radius == 0), closed


def counts(rows, radius, closed):
    """Other rows nearer than the radius, or within it where closed or an atom."""
    distances, radius = max_norm(rows), radius[:, None]
    return np.where(closed | (radius[:, 0] == 0), (distances <= radius).sum(axis=1), (distances < radius).sum(axis=1))


def rectangle_sides(part, rows, n_neighbors):
    """Largest distance in `part` among the k nearest in `rows` (for rows without ties)."""
    nearest = np.argsort(max_norm(rows), axis=1)[:, :n_neighbors]
    return np.array([max_norm(part)[i, nearest[i]].max() for i in range(len(rows))])


def class_balls(rows, codes, n_neighbors):
    """Own-class rows within the k-th own-class distance, rows of any class in that ball, and whether it is closed."""
    distances = max_norm(rows)
    within, around, closed = [], [], []
    tied = shares_a_value(rows)
    for i in range(len(rows)):
        own = codes == codes[i]
        k = min(n_neighbors, own.sum() - 1)
        radius = np.sort(distances[i, own])[k - 1]
        atom, n_within = radius == 0, (distances[i, own] <= radius).sum()
        closed.append((tied[i] or n_within > k) and not atom)
        around.append((distances[i] <= radius).sum() if closed[-1] or atom else (distances[i] < radius).sum())
        within.append(n_within + atom)
    return np.array(within), np.array(around), np.array(closed)
