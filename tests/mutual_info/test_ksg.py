"""KSG: parameters, known truths, and everything that should not change it (the formula: tests/neighbors)."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import digamma
from sklearn.base import clone
from sklearn.feature_selection import SelectKBest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skib import ConstantInputWarning, DuplicateRowsWarning, SaturatedEstimateWarning
from skib._neighbors import ksg_terms, ksg_terms_given
from skib.datasets import make_gaussian_pair, make_relu_pair, make_uniform_pair
from skib.mutual_info import KSG, Auto, MesnerShalizi


@pytest.mark.parametrize("variant", [1, 2])
@pytest.mark.parametrize("marginals", ["rank", "standard", None])
@pytest.mark.parametrize("dim", [1, 2])
def test_pointwise_is_the_formula_for_all_parameters(dim, marginals, variant):
    pair = make_gaussian_pair(200, rho=0.7, dim=dim, random_state=0)
    y, options = pair.y.reshape(200, -1), {"variant": variant, "marginals": marginals}
    fitted = KSG(4, **options).fit(pair.X, y)
    np.testing.assert_array_equal(fitted.pointwise_, ksg_terms(pair.X, y, 4, **options))
    assert fitted.mutual_info_ == fitted.pointwise_.mean()


@pytest.mark.parametrize("marginals", ["rank", "standard", None])
def test_pointwise_given_is_the_formula(marginals):
    x, y, z = np.random.default_rng(3).normal(size=(3, 150, 2))
    fitted = KSG(3, marginals=marginals).fit(x, y, given=z)
    terms, ceiling, _ = ksg_terms_given(x, y, z, 3, marginals=marginals)
    np.testing.assert_array_equal(fitted.pointwise_, terms)
    assert fitted.ceiling_ == ceiling


@pytest.mark.parametrize("variant", [1, 2])
@pytest.mark.parametrize(("rho", "dim"), [(0, 1), (0.5, 1), (0.9, 1), (0.999, 1), (0, 2), (0.5, 2), (0.9, 2)])
def test_gaussian_truth(rho, dim, variant):
    for seed in range(4):
        pair = make_gaussian_pair(2000, rho=rho, dim=dim, random_state=seed)
        estimate = KSG(variant=variant).fit(pair.X, pair.y)
        assert abs(estimate.mutual_info_ - pair.mutual_info) < 4 * estimate.std_error_


def test_conditional_truth():
    # X and Y depend on each other through Z only, then directly with partial correlation 0.6.
    rng = np.random.default_rng(0)
    z, a, b = rng.normal(size=(3, 2000))
    null = KSG().fit((z + a)[:, None], z + b, given=z)
    assert abs(null.mutual_info_) < 4 * null.std_error_
    direct = KSG().fit((z + a)[:, None], z + 0.6 * a + 0.8 * b, given=z)
    assert abs(direct.mutual_info_ + 0.5 * np.log(1 - 0.36)) < 4 * direct.std_error_


@pytest.mark.parametrize("estimator", [KSG(), MesnerShalizi(), Auto()], ids=lambda e: type(e).__name__)
def test_saturation_given(estimator, n_samples=300):
    """Only rows near in z are compared: infinite information gives 2 or 3 nats, far from log(n)."""
    rng = np.random.default_rng(0)
    z, a, b = rng.normal(size=(3, n_samples))
    x = z + a
    series = np.convolve(rng.normal(size=n_samples + 50), 0.7 ** np.arange(50), "valid")
    for one, other, condition in [(x, x, z), (x, x + 1e-6 * b, z), (series[1:], series[1:].copy(), series[:-1])]:
        with pytest.warns(SaturatedEstimateWarning):
            assert estimator.fit(one[:, None], other, given=condition).saturated_
    for y, truth in [(z + b, 0), (z + 0.6 * a + 0.8 * b, -0.5 * np.log(0.64))]:
        estimator.fit(x[:, None], y, given=z)
        assert not estimator.saturated_
        assert abs(estimator.mutual_info_ - truth) < 4 * estimator.std_error_ + 0.02


@pytest.mark.parametrize("estimator", [KSG(), MesnerShalizi()], ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("n_samples", [300, 2000, 8000])
def test_a_noisy_copy_is_saturated_given_the_rest(estimator, n_samples):
    """I(X;X+0.02 W|Z) of Gaussian variables is 3.9 nats; from 8000 rows 3.2 are found, 86 % of the ceiling."""
    z, a, b = np.random.default_rng(1).normal(size=(3, n_samples))
    with pytest.warns(SaturatedEstimateWarning):
        fitted = estimator.fit((z + a)[:, None], z + a + 0.02 * b, given=z)
    assert fitted.mutual_info_ < -0.5 * np.log(1 - 1 / (1 + 0.02**2)) - 0.5


@pytest.mark.parametrize("estimator", [KSG(), MesnerShalizi()], ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("n_conditions", [1, 2, 3])
def test_moderate_information_is_not_saturated(estimator, n_conditions):
    """Warnings are errors; where many columns lower the ceiling, estimates of up to a fifth of it are kept."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        z, (a, b) = rng.normal(size=(500, n_conditions)), rng.normal(size=(2, 500))
        rho = rng.uniform(0, [0.9, 0.75, 0.5][n_conditions - 1])
        estimator.fit((z[:, 0] + a)[:, None], z[:, -1] + rho * a + np.sqrt(1 - rho**2) * b, given=z)


