"""Cubes around rows, and the weights of their ranks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import gamma

from skib._linear_algebra import whitened
from skib._neighbors import cubes_of, resolve_n_neighbors, weights_of_ranks
from tests.naive import neighbors as naive


@given(n_neighbors=st.integers(1, 150), d=st.integers(1, 150))
def test_weights_meet_their_constraints(n_neighbors, d):
    ranks, weights = weights_of_ranks(n_neighbors, d)
    assert set(ranks) == {n_neighbors * i // d for i in range(1, d + 1)} - {0}
    assert weights.sum() == pytest.approx(1, abs=1e-12)
    assert np.linalg.norm(weights) <= 20


@pytest.mark.parametrize(("d", "n_constraints"), [(1, 0), (3, 0), (4, 1), (7, 1), (8, 2), (12, 2), (20, 2), (40, 1)])
def test_default_weights_cancel_the_leading_biases(d, n_constraints):
    ranks, weights = weights_of_ranks(max(5, 2 * d - 1), d)
    moments = [weights @ (gamma(ranks + 2 * i / d) / gamma(ranks)) for i in range(1, n_constraints + 1)]
    np.testing.assert_allclose(moments, 0, atol=1e-10)
    # Of the smallest norm: a combination of the constraints.
    span = np.array([gamma(ranks + 2 * i / d) / gamma(ranks) for i in range(n_constraints + 1)]).T
    np.testing.assert_allclose(span @ np.linalg.lstsq(span, weights)[0], weights, atol=1e-8)


@pytest.mark.parametrize("d", [1, 3])
def test_volumes_are_in_the_units_of_the_data(d):
    x = np.random.default_rng(0).normal(size=(90, d)) @ np.tri(d)
    z, log_volume = whitened(x)
    distances = np.sort(naive.max_norm(z), axis=1)[:, [0, 3]]
    cubes = cubes_of(x, [1, 4])
    np.testing.assert_allclose(cubes.log_volumes, d * np.log(2 * distances) + log_volume, atol=1e-12)
    assert cubes.radius == np.median(distances[:, 1])
    np.testing.assert_allclose(cubes_of(10 * x, [1, 4]).log_volumes, cubes.log_volumes + d * np.log(10), atol=1e-9)


def test_default_number_of_neighbors():
    assert [resolve_n_neighbors(None, np.empty((100, d))) for d in (1, 3, 4, 10)] == [5, 5, 7, 19]
    assert resolve_n_neighbors(None, np.empty((4, 1))) == 3
    assert resolve_n_neighbors(8, np.empty((4, 1))) == 8
