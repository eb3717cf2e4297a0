import pickle

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy.sparse import csc_matrix, csr_matrix
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_breast_cancer, load_wine, make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder, StandardScaler

from skib import SkibWarning, UnreliableEstimateWarning
from skib.feature_selection import ChiSquareStop, Decision, InformationSelector, PermutationStop
from skib.preprocessing import IBDiscretizer


@pytest.fixture(scope="module")
def wine():
    return load_wine(return_X_y=True, as_frame=True)


def order(X, y, *args, sample_weight=None, **parameters):
    return InformationSelector(*args, **parameters).fit(X, y, sample_weight=sample_weight).selected_features_.tolist()


def test_attributes_of_the_path(wine):
    X, y = wine
    selector = InformationSelector("jmi", 4).fit(X, y)
    names = X.columns[selector.selected_features_].tolist()
    assert selector.path_["feature"].tolist() == names
    for name in ("score", "relevance", "redundancy", "synergy", "pvalue"):
        attribute = getattr(selector, {"score": "scores_", "pvalue": "pvalues_"}.get(name, name + "_"))
        np.testing.assert_array_equal(selector.path_[name], attribute)
    assert selector.scores_[0] == selector.relevance_[0] == selector.relevance_.max()
    assert (selector.pvalues_ < 1e-6).all()
    assert sorted(selector.selected_features_) == np.flatnonzero(selector.get_support()).tolist()
    assert selector.get_feature_names_out().tolist() == [name for name in X if name in names]
    assert "n_features_to_select" in selector.stop_reason_
    assert selector.n_bins_ == 3  # sqrt(178 / 15) = 3.4


@pytest.mark.parametrize("criterion", ["mim", "jmi", "cmim", "disr", "cmi"])
@pytest.mark.parametrize("n_jobs", [2, 3, -1])
def test_threads_change_nothing(criterion, n_jobs):
    X, y = make_classification(3000, 300, n_informative=10, random_state=0)
    X[:, 100:110] = X[:, :10]  # ties
    one = InformationSelector(criterion, 8).fit(X, y)
    other = InformationSelector(criterion, 8, n_jobs=n_jobs).fit(X, y)
    assert one.path_.equals(other.path_)


def test_share_of_the_columns(wine):
    assert len(order(*wine, "mim", 0.5)) == 6
    assert len(order(*wine, "mim", 0.01)) == 1
    assert len(order(*wine, "mim", 1.0)) == 13


def test_truncate_is_a_shorter_fit(wine):
    X, y = wine
    long, short = InformationSelector("jmi", 6).fit(X, y), InformationSelector("jmi", 3).fit(X, y)
    truncated = long.truncate(3)
    assert truncated.path_.equals(short.path_)
    assert truncated.stop_reason_ == short.stop_reason_
    assert truncated.get_params() == short.get_params()
    assert truncated.get_feature_names_out().tolist() == short.get_feature_names_out().tolist()
    assert len(long.selected_features_) == 6
    with pytest.raises(ValueError, match="from 1 to 6"):
        long.truncate(7)


def test_pickle_and_clone(wine):
    X, y = wine
    selector = InformationSelector("cmim", 3, stop=ChiSquareStop(0.01), discretizer=IBDiscretizer(4)).fit(X, y)
    again = pickle.loads(pickle.dumps(selector))
    assert again.path_.equals(selector.path_)
    assert again.truncate(2).selected_features_.tolist() == selector.selected_features_[:2].tolist()
    assert clone(selector).fit(X, y).path_.equals(selector.path_)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_set_output(wine, library):
    X, y = wine
    X = pl.from_pandas(X) if library == "polars" else X
    selected = InformationSelector("jmi", 2).set_output(transform=library).fit_transform(X, y)
    assert type(selected) is {"pandas": pd.DataFrame, "polars": pl.DataFrame}[library]
    assert list(selected.columns) == InformationSelector("jmi", 2).fit(X, y).get_feature_names_out().tolist()
    np.testing.assert_array_equal(selected.to_numpy(), X[list(selected.columns)].to_numpy())


