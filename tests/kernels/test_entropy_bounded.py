"""The kernel of changes to functions, against all changes tried one by one."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from skib._kernels.entropy_bounded import best_neighbors
from skib.coupling._functions import candidates
from tests.naive.couplings import entropy


def changed(groups, place):
    """The groups after a move, or an exchange of two states."""
    (state, group, other), groups = place, groups.copy()
    if other >= 0:
        groups[other] = groups[state]
    groups[state] = group
    return groups


def neighbors(groups):
    """All functions that differ by a move, or by an exchange."""
    n, n_groups = len(groups), groups.max() + 2
    for x in range(n):
        yield from (changed(groups, (x, b, -1)) for b in range(n_groups) if b != groups[x])
        yield from (changed(groups, (x, groups[y], y)) for y in range(n) if groups[y] != groups[x])


def everything(p, groups, sums):
    """All states, and their changes to all groups."""
    states = np.arange(len(p))
    return states, candidates(states, np.arange(len(sums)), p, groups, sums)


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(2, 25), n_at_once=st.integers(1, 9))
def test_the_closest_changes_from_both_sides(seed, n, n_at_once):
    rng = np.random.default_rng(seed)
    p = rng.multinomial(40, np.full(n, 1 / n)) / 40  # with ties and zeros
    groups = np.unique(rng.integers(0, rng.integers(1, n + 1), n), return_inverse=True)[1]
    limit = rng.uniform(0, entropy(p) + 0.1) + 1e-9
    sums = np.append(np.bincount(groups, p), 0.0)
    values, places = np.array([-1.0, 9.0]), np.full((2, 3), -1)
    for first in range(0, n, n_at_once):
        stop = min(first + n_at_once, n)
        best_neighbors(first, stop, *everything(p, groups, sums), p, groups, sums, entropy(sums), limit, values, places)
    found = [entropy(np.bincount(other, p)) for other in neighbors(groups)]
    expected = max([h for h in found if h <= limit], default=-1.0), min([h for h in found if h > limit], default=9.0)
    assert_allclose(values, expected, atol=1e-9)
    for value, place in zip(values, places, strict=True):
        if place[0] >= 0:
            assert_allclose(entropy(np.bincount(changed(groups, place), p)), value, atol=1e-9)


def test_what_is_not_better_is_left():
    p, groups = np.array([0.5, 0.3, 0.2]), np.array([0, 1, 1])
    values, places = np.array([0.694, 0.7]), np.full((2, 3), -1)
    sums = np.array([0.5, 0.5, 0.0])
    best_neighbors(0, 3, *everything(p, groups, sums), p, groups, sums, np.log(2), 0.695, values, places)
    assert values.tolist() == [0.694, 0.7]
    assert_array_equal(places, -1)
