"""SequentialAttentionSelector: orthogonal matching pursuit, gradients of logistic models, and input of every kind."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, make_classification
from sklearn.linear_model import LogisticRegression, orthogonal_mp
from sklearn.preprocessing import StandardScaler

from skib import SkibWarning
from skib.feature_selection import SequentialAttentionSelector


def order_of_matching_pursuit(X, y, n_columns):
    X = X - X.mean(axis=0)
    path = orthogonal_mp(X / np.linalg.norm(X, axis=0), y - y.mean(), n_nonzero_coefs=n_columns, return_path=True)
    supports = [set(np.flatnonzero(path[:, k])) for k in range(n_columns)]
    return [next(iter(now - before)) for before, now in zip([set(), *supports], supports, strict=False)]


@pytest.mark.parametrize("seed", range(5))
def test_least_squares_are_orthogonal_matching_pursuit(seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(80, 30)) @ rng.normal(size=(30, 30)) * rng.lognormal(size=30) + 5
    y = X @ rng.normal(size=30) + rng.normal(size=80)
    selector = SequentialAttentionSelector(20).fit(X, y)
    assert selector.selected_features_.tolist() == order_of_matching_pursuit(X, y, 20)


def test_diabetes_in_the_order_of_matching_pursuit():
    X, y = load_diabetes(return_X_y=True)
    selector = SequentialAttentionSelector(10).fit(X, y)
    assert selector.selected_features_.tolist() == order_of_matching_pursuit(X, y, 10)
    np.testing.assert_allclose(selector.scores_[0], np.abs(np.corrcoef(X.T, y)[-1, :-1]).max())
    design = np.column_stack([np.ones(len(X)), X])
    left = y - design @ np.linalg.lstsq(design, y)[0]
    np.testing.assert_allclose(selector.explained_[-1], 1 - left.var() / y.var())


@pytest.mark.parametrize("n_classes", [2, 10])
def test_the_next_column_has_the_largest_gradient_of_the_logistic_loss(n_classes):
    X, y = load_digits(n_class=n_classes, return_X_y=True)
    X, y = X[:, X.std(axis=0) > 0][:400], y[:400]
    X = StandardScaler().fit_transform(X[:, X.std(axis=0) > 0])
    selector = SequentialAttentionSelector(4).fit(X, y)
    indicators = np.eye(n_classes)[y]
    probabilities = indicators.mean(axis=0)
    for k, column in enumerate(selector.selected_features_):
        gradient = np.linalg.norm(X.T @ (indicators - probabilities), axis=1)
        gradient[selector.selected_features_[:k]] = 0
        assert column == np.argmax(gradient)
        seen = X[:, selector.selected_features_[: k + 1]]
        probabilities = LogisticRegression(C=10.0, max_iter=1000).fit(seen, y).predict_proba(seen)
    assert (np.diff(selector.explained_) > 0).all()


def test_units_and_offsets_change_nothing():
    X, y = load_breast_cancer(return_X_y=True)
    one = SequentialAttentionSelector(6).fit(X, y)
    other = SequentialAttentionSelector(6).fit(X * np.logspace(-9, 9, 30), y.astype(str))
    assert one.selected_features_.tolist() == other.selected_features_.tolist()
    np.testing.assert_allclose(one.scores_, other.scores_, rtol=1e-4)


@pytest.mark.parametrize(("scale", "offset"), [(1e300, 0), (1e-300, 0), (1, 1e12)])
def test_extreme_units_and_offsets_cost_no_digits(scale, offset):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 6))
    y = X[:, 4] - X[:, 1] + 0.5 * X[:, 2] + 0.5 * rng.normal(size=200)
    one, other = (
        SequentialAttentionSelector(6).fit(*data) for data in [(X, y), (X * scale + offset, y * scale + offset)]
    )
    assert one.selected_features_.tolist() == other.selected_features_.tolist()
    np.testing.assert_allclose(one.scores_, other.scores_, atol=1e-3)


def test_a_constant_column_with_rounding_is_not_taken():
    X = np.random.default_rng(0).normal(size=(200, 3))
    X[:, 1] = np.where(X[:, 0] > 0, 0.3, 0.1 + 0.2)
    assert SequentialAttentionSelector(3).fit(X, X[:, 0] + X[:, 2]).selected_features_.tolist() == [0, 2]


@pytest.mark.parametrize("units", [(1, 1), (1, 1000), (1000, 1)])
def test_targets_are_weighed_by_their_units(units):
    """The formula, written out: the larger target counts more."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 6))
    Y = (X[:, [0, 3]] + 0.5 * X[:, [1, 4]] + 0.1 * rng.normal(size=(200, 2))) * units
    x = (X - X.mean(axis=0)) / X.std(axis=0)
    left, order = Y - Y.mean(axis=0), []
    for _ in range(4):
        alignment = np.linalg.norm(x.T @ left, axis=1)
        order.append(max(set(range(6)) - set(order), key=lambda j: alignment[j]))
        left = Y - Y.mean(axis=0) - x[:, order] @ np.linalg.lstsq(x[:, order], Y - Y.mean(axis=0))[0]
    assert SequentialAttentionSelector(4).fit(X, Y).selected_features_.tolist() == order


