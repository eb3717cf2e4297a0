"""Drop-ins of scikit-learn's scores: the same where these are right, and right where these are not."""

import inspect
from functools import partial

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn import feature_selection
from sklearn.datasets import load_iris
from sklearn.feature_selection import SelectKBest, SelectPercentile
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skib
from skib.feature_selection import mutual_info_classif, mutual_info_regression
from skib.mutual_info import KSG, Ross, mutual_info_features

N = 600
RNG = np.random.default_rng(0)
Y = RNG.integers(2, size=N)
SIGNAL = Y + 0.5 * RNG.normal(size=N)
NUMBERS = SIGNAL + RNG.normal(size=N)
NOISE = RNG.normal(size=N)
BOTH = [(mutual_info_classif, Y), (mutual_info_regression, NUMBERS)]


@pytest.mark.parametrize("function", [mutual_info_classif, mutual_info_regression])
def test_the_signature_is_that_of_scikit_learn_and_weights(function):
    ours = inspect.signature(function).parameters
    theirs = inspect.signature(getattr(feature_selection, function.__name__)).parameters
    names = [name for name in theirs if name != "sample_weight"]
    assert [name for name in ours if name != "sample_weight"] == names
    assert all(ours[name].default == theirs[name].default and ours[name].kind == theirs[name].kind for name in names)


def test_estimates_are_those_of_the_named_estimators():
    X = np.column_stack([SIGNAL, NOISE])
    assert_allclose(mutual_info_classif(X, Y), np.maximum(Ross(3).score_features(X, Y), 0))
    assert_allclose(mutual_info_regression(X, NUMBERS), np.maximum(KSG(3).score_features(X, NUMBERS), 0))
    levels = np.digitize(SIGNAL, [0, 1])[:, None]
    assert_allclose(mutual_info_classif(levels, Y), mutual_info_features(levels, Y), atol=1e-12)
    assert_allclose(mutual_info_regression(levels, NUMBERS, n_neighbors=4), Ross(4).fit(NUMBERS[:, None], levels[:, 0])
                    .mutual_info_)  # fmt: skip


@pytest.mark.parametrize(("function", "y"), BOTH)
def test_scikit_learn_agrees_where_it_is_right(function, y):
    """Both are estimates of one number; their difference is below the error of either."""
    X = np.column_stack([SIGNAL, NOISE])
    theirs = getattr(feature_selection, function.__name__)(X, y, random_state=0)
    assert_allclose(function(X, y), theirs, atol=0.05)


@pytest.mark.parametrize(("function", "y"), BOTH)
@pytest.mark.parametrize("by", ["shift", "unit", "heavy tail", "negative"])
def test_monotone_maps_change_nothing(function, y, by):
    mapped = {"shift": SIGNAL + 2.0**30, "unit": 1e-14 * SIGNAL, "heavy tail": np.exp(20 * SIGNAL), "negative": -SIGNAL}
    expected = function(SIGNAL[:, None], y)
    assert_allclose(function(mapped[by][:, None], y), expected, atol=0.01 if by == "shift" else 1e-12)
    assert expected > 0.1


@pytest.mark.parametrize("discrete", ["auto", False, True])
@pytest.mark.filterwarnings("ignore::skib.ConstantInputWarning")
def test_constant_columns_and_rare_classes(discrete):
    """Scikit-learn issue 30772: a constant column had more information than the entropy of y."""
    y = np.zeros(100_000, int)
    y[:100] = 1
    entropy = -(0.001 * np.log(0.001) + 0.999 * np.log(0.999))
    delta = np.where(RNG.random(100_000) < 0.002, RNG.normal(size=100_000), 0)
    copy = y + 0.1 * RNG.normal(size=100_000)
    X = np.column_stack([np.ones(100_000), delta, copy])
    scores = mutual_info_classif(X[:, :2] if discrete is True else X, y, discrete_features=discrete)
    assert scores[0] == 0.0
    assert 0 <= scores[1] < 0.01 * entropy
    if discrete is not True:
        assert 0.9 * entropy < scores[2] <= entropy
    assert (feature_selection.mutual_info_classif(X[:, :1], y, random_state=0) > entropy).all()  # the issue


@pytest.mark.parametrize(("function", "y"), BOTH)
def test_results_are_deterministic_and_never_negative(function, y):
    X = RNG.normal(size=(N, 30))
    scores = function(X, y, random_state=1)
    assert_array_equal(function(X, y, random_state=2, n_jobs=2, copy=False), scores)
    assert (scores >= 0).all() and (scores == 0).any()


@pytest.mark.parametrize("function", [mutual_info_classif, mutual_info_regression])
def test_in_selectors(function):
    X, y = load_iris(return_X_y=True, as_frame=True)
    chosen = SelectKBest(function, k=2).fit(X, y).get_feature_names_out().tolist()
    assert chosen == ["petal length (cm)", "petal width (cm)"]
    pipeline = make_pipeline(StandardScaler(), SelectPercentile(partial(function, n_neighbors=5), percentile=50))
    assert pipeline.fit(X, y)[-1].get_support(indices=True).tolist() == [2, 3]


