"""Bounds of the rate against closed forms of Gaussian codes, and against loops over pairs."""

import numpy as np
import pytest

from skib.bottleneck.neural._rates import N_PAIRED, distinct_rate, gaussian_rate, pairwise_rate, unit_rates


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("scale", [0.3, 1.0, 3.0])
def test_bounds_enclose_the_rate_of_a_gaussian_code(seed, scale):
    rng = np.random.default_rng(seed)
    weights, noise = scale * rng.normal(size=(4, 3)), rng.uniform(0.5, 2, 3)
    mu = rng.normal(size=(2000, 4)) @ weights
    truth = 0.5 * (np.linalg.slogdet(weights.T @ weights + np.diag(noise))[1] - np.log(noise).sum())
    logs = np.broadcast_to(np.log(noise), mu.shape)
    # 3 half log variances of 2000 rows: half of a mean of squares each, of variance 2 / n.
    assert abs(gaussian_rate(mu, logs) - truth) < 4 * np.sqrt(3 / (2 * 2000))
    assert pairwise_rate(mu, logs) < truth


def test_upper_bound_is_the_closed_form_for_the_covariance_of_the_rows():
    rng = np.random.default_rng(0)
    mu, noise = rng.normal(size=(50, 2)), np.array([0.5, 2.0])
    covariance = np.cov(mu.T, bias=True) + np.diag(noise)
    expected = 0.5 * np.log(np.linalg.det(covariance) / noise.prod())
    assert gaussian_rate(mu, np.broadcast_to(np.log(noise), mu.shape)) == pytest.approx(expected)


def test_units_of_an_uncorrelated_code_add_up():
    mu = np.array([[1.0, 1], [1, -1], [-1, 1], [-1, -1]])
    logs = np.log(np.array([[1.0, 3.0]])) + 0 * mu
    np.testing.assert_allclose(unit_rates(mu, logs), 0.5 * np.log([2.0, 4 / 3]))
    assert gaussian_rate(mu, logs) == pytest.approx(unit_rates(mu, logs).sum())


@pytest.mark.parametrize("is_shared", [False, True])
def test_pairwise_bound_is_the_loop_over_pairs(is_shared):
    rng = np.random.default_rng(0)
    mu, logs = rng.normal(size=(15, 3)), rng.normal(size=(15, 3))
    logs = np.broadcast_to(logs[0], logs.shape) if is_shared else logs
    total = 0.0
    for a, s in zip(mu, np.exp(logs), strict=True):
        mean = 0.0
        for b, r in zip(mu, np.exp(logs), strict=True):
            distance = np.sum((a - b) ** 2 / (s + r)) / 4 + 0.5 * np.sum(np.log((s + r) / 2 / np.sqrt(s * r)))
            mean += np.exp(-distance) / len(mu)
        total -= np.log(mean) / len(mu)
    assert pairwise_rate(mu, logs) == pytest.approx(total)


@pytest.mark.parametrize("n_rows", [100, N_PAIRED, 3 * N_PAIRED])
def test_pairwise_bound_of_distant_codes_is_its_ceiling(n_rows):
    mu = 1e3 * np.arange(n_rows)[:, None]
    assert pairwise_rate(mu, 0.0 * mu) == pytest.approx(np.log(min(n_rows, N_PAIRED)))


def test_rate_of_a_code_without_noise():
    assert distinct_rate(np.repeat([[0.0], [1], [2]], [2, 1, 1], axis=0)) == pytest.approx(1.5 * np.log(2))