def mixed_frame():
    """Numbers, a category, text, bools and dates, with missing values in most of them."""
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=600)
    number = y + rng.normal(size=600)
    number[::7] = np.nan
    city = pd.Series(np.where(rng.random(600) < 0.8, y, 1 - y)).map({0: "Oslo", 1: "Rome"})
    city[::11] = None
    day = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(400, size=600), unit="D")
    return pd.DataFrame(
        {
            "number": number,
            "city": city,
            "kind": pd.Categorical(rng.choice(["a", "b"], 600), categories=["a", "b", "unused"]),
            "flag": rng.random(600) < 0.5,
            "day": day.where(rng.random(600) < 0.9),
        }
    ), y


def test_missing_values_and_categories_of_every_container():
    X, y = mixed_frame()
    selector = InformationSelector().fit(X, y)
    assert set(selector.get_feature_names_out()) == {"number", "city"}
    for container in (pl.from_pandas(X), pa.Table.from_pandas(X)):
        other = InformationSelector().fit(container, y)
        assert other.path_["feature"].tolist() == selector.path_["feature"].tolist()
        np.testing.assert_allclose(other.scores_, selector.scores_)
    assert list(selector.set_output(transform="pandas").transform(X).columns) == ["number", "city"]
    assert selector.set_output(transform="default").transform(X).shape == (600, 2)
    with pytest.raises(ValueError, match="'number', 'city', 'day'. of X hold missing.*missing='auto'"):
        InformationSelector(missing="error").fit(X, y)


def test_missing_value_is_a_level_of_its_own():
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=500)
    x = np.where(y == 1, np.nan, rng.normal(size=500))  # missing if and only if y is 1
    selector = InformationSelector("mim", 1).fit(np.column_stack([rng.normal(size=500), x]), y)
    assert selector.selected_features_.tolist() == [1]
    shares = np.bincount(y) / 500
    assert selector.relevance_[0] == pytest.approx(-shares @ np.log(shares))


def test_weights_are_repeated_rows():
    X, y = make_classification(300, 30, n_informative=5, flip_y=0.2, random_state=1)
    weights = np.random.default_rng(0).integers(0, 4, size=300)
    repeated = InformationSelector().fit(np.repeat(X, weights, axis=0), np.repeat(y, weights))
    weighted = InformationSelector().fit(X, y, sample_weight=weights)
    assert repeated.selected_features_.tolist() == weighted.selected_features_.tolist()
    np.testing.assert_allclose(repeated.path_.iloc[:, 1:], weighted.path_.iloc[:, 1:], rtol=1e-9, atol=1e-12)


def test_scale_of_weights_changes_nothing():
    X, y = make_classification(300, 30, n_informative=5, flip_y=0.2, random_state=1)
    weights = np.random.default_rng(0).random(300)
    one, other = (InformationSelector("jmi", 5).fit(X, y, sample_weight=scale * weights) for scale in (1.0, 0.01))
    assert one.selected_features_.tolist() == other.selected_features_.tolist()
    np.testing.assert_allclose(one.scores_, other.scores_, rtol=1e-9)


def test_weights_are_routed():
    X, y = make_classification(300, 10, n_informative=3, random_state=1)
    weights = np.arange(300) % 3
    with config_context(enable_metadata_routing=True):
        selector = InformationSelector("jmi", 3).set_fit_request(sample_weight=True)
        model = LogisticRegression().set_fit_request(sample_weight=False)
        pipe = make_pipeline(selector, model).fit(X, y, sample_weight=weights)
    expected = order(X, y, "jmi", 3, sample_weight=weights)
    assert pipe[0].selected_features_.tolist() == expected


def test_grid_search_over_criterion_and_number():
    X, y = make_classification(300, 20, n_informative=4, random_state=0)
    pipe = make_pipeline(InformationSelector(), LogisticRegression())
    grid = {
        "informationselector__criterion": ["mim", "jmi"],
        "informationselector__n_features_to_select": [2, 5],
        "informationselector__stop": [None, ChiSquareStop(0.01)],
    }
    search = GridSearchCV(pipe, grid, cv=3).fit(X, y)
    assert search.best_score_ > 0.7
    assert len(search.cv_results_["params"]) == 8


def test_column_transformer():
    X, y = mixed_frame()
    numbers = make_pipeline(InformationSelector("jmi", 1), StandardScaler())
    transformer = ColumnTransformer(
        [("numbers", numbers, ["number"]), ("rest", InformationSelector("jmi", 1), ["city", "kind", "flag"])]
    )
    assert transformer.fit(X, y).get_feature_names_out().tolist() == ["numbers__number", "rest__city"]