def test_cells_of_eight_rows_are_not_saturated():
    """X = Y of five classes, in each of five classes Z: H(X) = log 5 is counted, near as it is to the ceiling."""
    x, z = np.repeat(np.divmod(np.arange(25), 5), 8, axis=1)
    fitted = MesnerShalizi().fit(x[:, None], x, given=z)
    assert fitted.ceiling_ - np.log(2) < fitted.mutual_info_ == pytest.approx(np.log(5), abs=0.06)


@pytest.mark.parametrize("estimator", [KSG(), MesnerShalizi(), Auto()], ids=lambda e: type(e).__name__)
def test_an_estimate_near_the_entropy_of_a_variable_is_not_saturated(estimator):
    """Warnings are errors: a bit has no more than log 2 nats, which is about the ceiling given Z."""
    rng = np.random.default_rng(0)
    z, bits = rng.normal(size=1500), rng.integers(0, 2, 1500)
    fitted = estimator.fit(bits[:, None], bits ^ (rng.random(1500) < 0.02), given=z)
    assert not fitted.saturated_
    assert fitted.mutual_info_ == pytest.approx(np.log(2) - 0.098, abs=0.05)  # 0.098: the entropy of the flips


def test_atoms_are_counted_not_jittered():
    pair = make_relu_pair(4000, rho=0.9, random_state=0)
    estimate = KSG().fit(pair.X, pair.y)
    assert abs(estimate.mutual_info_ - pair.mutual_info) < 4 * estimate.std_error_


ROUNDINGS = {
    "to 0.01": lambda x: x.round(2),
    "to 0.1": lambda x: x.round(1),
    "one column": lambda x: np.column_stack([x[:, 0].round(1), x[:, 1:]]),
}


@pytest.mark.parametrize("rounding", ROUNDINGS.values(), ids=ROUNDINGS)
@pytest.mark.parametrize(("dim", "rho"), [(2, 0.9), (2, 0.0), (5, 0.5)])
@pytest.mark.parametrize("estimator", [KSG(), KSG(marginals="standard"), KSG(1, variant=2)], ids=repr)
def test_rounding_several_columns_changes_next_to_nothing(estimator, dim, rho, rounding):
    """Counts that were closed around tied rows changed the mean by 0.02 (variant 1) and 0.08 nats (variant 2)."""
    differences = []
    for seed in range(8):
        pair = make_gaussian_pair(1000, rho=rho, dim=dim, random_state=seed)
        exact = estimator.fit(pair.X, pair.y).mutual_info_
        differences.append(estimator.fit(rounding(pair.X), rounding(pair.y)).mutual_info_ - exact)
    assert abs(np.mean(differences)) < 0.01 + 3 * np.std(differences, ddof=1) / np.sqrt(8)


@pytest.mark.parametrize("step", [0.01, 0.05, 0.5])
def test_two_independent_rounded_columns(step):
    values = []
    for seed in range(20):
        x, y = np.round(np.random.default_rng(seed).normal(size=(2, 1500)) / step)
        values.append(KSG().fit(x[:, None], y).mutual_info_)
    assert abs(np.mean(values)) < 4 * np.std(values, ddof=1) / np.sqrt(20) + 0.005


def test_discrete_data_give_the_entropy():
    x = np.random.default_rng(0).integers(0, 2, 3000).astype(float)
    assert KSG().fit(x[:, None], x).mutual_info_ == pytest.approx(np.log(2), abs=0.001)


