"""Slow, transparent twins of the nearest-neighbor kernels and formulas, written from the papers' definitions."""

import numpy as np
from scipy.special import digamma


def max_norm(rows):
    """All pairwise distances, infinite on the diagonal: a row is not its own neighbor."""
    distances = np.abs(rows[:, None, :] - rows[None, :, :]).max(axis=2)
    np.fill_diagonal(distances, np.inf)
    return distances


def shares_a_value(rows):
    """Whether a row shares the value of some column, unless that is constant, with another row."""
    varying = rows[:, (rows != rows[0]).any(axis=0)]
    return ((varying[:, None, :] == varying[None, :, :]).sum(axis=1) > 1).any(axis=1)


def balls(rows, n_neighbors):
    """Radius to the k-th neighbor, rows within it (in an atom with the row itself), and whether the ball is closed."""
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


def ksg_terms(x, y, n_neighbors, variant=1):
    """Equations (8) and (9) of Kraskov et al.; closed counts where rows tie, whole atoms at radius 0."""
    rows, n = np.column_stack([x, y]), len(x)
    radius, n_within, closed = balls(rows, n_neighbors)
    n_x, n_y = (counts(part, radius, closed) + ~closed for part in (x, y))
    terms = digamma(n_within) + digamma(n) - digamma(n_x) - digamma(n_y)
    if variant == 1:
        return terms
    boundary = np.ones(n, bool)
    m_x, m_y = (counts(part, rectangle_sides(part, rows, n_neighbors), boundary) for part in (x, y))
    boxed = digamma(n_neighbors) - 1 / n_neighbors + digamma(n) - digamma(m_x) - digamma(m_y)
    return np.where(closed | (radius == 0) | (n_within > n_neighbors), terms, boxed)


def ksg_terms_given(x, y, z, n_neighbors):
    """Frenzel and Pompe's estimate, with closed counts and whole atoms."""
    radius, n_within, closed = balls(np.column_stack([x, y, z]), n_neighbors)
    parts = np.column_stack([x, z]), np.column_stack([y, z]), z
    n_xz, n_yz, n_z = (counts(part, radius, closed) + ~closed for part in parts)
    return digamma(n_within) - digamma(n_xz) - digamma(n_yz) + digamma(n_z)


def ross_terms(x, codes, n_neighbors):
    """Equation (2) of Ross with the class size inside the mean; closed counts where rows tie, whole atoms."""
    within, around, closed = class_balls(x, codes, n_neighbors)
    sizes = np.bincount(codes)[codes]
    return digamma(len(x)) - digamma(sizes - closed) + digamma(within) - digamma(around + ~closed)


def mixed_distances(columns):
    """Max-norm distances of rows; any two different strings are infinitely far apart."""
    largest = 0
    for column in columns:
        if column.dtype.kind == "U":
            apart = np.where(column[:, None] == column, 0.0, np.inf)
        else:
            apart = np.abs(column[:, None] - column)
        largest = np.maximum(largest, apart)
    return largest


def mixed_terms(x, y, z, n_neighbors):
    """Algorithm 1 of Mesner and Shalizi for lists of columns; rows of an atom count whole. `z` None: no condition."""
    n = len(x[0])
    given = [] if z is None else z
    apart = mixed_distances([*x, *y, *given])
    radius = np.sort(apart, axis=1)[:, n_neighbors]  # the row itself comes first
    atom = radius == 0

    def within(columns):
        return (mixed_distances(columns) <= radius[:, None]).sum(axis=1) - 1 + atom

    n_z = n if z is None else within(given)
    n_xz, n_yz, n_xyz = within([*x, *given]), within([*y, *given]), within([*x, *y, *given])
    return digamma(n_xyz) - digamma(n_xz) - digamma(n_yz) + digamma(n_z)
