"""CauchySchwarz against its formula, its closed form for Gaussian pairs, its error, and what should not change it."""

import numpy as np
import pytest
from hypothesis import given, settings

from skib import ConstantInputWarning, SaturatedEstimateWarning
from skib._gram import median_distance
from skib._kernels import gram
from skib.datasets import make_gaussian_pair
from skib.mutual_info import CauchySchwarz, permutation_test
from tests.naive import gram as naive_gram
from tests.strategies import tied_rows


def gaussian_truth(rho, bandwidth):
    kq, k, q, product = naive_gram.gaussian_moments(rho, bandwidth)
    return np.log(kq * k * q / product**2)


@settings(max_examples=40)
@given(tied_rows(min_columns=2, max_columns=4))
def test_value_equals_the_formula(rows):
    x, y = rows[:, 1:], rows[:, :1]
    if (x == x[0]).all() or (y == y[0]).all():
        return
    expected = naive_gram.cauchy_schwarz(naive_gram.gram(x, 0.8), naive_gram.gram(y, 0.8))
    estimate = CauchySchwarz(0.8, marginals=None).fit(x, y)
    assert estimate.mutual_info_ == pytest.approx(expected, rel=0, abs=1e-12)
    assert -1e-12 < estimate.mutual_info_ <= estimate.ceiling_ == np.log(len(x))


def test_default_bandwidth_is_the_median_distance():
    x, y = np.random.default_rng(0).normal(size=(2, 300, 3))
    pairs = np.triu_indices(300, 1)
    expected = [np.median(np.linalg.norm(side[pairs[0]] - side[pairs[1]], axis=1)) for side in (x, 50 * y)]
    np.testing.assert_allclose(CauchySchwarz(marginals=None).fit(x, 50 * y).bandwidth_, expected, rtol=1e-12)
    many = np.random.default_rng(1).normal(size=(20_000, 1))
    assert median_distance(many) == pytest.approx(np.sqrt(2) * 0.67449, rel=0.01)


@pytest.mark.parametrize("marginals", ["rank", "standard", None])
@pytest.mark.parametrize("rho", [0.3, 0.5, 0.9])
def test_gaussian_truth(rho, marginals):
    for seed in range(4):
        pair = make_gaussian_pair(2000, rho=rho, random_state=seed)
        estimate = CauchySchwarz(1, marginals=marginals).fit(pair.X, pair.y)
        assert abs(estimate.mutual_info_ - gaussian_truth(rho, 1.0)) < 4 * estimate.std_error_


@pytest.mark.parametrize("marginals", ["rank", "standard"])
@pytest.mark.parametrize("rho", [0.5, 0.9])
def test_standard_error_is_the_spread_over_samples(rho, marginals):
    pairs = [make_gaussian_pair(300, rho=rho, random_state=seed) for seed in range(100)]
    fits = [CauchySchwarz(1, marginals=marginals).fit(pair.X, pair.y) for pair in pairs]
    spread = np.std([fit.mutual_info_ for fit in fits], ddof=1)
    # The spread of 100 values is known to 1 part in sqrt(200).
    assert np.mean([fit.std_error_ for fit in fits]) == pytest.approx(spread, rel=4 / np.sqrt(200))


@pytest.mark.parametrize("marginals", ["standard", None])
def test_influences_are_the_derivatives_by_the_weights_of_the_rows(marginals):
    pair = make_gaussian_pair(40, rho=0.7, random_state=3)
    x, y = pair.X, pair.y[:, None]

    def value(weights):
        sides = []
        for side in (x, y):
            mean = weights @ side
            sides.append((side - mean) / np.sqrt(weights @ (side - mean) ** 2) if marginals else side)
        return np.log(naive_gram.weighted_moments(*sides, weights)) @ [1, 1, 1, -2]

    def derivative(i, step=1e-5):
        towards = np.eye(40)[i] - 1 / 40
        return (value(1 / 40 + step * towards) - value(1 / 40 - step * towards)) / (2 * step)

    expected = np.array([derivative(i) for i in range(40)])
    estimate = CauchySchwarz(1, marginals=marginals).fit(x, y)
    assert estimate.std_error_ == pytest.approx(np.std(expected, ddof=1) / np.sqrt(40), rel=1e-7)


def test_it_grows_with_the_correlation():
    pairs = [make_gaussian_pair(500, rho=rho, random_state=0) for rho in (0, 0.3, 0.6, 0.9, 0.99)]
    assert (np.diff([CauchySchwarz().fit(pair.X, pair.y).mutual_info_ for pair in pairs]) > 0).all()


