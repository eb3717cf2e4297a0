"""Groups of categories by the classes: against brute force, and across containers."""

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import entropy
from sklearn.compose import make_column_transformer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, mutual_info_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, TargetEncoder

from skib import ConstantInputWarning, UnreliableEstimateWarning
from skib._cross_fitting import shuffled_folds
from skib._parallel import spawn_generators
from skib.information_plane import InformationPlane
from skib.mutual_info import ChainRule, Compressed
from skib.preprocessing import IBCategoryGrouper
from skib.preprocessing._shrinkage import pseudo_rows, shrunken
from tests.naive.partitions import least_losses, set_partitions


def towns(n_samples=600, n_towns=40, n_classes=2, seed=0):
    """A column of text, and classes whose odds differ by town."""
    rng = np.random.default_rng(seed)
    town = rng.integers(0, n_towns, n_samples)
    odds = rng.dirichlet(np.ones(n_classes), n_towns)
    return np.char.mod("town %d", town)[:, None], (odds[town].cumsum(axis=1) < rng.random((n_samples, 1))).sum(axis=1)


def cells_of(x, y):
    return [np.bincount(y[x == level], minlength=y.max() + 1).tolist() for level in np.unique(x)]


@pytest.mark.filterwarnings("ignore::skib.ConstantInputWarning")
@pytest.mark.parametrize("seed", range(200))
def test_no_groups_keep_more_of_two_classes(seed):
    rng = np.random.default_rng(seed)
    n_groups, n_levels = 2 + seed % 3, 1 + seed % 7
    x = np.r_[np.arange(n_levels), np.arange(n_levels), rng.integers(0, n_levels, rng.integers(0, 60))]
    y = rng.integers(0, 2, len(x))
    grouper = IBCategoryGrouper(n_groups, smooth=0).fit(x[:, None].astype(str), y)
    losses = least_losses(cells_of(x, y), n_groups, set_partitions)
    assert grouper.loss_[0] == pytest.approx(losses[-1] / len(x), abs=1e-9)
    groups = grouper.transform(x[:, None].astype(str))[:, 0]
    assert groups.max() < n_groups
    assert grouper.mutual_info_[0] == pytest.approx(mutual_info_score(groups, y), abs=1e-9)


@given(seed=st.integers(0, 2**32 - 1), n_classes=st.integers(3, 5), n_groups=st.integers(2, 4))
@settings(max_examples=40)
def test_groups_of_more_classes(seed, n_classes, n_groups):
    """Never above the optimum, and no move of one category is a gain."""
    rng = np.random.default_rng(seed)
    x = np.r_[np.arange(7), rng.integers(0, 7, 80)]
    y = rng.integers(0, n_classes, 87)
    grouper = IBCategoryGrouper(n_groups, smooth=0).fit(np.c_[x].astype(str), y)
    assert grouper.mutual_info_[0] + grouper.loss_[0] == pytest.approx(mutual_info_score(x, y))
    assert grouper.loss_[0] >= least_losses(cells_of(x, y), n_groups, set_partitions)[-1] / 87 - 1e-9
    groups = grouper.transform(np.c_[x].astype(str))[:, 0]
    for level in range(7):
        for group in range(n_groups):
            moved = np.where(x == level, group, groups)
            assert mutual_info_score(moved, y) < grouper.mutual_info_[0] + 1e-7


def test_planted_groups_are_found():
    rng = np.random.default_rng(0)
    odds = rng.dirichlet(np.full(6, 0.3), 5)
    town = rng.integers(0, 200, 40_000)
    y = (odds[town % 5].cumsum(axis=1) < rng.random((40_000, 1))).sum(axis=1)
    groups = IBCategoryGrouper(5).fit_transform(town[:, None], y)[:, 0]
    assert mutual_info_score(groups, town % 5) == pytest.approx(np.log(5), rel=0.01)


def test_more_groups_keep_more():
    x, y = towns()
    fits = [IBCategoryGrouper(k, smooth=0).fit(x, y) for k in range(2, 9)]
    assert (np.diff([fit.mutual_info_[0] for fit in fits]) > 0).all()
    assert_allclose([fit.mutual_info_[0] + fit.loss_[0] for fit in fits], mutual_info_score(x[:, 0], y))


