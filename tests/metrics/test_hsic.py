"""HSIC against its formulas, its closed form for Gaussian pairs, its error, and what should not change it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_selection import SelectKBest

from skib import ConstantInputWarning
from skib.datasets import make_gaussian_pair
from skib.metrics import HSIC
from tests.naive import gram as naive_gram
from tests.strategies import tied_rows


def gaussian_truth(rho, bandwidth):
    kq, k, q, product = naive_gram.gaussian_moments(rho, bandwidth)
    return kq + k * q - 2 * product


@settings(max_examples=40)
@given(tied_rows(min_columns=2, max_columns=4), st.booleans())
def test_value_equals_the_formula(rows, unbiased):
    x, y = rows[:, 1:], rows[:, :1]
    if (x == x[0]).all() or (y == y[0]).all():
        return
    formula = naive_gram.hsic_unbiased if unbiased else naive_gram.hsic_biased
    expected = formula(naive_gram.gram(x, 0.8), naive_gram.gram(y, 0.8))
    estimate = HSIC(0.8, unbiased=unbiased, marginals=None).fit(x, y)
    assert estimate.dependence_ == pytest.approx(expected, rel=0, abs=1e-12)
    assert not hasattr(estimate, "mutual_info_")


@pytest.mark.parametrize("marginals", ["rank", "standard", None])
@pytest.mark.parametrize("rho", [0.3, 0.5, 0.9])
def test_gaussian_truth(rho, marginals):
    for seed in range(4):
        pair = make_gaussian_pair(2000, rho=rho, random_state=seed)
        estimate = HSIC(1, marginals=marginals).fit(pair.X, pair.y)
        assert abs(estimate.dependence_ - gaussian_truth(rho, 1.0)) < 4 * estimate.std_error_


@pytest.mark.parametrize("rho", [0, 0.5])
def test_unbiased_and_biased(rho):
    pairs = [make_gaussian_pair(30, rho=rho, random_state=seed) for seed in range(400)]
    values = {u: [HSIC(1, unbiased=u, marginals=None).fit(p.X, p.y).dependence_ for p in pairs] for u in (True, False)}
    error = np.std(values[True], ddof=1) / 20
    assert abs(np.mean(values[True]) - gaussian_truth(rho, 1.0)) < 4 * error
    assert np.mean(values[False]) - gaussian_truth(rho, 1.0) > 4 * error
    assert min(values[False]) > 0


@pytest.mark.parametrize("rho", [0.5, 0.9])
def test_standard_error_is_the_spread_over_samples(rho):
    pairs = [make_gaussian_pair(300, rho=rho, random_state=seed) for seed in range(100)]
    fits = [HSIC().fit(pair.X, pair.y) for pair in pairs]
    spread = np.std([fit.dependence_ for fit in fits], ddof=1)
    # The spread of 100 values is known to 1 part in sqrt(200).
    assert np.mean([fit.std_error_ for fit in fits]) == pytest.approx(spread, rel=4 / np.sqrt(200))


def test_it_sees_what_correlation_does_not():
    x, noise = np.random.default_rng(0).normal(size=(2, 500))
    estimate = HSIC().fit(x[:, None], x**2 + 0.5 * noise)
    assert estimate.dependence_ > 10 * estimate.std_error_


def test_permutations_of_independent_pairs():
    rng = np.random.default_rng(0)
    pvalues = []
    for seed in range(20):
        pair = make_gaussian_pair(200, rho=0, random_state=seed)
        null = HSIC().permuted_estimates(pair.X, pair.y, [rng.permutation(200) for _ in range(19)])
        pvalues.append((1 + np.sum(null >= HSIC().fit(pair.X, pair.y).dependence_)) / 20)
    assert abs(np.mean(pvalues) - 0.525) < 4 * np.sqrt(1 / 12 / 20)  # uniform on 0.05, 0.10, ..., 1


def test_it_grows_with_the_correlation_up_to_a_quarter():
    pairs = [make_gaussian_pair(500, rho=rho, random_state=0) for rho in (0, 0.3, 0.6, 0.9, 0.99)]
    assert (np.diff([HSIC().fit(pair.X, pair.y).dependence_ for pair in pairs]) > 0).all()
    halves = np.repeat([0.0, 1.0], 50)
    assert HSIC(1e-3, unbiased=False).fit(halves[:, None], halves).dependence_ == pytest.approx((50 / 99) ** 2)


@pytest.fixture
def pair():
    return make_gaussian_pair(400, rho=0.8, dim=2, random_state=5)


@pytest.mark.parametrize("marginals", ["rank", "standard"])
@pytest.mark.parametrize("change", [lambda x: 3 - 7 * x, lambda x: 1e-300 * x, lambda x: 1e300 * x, lambda x: x + 1e12])
def test_units_change_nothing(pair, change, marginals):
    x = np.round(pair.X * 2**10) / 2**10  # the digits that an offset of 1e12 leaves
    expected = HSIC(marginals=marginals).fit(x, pair.y).dependence_
    assert HSIC(marginals=marginals).fit(change(x), pair.y).dependence_ == pytest.approx(expected, abs=1e-12)


def test_rows_columns_and_sides_may_be_exchanged(pair):
    order = np.random.default_rng(0).permutation(400)
    value = HSIC().fit(pair.X, pair.y).dependence_
    assert HSIC().fit(pair.X[order], pair.y[order]).dependence_ == pytest.approx(value, abs=1e-12)
    assert HSIC().fit(pair.X[:, ::-1], pair.y).dependence_ == pytest.approx(value, abs=1e-12)
    assert HSIC().fit(pair.y, pair.X).dependence_ == pytest.approx(value, abs=1e-12)


def test_score_features_and_score_equal_fit(pair):
    X, y = np.column_stack([np.zeros(400), pair.X, np.random.default_rng(0).normal(size=400)]), pair.y
    with pytest.warns(ConstantInputWarning, match=r"columns \[0\] of X"):
        scores = HSIC().score_features(X, y)
    fits = [HSIC().fit(X[:, [j]], y) for j in (1, 2, 3)]
    np.testing.assert_array_equal(scores, [0.0] + [fit.dependence_ for fit in fits])
    assert fits[0].score(X[:, [3]], y) == scores[3]
    assert SelectKBest(HSIC().score_features, k=2).fit(X[:, 1:], y).get_support().tolist() == [True, True, False]


def test_constant_sides_warn_and_give_zero(pair):
    with pytest.warns(ConstantInputWarning, match="y is constant"):
        estimate = HSIC().fit(pair.X, np.ones(400))
    assert (estimate.dependence_, estimate.std_error_) == (0.0, 0.0)


def test_three_rows_are_too_few():
    with pytest.raises(ValueError, match="at least 4 rows, got n_samples = 3"):
        HSIC().fit(np.arange(3.0)[:, None], np.arange(3.0))
