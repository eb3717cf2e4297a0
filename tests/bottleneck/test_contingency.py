"""Tables of counts from columns and classes."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from skib.bottleneck import contingency

COLOR = ["red", None, "blue", "red", "blue", "blue"]
SIZE = [1.0, 1.0, np.nan, 2.0, np.nan, 3.0]
Y = ["b", "a", "a", "b", "b", "a"]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-2, 1), st.booleans()), min_size=1, max_size=30))
def test_table_counts_every_pair_of_level_and_class(rows):
    X, y = [row[:2] for row in rows], [row[2] for row in rows]
    counts = contingency(X, y)
    assert counts.levels.to_numpy().tolist() == [list(level) for level in sorted(set(X))]
    assert counts.classes.tolist() == sorted(set(y))
    for i, level in enumerate(sorted(set(X))):
        assert counts.table[i].tolist() == [rows.count((*level, c)) for c in sorted(set(y))]
    assert (counts.levels.to_numpy()[counts.inverse] == X).all()
    assert counts.weights.tolist() == counts.table.sum(axis=1).tolist()


def test_sparse_table_is_the_dense_one():
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 20, 200), rng.integers(0, 5, 200)
    sparse = contingency(X, y, sparse=True)
    assert isinstance(sparse.table, csr_array) and sparse.table.dtype == np.int64
    assert (sparse.table.toarray() == contingency(X, y).table).all()
    assert (sparse.weights == contingency(X, y).weights).all()


FRAME = pd.DataFrame({"color": COLOR, "size": SIZE})
FRAMES = {
    "pandas": FRAME,
    "category": FRAME.astype({"color": pd.CategoricalDtype(["blue", "red", "unused"])}),
    "objects": FRAME.to_numpy(object),
    "polars": lambda: pytest.importorskip("polars").DataFrame({"color": COLOR, "size": SIZE}),
    "pyarrow": lambda: pytest.importorskip("pyarrow").table({"color": COLOR, "size": SIZE}),
}


@pytest.mark.parametrize("name", FRAMES)
def test_missing_values_are_a_level_in_every_container(name):
    frame = FRAMES[name]() if callable(FRAMES[name]) else FRAMES[name]
    counts = contingency(frame, Y)
    assert counts.inverse.tolist() == [2, 4, 1, 3, 1, 0]
    assert counts.table.tolist() == [[1, 0], [1, 1], [0, 1], [0, 1], [1, 0]]
    assert counts.levels.isna().to_numpy().tolist() == [[False] * 2, [False, True], *[[False] * 2] * 2, [True, False]]


def test_columns_of_one_name_are_kept_apart():
    counts = contingency(pd.DataFrame([[0, 1], [0, 2]], columns=["a", "a"]), [0, 1])
    assert counts.levels.to_numpy().tolist() == [[0, 1], [0, 2]]


def test_values_without_an_order_are_levels():
    counts = contingency(np.array([1j, 2, 1j], object), [0, 1, 1])
    assert counts.table.tolist() == [[1, 1], [0, 1]]


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (["a", None, "b"], "NaN or None in 1 of 3 rows"),
        ([0.0, np.nan, 1.0], "NaN or None in 1 of 3 rows"),
        ([[0, 1], [1, 0], [1, 1]], "y has 2 columns"),
        ([0, 1], "X has 3 rows but y has 2"),
    ],
)
def test_target_is_refused(y, message):
    with pytest.raises(ValueError, match=message):
        contingency([0, 1, 2], y)


def test_wide_integers_beside_missing_values_stay_apart():
    pl, pa, values = pytest.importorskip("polars"), pytest.importorskip("pyarrow"), [2**53, 2**53 + 1, None]
    for frame in (pl.DataFrame({"a": values}), pa.table({"a": values}), pd.DataFrame({"a": pd.array(values, "Int64")})):
        assert contingency(frame, [0, 1, 1]).table.tolist() == [[1, 0], [0, 1], [0, 1]]


@pytest.mark.parametrize(
    ("X", "n_columns"), [([], 1), (np.empty((0, 2)), 2), (pd.DataFrame({"a": []}), 1)], ids=["list", "array", "frame"]
)
def test_no_rows_are_refused(X, n_columns):
    with pytest.raises(ValueError, match=f"X has 0 rows and {n_columns} columns; at least one of each is required"):
        contingency(X, [])


def test_no_columns_are_refused():
    with pytest.raises(ValueError, match="X has 3 rows and 0 columns"):
        contingency(np.empty((3, 0)), [1, 2, 3])


LISTS = pd.Series([["a"], ["b", "c"]])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((LISTS, [0, 1]), "X holds a list in row 0, .* pass the items of collections as columns of their own"),
        (([["a", "b"], ["c"]], [0, 1]), "X holds a list in row 0"),
        ((["a", {1}], [0, 1]), "X holds a set in row 1"),
        ((["a", "b"], LISTS), "y holds a list in row 0"),
        ((["a", "b"], [0, 1], LISTS), "given holds a list in row 0"),
        ((pd.Series([np.zeros(2), np.ones(2)]), [0, 1]), "X holds a ndarray in row 0"),
    ],
)
def test_collections_are_refused(arguments, message):
    X, y, *given = arguments
    with pytest.raises(TypeError, match=message):
        contingency(X, y, given=given[0] if given else None)


def test_arrays_of_three_dimensions_are_refused():
    with pytest.raises(ValueError, match=r"X has shape \(2, 2, 1\); pass one row of columns per sample"):
        contingency([[["a"], ["b"]], [["c"], ["d"]]], [0, 1])


def test_tuples_are_labels():
    assert contingency(pd.Series([(1, 2), (1, 3), (1, 2)]), [0, 1, 0]).table.tolist() == [[2, 0], [0, 1]]
