"""The kernels of the line and the plane equal their naive twins exactly, ties included."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skib._kernels.planar_neighbors import (
    EVERY_POINT,
    ball_counts,
    bucket_table,
    fill_strips,
    strip_neighbors,
    strip_starts,
)
from tests.naive import neighbors as naive
from tests.strategies import tied_rows

seeds = st.integers(0, 2**32 - 1)


def varies(rows):
    return bool((rows != rows[0]).any(axis=0).all())


def strips_of(rows, size):
    """Starts of the strips, the points in them, and the row of each point."""
    x_order, y_order = np.argsort(rows[:, 0], kind="stable"), np.argsort(rows[:, 1], kind="stable")
    x_rank = np.empty(len(rows), np.int32)
    x_rank[x_order] = np.arange(len(rows))
    x_sorted = rows[x_order, 0]
    starts = strip_starts(x_sorted, size)
    xs, ys, y_ranks = fill_strips(starts, x_sorted, rows[y_order, 1], x_rank, y_order)
    return starts, x_sorted, (xs, ys), y_order[y_ranks]


@given(tied_rows(min_columns=1, max_columns=1))
def test_bucket_table_counts_the_values_below_every_step(rows):
    values = np.sort(rows[:, 0])
    if values[0] == values[-1]:
        return
    n_steps = 2 * len(values)
    steps = ((values - values[0]) * (n_steps / (values[-1] - values[0]))).astype(int).clip(max=n_steps)
    np.testing.assert_array_equal(bucket_table(values), [(steps < b).sum() for b in range(n_steps + 2)])


@settings(max_examples=150)
@given(tied_rows(min_columns=1, max_columns=1), seeds)
def test_ball_counts_equal_naive(rows, seed):
    values, rng = np.sort(rows[:, 0]), np.random.default_rng(seed)
    if values[0] == values[-1]:
        return
    centers = rng.integers(0, len(values), len(values))
    radius = np.abs(values[centers] - values[rng.integers(0, len(values), len(values))])
    counts, reached = np.empty(len(values), np.int64), np.empty(len(values), bool)
    ball_counts(0, len(values), values, bucket_table(values), values[centers], radius, counts, reached)
    distances = np.abs(values - values[centers, None])
    np.testing.assert_array_equal(counts, (distances <= radius[:, None]).sum(axis=1) - 1)
    np.testing.assert_array_equal(reached, (distances == radius[:, None]).any(axis=1) & (radius > 0))


@given(tied_rows(), st.integers(1, 90))
def test_strips_hold_every_point_once_and_never_part_equal_values(rows, size):
    starts, x_sorted, (xs, ys), row = strips_of(rows, size)
    assert starts[0] == 0 and starts[-1] == len(rows) and (np.diff(starts) > 0).all()
    np.testing.assert_array_equal(np.sort(row), np.arange(len(rows)))
    np.testing.assert_array_equal(np.column_stack([xs, ys]), rows[row])
    for start, stop in zip(starts[:-1], starts[1:], strict=True):
        assert (np.diff(ys[start:stop]) >= 0).all()
        assert start == 0 or x_sorted[start - 1] < xs[start:stop].min()


@settings(max_examples=150)
@given(tied_rows(), st.lists(st.integers(1, 7), min_size=1, unique=True), st.sampled_from([1, 3, 8, 90]), st.booleans())
def test_strip_neighbors_equal_naive_for_strips_of_any_size(rows, ranks, size, with_copies):
    if not varies(rows):
        return
    starts, x_sorted, strips, row = strips_of(rows, size)
    copies = (naive.max_norm(rows) == 0).sum(axis=1)[row] if with_copies else np.empty(0, np.int64)
    shape, ranks = (len(ranks), len(rows)), np.sort(ranks)
    radius, n_within = np.empty(shape), np.empty(shape, np.int64)
    for strip in range(len(starts) - 1):  # one strip a call
        strip_neighbors(strip, strip + 1, starts, x_sorted, strips, copies, EVERY_POINT, ranks, radius, n_within)
    for i, k in enumerate(ranks):
        expected = naive.balls(rows, k)
        np.testing.assert_array_equal(radius[i], expected[0][row])
        np.testing.assert_array_equal(n_within[i], (expected[1] - (expected[0] == 0))[row])


@settings(max_examples=100)
@given(tied_rows(min_rows=12), st.integers(1, 5), st.integers(2, 4), st.sampled_from([1, 3, 8, 90]))
def test_points_that_are_not_looked_at_are_left_alone(rows, n_neighbors, step, size):
    if not varies(rows):
        return
    starts, x_sorted, strips, row = strips_of(rows, size)
    looked, none, ranks = np.arange(len(rows)) % step == 0, np.empty(0, np.int64), np.array([n_neighbors])
    radius, n_within = np.full((1, len(rows)), -1.0), np.full((1, len(rows)), -1)
    for strip in range(len(starts) - 1):  # one strip a call
        strip_neighbors(strip, strip + 1, starts, x_sorted, strips, none, looked, ranks, radius, n_within)
    expected = naive.balls(rows, n_neighbors)
    np.testing.assert_array_equal(radius[0], np.where(looked, expected[0][row], -1))
    np.testing.assert_array_equal(n_within[0], np.where(looked, (expected[1] - (expected[0] == 0))[row], -1))


@pytest.mark.parametrize("offset", [0.0, 1e15])
def test_ball_counts_of_crowded_values(offset):
    """Most values share one step of the table."""
    values = np.sort(np.r_[np.random.default_rng(0).integers(0, 9, 200), 1e6]) + offset
    radius, counts, reached = np.full(201, 2.0), np.empty(201, np.int64), np.empty(201, bool)
    ball_counts(0, 201, values, bucket_table(values), values, radius, counts, reached)
    np.testing.assert_array_equal(counts, (np.abs(values - values[:, None]) <= 2).sum(axis=1) - 1)


@pytest.mark.parametrize("values", [[0.0, 5e-324, 1e-323], [-1.7e308, 0.0, 1.7e308], [1e16, 1e16 + 2, 1e16 + 8]])
def test_ball_counts_of_values_at_the_ends_of_the_range_of_numbers(values):
    values = np.array(values)
    radius, counts, reached = values[2] - values[1:2], np.empty(1, np.int64), np.empty(1, bool)
    ball_counts(0, 1, values, bucket_table(values), values[1:2], radius, counts, reached)
    distances = np.abs(values - values[1])
    assert counts[0] == (distances <= radius).sum() - 1 and reached[0]


@pytest.mark.parametrize("n_neighbors", [1, 3, 5, 13, 14, 30])
@pytest.mark.parametrize("size", [20, 60, 300])
def test_strip_neighbors_of_many_points_equal_naive(n_neighbors, size):
    rng = np.random.default_rng(n_neighbors)
    x = rng.normal(size=700)
    for y in (rng.normal(size=700), 0.98 * x + 0.2 * rng.normal(size=700), np.round(x + rng.normal(size=700), 2)):
        rows = np.column_stack([x, y])
        starts, x_sorted, strips, row = strips_of(rows, size)
        radius, n_within = np.empty((1, 700)), np.empty((1, 700), np.int64)
        none, ranks = np.empty(0, np.int64), np.array([n_neighbors])
        strip_neighbors(0, len(starts) - 1, starts, x_sorted, strips, none, EVERY_POINT, ranks, radius, n_within)
        expected = naive.balls(rows, n_neighbors)
        np.testing.assert_array_equal(radius[0], expected[0][row])
        np.testing.assert_array_equal(n_within[0], expected[1][row])


@pytest.mark.parametrize("size", [20, 100, 300])
@pytest.mark.parametrize("decimals", [1, 15])
def test_strip_neighbors_of_several_ranks_equal_naive(decimals, size):
    rng, ranks = np.random.default_rng(size), np.array([1, 2, 3, 5, 10, 20])
    x = rng.normal(size=500)
    for y in (rng.normal(size=500), x + 0.02 * rng.normal(size=500)):
        rows = np.round(np.column_stack([x, y]), decimals)
        starts, x_sorted, strips, row = strips_of(rows, size)
        radius, n_within = np.empty((len(ranks), 500)), np.empty((len(ranks), 500), np.int64)
        none = np.empty(0, np.int64)
        strip_neighbors(0, len(starts) - 1, starts, x_sorted, strips, none, EVERY_POINT, ranks, radius, n_within)
        for i, k in enumerate(ranks):
            expected = naive.balls(rows, k)
            np.testing.assert_array_equal(radius[i], expected[0][row])
            np.testing.assert_array_equal(n_within[i], (expected[1] - (expected[0] == 0))[row])
