"""Usable information against closed forms, and everything a predictor may do wrong."""

import datetime as dt
import pickle
import warnings
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, PolynomialFeatures
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skib import ConstantInputWarning, SaturatedEstimateWarning, UnreliableEstimateWarning, in_bits
from skib.datasets import make_gaussian_pair
from skib.mutual_info import UsableInformation

QUADRATIC = make_pipeline(PolynomialFeatures(2), LogisticRegression(C=100, max_iter=1000))


def logistic_pair(n_samples, slope, seed):
    """Labels with P(yes) = 1 / (1 + exp(-slope x)), and I(X;Y) by numerical integration."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n_samples)
    grid = np.linspace(-9, 9, 20001)
    p = 1 / (1 + np.exp(-slope * grid))
    conditional = -np.sum((p * np.log(p) + (1 - p) * np.log1p(-p)) * np.exp(-(grid**2) / 2))
    truth = np.log(2) - conditional * (grid[1] - grid[0]) / np.sqrt(2 * np.pi)
    return x[:, None], np.where(rng.uniform(size=n_samples) < 1 / (1 + np.exp(-slope * x)), "yes", "no"), truth


def noisy_parity(n_samples, seed, flip=0.1):
    """Two coins whose parity, flipped now and then, is y; its information in nats."""
    rng = np.random.default_rng(seed)
    coins = rng.integers(0, 2, (n_samples, 2))
    y = coins.sum(axis=1) % 2 ^ (rng.uniform(size=n_samples) < flip)
    return coins, y, np.log(2) + flip * np.log(flip) + (1 - flip) * np.log(1 - flip)


@pytest.mark.parametrize("estimator", [None, LinearRegression()])
@pytest.mark.parametrize(("rho", "dim"), [(0.5, 1), (0.9, 1), (0.9, 3)])
def test_gaussian_truth(estimator, rho, dim):
    for seed in range(2):
        pair = make_gaussian_pair(2000, rho=rho, dim=dim, random_state=seed)
        y = pair.y.reshape(2000, dim)[:, 0]
        estimate = UsableInformation(estimator, random_state=seed).fit(pair.X, y)
        assert abs(estimate.mutual_info_ - pair.mutual_info / dim) < 4 * estimate.std_error_


@pytest.mark.parametrize(("slope", "published"), [(1, 0.1352), (3, 0.4799)])
def test_logistic_truth(slope, published):
    assert in_bits(logistic_pair(1, slope, 0)[2]) == pytest.approx(published, abs=1e-4)
    for seed in range(4):
        X, y, truth = logistic_pair(2000, slope, seed)
        estimate = UsableInformation(random_state=seed).fit(X, y)
        assert abs(estimate.mutual_info_ - truth) < 4 * estimate.std_error_


@pytest.mark.slow
@pytest.mark.parametrize(("slope", "published"), [(1, 0.1352), (3, 0.4799)])
def test_logistic_truth_in_many_rows(slope, published):
    """In bits. Of 50 000 rows even the true probabilities are off by 0.0036 (slope 3), so that five samples count."""
    estimates, best = [], []
    for seed in range(5):
        X, y, _ = logistic_pair(50_000, slope, seed)
        estimates.append(in_bits(UsableInformation(random_state=seed).fit(X, y).mutual_info_))
        p = 1 / (1 + np.exp(-slope * X[:, 0]))
        best.append(in_bits(np.mean(np.log(np.where(y == "yes", p, 1 - p))) + np.log(2)))
    assert abs(np.mean(estimates) - published) < 0.006
    np.testing.assert_allclose(estimates, best, atol=0.001)


def test_independence_is_never_biased_upwards():
    rng = np.random.default_rng(0)
    values = [
        UsableInformation(random_state=s).fit(rng.normal(size=(200, 3)), y).mutual_info_
        for s in range(10)
        for y in (rng.normal(size=200), rng.integers(0, 3, 200))
    ]
    assert np.mean(values) < 2 * np.std(values) / np.sqrt(20)
    assert np.mean(values) > -0.03


def test_shuffled_labels_tell_nothing():
    X, y, truth = logistic_pair(1000, 3, 0)
    shuffled = UsableInformation(random_state=0).fit(X, np.random.default_rng(0).permutation(y))
    assert -0.01 < shuffled.mutual_info_ < 4 * shuffled.std_error_ < truth / 10


def test_what_overfits_lowers_the_estimate():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(300, 2)), rng.integers(0, 2, 300)
    assert UsableInformation(DecisionTreeClassifier(), random_state=0).fit(X, y).mutual_info_ < -1


def test_more_columns_than_rows_do_not_ruin_the_default():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(150, 400))
    for y in (X[:, 0] + rng.normal(size=150), X[:, 0] > rng.normal(size=150), rng.normal(size=150)):
        assert UsableInformation(random_state=0).fit(X, y).mutual_info_ > -0.05


def test_the_family_decides_what_is_usable():
    X, y, truth = noisy_parity(2000, 0)
    linear = UsableInformation(random_state=0).fit(X, y)
    assert abs(linear.mutual_info_) < 0.01
    quadratic = UsableInformation(QUADRATIC, random_state=0).fit(X, y)
    assert abs(quadratic.mutual_info_ - truth) < 4 * quadratic.std_error_


def test_parity_given_the_other_coin():
    X, y, truth = noisy_parity(2000, 1)
    alone = UsableInformation(QUADRATIC, random_state=0).fit(X[:, :1], y)
    assert abs(alone.mutual_info_) < 0.01
    given = UsableInformation(QUADRATIC, random_state=0).fit(X[:, :1], y, given=X[:, 1])
    assert abs(given.mutual_info_ - truth) < 4 * given.std_error_


def test_conditional_gaussian_truth():
    # X sees Y through Z alone, then directly with partial correlation 0.6.
    rng = np.random.default_rng(0)
    z, a, b = rng.normal(size=(3, 3000))
    null = UsableInformation(Ridge(), random_state=0).fit((z + a)[:, None], z + b, given=z)
    assert abs(null.mutual_info_) < 0.003
    direct = UsableInformation(Ridge(), random_state=0).fit((z + a)[:, None], z + 0.6 * a + 0.8 * b, given=z)
    assert abs(direct.mutual_info_ + 0.5 * np.log(1 - 0.36)) < 4 * direct.std_error_


def test_chain_rule_of_targets():
    # Two targets one after the other: the information of both.
    pair = make_gaussian_pair(2000, rho=0.8, dim=2, random_state=0)
    usable = UsableInformation(LinearRegression(), random_state=0)
    first = clone(usable).fit(pair.X, pair.y[:, 0])
    second = clone(usable).fit(pair.X, pair.y[:, 1], given=pair.y[:, 0])
    error = np.hypot(first.std_error_, second.std_error_)
    assert abs(first.mutual_info_ + second.mutual_info_ - pair.mutual_info) < 4 * error


def test_pointwise_equals_the_definition():
    X, y, _ = logistic_pair(60, 2, 0)
    model, clip = LogisticRegression(), 0.01
    usable = UsableInformation(model, cv=KFold(3), clip=clip).fit(X, y)
    expected = np.empty(60)
    for train, test in KFold(3).split(X):
        share = (np.mean(y[train] == "yes") * len(train) + 0.5) / (len(train) + 1)
        null = np.where(y[test] == "yes", share, 1 - share)
        p = clone(model).fit(X[train], y[train]).predict_proba(X[test])
        p = np.where(y[test] == "yes", p[:, 1], p[:, 0])
        expected[test] = np.log((1 - clip) * p + clip * null) - np.log(null)
    np.testing.assert_allclose(usable.pointwise_, expected, rtol=0, atol=1e-12)
    assert usable.pvi_ is usable.pointwise_
    assert usable.mutual_info_ == pytest.approx(expected.mean())
    assert usable.std_error_ == pytest.approx(expected.std(ddof=1) / np.sqrt(60))


def test_mislabelled_rows_have_the_lowest_pvi():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 600)
    X = 4 * np.eye(3)[y] + rng.normal(size=(600, 3))
    wrong = rng.choice(600, 20, replace=False)
    labels = y.copy()
    labels[wrong] = (y[wrong] + 1) % 3
    pvi = UsableInformation(random_state=0).fit(X, labels).pvi_
    assert np.mean(pvi[wrong] < 0) > 0.9
    assert np.isin(np.argsort(pvi)[:20], wrong).mean() > 0.8


def test_one_confident_mistake_costs_no_more_than_clip():
    X, y, _ = logistic_pair(400, 3, 0)
    tree = DecisionTreeClassifier(random_state=0)  # says 0 or 1, and is wrong at times
    for clip in (1e-6, 1e-3, 0.1):
        usable = UsableInformation(tree, clip=clip, random_state=0).fit(X, y)
        assert usable.pvi_.min() == pytest.approx(np.log(clip))
        assert np.isfinite(usable.mutual_info_)


def test_spread_of_a_regressor_is_held_out():
    # A regressor that learns its rows by heart has no residuals on them; the truth is 0.
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(400, 1)), rng.normal(size=400)
    by_heart = make_pipeline(PolynomialFeatures(1), _ByHeart())
    usable = UsableInformation(by_heart, random_state=0).fit(X, y)
    assert -0.5 * np.log(2) - 0.1 < usable.mutual_info_ < 0  # a prediction as wide as y doubles the variance


class _ByHeart(RegressorMixin, BaseEstimator):
    def fit(self, X, y):
        self.y_, self.table_ = y, {tuple(row): value for row, value in zip(X, y, strict=True)}
        return self

    def predict(self, X):
        rng = np.random.default_rng(0)
        return np.array([self.table_.get(tuple(row), rng.choice(self.y_)) for row in X])


def test_classes_have_the_ceiling_of_their_entropy():
    rng = np.random.default_rng(0)
    y = rng.choice(3, 3000, p=[0.6, 0.3, 0.1])
    X = np.eye(3)[y]
    usable = UsableInformation(LogisticRegression(C=1e4, max_iter=1000), random_state=0).fit(X, y)
    entropy = -np.sum(np.bincount(y) / 3000 * np.log(np.bincount(y) / 3000))
    assert usable.ceiling_ == pytest.approx(entropy, abs=1e-3)
    assert usable.mutual_info_ == pytest.approx(entropy, abs=0.01)
    assert usable.mutual_info_ <= usable.ceiling_
    assert not usable.saturated_


def test_exact_functions_reach_the_ceiling_of_numbers():
    x = np.random.default_rng(0).normal(size=300)
    with pytest.warns(SaturatedEstimateWarning, match="at most 13.8"):
        usable = UsableInformation(LinearRegression(), random_state=0).fit(x[:, None], 3 * x + 1)
    assert usable.saturated_
    assert usable.mutual_info_ == pytest.approx(usable.ceiling_, abs=1.5)
    assert usable.pvi_.max() <= usable.ceiling_ == pytest.approx(np.log(1e6))


@pytest.mark.parametrize("change", [lambda v: np.exp(6 * v), lambda v: v * 1e200, lambda v: v * 1e-310 + 0.0])
def test_default_ignores_monotone_maps_and_outliers(change):
    pair = make_gaussian_pair(1000, rho=0.9, random_state=0)
    expected = UsableInformation(random_state=0).fit(pair.X, pair.y).mutual_info_
    got = UsableInformation(random_state=0).fit(change(pair.X), change(pair.y)).mutual_info_
    assert got == pytest.approx(expected, abs=1e-9)
    pair.X[0], pair.y[1] = 1e6, -1e12
    assert abs(UsableInformation(random_state=0).fit(pair.X, pair.y).mutual_info_ - expected) < 0.03


@pytest.mark.parametrize("labels", ["str", "object", "bool", "int", "boxed", "category", "Int64"])
def test_labels_of_any_kind_give_the_same(labels):
    X, y, _ = logistic_pair(300, 3, 0)
    yes = y == "yes"
    kinds = {
        "str": y,
        "object": y.astype(object),
        "bool": yes,
        "int": yes.astype(int) * 7,
        "boxed": yes.astype(int).astype(object),
        "category": pd.Series(pd.Categorical(y)),
        "Int64": pd.Series(yes.astype(int), dtype="Int64"),
    }
    expected = UsableInformation(LogisticRegression(), cv=KFold(5)).fit(X, yes).pvi_
    got = UsableInformation(LogisticRegression(), cv=KFold(5)).fit(X, kinds[labels])
    np.testing.assert_allclose(got.pvi_, expected, rtol=0, atol=1e-9)
    default = UsableInformation(random_state=0).fit(X, kinds[labels]).pvi_
    np.testing.assert_allclose(default, UsableInformation(random_state=0).fit(X, yes).pvi_, rtol=0, atol=1e-9)


FOUR = np.random.default_rng(5).integers(0, 4, 120)
HOURS = [dt.datetime(2024, 3, 30, 4 * int(k), tzinfo=dt.UTC) for k in FOUR]
OF_FOUR = {
    "ordered categories": pd.Categorical(FOUR, [3, 0, 2, 1], ordered=True),
    "categories of floats": pd.Series(pd.Categorical(FOUR / 7, [3 / 7, 0, 2 / 7, 1 / 7])),
    "categories of dates": pd.Categorical(HOURS),
    "frame of categories": pd.DataFrame({"y": pd.Categorical(FOUR, [3, 0, 2, 1])}),
    "bytes": np.array(["abcd"[k] for k in FOUR]).astype("S"),
    "objects that are bytes": np.array([b"abcd"[k : k + 1] for k in FOUR], object),
    "StringDType": np.array([["abcd"[k]] for k in FOUR], np.dtypes.StringDType()),
    "dates with a zone": HOURS,
    "durations": FOUR * np.timedelta64(1, "h"),
    "Fraction": [Fraction(int(k), 3) for k in FOUR],
    "Decimal": [Decimal(int(k)) for k in FOUR],
    "beyond 2^60": 2**60 + FOUR,
    "foreign byte order": pd.Series(FOUR.astype(">i8")),
    "two types": [["a", 1, "b", 2.5][k] for k in FOUR],
}


@pytest.mark.parametrize("labels", OF_FOUR.values(), ids=OF_FOUR)
@pytest.mark.parametrize("estimator", [None, DecisionTreeClassifier(max_depth=3, random_state=0)])
def test_neither_names_nor_types_of_labels_count(labels, estimator):
    X = np.random.default_rng(6).normal(size=(120, 2)) + FOUR[:, None]
    usable = UsableInformation(estimator, random_state=0)
    expected = usable.fit(X, FOUR).pvi_
    tolerance = 1e-3 if estimator is None else 1e-9  # that of the solver, within which the order of the classes is seen
    np.testing.assert_allclose(clone(usable).fit(X, labels).pvi_, expected, rtol=0, atol=tolerance)


def test_a_column_of_categories_is_no_number():
    with pytest.raises(ValueError, match="y holds categories"):
        UsableInformation(Ridge()).fit(np.arange(120.0)[:, None], pd.Categorical(FOUR))


@pytest.mark.parametrize(
    "y",
    [
        pd.DataFrame({"t": pd.date_range("2024", periods=20), "n": range(20)}),
        [[k, "a"] for k in range(20)],
        [[np.timedelta64(k, "h"), k] for k in range(20)],
    ],
    ids=["dates and numbers", "numbers and text", "durations and numbers"],
)
def test_targets_of_several_types_are_refused_in_one_sentence(y):
    for estimator in (None, Ridge(), LogisticRegression()):
        with pytest.raises(ValueError, match=r"y should be one target, got shape \(20, 2\)"):
            UsableInformation(estimator).fit(np.arange(20.0)[:, None], y)


def test_rows_of_several_lengths_are_refused_by_name():
    with pytest.raises(TypeError, match="y holds a list in row 0"):
        UsableInformation().fit(np.arange(20.0)[:, None], [[1, 2], *[[1]] * 19])


def test_few_rows_raise_no_warning_of_numpy():
    # The penalties of a ridge regression are compared by 0 / 0 in folds of two rows.
    X, y = np.array([[0.0], [1.0], [2.0], [4.0], [8.0], [3.0]]), [0.5, 0.3, 0.9, 0.1, 0.4, 0.7]
    assert np.isfinite(UsableInformation(cv=2, random_state=0).fit(X, y).mutual_info_)
    with pytest.raises(ValueError, match=r"cv leaves 2 rows to fit .* which needs at least 3; pass more rows"):
        UsableInformation(cv=2, random_state=0).fit(X[:4], y[:4])


def test_many_classes_are_warned_of_once():
    X = np.random.default_rng(0).normal(size=(60, 2))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for n_classes in (31, 30, 15):
            UsableInformation(DecisionTreeClassifier(max_depth=2), cv=2, random_state=0).fit(
                X, np.arange(60) % n_classes
            )
    assert {warning.category for warning in caught} == {UnreliableEstimateWarning}
    assert [str(warning.message)[:18] for warning in caught] == ["2 of 60 rows have ", "y has 30 classes i"]


def test_texts_frames_and_sparse_rows_reach_the_estimator():
    X, y, _ = logistic_pair(300, 3, 0)
    texts = [("good fine" if label == "yes" else "bad awful") + f" word{i % 7}" for i, label in enumerate(y)]
    words = make_pipeline(CountVectorizer(), LogisticRegression())
    assert UsableInformation(words, random_state=0).fit(texts, y).mutual_info_ > 0.6
    frame = pd.DataFrame(
        {"x": X[:, 0], "kind": pd.Categorical(y), "noise": ["a", "b", "c"] * 100}, index=range(300, 0, -1)
    )
    encoder = make_column_transformer((OneHotEncoder(), ["kind", "noise"]), remainder="passthrough")
    mixed = UsableInformation(make_pipeline(encoder, LogisticRegression()), random_state=0).fit(frame, y)
    assert mixed.mutual_info_ > 0.6
    assert mixed.feature_names_in_.tolist() == ["x", "kind", "noise"]
    dense = UsableInformation(LogisticRegression(), random_state=0).fit(X, y, given=X**2)
    rows = UsableInformation(LogisticRegression(), random_state=0).fit(sparse.csr_array(X), y, given=X**2)
    assert rows.mutual_info_ == pytest.approx(dense.mutual_info_, abs=1e-4)


def test_given_beside_a_frame_keeps_names_and_types():
    X, y, _ = logistic_pair(300, 3, 0)
    frame = pd.DataFrame({"kind": pd.Categorical(y)}, index=range(300, 0, -1))
    trees = HistGradientBoostingClassifier(random_state=0, max_iter=20)
    given = UsableInformation(trees, random_state=0).fit(frame, y, given=pd.DataFrame({"x": X[:, 0]}))
    assert given.mutual_info_ > 0.2
    assert UsableInformation(trees, random_state=0).fit(frame, y, given=y == "yes").mutual_info_ < 0.01


def test_missing_values_are_the_business_of_the_estimator():
    X, y, truth = logistic_pair(400, 3, 0)
    X[::10] = np.nan
    trees = HistGradientBoostingClassifier(random_state=0, max_iter=20)
    assert 0.3 * truth < UsableInformation(trees, random_state=0).fit(X, y).mutual_info_ < truth
    with pytest.raises(ValueError, match="X contains NaN in 40 of 400 rows"):
        UsableInformation().fit(X, y)


def test_a_null_of_ones_own():
    X, y, _ = logistic_pair(300, 3, 0)
    shares = UsableInformation(LogisticRegression(), random_state=0).fit(X, y)
    prior = UsableInformation(LogisticRegression(), null_estimator=DummyClassifier(), random_state=0).fit(X, y)
    assert prior.mutual_info_ == pytest.approx(shares.mutual_info_, abs=1e-3)
    mean = UsableInformation(Ridge(), null_estimator=DummyRegressor(), random_state=0).fit(X, X[:, 0] + (y == "yes"))
    assert mean.mutual_info_ == pytest.approx(
        UsableInformation(Ridge(), random_state=0).fit(X, X[:, 0] + (y == "yes")).mutual_info_, abs=0.01
    )


def test_a_class_in_one_fold_alone_counts_nothing():
    X, y, _ = logistic_pair(200, 3, 0)
    y[17] = "a rare one"
    with pytest.warns(UnreliableEstimateWarning, match="1 of 200 rows have a class"):
        usable = UsableInformation(random_state=0).fit(X, y)
    assert usable.pvi_[17] == 0
    with pytest.warns(UnreliableEstimateWarning, match="40 of 40 rows"):
        assert UsableInformation(cv=2).fit(X[:40], [f"label {i}" for i in range(40)]).mutual_info_ == 0
    only = [(np.arange(20), np.arange(20, 40))]  # one class to train on
    with pytest.warns(UnreliableEstimateWarning, match="20 of 40 rows"):
        usable = UsableInformation(cv=only).fit(X[:40], np.repeat(["a", "b"], 20))
    assert usable.mutual_info_ == 0
    assert np.isnan(usable.pvi_[:20]).all()


def test_constant_sides():
    X, y, _ = logistic_pair(100, 3, 0)
    for constant in (np.ones(100), ["a"] * 100):
        with pytest.warns(ConstantInputWarning, match="y is constant over all 100 rows"):
            usable = UsableInformation().fit(X, constant)
        assert usable.mutual_info_ == 0
        assert not usable.saturated_
    with pytest.warns(ConstantInputWarning, match="X is constant"):
        assert abs(UsableInformation().fit(np.ones((100, 1)), y).mutual_info_) < 0.01


def test_same_bits_for_any_n_jobs_and_seed_by_seed():
    X, y, _ = logistic_pair(200, 3, 0)
    forest = RandomForestClassifier(5)  # random_state=None
    one, two, again, other = (
        UsableInformation(forest, random_state=seed, n_jobs=n_jobs).fit(X, y).pvi_
        for seed, n_jobs in ((0, None), (0, 2), (0, None), (1, None))
    )
    np.testing.assert_array_equal(one, two)
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


def test_clone_pickle_and_search_over_the_predictor():
    X, y, _ = logistic_pair(200, 3, 0)
    usable = UsableInformation(LogisticRegression(), random_state=0).set_params(estimator__C=0.5, clip=0.01)
    assert clone(usable).get_params()["estimator__C"] == 0.5
    fitted = usable.fit(X, y)
    assert pickle.loads(pickle.dumps(fitted)).mutual_info_ == fitted.mutual_info_
    search = GridSearchCV(UsableInformation(QUADRATIC, random_state=0), {"estimator__logisticregression__C": [1e-6, 1]})
    X, y, _ = noisy_parity(400, 0)
    assert search.fit(X, y).best_params_ == {"estimator__logisticregression__C": 1}


def test_score_features_ranks_columns():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 3))
    scores = UsableInformation(random_state=0).score_features(X, X[:, 1] > 0.5 * rng.normal(size=300))
    assert np.argmax(scores) == 1
    assert abs(scores[[0, 2]]).max() < 0.02


@pytest.mark.parametrize(
    ("estimator", "fit", "error", "text"),
    [
        (SVC(), {}, TypeError, r"SVC\(\) has no predict_proba; wrap it in sklearn.calibration"),
        (LogisticRegression(), {}, ValueError, "predicts classes, got a continuous y"),
        (Ridge(), {"y": ["a", "b"] * 10}, ValueError, "y holds text"),
        (
            None,
            {"y": np.zeros((20, 2))},
            ValueError,
            r"y should be one target, got shape \(20, 2\); sum the chain rule",
        ),
        (None, {"y": None}, ValueError, "requires y to be passed"),
        (None, {"y": np.ma.masked_less(np.arange(20), 3)}, ValueError, "y has 3 masked entries"),
        (None, {"y": [np.nan] + [1.5] * 19}, ValueError, "y contains NaN in 1 of 20 rows"),
        (None, {"y": np.arange(19.0)}, ValueError, "X has 20 rows but y has 19"),
        (Ridge(), {"given": np.arange(19.0)}, ValueError, "inconsistent numbers of samples"),
        (None, {"given": np.arange(19.0)}, ValueError, "X has 20 rows but given has 19"),
        (Ridge(), {"X": ["a"] * 20, "given": np.arange(20.0)}, ValueError, "given needs an X with columns"),
        (None, {"X": np.eye(4), "y": np.arange(4) / 3}, ValueError, "needs at least 5 rows, got n_samples = 4"),
    ],
)
def test_bad_input_is_named(estimator, fit, error, text):
    rows = {"X": np.arange(20.0)[:, None], "y": np.arange(20) / 3, **fit}
    with pytest.raises(error, match=text):
        UsableInformation(estimator).fit(**rows)


@pytest.mark.parametrize(
    "bad", [{"clip": 0.0}, {"clip": 1.0}, {"cv": 1}, {"estimator": 3}, {"null_estimator": "prior"}]
)
def test_bad_parameters_are_named(bad):
    with pytest.raises(ValueError, match=f"The '{next(iter(bad))}' parameter"):
        UsableInformation(**bad).fit(np.arange(20.0)[:, None], np.arange(20) / 3)


def test_a_null_of_the_other_kind_is_refused():
    with pytest.raises(ValueError, match=r"null_estimator=DummyClassifier\(\) should be a regressor"):
        UsableInformation(Ridge(), null_estimator=DummyClassifier()).fit(np.arange(20.0)[:, None], np.arange(20) / 3)


def test_predictions_that_are_not_numbers_are_refused():
    class Lost(DummyRegressor):
        def predict(self, X):
            return np.full(len(X), np.nan)

    with pytest.raises(ValueError, match="predicts NaN or infinity for held-out rows"):
        UsableInformation(Lost()).fit(np.arange(20.0)[:, None], np.arange(20) / 3)


def test_folds_of_whole_groups_bound_the_information_of_dependent_rows():
    """Visits of patients whose class is independent of X: a forest recognizes patients in two folds."""
    rng = np.random.default_rng(0)
    patients = np.repeat(np.arange(60), 5)
    X = rng.normal(size=(60, 2))[patients] + 0.01 * rng.normal(size=(300, 2))
    y = rng.integers(0, 2, 60)[patients]
    forest = RandomForestClassifier(30, random_state=0)
    assert UsableInformation(forest, random_state=0).fit(X, y).mutual_info_ > 0.3
    cv = list(GroupKFold(5).split(X, y, patients))
    assert UsableInformation(forest, cv=cv, random_state=0).fit(X, y).mutual_info_ < 0
