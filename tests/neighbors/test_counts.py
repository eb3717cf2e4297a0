"""Counts of balls in subspaces of any dimension."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skib._neighbors import _counts, subspace_counts
from skib._neighbors._counts import range_counter, scatter
from tests.naive import neighbors as naive
from tests.strategies import tied_rows


def random_radii(rows, seed):
    """Radii, most of them distances between rows."""
    rng = np.random.default_rng(seed)
    distances = np.abs(rows[:, None] - rows).max(axis=2)
    radius = distances[np.arange(len(rows)), rng.integers(0, len(rows), len(rows))]
    return np.where(rng.random(len(rows)) < 0.2, radius + rng.random(len(rows)), radius)


def assert_naive(counts, rows, radius):
    np.testing.assert_array_equal(counts.n_within, naive.within(rows, radius))
    np.testing.assert_array_equal(counts.with_boundary(), naive.counts(rows, radius))


@settings(max_examples=150)
@given(tied_rows(min_columns=1, max_columns=4), st.integers(0, 2**32 - 1))
def test_counts_equal_naive(rows, seed):
    radius = random_radii(rows, seed)
    assert_naive(subspace_counts(rows, radius), rows, radius)


@pytest.mark.parametrize("n_columns", [1, 3])
def test_blocks_of_rows_change_nothing(monkeypatch, n_columns):
    rows = np.random.default_rng(0).normal(size=(1100, n_columns))
    radius = random_radii(rows, 0)
    monkeypatch.setattr(_counts, "ROWS_PER_CALL", 64)
    monkeypatch.setattr(_counts, "COORDINATES_PER_CALL", 64 * rows.size)
    assert_naive(subspace_counts(rows, radius), rows, radius)


def test_one_counter_serves_any_radii():
    rows = np.random.default_rng(0).normal(size=(60, 2)).round(1)
    counter = range_counter(rows)
    for seed in range(3):
        radius = random_radii(rows, seed)
        assert_naive(counter(radius), rows, radius)


def test_every_ball_holds_a_constant_column():
    counts = subspace_counts(np.ones((5, 1)), np.zeros(5))
    np.testing.assert_array_equal(counts.n_within, 4)
    np.testing.assert_array_equal(counts.with_boundary(), 5)


def test_scatter_inverts_an_order():
    values, order = np.array([3.0, 1.0, 2.0]), np.array([2, 0, 1])
    np.testing.assert_array_equal(scatter(values[order], order), values)
