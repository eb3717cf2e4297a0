import pickle
from itertools import pairwise

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.utils._param_validation import InvalidParameterError

from skib import in_bits
from skib._columns import adaptive_edges, quantile_edges, uniform_edges
from skib._warnings import ConstantInputWarning, SaturatedEstimateWarning, UnreliableEstimateWarning
from skib.entropy import MillerMadow
from skib.mutual_info._binned import Binned
from skib.mutual_info._chain_rule import ChainRule
from tests.naive import bins as naive

ESTIMATORS = [
    Binned(),
    Binned(5, strategy="quantile"),
    Binned(entropy=MillerMadow()),
    Binned(6, strategy="adaptive"),
    Binned(bin_width=0.5),
]
every_strategy = pytest.mark.parametrize("strategy", ["uniform", "quantile", "adaptive"])
quiet = pytest.mark.filterwarnings("ignore::skib._warnings.SkibWarning")


def _gaussian_pair(n_samples=2000, seed=0, rho=0.8):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n_samples)
    return x[:, None], rho * x + np.sqrt(1 - rho**2) * rng.normal(size=n_samples)


# --- the estimate ------------------------------------------------------------------------------------------------


@every_strategy
def test_is_the_chain_rule_on_the_bins(strategy):
    X, y = _gaussian_pair()
    X = np.c_[X, X**3 + y]
    fitted = Binned(4, strategy=strategy).fit(X, y)
    bins = np.column_stack([naive.bins(x, e) for x, e in zip(X.T, fitted.bin_edges_, strict=True)])
    y_edges = {
        "uniform": uniform_edges(y.min(), y.max(), 4),
        "quantile": quantile_edges(y, 4),
        "adaptive": adaptive_edges(y, 4),
    }[strategy]
    expected = ChainRule().fit(bins, naive.bins(y, y_edges))
    assert fitted.mutual_info_ == expected.mutual_info_
    assert fitted.ceiling_ == expected.ceiling_
    np.testing.assert_array_equal(fitted.pointwise_, expected.pointwise_)


def test_truth_of_a_checkerboard():
    # Uniform on the cells (i, j) of a 4 x 4 board with i - j in {0, 1} modulo 4: I = log 4 - log 2.
    rng, n = np.random.default_rng(0), 20_000
    i = rng.integers(0, 4, n)
    j = (i - rng.integers(0, 2, n)) % 4
    X, y = ((cell + rng.random(n)) / 4 for cell in (i, j))
    fitted = Binned(4, range=(0, 1), entropy=MillerMadow()).fit(X[:, None], j)
    assert fitted.mutual_info_ == pytest.approx(np.log(2), abs=4 * fitted.std_error_ + 1e-3)
    assert Binned(4).fit(X[:, None], y).mutual_info_ == pytest.approx(np.log(2), abs=0.01)


def test_more_bins_lose_less_of_a_gaussian_pair():
    truth = -0.5 * np.log(1 - 0.8**2)
    X, y = _gaussian_pair(100_000)
    values = [
        Binned(n_bins, strategy="quantile", entropy=MillerMadow()).fit(X, y).mutual_info_ for n_bins in (2, 8, 32)
    ]
    assert values[0] < values[1] < values[2] < truth
    # The sign of a Gaussian pair has a closed form: P(same sign) = 1/2 + arcsin(rho) / pi.
    same = 0.5 + np.arcsin(0.8) / np.pi
    assert values[0] == pytest.approx(np.log(2) + same * np.log(same) + (1 - same) * np.log(1 - same), abs=0.01)


