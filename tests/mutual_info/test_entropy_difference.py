import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, clone
from sklearn.cluster import KMeans
from sklearn.feature_selection import SelectKBest

from skib import ConstantInputWarning, SaturatedEstimateWarning, in_bits
from skib.datasets import make_gaussian_classes, make_gaussian_pair
from skib.entropy import GaussianEntropy, KolchinskyTracey, KozachenkoLeonenko, WeightedKozachenkoLeonenko
from skib.information_plane import InformationPlane
from skib.mutual_info import ChainRule
from tests.naive import density as naive

quiet = pytest.mark.filterwarnings("ignore::skib.SkibWarning")
ENTROPIES = [
    GaussianEntropy(),
    WeightedKozachenkoLeonenko(),
    KolchinskyTracey(0.1),
    KolchinskyTracey(0.1, adaptive=True),
]
every_entropy = pytest.mark.parametrize("entropy", ENTROPIES, ids=repr)


def _layer(seed, n_samples=40, n_units=2, n_classes=3):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n_samples, n_units)), rng.integers(0, n_classes, n_samples)


def _symbols(n_samples):
    """A label per row; as numbers they would be taken for numbers."""
    return np.char.mod("input %d", np.arange(n_samples))


def _variance(rows, base, adaptive):
    return base * np.abs(rows).max() if adaptive else base


def _bounds(rows, variance, codes=None):
    """Mean information about the row within its class, lower and upper bound, by the equation."""
    codes = np.zeros(len(rows)) if codes is None else codes
    within = [(codes == c) for c in np.unique(codes)]
    scales = 8 * variance, 2 * variance
    return np.array([sum(-naive.log_mean_overlaps(rows[c], s).sum() for c in within) / len(rows) for s in scales])


# --- noise that is declared ------------------------------------------------------------------------------------------


@quiet
@given(seed=st.integers(0, 1000), base=st.sampled_from([1e-3, 0.1, 1.0]), adaptive=st.booleans())
def test_classes_equal_the_equation(seed, base, adaptive):
    X, y = _layer(seed)
    X[y == 0] *= 10  # a scale per class would be another noise per class
    variance = _variance(X, base, adaptive)
    whole, within = _bounds(X, variance), _bounds(X, variance, y)
    for k, bound in enumerate(("lower", "upper")):
        fitted = ChainRule(KolchinskyTracey(base, bound=bound, adaptive=adaptive)).fit(X, y)
        assert fitted.mutual_info_ == pytest.approx(whole[k] - within[k], abs=1e-10)
        assert fitted.bounds_ == pytest.approx((whole[0] - within[1], whole[1] - within[0]), abs=1e-10)
        assert fitted.bounds_[0] <= fitted.mutual_info_ <= fitted.bounds_[1]


@quiet
@given(seed=st.integers(0, 1000), adaptive=st.booleans())
def test_numbers_equal_the_equation(seed, adaptive):
    X, _ = _layer(seed)
    y = 3 * X[:, 0] + np.random.default_rng(seed).normal(size=len(X))
    units = [side / np.sqrt(_variance(side, 0.1, adaptive)) for side in (X, y[:, None])]
    expected = _bounds(units[0], 1.0) + _bounds(units[1], 1.0) - _bounds(np.hstack(units), 1.0)
    for k, bound in enumerate(("lower", "upper")):
        fitted = ChainRule(KolchinskyTracey(0.1, bound=bound, adaptive=adaptive)).fit(X, y)
        assert fitted.mutual_info_ == pytest.approx(expected[k], abs=1e-10)


@quiet
@pytest.mark.parametrize("adaptive", [False, True])
def test_of_conditions(adaptive):
    X, y = _layer(0, n_samples=60)
    z, numeric = np.random.default_rng(1).integers(0, 2, 60), np.random.default_rng(2).normal(size=60)
    estimator = ChainRule(KolchinskyTracey(0.1, adaptive=adaptive))
    variance = _variance(X, 0.1, adaptive)
    expected = _bounds(X, variance, z) - _bounds(X, variance, 3 * z + y)
    assert estimator.fit(X, y, given=z).mutual_info_ == pytest.approx(expected[1], abs=1e-10)
    # The rule for classes, with what is given as a further column of every entropy.
    units = numeric[:, None] / np.sqrt(_variance(numeric, 0.1, adaptive))
    both = np.hstack([X / np.sqrt(variance), units])
    expected = _bounds(both, 1.0) - _bounds(units, 1.0) - _bounds(both, 1.0, y) + _bounds(units, 1.0, y)
    assert estimator.fit(X, y, given=numeric).mutual_info_ == pytest.approx(expected[1], abs=1e-10)


