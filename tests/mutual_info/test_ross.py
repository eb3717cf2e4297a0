"""Ross: parameters, known truths, and everything that should not change it (the formula: tests/neighbors)."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skib import ConstantInputWarning, DuplicateRowsWarning, SaturatedEstimateWarning, UnreliableEstimateWarning
from skib._neighbors import ross_terms
from skib.datasets import make_gaussian_classes
from skib.mutual_info import Ross, permutation_test


@pytest.mark.parametrize("marginals", ["rank", "standard", None])
@pytest.mark.parametrize("columns", [1, 2])
def test_pointwise_is_the_formula_for_all_parameters(columns, marginals):
    pair = make_gaussian_classes(150, n_classes=3, random_state=0)
    X = np.column_stack([np.roll(pair.X[:, 0], j) for j in range(columns)])
    fitted = Ross(4, marginals=marginals).fit(X, pair.y)
    np.testing.assert_array_equal(fitted.pointwise_, ross_terms(X, pair.y, 4, marginals=marginals))


@pytest.mark.parametrize("n_classes", [2, 5])
@pytest.mark.parametrize("separation", [0.0, 1.0, 4.0])
def test_truth(n_classes, separation):
    for seed in range(4):
        pair = make_gaussian_classes(1500, n_classes=n_classes, separation=separation, random_state=seed)
        estimate = Ross().fit(pair.X, pair.y)
        assert abs(estimate.mutual_info_ - pair.mutual_info) < 4 * estimate.std_error_ + 1e-3


def test_separated_classes_give_their_entropy():
    pair = make_gaussian_classes(1000, n_classes=4, separation=50.0, random_state=0)
    estimate = Ross(marginals="standard").fit(np.column_stack([pair.X, -pair.X]), pair.y)  # ranks would close the gaps
    assert estimate.mutual_info_ == pytest.approx(estimate.ceiling_, abs=1e-9)
    assert estimate.ceiling_ == pytest.approx(np.log(4), abs=0.01)
    assert not estimate.saturated_  # H(Y) bounds the truth itself


def test_independent_wide_layer_is_not_informative():
    rng = np.random.default_rng(0)
    for width in (1, 8, 64, 256):
        layer, coins = rng.normal(size=(600, width)), rng.integers(0, 2, 600)
        test = permutation_test(Ross(), layer, coins, n_permutations=50, random_state=0)
        assert abs(test.statistic - test.null_mean) < 4 * test.null_std
        assert abs(test.null_mean) < 0.02


@pytest.mark.parametrize("columns", [1, 3])
def test_shared_null_equals_separate_fits(columns):
    pair = make_gaussian_classes(120, n_classes=3, random_state=0)
    X = np.column_stack([np.roll(pair.X[:, 0], j) for j in range(columns)])
    orders = [np.random.default_rng(seed).permutation(120) for seed in range(5)]
    expected = [Ross().fit(X, pair.y[order]).mutual_info_ for order in orders]
    np.testing.assert_allclose(Ross().permuted_estimates(X, pair.y, orders), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("labels", [np.array(["b", "a"]), np.array([True, False]), np.array([7.0, -3.0])])
def test_any_labels(labels):
    pair = make_gaussian_classes(300, random_state=0)
    expected = Ross().fit(pair.X, pair.y).mutual_info_
    assert Ross().fit(pair.X, labels[pair.y]).mutual_info_ == pytest.approx(expected, abs=1e-12)
    assert Ross().fit(pair.X, labels[pair.y][:, None]).mutual_info_ == pytest.approx(expected, abs=1e-12)


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_rows_may_be_reordered_and_columns_mapped(seed):
    pair = make_gaussian_classes(80, n_classes=3, random_state=seed)
    order = np.random.default_rng(seed).permutation(80)
    value = Ross().fit(pair.X, pair.y).mutual_info_
    assert Ross().fit(pair.X[order], pair.y[order]).mutual_info_ == pytest.approx(value, abs=1e-12)
    assert Ross().fit(np.exp(3 * pair.X), 2 - pair.y).mutual_info_ == pytest.approx(value, abs=1e-12)


COUNTS = {
    "Poisson(30)": lambda rng, n: rng.poisson(30, (n, 1)),
    "gamma, whole": lambda rng, n: np.round(rng.gamma(1.1, 170, (n, 1))),
    "rounded": lambda rng, n: rng.normal(size=(n, 1)).round(1),
    "ReLU": lambda rng, n: np.maximum(rng.normal(size=(n, 1)), 0),
    "three rounded columns": lambda rng, n: rng.normal(size=(n, 3)).round(1),
}


@pytest.mark.parametrize(
    ("name", "n_classes"), [*((name, 200) for name in COUNTS if "three" not in name), *((name, 8) for name in COUNTS)]
)
@pytest.mark.filterwarnings("ignore:y has .* classes of few rows")
def test_independence_with_ties_and_many_classes(name, n_classes):
    """Mean 0 over 20 samples, within four standard errors of that mean, which is far below the .06 of closed counts."""
    values = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        values.append(Ross().fit(COUNTS[name](rng, 1500), rng.integers(0, n_classes, 1500)).mutual_info_)
    assert abs(np.mean(values)) < 4 * np.std(values, ddof=1) / np.sqrt(20) < 0.015


@pytest.mark.filterwarnings("ignore:y has .* classes of few rows")
def test_noise_of_many_classes_is_no_better_than_a_weak_feature():
    """An independent category of 300 levels was estimated at 0.1 nats against counts, and selected."""
    rng = np.random.default_rng(0)
    hour, store = rng.integers(0, 24, 3000), rng.integers(0, 300, 3000)
    count = rng.poisson(100 * (1.1 + 0.15 * np.sin(hour / 4)))[:, None]
    weak, noise = Ross().fit(count, hour).mutual_info_, Ross().fit(count, store)
    assert weak > 0.1
    assert abs(noise.mutual_info_) < 3 * noise.std_error_


def test_score_features_equals_fit_for_any_n_jobs():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(400, 5)), rng.integers(0, 3, 400)
    X[:, 1] += y
    X[:, 2] = np.maximum(X[:, 2] + y, 0)
    scores = Ross().score_features(X, y)
    np.testing.assert_allclose(scores, [Ross().fit(X[:, [j]], y).mutual_info_ for j in range(5)], rtol=0, atol=1e-12)
    np.testing.assert_array_equal(Ross(n_jobs=2).score_features(X, y), scores)


def test_rows_alone_in_their_class_are_left_out():
    pair = make_gaussian_classes(300, random_state=0)
    y = pair.y.copy()
    y[:3] = [100, 101, 102]
    with pytest.warns(UnreliableEstimateWarning, match="3 of 300 rows are alone"):
        estimate = Ross().fit(pair.X, y)
    expected = Ross().fit(pair.X[3:], y[3:])
    assert estimate.mutual_info_ == pytest.approx(expected.mutual_info_, abs=1e-12)
    assert np.isnan(estimate.pointwise_[:3]).all()
    with pytest.warns(UnreliableEstimateWarning, match="300 of 300"):
        nothing = Ross().fit(pair.X, np.arange(300))
    assert (nothing.mutual_info_, nothing.ceiling_, nothing.saturated_) == (0, 0, False)
    assert np.isnan([nothing.std_error_, *nothing.pointwise_]).all()


def test_classes_of_two_rows_saturate():
    pairs = np.repeat(np.arange(100.0), 2) + np.tile([0.0, 0.1], 100)
    with (
        pytest.warns(SaturatedEstimateWarning),
        pytest.warns(UnreliableEstimateWarning, match=r"100 classes of few rows \(0: 2 rows, 1: 2 rows, .* \.\.\.\)"),
    ):
        estimate = Ross(marginals=None).fit(pairs[:, None], np.arange(200) // 2)
    assert estimate.saturated_


def test_copies_and_constants_warn():
    pair = make_gaussian_classes(300, random_state=0)
    twice = np.repeat(np.arange(300), 2)
    with pytest.warns(DuplicateRowsWarning):
        Ross().fit(pair.X[twice], pair.y[twice])
    with pytest.warns(ConstantInputWarning, match="X is constant"):
        assert Ross().fit(np.ones((300, 2)), pair.y).mutual_info_ == 0.0
    with pytest.warns(ConstantInputWarning, match="y is constant"):
        assert Ross().fit(pair.X, np.ones(300)).mutual_info_ == 0.0


def test_continuous_target_is_sent_to_ksg():
    x = np.random.default_rng(0).normal(size=(50, 1))
    with pytest.raises(ValueError, match=r"needs class labels.*KSG"):
        Ross().fit(x, x[:, 0])


def test_a_regular_grid_is_said_to_contradict():
    """Hours of a year against the hour of the day: rows of a class never stand as near as independent rows would."""
    time = np.arange(2400)
    with pytest.warns(UnreliableEstimateWarning, match=r"gives -0\.2\d+ nats .* information is never negative"):
        assert Ross().fit(time[:, None], time % 24).mutual_info_ < -0.2
