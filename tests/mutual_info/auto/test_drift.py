"""Fewer neighbors where the estimate drifts with their number: fine structure is found, smooth pairs are left alone."""

import numpy as np
import pytest

from skib import SaturatedEstimateWarning
from skib.datasets import make_benchmark_task, make_gaussian_pair
from skib.mutual_info import KSG, Auto, mutual_info_features, mutual_info_matrix
from skib.mutual_info._auto import two_column_estimate
from skib.mutual_info._auto._drift import _OF_ROOT, _factor


def sine(n_samples, seed):
    """y = sin of 5 periods + noise: h(y) - h(noise) by quadrature."""
    rng = np.random.default_rng(seed)
    x = rng.random(n_samples)
    return x, np.sin(10 * np.pi * x) + 0.15 * rng.normal(size=n_samples)


def checkerboard(n_samples, seed, n_fields=4):
    rng = np.random.default_rng(seed)
    i = rng.integers(0, n_fields, n_samples)
    j = 2 * rng.integers(0, n_fields // 2, n_samples) + i % 2
    u, v = rng.random((2, n_samples))
    return i + u, j + v


def near_function(n_samples, seed, width=0.01):
    """A narrow band; the cube keeps the ranks, and its noise is not additive."""
    rng = np.random.default_rng(seed)
    x = rng.random(n_samples)
    return x**3, (x + width * rng.random(n_samples)) % 1


def sine_information():
    """Differential entropy of sin(U) + noise on a fine grid, less that of the noise."""
    edges = np.linspace(-2.2, 2.2, 4401)
    y, step = 0.5 * (edges[1:] + edges[:-1]), edges[1] - edges[0]
    phases = np.sin(2 * np.pi * (np.arange(4000) + 0.5) / 4000)
    density = np.exp(-0.5 * ((y[:, None] - phases) / 0.15) ** 2).mean(axis=1) / (0.15 * np.sqrt(2 * np.pi))
    positive = density[density > 1e-300]
    return -np.sum(positive * np.log(positive)) * step - 0.5 * np.log(2 * np.pi * np.e * 0.15**2)


FINE = {
    "sine": (sine, sine_information()),
    "checkerboard": (checkerboard, np.log(2)),
    "near function": (near_function, np.log(100)),
}


@pytest.mark.parametrize("name", FINE)
@pytest.mark.parametrize("n_samples", [1000, 5000])
def test_fine_structure_is_extrapolated(name, n_samples):
    make, truth = FINE[name]
    estimates = [two_column_estimate(*make(n_samples, seed)) for seed in range(6)]
    errors = np.array([estimate.value - truth for estimate in estimates])
    drifting = np.mean([estimate.neighbors for estimate in estimates]) - truth
    assert np.mean(np.abs(errors)) < (0.5 if abs(drifting) > 0.03 else 1.5) * max(abs(drifting), 0.03)
    stated = np.array([3 * estimate.std_error + 0.05 for estimate in estimates])
    assert (np.array([estimate.saturated for estimate in estimates]) | (np.abs(errors) < stated)).all()


def test_candidates_are_named():
    x, y = checkerboard(2000, 0)
    auto = Auto().fit(x[:, None], y)
    assert list(auto.estimates_) == ["neighbors", "gaussian", "nearest", "extrapolated"]
    for name, n_neighbors in (("neighbors", 5), ("nearest", 1)):
        assert auto.estimates_[name] == KSG(n_neighbors).fit(x[:, None], y).mutual_info_
    assert auto.estimates_["neighbors"] < auto.estimates_["nearest"] < auto.estimates_["extrapolated"] + 0.05
    assert auto.mutual_info_ == pytest.approx(auto.estimates_["extrapolated"], abs=0.01)  # the copula knows nothing
    assert auto.pointwise_.mean() == pytest.approx(auto.mutual_info_, abs=1e-12)


def smooth(name, n_samples, seed):
    rng = np.random.default_rng(seed)
    if name == "benchmark":
        pair = make_benchmark_task("1v1-bimodal-0.75", n_samples, random_state=seed)
        return pair.X[:, 0], np.ravel(pair.y)
    if name == "clayton":
        u, w = rng.random((2, n_samples))
        return u, (1 / u * (w**-0.5 - 1) + 1) ** -1
    if name == "heteroscedastic":
        x, noise = rng.normal(size=(2, n_samples))
        return x, np.exp(0.5 * x) * noise
    pair = make_gaussian_pair(n_samples, rho=float(name), random_state=seed)
    return np.exp(pair.X[:, 0]), np.ravel(pair.y)  # the noise is not additive


@pytest.mark.parametrize("name", ["0", "0.6", "0.9", "clayton", "heteroscedastic", "benchmark"])
@pytest.mark.parametrize("n_samples", [1000, 5000])
def test_smooth_pairs_keep_five_neighbors(name, n_samples):
    for seed in range(20):
        x, y = smooth(name, n_samples, seed)
        estimate = two_column_estimate(x, y)
        assert list(estimate.candidates) == ["neighbors", "gaussian"]
        assert estimate.neighbors == KSG(5).fit(x[:, None], y).mutual_info_
        assert min(estimate.candidates.values()) <= estimate.value <= max(estimate.candidates.values())


@pytest.mark.parametrize("n_samples", [100, 300, 1000])
def test_independent_columns_are_never_extrapolated(n_samples):
    rng = np.random.default_rng(n_samples)
    estimates = [two_column_estimate(*rng.normal(size=(2, n_samples))) for _ in range(500)]
    assert all(estimate.nearest is None for estimate in estimates)
    values = np.array([estimate.value for estimate in estimates])
    assert abs(values.mean()) < 4 * values.std() / np.sqrt(500) + 0.01


def test_structure_below_the_nearest_neighbor_is_saturated():
    x, y = near_function(2000, 0, width=0.001)
    with pytest.warns(SaturatedEstimateWarning):
        auto = Auto().fit(x[:, None], y)
    assert auto.saturated_
    assert auto.mutual_info_ < 0.9 * auto.ceiling_  # the drift decides


def test_the_standard_error_admits_the_drift():
    """A sum of uniform numbers has edges that 1000 rows hardly show: a drift too small to be sure of."""
    errors, spreads, stated = [], [], []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        x = rng.random(1000)
        estimate = two_column_estimate(x**3, x + 0.5 * rng.random(1000))
        errors.append(abs(estimate.value - (0.25 - np.log(0.5))))  # h(x + noise) - h(noise)
        spreads.append(np.std(estimate.pointwise, ddof=1) / np.sqrt(1000))
        stated.append(estimate.std_error)
    assert np.all(np.array(stated) >= spreads)
    assert np.mean(np.array(errors) < 2 * np.array(stated)) > np.mean(np.array(errors) < 2 * np.array(spreads)) + 0.15


@pytest.mark.parametrize("decimals", [3, 2])
def test_rounding_leaves_the_estimate_alone(decimals):
    for make in (sine, checkerboard):
        x, y = make(5000, 0)
        exact = two_column_estimate(x, y)
        rounded = two_column_estimate(np.round(x, decimals), np.round(y, decimals))
        assert abs(rounded.value - exact.value) < 0.03 + 2 * exact.std_error


def test_independent_rounded_columns_have_no_information():
    values = [
        two_column_estimate(*np.round(np.random.default_rng(s).normal(size=(2, 2000)), 1)).value for s in range(20)
    ]
    assert abs(np.mean(values)) < 4 * np.std(values) / np.sqrt(20) + 1e-3


def test_matrices_and_features_give_the_same_bits():
    x, y = checkerboard(1500, 0)
    auto = Auto().fit(x[:, None], y)
    matrix = mutual_info_matrix(np.column_stack([x, y]))
    assert matrix.mutual_info.iloc[0, 1] == auto.mutual_info_ == mutual_info_features(x[:, None], y)[0]
    assert matrix.std_error.iloc[0, 1] == auto.std_error_


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_powers_are_extrapolated_exactly(power):
    ranks = 2, 5, 10
    means = [1 - 0.01 * k**power for k in ranks]
    assert means[0] + _factor(means, ranks) * (means[0] - means[2]) == pytest.approx(1, abs=1e-9)


def test_the_root_is_extrapolated_exactly():
    of_five, of_ten, of_twenty = (1 - 0.01 * np.sqrt(k) for k in (5, 10, 20))
    assert of_five + _OF_ROOT * (of_ten - of_twenty) == pytest.approx(1, abs=1e-12)


def test_edges_are_extrapolated_without_bias():
    """A sum of uniform numbers, one of them mapped, of 5000 rows, of which one in four may decide."""
    estimates = []
    for seed in range(30):
        task = make_benchmark_task("1v1-additive-0.1", 5000, random_state=seed)
        estimates.append(two_column_estimate(np.exp(3 * task.X[:, 0]), task.y))
    errors = np.array([estimate.value for estimate in estimates]) - task.mutual_info
    assert np.mean([estimate.nearest is not None for estimate in estimates]) > 0.7
    assert abs(errors.mean()) < 0.015
    assert np.mean(np.abs(errors) < 2 * np.array([estimate.std_error for estimate in estimates])) > 0.8


def test_no_power_below_the_half_and_none_of_rising_estimates():
    ranks = 2, 5, 10
    half = 2**0.5 / (10**0.5 - 2**0.5)
    assert _factor([1 - 0.01 * k**0.1 for k in ranks], ranks) == pytest.approx(half)
    assert _factor([0.1, 0.2, 0.3], ranks) == 0