@pytest.mark.parametrize("bound", ["lower", "upper"])
@pytest.mark.parametrize("adaptive", [False, True])
def test_a_symbol_per_input_leaves_the_noise(bound, adaptive):
    X, _ = _layer(0, n_samples=300)
    entropy = KolchinskyTracey(0.05, bound=bound, adaptive=adaptive)
    alone = clone(entropy).fit(X)
    fitted = ChainRule(entropy).fit(X, _symbols(300))
    assert fitted.mutual_info_ == pytest.approx(alone.entropy_ - alone.noise_entropy_, abs=1e-12)
    assert fitted.bounds_ == pytest.approx(np.array(alone.bounds_) - alone.noise_entropy_, abs=1e-12)
    assert fitted.pointwise_ == pytest.approx(alone.pointwise_ - alone.noise_entropy_, abs=1e-12)
    assert fitted.ceiling_ == pytest.approx(np.log(300))
    assert not fitted.saturated_


def test_clusters_are_told_exactly():
    # Four clusters far apart, two per class: I(T;Y) = log 2, I(input;T) = log 4, I(input;T|Y) = log 2 in both bounds.
    cluster = np.repeat(np.arange(4), 25)
    T, y = 1e3 * np.c_[cluster, -cluster], cluster // 2
    estimator = ChainRule(KolchinskyTracey(1.0))
    for fitted, truth in [
        (estimator.fit(T, y), np.log(2)),
        (clone(estimator).fit(T, _symbols(100)), np.log(4)),
        (clone(estimator).fit(T, _symbols(100), given=y), np.log(2)),
    ]:
        assert (fitted.mutual_info_, *fitted.bounds_) == pytest.approx((truth,) * 3, abs=1e-12)


def test_a_layer_under_little_noise_saturates_whatever_the_labels():
    X, y = _layer(0, n_samples=500, n_units=10, n_classes=2)
    for target, ceiling in [(y, 0.693), (_symbols(500), np.log(500))]:
        with pytest.warns(SaturatedEstimateWarning, match="500 rows"):
            fitted = ChainRule(KolchinskyTracey(1e-4)).fit(X, target)
        assert fitted.saturated_
        assert fitted.mutual_info_ == pytest.approx(fitted.ceiling_, rel=1e-6)
        assert fitted.ceiling_ == pytest.approx(ceiling, abs=1e-3)


def test_twelve_bits():
    X = (np.arange(4096)[:, None] >> np.arange(12)) & 1
    with pytest.warns(SaturatedEstimateWarning):
        fitted = ChainRule(KolchinskyTracey(1e-3)).fit(X, _symbols(4096))
    assert in_bits(fitted.mutual_info_) == pytest.approx(12, abs=1e-9)


def test_input_of_the_information_plane():
    X, y = _layer(0, n_samples=100)
    entropy = KolchinskyTracey(0.1, adaptive=True)
    dump = {0: {"fc": X}, 1: {"fc": 5 * X}, "ids": range(100)}
    plane = InformationPlane(ChainRule(entropy), ChainRule(entropy), n_permutations=5, random_state=0).fit(dump, y)
    for quantity, target in [("I(X;T)", _symbols(100)), ("I(T;Y)", y)]:
        expected = [ChainRule(entropy).fit(scale * X, target).mutual_info_ for scale in (1, 5)]
        rows = plane.results_.query(f"quantity == '{quantity}'")
        assert rows["mutual_info"].tolist() == pytest.approx(expected, abs=1e-12)
        assert not rows["saturated"].any()


# --- entropies that are fitted ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("entropy", [GaussianEntropy(), WeightedKozachenkoLeonenko(), KozachenkoLeonenko()], ids=repr)
@pytest.mark.parametrize("d", [1, 2])
def test_truth_of_a_gaussian_pair(entropy, d):
    pairs = [make_gaussian_pair(1000, rho=0.8, random_state=seed) for seed in range(d)]
    X, y = np.hstack([p.X for p in pairs]), np.column_stack([p.y for p in pairs])
    fitted = ChainRule(entropy).fit(X, y)
    assert abs(fitted.mutual_info_ - sum(p.mutual_info for p in pairs)) < 4 * fitted.std_error_ < 0.3
    assert fitted.pointwise_.mean() == pytest.approx(fitted.mutual_info_, abs=1e-12)
    assert (fitted.ceiling_, fitted.saturated_) == (np.inf, False)
    assert pickle.loads(pickle.dumps(fitted)).mutual_info_ == fitted.mutual_info_