def test_groups_are_numbered_by_the_share_of_the_second_class():
    x, y = towns()
    groups = IBCategoryGrouper(4).fit_transform(x, y)[:, 0]
    shares = [y[groups == t].mean() for t in range(4)]
    assert shares == sorted(shares)


def test_missing_values_are_a_category():
    x, y = towns(n_samples=400)
    x = x.astype(object)
    x[:100], y[:100] = None, 1
    grouper = IBCategoryGrouper(3, smooth=0).fit(x, y)
    assert grouper.mapping_[0][None] == 2  # that of the largest share
    for missing in (None, np.nan, pd.NA):
        assert grouper.transform(np.array([[missing]], object)).tolist() == [[2]]


def test_what_was_not_seen_goes_to_the_group_of_the_prior():
    x = np.repeat(["a", "b", "c"], 10)[:, None]
    y = np.r_[np.zeros(10), np.tile([0, 1], 5), np.ones(10)]
    grouper = IBCategoryGrouper(3, smooth=0).fit(x, y)
    assert grouper.transform(np.array([["z"], [None], ["a"]], object)).tolist() == [[1], [1], [0]]
    assert grouper.unseen_groups_.tolist() == [1]


CATEGORIES = {
    "text": np.array(["a", "b", "c"]),
    "numbers": np.array([1, 2, 3]),
    "bools": np.array([True, True, False]),
    "dates": np.array(["2020-01-01", "2020-01-02", "2020-01-03"], "datetime64[D]"),
    "durations": np.array([1, 2, 3], "timedelta64[h]"),
}


@pytest.mark.filterwarnings("ignore:X (does not have valid|has) feature names")
@pytest.mark.parametrize("kind", CATEGORIES)
def test_categories_are_equal_in_every_container(kind):
    """A grouper that is fitted to one container transforms any other."""
    pl = pytest.importorskip("polars")
    pa = pytest.importorskip("pyarrow")
    column = np.tile(CATEGORIES[kind], 20)
    y = np.tile([0, 1, 1, 0, 0, 1], 10)
    frame = pd.DataFrame({"a": column})
    tables = [
        frame,
        frame.astype("category"),
        frame.astype(object),
        frame.convert_dtypes(dtype_backend="pyarrow"),
        pl.from_pandas(frame),
        pa.Table.from_pandas(frame),
        column[:, None],
    ]
    expected = IBCategoryGrouper(3, smooth=0).fit_transform(frame, y)
    assert len(np.unique(expected)) == len(np.unique(column))
    for fitted in tables:
        grouper = IBCategoryGrouper(3, smooth=0).fit(fitted, y)
        for table in tables:
            assert_array_equal(grouper.transform(table), expected)


def test_whole_numbers_of_any_type_are_equal():
    y = np.tile([0, 1, 1, 0, 0, 1], 10)
    column = np.tile([1, 2, 3], 20)[:, None]
    grouper = IBCategoryGrouper(3, smooth=0).fit(column, y)
    for other in (column.astype(float), column.astype(object), column.astype(np.uint8)):
        assert_array_equal(grouper.transform(other), grouper.transform(column))


@pytest.mark.parametrize("kinds", [("numbers", "text"), ("text", "numbers"), ("numbers", "dates"), ("bools", "text")])
def test_other_types_than_fitted_are_refused(kinds):
    fitted, given = (pd.DataFrame({"a": np.tile(CATEGORIES[kind], 4)}) for kind in kinds)
    grouper = IBCategoryGrouper(3, smooth=0).fit(fitted, np.tile([0, 1], 6))
    names = [kind.replace("bools", "numbers") for kind in kinds]
    with pytest.raises(ValueError, match=f"column 'a' of X holds {names[1]} .first .*, but {names[0]} when it was fit"):
        grouper.transform(given)
    grouper.transform(given.assign(a=None))  # no value is of another type
    mixed = pd.DataFrame({"a": [given["a"][0], fitted["a"][0]]}, dtype=object)
    assert grouper.transform(mixed).shape == (2, 1)


