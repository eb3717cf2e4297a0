"""GraphSelector: the methods of the papers, functions of a user, and tables that have no graph."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skib import ConstantInputWarning, SkibWarning
from skib.feature_selection import (
    ConditionalInformationAffinity,
    DegreeCentrality,
    ECFSAffinity,
    EigenvectorCentrality,
    GraphSelector,
    InfFSAffinity,
    KatzCentrality,
    SupervisedInfFSAffinity,
)

X, Y = load_breast_cancer(return_X_y=True)
NAMES = ["inf_fs", "inf_fs_unsupervised", "inf_fs_supervised", "ec_fs", "spec_cmi"]
CALLS = [
    (InfFSAffinity(), KatzCentrality()),
    (InfFSAffinity(scaled=True), KatzCentrality(scale="twice")),
    (SupervisedInfFSAffinity(), KatzCentrality(scale="twice")),
    (ECFSAffinity(), EigenvectorCentrality()),
    (ConditionalInformationAffinity(), EigenvectorCentrality()),
]


@pytest.mark.parametrize(("name", "parts"), zip(NAMES, CALLS, strict=True))
def test_names_are_the_methods_of_the_papers(name, parts):
    named, explicit = GraphSelector(name).fit(X, Y), GraphSelector(*parts).fit(X, Y)
    assert (named.scores_ == explicit.scores_).all()
    affinity, centrality = parts
    matrix = affinity(X, Y)
    assert (named.affinity_matrix_ == matrix).all()
    assert (named.scores_ == centrality(matrix)).all()
    assert named.selected_features_.tolist() == np.argsort(-named.scores_)[:15].tolist()


@pytest.mark.parametrize("name", NAMES)
def test_order_of_rows_and_columns_changes_nothing(name):
    rng = np.random.default_rng(0)
    rows, columns = rng.permutation(len(X)), rng.permutation(X.shape[1])
    scores = GraphSelector(name).fit(X, Y).scores_
    np.testing.assert_allclose(GraphSelector(name).fit(X[rows], Y[rows]).scores_, scores, rtol=1e-7)
    np.testing.assert_allclose(GraphSelector(name).fit(X[:, columns], Y).scores_, scores[columns], rtol=1e-7)


@pytest.mark.parametrize("name", ["inf_fs_supervised", "ec_fs", "spec_cmi"])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_finds_informative_columns(name, n_classes):
    for seed in range(20):
        rng = np.random.default_rng(seed)
        y = rng.integers(n_classes, size=500)
        x = rng.normal(size=(500, 20))
        x[:, 3:7] += y[:, None]
        x = StandardScaler().fit_transform(x)  # what these methods ask of their users
        found = GraphSelector(name, n_features_to_select=4).fit(x, y).selected_features_
        assert sorted(found.tolist()) == [3, 4, 5, 6]


def test_own_functions():
    def covariance(x, y):
        assert y is None
        return np.abs(np.cov(x.T))

    selector = GraphSelector(covariance, lambda matrix: matrix.diagonal(), 3).fit(X)
    assert selector.selected_features_.tolist() == np.argsort(-X.var(axis=0))[:3].tolist()
    assert GraphSelector(covariance, DegreeCentrality()).fit(X).scores_ == pytest.approx(
        np.abs(np.cov(X.T)).sum(axis=1)
    )


def test_the_target_reaches_a_function_as_classes():
    def seen(x, y):
        assert y.tolist() == [0, 1, 2, 0]
        return np.ones((2, 2))

    labels = ["a", "b", "c", "a"]
    GraphSelector(seen).fit(np.arange(8.0).reshape(4, 2), labels)


@pytest.mark.parametrize("name", ["inf_fs", "inf_fs_unsupervised"])
@pytest.mark.parametrize("y", [np.zeros(len(X)), np.full(len(X), np.nan), [str(i) for i in range(len(X))]])
def test_what_takes_no_target_does_not_read_it(name, y):
    assert (GraphSelector(name).fit(X, y).scores_ == GraphSelector(name).fit(X).scores_).all()


@pytest.mark.parametrize("name", NAMES)
def test_constant_columns_come_last(name):
    x = np.column_stack([np.ones(len(X)), X[:, :3], np.zeros(len(X))])
    with pytest.warns(ConstantInputWarning, match=r"columns \[0, 4\] of X are constant"):
        selector = GraphSelector(name, n_features_to_select=5).fit(x, Y)
    assert selector.selected_features_[3:].tolist() == [0, 4]
    assert (selector.scores_[1:4] == GraphSelector(name).fit(X[:, :3], Y).scores_).all()
    with pytest.warns(ConstantInputWarning):
        assert GraphSelector(name).fit(np.ones((10, 3)), Y[:10]).scores_.tolist() == [0, 0, 0]


def test_duplicates_have_equal_scores_and_the_first_wins():
    x = np.column_stack([X[:, :4], X[:, :4]])
    for name in NAMES:
        selector = GraphSelector(name, n_features_to_select=2).fit(x, Y)
        np.testing.assert_allclose(selector.scores_[:4], selector.scores_[4:], rtol=1e-9)


def test_one_column():
    for name in NAMES:
        assert GraphSelector(name).fit(X[:, :1], Y).selected_features_.tolist() == [0]


def test_number_of_columns():
    assert len(GraphSelector(n_features_to_select=0.1).fit(X).selected_features_) == 3
    assert len(GraphSelector(n_features_to_select=0.001).fit(X).selected_features_) == 1
    with pytest.warns(SkibWarning, match="n_features_to_select=31 exceeds the 30 columns"):
        assert GraphSelector(n_features_to_select=31).fit(X).transform(X).shape == X.shape


def test_frames_and_grid_search():
    frame = pd.DataFrame(X).add_prefix("c")
    selector = GraphSelector("ec_fs", n_features_to_select=2).fit(frame, Y)
    assert selector.get_feature_names_out().tolist() == [f"c{j}" for j in sorted(selector.selected_features_)]
    pipeline = make_pipeline(StandardScaler(), GraphSelector(ECFSAffinity()), LogisticRegression())
    grid = {"graphselector__affinity__alpha": [0.1, 0.9], "graphselector__n_features_to_select": [2, 5]}
    search = GridSearchCV(pipeline, grid, cv=2).fit(X, Y)
    assert search.best_score_ > 0.9


def test_classes_of_numbers_are_bins():
    x = StandardScaler().fit_transform(np.random.default_rng(0).normal(size=(1000, 5)))
    y = x[:, 2] + 0.5 * np.random.default_rng(1).normal(size=1000)
    for name in ("ec_fs", "spec_cmi"):
        assert GraphSelector(name, n_features_to_select=1).fit(x, y).selected_features_.tolist() == [2]


@pytest.mark.parametrize("name", ["inf_fs_supervised", "ec_fs", "spec_cmi"])
def test_a_missing_target_is_refused(name):
    with pytest.raises(ValueError, match="requires y to be passed"):
        GraphSelector(name).fit(X)


@pytest.mark.parametrize("value", [np.ones((2, 3)), np.full((30, 30), np.nan), np.full((30, 30), "a")])
def test_bad_affinities_are_refused(value):
    with pytest.raises(
        ValueError, match=r"affinity=.* returned an array .*; return finite numbers of shape \(30, 30\)"
    ):
        GraphSelector(lambda x, y: value).fit(X)


def test_bad_centralities_and_classes_are_refused():
    with pytest.raises(ValueError, match="centrality=.* returned an array of shape"):
        GraphSelector(centrality=lambda matrix: matrix).fit(X)
    with pytest.raises(TypeError, match=r"affinity must be an instance, got the class InfFSAffinity; pass InfFSAff"):
        GraphSelector(InfFSAffinity).fit(X)
    with pytest.raises(TypeError, match="centrality must be an instance"):
        GraphSelector(centrality=KatzCentrality).fit(X)
    with pytest.raises(ValueError, match="'affinity' parameter of GraphSelector"):
        GraphSelector("inffs").fit(X)


@pytest.mark.parametrize(
    ("parts", "name"), [((ECFSAffinity(alpha=2),), "alpha"), (("inf_fs", KatzCentrality(1.5)), "attenuation")]
)
def test_parameters_of_the_parts_are_validated(parts, name):
    with pytest.raises(ValueError, match=f"The '{name}' parameter"):
        GraphSelector(*parts).fit(X, Y)


def test_text_is_refused():
    with pytest.raises(ValueError, match="encode them as numbers"):
        GraphSelector().fit(pd.DataFrame({"a": ["x", "y"] * 5, "b": np.arange(10)}))


def test_clone_keeps_the_parts():
    selector = clone(GraphSelector(ECFSAffinity(0.2), KatzCentrality(0.5)))
    assert selector.affinity.alpha == 0.2
    assert selector.centrality.attenuation == 0.5