@pytest.fixture
def pair():
    return make_gaussian_pair(500, rho=0.8, random_state=5)


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x + 1e12,
        lambda x: x * 1e-310,
        lambda x: x * 1e200,
        lambda x: np.exp(6 * x),
        lambda x: x**9,
        lambda x: np.arctan(x),
    ],
    ids=["offset", "subnormal", "huge", "exp", "power", "arctan"],
)
def test_monotone_maps_change_nothing(pair, change):
    x = np.round(pair.X * 1e3) / 1e3  # so that an offset of 1e12 keeps the ties as they are
    changed = change(x)
    same_ties = np.array_equal(np.unique(x, return_inverse=True)[1], np.unique(changed, return_inverse=True)[1])
    expected, got = KSG().fit(x, pair.y).mutual_info_, KSG().fit(changed, pair.y).mutual_info_
    assert got == pytest.approx(expected, abs=1e-12 if same_ties else 0.02)


def test_one_outlier_changes_next_to_nothing(pair):
    clean = KSG().fit(pair.X, pair.y).mutual_info_
    pair.X[0] = 1e6
    assert abs(KSG().fit(pair.X, pair.y).mutual_info_ - clean) < 0.03


def test_float32_beyond_its_range_of_squares(pair):
    small = KSG().fit(pair.X, pair.y.astype(np.float32)).mutual_info_
    assert KSG().fit(pair.X, pair.y.astype(np.float32) * np.float32(1e30)).mutual_info_ == pytest.approx(small)


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_rows_columns_and_variables_may_be_exchanged(seed):
    pair = make_gaussian_pair(60, rho=0.6, dim=2, random_state=seed)
    order = np.random.default_rng(seed).permutation(60)
    value = KSG().fit(pair.X, pair.y).mutual_info_
    assert KSG().fit(pair.X[order], pair.y[order]).mutual_info_ == pytest.approx(value, abs=1e-12)
    assert KSG().fit(pair.X[:, ::-1], pair.y).mutual_info_ == pytest.approx(value, abs=1e-12)
    assert KSG().fit(pair.y, pair.X).mutual_info_ == pytest.approx(value, abs=1e-12)


def test_standardized_marginals_ignore_affine_maps(pair):
    value = KSG(marginals="standard").fit(pair.X, pair.y).mutual_info_
    assert KSG(marginals="standard").fit(3.0 - 1e3 * pair.X, 1e-300 * pair.y).mutual_info_ == pytest.approx(value)


def test_score_features_equals_fit_for_any_n_jobs():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 6))
    X[:, 1] = np.maximum(X[:, 1], 0)
    X[:, 2] = rng.integers(0, 3, 400)
    y = np.maximum(X[:, 0] + X[:, 1] + X[:, 2], 0)
    expected = [KSG().fit(X[:, [j]], y).mutual_info_ for j in range(6)]
    scores = KSG().score_features(X, y)
    np.testing.assert_allclose(scores, expected, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(KSG(n_jobs=2).score_features(X, y), scores)
    two_targets = KSG().score_features(X, np.column_stack([y, X[:, 5]]))
    assert two_targets[5] > scores[5] + 1


def test_score_features_selects_in_a_pipeline():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 5))
    selector = make_pipeline(StandardScaler(), SelectKBest(KSG().score_features, k=2))
    selector.fit(X, np.sin(2 * X[:, 3]) + X[:, 1] ** 2)
    assert set(np.flatnonzero(selector[-1].get_support())) == {1, 3}


def test_constant_variables_warn_and_give_zero(pair):
    with pytest.warns(ConstantInputWarning, match="X is constant over all 500 rows"):
        assert KSG().fit(np.ones((500, 1)), pair.y).mutual_info_ == 0.0
    with pytest.warns(ConstantInputWarning, match="y is constant"):
        assert KSG().fit(pair.X, np.ones(500)).mutual_info_ == 0.0
    with pytest.warns(ConstantInputWarning, match=r"columns \[0\] of X"):
        assert KSG().score_features(np.column_stack([np.ones(500), pair.X]), pair.y)[0] == 0.0


def test_a_dead_unit_among_others_changes_nothing(pair):
    alive = np.column_stack([pair.X, pair.X**2])
    expected = KSG().fit(alive, pair.y).mutual_info_
    assert KSG().fit(np.column_stack([alive, np.zeros(500)]), pair.y).mutual_info_ == expected