@every_strategy
@pytest.mark.parametrize(
    "change",
    [
        lambda x: x * 2.0**-1060,
        lambda x: x * 1e-310,
        lambda x: x + 1e12,
        lambda x: x * 1e307 * 4,
        lambda x: -x,
        lambda x: x.astype(np.float32),
        lambda x: x.astype(">f8"),
        lambda x: x.astype(object),
        lambda x: np.asfortranarray(np.repeat(x, 2, axis=1))[:, :1],
    ],
)
def test_scale_offset_and_layout(strategy, change):
    # On multiples of 1/8 within [-4, 4], away from the edges of 7 bins, no rounding moves a value to another bin.
    X, y = _gaussian_pair()
    X, y = np.clip(np.rint(8 * X) / 8, -4, 4), np.clip(np.rint(8 * y) / 8, -4, 4)
    X[:2, 0], y[:2] = [-4, 4], [-4, 4]
    estimator = Binned(7, strategy="uniform")
    expected = estimator.fit(X, y).mutual_info_
    assert estimator.fit(change(X), y).mutual_info_ == pytest.approx(expected, rel=1e-12)
    assert estimator.fit(X, change(y[:, None])).mutual_info_ == pytest.approx(expected, rel=1e-12)


@given(seed=st.integers(0, 10**6), n_samples=st.integers(30, 100))
@quiet
def test_quantile_bins_do_not_feel_monotone_maps(seed, n_samples):
    X, y = _gaussian_pair(n_samples, seed)
    X = np.maximum(X, 0.0)
    estimator = Binned(4, strategy="quantile")
    expected = estimator.fit(X, y).mutual_info_
    assert estimator.fit(np.exp(5 * X), y**3).mutual_info_ == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=repr)
def test_rows_columns_and_sides_may_be_swapped(estimator):
    X, y = _gaussian_pair()
    X = np.c_[X, np.random.default_rng(1).random(len(y))]
    rows = np.random.default_rng(2).permutation(len(y))
    expected = clone(estimator).fit(X, y).mutual_info_
    assert clone(estimator).fit(X[rows][:, ::-1], y[rows]).mutual_info_ == pytest.approx(expected, rel=1e-12)
    if estimator.bin_width is None:  # which is for X alone
        assert clone(estimator).fit(y[:, None], X).mutual_info_ == pytest.approx(expected, rel=1e-12)


def test_condition():
    rng, n = np.random.default_rng(0), 20_000
    z = rng.random(n)
    X, y = (z + 0.1 * rng.normal(size=n))[:, None], z + 0.1 * rng.normal(size=n)
    estimator = Binned(5, strategy="quantile", entropy=MillerMadow())
    assert estimator.fit(X, y).mutual_info_ > 0.5
    labels = (5 * z).astype(int)  # what the bins of z say: 5 bins, equally full up to chance
    conditional = estimator.fit(X, y, given=z).mutual_info_
    assert conditional == pytest.approx(estimator.fit(X, y, given=labels).mutual_info_, abs=0.02)
    assert conditional < 0.3


# --- what y is -----------------------------------------------------------------------------------------------------


def test_labels_stay_as_they_are():
    x = np.linspace(0, 1, 1200)
    labels = (12 * x).astype(int).clip(max=11)  # 12 classes, against 3 bins
    expected = np.log(3)
    targets = [
        labels,
        labels.astype(str),
        labels.astype(np.int8),
        labels.tolist(),
        pd.Series(labels, dtype="category"),
        pd.Series(labels / 4).astype("category"),
        pd.Series(labels, dtype="Int64"),
        pl.Series(labels),
        np.array([f"class {label}" for label in labels], dtype=object),
    ]
    for y in targets:
        assert Binned(3).fit(x[:, None], y).mutual_info_ == pytest.approx(expected, rel=1e-12)
        # Their own entropy is log 12, which bins would have cut to log 3.
        assert Binned(3).fit(x[:, None], y, given=y).mutual_info_ == pytest.approx(0, abs=1e-12)
        assert Binned(60).fit(x[:, None], y).ceiling_ == pytest.approx(np.log(12), rel=1e-12)


def test_floats_and_dates_are_binned():
    x = np.linspace(0, 1, 1200)
    days = np.datetime64("2020-01-01", "ns") + np.arange(1200) * np.timedelta64(1, "D")
    targets = [x, x.astype(object), x.astype(np.float32), x[:, None], x.tolist(), pd.Series(x), pl.Series(x), days]
    for y in targets:
        assert Binned(3).fit(x[:, None], y).ceiling_ == pytest.approx(np.log(3), rel=1e-12)


