"""Nulls: permuted targets, Gaussian noise, and the warnings that compare estimates with them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skib.information_plane import InformationPlane
from skib.information_plane._nulls import _noise
from skib.mutual_info import Binned, Ross

N = 400


def rows_of(plane, quantity="I(T;Y)"):
    return plane.results_[plane.results_["quantity"] == quantity].set_index(["epoch", "layer"])


def test_noise_has_the_mean_and_the_covariance_of_the_layer():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 3)) @ rng.normal(size=(3, 5)) + 7  # of rank 3
    draws = np.concatenate(list(_noise(x, 0, range(500))))
    assert draws.shape == (100_000, 5)
    error = 4 * np.sqrt(2 * np.outer(x.var(axis=0), x.var(axis=0)) / len(draws))  # of a covariance, at most
    assert (np.abs(np.cov(draws.T) - np.cov(x.T)) < error).all()
    assert (np.abs(draws.mean(axis=0) - x.mean(axis=0)) < 4 * x.std(axis=0) / np.sqrt(len(draws))).all()
    assert np.linalg.matrix_rank(draws[:200] - x.mean(axis=0)) == 3
    assert_allclose(next(_noise(x, 0, [0])), draws[:200])


def test_noise_null_is_met_by_a_structureless_layer_and_exceeds_a_saturated_one():
    """Binned I(X;T) of distinct inputs is H(T): Gaussian layers have that of noise, tanh units at +-1 far less."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(N, 2))
    dump = {0: {"linear": x @ rng.normal(size=(2, 2)), "tanh": np.tanh(20 * x)}, "y": np.arange(N) % 2, "ids": range(N)}
    plane = InformationPlane(input_estimator=Binned(n_bins=6), null="noise", random_state=0).fit(dump)
    rows = rows_of(plane, "I(X;T)")
    distance = (rows["mutual_info"] - rows["null_mean"]) / rows["null_std"]
    assert abs(distance[0, "linear"]) < 4 and distance[0, "tanh"] < -10
    assert rows.loc[(0, "tanh"), "pvalue"] > 0.99  # one-sided, as everywhere: not more than noise
    permuted = rows_of(InformationPlane(input_estimator=Binned(n_bins=6), random_state=0).fit(dump), "I(X;T)")
    assert_allclose(permuted["null_mean"], permuted["mutual_info"])  # permutations rename symbols, no more
    assert_allclose(permuted["mutual_info"], rows["mutual_info"], rtol=0)


def test_noise_is_independent_of_the_target():
    rng = np.random.default_rng(1)
    y = rng.integers(2, size=N)
    dump = {0: {"fc": rng.normal(size=(N, 2)) + 3 * y[:, None]}, "y": y, "ids": range(N)}
    row = rows_of(InformationPlane(null="noise", random_state=0).fit(dump)).loc[0, "fc"]
    assert abs(row["null_mean"]) < 4 * row["null_std"] / np.sqrt(20) + 0.01
    assert row["mutual_info"] > 0.5 and row["pvalue"] < 1e-6


@pytest.mark.parametrize("estimator", [Ross(), Binned(n_bins=30), Binned(n_bins=6), Ross(marginals=None)])
@pytest.mark.parametrize("width", [1, 2, 3, 64])
def test_no_estimate_of_random_labels_above_a_twentieth_of_a_nat_goes_unflagged(estimator, width):
    rng = np.random.default_rng(width)
    layers = {f"layer{i}": rng.normal(size=(N, width)) for i in range(5)}
    plane = InformationPlane(estimator, Binned(5), random_state=0).fit({0: layers, "ids": range(N)}, np.arange(N) % 10)
    rows = rows_of(plane)
    high = rows[rows["mutual_info"] > 0.05]
    assert high["warnings"].str.contains("UnreliableEstimateWarning|SaturatedEstimateWarning").all()
    if isinstance(estimator, Binned):
        assert len(high) > 2  # so that the assertion above is not vacuous


def test_an_estimate_above_a_large_null_is_flagged_too():
    rng = np.random.default_rng(0)
    y = np.arange(N) % 2
    dump = {0: {"fc": rng.normal(size=(N, 2)) + 4 * y[:, None]}, "y": y, "ids": range(N)}
    row = rows_of(InformationPlane(Binned(n_bins=12), random_state=0).fit(dump)).loc[0, "fc"]
    assert row["pvalue"] < 0.01 and row["null_mean"] > 0.05
    assert "UnreliableEstimateWarning" in row["warnings"] and "but the permutation null is" in row["message"]
    assert "compare the excess over the null" in row["message"]
    clean = rows_of(InformationPlane(random_state=0).fit(dump)).loc[0, "fc"]
    assert clean["mutual_info"] > 0.6 and clean["warnings"] == clean["message"] == ""