def test_included_and_excluded_columns(wine):
    X, y = wine
    best = X.columns[order(X, y, "jmi", 1)[0]]
    selector = InformationSelector("jmi", 4, include=["ash", "hue"], exclude=[best]).fit(X, y)
    names = selector.path_["feature"].tolist()
    assert names[:2] == ["ash", "hue"]
    assert best not in names
    assert np.isnan(selector.scores_[:2]).all()
    assert not np.isnan(selector.scores_[2:]).any()
    assert not np.isnan(selector.relevance_).any()
    mask = X.columns == best
    assert order(X, y, "jmi", 4, include=[2, 10], exclude=mask) == selector.selected_features_.tolist()


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"include": ["no"]}, "'no'.*no columns of X"),
        ({"include": [13]}, "13.*from 0 to 12"),
        ({"exclude": [-1]}, "-1"),
        ({"include": ["ash"], "exclude": [2]}, "share"),
        ({"exclude": list(range(13))}, "none of the 13 columns of X is left"),
        ({"groups": [0, 1]}, "one label per column"),
        ({"groups": [np.nan] * 13}, "missing labels"),
        ({"include": ["ash"], "init": "pair"}, "init='pair'"),
    ],
)
def test_columns_that_cannot_be(wine, parameters, message):
    with pytest.raises(ValueError, match=message):
        InformationSelector("jmi", 2, **parameters).fit(*wine)


def test_groups_enter_whole():
    X, y = mixed_frame()
    encoder = OneHotEncoder(sparse_output=False)
    table = encoder.fit_transform(X[["city", "kind"]])
    groups = ["city", "city", "city", "kind", "kind"]  # missing is a category, too
    selector = InformationSelector("jmi", groups=groups, stop=ChiSquareStop(0.001)).fit(table, y)
    assert selector.selected_features_.tolist() == [0, 1, 2]
    assert selector.path_["feature"].tolist() == ["city"]
    single = InformationSelector("jmi", 1).fit(X[["city", "kind"]], y)
    assert selector.relevance_ == pytest.approx(single.relevance_)
    sparse = InformationSelector("jmi", groups=groups, stop=ChiSquareStop(0.001)).fit(csr_matrix(table), y)
    assert sparse.path_.equals(selector.path_)
    assert InformationSelector("jmi", 1, groups=groups, include=[4]).fit(table, y).get_support(True).tolist() == [3, 4]
    assert order(table, y, "jmi", 2, groups=groups) == [0, 1, 2, 3, 4]


def test_continuous_target_is_coded_by_quantiles():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1000, 20))
    y = np.exp(X[:, 3] + 0.5 * X[:, 8])
    assert set(order(X, y)) >= {3, 8}
    assert order(X, y, "jmi", 3) == order(X, np.log(y), "jmi", 3)  # monotone maps change no quantile


def test_targets_of_several_columns_are_one_variable():
    rng = np.random.default_rng(0)
    X = rng.integers(2, size=(1000, 8))
    flips = rng.random((1000, 2)) < 0.1
    y = X[:, [2, 6]] ^ flips
    one_code = 2 * y[:, 0] + y[:, 1]
    selector = InformationSelector().fit(X, y)
    assert set(selector.selected_features_) == {2, 6}
    np.testing.assert_allclose(selector.scores_, InformationSelector().fit(X, one_code).scores_)
    mixed = pd.DataFrame({"class": y[:, 0].astype(str), "number": y[:, 1] + rng.normal(size=1000)})
    assert 2 in order(X, mixed)


@pytest.mark.parametrize("discretizer", [4, KBinsDiscretizer(4, encode="ordinal"), IBDiscretizer(4)])
def test_discretizers(wine, discretizer):
    X, y = wine
    with_missing = X.copy()
    with_missing.iloc[::9, 3] = np.nan
    for table in (X, with_missing):
        assert len(set(order(table, y, "jmi", 4, discretizer=discretizer)) & {0, 6, 9, 11, 12}) >= 3


