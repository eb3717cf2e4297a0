"""Tables on which selectors go wrong: each is selected from as it should be, refused with a remedy, or warned of."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import coo_matrix, csc_matrix, csr_matrix
from sklearn.datasets import make_classification
from sklearn.exceptions import NotFittedError
from sklearn.preprocessing import FunctionTransformer, KBinsDiscretizer

from skib import ConstantInputWarning, SkibWarning, UnreliableEstimateWarning
from skib.feature_selection import InfluenceSelector, InformationSelector, ScoreStop
from skib.feature_selection._criteria import FORMULAS
from skib.mutual_info import KSG

CRITERIA = list(FORMULAS)


def fitted(X, y, *args, sample_weight=None, **parameters):
    return InformationSelector(*args, **parameters).fit(X, y, sample_weight=sample_weight)


def order(*args, **parameters):
    return fitted(*args, **parameters).selected_features_.tolist()


def assert_same(one, other):
    """The same path, but for the order in which equal terms were summed up."""
    assert one.selected_features_.tolist() == other.selected_features_.tolist()
    np.testing.assert_allclose(one.path_.iloc[:, 1:], other.path_.iloc[:, 1:], rtol=1e-9, atol=1e-12)


@pytest.fixture(scope="module")
def table():
    return make_classification(400, 12, n_informative=4, n_redundant=2, random_state=0)


@pytest.mark.parametrize("criterion", CRITERIA)
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_of_ties_the_first_wins(table, criterion, n_jobs):
    X, y = table
    best = order(X, y, "mim", 1)[0]
    # Copies of the best column and of others, in codes of another order and at other places.
    X = np.column_stack([X[:, best], X, -X, X])
    assert order(X, y, criterion, 1, n_jobs=n_jobs) == [0]
    noise = np.random.default_rng(0).integers(2, size=(400, 1))
    assert order(np.column_stack([noise] * 5), y, criterion, 5, n_jobs=n_jobs) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("criterion", ["mrmr", "cmim", "icap"])
def test_copy_of_a_selected_column_is_worth_nothing(table, criterion):
    X, y = table
    best = order(X, y, criterion, 1)[0]
    X = np.column_stack([X, X[:, best]])
    assert 12 not in order(X, y, criterion, 4)


@pytest.mark.parametrize("criterion", CRITERIA)
def test_constant_columns_are_last(table, criterion):
    X, y = table
    X = np.column_stack([np.zeros(400), X, np.full(400, np.nan), np.full(400, 7.0)])
    selector = fitted(X, y, criterion, 15)
    constant = selector.relevance_[np.isin(selector.selected_features_, [0, 13, 14])]
    np.testing.assert_allclose(constant, 0, atol=1e-12)
    assert not {0, 13, 14} & set(order(X, y, criterion))


def test_codes_may_be_any_numbers(table):
    X, y = table
    codes = np.argsort(np.argsort(X, axis=0), axis=0) // 80  # five levels
    expected = fitted(codes, y, "jmi", 6)
    for other in (1000 * codes - 7, codes * 0.1, codes.astype(np.int8) - 3, codes.astype(np.uint64) + 2**60):
        assert_same(fitted(other, 5 - 3 * y, "jmi", 6), expected)


@pytest.mark.parametrize("y", [np.ones(400), ["a"] * 400])
def test_target_of_one_class(table, y):
    with pytest.warns(ConstantInputWarning, match="y is constant over all 400 rows"):
        assert order(table[0], y) == []
    with pytest.warns(ConstantInputWarning):
        assert order(table[0], y, "jmi", 2) == [0, 1]


def test_fewer_rows_than_cells():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(20, 40)), rng.integers(4, size=20)
    assert len(order(X, y, "jmi", 5, discretizer=16)) == 5
    assert len(order(X, y)) <= 1


def test_more_columns_than_there_are(table):
    X, y = table
    assert sorted(order(X, y, "jmi", 12)) == list(range(12))
    with pytest.warns(SkibWarning, match="n_features_to_select=13 exceeds the 12 columns"):
        assert sorted(order(X, y, "jmi", 13)) == list(range(12))
    with pytest.warns(SkibWarning, match="exceeds the 11 columns"):
        order(X, y, "jmi", 12, exclude=[3])


def test_one_column(table):
    X, y = table
    for parameters in ({}, {"n_features_to_select": 1}, {"init": "pair"}):
        informative = order(X, y, "mim", 1)
        assert order(X[:, informative], y, **parameters) == [0]


def test_two_rows_and_one():
    assert order([[0, 1], [1, 1]], [0, 1], "jmi", 1) == [0]
    with pytest.raises(ValueError, match="at least 2 rows"):
        fitted([[0, 1]], [0])


def test_identifiers_are_left_out():
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=300)
    frame = pd.DataFrame({"name": [f"row {i}" for i in range(300)], "x": y + rng.normal(size=300)})
    with pytest.warns(UnreliableEstimateWarning, match=r"columns \['name'\] hold a value of its own in most rows"):
        assert order(frame, y) == [1]
    assert order(frame, y, exclude=["name"]) == [1]
    assert order(frame, y, "jmi", 1, include=["name"]) == [0]
    # Numbers of which no two are equal are put into bins, as all numbers are.
    assert order(np.column_stack([np.arange(300), frame["x"]]), y) == [1]


def test_text_of_numbers_alone_is_refused(table):
    with (
        pytest.warns(UnreliableEstimateWarning, match="convert text of numbers to numbers"),
        pytest.raises(ValueError, match="none of the 12 columns of X is left"),
    ):
        fitted(table[0].astype(str), table[1])


def test_one_weight_for_all_rows_is_none(table):
    X, y = table
    assert fitted(X, y, sample_weight=2).path_.equals(fitted(X, y).path_)


def test_weights_of_zero_are_absent_rows(table):
    X, y = table
    weights = np.arange(400) % 4 > 0
    wild = np.where(weights[:, None], X, 1e9 * np.random.default_rng(0).normal(size=X.shape))
    labels = np.where(weights, y, 7)
    expected = fitted(X[weights], y[weights])
    np.testing.assert_array_equal(fitted(wild, labels, sample_weight=weights).path_, expected.path_)
    for bad in (np.zeros(400), -np.ones(400)):
        with pytest.raises(ValueError, match="non-negative and not all zero"):
            fitted(X, y, sample_weight=bad)


def test_zero_inflated_columns_keep_a_bin_of_zeros():
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=1000)
    values = rng.exponential(size=1000) + 1
    inflated = np.where(rng.random(1000) < np.where(y, 0.9, 0.7), 0.0, values)
    selector = fitted(np.column_stack([rng.normal(size=(1000, 3)), inflated]), y)
    assert selector.selected_features_.tolist() == [3]
    indicator = fitted((inflated == 0)[:, None], y, "mim", 1).relevance_[0]
    assert selector.relevance_[0] >= indicator > 0.02


def test_quantile_bins_of_counts_do_not_part_equal_values():
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=2000)
    counts = rng.poisson(np.where(y, 60, 50))  # about 60 levels, more than sqrt(2000)
    shuffled = rng.permutation(2000)
    one, other = (fitted(counts[rows, None], y[rows], "mim", 1, discretizer=8) for rows in (slice(None), shuffled))
    assert one.relevance_[0] == pytest.approx(other.relevance_[0], rel=1e-12)


@pytest.mark.parametrize("make", [bool, str, "category", object])
def test_kinds_of_classes(make):
    rng = np.random.default_rng(0)
    X = rng.integers(2, size=(300, 6))
    y = X[:, 4] ^ (rng.random(300) < 0.1)
    frame = pd.DataFrame(X).astype(make).rename(columns=str)
    assert_same(fitted(frame, y, "jmi", 3), fitted(X, y, "jmi", 3))
    assert order(frame, y.astype(str)) == [4]


def test_unused_levels_of_categories_count_for_nothing():
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=300)
    used = pd.Series(np.where(rng.random(300) < 0.8, y, 2)).map({0: "a", 1: "b", 2: "c"})
    frames = [pd.DataFrame({"x": used.astype(pd.CategoricalDtype([*"zacby"][:k]))}) for k in (4, 5)]
    plain = fitted(pd.DataFrame({"x": used}), y).path_
    assert all(fitted(frame, y).path_.equals(plain) for frame in frames)


@pytest.mark.parametrize("sort_by", ["y", "x"])
def test_sorted_rows_change_nothing(table, sort_by):
    X, y = table
    rows = np.argsort(y if sort_by == "y" else X[:, 0], kind="stable")
    one, other = fitted(X, y, "jmi", 6), fitted(X[rows], y[rows], "jmi", 6)
    assert one.selected_features_.tolist() == other.selected_features_.tolist()
    np.testing.assert_allclose(one.scores_, other.scores_, rtol=1e-12)


@pytest.mark.parametrize("criterion", CRITERIA)
def test_no_information_is_left(criterion):
    y = np.tile([0, 1], 100)
    X = np.column_stack([y, np.repeat([0, 1], 100), y])
    selected = order(X, y, criterion, 3)
    assert sorted(selected) == [0, 1, 2]  # each once
    assert selected[0] == 0
    assert 1 not in order(X, y, criterion)
    if criterion in ("mim", "mifs", "mrmr", "cmim", "icap"):
        assert 1 not in order(X, y, criterion, stop=ScoreStop())


def test_float32_is_float64(table):
    X, y = table
    X = X.astype(np.float32)
    assert fitted(X, y, "jmi", 6).path_.equals(fitted(X.astype(np.float64), y, "jmi", 6).path_)


def test_explicit_zeros_of_a_sparse_matrix_are_zeros():
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=200)
    X = csr_matrix(rng.random((200, 5)) < 0.2 + 0.4 * y[:, None] * (np.arange(5) == 2), dtype=float)
    zeros = X.copy()
    zeros.data[::3] = 0.0
    assert zeros.nnz == X.nnz
    assert_same(fitted(zeros, y, "jmi", 2), fitted(zeros.toarray(), y, "jmi", 2))
    assert zeros.nnz == X.nnz  # the argument stays as it is


def test_infinity_is_refused_by_name(table):
    X, y = table[0].copy(), table[1]
    X[3, 5] = np.inf
    with pytest.raises(ValueError, match="column 5 of X contains infinity"):
        fitted(X, y)


def test_target_is_required_and_complete(table):
    X, y = table
    with pytest.raises(ValueError, match="requires y to be passed"):
        fitted(X, None)
    with pytest.raises(ValueError, match="y contains NaN in 1 of 400 rows"):
        fitted(X, np.where(np.arange(400) == 3, np.nan, y))
    with pytest.raises(ValueError, match="X has 400 rows but y has 399"):
        fitted(X, y[1:])


def test_estimator_of_random_noise_is_seeded(table):
    X, y = table
    one, other = (fitted(X[:, :4], y, "jmi", 2, estimator=KSG(), random_state=0) for _ in range(2))
    assert one.path_.equals(other.path_)


def test_columns_to_start_with_are_kept_or_refused(table):
    X, y = table
    with pytest.raises(ValueError, match="include names 2 columns or groups, but n_features_to_select asks for 1"):
        fitted(X, y, "jmi", 1, include=[3, 5])
    selector = fitted(X, y, "jmi", 4, include=[3, 5])
    with pytest.raises(ValueError, match="must be from 2, the columns of include, to 4, the length of the path, got 1"):
        selector.truncate(1)
    assert selector.truncate(2).selected_features_.tolist() == [3, 5]
    assert "the pair of init='pair'" in fitted(X, y, "jmi", 1, init="pair").stop_reason_


@pytest.mark.parametrize("n_features", [1.0, "1", None, [1]])
def test_path_is_cut_at_whole_numbers(table, n_features):
    selector = fitted(*table, "jmi", 3)
    with pytest.raises(TypeError, match="n_features_to_select must be an instance of int"):
        selector.truncate(n_features)


def test_reasons_say_what_was_asked_for(table):
    X, y = table
    assert fitted(X, y, "jmi", 12).stop_reason_ == "12 are selected, as many as n_features_to_select asks for"
    best = order(X, y, "mim", 1)
    assert fitted(X[:, best], y).stop_reason_ == "no candidate is left"
    with pytest.warns(SkibWarning, match="exceeds the 12 columns"):
        assert fitted(X, y, "jmi", 13).stop_reason_ == "no candidate is left"


@pytest.mark.parametrize("make", [InformationSelector, InfluenceSelector])
def test_transform_before_fit(table, make):
    with pytest.raises(NotFittedError, match="is not fitted yet"):
        make().transform(table[0])


def test_sparse_entries_that_cancel_and_that_are_missing(table):
    y = table[1]
    rng = np.random.default_rng(0)
    rows, columns = rng.integers(400, size=900), rng.integers(3, size=900)
    twice = coo_matrix(
        (np.r_[np.ones(900), -np.ones(300)], (np.r_[rows, rows[:300]], np.r_[columns, columns[:300]])), shape=(400, 3)
    )
    order_of = np.lexsort((twice.row, twice.col))
    starts = np.searchsorted(twice.col[order_of], np.arange(4))
    matrix = csc_matrix((twice.data[order_of], twice.row[order_of], starts), shape=(400, 3))
    assert not matrix.has_canonical_format
    n_stored = matrix.nnz
    dense = fitted(twice.toarray() != 0, y, "jmi", 3)
    np.testing.assert_allclose(fitted(matrix, y, "jmi", 3).scores_, dense.scores_, atol=1e-12)
    assert matrix.nnz == n_stored  # the argument is as it was
    infinite = csr_matrix(np.where(twice.toarray() != 0, np.inf, 0) * np.r_[1, -1, 1])
    np.testing.assert_allclose(fitted(infinite, y, "jmi", 3, missing="error").scores_, dense.scores_, atol=1e-12)
    infinite.data[0] = np.nan
    with pytest.raises(ValueError, match="X holds missing values"):
        fitted(infinite.tolil(), y, "jmi", 3, missing="error")


@pytest.mark.parametrize("scale", [1e308, 1e300, 1e-300, 1e-320])
def test_weights_of_any_scale(table, scale):
    X, y = table
    w = np.random.default_rng(0).choice([0, 0.5, 1], 400)
    # Numbers near the smallest have few digits, but powers of two are exact.
    scaled = w * 2.0 ** np.rint(np.log2(scale))
    assert_same(fitted(X, y, "jmi", 3, sample_weight=scaled), fitted(X, y, "jmi", 3, sample_weight=w))
    one, other = (InfluenceSelector(n_draws=5, random_state=0).fit(X, y, part) for part in (w, scaled))
    np.testing.assert_allclose(one.influence_, other.influence_, rtol=1e-9)


def test_a_weight_beside_which_others_vanish(table):
    w = np.r_[1e300, np.ones(399)]
    assert np.isfinite(InfluenceSelector(n_draws=5, random_state=0).fit(*table, w).influence_).all()


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"groups": [[0], [1]] * 6}, r"groups has the label \[0\]"),
        ({"groups": [pd.NA, 1] * 6}, "groups has missing labels"),
        ({"groups": np.array([np.nan, 1] * 6)}, "groups has missing labels"),
        ({"include": [True, False]}, "include is a mask of 2 bools, but X has 12 columns"),
        ({"include": ["c3"], "exclude": [3]}, "include and exclude share the column 'c3'"),
        ({"discretizer": KBinsDiscretizer(3)}, r"makes codes of shape \(400, 3\) of .*here \(400, 1\)"),
        ({"discretizer": FunctionTransformer(lambda x: None)}, r"makes codes of shape \(\) of"),
        ({"discretizer": FunctionTransformer(lambda x: x[1:])}, r"makes codes of shape \(399, 1\) of"),
    ],
)
def test_parameters_that_do_not_fit_the_table(table, parameters, message):
    X = pd.DataFrame(table[0]).add_prefix("c")
    with pytest.raises(ValueError, match=message):
        fitted(X, table[1], "jmi", 2, **parameters)


def test_class_in_place_of_a_discretizer(table):
    with pytest.raises(TypeError, match=r"got the class KBinsDiscretizer; pass KBinsDiscretizer\(\)"):
        fitted(*table, "jmi", 2, discretizer=KBinsDiscretizer)


def test_more_bins_than_rows_take_no_memory(table):
    X, y = table
    assert_same(fitted(X, y, "jmi", 2, discretizer=10**12), fitted(X, y, "jmi", 2, discretizer=10**4))


@pytest.mark.parametrize("value", ["a", None, 1j])
def test_criterion_that_returns_no_numbers(table, value):
    with pytest.raises(TypeError, match="return one number per candidate"):
        fitted(*table, lambda terms: [value] * len(terms.relevance), 2)


def test_criterion_cannot_change_the_terms(table):
    def spoil(terms):
        terms.relevance[:] = 0

    with pytest.raises(ValueError, match="read-only"):
        fitted(*table, spoil, 2)
