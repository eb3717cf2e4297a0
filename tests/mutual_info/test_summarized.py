"""Summarized: known truths, independence, what the folds must not depend on, and its arguments."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, Perceptron
from sklearn.model_selection import GroupKFold, ShuffleSplit
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skib import ConstantInputWarning, DuplicateRowsWarning, UnreliableEstimateWarning
from skib.datasets import make_gaussian_classes, make_gaussian_pair
from skib.mutual_info import KSG, Auto, Ross, Summarized, permutation_test
from tests.mutual_info.summary.test_gaussian_classes import of_two_classes


def shifted(n_columns, separation, *, n_samples=3000, seed=0):
    """Two classes whose means differ in a direction of no axis, and the information by quadrature."""
    rng = np.random.default_rng(seed)
    y = rng.integers(2, size=n_samples)
    direction = rng.normal(size=n_columns)
    X = rng.normal(size=(n_samples, n_columns)) + separation * y[:, None] * direction / np.linalg.norm(direction)
    return X, y, of_two_classes(separation, 0.5)


def test_truth_in_wide_layers():
    for n_columns, separation, seed in [(32, 2.0, 0), (200, 0.0, 1), (200, 1.0, 0), (200, 2.0, 2), (200, 4.0, 3)]:
        X, y, truth = shifted(n_columns, separation, seed=seed)
        fitted = Summarized(random_state=0).fit(X, y)
        assert abs(fitted.mutual_info_ - truth) < 4 * fitted.std_error_
        assert fitted.certificate_ < truth + 3 * fitted.certificate_error_
        if separation:
            assert abs(fitted.mutual_info_ - truth) < abs(Ross().fit(X, y).mutual_info_ - truth)


def test_classes_that_differ_in_spread():
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=3000)
    X = rng.normal(size=(3000, 10)) * np.where(y, 1.0, 1.6)[:, None]
    fitted = Summarized(random_state=0).fit(X, y)
    chi2 = rng.chisquare(10, size=400_000) * np.where(np.arange(400_000) % 2, 1.0, 1.6**2)
    log_odds = 10 * np.log(1.6) - 0.5 * chi2 * (1 - 1.6**-2)
    p = 1 / (1 + np.exp(-log_odds))
    truth = np.log(2) + np.mean(p * np.log(p) + (1 - p) * np.log1p(-p))
    assert fitted.predictor_ == "quadratic"
    assert abs(fitted.mutual_info_ - truth) < 4 * fitted.std_error_
    assert fitted.estimation_loss_ < 0.01


def test_trees_find_what_no_quadratic_form_does():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2000, 4))
    y = (np.prod(np.sign(X[:, :3]), axis=1) > 0).astype(int)  # log 2
    fitted = Summarized(random_state=0).fit(X, y)
    assert "trees" in fitted.predictor_
    assert fitted.mutual_info_ > 0.5


def test_number():
    for seed in range(3):
        pair = make_gaussian_pair(2000, rho=0.8, random_state=seed)
        noise = np.random.default_rng(seed).normal(size=(2000, 7))
        fitted = Summarized(random_state=0).fit(np.column_stack([noise, pair.X]), pair.y)
        assert abs(fitted.mutual_info_ - pair.mutual_info) < 4 * fitted.std_error_
        assert fitted.certificate_ < pair.mutual_info + 3 * fitted.certificate_error_
        assert fitted.ceiling_ > fitted.mutual_info_


def test_number_of_varying_spread():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(3000, 5))
    y = np.exp(X[:, 0]) * rng.normal(size=3000)  # uncorrelated with X
    fitted = Summarized(random_state=0).fit(X, y)
    truth = KSG(3).fit(X[:, :1], y)
    assert fitted.mutual_info_ > 0.8 * truth.mutual_info_
    assert fitted.certificate_ > 5 * fitted.certificate_error_


@pytest.mark.parametrize("seed", range(3))
def test_sum_of_columns_with_heavy_tails(seed):
    rng = np.random.default_rng(seed)
    X = rng.standard_cauchy((2000, 5))
    y = X.sum(axis=1) + rng.standard_cauchy(2000)
    fitted = Summarized(random_state=0).fit(X, y)
    sampling = fitted.pointwise_.std() / np.sqrt(2000)
    assert fitted.predictor_ == "robust"
    assert abs(fitted.mutual_info_ - np.log(6)) < 4 * sampling + 0.05  # two columns of long tails are so much too low
    assert fitted.summary_.shape[1] == 1


def test_parity_of_a_number():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(3000, 10))
    y = np.sign(X[:, :3]).prod(axis=1) + 0.4 * rng.normal(size=3000)
    fitted = Summarized(random_state=0).fit(X, y)
    assert 0.5 < fitted.mutual_info_ < 0.676 + 3 * fitted.std_error_  # the information of two levels and noise


@pytest.mark.parametrize("kind", ["two classes", "six classes", "number"])
def test_independence(kind):
    values, gains = [], []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        X = rng.normal(size=(300, 20))
        y = rng.normal(size=300) if kind == "number" else rng.integers(2 if kind == "two classes" else 6, size=300)
        fitted = Summarized(random_state=seed).fit(X, y)
        values.append(fitted.mutual_info_)
        gains.append(fitted.certificate_ - 3 * fitted.certificate_error_)
    assert abs(np.mean(values)) < 4 * np.std(values) / np.sqrt(20)
    assert abs(np.mean(values)) < 0.02
    assert max(gains) < 0.005


@pytest.mark.parametrize("kind", ["classes", "text", "number"])
def test_permuted_estimates_are_those_of_fits(kind):
    X, y, _ = shifted(6, 2.0, n_samples=400)
    y = {"classes": y, "text": np.where(y, "b", "a"), "number": X[:, 0] + y}[kind]
    orders = [np.arange(400), *(np.random.default_rng(seed).permutation(400) for seed in range(3))]
    summarized = Summarized(random_state=0)
    expected = [summarized.fit(X, y[order]).mutual_info_ for order in orders]
    np.testing.assert_array_equal(summarized.permuted_estimates(X, y, orders), expected)


def test_permutation_test():
    X, y, _ = shifted(40, 2.0, n_samples=150)
    assert permutation_test(Summarized(), X, y, n_permutations=39, random_state=0).pvalue == pytest.approx(0.025)
    pvalues = []
    for seed in range(10):
        rows = np.random.default_rng(seed).normal(size=(100, 40))
        pvalues.append(permutation_test(Summarized(), rows, y[:100], n_permutations=9, random_state=0).pvalue)
    assert 0.2 < np.mean(pvalues) < 0.9  # 0.55 with a standard error of 0.09


def test_order_of_rows_and_columns():
    X, y, _ = shifted(8, 2.0, n_samples=500)
    order = np.random.default_rng(0).permutation(500)
    for target in (y, X[:, 0] + y):
        once = Summarized(random_state=0).fit(X, target)
        again = Summarized(random_state=0).fit(X[order][:, ::-1], target[order])
        assert again.mutual_info_ == pytest.approx(once.mutual_info_, abs=0.02)  # trees depend on the order of columns
        np.testing.assert_allclose(again.summary_.std(axis=0), once.summary_.std(axis=0), rtol=0.05)


def test_same_bits_for_any_number_of_jobs():
    X, y, _ = shifted(8, 2.0, n_samples=500)
    for target in (y, X[:, 0] + y):
        one, two = (Summarized(random_state=0, n_jobs=n_jobs).fit(X, target) for n_jobs in (None, 2))
        np.testing.assert_array_equal(one.pointwise_, two.pointwise_)
        np.testing.assert_array_equal(one.summary_, two.summary_)


def test_predictors_of_scikit_learn():
    pair = make_gaussian_classes(1500, n_classes=3, separation=2.0, random_state=0)
    X = np.column_stack([pair.X, np.random.default_rng(1).normal(size=(1500, 6))])
    pipeline = make_pipeline(StandardScaler(), LogisticRegression())
    for predictor in (pipeline, [GaussianNB(), RandomForestClassifier(20, min_samples_leaf=10), GaussianNB()]):
        fitted = Summarized(predictor, random_state=0).fit(X, pair.y)
        assert abs(fitted.mutual_info_ - pair.mutual_info) < 4 * fitted.std_error_
        assert fitted.estimation_loss_ == 0
    assert set(fitted.predictor_.split(" + ")) <= {"GaussianNB 1", "RandomForestClassifier", "GaussianNB 2"}
    assert fitted.summary_.shape == (1500, 3)
    np.testing.assert_allclose(fitted.summary_.sum(axis=1), 1)


def test_regressors():
    pair = make_gaussian_pair(1500, rho=0.8, random_state=0)
    X = np.column_stack([pair.X, np.random.default_rng(1).normal(size=(1500, 4))])
    fitted = Summarized([LinearRegression(), RandomForestRegressor(20, min_samples_leaf=10)], random_state=0)
    fitted.fit(X, pair.y)
    assert abs(fitted.mutual_info_ - pair.mutual_info) < 4 * fitted.std_error_
    assert "LinearRegression" in fitted.predictor_
    whole = np.clip(np.rint(pair.y), -2, 2)  # on few levels: classes, unless the predictor takes them for numbers
    assert Summarized(LinearRegression()).fit(X, whole).summary_.shape[1] < Summarized().fit(X, whole).summary_.shape[1]


def test_estimator_of_the_summary():
    X, y, _ = shifted(20, 2.0)
    fitted = Summarized(estimator=Ross(20), random_state=0).fit(X, y)
    np.testing.assert_array_equal(fitted.pointwise_, Ross(20).fit(fitted.summary_, y).pointwise_)
    assert fitted.estimation_loss_ == 0
    assert Summarized(estimator=Auto(), random_state=0).fit(X, y).mutual_info_ == pytest.approx(0.337, abs=0.05)


def test_groups_in_one_fold():
    rng = np.random.default_rng(0)
    patients = np.repeat(np.arange(100), 5)
    X = rng.normal(size=(100, 3))[patients] + 0.01 * rng.normal(size=(500, 3))
    y = rng.integers(2, size=100)[patients]  # of the patient, not of X
    forest = RandomForestClassifier(20, random_state=0)
    assert Summarized(forest, random_state=0).fit(X, y).certificate_ > 0.3
    folds = list(GroupKFold(4).split(X, y, patients))
    assert abs(Summarized(forest, cv=folds, random_state=0).fit(X, y).certificate_) < 0.1
    orders = [np.random.default_rng(1).permutation(500)]
    assert len(Summarized(cv=folds).permuted_estimates(X, y, orders)) == 1


def test_constant_columns_and_copies_of_columns():
    X, y, _ = shifted(5, 2.0, n_samples=600)
    expected = Summarized(random_state=0).fit(X, y).mutual_info_
    wide = np.column_stack([X, X, np.ones((600, 2)), X[:, :1] > 0])
    assert Summarized(random_state=0).fit(wide, y).mutual_info_ == pytest.approx(expected, abs=0.06)
    flags = (X > 0).astype(int)
    assert Summarized(random_state=0).fit(flags, y).mutual_info_ > 0.1


def test_more_columns_than_rows():
    X, y, truth = shifted(500, 6.0, n_samples=300)
    fitted = Summarized(random_state=0).fit(X, y)
    assert 0.2 < fitted.mutual_info_ < truth + 4 * fitted.std_error_
    assert Summarized(random_state=0).fit(X, X[:, 0] + y).mutual_info_ < 1


def test_one_common_unit():
    X, y, truth = shifted(12, 2.0)
    for marginals in (None, "standard"):
        fitted = Summarized(marginals=marginals, random_state=0).fit(1e200 * X, y)
        assert abs(fitted.mutual_info_ - truth) < 4 * fitted.std_error_


def test_constant():
    X, y, _ = shifted(3, 2.0, n_samples=60)
    for pair in ((np.ones((60, 3)), y), (X, np.ones(60))):
        with pytest.warns(ConstantInputWarning):
            fitted = Summarized().fit(*pair)
        assert fitted.mutual_info_ == fitted.certificate_ == 0
        np.testing.assert_array_equal(Summarized().permuted_estimates(*pair, [np.arange(60)]), 0)


def test_rare_classes():
    X, y, _ = shifted(3, 2.0, n_samples=200)
    y[:3], y[3] = 2, 3
    with pytest.warns(UnreliableEstimateWarning, match="2 classes of few rows"):
        fitted = Summarized(random_state=0).fit(X, y)
    assert np.flatnonzero(np.isnan(fitted.pointwise_)).tolist() == [3]
    assert fitted.mutual_info_ == pytest.approx(0.35, abs=0.1)


def test_copied_rows():
    X, y, _ = shifted(3, 2.0, n_samples=100)
    with pytest.warns(DuplicateRowsWarning):
        Summarized(random_state=0).fit(np.vstack([X, X]), np.r_[y, y])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": np.zeros((60, 2))}, "one target"),
        ({"predictor": [GaussianNB(), LinearRegression()]}, "of one kind"),
        ({"cv": ShuffleSplit(3, random_state=0)}, "every row once"),
        ({"cv": 40}, "at least 80 rows"),
        ({"y": np.full(60, np.nan)}, "NaN"),
    ],
)
def test_refused(change, message):
    X, y, _ = shifted(3, 2.0, n_samples=60)
    y = change.pop("y", y)
    with pytest.raises(ValueError, match=message):
        Summarized(**change).fit(X, y)


def test_too_many_classes():
    X = np.arange(8000.0)[:, None]
    with pytest.raises(ValueError, match="8000 classes in 8000 rows"):
        Summarized().fit(X, np.arange(8000).astype(str))


def test_classifier_without_probabilities():
    X, y, _ = shifted(3, 2.0, n_samples=60)
    with pytest.raises(TypeError, match="predict_proba"):
        Summarized(Perceptron()).fit(X, y)


def test_given_is_refused():
    X, y, _ = shifted(3, 2.0, n_samples=60)
    with pytest.raises(TypeError, match="given"):
        permutation_test(Summarized(), X, y, given=y)