def test_frames():
    X, y = _gaussian_pair()
    X = np.c_[X, X + y[:, None]]
    expected = Binned(4).fit(X, y).mutual_info_
    for frame in (pd.DataFrame(X, columns=["a", "b"]), pl.DataFrame(X, schema=["a", "b"])):
        fitted = Binned(4).fit(frame, y)
        assert fitted.mutual_info_ == expected
        assert list(fitted.feature_names_in_) == ["a", "b"]
        assert pickle.loads(pickle.dumps(fitted)).mutual_info_ == expected


# --- degenerate and bad input ---------------------------------------------------------------------------------------


@every_strategy
def test_a_constant_tells_nothing(strategy):
    X, y = _gaussian_pair(200)
    with pytest.warns(ConstantInputWarning, match="X is constant over all 200 rows"):
        fitted = Binned(strategy=strategy).fit(np.full_like(X, 1e12), y)
    assert fitted.mutual_info_ == 0.0
    np.testing.assert_array_equal(fitted.bin_edges_, [[1e12, 1e12]])
    with pytest.warns(ConstantInputWarning, match="y is constant over all 200 rows"):
        assert Binned(strategy=strategy).fit(X, np.full_like(y, -3)).mutual_info_ == 0.0


@every_strategy
def test_a_constant_column_among_others_does_not_matter(strategy):
    X, y = _gaussian_pair(500)
    X[0] = 0.0  # adaptive bins set zeros apart, also those of another column
    expected = Binned(4, strategy=strategy).fit(X, y).mutual_info_
    assert Binned(4, strategy=strategy).fit(np.c_[X, np.zeros(500)], y).mutual_info_ == expected


def test_values_outside_the_range_are_counted():
    X = np.array([[-5.0, 0.1], [0.2, 0.3], [0.6, 0.7], [9.0, 7.0]])
    with pytest.warns(UnreliableEstimateWarning, match="3 of 8 values of X, in 2 of 4 rows, lie outside"):
        fitted = Binned(2, range=(0, 1)).fit(X, [0, 0, 1, 1])
    np.testing.assert_array_equal(fitted.bin_edges_, [[0, 0.5, 1]] * 2)
    assert fitted.mutual_info_ == pytest.approx(np.log(2), rel=1e-12)
    assert Binned(2, range=(-5, 9)).fit(X, [0, 0, 1, 1]).mutual_info_ > 0  # the ends are inside: no warning


def test_range_is_for_X_alone():
    X, y = _gaussian_pair(500)
    X = np.clip(X, -3, 3)
    fitted = Binned(6, range=(-3, 3)).fit(X, 100 * y)
    assert fitted.mutual_info_ == Binned(6, range=(-3, 3)).fit(X, y).mutual_info_ > 0.2


def test_a_width_in_place_of_a_number_of_bins():
    X, y = _gaussian_pair(2000)
    expected = ChainRule().fit(np.floor(X / 0.5), naive.bins(y, uniform_edges(y.min(), y.max(), 6)))
    assert Binned(6, bin_width=0.5).fit(X, y).mutual_info_ == pytest.approx(expected.mutual_info_, rel=1e-12)
    # The bins of 0.07 over the range of tanh, as in the literature, are those of a range that reaches a bit further.
    T = np.tanh(3 * np.c_[X, -X])
    by_width, by_range = Binned(bin_width=0.07).fit(T, y > 0), Binned(30, range=(-1.05, 1.05)).fit(T, y > 0)
    assert by_width.mutual_info_ == pytest.approx(by_range.mutual_info_, rel=1e-12)