def test_discretizer_of_many_columns_is_refused(wine):
    with pytest.raises(ValueError, match="codes of shape .*178, 4.* one column.*encode='ordinal'"):
        InformationSelector("jmi", 2, discretizer=KBinsDiscretizer(4, encode="onehot-dense")).fit(*wine)


@pytest.mark.parametrize("container", [csr_matrix, csc_matrix])
def test_sparse_columns_count_their_nonzeros(container):
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=400)
    counts = rng.poisson(0.1 + 0.6 * y[:, None] * (np.arange(30) < 3), size=(400, 30))
    sparse = InformationSelector("jmi", 5).fit(container(counts), y)
    dense = InformationSelector("jmi", 5).fit(counts > 0, y)
    assert sparse.selected_features_.tolist() == dense.selected_features_.tolist()
    np.testing.assert_allclose(sparse.path_.iloc[:, 1:], dense.path_.iloc[:, 1:], rtol=1e-9, atol=1e-12)
    stop = PermutationStop(random_state=0)
    assert order(container(counts), y, stop=stop) == order(counts > 0, y, stop=stop)
    assert sparse.transform(container(counts)).shape == (400, 5)


def test_missing_values_of_a_sparse_matrix_are_no_zeros():
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=300)
    X = csr_matrix(np.where(rng.random((300, 4)) < 0.3 + 0.5 * y[:, None] * [0, 1, 0, 0], np.nan, 0.0))
    assert order(X, y, "mim", 1) == [1]
    with pytest.raises(ValueError, match="missing='auto'"):
        order(X, y, "mim", 1, missing="error")


def test_class_in_place_of_a_stop(wine):
    with pytest.raises(TypeError, match=r"got the class ChiSquareStop; pass ChiSquareStop\(\)"):
        order(*wine, stop=ChiSquareStop)


def test_own_stop_decides(wine):
    class Third:
        def decide(self, step):
            return Decision("three are enough" if len(step.selected) == 3 else None, 0.5)

    selector = InformationSelector(stop=Third()).fit(*wine)
    assert len(selector.selected_features_) == 3
    assert selector.stop_reason_ == "three are enough"
    assert (selector.pvalues_ == 0.5).all()
    assert len(order(*wine, "jmi", 2, stop=Third())) == 2


def test_nothing_of_noise_is_selected():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(500, 20)), rng.integers(2, size=500)
    selector = InformationSelector().fit(X, y)
    assert not selector.get_support().any()
    assert len(selector.path_) == 0
    assert selector.path_.columns.tolist() == ["feature", "score", "relevance", "redundancy", "synergy", "pvalue"]
    for table in (X, csr_matrix(X)):
        with pytest.warns(SkibWarning, match="No features were selected"):
            assert selector.transform(table).shape == (500, 0)
    with pytest.warns(SkibWarning, match="No features were selected"):
        selector.set_output(transform="pandas").transform(pd.DataFrame(X))


def test_auto_selects_what_is_informative():
    X, y = load_breast_cancer(return_X_y=True)
    noise = np.random.default_rng(0).normal(size=(len(X), 30))
    selector = InformationSelector(stop=ChiSquareStop(0.01)).fit(np.hstack([noise, X]), y)
    assert np.mean(selector.selected_features_ >= 30) > 0.9


def test_constant_columns_are_no_choice():
    """They cannot be selected by chance, and p-values are not adjusted for them."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 500)
    X = rng.normal(size=(500, 4))
    X[:, 0] += 0.4 * y
    with_constants = np.column_stack([X, np.ones((500, 100))])
    alone, beside = (InformationSelector().fit(table, y) for table in (X, with_constants))
    np.testing.assert_array_equal(beside.pvalues_, alone.pvalues_)
    assert beside.selected_features_.tolist() == alone.selected_features_.tolist() == [0]


def test_class_weights_are_warned_of():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(400, 3)), rng.integers(0, 2, 400)
    weights = np.where(y, 3, 1)
    with pytest.warns(UnreliableEstimateWarning, match=f"{weights.sum()} in place of 400.*divide class weights by"):
        InformationSelector().fit(X, y, sample_weight=weights)
    InformationSelector().fit(X, y, sample_weight=weights / weights.mean())  # no warning
    InformationSelector().fit(X, y, sample_weight=rng.integers(1, 3, 400))
