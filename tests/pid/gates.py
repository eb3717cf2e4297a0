"""Small distributions p(x1, x2, y) whose decompositions are known."""

from itertools import product

import numpy as np

BITS = list(product((0, 1), repeat=2))


def uniform(states):
    """The uniform distribution over some states (x1, x2, y)."""
    table = np.zeros([max(column) + 1 for column in zip(*states, strict=True)])
    for state in states:
        table[state] += 1 / len(states)
    return table


GATES = {
    "redundant": uniform([(0, 0, 0), (1, 1, 1)]),
    "unique": uniform([(a, b, b) for a, b in BITS]),
    "xor": uniform([(a, b, a ^ b) for a, b in BITS]),
    "and": uniform([(a, b, a & b) for a, b in BITS]),
    "sum": uniform([(a, b, a + b) for a, b in BITS]),
    "copy": uniform([(a, b, 2 * a + b) for a, b in BITS]),
    "redundant xor": uniform([(a + 2 * c, b + 2 * c, (a ^ b) + 2 * c) for a, b in BITS for c in (0, 1)]),
    "diff": uniform([(0, 0, 0), (0, 0, 1), (0, 1, 0), (1, 0, 1)]),
    "reduced or": uniform([(0, 0, 0), (0, 0, 0), (0, 1, 1), (1, 0, 1)]),
    "pointwise unique": uniform([(0, 1, 0), (1, 0, 0), (0, 2, 1), (2, 0, 1)]),
}


def rows_of(table, n_samples, seed):
    """Draw rows (x1, x2, y) from a distribution; returns X and y."""
    places = np.random.default_rng(seed).choice(table.size, n_samples, p=table.ravel())
    rows = np.column_stack(np.unravel_index(places, table.shape))
    return rows[:, :-1], rows[:, -1]