def test_independence():
    pairs = [make_gaussian_pair(300, rho=0, dim=2, random_state=seed) for seed in range(20)]
    pvalues = [permutation_test(CauchySchwarz(), p.X, p.y, n_permutations=19, random_state=0).pvalue for p in pairs]
    assert abs(np.mean(pvalues) - 0.525) < 4 * np.sqrt(1 / 12 / 20)  # uniform on 0.05, 0.10, ..., 1
    assert all(CauchySchwarz().fit(p.X, p.y).mutual_info_ < 10 / 300 for p in pairs)
    pair = make_gaussian_pair(300, rho=0.5, random_state=0)
    assert permutation_test(CauchySchwarz(), pair.X, pair.y, n_permutations=99, random_state=0).pvalue == 0.01


@pytest.fixture
def pair():
    return make_gaussian_pair(400, rho=0.8, dim=2, random_state=5)


@pytest.mark.parametrize("marginals", ["rank", "standard"])
@pytest.mark.parametrize("change", [lambda x: 3 - 7 * x, lambda x: 1e-300 * x, lambda x: 1e300 * x, lambda x: x + 1e12])
def test_units_change_nothing(pair, change, marginals):
    x = np.round(pair.X * 2**10) / 2**10  # the digits that an offset of 1e12 leaves
    expected, got = (CauchySchwarz(marginals=marginals).fit(side, pair.y) for side in (x, change(x)))
    assert got.mutual_info_ == pytest.approx(expected.mutual_info_, abs=1e-12)
    assert got.std_error_ == pytest.approx(expected.std_error_, rel=1e-9)


def test_monotone_maps_change_no_ranks(pair):
    expected = CauchySchwarz().fit(pair.X, pair.y).mutual_info_
    assert CauchySchwarz().fit(np.exp(6 * pair.X), pair.y**3).mutual_info_ == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("n", [400, 1500])
def test_rows_columns_and_sides_may_be_exchanged(n):
    pair = make_gaussian_pair(n, rho=0.8, dim=2, random_state=5)
    order = np.random.default_rng(0).permutation(n)
    value = CauchySchwarz().fit(pair.X, pair.y).mutual_info_
    assert CauchySchwarz().fit(pair.X[order], pair.y[order]).mutual_info_ == pytest.approx(value, abs=1e-12)
    assert CauchySchwarz().fit(pair.X[:, ::-1], pair.y).mutual_info_ == pytest.approx(value, abs=1e-12)
    assert CauchySchwarz().fit(pair.y, pair.X).mutual_info_ == pytest.approx(value, abs=1e-12)


def test_block_size_changes_no_bit(pair, monkeypatch):
    expected = CauchySchwarz().fit(pair.X, pair.y)
    for cost in (1, 60_000):  # calls for two rows, and for six
        monkeypatch.setattr(gram, "_CALL_COST", cost)
        got = CauchySchwarz().fit(pair.X, pair.y)
        assert (got.mutual_info_, got.std_error_) == (expected.mutual_info_, expected.std_error_)


def test_score_features_and_score_equal_fit(pair):
    X, y = np.column_stack([pair.X, np.maximum(pair.X[:, 0], 0), np.zeros(400)]), pair.y
    with pytest.warns(ConstantInputWarning, match=r"columns \[3\] of X"):
        scores = CauchySchwarz().score_features(X, y)
    fits = [CauchySchwarz().fit(X[:, [j]], y) for j in range(3)]
    np.testing.assert_array_equal(scores, [fit.mutual_info_ for fit in fits] + [0.0])
    assert fits[0].score(X[:, [1]], y) == scores[1]


def test_constant_sides_warn_and_give_zero(pair):
    with pytest.warns(ConstantInputWarning, match="X is constant"):
        estimate = CauchySchwarz().fit(np.ones((400, 1)), pair.y)
    assert (estimate.mutual_info_, estimate.std_error_) == (0.0, 0.0)
    with pytest.warns(ConstantInputWarning, match="y is constant"):
        assert CauchySchwarz().fit(pair.X, np.ones(400)).mutual_info_ == 0.0


def test_narrow_kernels_saturate(pair):
    with pytest.warns(SaturatedEstimateWarning):
        estimate = CauchySchwarz(1e-9).fit(pair.X, pair.y)
    assert estimate.mutual_info_ == pytest.approx(np.log(400), abs=1e-12)
    assert estimate.saturated_


def test_distances_beyond_all_floats_are_refused(pair):
    with pytest.raises(ValueError, match="use marginals='rank' or a larger bandwidth"):
        CauchySchwarz(0.1, marginals=None).fit(1e308 * np.sign(pair.X), pair.y)
    with pytest.raises(ValueError, match="'bandwidth' parameter"):
        CauchySchwarz(0.0).fit(pair.X, pair.y)
