"""Wasserstein dependency against closed forms, brute force and its null."""

from itertools import permutations

import numpy as np
import pytest

from skib.datasets import make_gaussian_pair
from skib.metrics import wasserstein_dependency
from skib.metrics._wasserstein import _assignment, _sliced


def gaussian_truth(rho):
    """Mean over directions of the distance of N(0, 1 + rho sin 2t) from N(0, 1)."""
    t = np.linspace(0, 2 * np.pi, 100_001)[:-1]
    return np.sqrt(2 / np.pi) * np.abs(np.sqrt(1 + rho * np.sin(2 * t)) - 1).mean()


@pytest.mark.parametrize("rho", [0.5, 0.8, 0.95])
def test_gaussian_truth(rho):
    values = []
    for seed in range(5):
        pair = make_gaussian_pair(2000, rho=rho, random_state=seed)
        values.append(wasserstein_dependency(pair.X, pair.y, random_state=seed, n_projections=100).value)
    # The null, the distance of samples of one distribution, bounds the bias.
    assert abs(np.mean(values) - gaussian_truth(rho)) < 0.02


@pytest.mark.parametrize("n_projections", [50, None])
def test_independent_pairs_are_at_the_null(n_projections):
    gaps = []
    for seed in range(20):
        pair = make_gaussian_pair(200, rho=0, random_state=seed)
        found = wasserstein_dependency(pair.X, pair.y, n_projections=n_projections, random_state=seed)
        gaps.append(found.value - found.null)
    assert abs(np.mean(gaps)) < 4 * np.std(gaps) / np.sqrt(20)


def test_dependence_is_beyond_the_null():
    pair = make_gaussian_pair(500, rho=0.9, random_state=0)
    for n_projections in (100, None):
        found = wasserstein_dependency(pair.X, pair.y, n_projections=n_projections, random_state=0)
        assert found.value > 1.5 * found.null
        assert np.isnan(found.std_error) if n_projections is None else found.value - found.null > 5 * found.std_error


@pytest.mark.parametrize("rho", [0.0, 0.8])
def test_standard_error_is_the_spread_over_samples(rho):
    found = []
    for seed in range(20):
        pair = make_gaussian_pair(200, rho=rho, random_state=seed)
        found.append(wasserstein_dependency(pair.X, pair.y, n_projections=50, random_state=seed))
    ratio = np.mean([one.std_error for one in found]) / np.std([one.value for one in found], ddof=1)
    assert 0.6 < ratio < 1.7  # the spread of 20 values is uncertain by a sixth


def test_assignment_equals_all_permutations():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 6, 1))
    one, other = np.hstack([x, y]), np.hstack([x, y[::-1]])
    least = min(np.linalg.norm(one - other[list(order)], axis=1).mean() for order in permutations(range(6)))
    assert _assignment(one, other)[0][0] == pytest.approx(least)


def test_sliced_distance_is_that_of_sorted_columns_and_moves_by_the_potentials():
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(40, 3)), rng.normal(0.5, 1, size=(40, 3))
    distances, of_one, of_other = _sliced(one, other)
    sorted_distance = np.abs(np.sort(one, axis=0) - np.sort(other, axis=0)).mean(axis=0)
    np.testing.assert_allclose(distances, sorted_distance)
    # The dual of Kantorovich: the difference of the mean potentials is the distance.
    assert of_one.mean() + of_other.mean() == pytest.approx(sorted_distance.mean())


def test_units_of_the_columns():
    pair = make_gaussian_pair(300, rho=0.9, random_state=0)
    one, ten = (wasserstein_dependency(c * pair.X, c * pair.y, random_state=0).value for c in (1, 10))
    assert ten == pytest.approx(10 * one)


@pytest.mark.parametrize(
    ("x", "y", "options", "text"),
    [
        (np.ones((3, 1)), np.ones(3), {}, "at least 4 rows"),
        (np.full((5, 1), np.nan), np.ones(5), {}, "X contains NaN"),
        (np.zeros((4000, 1)), np.zeros(4000), {"n_projections": None}, "pass at most 3000 rows"),
        (np.zeros((5, 1)), np.zeros(5), {"n_projections": 0}, "n_projections"),
        (np.zeros((5, 1)), np.zeros(4), {}, "y has 4;"),
    ],
)
def test_bad_input_is_named(x, y, options, text):
    with pytest.raises(ValueError, match=text):
        wasserstein_dependency(x, y, **options)
