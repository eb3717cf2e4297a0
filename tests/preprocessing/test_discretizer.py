"""Bins of numbers by the classes: against trees, brute force and each other."""

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import mutual_info_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.tree import DecisionTreeClassifier

from skib import ConstantInputWarning, UnreliableEstimateWarning
from skib._kernels.partitions import information_terms
from skib.information_plane import InformationPlane
from skib.mutual_info import ChainRule, Compressed
from skib.preprocessing import IBCategoryGrouper, IBDiscretizer
from tests.naive.partitions import least_losses, runs


def waves(n_samples=500, n_classes=2, seed=0):
    """A column of numbers, and classes whose odds wave along it."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n_samples)
    return x[:, None], ((np.sin(3 * x) + rng.normal(size=n_samples) + 4) * n_classes / 8).astype(int)


def is_tied(x, y):
    """Whether two edges keep the same information, the most of all."""
    left = np.cumsum(np.eye(y.max() + 1)[y[np.argsort(x[:, 0])]], axis=0)[np.diff(np.sort(x[:, 0]), append=np.inf) > 0]
    kept = np.sort(information_terms(left) + information_terms(left[-1] - left))
    return kept[-1] - kept[-2] < 1e-9


@pytest.mark.parametrize("seed", range(40))
def test_two_bins_are_the_first_split_of_a_tree(seed):
    rng = np.random.default_rng(seed)
    x, y = waves(30 + 20 * seed, 2 + seed % 3, seed)
    # Numbers that float32 holds, to which trees convert; every second time with ties.
    x = (np.round(x, 1) if seed % 2 else x).astype(np.float32).astype(np.float64)
    assert not is_tied(x, y)  # else either edge would be right
    tree = DecisionTreeClassifier(criterion="entropy", max_depth=1, random_state=0).fit(x, y)
    discretizer = IBDiscretizer(2).fit(x, y)
    new = np.r_[x, rng.normal(size=(100, 1)).astype(np.float32)]
    assert_array_equal(discretizer.transform(x)[:, 0], x[:, 0] > tree.tree_.threshold[0])
    assert_allclose(discretizer.bin_edges_[0][1], tree.tree_.threshold[0], rtol=1e-6)
    assert np.mean(discretizer.transform(new)[:, 0] == (new[:, 0] > tree.tree_.threshold[0])) == 1


@pytest.mark.filterwarnings("ignore::skib.ConstantInputWarning")
@given(seed=st.integers(0, 2**32 - 1), n_samples=st.integers(2, 25), n_bins=st.integers(2, 5))
@settings(max_examples=40)
def test_no_bins_keep_more(seed, n_samples, n_bins):
    rng = np.random.default_rng(seed)
    x, y = rng.integers(0, 8, n_samples), rng.integers(0, 3, n_samples)
    discretizer = IBDiscretizer(n_bins).fit(x[:, None], y)
    cells = [np.bincount(y[x == value], minlength=3).tolist() for value in np.unique(x)]
    assert discretizer.loss_[0] == pytest.approx(least_losses(cells, n_bins, runs)[-1] / n_samples, abs=1e-9)
    codes = discretizer.transform(x[:, None])[:, 0]
    assert discretizer.mutual_info_[0] == pytest.approx(mutual_info_score(codes, y), abs=1e-9)


def test_more_bins_keep_more():
    x, y = waves(400, 3)
    fits = [IBDiscretizer(k).fit(x, y) for k in range(2, 12)]
    assert (np.diff([fit.mutual_info_[0] for fit in fits]) > 0).all()
    entropy = mutual_info_score(y, y)  # no two values are equal, so that they determine y
    assert_allclose([fit.mutual_info_[0] + fit.loss_[0] for fit in fits], entropy)


def test_at_least_as_good_as_a_tree_of_as_many_leaves():
    x, y = waves(2000)
    discretizer = IBDiscretizer(6).fit(x, y)
    tree = DecisionTreeClassifier(criterion="entropy", max_leaf_nodes=6, random_state=0).fit(x, y)
    assert discretizer.mutual_info_[0] > mutual_info_score(tree.apply(x), y)


def test_columns_do_not_depend_on_each_other():
    x, y = waves()
    both = IBDiscretizer(4).fit(np.c_[x, -2 * x], y)
    one = IBDiscretizer(4).fit(x, y)
    assert_array_equal(both.bin_edges_[0], one.bin_edges_[0])
    assert_allclose(both.bin_edges_[1], -2 * one.bin_edges_[0][::-1])
    assert_allclose(both.mutual_info_, one.mutual_info_[0])


@pytest.mark.parametrize("factor", [2.0**-1060, 2.0**1022])
def test_units_change_nothing(factor):
    x, y = np.round(waves()[0], 2), waves()[1]
    scaled = IBDiscretizer(4).fit(factor * x, y)
    assert_array_equal(scaled.transform(factor * x), IBDiscretizer(4).fit(x, y).transform(x))


def test_edges_between_neighboring_floats():
    x = np.nextafter(1.0, [0, 2])[:, None]
    assert IBDiscretizer().fit(x, [0, 1]).transform(x).tolist() == [[0], [1]]


def test_missing_values_are_a_bin_of_their_own():
    x, y = waves(200, 2)
    x[:50] = np.nan
    discretizer = IBDiscretizer(3).fit(x, y)
    codes = discretizer.transform(x)[:, 0]
    assert (codes[:50] == 3).all() and set(codes[50:]) == {0, 1, 2}
    assert discretizer.mutual_info_[0] == pytest.approx(mutual_info_score(codes, y))
    assert_array_equal(discretizer.bin_edges_[0], IBDiscretizer(3).fit(x[50:], y[50:]).bin_edges_[0])


def test_missing_values_go_to_the_bin_of_the_prior_if_none_were_fitted():
    x = np.repeat([0.0, 1.0, 2.0], 10)[:, None]
    y = np.r_[np.zeros(10), np.tile([0, 1], 5), np.ones(10)]
    discretizer = IBDiscretizer(3).fit(x, y)
    assert discretizer.transform([[np.nan], [5.0]]).tolist() == [[1], [2]]


def test_a_column_without_a_value_is_one_bin():
    x = np.full((10, 1), np.nan)
    with pytest.warns(ConstantInputWarning, match="^column 0 of X is constant, or missing"):
        discretizer = IBDiscretizer().fit(x, [0, 1] * 5)
    assert discretizer.transform([[np.nan], [1.0]]).tolist() == [[0], [0]]
    assert discretizer.mutual_info_.tolist() == [0.0] and discretizer.loss_.tolist() == [0.0]


@pytest.mark.parametrize("unit", ["D", "s", "ns"])
def test_dates(unit):
    days = np.arange("2020-01-01", "2020-02-10", dtype="datetime64[D]")
    frame = pd.DataFrame({"day": days.astype(f"datetime64[{unit}]"), "age": days - days[0]})
    discretizer = IBDiscretizer(2).fit(frame, days >= np.datetime64("2020-01-20"))
    later = pd.DataFrame({"day": pd.to_datetime(["2020-01-19", "2020-01-20", None])})
    later["age"] = later["day"] - days[0]
    assert discretizer.transform(later)[:2].tolist() == [[0, 0], [1, 1]]
    with pytest.raises(ValueError, match="holds a number per row, but a date"):
        discretizer.transform(pd.DataFrame({"day": [1.0], "age": [2.0]}))


def test_whole_numbers_beyond_those_of_floats():
    x = np.array([[2**62], [2**62 + 1], [2**62 + 2], [-(2**62)]])
    discretizer = IBDiscretizer().fit(x, [0, 1, 0, 1])
    assert discretizer.transform(x).tolist() == [[1], [2], [3], [0]]


def test_weights_are_repetitions():
    x, y = waves(100)
    weights = np.random.default_rng(0).integers(0, 4, 100)
    rows = np.repeat(np.arange(100), weights)
    weighted, repeated = IBDiscretizer(4).fit(x, y, weights), IBDiscretizer(4).fit(x[rows], y[rows])
    assert_array_equal(weighted.bin_edges_[0], repeated.bin_edges_[0])
    assert weighted.loss_ == repeated.loss_
    shares = IBDiscretizer(4).fit(x, y, weights / weights.sum())
    assert_allclose(shares.mutual_info_, weighted.mutual_info_)


def test_works_with_scikit_learn():
    x, y = waves(300)
    frame = pd.DataFrame(np.c_[x, x**2], columns=["a", "b"])
    discretizer = IBDiscretizer(3).set_output(transform="pandas")
    codes = discretizer.fit_transform(frame, y)
    assert list(codes.columns) == ["a", "b"] == discretizer.get_feature_names_out().tolist()
    assert_array_equal(pickle.loads(pickle.dumps(discretizer)).transform(frame), codes)
    pipe = make_pipeline(make_column_transformer((IBDiscretizer(), ["a"])), OneHotEncoder(), LogisticRegression())
    search = GridSearchCV(pipe, {"columntransformer__ibdiscretizer__n_bins": [2, 8]}, cv=3).fit(frame, y)
    assert search.best_params_ == {"columntransformer__ibdiscretizer__n_bins": 8}
    assert clone(discretizer).n_bins == 3


def test_frames_of_polars():
    pl = pytest.importorskip("polars")
    x, y = waves(100)
    frame = pl.DataFrame({"a": x[:, 0]})
    codes = IBDiscretizer().set_output(transform="polars").fit_transform(frame, y)
    assert codes.columns == ["a"]
    assert_array_equal(codes.to_numpy(), IBDiscretizer().fit_transform(x, y))


def test_compressors_of_layers():
    """Compressors are fitted without y: one that needs it is fitted to other rows and frozen."""
    x, y = waves(1000)
    bins = FrozenEstimator(IBDiscretizer(4).fit(*waves(1000, seed=1)))
    estimate = Compressed(bins, estimator=ChainRule()).fit(x, y).mutual_info_
    assert estimate == pytest.approx(mutual_info_score(bins.transform(x)[:, 0], y))
    plane = InformationPlane(ChainRule(), compressor=bins, n_permutations=0).fit(
        {0: {"layer": x}, "y": y, "ids": range(1000)}
    )
    about_y = plane.results_.query("quantity == 'I(T;Y)'")
    assert about_y["mutual_info"].item() == pytest.approx(estimate)


def test_errors():
    x, y = waves(60)
    with pytest.raises(ValueError, match="requires y"):
        IBDiscretizer().fit(x, None)
    with pytest.raises(ValueError, match="continuous y .*; bin it first"):
        IBDiscretizer().fit(x, x[:, 0])
    with pytest.raises(ValueError, match="no order; use skib.preprocessing.IBCategoryGrouper"):
        IBDiscretizer().fit([["a"], ["b"]], [0, 1])
    with pytest.raises(ValueError, match="infinity"):
        IBDiscretizer().fit(np.full((60, 1), np.inf), y)
    with pytest.raises(ValueError, match="60 rows but y has 59"):
        IBDiscretizer().fit(x, y[1:])
    with pytest.raises(ValueError, match="non-negative"):
        IBDiscretizer().fit(x, y, -np.ones(60))


def test_wide_integers_are_binned_alike_in_every_type_and_beside_any_rows():
    X = (2**53 - 4 + np.arange(9))[:, None]
    bins = IBDiscretizer(2).fit(X, np.arange(9) >= 5)
    assert bins.transform(X)[:, 0].tolist() == [0] * 5 + [1] * 4
    for row in range(9):
        assert bins.transform(X[[row]])[0, 0] == (row >= 5)
    assert_array_equal(bins.transform(X.astype(np.uint64)), bins.transform(X))


def test_a_missing_y_is_named():
    with pytest.raises(ValueError, match="This IBDiscretizer requires y to be passed, but the target y is None"):
        IBDiscretizer().fit([[1.0], [2.0]])


@pytest.mark.parametrize("transformer", [IBDiscretizer(), IBCategoryGrouper()], ids=repr)
def test_columns_without_information_are_warned_of(transformer):
    """By their names or numbers; a column of one value and missing ones has two levels."""
    y = np.tile([0, 1], 10)
    X = pd.DataFrame({"one": 1.0, "none": np.nan, "some": np.where(y, 2.0, np.nan), "two": y + 0.0})
    with pytest.warns(ConstantInputWarning, match="^column 'one' of X, column 'none' of X are constant, or missing"):
        fitted = transformer.fit(X, y)
    assert fitted.mutual_info_ == pytest.approx([0, 0, np.log(2), np.log(2)])
    with pytest.warns(ConstantInputWarning, match="^column 0 of X, column 1 of X are constant"):
        transformer.fit(X.to_numpy(), y)
    with pytest.warns(ConstantInputWarning, match="^column 'two' of X is constant"):  # of the rows with a weight
        transformer.fit(X[["some", "two"]].fillna({"some": 0}).assign(some=range(20)), y // 2 + np.arange(20) % 3, y)
    with pytest.warns(ConstantInputWarning, match="^y is constant"):
        transformer.fit(X[["two"]], ["only"] * 20)


def test_a_quantity_is_told_from_labels():
    rng = np.random.default_rng(0)
    x, visits = rng.normal(size=(500, 1)), rng.poisson(100, 500)
    with pytest.warns(UnreliableEstimateWarning, match=r"y holds whole numbers on \d\d levels, .*bin it first"):
        IBDiscretizer(3).fit(x, visits)
    for labels in (visits.astype(str), pd.Categorical(visits), rng.integers(0, 20, 500), np.arange(8)):
        IBDiscretizer(3).fit(x[: len(labels)], labels)  # without a warning
