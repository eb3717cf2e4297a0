"""The planar and linear kernels equal their naive twins exactly, ties included."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skib._marginals import normal_scores, sort_column
from skib._neighbors._balls import planar_balls
from skib._neighbors._class_balls import SortedClassBalls
from tests.naive import neighbors as naive
from tests.strategies import tied_rows

NO_COPIES = np.empty(0, np.int64)


def copies_of(rows):
    return (naive.max_norm(rows) == 0).sum(axis=1)


def varies(rows):
    return bool((rows != rows[0]).any(axis=0).all())


@settings(max_examples=150)
@given(tied_rows(), st.integers(1, 7), st.sampled_from(["rank", "standard", None]), st.booleans())
def test_planar_balls_equal_naive(rows, n_neighbors, marginals, told_of_copies):
    if not varies(rows):
        return
    x, y = sort_column(rows[:, 0], marginals), sort_column(rows[:, 1], marginals)
    scaled = np.column_stack([x.values[x.rank], y.values[y.rank]])
    balls = planar_balls(x, y, n_neighbors, copies_of(scaled) if told_of_copies else NO_COPIES)
    radius, n_within, closed = naive.balls(scaled, n_neighbors)
    np.testing.assert_array_equal(balls.n_within, n_within[y.order])
    np.testing.assert_array_equal(balls.closed, closed[y.order])
    for count, column in zip(balls.counts, scaled.T, strict=True):
        np.testing.assert_array_equal(count, naive.counts(column[:, None], radius, closed)[y.order])


@pytest.mark.parametrize("rho", [0.0, 0.99])
@pytest.mark.parametrize("n_neighbors", [1, 3, 40])
def test_planar_balls_equal_naive_over_many_strips(rho, n_neighbors, rng_seed=0):
    rng = np.random.default_rng(rng_seed)
    x = rng.standard_cauchy(700)  # heavy tails leave strips far apart
    rows = np.column_stack([x, rho * x + (1 - rho) * rng.standard_cauchy(700)])
    x, y = sort_column(rows[:, 0], None), sort_column(rows[:, 1], None)
    balls = planar_balls(x, y, n_neighbors, NO_COPIES)
    radius, n_within, closed = naive.balls(rows, n_neighbors)
    np.testing.assert_array_equal(balls.n_within, n_within[y.order])
    for count, column in zip(balls.counts, rows.T, strict=True):
        np.testing.assert_array_equal(count, naive.counts(column[:, None], radius, closed)[y.order])


@settings(max_examples=150)
@given(tied_rows(min_columns=1, max_columns=1), st.integers(1, 7), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_class_balls_equal_naive(rows, n_neighbors, n_classes, seed):
    codes = np.random.default_rng(seed).permutation(np.arange(len(rows)) % n_classes)
    if not varies(rows):
        return
    prepared = SortedClassBalls(sort_column(rows[:, 0], None))
    got = prepared.balls(codes[prepared.order], n_neighbors)
    for left, right in zip(got, naive.class_balls(rows, codes, n_neighbors), strict=True):
        np.testing.assert_array_equal(left, right[prepared.order])


def test_normal_scores_share_the_mean_rank():
    from scipy.special import ndtri

    np.testing.assert_allclose(normal_scores(np.array([1.0, 2.0, 2.0, 5.0])), ndtri(np.array([1, 2.5, 2.5, 4]) / 5))