def test_discrete_features_are_named_by_bool_mask_or_number():
    grid = np.round(8 * SIGNAL).astype(int)
    X = np.column_stack([SIGNAL, grid, NOISE])
    mask = mutual_info_classif(X, Y, discrete_features=[False, True, False])
    assert_array_equal(mutual_info_classif(X, Y, discrete_features=[1]), mask)
    assert_array_equal(mutual_info_classif(X, Y, discrete_features=np.array([-2])), mask)
    assert mask[1] == mutual_info_features(pd.DataFrame({1: pd.Categorical(grid)}), Y)[0]
    assert_allclose(mutual_info_classif(X, Y, discrete_features=False)[1], Ross(3).fit(grid[:, None], Y).mutual_info_)
    for discrete, message in [("some", "must be 'auto', a bool"), ([True], "has 1 entries, but X has 3 columns")]:
        with pytest.raises(ValueError, match=message):
            mutual_info_classif(X, Y, discrete_features=discrete)
    with pytest.raises(ValueError, match="column 'town' holds text, which cannot be taken as numbers"):
        mutual_info_classif(pd.DataFrame({"town": ["Oslo", "Bergen"] * 300}), Y, discrete_features=False)


@pytest.mark.parametrize(("function", "y"), BOTH)
def test_missing_values(function, y):
    frame = pd.DataFrame({"signal": SIGNAL, "town": np.where(SIGNAL > 1, "Oslo", "Bergen"), "day": NOISE})
    holed = frame.mask(np.random.default_rng(1).random(frame.shape) < 0.1)
    with pytest.warns(skib.MissingValuesWarning, match="'signal'"):
        scores = function(holed, y)
    rows = holed["signal"].notna()
    assert scores[0] == pytest.approx(function(holed.loc[rows, ["signal"]], y[rows])[0], abs=1e-12)
    named = function(holed[["town"]].astype(object).fillna("missing"), y)
    assert scores[1] == pytest.approx(named[0], abs=1e-12)


def test_missing_targets():
    y = np.where(RNG.random(N) < 0.1, None, Y)
    levels = np.digitize(SIGNAL, [0, 1])[:, None]
    assert_allclose(mutual_info_classif(levels, y), mutual_info_classif(levels, [str(v) for v in y]), atol=1e-12)
    numbers = np.where(RNG.random(N) < 0.1, np.nan, NUMBERS)
    rows = np.isfinite(numbers)
    with pytest.warns(skib.MissingValuesWarning, match="10.0% of y"):
        scores = mutual_info_regression(SIGNAL[:, None], numbers)
    assert_allclose(scores, mutual_info_regression(SIGNAL[rows, None], numbers[rows]))
    few = np.where(np.arange(N) < 2, SIGNAL, np.nan)
    few[:4] = NOISE[:4]
    with pytest.warns(skib.MissingValuesWarning, match="1 pairs have no more than 4 rows"):
        scores = mutual_info_regression(np.column_stack([few, NOISE]), SIGNAL, n_neighbors=4, discrete_features=False)
    assert np.isnan(scores[0]) and np.isfinite(scores[1])


def test_weights_are_repeated_rows():
    levels = np.column_stack([np.digitize(SIGNAL, [0, 1]), RNG.integers(3, size=N)])
    weights = RNG.integers(3, size=N)
    rows = np.repeat(np.arange(N), weights)
    expected = mutual_info_classif(levels[rows], Y[rows])
    assert_allclose(mutual_info_classif(levels, Y, sample_weight=weights), expected, atol=1e-12)
    with pytest.raises(ValueError, match="column 0 holds numbers; cut it into bins"):
        mutual_info_classif(SIGNAL[:, None], Y, sample_weight=weights)
    with pytest.raises(ValueError, match="cut y into bins and take mutual_info_classif"):
        mutual_info_regression(SIGNAL[:, None], NUMBERS, sample_weight=weights)


@pytest.mark.parametrize(("function", "y"), BOTH)
def test_sparse_columns_are_bools(function, y):
    bools = RNG.random((N, 5)) < 0.2
    bools[:, 0] |= SIGNAL > 1
    found = function(sparse.csr_array(3.0 * bools), y)
    assert_allclose(found, function(bools, y), atol=1e-12)
    with pytest.raises(ValueError, match=r"sparse X are discrete; pass X.toarray\(\)"):
        function(sparse.csr_array(bools), y, discrete_features=False)


def test_classes_of_few_rows_are_named():
    towns = np.array(["Oslo"] * (N - 2) + ["Bergen"] * 2)
    with pytest.warns(
        skib.UnreliableEstimateWarning, match=r"columns \['town'\] have classes of no more rows than the 3"
    ):
        mutual_info_regression(pd.DataFrame({"town": towns}), NUMBERS)
    assert mutual_info_regression(np.array(towns == "Oslo")[:, None], np.arange(N) // 2 % 7, n_neighbors=1).shape == (
        1,
    )


def test_hostile_arguments():
    with pytest.raises(ValueError, match="X has 600 rows but y has 599"):
        mutual_info_classif(SIGNAL[:, None], Y[:-1])
    with pytest.raises(ValueError, match="y has 2 columns, but one is required; score one target after the other"):
        mutual_info_classif(SIGNAL[:, None], np.column_stack([Y, Y]))
    with pytest.raises(ValueError, match="n_neighbors == 0"):
        mutual_info_regression(SIGNAL[:, None], NUMBERS, n_neighbors=0)
    with pytest.warns(skib.ConstantInputWarning, match=r"columns \['y'\]"):
        assert_array_equal(mutual_info_classif(SIGNAL[:, None], np.ones(N)), [0.0])


def test_a_warning_counts_all_columns():
    X = pd.DataFrame({"number": SIGNAL, "noise": NOISE, "id": pd.Categorical(np.arange(N).astype(str))})
    with pytest.warns(skib.SaturatedEstimateWarning, match=r"of 1 of 3 columns \('id'\)"):
        mutual_info_classif(X, Y)
