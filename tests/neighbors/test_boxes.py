"""Boxes in the plane equal their naive twins, and those of the tree, exactly, ties included."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skib._marginals import sort_column
from skib._neighbors import planar_boxes, tree_boxes
from tests.naive import neighbors as naive
from tests.strategies import tied_rows


def varies(rows):
    return bool((rows != rows[0]).any(axis=0).all())


def by_rows(rows, n_neighbors, marginals):
    """The scaled rows, and their boxes in the order of the rows."""
    x, y = sort_column(rows[:, 0], marginals), sort_column(rows[:, 1], marginals)
    balls, boxed = planar_boxes(x, y, n_neighbors)
    arrays = [part[y.rank] for part in (balls.n_within, *balls.counts, boxed)]
    return np.column_stack([x.by_row(), y.by_row()]), arrays


@settings(max_examples=150)
@given(tied_rows(), st.integers(1, 7), st.sampled_from(["rank", "standard", None]))
def test_planar_boxes_equal_naive_and_are_balls_around_tied_rows(rows, n_neighbors, marginals):
    if not varies(rows):
        return
    scaled, (found, n_x, n_y, boxed) = by_rows(rows, n_neighbors, marginals)
    radius, n_within = naive.balls(scaled, n_neighbors)
    sides = scaled[:, :1], scaled[:, 1:]
    repeats = [(naive.max_norm(side) == 0).any(axis=1) for side in sides]
    np.testing.assert_array_equal(boxed, (n_within == n_neighbors) & ~np.logical_or(*repeats))
    np.testing.assert_array_equal(found, n_within)
    for count, side in zip((n_x, n_y), sides, strict=True):
        reach = naive.rectangle_sides(side, scaled, n_neighbors)
        np.testing.assert_array_equal(count, np.where(boxed, naive.within(side, reach), naive.counts(side, radius)))


@pytest.mark.parametrize("digits", [2, 15])
@pytest.mark.parametrize("rho", [0.0, 0.99])
@pytest.mark.parametrize("n_neighbors", [1, 3, 40])
def test_planar_boxes_equal_those_of_the_tree_over_many_strips(n_neighbors, rho, digits):
    rng = np.random.default_rng(0)
    x = rng.standard_cauchy(3000)  # heavy tails leave strips far apart
    rows = np.round(np.column_stack([x, rho * x + (1 - rho) * rng.standard_cauchy(3000)]), digits)
    scaled, found = by_rows(rows, n_neighbors, None)
    balls, boxed = tree_boxes(scaled, [[0], [1]], n_neighbors)
    for ours, theirs in zip(found, (balls.n_within, *balls.counts, boxed), strict=True):
        np.testing.assert_array_equal(ours, theirs)
