"""Determinants, hyperplanes and whitening."""

import numpy as np
import pytest

from skib import UnreliableEstimateWarning
from skib._linear_algebra import independent_columns, log_det_bias, whitened


def normal_rows(n_samples=200, n_columns=3, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n_samples, n_columns)) @ rng.normal(size=(n_columns, n_columns))


@pytest.mark.parametrize(("n", "d"), [(6, 1), (6, 4), (30, 10)])
def test_bias_of_log_determinants(n, d):
    rng = np.random.default_rng(0)
    halves = [0.5 * np.linalg.slogdet(np.atleast_2d(np.cov(rng.normal(size=(n, d)).T)))[1] for _ in range(4000)]
    assert abs(np.mean(halves) - log_det_bias(n, d)) < 4 * np.std(halves) / np.sqrt(len(halves))


def test_independent_columns_stay_as_they_are():
    x = normal_rows()
    rows, log_volume = independent_columns(x)
    assert rows is x and log_volume == 0.0


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_rows_of_a_plane_keep_their_distances(dtype):
    x = normal_rows().astype(dtype).astype(float)
    x[:, 2] = (2 * x[:, 0] - x[:, 1]).astype(dtype)
    with pytest.warns(UnreliableEstimateWarning, match="the rows lie in 2 dimensions"):
        rows, _ = independent_columns(x)
    assert rows.shape == (200, 2)
    expected, found = (np.linalg.norm(v[:, None] - v, axis=2) for v in (x, rows))
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_constant_column_is_left_out():
    x = normal_rows()
    with pytest.warns(UnreliableEstimateWarning, match="linearly dependent or constant"):
        rows, _ = independent_columns(np.insert(x, 1, 7.0, axis=1))
    np.testing.assert_array_equal(rows, x)


def test_equal_rows_are_refused():
    with pytest.raises(ValueError, match="all 9 rows of X are equal"):
        independent_columns(np.ones((9, 2)))


def test_whitened_columns_are_uncorrelated_and_of_unit_spread():
    z, _ = whitened(normal_rows(5000))
    np.testing.assert_allclose(np.cov(z.T), np.eye(3), atol=0.1)
    np.testing.assert_allclose(1.4826 * np.median(np.abs(z), axis=0), 1, rtol=1e-4)


def test_scales_go_to_the_volume_alone():
    x = normal_rows()
    (z, log_volume), (same, scaled) = whitened(x), whitened(x * [1e-3, 1.0, 1e5] + [4.0, -2.0, 0.0])
    np.testing.assert_allclose(same, z, atol=1e-6)
    assert scaled - log_volume == pytest.approx(np.log(1e2), abs=1e-6)


def test_outliers_do_not_move_the_others():
    x = normal_rows(2000)
    z, _ = whitened(x)
    x[0] = 1e9
    np.testing.assert_allclose(whitened(x)[0][1:], z[1:], atol=0.05)
