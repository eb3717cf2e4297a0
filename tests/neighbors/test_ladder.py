"""Several numbers of neighbors from one search: the terms of each, and those of twice the radius."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import digamma

from skib._marginals import sort_column
from skib._neighbors import digamma_table, ksg_terms, planar_ladder
from skib.datasets import make_gaussian_pair
from tests.naive import neighbors as naive


def ladder_of(x, y, ranks, step=0):
    target = sort_column(y, "rank")
    source = sort_column(x, "rank", scores_of=target)
    return planar_ladder(source, target, np.array(ranks), digamma_table(len(x)), step=step)


@pytest.mark.parametrize("n_samples", [30, 1000])
def test_terms_are_those_of_each_number_of_neighbors(n_samples):
    x, y = np.random.default_rng(n_samples).normal(size=(2, n_samples))
    ranks = [1, 2, 5, 20]
    ladder = ladder_of(x, y, ranks)
    for i, k in enumerate(ranks):
        expected = ksg_terms(x[:, None], y[:, None], k, marginals="rank")
        np.testing.assert_array_equal(ladder.in_rows(ladder.terms(i)), expected)
        np.testing.assert_array_equal(ladder.terms(i, np.arange(0, n_samples, 4)), expected[ladder.rows[::4]])


@settings(max_examples=40, deadline=None)
@given(st.integers(20, 80), st.integers(0, 2**32 - 1), st.integers(1, 4))
def test_terms_of_twice_the_radius_equal_naive(n_samples, seed, step):
    x, y = np.random.default_rng(seed).permuted(np.tile(np.arange(n_samples), (2, 1)), axis=1)
    ladder = ladder_of(x, y, [2, 5], step)
    rows = np.column_stack([ladder.source.by_row(), ladder.target.by_row()])
    twice = 2 * naive.balls(rows, 5)[0]
    joint, n_x, n_y = (digamma(naive.within(part, twice)) for part in (rows, rows[:, :1], rows[:, 1:]))
    expected = joint + digamma(n_samples) - n_x - n_y
    np.testing.assert_allclose(ladder.terms_of_twice(), expected[ladder.rows[ladder.looked]], rtol=0, atol=1e-12)


@pytest.mark.parametrize("rho", [0.0, 0.8])
def test_twice_the_radius_has_the_same_mean_where_the_density_is_smooth(rho):
    differences = []
    for seed in range(20):
        pair = make_gaussian_pair(5000, rho=rho, random_state=seed)
        ladder = ladder_of(pair.X[:, 0], np.ravel(pair.y), [2, 5], 4)
        differences.append(np.mean(ladder.terms(1, ladder.looked) - ladder.terms_of_twice()))
    # The density is not uniform in balls of 20 rows: 0.012 nats of the terms of strong dependence are curvature.
    assert abs(np.mean(differences)) < 0.015 + 4 * np.std(differences) / np.sqrt(20)


def test_the_same_rows_are_looked_at_whichever_column_comes_first_or_is_reversed():
    x, y = np.random.default_rng(0).normal(size=(2, 999))
    ladders = [ladder_of(*pair, [5], 4) for pair in ((x, y), (y, x), (-x, y), (x, -y), (-y, -x))]
    rows = [ladder.rows[ladder.looked] for ladder in ladders]
    assert 200 < len(rows[0]) < 300
    for ladder, own in zip(ladders, rows, strict=True):
        order = np.argsort(own)
        np.testing.assert_array_equal(own[order], np.sort(rows[0]))
        np.testing.assert_array_equal(ladder.n_twice[order], ladders[0].n_twice[np.argsort(rows[0])])
