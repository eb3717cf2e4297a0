"""The k-d tree equals its naive twin exactly, ties included."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skib._neighbors._balls import build_tree, nearest_neighbors, tree_balls
from skib._neighbors._class_balls import TreeClassBalls
from tests.naive import neighbors as naive
from tests.strategies import tied_rows

NO_COPIES = np.empty(0, np.int64)
any_rows = tied_rows(min_columns=2, max_columns=5)


@settings(max_examples=100)
@given(any_rows, st.integers(1, 7), st.booleans())
def test_tree_balls_equal_naive(rows, n_neighbors, told_of_copies):
    subspaces = [[0], list(range(1, rows.shape[1])), list(range(rows.shape[1]))]
    copies = (naive.max_norm(rows) == 0).sum(axis=1) if told_of_copies else NO_COPIES
    balls = tree_balls(rows, subspaces, n_neighbors, copies)
    radius, n_within, closed = naive.balls(rows, n_neighbors)
    np.testing.assert_array_equal(balls.n_within, n_within)
    np.testing.assert_array_equal(balls.closed, closed)
    for count, columns in zip(balls.counts, subspaces, strict=True):
        np.testing.assert_array_equal(count, naive.counts(rows[:, columns], radius, closed))


def test_boxes_equal_naive_without_ties():
    rows = np.random.default_rng(0).normal(size=(300, 3))
    balls = tree_balls(rows, [[0], [1, 2]], 4, NO_COPIES, boxes=True)
    for count, columns in zip(balls.counts, [[0], [1, 2]], strict=True):
        sides = naive.rectangle_sides(rows[:, columns], rows, 4)
        np.testing.assert_array_equal(count, naive.counts(rows[:, columns], sides, np.ones(300, bool)))


def test_nearest_lists_are_sorted_and_true():
    rows = np.random.default_rng(1).normal(size=(200, 4))
    tree = build_tree(rows)
    distances, places, _ = nearest_neighbors(tree, 9, NO_COPIES)
    truth = naive.max_norm(tree.points)
    np.testing.assert_array_equal(distances, np.sort(truth, axis=1)[:, :9])
    np.testing.assert_array_equal(np.take_along_axis(truth, places, axis=1), distances)


@settings(max_examples=100)
@given(any_rows, st.integers(1, 5), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_class_balls_from_lists_equal_naive(rows, n_neighbors, n_classes, seed):
    codes = np.random.default_rng(seed).permutation(np.arange(len(rows)) % n_classes)
    prepared = TreeClassBalls(rows, np.bincount(codes), n_neighbors)
    got = prepared.balls(codes[prepared.order], n_neighbors)
    for left, right in zip(got, naive.class_balls(rows, codes, n_neighbors), strict=True):
        np.testing.assert_array_equal(left, right[prepared.order])


@pytest.mark.parametrize("rarest", [2, 3])
def test_class_balls_where_lists_end_too_soon(rarest):
    rng = np.random.default_rng(2)
    rows = rng.normal(size=(1200, 2))
    codes = np.zeros(1200, np.int64)
    codes[:rarest] = 1  # the nearest of its own class is hundreds of rows away
    prepared = TreeClassBalls(rows, np.array([600, 600]), 2)  # short lists, as for two even classes
    got = prepared.balls(codes[prepared.order], 2)
    for left, right in zip(got, naive.class_balls(rows, codes, 2), strict=True):
        np.testing.assert_array_equal(left, right[prepared.order])