def test_adaptive_bins_follow_the_layer_but_not_the_unit():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 4, 4000)
    layer = np.maximum(np.c_[y + 0.3 * rng.normal(size=4000) - 2, rng.normal(size=4000)], 0)
    adaptive = Binned(8, strategy="adaptive")
    expected = adaptive.fit(layer, y).mutual_info_
    for change in (lambda t: 1e-6 * t, lambda t: t**3, np.expm1):
        assert adaptive.fit(change(layer), y).mutual_info_ == pytest.approx(expected, rel=1e-12)
    # Levels are pooled: a unit far smaller than another is left with its share of the bins.
    small = np.c_[layer[:, 0], 1000 * layer[:, 1]]
    assert len(set(naive.bins(layer[:, 0], adaptive.fit(layer, y).bin_edges_[0]))) == 9
    assert len(set(naive.bins(small[:, 0], adaptive.fit(small, y).bin_edges_[0]))) == 5


@pytest.mark.parametrize(
    "estimator",
    [Binned(30, range=(-1, 1)), Binned(bin_width=0.07), *(Binned(30, strategy=s) for s in ("quantile", "adaptive"))],
    ids=repr,
)
def test_bins_that_tell_all_inputs_apart_give_twelve_bits(estimator):
    X = (np.arange(4096)[:, None] >> np.arange(12)) & 1
    rng, symbols = np.random.default_rng(0), np.char.mod("input %d", np.arange(4096))
    layer = np.tanh((X - 0.5) @ rng.normal(size=(12, 12)))
    with pytest.warns(SaturatedEstimateWarning):
        fitted = clone(estimator).fit(layer, symbols)
    assert in_bits(fitted.mutual_info_) == pytest.approx(12, rel=1e-12)
    with pytest.warns(SaturatedEstimateWarning):  # every row is a pair (input, layer) of its own, whatever the bins
        assert in_bits(clone(estimator).fit(layer[:, :1], symbols).mutual_info_) < np.log2(31)


def test_a_wide_layer_saturates_whatever_the_labels():
    # The trap of binned information planes: coin flips get all of their entropy as soon as every row is unique.
    rng = np.random.default_rng(0)
    X, y = np.tanh(rng.normal(size=(2000, 10))), rng.integers(0, 2, 2000)
    with pytest.warns(SaturatedEstimateWarning, match="2000 rows"):
        fitted = Binned(30, range=(-1, 1)).fit(X, y)
    assert fitted.saturated_
    assert fitted.mutual_info_ == pytest.approx(fitted.ceiling_, rel=1e-3)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=repr)
def test_score_features_equals_single_fits(estimator):
    X, y = _gaussian_pair(1000)
    X = np.c_[X, X + y[:, None], np.random.default_rng(1).random((1000, 1))]
    # Adaptive bins are those of all columns: here, of columns with the same values.
    X = X[np.arange(1000)[:, None] - [0, 1, 500], 0] if estimator.strategy == "adaptive" else X
    for target in (y, y > 0, np.c_[y, y > 0]):
        expected = [clone(estimator).fit(X[:, [j]], target).mutual_info_ for j in range(3)]
        np.testing.assert_allclose(clone(estimator).score_features(X, target), expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=repr)
def test_permuted_values_equal_single_fits(estimator):
    X, y = _gaussian_pair(300)
    permutations = [np.random.default_rng(seed).permutation(300) for seed in range(5)]
    for target in (y, y > 0):
        expected = [clone(estimator).fit(X, target[order]).mutual_info_ for order in permutations]
        got = estimator.permuted_estimates(X, target, permutations)
        np.testing.assert_allclose(got, expected, rtol=0, atol=1e-12)
    assert not hasattr(estimator, "bin_edges_")


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"n_bins": 1}, InvalidParameterError, "'n_bins' parameter of Binned must be an int in the range .2, inf"),
        ({"n_bins": 2.5}, InvalidParameterError, "'n_bins' parameter"),
        ({"strategy": "kmeans"}, InvalidParameterError, "'strategy' parameter"),
        ({"range": 3}, InvalidParameterError, "'range' parameter"),
        ({"range": (1, 0)}, ValueError, r"two finite numbers \(low, high\) with low < high, got \(1, 0\)"),
        ({"range": (0, np.inf)}, ValueError, "two finite numbers"),
        ({"range": (0, 1, 2)}, ValueError, "two finite numbers"),
        ({"range": ("a", "b")}, ValueError, "two finite numbers"),
        ({"range": (0, 1), "strategy": "quantile"}, ValueError, "needs strategy='uniform', got strategy='quantile'"),
        ({"range": (0, 1), "strategy": "adaptive"}, ValueError, "needs strategy='uniform', got strategy='adaptive'"),
        ({"bin_width": 0}, InvalidParameterError, "'bin_width' parameter"),
        ({"bin_width": 1.0, "strategy": "quantile"}, ValueError, "bin_width=1.0 needs strategy='uniform' and no range"),
        ({"bin_width": 1.0, "range": (0, 1)}, ValueError, "bin_width=1.0 needs strategy='uniform' and no range"),
        ({"bin_width": 1e-9}, ValueError, "into more than 1000000 bins; pass a larger bin_width"),
        ({"bin_width": 5e-324}, ValueError, "into more than 1000000 bins"),
        ({"entropy": 2}, InvalidParameterError, "'entropy' parameter"),
    ],
)
def test_bad_parameters_are_refused(parameters, error, message):
    with pytest.raises(error, match=message):
        Binned(**parameters).fit(*_gaussian_pair(50))


