"""Shares of information: efficiency, symmetry, closed forms, the two routes, hostile input."""

import numpy as np
import pandas as pd
import pytest

from skib import UnreliableEstimateWarning
from skib.mutual_info import GaussianCopula
from skib.pid import information_shares


def rows(n_samples, n_columns, seed=0, n_targets=1):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n_samples, n_columns)) @ rng.normal(size=(n_columns, n_columns))
    return x, x @ rng.normal(size=(n_columns, n_targets)) + 2 * rng.normal(size=(n_samples, n_targets))


@pytest.mark.parametrize("n_targets", [1, 2])
@pytest.mark.parametrize("n_columns", [1, 4, 18])
def test_shares_add_up_to_the_information(n_columns, n_targets):
    x, y = rows(300, n_columns, n_targets=n_targets)
    table = information_shares(x, y, n_permutations=10, random_state=0)
    # Correlations are shrunk by 1 / n^2, which columns of much information with each other feel.
    assert table["share"].sum() == pytest.approx(GaussianCopula().fit(x, y).mutual_info_, abs=2e-3)
    assert (table["sampling_error"] > 0).all() == (n_columns > 15)
    everything = table["last"].iloc[-1] + information_of(x[:, :-1], y) if n_columns > 1 else table["alone"].item()
    assert table["share"].sum() == pytest.approx(everything, abs=1e-10)


def information_of(x, y):
    return information_shares(x, y, n_permutations=2, random_state=0)["share"].sum()


def test_two_columns_by_hand():
    x, y = rows(200, 2)
    table = information_shares(pd.DataFrame(x, columns=["a", "b"]), y)
    assert table.index.tolist() == ["a", "b"]
    assert np.allclose(table["share"], (table["alone"] + table["last"]) / 2, rtol=0, atol=1e-12)


def test_copies_have_equal_shares_and_noise_none():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3000, 3))
    x[:, 1] = x[:, 0]
    y = x[:, 0] + rng.normal(size=3000)
    table = information_shares(x, y)
    truth = np.log(2) / 2  # of which each copy has half
    error = GaussianCopula().fit(x[:, [0]], y).std_error_
    assert table["share"].iloc[0] == pytest.approx(table["share"].iloc[1], abs=1e-6)
    assert abs(table["share"].iloc[:2].sum() - truth) < 4 * error
    assert abs(table["share"].iloc[2]) < 4 / 3000
    assert abs(table["last"].iloc[:2]).max() < 1 / 3000


def test_order_of_columns_changes_nothing():
    x, y = rows(200, 5)
    expected = information_shares(x, y)["share"].to_numpy()
    assert np.allclose(information_shares(x[:, ::-1], y)["share"].to_numpy()[::-1], expected, rtol=0, atol=1e-10)
    assert np.allclose(information_shares(np.exp(x / 9), y**3)["share"], expected, rtol=0, atol=1e-10)


def test_sampled_orders_agree_with_all_sets(monkeypatch):
    x, y = rows(400, 6)
    exact = information_shares(x, y)["share"]
    monkeypatch.setattr("skib.pid._shares._MOST_EXACT", 2)
    sampled = information_shares(x, y, random_state=0)
    assert (abs(sampled["share"] - exact) < 4 * sampled["sampling_error"]).all()
    assert sampled["share"].sum() == pytest.approx(exact.sum(), abs=1e-10)
    assert (information_shares(x, y, random_state=0) == sampled).all(axis=None)


def test_constants_have_nothing_and_change_nothing():
    X, y = np.random.default_rng(0).normal(size=(2, 60, 2))
    expected = information_shares(X, y)
    with pytest.warns(match="constant"):
        found = information_shares(np.c_[X, np.ones(60)], y)
    assert np.allclose(found[:2], expected, rtol=0, atol=1e-12)
    assert np.allclose(found.loc[2], 0, atol=1e-12)
    with pytest.warns(match="constant"):
        assert np.allclose(information_shares(X, np.ones(60)), 0, atol=1e-12)


def test_bad_input():
    x, y = rows(30, 4)
    with pytest.raises(ValueError, match="more rows or fewer columns"):
        information_shares(x[:6], y[:6])
    with pytest.raises(ValueError, match="n_permutations"):
        information_shares(x, y, n_permutations=1)
    with pytest.warns(UnreliableEstimateWarning, match="many equal values"):
        information_shares(np.maximum(x, 0), y)
    with pytest.raises(ValueError, match="text|category"):
        information_shares(pd.DataFrame({"a": list("xy") * 15, "b": x[:, 0]}), y)
    x[2, 1] = np.nan
    with pytest.raises(ValueError, match="NaN|missing"):
        information_shares(x, y)