def test_informative_columns_among_many():
    X, y = make_classification(500, 300, n_informative=4, n_redundant=0, shuffle=False, class_sep=2, random_state=0)
    assert set(SequentialAttentionSelector(4).fit(X, y).selected_features_) == {0, 1, 2, 3}


def test_a_copy_is_not_selected_before_what_is_new():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3))
    y = X @ [2.0, 1.0, 0.5]
    selector = SequentialAttentionSelector(5).fit(np.column_stack([X[:, 0], X, X[:, 1]]), y)
    assert selector.selected_features_.tolist() == [0, 2, 3]
    assert selector.stop_reason_ == "no column is aligned with what the first 3 leave of y"
    np.testing.assert_allclose(selector.explained_[-1], 1)


def test_several_targets_are_taken_together():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 8))
    Y = X[:, [5, 2]] * [1.0, 3.0]
    selector = SequentialAttentionSelector(2).fit(X, Y)
    assert sorted(selector.selected_features_.tolist()) == [2, 5]
    np.testing.assert_allclose(selector.explained_[-1], 1)


def test_loss_is_chosen_by_the_target():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 5))
    y = (X[:, 1] > 0).astype(int)
    squared, logistic, auto = (
        SequentialAttentionSelector(5, loss=loss).fit(X, y) for loss in ("squared", "logistic", "auto")
    )
    assert auto.explained_.tolist() == logistic.explained_.tolist() != squared.explained_.tolist()
    with pytest.raises(ValueError, match='needs class labels, got a continuous y.*loss="squared"'):
        SequentialAttentionSelector(loss="logistic").fit(X, X[:, 0])


@pytest.mark.parametrize(("wanted", "n_selected"), [(None, 4), (0.25, 2), (1, 1), (8, 8)])
def test_number_of_columns(wanted, n_selected):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(50, 8)), rng.normal(size=50)
    assert SequentialAttentionSelector(wanted).fit(X, y).transform(X).shape == (50, n_selected)


def test_more_columns_than_there_are():
    X = np.random.default_rng(0).normal(size=(50, 3))
    with pytest.warns(SkibWarning, match="n_features_to_select=4 exceeds the 3 columns"):
        assert len(SequentialAttentionSelector(4).fit(X, X.sum(axis=1)).selected_features_) == 3


def test_constant_target_selects_nothing():
    X = np.random.default_rng(0).normal(size=(50, 3))
    selector = SequentialAttentionSelector().fit(X, np.zeros(50))
    with pytest.warns(SkibWarning, match="no column is aligned with what the first 0 leave of y"):
        assert selector.transform(X).shape == (50, 0)


def test_a_class_per_row():
    X = np.random.default_rng(0).normal(size=(20, 3))
    assert len(SequentialAttentionSelector(2).fit(X, [f"row {i}" for i in range(20)]).selected_features_) == 2