@pytest.mark.parametrize("entropy", [WeightedKozachenkoLeonenko(), KozachenkoLeonenko()], ids=repr)
def test_truth_of_gaussian_classes(entropy):
    made = make_gaussian_classes(2000, random_state=0)
    names = np.array(["a", "b", "c"])[made.y]
    for y in (made.y, names, made.y.astype(float), made.y == 1):
        fitted = ChainRule(entropy).fit(made.X, y)
        assert abs(fitted.mutual_info_ - made.mutual_info) < 4 * fitted.std_error_ < 0.1
        assert fitted.ceiling_ == pytest.approx(np.log(2), abs=0.01)


def test_normal_classes_of_another_width():
    # H(X) of a normal fit to all rows, less the mean of those within: the information if X were normal as well.
    rng, y = np.random.default_rng(0), np.repeat([0, 1], [600, 400])
    X = rng.normal(size=(1000, 1)) * np.where(y, 3.0, 1.0)[:, None]
    plain = GaussianEntropy(bias_correction=False)
    within = 0.6 * np.log(X[:600].std(ddof=1)) + 0.4 * np.log(X[600:].std(ddof=1))
    fitted = ChainRule(plain).fit(X, y)
    assert fitted.mutual_info_ == pytest.approx(np.log(X.std(ddof=1)) - within, abs=1e-9)


@pytest.mark.parametrize("given_classes", [False, True])
def test_truth_of_a_common_cause(given_classes):
    rng, n = np.random.default_rng(0), 4000
    z = rng.integers(0, 3, n) if given_classes else rng.normal(size=n)
    x, noise = rng.normal(size=(2, n))
    X, y = (x + 2.0 * z)[:, None], 0.6 * x + 0.8 * noise - z
    fitted = ChainRule(GaussianEntropy()).fit(X, y, given=z)
    assert abs(fitted.mutual_info_ + 0.5 * np.log(1 - 0.6**2)) < 4 * fitted.std_error_ < 0.06
    label = rng.integers(0, 2, n)  # says nothing
    assert abs(ChainRule(GaussianEntropy()).fit(X, label, given=z).mutual_info_) < 0.005


def test_much_information_in_few_dimensions():
    x, noise = np.random.default_rng(0).normal(size=(2, 2000))
    truth = -0.5 * np.log(1 - 1 / (1 + 1e-10))  # 11.5 nats, which counts of neighbors cannot reach
    fitted = ChainRule(WeightedKozachenkoLeonenko()).fit(x[:, None], x + 1e-5 * noise)
    assert abs(fitted.mutual_info_ - truth) < 4 * fitted.std_error_


@every_entropy
def test_constants_tell_nothing(entropy):
    X, y = _layer(0, n_samples=101)
    for sides, name in [((0 * X + 7, y), "X"), ((0 * X + 7, X[:, 0]), "X"), ((X, 0 * y), "y"), ((X, 0 * X), "y")]:
        with pytest.warns(ConstantInputWarning, match=f"{name} is constant over all 101 rows"):
            fitted = ChainRule(entropy).fit(*sides)
        assert fitted.mutual_info_ == 0
        assert not fitted.saturated_
        np.testing.assert_array_equal(ChainRule(entropy).permuted_estimates(*sides, [np.arange(101)]), [0])


@every_entropy
@quiet
def test_permuted_values_equal_single_fits(entropy):
    X, labels = _layer(0, n_samples=200)
    permutations = [np.random.default_rng(seed).permutation(200) for seed in range(3)]
    for y in (labels, X[:, 0] + np.random.default_rng(1).normal(size=200)):
        expected = [ChainRule(entropy).fit(X, y[order]).mutual_info_ for order in permutations]
        estimator = ChainRule(entropy)
        got = estimator.permuted_estimates(X, y, permutations)
        np.testing.assert_allclose(got, expected, rtol=0, atol=1e-12)
        assert not hasattr(estimator, "n_features_in_")


@every_entropy
def test_score_features_equals_single_fits(entropy):
    X, y = _layer(0, n_samples=300)
    X[:, 1] += 2 * y
    expected = [ChainRule(entropy).fit(X[:, [j]], y).mutual_info_ for j in range(2)]
    np.testing.assert_allclose(ChainRule(entropy).score_features(X, y), expected, rtol=1e-12)
    assert SelectKBest(ChainRule(entropy).score_features, k=1).fit(X, y).get_support().tolist() == [False, True]


@every_entropy
def test_rows_columns_and_frames(entropy):
    X, y = _layer(0, n_samples=300)
    X[:, 1] += 2 * y
    expected = ChainRule(entropy).fit(X, y).mutual_info_
    rows = np.random.default_rng(1).permutation(300)
    assert ChainRule(entropy).fit(X[rows][:, ::-1], y[rows]).mutual_info_ == pytest.approx(expected, abs=1e-9)
    fitted = ChainRule(entropy).fit(pd.DataFrame(X, columns=["a", "b"]), pd.Series(y).astype("category"))
    assert fitted.mutual_info_ == pytest.approx(expected, abs=1e-12)
    assert list(fitted.feature_names_in_) == ["a", "b"]
    number = X[:, 0] + np.random.default_rng(2).normal(size=300)
    sides = ChainRule(entropy).fit(X, number).mutual_info_, ChainRule(entropy).fit(number[:, None], X).mutual_info_
    assert sides[0] == pytest.approx(sides[1], abs=1e-9)


