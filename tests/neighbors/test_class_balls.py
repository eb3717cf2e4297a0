"""Balls within a class, on the line and from lists, equal their naive twins exactly, ties included."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skib._marginals import sort_column, transform_marginals
from skib._neighbors import ListedClassBalls, SortedClassBalls, _class_balls, prepare_class_balls
from tests.naive import neighbors as naive
from tests.strategies import tied_rows

seeds = st.integers(0, 2**32 - 1)


def random_codes(n_rows, n_classes, seed):
    return np.random.default_rng(seed).permutation(np.arange(n_rows) % n_classes)


def assert_naive(class_balls, rows, codes, n_neighbors):
    balls = class_balls.balls(codes[class_balls.order])
    for got, expected in zip(balls, naive.class_balls(rows, codes, n_neighbors), strict=True):
        np.testing.assert_array_equal(got, expected[class_balls.order])


@settings(max_examples=150)
@given(tied_rows(min_columns=1, max_columns=1), st.integers(1, 7), st.integers(1, 4), seeds)
def test_balls_of_one_column_equal_naive(rows, n_neighbors, n_classes, seed):
    if (rows == rows[0]).all():
        return
    prepared = SortedClassBalls(sort_column(rows[:, 0], None), n_neighbors)
    assert_naive(prepared, rows, random_codes(len(rows), n_classes, seed), n_neighbors)


@pytest.mark.parametrize("n_neighbors", [1, 5, 64, 65, 400])
@pytest.mark.parametrize("decimals", [1, 2, 3, 15])
def test_balls_of_many_rows_of_one_column_equal_naive(decimals, n_neighbors):
    rng = np.random.default_rng(n_neighbors)
    rows = np.exp(3 * rng.normal(size=(900, 1))).round(decimals)  # most values share a few steps of the table
    codes = np.repeat([0, 1, 2], [700, 198, 2])
    for marginals in ("rank", None):
        prepared = SortedClassBalls(sort_column(rows[:, 0], marginals), n_neighbors)
        assert_naive(prepared, transform_marginals(rows, marginals), codes, n_neighbors)


@pytest.mark.parametrize("values", [[0.0, 5e-324, 1e-323, 2e-323], [-8e307, 0.0, 1.0, 8e307]])
def test_balls_of_values_at_the_ends_of_the_range_of_numbers(values):
    prepared = SortedClassBalls(sort_column(np.array(values), None), 2)
    assert_naive(prepared, np.array(values)[:, None], np.array([0, 0, 0, 0]), 2)


@pytest.mark.parametrize("rows_per_neighbor", [0, np.inf])  # by a tree, and from all distances
@settings(max_examples=100)
@given(tied_rows(min_columns=2, max_columns=5), st.integers(1, 5), st.integers(1, 3), seeds)
def test_balls_of_several_columns_equal_naive(rows_per_neighbor, rows, n_neighbors, n_classes, seed):
    codes = random_codes(len(rows), n_classes, seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_class_balls, "_ROWS_PER_NEIGHBOR", rows_per_neighbor)
        patch.setattr(_class_balls, "_DISTANCES_AT_ONCE", 100)
        prepared = ListedClassBalls(rows, np.bincount(codes), n_neighbors)
    assert_naive(prepared, rows, codes, n_neighbors)


@pytest.mark.parametrize("rows_per_neighbor", [0, np.inf])
@pytest.mark.parametrize("rarest", [2, 3])
def test_lists_that_end_too_soon(rarest, rows_per_neighbor, monkeypatch):
    monkeypatch.setattr(_class_balls, "_ROWS_PER_NEIGHBOR", rows_per_neighbor)
    rows = np.random.default_rng(2).normal(size=(1200, 2)).round(2)
    codes = np.zeros(1200, np.int64)
    codes[:rarest] = 1  # the nearest of its own class is hundreds of rows away
    sizes = np.array([600, 600])  # short lists, as for two even classes
    assert_naive(ListedClassBalls(rows, sizes, 2), rows, codes, 2)


def test_distances_beyond_the_largest_number(monkeypatch):
    # The third row is infinitely far from the others, none of which a list of it holds.
    rows = np.array([[-1.7e308, 0.0], [-1.6e308, 1.0], [1.7e308, 0.0], [-1.65e308, 2.0], [-1.5e308, 0.5]])
    for rows_per_neighbor in (0, np.inf):
        monkeypatch.setattr(_class_balls, "_ROWS_PER_NEIGHBOR", rows_per_neighbor)
        prepared = ListedClassBalls(rows, np.array([3, 2]), 1)
        balls = prepared.balls(np.array([0, 1, 1, 0, 0])[prepared.order])
        assert [counts[prepared.order == 2].item() for counts in balls] == [0, 4, 1, 1]


@pytest.mark.parametrize("n_columns", [1, 3])
def test_rows_prepared_once_serve_any_labeling(n_columns):
    rows = np.random.default_rng(0).normal(size=(120, n_columns))
    prepared = prepare_class_balls(rows, np.array([40, 40, 40]), 3, "standard")
    for seed in range(3):
        assert_naive(prepared, transform_marginals(rows, "standard"), random_codes(120, 3, seed), 3)