@pytest.mark.parametrize("rows", [np.repeat(np.arange(500), 2), np.random.default_rng(0).integers(0, 500, 500)])
def test_copied_rows_warn(pair, rows):
    with pytest.warns(DuplicateRowsWarning, match=r"\d+\.\d% of the rows"):
        KSG(n_neighbors=3).fit(pair.X[rows], pair.y[rows])
    with pytest.warns(DuplicateRowsWarning):
        KSG(n_neighbors=3).score_features(pair.X[rows], pair.y[rows])


@pytest.mark.parametrize("variant", [1, 2])
def test_identical_variables_reach_the_ceiling(pair, variant):
    with pytest.warns(SaturatedEstimateWarning, match="at most"):
        estimate = KSG(variant=variant).fit(pair.X, pair.X)
    assert estimate.saturated_
    assert estimate.mutual_info_ == pytest.approx(estimate.ceiling_, abs=0.05)
    assert estimate.ceiling_ == pytest.approx(digamma(500) - digamma(5) - (variant == 2) / 5)


def test_independent_uniform_has_small_bias():
    values = [
        KSG().fit(p.X, p.y).mutual_info_ for p in (make_uniform_pair(500, rho=0, random_state=s) for s in range(20))
    ]
    assert abs(np.mean(values)) < 4 * np.std(values) / np.sqrt(20)


@pytest.mark.parametrize(
    ("X", "y", "error", "text"),
    [
        ([[1.0], [np.nan], [2.0]] * 3, np.arange(9.0), ValueError, "X contains NaN in 3 of 9 rows, first in row 1"),
        (
            np.arange(9.0)[:, None],
            [np.inf] + [1.0] * 8,
            ValueError,
            "y contains infinity in 1 of 9 rows, first in row 0",
        ),
        (np.arange(9.0)[:, None], np.arange(8.0), ValueError, "X has 9 rows but y has 8"),
        (np.arange(5.0)[:, None], np.arange(5.0), ValueError, "at least 6 rows, got n_samples = 5"),
        (np.arange(9.0)[:, None].astype(str), np.arange(9.0), ValueError, "X holds text"),
        (np.arange(9.0)[:, None] * 1j, np.arange(9.0), ValueError, "Complex data not supported"),
        (np.ma.masked_less(np.arange(9.0)[:, None], 3), np.arange(9.0), ValueError, "X has 3 masked entries"),
    ],
)
def test_bad_input_is_named(X, y, error, text):
    with pytest.raises(error, match=text):
        KSG().fit(X, y)


def test_second_variant_refuses_given(pair):
    with pytest.raises(ValueError, match="given needs variant=1"):
        KSG(variant=2).fit(pair.X, pair.y, given=pair.y)


@pytest.mark.slow
@pytest.mark.parametrize("n", [200_000])
def test_large_tied_samples_do_not_hang(n):
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 2, (2, n)).astype(float)
    assert abs(KSG().fit(x[:, None], y).mutual_info_) < 1e-3
    pair = make_relu_pair(n, rho=0.9, random_state=0)
    estimate = KSG().fit(pair.X, pair.y)
    assert abs(estimate.mutual_info_ - pair.mutual_info) < 5 * estimate.std_error_


@pytest.mark.parametrize("variant", [1, 2])
@pytest.mark.parametrize("marginals", ["rank", "standard", None])
@pytest.mark.parametrize("widths", [(1, 1), (6, 1), (1, 6), (2, 2), (5, 4)])
@pytest.mark.filterwarnings("ignore::skib.SkibWarning")
def test_shared_permutations_keep_the_bits_of_separate_fits(widths, marginals, variant):
    rng = np.random.default_rng(0)
    x, y = (rng.normal(size=(600, width)) for width in widths)
    x[:, 0] = np.maximum(x[:, 0], 0) + y[:, 0]
    estimator = KSG(3, variant=variant, marginals=marginals)
    orders = [rng.permutation(600) for _ in range(3)]
    for left, right in [(x, y), (x.round(1), y), (np.maximum(x, 0), y > 0), (0 * x, y)]:
        separate = [clone(estimator).fit(left, right[order]).mutual_info_ for order in orders]
        np.testing.assert_array_equal(estimator.permuted_estimates(left, right, orders), separate)
