import pickle
import time

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, clone
from sklearn.feature_selection import SelectKBest
from sklearn.utils._param_validation import InvalidParameterError

from skib._warnings import ConstantInputWarning, SaturatedEstimateWarning
from skib.entropy import NSB, ChaoShen, EntropyMixin, Grassberger, JamesStein, MillerMadow, PlugIn
from skib.mutual_info._chain_rule import ChainRule
from tests.naive import counts as naive

ESTIMATORS = [ChainRule(), *(ChainRule(e) for e in (MillerMadow(), Grassberger(), ChaoShen()))]
BY_ALPHABET = [ChainRule(JamesStein()), ChainRule(NSB())]
every_pointwise = pytest.mark.parametrize("estimator", ESTIMATORS, ids=repr)
every_estimator = pytest.mark.parametrize("estimator", ESTIMATORS + BY_ALPHABET, ids=repr)
quiet = pytest.mark.filterwarnings("ignore::skib._warnings.SkibWarning")


def _noisy_copies(n_samples, n_levels, seed=0, n_features=3, keep=0.7):
    """Symbols y and columns that equal y with probability `keep`, being drawn anew otherwise."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, n_levels, n_samples)
    noise = rng.integers(0, n_levels, (n_samples, n_features))
    return np.where(rng.random(noise.shape) < keep, y[:, None], noise), y


def _naive_information(x, y, z=None):
    x, y = [tuple(np.atleast_1d(row)) for row in x], [tuple(np.atleast_1d(row)) for row in y]
    z = [()] * len(x) if z is None else [tuple(np.atleast_1d(row)) for row in z]
    xz, yz, xyz = list(zip(x, z, strict=True)), list(zip(y, z, strict=True)), list(zip(x, y, z, strict=True))
    return naive.entropy(xz) + naive.entropy(yz) - naive.entropy(xyz) - naive.entropy(z)


def test_equals_the_naive_sum():
    X, y = _noisy_copies(500, 3)
    z = np.random.default_rng(1).integers(0, 2, 500)
    assert ChainRule().fit(X, y).mutual_info_ == pytest.approx(_naive_information(X, y), abs=1e-12)
    assert ChainRule().fit(X, y, given=z).mutual_info_ == pytest.approx(_naive_information(X, y, z), abs=1e-12)


def test_truth_of_a_noisy_copy():
    # X = Y with probability 0.7 + 0.3 / 4, else one of the 3 others: I = log 4 - H(conditional).
    right, wrong = 0.7 + 0.3 / 4, 0.3 / 4
    truth = np.log(4) + right * np.log(right) + 3 * wrong * np.log(wrong)
    X, y = _noisy_copies(20_000, 4, n_features=1)
    fitted = ChainRule(MillerMadow()).fit(X, y)
    assert abs(fitted.mutual_info_ - truth) < 4 * fitted.std_error_
    assert fitted.std_error_ < 0.01


def test_standard_error_is_the_spread_over_samples():
    fits = [ChainRule().fit(*_noisy_copies(500, 3, seed, n_features=1)) for seed in range(300)]
    spread = np.std([fit.mutual_info_ for fit in fits])
    assert np.mean([fit.std_error_ for fit in fits]) == pytest.approx(spread, rel=4 / np.sqrt(600))


@pytest.mark.parametrize(("n_x", "n_y"), [(2, 2), (3, 5), (6, 6)])
def test_bias_at_independence(n_x, n_y):
    # 2 n I is close to chi-squared of (n_x - 1)(n_y - 1) degrees of freedom, of which this is mean and variance.
    rng, n, n_repeats = np.random.default_rng(0), 1000, 200
    freedom = (n_x - 1) * (n_y - 1)
    pairs = [(rng.integers(0, n_x, (n, 1)), rng.integers(0, n_y, n)) for _ in range(n_repeats)]
    for estimator, bias in [(ChainRule(), freedom / (2 * n)), (ChainRule(MillerMadow()), 0.0)]:
        error = np.mean([estimator.fit(*pair).mutual_info_ for pair in pairs]) - bias
        assert abs(error) < 4 * np.sqrt(2 * freedom) / (2 * n) / np.sqrt(n_repeats)


@every_pointwise
def test_attributes(estimator):
    X, y = _noisy_copies(1000, 3)
    fitted = clone(estimator).fit(X, y)
    entropy = PlugIn() if estimator.entropy is None else estimator.entropy
    h_x, h_y = (clone(entropy).fit(rows).entropy_ for rows in (X, y[:, None]))
    assert fitted.ceiling_ == pytest.approx(min(h_x, h_y), rel=1e-12)
    assert fitted.pointwise_.shape == (1000,)
    assert fitted.pointwise_.mean() == pytest.approx(fitted.mutual_info_, rel=1e-12)
    assert type(fitted.entropy_estimator_) is type(entropy)
    assert fitted.entropy_estimator_ is not estimator.entropy
    assert not fitted.saturated_
    assert pickle.loads(pickle.dumps(fitted)).mutual_info_ == fitted.mutual_info_


@every_pointwise
@pytest.mark.parametrize("n_levels", [2, 10])
def test_a_variable_tells_its_entropy_about_itself(estimator, n_levels):
    # At the ceiling, and rightly so: no warning, which the settings of the tests would turn into an error.
    y = np.random.default_rng(0).integers(0, n_levels, 500)
    fitted = clone(estimator).fit(y[:, None], y)
    entropy = PlugIn() if estimator.entropy is None else estimator.entropy
    assert fitted.mutual_info_ == pytest.approx(clone(entropy).fit(y[:, None]).entropy_, rel=1e-12)
    assert fitted.mutual_info_ == pytest.approx(fitted.ceiling_, rel=1e-12)
    assert not fitted.saturated_


def test_exclusive_or_shows_given_the_other_input_only():
    x, z = (np.arange(4) // 2).repeat(50), (np.arange(4) % 2).repeat(50)
    assert ChainRule().fit(x[:, None], x ^ z).mutual_info_ == pytest.approx(0, abs=1e-12)
    fitted = ChainRule().fit(x[:, None], x ^ z, given=z)
    assert fitted.mutual_info_ == pytest.approx(np.log(2), rel=1e-12)
    assert fitted.ceiling_ == pytest.approx(np.log(2), rel=1e-12)


def test_a_common_cause_screens_off():
    # X and Y are exactly independent copies of Z: every pair (x, y) occurs by its probability given z.
    cells = [(x, y, z, (3 if x == z else 1) * (3 if y == z else 1)) for x in (0, 1) for y in (0, 1) for z in (0, 1)]
    x, y, z = np.array([row for *row, weight in cells for _ in range(weight)]).T
    truth = np.log(2) + 5 / 8 * np.log(5 / 8) + 3 / 8 * np.log(3 / 8)  # X = Y with probability 5/8
    assert ChainRule().fit(x[:, None], y).mutual_info_ == pytest.approx(truth, rel=1e-12)
    assert ChainRule().fit(x[:, None], y, given=z).mutual_info_ == pytest.approx(0, abs=1e-12)


codes = st.integers(0, 3)


@st.composite
def samples(draw, n_variables):
    n = draw(st.integers(2, 40))
    return [np.array(draw(st.lists(codes, min_size=n, max_size=n))) for _ in range(n_variables)]


@every_estimator
@quiet
@given(data=st.data())
def test_invariances(estimator, data):
    x, w, y, z = data.draw(samples(4))
    rows = data.draw(st.permutations(range(len(x))))
    names = np.array(data.draw(st.permutations(["u", "v", "w", "x"])))

    def information(X, y, z):
        return clone(estimator).fit(X, y, given=z).mutual_info_

    for condition in (None, z):
        expected = information(np.c_[x, w], y, condition)
        shuffled = None if condition is None else names[condition][rows]
        assert information(names[np.c_[x, w]][rows], names[y][rows], shuffled) == pytest.approx(expected, abs=1e-12)
        assert information(np.c_[w, x], y, condition) == pytest.approx(expected, abs=1e-12)
        assert information(y[:, None], np.c_[x, w], condition) == pytest.approx(expected, abs=1e-12)


@every_pointwise
@quiet
@given(data=st.data())
def test_chain_rule(estimator, data):
    x, y, z = data.draw(samples(3))
    both = clone(estimator).fit(np.c_[x, z], y).mutual_info_
    one = clone(estimator).fit(z[:, None], y).mutual_info_
    rest = clone(estimator).fit(x[:, None], y, given=z).mutual_info_
    assert both == pytest.approx(one + rest, abs=1e-12)


@quiet
@given(data=st.data())
def test_bounds_of_the_plug_in(data):
    x, y, z = data.draw(samples(3))
    for condition in (None, z):
        fitted = ChainRule().fit(x[:, None], y, given=condition)
        assert -1e-12 <= fitted.mutual_info_ <= fitted.ceiling_ + 1e-12


@every_estimator
@pytest.mark.parametrize("given_z", [False, True])
@pytest.mark.parametrize("argument", ["X", "y"])
def test_a_constant_tells_nothing(estimator, argument, given_z):
    rng = np.random.default_rng(0)
    sides = {"X": rng.integers(0, 7, (101, 1)), "y": rng.integers(0, 3, 101)}
    sides[argument] = np.full_like(sides[argument], 5)
    z = rng.integers(0, 3, 101) if given_z else None
    with pytest.warns(ConstantInputWarning, match=f"{argument} is constant over all 101 rows"):
        fitted = clone(estimator).fit(**sides, given=z)
    assert fitted.mutual_info_ == 0.0
    assert not np.any(getattr(fitted, "pointwise_", 0))


def test_pairs_that_never_repeat_saturate():
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 1000, (500, 1)), rng.integers(0, 4, 500)
    with pytest.warns(SaturatedEstimateWarning, match="500 rows") as record:
        fitted = ChainRule().fit(X, y)
    assert len(record) == 1
    assert fitted.saturated_
    assert fitted.mutual_info_ > 0.7 * fitted.ceiling_  # of independent data


@every_estimator
def test_score_features_equals_single_fits(estimator):
    X, y = _noisy_copies(1000, 5)
    X[:, 2] *= 10**9
    expected = [clone(estimator).fit(X[:, [j]], y).mutual_info_ for j in range(3)]
    np.testing.assert_allclose(clone(estimator).score_features(X, y), expected, rtol=1e-12)
    text = pd.DataFrame({"a": X[:, 0], "b": pd.Categorical(X[:, 1].astype(str)), "c": X[:, 2].astype(str)})
    np.testing.assert_allclose(clone(estimator).score_features(text, y.astype(str)), expected, rtol=1e-12)


def test_score_features_names_the_columns_it_doubts():
    X, y = _noisy_copies(200, 3)
    X[:, 0], X[:, 2] = 7, np.arange(200)
    with pytest.warns(ConstantInputWarning, match="1 of 3 columns of X .first: column 0."):
        with pytest.warns(SaturatedEstimateWarning, match="1 of 3 columns of X .first: column 2."):
            scores = ChainRule().score_features(X, y)
    assert scores[0] == 0.0
    with pytest.warns(ConstantInputWarning, match="y is constant"):
        np.testing.assert_array_equal(ChainRule().score_features(X[:, [1, 1]], np.ones(200)), 0.0)


def test_select_k_best():
    X, y = _noisy_copies(500, 3, keep=0.9)
    X[:, [0, 2]] = np.random.default_rng(1).integers(0, 3, (500, 2))
    selector = SelectKBest(ChainRule().score_features, k=1).fit(X, y)
    np.testing.assert_array_equal(selector.get_support(), [False, True, False])


@every_estimator
def test_permuted_values_equal_single_fits(estimator):
    X, y = _noisy_copies(300, 4)
    permutations = [np.random.default_rng(seed).permutation(300) for seed in range(5)]
    expected = [clone(estimator).fit(X, y[order]).mutual_info_ for order in permutations]
    got = estimator.permuted_estimates(X, y, permutations)
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-12)
    assert not hasattr(estimator, "n_features_in_")


def test_frames():
    X, y = _noisy_copies(300, 3)
    expected = ChainRule().fit(X, y).mutual_info_
    for frame in (pd.DataFrame(X, columns=list("abc")), pl.DataFrame(X, schema=list("abc"))):
        fitted = ChainRule().fit(frame, y)
        assert fitted.mutual_info_ == pytest.approx(expected, rel=1e-12)
        assert list(fitted.feature_names_in_) == ["a", "b", "c"]
        assert fitted.score(frame, y) == fitted.mutual_info_
    letters = np.array(list("uvw"))[y]
    targets = [
        letters,
        letters.tolist(),
        pd.Series(letters, dtype="category"),
        pd.Series(letters, dtype="string"),
        pd.DataFrame({"y": letters, "again": pd.Categorical(letters)}),
        pl.Series(letters),
        pl.Series(letters).cast(pl.Categorical),
        y.astype(float),
        y.astype(bool) + 2 * (y > 1),
    ]
    for target in targets:
        assert ChainRule().fit(X, target).mutual_info_ == pytest.approx(expected, rel=1e-12)
        assert ChainRule().fit(X, y, given=target).mutual_info_ == pytest.approx(0, abs=1e-12)


X_GOOD = [[0], [1], [1], [0]]
BAD = {
    "NaN": ([0.0, np.nan, 1.0, np.nan], ValueError, "{} contains NaN in 2 of 4 rows, first in row 1"),
    "inf": ([0.0, 1.0, 1.0, np.inf], ValueError, "{} contains infinity in 1 of 4 rows, first in row 3"),
    "None": (np.array(["a", None, "b", "b"], dtype=object), ValueError, "{} contains NaN or None in 1 of 4 rows"),
    "complex": ([0, 1j, 1, 0], ValueError, "Complex data not supported"),
    "masked": (np.ma.masked_equal([0, 9, 1, 0], 9), ValueError, "{} has 1 masked entries"),
    "empty": ([], ValueError, "0 sample"),
    "too short": ([0, 1, 0], ValueError, "X has 4 rows but {} has 3"),
    "NaT": (np.array(["2020", "NaT", "2021", "2020"], dtype="M8[ns]"), ValueError, "{} contains NaN .not a time. in 1"),
}


@pytest.mark.parametrize(("bad", "error", "message"), BAD.values(), ids=BAD)
def test_bad_companions_are_refused(bad, error, message):
    with pytest.raises(error, match=message.format("y")):
        ChainRule().fit(X_GOOD, bad)
    with pytest.raises(error, match=message.format("given")):
        ChainRule().fit(X_GOOD, [0, 1, 1, 0], given=bad)


def test_a_missing_target_is_refused():
    with pytest.raises(ValueError, match="requires y to be passed"):
        ChainRule().fit(X_GOOD, None)


@pytest.mark.parametrize("entropy", [JamesStein(), NSB()], ids=repr)
def test_entropies_of_an_alphabet(entropy):
    X, y = _noisy_copies(1000, 3)
    X[:, 1:] = 0
    fitted = ChainRule(entropy).fit(X, y)
    h_x, h_y = (entropy.entropy_of_counts(np.bincount(symbols), 3) for symbols in (X[:, 0], y))
    h_xy = entropy.entropy_of_counts(np.bincount(3 * X[:, 0] + y), 9)
    assert fitted.mutual_info_ == pytest.approx(h_x + h_y - h_xy, rel=1e-12)
    assert fitted.ceiling_ == pytest.approx(min(h_x, h_y), rel=1e-12)
    plug_in = ChainRule().fit(X, y)
    assert fitted.std_error_ == pytest.approx(plug_in.std_error_, rel=1e-12)
    assert abs(fitted.mutual_info_ - plug_in.mutual_info_) < fitted.std_error_
    declared = clone(entropy).set_params(n_categories=4)
    h_x, h_y = (entropy.entropy_of_counts(np.bincount(symbols), 4) for symbols in (X[:, 0], y))
    h_xy = entropy.entropy_of_counts(np.bincount(3 * X[:, 0] + y), 16)
    assert ChainRule(declared).fit(X, y).mutual_info_ == pytest.approx(h_x + h_y - h_xy, rel=1e-12)


@pytest.mark.parametrize("entropy", [MillerMadow(), Grassberger(), JamesStein(), NSB()], ids=repr)
def test_little_bias_with_five_rows_per_cell(entropy):
    # The plug-in's would be 81 / 1000.
    rng, n_repeats = np.random.default_rng(0), 40
    pairs = [(rng.integers(0, 10, (500, 1)), rng.integers(0, 10, 500)) for _ in range(n_repeats)]
    values = np.array([ChainRule(entropy).fit(*pair).mutual_info_ for pair in pairs])
    assert abs(values.mean()) < 0.01 + 4 * values.std() / np.sqrt(n_repeats)


def test_a_thousand_tables_are_quick():
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 8, (2000, 500)), rng.integers(0, 4, 2000)
    start = time.perf_counter()
    ChainRule(Grassberger()).score_features(X, y)
    ChainRule(Grassberger()).permuted_estimates(X[:, :1], y, [rng.permutation(2000) for _ in range(500)])
    assert time.perf_counter() - start < 2


class Squares(EntropyMixin, BaseEstimator):
    """Half the sum of squared counts: no entropy, but one can add it up by hand."""

    def _entropy(self, counts):
        return np.sum(counts**2) / 2


def test_an_entropy_without_pointwise_values():
    x, y = np.repeat([[0, 1, 1], [0, 0, 1]], 4, axis=1)
    estimator = ChainRule().fit(x[:, None], y)
    plug_in = estimator.pointwise_
    estimator.set_params(entropy=Squares()).fit(x[:, None], y)
    assert estimator.mutual_info_ == (16 + 64) / 2 + (64 + 16) / 2 - 48 / 2
    assert not hasattr(estimator, "pointwise_")
    assert estimator.std_error_ == pytest.approx(plug_in.std(ddof=1) / np.sqrt(12), rel=1e-12)
    assert estimator.ceiling_ == 40


class Sizes(EntropyMixin, BaseEstimator):
    """The number of categories that it is told of: shows what the chain rule passes."""

    def __init__(self, n_categories=None):
        self.n_categories = n_categories

    def entropy_of_counts(self, counts, n_categories=None):
        return float(n_categories)

    def pointwise_of_counts(self, counts):
        return None


@quiet
def test_alphabets_are_multiplied():
    x, y, z = np.array([[0, 1, 2, 2, 0, 0, 0, 0], [0, 1, 1, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0, 0, 0]])
    assert ChainRule(Sizes()).fit(x[:, None], y).mutual_info_ == 3 + 2 - 6 - 1
    assert ChainRule(Sizes()).fit(x[:, None], y, given=z).mutual_info_ == 6 + 4 - 12 - 2
    assert ChainRule(Sizes(5)).fit(x[:, None], y, given=z).mutual_info_ == 25 + 25 - 125 - 5
    assert ChainRule(Sizes(5)).fit(x[:, None], 0 * y, given=z).mutual_info_ == 25 + 5 - 25 - 5
    np.testing.assert_array_equal(ChainRule(Sizes(5)).score_features(np.c_[x, 0 * x], y), [5 + 5 - 25, 0])
    np.testing.assert_array_equal(ChainRule(Sizes(5)).permuted_estimates(x[:, None], y, [np.arange(8)]), [-15])
    for n_categories, seen in [(2, 3), (1, 3)]:
        with pytest.raises(ValueError, match=f"n_categories={n_categories}, but {seen} distinct rows were seen"):
            ChainRule(Sizes(n_categories)).fit(x[:, None], y, given=z)


def test_bad_entropies_are_refused():
    with pytest.raises(InvalidParameterError, match="'entropy' parameter of ChainRule must be"):
        ChainRule(entropy="plug-in").fit(X_GOOD, [0, 1, 1, 0])
    with pytest.raises(InvalidParameterError, match="'entropy' parameter of ChainRule must be"):
        ChainRule(entropy="plug-in").score_features(X_GOOD, [0, 1, 1, 0])
