"""`InformationSelectorCV`: scores of a grid search, choice of the number of columns, containers and metadata."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import make_classification, make_regression
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import get_scorer
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold, StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from skib.feature_selection import ChiSquareStop, InformationSelector, InformationSelectorCV

PATHS = InformationSelector(n_features_to_select=6)


@cache
def classes():
    return make_classification(200, 12, n_informative=3, n_redundant=2, random_state=0)


@cache
def numbers():
    return make_regression(200, 12, n_informative=3, noise=10, random_state=0)


def test_scores_and_choice_equal_those_of_a_grid_search():
    cv, sizes = StratifiedKFold(4, shuffle=True, random_state=0), [1, 2, 3, 4, 5, 6]
    selector = InformationSelectorCV(GaussianNB(), PATHS, cv=cv, scoring="neg_log_loss").fit(*classes())
    pipeline = make_pipeline(InformationSelector(), GaussianNB())
    grid = {"informationselector__n_features_to_select": sizes}
    search = GridSearchCV(pipeline, grid, cv=cv, scoring="neg_log_loss").fit(*classes())
    assert_array_equal(selector.cv_results_["n_features"], sizes)
    for name in ["mean_test_score", "std_test_score", *(f"split{i}_test_score" for i in range(4))]:
        assert_array_equal(selector.cv_results_[name], search.cv_results_[name])
    assert selector.n_features_ == search.best_params_["informationselector__n_features_to_select"]
    assert_array_equal(selector.get_support(), search.best_estimator_[0].get_support())


@pytest.mark.parametrize(("predictor", "data"), [(GaussianNB(), classes), (Ridge(), numbers)])
def test_default_folds_and_score(predictor, data):
    selector = InformationSelectorCV(predictor, PATHS).fit(*data())
    folds = (StratifiedKFold if data is classes else KFold)(5).split(*data())
    again = InformationSelectorCV(predictor, PATHS, cv=folds, scoring="accuracy" if data is classes else "r2")
    assert_array_equal(selector.cv_results_["mean_test_score"], again.fit(*data()).cv_results_["mean_test_score"])


def test_supports_are_those_of_the_folds():
    X, y = classes()
    folds = list(StratifiedKFold(3).split(X, y))
    results = InformationSelectorCV(GaussianNB(), PATHS, cv=folds).fit(X, y).cv_results_
    for i, (train, _) in enumerate(folds):
        path = clone(PATHS).fit(X[train], y[train]).selected_features_
        expected = [np.isin(np.arange(12), path[:size]) for size in range(1, 7)]
        assert_array_equal(results[f"split{i}_support"], expected)


def test_same_result_for_any_number_of_jobs():
    one, two = (InformationSelectorCV(GaussianNB(), PATHS, n_jobs=n_jobs).fit(*classes()) for n_jobs in (1, 2))
    for name, values in one.cv_results_.items():
        assert_array_equal(values, two.cv_results_[name])
    assert_array_equal(one.get_support(), two.get_support())


class Scripted(ClassifierMixin, BaseEstimator):
    """A predictor whose score is given by its number of columns and the first row of the test data."""

    scores = {}

    def fit(self, X, y):
        self.classes_, self.n_columns_ = np.unique(y), X.shape[1]
        return self

    def score(self, X, y):
        return self.scores[self.n_columns_][len(y) % 2]


def test_rule_of_standard_errors(monkeypatch):
    """The two folds have scores of a known mean and standard error; that of 4 columns is sqrt(2) 0.1 / sqrt(2)."""
    scripted = {1: (0.1, 0.1), 2: (0.79, 0.79), 3: (0.81, 0.81), 4: (0.8, 1.0), 5: (0.9, 0.9), 6: (0.0, 0.0)}
    monkeypatch.setattr(Scripted, "scores", scripted)
    X, y = classes()
    folds = [(np.arange(100), np.arange(100, 200)), (np.arange(99, 200), np.arange(99))]
    sizes = [
        InformationSelectorCV(Scripted(), PATHS, cv=folds, n_standard_errors=n).fit(X, y).n_features_
        for n in (0, 0.8, 1, 1.2)
    ]
    assert sizes == [4, 4, 3, 2]  # 0.9, reached with 4 first; 0.9 - 0.08, 0.9 - 0.1 and 0.9 - 0.12


def test_stop_ends_paths_but_not_below_the_fewest_columns():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(120, 6)), rng.integers(2, size=120)
    selector = InformationSelectorCV(GaussianNB(), min_features_to_select=2).fit(X, y)  # nothing is significant
    assert_array_equal(selector.cv_results_["n_features"], [2])
    assert selector.n_features_ == 2
    assert all(selector.cv_results_[f"split{i}_support"].sum() == 2 for i in range(5))


def test_paths_that_end_early_count_with_all_of_their_columns():
    X, y = make_classification(600, 12, n_informative=4, n_redundant=2, random_state=2)
    stopped = InformationSelector(n_features_to_select=12, stop=ChiSquareStop(1e-6))
    selector = InformationSelectorCV(GaussianNB(), stopped, cv=3).fit(X, y)
    search = GridSearchCV(
        make_pipeline(stopped, GaussianNB()),
        {"informationselector__n_features_to_select": selector.cv_results_["n_features"].tolist()},
        cv=3,
    ).fit(X, y)
    assert_array_equal(selector.cv_results_["mean_test_score"], search.cv_results_["mean_test_score"])
    lengths = {len(np.unique(selector.cv_results_[f"split{i}_support"], axis=0)) for i in range(3)}
    assert len(lengths) > 1  # the folds do end at different numbers


def test_fewest_columns_are_at_most_all():
    X, y = classes()
    with pytest.warns(match="exceeds the 12 columns"):
        selector = InformationSelectorCV(GaussianNB(), min_features_to_select=20, cv=2).fit(X, y)
    assert selector.n_features_ == 12


def test_frames_with_categories_and_missing_values():
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=150)
    X = pd.DataFrame(
        {
            "noise": rng.choice(["a", "b", "c"], 150),
            "kind": pd.Categorical(np.where(rng.random(150) < 0.8, np.where(y, "p", "q"), "r")),
            "part": np.where(rng.random(150) < 0.3, None, np.where(y, "u", "v")),
        }
    )
    predictor = make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression())
    selector = InformationSelectorCV(predictor, InformationSelector(n_features_to_select=3), n_standard_errors=1)
    selector.set_output(transform="pandas").fit(X, y)
    assert selector.feature_names_in_.tolist() == ["noise", "kind", "part"]
    assert "noise" not in selector.get_feature_names_out()
    assert selector.transform(X).columns.tolist() == selector.get_feature_names_out().tolist()


@pytest.mark.parametrize("make", ["csr", "csc", "coo"])
def test_sparse_columns_count_as_dense_ones(make):
    rng = np.random.default_rng(0)
    X, y = (rng.random((150, 8)) < 0.2).astype(float), rng.integers(2, size=150)
    X[:, 3] = np.where(rng.random(150) < 0.7, y, X[:, 3])
    sparse = InformationSelectorCV(LogisticRegression(), PATHS).fit(csr_array(X).asformat(make), y)
    dense = InformationSelectorCV(LogisticRegression(), PATHS).fit(X, y)
    assert_allclose(sparse.cv_results_["mean_test_score"], dense.cv_results_["mean_test_score"])
    assert sparse.transform(csr_array(X)).shape == (150, sparse.n_features_)


def test_groups_of_rows_go_to_the_splitter():
    X, y = classes()
    groups = np.arange(200) // 10
    routed = InformationSelectorCV(GaussianNB(), PATHS, cv=GroupKFold(4)).fit(X, y, groups=groups)
    fixed = InformationSelectorCV(GaussianNB(), PATHS, cv=GroupKFold(4).split(X, y, groups)).fit(X, y)
    assert_array_equal(routed.cv_results_["mean_test_score"], fixed.cv_results_["mean_test_score"])


def test_metadata_are_routed_to_whom_requests_them():
    X, y = classes()
    weight = np.random.default_rng(0).random(200)
    weight[:60] = 0
    with config_context(enable_metadata_routing=True):
        selector = InformationSelectorCV(
            GaussianNB().set_fit_request(sample_weight=True),
            clone(PATHS).set_fit_request(sample_weight=True),
            scoring=get_scorer("accuracy").set_score_request(sample_weight=True),
            cv=StratifiedKFold(3),
        ).fit(X, y, sample_weight=weight)
    for i, (train, test) in enumerate(StratifiedKFold(3).split(X, y)):
        path = clone(PATHS).fit(X[train], y[train], sample_weight=weight[train])
        predictor = GaussianNB().fit(path.transform(X[train]), y[train], sample_weight=weight[train])
        score = predictor.score(path.transform(X[test]), y[test], sample_weight=weight[test])
        assert_allclose(selector.cv_results_[f"split{i}_test_score"][-1], score)


def test_other_arguments_need_routing():
    with pytest.raises(ValueError, match=r"fit got \['sample_weight'\], .*set_config\(enable_metadata_routing=True\)"):
        InformationSelectorCV(GaussianNB()).fit(*classes(), sample_weight=np.ones(200))


def test_parameters_of_the_selector_are_parameters_of_a_grid():
    X, y = classes()
    pipeline = make_pipeline(InformationSelectorCV(GaussianNB(), PATHS, cv=2), GaussianNB())
    search = GridSearchCV(pipeline, {"informationselectorcv__selector__criterion": ["jmi", "mim"]}, cv=2).fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@pytest.mark.parametrize("name", ["min_features_to_select", "n_standard_errors"])
def test_parameters_are_validated(name):
    with pytest.raises(ValueError, match=f"The '{name}' parameter of InformationSelectorCV must be"):
        InformationSelectorCV(GaussianNB(), **{name: -1}).fit(*classes())


def test_parameters_of_selector_and_stop_are_validated():
    with pytest.raises(ValueError, match="The 'alpha' parameter of ChiSquareStop must be"):
        InformationSelectorCV(GaussianNB(), InformationSelector(stop=ChiSquareStop(2.0))).fit(*classes())


@pytest.mark.parametrize("value", [np.nan, None])
def test_scores_that_are_no_numbers_are_refused(value):
    with pytest.raises(ValueError, match=r"scoring gives .* for 1 columns; pass scoring that is defined on all folds"):
        InformationSelectorCV(GaussianNB(), PATHS, scoring=lambda *arguments: value).fit(*classes())


def test_columns_of_include_are_in_every_number():
    selector = InformationSelector(n_features_to_select=4, include=[7, 9])
    search = InformationSelectorCV(GaussianNB(), selector, cv=2).fit(*classes())
    assert search.cv_results_["n_features"].tolist() == [2, 3, 4]
    assert search.get_support()[[7, 9]].all()
