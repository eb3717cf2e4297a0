"""Slow, transparent twins of the nearest-neighbor kernels and formulas, written from the papers' definitions."""

from itertools import combinations

import numpy as np
from scipy.special import comb, digamma


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
    """Radius to the k-th neighbor, and rows within it (in an atom with the row itself)."""
    distances = max_norm(rows)
    radius = np.sort(distances, axis=1)[:, n_neighbors - 1]
    return radius, (distances <= radius[:, None]).sum(axis=1) + (radius == 0)


def within(rows, radius):
    """Other rows within the radius of each row."""
    return (max_norm(rows) <= radius[:, None]).sum(axis=1)


def counts(rows, radius):
    """Other rows within the radius, and one more if none is on the boundary; in an atom with the row itself."""
    nearer = (max_norm(rows) < radius[:, None]).sum(axis=1)
    return np.where(radius == 0, within(rows, radius) + 1, np.maximum(within(rows, radius), nearer + 1))


def rectangle_sides(part, rows, n_neighbors):
    """Largest distance in `part` among the k nearest in `rows` (for rows without ties)."""
    nearest = np.argsort(max_norm(rows), axis=1)[:, :n_neighbors]
    return np.array([max_norm(part)[i, nearest[i]].max() for i in range(len(rows))])


def class_balls(rows, codes, n_neighbors):
    """Rows nearer than the k-th of the own class, rows as far, those of the class among them, and how many make k."""
    distances, found = max_norm(rows), []
    for i in range(len(rows)):
        own = codes == codes[i]
        k = min(n_neighbors, own.sum() - 1)
        radius = np.sort(distances[i, own])[k - 1]
        nearer, at = distances[i] < radius, distances[i] == radius
        found.append([nearer.sum(), at.sum(), (at & own).sum(), k - (nearer & own).sum()])
    return np.array(found).T


def ksg_terms(x, y, n_neighbors, variant=1):
    """Equations (8) and (9) of Kraskov et al.; balls for boxes where a variable repeats or distances tie."""
    rows, n = np.column_stack([x, y]), len(x)
    radius, n_within = balls(rows, n_neighbors)
    n_x, n_y = (counts(part, radius) for part in (x, y))
    terms = digamma(n_within) + digamma(n) - digamma(n_x) - digamma(n_y)
    if variant == 1:
        return terms
    m_x, m_y = (within(part, rectangle_sides(part, rows, n_neighbors)) for part in (x, y))
    repeats = (max_norm(x) == 0).any(axis=1) | (max_norm(y) == 0).any(axis=1)
    boxed = digamma(n_neighbors) - 1 / n_neighbors + digamma(n) - digamma(m_x) - digamma(m_y)
    return np.where(repeats | (n_within > n_neighbors), terms, boxed)


def ksg_terms_given(x, y, z, n_neighbors):
    """Frenzel and Pompe's estimate, with whole atoms."""
    radius, n_within = balls(np.column_stack([x, y, z]), n_neighbors)
    n_xz, n_yz, n_z = (counts(part, radius) for part in (np.column_stack([x, z]), np.column_stack([y, z]), z))
    return digamma(n_within) - digamma(n_xz) - digamma(n_yz) + digamma(n_z)


def expected_digamma(n_before, n_tied, n_marked, wanted):
    """Mean digamma of the rank of a marked row among tied rows in all their orders, after others."""
    places = [sorted(marked)[wanted - 1] + 1 for marked in combinations(range(n_tied), n_marked)]
    return digamma(n_before + np.array(places)).mean()


def ross_terms(x, codes, n_neighbors):
    """Equation (2) of Ross with the class size inside the mean: rows as far as the k-th are in any order."""
    sizes = np.bincount(codes)[codes]
    expected = [negative_hypergeometric_digamma(*row) for row in class_balls(x, codes, n_neighbors).T]
    return digamma(len(x)) - digamma(sizes) + digamma(np.minimum(n_neighbors, sizes - 1)) - expected


def negative_hypergeometric_digamma(n_before, n_tied, n_marked, wanted):
    """``expected_digamma`` from the probabilities of the places."""
    place = np.arange(wanted, n_tied - n_marked + wanted + 1)
    ways = comb(place - 1, wanted - 1) * comb(n_tied - place, n_marked - wanted)
    return ways @ digamma(n_before + place) / ways.sum()


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
    """Mesner and Shalizi's estimate for lists of columns, with `counts`; rows of an atom count whole. z may be None."""
    n = len(x[0])
    given = [] if z is None else z
    apart = mixed_distances([*x, *y, *given])
    radius = np.sort(apart, axis=1)[:, n_neighbors]  # the row itself comes first
    atom = radius == 0

    def within(columns):
        apart = mixed_distances(columns)
        closed, nearer = ((apart <= radius[:, None]).sum(axis=1) - 1, (apart < radius[:, None]).sum(axis=1) - 1)
        return np.where(atom, closed + 1, np.maximum(closed, nearer + 1))

    n_z = n if z is None else within(given)
    n_xz, n_yz, n_xyz = within([*x, *given]), within([*y, *given]), within([*x, *y, *given])
    return digamma(n_xyz) - digamma(n_xz) - digamma(n_yz) + digamma(n_z)
