"""Balls in the plane and in any dimension, and their counts, equal their naive twins exactly, ties included."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skib._marginals import sort_column
from skib._neighbors import planar_balls, tree_balls, tree_boxes
from tests.naive import neighbors as naive
from tests.strategies import tied_rows


def varies(rows):
    return bool((rows != rows[0]).any(axis=0).all())


def assert_planar_balls_equal_naive(rows, n_neighbors, marginals):
    x, y = sort_column(rows[:, 0], marginals), sort_column(rows[:, 1], marginals)
    scaled = np.column_stack([x.by_row(), y.by_row()])
    balls = planar_balls(x, y, n_neighbors)
    radius, n_within = naive.balls(scaled, n_neighbors)
    np.testing.assert_array_equal(balls.n_within, n_within[y.order])
    for count, column in zip(balls.counts, scaled.T, strict=True):
        np.testing.assert_array_equal(count, naive.counts(column[:, None], radius)[y.order])


@settings(max_examples=150)
@given(tied_rows(), st.integers(1, 7), st.sampled_from(["rank", "standard", None]))
def test_planar_balls_equal_naive(rows, n_neighbors, marginals):
    if varies(rows):
        assert_planar_balls_equal_naive(rows, n_neighbors, marginals)


@pytest.mark.parametrize("rho", [0.0, 0.99])
@pytest.mark.parametrize("n_neighbors", [1, 3, 40])
def test_planar_balls_equal_naive_over_many_strips(rho, n_neighbors):
    rng = np.random.default_rng(0)
    x = rng.standard_cauchy(700)  # heavy tails leave strips far apart
    rows = np.column_stack([x, rho * x + (1 - rho) * rng.standard_cauchy(700)])
    assert_planar_balls_equal_naive(rows, n_neighbors, None)


@settings(max_examples=100)
@given(tied_rows(min_columns=2, max_columns=5), st.integers(1, 7))
def test_tree_balls_equal_naive(rows, n_neighbors):
    subspaces = [[0], list(range(1, rows.shape[1])), list(range(rows.shape[1]))]
    balls = tree_balls(rows, subspaces, n_neighbors)
    radius, n_within = naive.balls(rows, n_neighbors)
    np.testing.assert_array_equal(balls.n_within, n_within)
    for count, columns in zip(balls.counts, subspaces, strict=True):
        np.testing.assert_array_equal(count, naive.counts(rows[:, columns], radius))


@settings(max_examples=60)
@given(tied_rows(min_columns=3, max_columns=4), st.integers(1, 5))
def test_boxes_equal_naive_and_are_balls_around_tied_rows(rows, n_neighbors):
    sides = [rows[:, :1], rows[:, 1:]]
    balls, boxed = tree_boxes(rows, [[0], list(range(1, rows.shape[1]))], n_neighbors)
    radius, n_within = naive.balls(rows, n_neighbors)
    repeats = [(naive.max_norm(side) == 0).any(axis=1) for side in sides]
    np.testing.assert_array_equal(boxed, (n_within == n_neighbors) & ~np.logical_or(*repeats))
    np.testing.assert_array_equal(balls.n_within, n_within)
    for count, side in zip(balls.counts, sides, strict=True):
        reach = naive.rectangle_sides(side, rows, n_neighbors)
        expected = np.where(boxed, naive.within(side, reach), naive.counts(side, radius))
        np.testing.assert_array_equal(count, expected)
