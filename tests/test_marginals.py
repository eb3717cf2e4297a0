"""Columns on their scale, sorted or not, for numbers of any size and for codes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri
from scipy.stats import rankdata

from skib._marginals import is_tied, mixed_coordinates, normal_scores, sort_column, tied_rows, transform_marginals
from tests.naive import neighbors as naive
from tests.strategies import tied_rows as rows_with_ties

one_column = rows_with_ties(min_columns=1, max_columns=1)


def test_normal_scores_share_the_mean_rank():
    np.testing.assert_allclose(normal_scores(np.array([1.0, 2.0, 2.0, 5.0])), ndtri(np.array([1, 2.5, 2.5, 4]) / 5))


@pytest.mark.parametrize("n_samples", [2, 5, 40, 1000])
def test_normal_scores_of_opposite_ranks_are_opposite_to_the_last_bit(n_samples):
    values = np.arange(n_samples, dtype=float)
    values[: n_samples // 2 : 3] = 0.0
    values.sort()
    assert (normal_scores(values) == -normal_scores(-values[::-1])[::-1]).all()


@given(rows_with_ties(min_columns=1, max_columns=3))
def test_rank_is_the_normal_score_of_the_mean_rank(rows):
    expected = ndtri(rankdata(rows, axis=0) / (len(rows) + 1))
    np.testing.assert_allclose(transform_marginals(rows, "rank"), expected, atol=1e-13)


@pytest.mark.parametrize("scale", [1e-310, 1e-200, 1.0, 1e200, 1.7e308])
@pytest.mark.parametrize("offset", [0.0, 100.0])
def test_standard_has_mean_zero_and_unit_variance_for_numbers_of_any_size(scale, offset):
    x = np.random.default_rng(0).uniform(-1, 1, (300, 2))
    x = (offset * 1e-3 + x / 1.1) * scale
    scaled = transform_marginals(x, "standard")
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(scaled.std(axis=0), 1, rtol=1e-12)
    assert (np.argsort(scaled, axis=0) == np.argsort(x, axis=0)).all()


def test_none_returns_the_rows_themselves():
    x = np.arange(6.0).reshape(3, 2)
    assert transform_marginals(x, None) is x


@pytest.mark.parametrize("marginals", ["rank", "standard"])
def test_a_constant_column_stays_constant(marginals):
    np.testing.assert_allclose(transform_marginals(np.full((5, 1), 7.0), marginals), 0, atol=1e-15)


@given(one_column, st.sampled_from(["rank", "standard", None]))
def test_sorted_column_holds_the_scaled_column(rows, marginals):
    column = sort_column(rows[:, 0], marginals)
    np.testing.assert_array_equal(column.by_row(), transform_marginals(rows, marginals)[:, 0])
    np.testing.assert_array_equal(column.values, column.by_row()[column.order])
    assert (np.diff(column.values) >= 0).all()
    assert column.tied == (len(np.unique(rows)) < len(rows))


@given(one_column, one_column)
def test_scores_of_another_column_are_reused_only_without_ties(rows, others):
    n = min(len(rows), len(others))
    other = sort_column(others[:n, 0], "rank")
    alone, reusing = sort_column(rows[:n, 0], "rank"), sort_column(rows[:n, 0], "rank", scores_of=other)
    for left, right in zip(alone, reusing, strict=True):
        np.testing.assert_array_equal(left, right)
    assert (reusing.values is other.values) == (not alone.tied and not other.tied)


@given(one_column, st.randoms(use_true_random=False), st.sampled_from(["rank", "standard", None]))
def test_a_permuted_column_is_the_sorted_column_of_the_permuted_rows(rows, random, marginals):
    order = np.array(random.sample(range(len(rows)), len(rows)))
    column = sort_column(rows[:, 0], marginals)
    permuted = column.permuted(order)
    np.testing.assert_array_equal(permuted.by_row(), column.by_row()[order])
    np.testing.assert_array_equal(permuted.values, permuted.by_row()[permuted.order])


@given(rows_with_ties(min_columns=1, max_columns=4))
def test_tied_rows_equal_naive(rows):
    np.testing.assert_array_equal(tied_rows(rows), naive.shares_a_value(rows))


def test_is_tied():
    np.testing.assert_array_equal(is_tied(np.array([1.0, 2.0, 2.0, 3.0])), [False, True, True, False])


@given(st.lists(st.integers(0, 20), min_size=2, max_size=30))
def test_codes_are_equally_far_apart_and_farther_than_any_numbers(codes):
    codes = np.unique(codes, return_inverse=True)[1]
    numbers = np.linspace(-1e6, 1e6, len(codes))
    points = mixed_coordinates(np.column_stack([codes, numbers]).astype(float), np.array([True, False]), "standard")
    np.testing.assert_array_equal(points[:, [-1]], transform_marginals(numbers[:, None], "standard"))
    apart = naive.max_norm(points[:, :-1]) if points.shape[1] > 1 else np.zeros((len(codes), len(codes)))
    np.fill_diagonal(apart, 0)
    np.testing.assert_array_equal(apart, 1e300 * (codes[:, None] != codes))


def test_no_columns_have_no_coordinates():
    assert mixed_coordinates(np.empty((7, 0)), np.empty(0, bool), "rank").shape == (7, 0)
