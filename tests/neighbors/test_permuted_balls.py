"""Balls of permuted rows equal their naive twin exactly, ties included, however long the lists of neighbors are."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skib._neighbors._permuted_balls import _PermutedBalls, permuted_balls
from tests.naive import neighbors as naive
from tests.strategies import tied_rows


def assert_naive(balls, rows, n_left, n_neighbors):
    radius, n_within = naive.balls(rows, n_neighbors)
    np.testing.assert_array_equal(balls.n_within, n_within)
    for count, part in zip(balls.counts, np.split(rows, [n_left], axis=1), strict=True):
        np.testing.assert_array_equal(count, naive.counts(part, radius))


@settings(max_examples=200)
@given(tied_rows(min_columns=2, max_columns=5), st.integers(1, 7), st.data(), st.integers(0, 2**32 - 1))
def test_permuted_balls_equal_naive(rows, n_neighbors, data, seed):
    n_left = data.draw(st.integers(1, rows.shape[1] - 1))
    x, y = np.split(rows, [n_left], axis=1)
    balls_of = permuted_balls(x, y, n_neighbors)
    for order in np.random.default_rng(seed).permuted(np.tile(np.arange(len(rows)), (2, 1)), axis=1):
        assert_naive(balls_of(order), np.hstack([x, y[order]]), n_left, n_neighbors)


@pytest.mark.parametrize("length", [0, 1, 3, 8, 30, 399])
def test_lists_of_any_length(monkeypatch, length):
    """Lists that end too soon for some or all rows, that hold every row, and none at all."""
    monkeypatch.setattr(_PermutedBalls, "_list_length", lambda self: length)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(400, 3)).round(1), rng.normal(size=(400, 1))
    order = rng.permutation(400)
    assert_naive(permuted_balls(x, y, 4)(order), np.hstack([x, y[order]]), 3, 4)