class Range(BaseEstimator):
    """The logarithm of the range: an entropy without pointwise values."""

    def fit(self, X):
        self.entropy_ = float(np.log(np.ptp(X, axis=0)).sum())
        return self


def test_an_entropy_from_elsewhere():
    X, y = np.linspace(0, 1, 101)[:, None], np.repeat([0, 1], [51, 50])
    estimator = ChainRule(GaussianEntropy()).fit(X, y)
    estimator.set_params(entropy=Range()).fit(X, y)
    assert estimator.mutual_info_ == pytest.approx(-(51 * np.log(0.5) + 50 * np.log(0.49)) / 101, rel=1e-12)
    assert np.isnan(estimator.std_error_)
    assert not hasattr(estimator, "pointwise_")


def test_attributes_of_an_earlier_fit_go():
    X, y = _layer(0, n_samples=100)
    estimator = ChainRule(KolchinskyTracey(1.0)).fit(X, y)
    assert estimator.bounds_
    assert not hasattr(estimator.set_params(entropy=GaussianEntropy()).fit(X, y), "bounds_")
    estimator.set_params(entropy=KolchinskyTracey(1.0)).fit(X, y)
    assert not hasattr(estimator.set_params(entropy=None).fit(y[:, None], y), "bounds_")


@quiet
def test_what_has_no_finite_information_is_refused():
    x = np.random.default_rng(0).normal(size=(100, 1))
    for entropy in (GaussianEntropy(), WeightedKozachenkoLeonenko()):
        with pytest.raises(ValueError, match="a linear relation between them is exact"):
            ChainRule(entropy).fit(x, 3 * x + 1)
    # A unit that is dead within a class: its part of the information is infinite as well.
    y = np.repeat([0, 1], 50)
    layer = np.c_[x, np.where(y, x[::-1, 0], 0.0)]
    with pytest.raises(ValueError, match="a class of y or `given` has 50 of 100 rows: .*constant within a class"):
        ChainRule(GaussianEntropy()).fit(layer, y)
    assert np.isfinite(ChainRule(KolchinskyTracey(0.1)).fit(layer, y).mutual_info_)


def test_bad_input_is_refused():
    X, y = _layer(0)
    with pytest.raises(ValueError, match="a class of y or `given` has 1 of 40 rows: .* merge or drop it"):
        ChainRule(GaussianEntropy()).fit(X, _symbols(40))
    with pytest.raises(ValueError, match="needs at least 3 rows, got n_samples = 2"):
        ChainRule(GaussianEntropy()).fit(X[:2], [0.5, 1.7])
    with pytest.raises(TypeError, match="has no attribute entropy_ after fit"):
        ChainRule(KMeans(2, n_init=1)).fit(X, y)
    with pytest.raises(ValueError, match="X holds text"):
        ChainRule(KolchinskyTracey()).fit([["a"], ["b"], ["c"]], [0, 1, 1])
    with pytest.raises(ValueError, match="requires y to be passed"):
        ChainRule(KolchinskyTracey()).fit(X, None)
    for name in ("y", "given"):
        sides = {"y": y, name: np.where(np.arange(40) == 3, np.nan, 0.5 + np.arange(40))}
        with pytest.raises(ValueError, match=f"{name} contains NaN in 1 of 40 rows, first in row 3"):
            ChainRule(KolchinskyTracey()).fit(X, **sides)
        with pytest.raises(ValueError, match=f"X has 40 rows but {name} has 39"):
            ChainRule(KolchinskyTracey()).fit(X, **{"y": y, name: y[:39]})


@pytest.mark.filterwarnings("ignore::skib.UnreliableEstimateWarning")
def test_repeated_numbers_of_y_are_told_of_y():
    rng = np.random.default_rng(0)
    counts = rng.poisson(50, 300)
    with pytest.raises(ValueError, match=r"H\(y\), of the numbers of y and `given` in place of X: X has \d+ distinct"):
        ChainRule(KozachenkoLeonenko()).fit(rng.normal(size=(300, 1)), counts)
    with pytest.raises(ValueError, match=r"^X has \d+ distinct rows among 300"):
        ChainRule(KozachenkoLeonenko()).fit(counts[:, None], rng.normal(size=300))