def test_weights_are_repetitions():
    x, y = towns(300, n_classes=3)
    weights = np.random.default_rng(0).integers(0, 3, 300)
    rows = np.repeat(np.arange(300), weights)
    weighted, repeated = IBCategoryGrouper(4).fit(x, y, weights), IBCategoryGrouper(4).fit(x[rows], y[rows])
    assert weighted.mapping_ == repeated.mapping_
    assert_allclose(weighted.loss_, repeated.loss_)


def test_works_with_scikit_learn():
    x, y = towns()
    frame = pd.DataFrame({"town": x[:, 0], "other": x[::-1, 0], "size": range(600)})
    grouper = IBCategoryGrouper(3, smooth=0).set_output(transform="pandas")
    groups = grouper.fit_transform(frame[["town", "other"]], y), grouper.transform(frame[["town", "other"]])
    assert all(list(part.columns) == ["town", "other"] for part in groups)
    assert_array_equal(pickle.loads(pickle.dumps(grouper)).transform(frame[["town", "other"]]), groups[1])
    columns = make_column_transformer((make_pipeline(IBCategoryGrouper(), OneHotEncoder()), ["town"]))
    assert make_pipeline(columns, LogisticRegression()).fit(frame, y).score(frame, y) > 0.7


def test_compressors_of_layers():
    """Compressors are fitted without y: one that needs it is fitted to other rows and frozen."""
    codes, y = np.unique(towns()[0], return_inverse=True)[1].reshape(-1, 1).astype(float), towns()[1]
    grouper = FrozenEstimator(IBCategoryGrouper(4).fit(codes[::2], y[::2]))
    expected = mutual_info_score(grouper.transform(codes)[:, 0], y)
    assert Compressed(grouper, estimator=ChainRule()).fit(codes, y).mutual_info_ == pytest.approx(expected)
    dump = {0: {"layer": codes}, "y": y, "ids": range(600)}
    plane = InformationPlane(ChainRule(), compressor=grouper, n_permutations=0).fit(dump)
    assert plane.results_.query("quantity == 'I(T;Y)'")["mutual_info"].item() == pytest.approx(expected)


def test_identifiers_warn():
    with pytest.warns(UnreliableEstimateWarning, match="column 'id' of X has 60 categories of a single row"):
        IBCategoryGrouper().fit(pd.DataFrame({"id": np.arange(60).astype(str)}), np.tile([0, 1], 30))


def test_one_class_is_one_group():
    with pytest.warns(ConstantInputWarning, match="^y is constant"):
        grouper = IBCategoryGrouper().fit([["a"], ["b"], ["a"], ["b"]], ["only"] * 4)
    assert grouper.mapping_ == [{"a": 0, "b": 0}]
    assert grouper.mutual_info_.tolist() == [0.0]


# --- shrinkage of categories of few rows


def test_shrinkage_is_that_of_the_target_encoder():
    x, y = towns(300)
    encoder = TargetEncoder(smooth=7.0, target_type="binary").fit(x, y)
    masses = np.array(cells_of(x[:, 0], y))
    shares = shrunken(masses, 7.0)
    assert_allclose(shares.sum(axis=1), masses.sum(axis=1))
    assert_allclose(shares[:, 1] / shares.sum(axis=1), encoder.encodings_[0])


