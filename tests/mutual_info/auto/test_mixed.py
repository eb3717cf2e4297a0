"""Columns of several kinds in one variable, against the truth."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from skib._columns import Variable, check_columns, target_columns
from skib.mutual_info import KSG, Auto
from skib.mutual_info._auto._mixed import best_class_column, mixed_estimate

N = 2000


def variable(X):
    return Variable(check_columns(Auto(), X))


def town_and_age(rng, n):
    """Towns shift y, and ages have another slope in each of them; returns X, y and I(X;Y), by quadrature."""
    town, age = rng.integers(0, 4, n), rng.normal(size=n)
    slopes, shifts = np.array([0.0, 0.5, 1.0, -1.0]), np.array([-2.0, 0.0, 0.0, 2.0])
    y = shifts[town] + slopes[town] * age + rng.normal(size=n)
    grid = np.linspace(-12, 12, 4001)
    density = np.mean([norm.pdf(grid, m, np.hypot(1, s)) for m, s in zip(shifts, slopes, strict=True)], axis=0)
    entropy = -np.sum(density * np.log(density)) * (grid[1] - grid[0])
    frame = pd.DataFrame({"town": pd.Categorical.from_codes(town, list("abcd")), "age": age})
    return frame, y, entropy - 0.5 * np.log(2 * np.pi * np.e)


@pytest.mark.parametrize("seed", range(3))
def test_town_and_age(seed):
    X, y, truth = town_and_age(np.random.default_rng(seed), N)
    for parts in ((variable(X), Variable(target_columns(y, N))), (Variable(target_columns(y, N)), variable(X))):
        estimate = mixed_estimate(*parts)
        assert estimate.method == "chain rule"
        assert abs(estimate.value - truth) < 4 * estimate.std_error < 0.12
        np.testing.assert_allclose(np.mean(estimate.pointwise), estimate.value)
    assert estimate.candidates["categories"] < truth - 0.1


def test_town_and_age_with_classes():
    """I(X;Y) of the classes y > 0, by the mean of the entropies of p(y | x)."""
    rng = np.random.default_rng(0)
    X, y, _ = town_and_age(rng, N)
    many, y_of_many, _ = town_and_age(rng, 10**6)
    codes, age = many["town"].cat.codes.to_numpy(), many["age"].to_numpy()
    p = norm.cdf(np.array([-2.0, 0.0, 0.0, 2.0])[codes] + np.array([0.0, 0.5, 1.0, -1.0])[codes] * age)
    q = np.mean(p)
    truth = -q * np.log(q) - (1 - q) * np.log(1 - q) + np.mean(p * np.log(p) + (1 - p) * np.log1p(-p))
    estimate = mixed_estimate(variable(X), Variable(target_columns((y > 0).astype(int), N)))
    assert estimate.method == "chain rule"
    assert abs(estimate.value - truth) < 4 * estimate.std_error < 0.1


def test_independence_within_and_between_towns():
    values = []
    for seed in range(10):
        X, _, _ = town_and_age(np.random.default_rng(seed), 800)
        y = np.random.default_rng(100 + seed).normal(size=800)
        values.append(mixed_estimate(variable(X), Variable(target_columns(y, 800))).value)
    assert abs(np.mean(values)) < 4 * np.std(values, ddof=1) / np.sqrt(10) < 0.05


def test_rare_categories_do_not_hide_the_numbers():
    """A random category of 400 levels beside a number; truth -0.5 log(1 - 0.8^2) = 0.511 nats."""
    rng = np.random.default_rng(0)
    x, truth = rng.normal(size=N), -0.5 * np.log(1 - 0.64)
    y = 0.8 * x + 0.6 * rng.normal(size=N)
    X = pd.DataFrame({"x": x, "store": pd.Categorical(rng.integers(0, 400, N))})
    estimate = mixed_estimate(variable(X), Variable(target_columns(y, N)))
    assert estimate.value == estimate.candidates["numbers"]
    assert abs(estimate.value - truth) < 4 * estimate.std_error
    assert estimate.candidates["categories"] + estimate.candidates["numbers_within"] < 0.3


def test_a_random_column_of_classes_does_not_hide_another_one():
    rng = np.random.default_rng(0)
    hour, store = rng.integers(0, 12, N), rng.integers(0, 300, N)
    y = Variable(target_columns(hour + rng.normal(size=N), N))
    X = variable(pd.DataFrame({"hour": hour, "store": pd.Categorical(store)}))
    alone = best_class_column(X, y, 0.5, 0.05)
    expected = Auto().fit(hour[:, None], y.values).mutual_info_
    assert alone.value == pytest.approx(expected, abs=1e-12)
    assert best_class_column(X, y, expected - 0.05, 0.05) is None  # not surely more
    few = variable(pd.DataFrame({"hour": hour, "door": pd.Categorical(store % 2)}))
    assert best_class_column(few, y, 0.5, 0.05) is None  # no joint class is rare


def test_categories_on_both_sides_are_left_to_neighbors():
    X, y, _ = town_and_age(np.random.default_rng(0), 300)
    both = variable(X.assign(y=y)[["town", "y"]])
    assert mixed_estimate(variable(X), both).method == "MesnerShalizi"


def test_rounded_numbers_within_a_category():
    X, y, truth = town_and_age(np.random.default_rng(0), N)
    found = [mixed_estimate(variable(X.round(d)), Variable(target_columns(y.round(d), N))) for d in (9, 2, 1)]
    for estimate in found:
        assert abs(estimate.value - truth) < 4 * estimate.std_error
        assert abs(estimate.value - found[0].value) < 0.03


def test_numbers_that_are_constant_within_a_category():
    X, y, _ = town_and_age(np.random.default_rng(0), N)
    X["age"] = np.where(X["town"] == "a", 0.0, X["age"])
    estimate = mixed_estimate(variable(X), Variable(target_columns(y, N)))
    assert np.isfinite(estimate.pointwise).all()
    assert estimate.value > KSG().fit(X[["age"]], y).mutual_info_