X_GOOD = [[0.5], [1.5], [1.0], [0.0]]
BAD_X = {
    "NaN": ([[0.0], [np.nan], [1.0], [np.nan]], "X contains NaN in 2 of 4 rows, first in row 1"),
    "inf": ([[0.0], [1.0], [1.0], [np.inf]], "X contains infinity in 1 of 4 rows, first in row 3"),
    "text": ([["1.0"], ["2.0"], ["3.0"], ["4.0"]], "X holds text"),
    "complex": (np.array([[1j], [0], [1], [2]]), "Complex data not supported"),
    "masked": (np.ma.masked_equal([[0.0], [9], [1], [0]], 9), "X has 1 masked entries"),
    "empty": (np.empty((0, 1)), "0 sample"),
    "category": (pd.DataFrame({"a": pd.Categorical(list("uvuv"))}), "X has columns of text or categories: .'a'."),
}
BAD_Y = {
    "NaN": ([0.0, np.nan, 1.0, np.nan], "y contains NaN in 2 of 4 rows, first in row 1"),
    "NaN objects": (np.array([0.0, np.nan, 1.0, 2.0], dtype=object), "y contains NaN .*in 1 of 4 rows, first in row 1"),
    "None": (np.array(["a", None, "b", "b"], dtype=object), "y contains NaN or None in 1 of 4 rows, first in row 1"),
    "inf": ([0.0, 1.0, 1.0, np.inf], "y contains infinity in 1 of 4 rows, first in row 3"),
    "complex": ([1j, 0, 1, 2], "Complex data not supported"),
    "masked": (np.ma.masked_equal([0.0, 9, 1, 0], 9), "y has 1 masked entries"),
    "NaT": (np.array(["2020", "NaT", "2021", "2020"], dtype="M8[ns]"), "y contains NaN .not a time. in 1 of 4 rows"),
    "too short": ([0.0, 1.0, 0.5], "X has 4 rows but y has 3"),
    "none": (None, "requires y to be passed"),
}


@pytest.mark.parametrize(("X", "message"), BAD_X.values(), ids=BAD_X)
def test_bad_rows_are_refused(X, message):
    with pytest.raises(ValueError, match=message):
        Binned().fit(X, [0, 1, 1, 0])


@pytest.mark.parametrize(("y", "message"), BAD_Y.values(), ids=BAD_Y)
def test_bad_targets_are_refused(y, message):
    with pytest.raises(ValueError, match=message):
        Binned().fit(X_GOOD, y)


def test_edges_bracket_their_bins():
    X, y = _gaussian_pair(500)
    for strategy in ("uniform", "quantile"):
        (edges,) = Binned(6, strategy=strategy).fit(X, y).bin_edges_
        assert len(edges) == 7
        assert all(low < high for low, high in pairwise(edges))
        assert (edges[0], edges[-1]) == (X.min(), X.max())
