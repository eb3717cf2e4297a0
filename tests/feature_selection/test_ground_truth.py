"""Tables of which the informative columns are known."""

import numpy as np
import pytest
from sklearn.datasets import make_classification, make_friedman1

from skib.datasets import make_suppressor
from skib.feature_selection import InformationSelector
from skib.mutual_info import GaussianCopula


def madelon(seed, n_samples=2000, n_features=500):
    """The generator of Madelon: columns 0 to 19 are informative."""
    options = {"n_informative": 5, "n_redundant": 15, "n_clusters_per_class": 16, "class_sep": 2, "flip_y": 0.01}
    return make_classification(n_samples, n_features, **options, shuffle=False, random_state=seed)


def hits(criterion, seed, **sizes):
    X, y = madelon(seed, **sizes)
    selector = InformationSelector(criterion, 20, discretizer=5).fit(X, y)
    return int(np.sum(selector.selected_features_ < 20))


@pytest.mark.parametrize("criterion", ["jmi", "disr"])
def test_madelon(criterion):
    assert hits(criterion, 0) >= 19
    assert hits("mrmr", 0) < 15


@pytest.mark.slow
@pytest.mark.parametrize(("criterion", "least"), [("jmi", 19.5), ("disr", 19.9), ("cife", 18.5)])
def test_madelon_of_ten_seeds(criterion, least):
    assert np.mean([hits(criterion, seed) for seed in range(10)]) >= least


def exclusive_or(seed):
    """Two bits of 50 whose exclusive or is y in 90 % of the rows."""
    rng = np.random.default_rng(seed)
    X = rng.integers(2, size=(1000, 50))
    y = X[:, 17] ^ X[:, 31] ^ (rng.random(1000) < 0.1)
    return X, y


@pytest.mark.parametrize("seed", range(20))
def test_start_with_a_pair_finds_an_exclusive_or(seed):
    X, y = exclusive_or(seed)
    selector = InformationSelector("jmi", 2, init="pair").fit(X, y)
    assert selector.selected_features_.tolist() == [17, 31]
    truth = np.log(2) + 0.1 * np.log(0.1) + 0.9 * np.log(0.9)
    assert selector.scores_ == pytest.approx([truth, truth], abs=4 * 0.02)


def test_start_with_one_column_misses_it():
    found = [set(InformationSelector("jmi", 2).fit(*exclusive_or(seed)).selected_features_) for seed in range(10)]
    assert sum({17, 31} == pair for pair in found) <= 3


def suppressor(seed):
    """y, a column of y with noise, a column of that noise alone, and ten weak columns."""
    rng = np.random.default_rng(seed)
    y = rng.integers(2, size=2000)
    noise = rng.normal(size=2000)
    weak = (y[:, None] + 6 * rng.normal(size=(2000, 10))).round(1)
    return np.column_stack([noise, weak, y + noise]), y


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("criterion", ["jmi", "cife", "disr", "jmim"])
def test_suppressor_is_second_and_never_first(criterion, seed):
    X, y = suppressor(seed)
    assert InformationSelector(criterion, 2).fit(X, y).selected_features_.tolist() == [11, 0]


@pytest.mark.parametrize("criterion", ["mim", "mrmr", "jmi", "cmim"])
@pytest.mark.parametrize("seed", range(3))
def test_friedman(criterion, seed):
    X, y = make_friedman1(1000, n_features=100, random_state=seed)
    selector = InformationSelector(criterion, 5).fit(X, y)
    assert np.sum(selector.selected_features_ < 5) >= 4


@pytest.mark.parametrize("criterion", ["jmi", "cife", "cmi"])
@pytest.mark.parametrize("estimator", [None, GaussianCopula()])
def test_suppressor_of_a_gaussian_target(criterion, estimator):
    for seed in range(5):
        made = make_suppressor(2000, n_features=50, random_state=seed)
        X = made.X[:, ::-1]  # the informative column is the last one, and the suppressor is before it
        selector = InformationSelector(criterion, 2, estimator=estimator).fit(X, made.y)
        assert selector.selected_features_.tolist() == [49, 48]
        if estimator is not None:  # I(X_2;y|X_1) of log(r) has a standard error below sqrt(1 / n)
            assert selector.scores_ == pytest.approx([0.5 * np.log(2), made.conditional_mutual_info], abs=4 * 0.022)


@pytest.mark.parametrize("criterion", ["mim", "mrmr", "cmim"])
def test_criteria_that_are_blind_to_a_suppressor(criterion):
    made = make_suppressor(2000, n_features=20, random_state=0)
    selector = InformationSelector(criterion, 5, estimator=GaussianCopula()).fit(made.X, made.y)
    assert selector.selected_features_[0] == 0
    assert 1 not in selector.selected_features_[:2]