@pytest.mark.parametrize("rows", [5, 50])
def test_pseudo_rows_of_a_dirichlet_prior(rows):
    """The median over 30 tables lies within four standard errors of the truth."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(30):
        odds = rng.dirichlet([2.0, 4.0, 1.0], 400)
        found.append(pseudo_rows(np.array([rng.multinomial(rng.integers(1, 2 * rows), p) for p in odds])))
    assert np.median(found) == pytest.approx(7, abs=4 * np.std(found) / np.sqrt(30) + 0.2)


def test_categories_that_differ_less_than_by_chance_are_one_group():
    """Counts of 1, 2 and 3 of 4 rows, whose variance is 1/2, where that of independent rows is 1."""
    ones = np.repeat([1, 2, 3], [50, 100, 50])
    x, y = np.repeat(np.arange(200).astype(str), 4)[:, None], (np.arange(4) < ones[:, None]).ravel()
    assert pseudo_rows(np.array(cells_of(x[:, 0], y.astype(int)))) == np.inf
    grouper = IBCategoryGrouper().fit(x, y)
    assert set(grouper.mapping_[0].values()) == {0} and grouper.mutual_info_[0] == 0
    assert IBCategoryGrouper(smooth=0).fit(x, y).mutual_info_[0] > 0.05


@pytest.mark.parametrize("n_classes", [2, 4])
def test_shrinkage_keeps_more_on_new_rows(n_classes):
    gains = []
    for seed in range(30):
        x, y = towns(4000, 600, n_classes, seed)
        groups = [IBCategoryGrouper(6, smooth=s).fit(x[:2000], y[:2000]).transform(x[2000:])[:, 0] for s in ("auto", 0)]
        gains.append(mutual_info_score(groups[0], y[2000:]) - mutual_info_score(groups[1], y[2000:]))
    assert np.mean(gains) > 4 * np.std(gains) / np.sqrt(30)


# --- groups of training rows by the classes of other rows


def test_groups_of_training_rows_follow_from_the_other_folds():
    """Each row against its definition: the least divergence of its category in the other folds from a group."""
    x, y = towns(300, 30, 3)
    x[:20] = None
    grouper = IBCategoryGrouper(4, smooth=5.0, cv=3, random_state=0)
    found = grouper.fit_transform(x, y)[:, 0]
    levels, groups, prior = x[:, 0].astype(str), grouper.transform(x)[:, 0], np.bincount(y) / 300
    shares = {v: (np.bincount(y[levels == v], minlength=3) + 5 * prior) / (sum(levels == v) + 5) for v in set(levels)}
    centers = [np.mean([shares[v] for v in levels[groups == t]], axis=0) for t in range(groups.max() + 1)]
    for train, test in shuffled_folds(300, 3, spawn_generators(0, 1)[0], y):
        for i in test:
            counts = np.bincount(y[train][levels[train] == levels[i]], minlength=3)
            share = (counts + 5 * prior) / (counts.sum() + 5)
            expected = np.argmin([entropy(share, center) for center in centers])
            assert found[i] == (expected if counts.sum() else grouper.unseen_groups_[0])


def test_groups_of_training_rows_do_not_know_their_classes():
    """Of classes that are independent of 400 categories, groups have information on the rows that they follow from."""
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 400, (2000, 1)).astype(str), rng.integers(0, 2, 2000)
    grouper = IBCategoryGrouper(4, smooth=0, random_state=0)
    held_out = mutual_info_score(grouper.fit_transform(x, y)[:, 0], y)
    assert held_out < 10 / 2000 < 0.05 < mutual_info_score(grouper.transform(x)[:, 0], y)  # chi2 of 3 degrees / 2 n
    assert_array_equal(grouper.fit_transform(x, y), grouper.fit_transform(x, y))


@pytest.mark.parametrize(("n_towns", "n_classes"), [(300, 2), (1000, 2), (300, 4)])
def test_cross_fitting_lowers_the_loss_on_new_rows(n_towns, n_classes):
    gains = []
    for seed in range(12):
        x, y = towns(6000, n_towns, n_classes, seed)
        losses = []
        for grouper in (IBCategoryGrouper(random_state=0), IBCategoryGrouper().fit(x[:2000], y[:2000])):
            grouper = FrozenEstimator(grouper) if losses else grouper
            model = make_pipeline(grouper, OneHotEncoder(handle_unknown="ignore"), LogisticRegression())
            losses.append(log_loss(y[2000:], model.fit(x[:2000], y[:2000]).predict_proba(x[2000:])))
        gains.append(losses[1] - losses[0])
    assert np.mean(gains) > 4 * np.std(gains) / np.sqrt(12)


def test_large_categories_stay_in_their_groups():
    x, y = towns(4000, 8)
    grouper = IBCategoryGrouper(8, smooth=0, random_state=0)
    assert np.mean(grouper.fit_transform(x, y) == grouper.transform(x)) > 0.9


def test_rows_in_no_test_set_are_transformed():
    x, y = towns(300, 60)
    splits = [(np.arange(100, 300), np.arange(100))]
    grouper = IBCategoryGrouper(4, smooth=0, cv=splits)
    found = grouper.fit_transform(x, y)
    assert_array_equal(found[100:], grouper.transform(x)[100:])
    assert (found[:100] != grouper.transform(x)[:100]).any()
