"""Balls within a class, on the line and from lists, equal their naive twins exactly, ties included."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skib._marginals import sort_column, transform_marginals
from skib._neighbors import SortedClassBalls, TreeClassBalls, prepare_class_balls
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


@settings(max_examples=100)
@given(tied_rows(min_columns=2, max_columns=5), st.integers(1, 5), st.integers(1, 3), seeds)
def test_balls_of_several_columns_equal_naive(rows, n_neighbors, n_classes, seed):
    codes = random_codes(len(rows), n_classes, seed)
    assert_naive(TreeClassBalls(rows, np.bincount(codes), n_neighbors), rows, codes, n_neighbors)


@pytest.mark.parametrize("rarest", [2, 3])
def test_lists_that_end_too_soon(rarest):
    rows = np.random.default_rng(2).normal(size=(1200, 2))
    codes = np.zeros(1200, np.int64)
    codes[:rarest] = 1  # the nearest of its own class is hundreds of rows away
    assert_naive(TreeClassBalls(rows, np.array([600, 600]), 2), rows, codes, 2)  # short lists, as for two even classes


@pytest.mark.parametrize("n_columns", [1, 3])
def test_rows_prepared_once_serve_any_labeling(n_columns):
    rows = np.random.default_rng(0).normal(size=(120, n_columns))
    prepared = prepare_class_balls(rows, np.array([40, 40, 40]), 3, "standard")
    for seed in range(3):
        assert_naive(prepared, transform_marginals(rows, "standard"), random_codes(120, 3, seed), 3)
