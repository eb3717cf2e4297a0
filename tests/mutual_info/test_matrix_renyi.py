"""MatrixRenyi against its formula, its limits, and what should not change it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skib import ConstantInputWarning, SaturatedEstimateWarning
from skib.datasets import make_gaussian_pair
from skib.mutual_info import MatrixRenyi, _matrix_renyi, permutation_test
from tests.naive import gram as naive_gram
from tests.strategies import tied_rows

ALPHAS = [0.5, 1, 1.01, 2, 3, 3.5, 4]


@settings(max_examples=60)
@given(tied_rows(min_columns=2, max_columns=4), st.sampled_from([1, 1.01, 2, 3, 3.5, 4]))
@pytest.mark.filterwarnings("ignore::skib.SaturatedEstimateWarning")
def test_value_equals_the_formula(rows, alpha):
    x, y = rows[:, 1:], rows[:, :1]
    if (x == x[0]).all() or (y == y[0]).all():
        return
    K, Q = naive_gram.gram(x, 0.8), naive_gram.gram(y, 0.8)
    estimate = MatrixRenyi(alpha, 0.8, marginals=None).fit(x, y)
    assert estimate.mutual_info_ == pytest.approx(naive_gram.matrix_renyi(K, Q, alpha), rel=0, abs=1e-11)
    assert estimate.mutual_info_ <= estimate.ceiling_ + 1e-12
    assert alpha != 1 or estimate.mutual_info_ > -1e-12
    entropies = [naive_gram.renyi_entropy(side, alpha) for side in (K, Q)]
    assert estimate.ceiling_ == pytest.approx(min(entropies), rel=0, abs=1e-11)
    assert estimate.ceiling_ <= np.log(len(x)) + 1e-12


def test_order_two_is_a_sum_of_squares():
    pair = make_gaussian_pair(200, rho=0.7, dim=2, random_state=0)
    near = [MatrixRenyi(alpha).fit(pair.X, pair.y).mutual_info_ for alpha in (2 - 1e-9, 2)]
    assert near[0] == pytest.approx(near[1], abs=1e-8)


@pytest.mark.parametrize("alpha", [3, 4])
@pytest.mark.parametrize("n", [100, 128, 129, 300])
def test_orders_three_and_four_are_sums_over_products(alpha, n):
    x, y = np.split(np.random.default_rng(n).normal(size=(n, 7)), [4], axis=1)
    K, Q = naive_gram.gram(x, 1.5), naive_gram.gram(y, 1.5)
    estimate = MatrixRenyi(alpha, 1.5, marginals=None).fit(x, y)
    assert estimate.mutual_info_ == pytest.approx(naive_gram.matrix_renyi(K, Q, alpha), rel=0, abs=1e-12)


def test_large_orders_weigh_the_heaviest_eigenvalue():
    p = np.array([0.5, 0.25, 0.25])
    assert _matrix_renyi.renyi_entropy(p, 1e5) == pytest.approx(np.log(2), rel=2e-5)


def test_order_one_is_the_limit():
    p = np.array([0.5, 0.25, 0.125, 0.125])
    assert _matrix_renyi.renyi_entropy(p, 1) == pytest.approx(1.75 * np.log(2), abs=1e-15)
    # Variance of -log p times (alpha - 1) / 2 is the next term.
    for alpha in (1 - 1e-9, 1 + 1e-9, 1 + 1e-13):
        assert _matrix_renyi.renyi_entropy(p, alpha) == pytest.approx(1.75 * np.log(2), abs=1e-9)
    assert _matrix_renyi.renyi_entropy(p, 2) == pytest.approx(-np.log(np.sum(p**2)), abs=1e-15)


@pytest.mark.parametrize("alpha", ALPHAS)
def test_equal_blocks_have_the_entropy_of_their_labels(alpha):
    # Rows of 4 x 4 cells far apart: K is block-diagonal, its eigenvalues the shares of the cells, whatever alpha.
    cells = np.arange(64)
    x, y = cells % 4, cells // 4 % 4
    fit = MatrixRenyi(alpha, 0.01).fit
    assert fit(x[:, None], x).mutual_info_ == pytest.approx(np.log(4), abs=1e-12)
    assert fit(x[:, None], y).mutual_info_ == pytest.approx(0, abs=1e-12)
    assert fit(x[:, None], x // 2).mutual_info_ == pytest.approx(np.log(2), abs=1e-12)


def test_order_two_is_not_subadditive():
    x, y = np.array([0, 0, 0, 1]), np.array([0, 0, 1, 0])
    # Cells of 1/2, 1/4, 1/4 and 0 against margins of 3/4 and 1/4.
    assert MatrixRenyi(2, 0.01, marginals=None).fit(x[:, None], y).mutual_info_ == pytest.approx(
        np.log((6 / 16) / (10 / 16) ** 2)
    )
    assert MatrixRenyi(1, 0.01, marginals=None).fit(x[:, None], y).mutual_info_ > 0


def test_default_bandwidth():
    x, y = np.random.default_rng(0).normal(size=(2, 100, 3))
    y = y[:, :2]
    expected = [np.sqrt(3) * 100 ** (-1 / 7), np.sqrt(2) * 100 ** (-1 / 6)]
    estimate = MatrixRenyi(2).fit(x, y)
    np.testing.assert_allclose(estimate.bandwidth_, expected, rtol=1e-14)
    dead = MatrixRenyi(2).fit(np.column_stack([x, np.ones(100)]), y)
    assert dead.mutual_info_ == estimate.mutual_info_


@pytest.mark.parametrize("alpha", ALPHAS)
def test_it_grows_with_the_correlation(alpha):
    pairs = [make_gaussian_pair(300, rho=rho, random_state=0) for rho in (0, 0.3, 0.6, 0.9, 0.99)]
    assert (np.diff([MatrixRenyi(alpha).fit(pair.X, pair.y).mutual_info_ for pair in pairs]) > 0).all()


@pytest.mark.parametrize("alpha", [1.01, 2])
def test_independence(alpha):
    estimator, pvalues = MatrixRenyi(alpha), []
    for seed in range(20):
        pair = make_gaussian_pair(60, rho=0, random_state=seed)
        pvalues.append(permutation_test(estimator, pair.X, pair.y, n_permutations=19, random_state=0).pvalue)
    assert abs(np.mean(pvalues) - 0.525) < 4 * np.sqrt(1 / 12 / 20)  # uniform on 0.05, 0.10, ..., 1


@pytest.mark.parametrize("rho", [0, 0.5, 0.9])
def test_order_two_has_a_closed_form_for_gaussian_pairs(rho):
    n, bandwidth = 500, 0.7
    pairs = [make_gaussian_pair(n, rho=rho, random_state=seed) for seed in range(20)]
    values = [MatrixRenyi(2, bandwidth, marginals=None).fit(pair.X, pair.y).mutual_info_ for pair in pairs]
    # Squared kernels are kernels of width h / sqrt(2); n of the n^2 pairs are those of a row with itself.
    kq, k, q, _ = np.array(naive_gram.gaussian_moments(rho, bandwidth / np.sqrt(2))) * (1 - 1 / n) + 1 / n
    assert abs(np.mean(values) - np.log(kq / (k * q))) < 4 * np.std(values, ddof=1) / np.sqrt(20)


@pytest.fixture
def pair():
    return make_gaussian_pair(200, rho=0.8, dim=2, random_state=5)


@pytest.mark.parametrize("alpha", [1.01, 2])
@pytest.mark.parametrize("marginals", ["rank", "standard"])
@pytest.mark.parametrize("change", [lambda x: 3 - 7 * x, lambda x: 1e-300 * x, lambda x: 1e300 * x, lambda x: x + 1e12])
def test_units_change_nothing(pair, change, marginals, alpha):
    x = np.round(pair.X * 2**10) / 2**10  # the digits that an offset of 1e12 leaves
    expected = MatrixRenyi(alpha, marginals=marginals).fit(x, pair.y).mutual_info_
    assert MatrixRenyi(alpha, marginals=marginals).fit(change(x), pair.y).mutual_info_ == pytest.approx(expected)


@pytest.mark.parametrize("alpha", [1, 2])
def test_rows_columns_and_sides_may_be_exchanged(pair, alpha):
    order = np.random.default_rng(0).permutation(200)
    value = MatrixRenyi(alpha).fit(pair.X, pair.y).mutual_info_
    assert MatrixRenyi(alpha).fit(pair.X[order], pair.y[order]).mutual_info_ == pytest.approx(value, abs=1e-12)
    assert MatrixRenyi(alpha).fit(pair.X[:, ::-1], pair.y).mutual_info_ == pytest.approx(value, abs=1e-12)
    assert MatrixRenyi(alpha).fit(pair.y, pair.X).mutual_info_ == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize("alpha", [1.01, 2])
def test_constant_sides_warn_and_give_zero(pair, alpha):
    with pytest.warns(ConstantInputWarning, match="X is constant"):
        assert MatrixRenyi(alpha).fit(np.ones((200, 1)), pair.y).mutual_info_ == 0.0
    with pytest.warns(ConstantInputWarning, match="y is constant"):
        assert MatrixRenyi(alpha).fit(pair.X, np.ones(200)).mutual_info_ == 0.0


@pytest.mark.parametrize("alpha", ALPHAS)
def test_narrow_kernels_saturate(pair, alpha):
    with pytest.warns(SaturatedEstimateWarning):
        estimate = MatrixRenyi(alpha, 1e-6).fit(pair.X, pair.y)
    assert estimate.mutual_info_ == pytest.approx(np.log(200), abs=1e-12)


@pytest.mark.parametrize("alpha", [1, 1.01, 3, 3.5, 4])
@pytest.mark.parametrize(
    ("dim", "bandwidth", "is_low"), [(1, None, True), (2, 2.0, True), (2, 0.1, False), (1, 1e-6, False)]
)
def test_low_rank_changes_no_value(monkeypatch, alpha, dim, bandwidth, is_low):
    rows = np.random.default_rng(0).normal(size=(500, dim))
    rows[250:300] = rows[:50]
    rows /= np.sqrt(2) * (bandwidth or 0.3)
    K = naive_gram.gram(rows, np.sqrt(0.5))
    left = K.copy()
    found = _matrix_renyi._few_eigenvalues(left)
    assert found is not None or (left == K).all()
    assert (found is not None and len(found) <= 250) == is_low
    expected = naive_gram.renyi_entropy(K, alpha)
    entropy = _matrix_renyi._entropy(rows, alpha)
    assert entropy == pytest.approx(expected, rel=0, abs=1e-11)
    monkeypatch.setattr(_matrix_renyi, "_FACTORIZED_ROWS", 0)
    assert _matrix_renyi._entropy(rows, alpha) == pytest.approx(entropy, abs=1e-12)


def test_too_many_rows_for_a_matrix(monkeypatch, pair):
    monkeypatch.setattr(_matrix_renyi, "_MAX_ROWS", 100)
    with pytest.raises(ValueError, match="at most 100 rows, got n_samples = 200; use alpha=2"):
        MatrixRenyi().fit(pair.X, pair.y)
    assert MatrixRenyi(2).fit(pair.X, pair.y).mutual_info_ > 0
    with pytest.raises(ValueError, match="'alpha' parameter"):
        MatrixRenyi(0.0).fit(pair.X, pair.y)
