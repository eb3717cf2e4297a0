"""The bound from interpolation: below the truth for noisy relations, and unbounded for functions."""

import numpy as np
import pytest
from scipy.special import ndtri

from skib import SaturatedEstimateWarning
from skib.datasets import make_gaussian_pair
from skib.mutual_info import Auto
from skib.mutual_info._auto._interpolation import interpolation_bound


def bound(x, y):
    order = np.argsort(x)
    return interpolation_bound(x[order], y[order])


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9, 0.9999])
def test_gaussian_relations_reach_their_information(rho):
    pairs = [make_gaussian_pair(2000, rho=rho, random_state=seed) for seed in range(20)]
    errors = [bound(np.ravel(p.X), p.y) - p.mutual_info for p in pairs]
    # The log of a mean of 50 squares with about 30 degrees of freedom is low by 1/30: half of that is the bias.
    assert np.mean(errors) == pytest.approx(0.02, abs=0.02 + 4 * np.std(errors) / np.sqrt(20))
    assert max(errors) < 0.15


@pytest.mark.parametrize("function", [lambda x: x, lambda x: np.sin(3 * x), lambda x: x**2], ids=["x", "sin", "square"])
def test_functions_are_saturated(function):
    x = np.random.default_rng(0).normal(size=2000)
    assert bound(x, function(x)) > 5
    with pytest.warns(SaturatedEstimateWarning):
        assert Auto().fit(x[:, None], function(x)).saturated_


def test_noisy_functions_are_not():
    rng = np.random.default_rng(0)
    x = rng.normal(size=2000)
    assert not Auto().fit(x[:, None], np.sin(3 * x) + 0.3 * rng.normal(size=2000)).saturated_


@pytest.mark.parametrize("n_samples", [100, 149, 199])
def test_every_row_counts(n_samples):
    """Standard deviation of the bound at independence, 0.7 / sqrt(n): windows that leave rows out have 0.9 to 1.2."""
    rng = np.random.default_rng(n_samples)
    scores = ndtri(np.arange(1, n_samples + 1) / (n_samples + 1))
    bounds = [interpolation_bound(scores, rng.permutation(scores)) for _ in range(600)]
    assert np.std(bounds) < 0.8 / np.sqrt(n_samples)


def test_few_rows_and_ties():
    x = np.repeat(np.arange(100.0), 2)
    assert bound(x[:99], x[:99]) == -np.inf
    assert np.isfinite(bound(x, np.random.default_rng(0).normal(size=200)))
