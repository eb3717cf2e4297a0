"""Sums of kernels over sorted points equal their naive twins."""

from math import factorial

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from skib._kernels.smooth_steps import moments_before, places_of_levels, sums_on_both_sides

ORDER = 4
FACTORS = np.array([0.5, 0.4, 0.3, 0.2, 0.1])
values = st.lists(st.floats(-100, 100).map(lambda v: round(v, 3)), min_size=2, max_size=20, unique=True)


def naive_sum(distances, masses):
    """Sum over points of mass times sum_j factors[j] u^j / j! exp(-u)."""
    powers = [factor * distances**j / factorial(j) for j, factor in enumerate(FACTORS)]
    return np.sum(masses * np.sum(powers, axis=0) * np.exp(-distances))


def prepared(points, width):
    points = np.sort(points)
    masses = np.random.default_rng(len(points)).dirichlet(np.ones(len(points)))
    before = moments_before(points, masses, width, ORDER)
    after = moments_before(-points[::-1], masses[::-1], width, ORDER)[::-1]
    return points, masses, before, after


@given(values, values, st.floats(0.01, 1000))
def test_sums_equal_naive(points, places, width):
    points, masses, before, after = prepared(points, width)
    places = np.concatenate([places, points])
    n_before = np.searchsorted(points, places, side="right")
    low, high = sums_on_both_sides(places, n_before, points, before, after, width, FACTORS)
    for p, place in enumerate(places):
        u, is_below = np.abs(place - points) / width, points <= place
        np.testing.assert_allclose(low[p], naive_sum(u[is_below], masses[is_below]), rtol=1e-9, atol=1e-300)
        np.testing.assert_allclose(high[p], naive_sum(u[~is_below], masses[~is_below]), rtol=1e-9, atol=1e-300)


@given(values, st.lists(st.floats(0, 1), min_size=1, max_size=9), st.floats(1, 1000))
def test_places_have_their_levels(points, shares, width):
    points, masses, before, after = prepared(points, width)
    masses_before = np.concatenate([[0.0], np.cumsum(masses)])

    def level_of(places):
        n_before = np.searchsorted(points, places, side="right")
        low, high = sums_on_both_sides(places, n_before, points, before, after, width, FACTORS)
        return masses_before[n_before] - low + high

    at_points = level_of(points)
    levels = at_points[0] + np.array(shares) * (at_points[-1] - at_points[0])
    n_before = np.clip(np.searchsorted(at_points, levels, side="right"), 1, len(points) - 1)
    places = places_of_levels(levels, n_before, points, masses_before, before, after, width, FACTORS)
    np.testing.assert_allclose(level_of(places), levels, rtol=0, atol=1e-13)
    assert ((places >= points[0]) & (places <= points[-1])).all()


def test_points_that_are_far_apart_do_not_meet():
    points, masses, before, after = prepared(np.array([0.0, 1e300]), 1e-3)
    low, high = sums_on_both_sides(np.array([5e299]), np.array([1]), points, before, after, 1e-3, FACTORS)
    assert low[0] == high[0] == 0
