"""The Gaussian copula against its formula, exact truths, its error bars, and everything that should not change it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import digamma
from scipy.stats import norm, rankdata

from skib import ConstantInputWarning, SaturatedEstimateWarning, UnreliableEstimateWarning
from skib.datasets import make_gaussian_pair, make_relu_pair
from skib.mutual_info import GaussianCopula, permutation_test


def normal_scores(x):
    return norm.ppf(rankdata(x, axis=0) / (len(x) + 1))


def gaussian_entropy(scores):
    """Half the log-determinant of the covariance, less its bias: Ince et al., without the constants that cancel."""
    n, d = scores.shape
    covariance = np.atleast_2d(np.cov(scores, rowvar=False))
    bias = 0.5 * (d * np.log(2 / (n - 1)) + digamma((n - np.arange(1, d + 1)) / 2).sum())
    return 0.5 * np.linalg.slogdet(covariance)[1] - bias if d else 0.0


def naive_information(x, y, z=None):
    x, y, z = (normal_scores(v) if v is not None else np.empty((len(x), 0)) for v in (x, y, z))
    h_xz, h_yz, h_z, h_xyz = (gaussian_entropy(np.hstack(part)) for part in ([x, z], [y, z], [z], [x, y, z]))
    return h_xz + h_yz - h_z - h_xyz


def mixed_columns(seed, n, n_columns):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, n_columns)) @ rng.normal(size=(n_columns, n_columns))


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.integers(1, 3), st.integers(1, 3), st.integers(0, 2))
@pytest.mark.filterwarnings("ignore::skib.UnreliableEstimateWarning")
def test_equals_the_sum_of_entropies(seed, n_x, n_y, n_z):
    rows = mixed_columns(seed, 60, n_x + n_y + n_z)
    x, y, z = np.split(np.round(rows, 1), [n_x, n_x + n_y], axis=1)
    z = z if n_z else None
    got = GaussianCopula().fit(x, y, given=z)
    assert got.mutual_info_ == pytest.approx(naive_information(x, y, z), abs=1e-10)
    assert got.pointwise_.mean() == pytest.approx(got.mutual_info_, abs=1e-12)


def test_pointwise_is_the_log_ratio_of_the_densities():
    from scipy.stats import multivariate_normal

    x, y = np.split(normal_scores(mixed_columns(0, 300, 3)), [2], axis=1)
    joint = np.hstack([x, y])
    log_densities = [
        multivariate_normal(v.mean(axis=0), np.cov(v, rowvar=False, bias=True)).logpdf(v) for v in (joint, x, y)
    ]
    expected = log_densities[0] - log_densities[1] - log_densities[2]
    got = GaussianCopula(bias_correction=False).fit(x, y).pointwise_
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("dim", [1, 5, 25])
@pytest.mark.parametrize("rho", [0.0, 0.3, 0.6, 0.9])
def test_gaussian_truth(rho, dim):
    for seed in range(4):
        pair = make_gaussian_pair(1000, rho=rho, dim=dim, random_state=seed)
        estimate = GaussianCopula().fit(np.exp(pair.X), pair.y)
        assert abs(estimate.mutual_info_ - pair.mutual_info) < 4 * estimate.std_error_


def test_bias_correction_centers_the_null():
    values, raw = [], []
    for seed in range(60):
        x, y = np.random.default_rng(seed).normal(size=(2, 100, 5))
        values.append(GaussianCopula().fit(x, y).mutual_info_)
        raw.append(GaussianCopula(bias_correction=False).fit(x, y).mutual_info_)
    assert abs(np.mean(values)) < 4 * np.std(values) / np.sqrt(60)
    assert np.mean(raw) == pytest.approx(25 / 200, abs=0.03)  # d_x d_y / 2n, and more


@pytest.mark.parametrize(
    ("rho", "low", "high"), [(0.0, 0.95, 1.0), (0.3, 0.9, 0.98), (0.6, 0.9, 0.98), (0.9, 0.9, 0.98)]
)
def test_intervals_cover(rho, low, high):
    truth, covered = -0.5 * np.log1p(-(rho**2)), []
    for seed in range(300):
        pair = make_gaussian_pair(1000, rho=rho, random_state=seed)
        estimate = GaussianCopula().fit(pair.X, pair.y)
        covered.append(abs(estimate.mutual_info_ - truth) < 1.96 * estimate.std_error_)
    assert low <= np.mean(covered) <= high


def test_conditional_truth():
    # X and Y see each other through Z alone, then directly with partial correlation 0.6.
    rng = np.random.default_rng(0)
    z, a, b = rng.normal(size=(3, 2000))
    null = GaussianCopula().fit((z + a)[:, None], z + b, given=z)
    assert abs(null.mutual_info_) < 4 * null.std_error_
    direct = GaussianCopula().fit((z + a)[:, None], z + 0.6 * a + 0.8 * b, given=z)
    assert abs(direct.mutual_info_ + 0.5 * np.log(1 - 0.36)) < 4 * direct.std_error_
    explained = GaussianCopula().fit((z + a)[:, None], z + b, given=np.column_stack([z, z + a]))
    assert explained.mutual_info_ == pytest.approx(0, abs=1e-12)


def test_misses_dependence_that_is_not_monotone():
    x = np.random.default_rng(0).normal(size=2000)
    estimate = GaussianCopula().fit(x[:, None], x**2)
    assert abs(estimate.mutual_info_) < 0.01


def test_atoms_warn():
    pair = make_relu_pair(1000, rho=0.9, random_state=0)
    with pytest.warns(UnreliableEstimateWarning, match="2 of 2 columns"):
        GaussianCopula().fit(pair.X, pair.y)
    with pytest.warns(UnreliableEstimateWarning, match="1 of 3 columns"):
        GaussianCopula().score_features(np.random.default_rng(0).normal(size=(1000, 2)), pair.y)


def test_rounding_does_not_warn():
    pair = make_gaussian_pair(2000, rho=0.6, random_state=0)
    estimate = GaussianCopula().fit(np.round(pair.X, 1), np.round(pair.y, 1))
    assert abs(estimate.mutual_info_ - pair.mutual_info) < 4 * estimate.std_error_


def test_redundant_columns_change_nothing():
    pair = make_gaussian_pair(300, rho=0.7, dim=3, random_state=0)
    expected = GaussianCopula().fit(pair.X, pair.y).mutual_info_
    copied = np.column_stack([pair.X, np.exp(pair.X[:, 1]), -pair.X[:, 0], np.zeros(300)])
    assert GaussianCopula().fit(copied, pair.y).mutual_info_ == pytest.approx(expected, abs=1e-10)
    assert GaussianCopula().fit(pair.y, copied).mutual_info_ == pytest.approx(expected, abs=1e-10)
    assert GaussianCopula().fit(pair.X, pair.y, given=np.ones(300)).mutual_info_ == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("dim", [1, 3])
def test_a_determined_direction_saturates(dim):
    pair = make_gaussian_pair(500, rho=0.5, dim=dim, random_state=0)
    y = pair.y.reshape(500, -1).copy()
    y[:, 0] = np.exp(pair.X[:, 0])
    with pytest.warns(SaturatedEstimateWarning, match="at most"):
        estimate = GaussianCopula().fit(pair.X, y)
    assert estimate.saturated_
    assert np.log(500) - 0.1 < estimate.mutual_info_ <= estimate.ceiling_
    assert estimate.pointwise_.mean() == pytest.approx(estimate.mutual_info_)


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_monotone_maps_rows_columns_and_sides(seed):
    pair = make_gaussian_pair(80, rho=0.6, dim=2, random_state=seed)
    order = np.random.default_rng(seed).permutation(80)
    value = GaussianCopula().fit(pair.X, pair.y).mutual_info_
    for x, y in [
        (np.arctan(pair.X) * 1e200, np.exp(4 * pair.y)),
        (pair.X[order], pair.y[order]),
        (pair.X[:, ::-1], -pair.y),
        (pair.y, pair.X),
    ]:
        assert GaussianCopula().fit(x, y).mutual_info_ == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize("n_targets", [1, 3])
def test_score_features_equals_fit(n_targets):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 6))
    X[:, 1] = np.round(X[:, 1], 1)
    y = X[:, :n_targets] + rng.normal(size=(300, n_targets))
    expected = [GaussianCopula().fit(X[:, [j]], y).mutual_info_ for j in range(6)]
    np.testing.assert_allclose(GaussianCopula().score_features(X, y), expected, rtol=0, atol=1e-12)


def test_permuted_estimates_equal_refits():
    pair = make_gaussian_pair(200, rho=0.5, dim=2, random_state=0)
    orders = [np.random.default_rng(s).permutation(200) for s in range(5)]
    expected = [GaussianCopula().fit(pair.X, pair.y[order]).mutual_info_ for order in orders]
    got = GaussianCopula().permuted_estimates(pair.X, pair.y, orders)
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-12)
    assert permutation_test(GaussianCopula(), pair.X, pair.y, random_state=0).pvalue < 0.02


def test_constants_warn_and_give_zero():
    pair = make_gaussian_pair(100, rho=0.5, random_state=0)
    with pytest.warns(ConstantInputWarning, match="X is constant"):
        assert GaussianCopula().fit(np.ones((100, 1)), pair.y).mutual_info_ == 0.0
    with pytest.warns(ConstantInputWarning, match=r"columns \[0\] of X"):
        scores = GaussianCopula().score_features(np.column_stack([np.ones(100), pair.X]), pair.y)
    assert scores[0] == 0.0 < scores[1]
    with pytest.warns(ConstantInputWarning, match="y is constant"):
        assert GaussianCopula().score_features(pair.X, np.ones(100)).tolist() == [0.0]


@pytest.mark.parametrize("n_columns", [7, 30])
def test_too_few_rows_are_refused(n_columns):
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="n_samples = 9; .* than the [89] of X, y and given"):
        GaussianCopula().fit(rng.normal(size=(9, n_columns)), rng.normal(size=9))
