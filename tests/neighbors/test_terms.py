"""The nearest-neighbor formulas equal their naive twins, written from the papers, ties and atoms included."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import digamma

from skib._marginals import sort_column, transform_marginals
from skib._neighbors import (
    digamma_table,
    ksg_terms,
    ksg_terms_given,
    ksg_terms_of_balls,
    planar_ksg_terms,
    prepare_class_balls,
    ross_terms,
    ross_terms_of_balls,
)
from skib._neighbors._permuted_balls import permuted_balls
from tests.naive import neighbors as naive
from tests.strategies import tied_rows

MARGINALS = ["rank", "standard", None]


def varies(rows):
    return bool((rows != rows[0]).any(axis=0).all())


def assert_close(got, expected):
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-12)


def test_digamma_table():
    np.testing.assert_array_equal(digamma_table(5)[1:], digamma(np.arange(1, 6)))
    assert np.isnan(digamma_table(5)[0])


@settings(max_examples=60)
@given(tied_rows(min_columns=2, max_columns=4), st.integers(1, 6))
def test_ksg_equals_naive(rows, k):
    if varies(rows):
        x, y = rows[:, 1:], rows[:, :1]
        assert_close(ksg_terms(x, y, k), naive.ksg_terms(x, y, k))


@settings(max_examples=60)
@given(tied_rows(min_columns=2, max_columns=4), st.integers(1, 6))
def test_second_variant_equals_naive(rows, k):
    if varies(rows):
        x, y = rows[:, 1:], rows[:, :1]
        assert_close(ksg_terms(x, y, k, variant=2), naive.ksg_terms(x, y, k, variant=2))


def test_without_ties_the_counts_are_those_of_kraskov():
    x, y = np.random.default_rng(0).normal(size=(2, 100, 1))
    radius = np.sort(naive.max_norm(np.hstack([x, y])), axis=1)[:, 2]
    n_x, n_y = ((naive.max_norm(part) < radius[:, None]).sum(axis=1) for part in (x, y))
    assert_close(ksg_terms(x, y, 3), digamma(3) + digamma(100) - digamma(n_x + 1) - digamma(n_y + 1))


@settings(max_examples=60)
@given(tied_rows(min_columns=3, max_columns=5), st.integers(1, 6))
def test_ksg_given_equals_naive(rows, k):
    if varies(rows):
        x, y, z = rows[:, :1], rows[:, 1:2], rows[:, 2:]
        terms, ceiling, _ = ksg_terms_given(x, y, z, k)
        assert_close(terms, naive.ksg_terms_given(x, y, z, k))
        assert_close(ceiling, digamma(naive.counts(z, naive.balls(rows, k)[0])).mean() - digamma(k))
        assert terms.mean() <= ceiling + 1e-12


@settings(max_examples=60)
@given(tied_rows(min_rows=10, max_columns=3), st.integers(1, 6), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_ross_equals_naive(rows, k, n_classes, seed):
    codes = np.random.default_rng(seed).permutation(np.arange(len(rows)) % (n_classes + 1))
    if not (rows == rows[0]).all():
        assert_close(ross_terms(rows, codes, k), naive.ross_terms(rows, codes, k))


@settings(max_examples=80)
@given(tied_rows(min_columns=2, max_columns=5), st.integers(1, 6), st.booleans())
def test_mixed_equals_naive(rows, k, conditional):
    if not varies(rows) or (conditional and rows.shape[1] < 3):
        return
    x, y, z = (rows[:, 1:2], rows[:, :1], rows[:, 2:]) if conditional else (rows[:, 1:], rows[:, :1], None)
    expected = naive.mixed_terms(list(x.T), list(y.T), None if z is None else list(z.T), k)
    if z is None:
        assert_close(ksg_terms(x, y, k), expected)
    else:
        terms, ceiling, _ = ksg_terms_given(x, y, z, k)
        assert_close(terms, expected)
        assert terms.mean() <= ceiling + 1e-12


@pytest.mark.parametrize("n_conditions", [1, 3])
def test_a_variable_reaches_the_ceiling_with_itself(n_conditions):
    z = np.random.default_rng(0).normal(size=(200, n_conditions))
    x = z[:, :1] + np.random.default_rng(1).normal(size=(200, 1))
    terms, ceiling, saturated = ksg_terms_given(x, x, z, 4)
    assert_close(terms.mean(), ceiling)
    assert saturated


def test_a_condition_without_columns_changes_nothing():
    x, y = np.random.default_rng(0).normal(size=(2, 50, 1))
    terms, ceiling, _ = ksg_terms_given(x, y, x[:, :0], 3)
    assert_close(terms, ksg_terms(x, y, 3))
    assert_close(ceiling, digamma(50) - digamma(3))


@pytest.mark.parametrize("marginals", MARGINALS)
@pytest.mark.parametrize("n_columns", [1, 2])
def test_marginals_scale_the_columns(n_columns, marginals):
    rng = np.random.default_rng(0)
    x, y, z = np.exp(rng.normal(size=(3, 90, n_columns)))
    a, b, c = (transform_marginals(part, marginals) for part in (x, y, z))
    codes = rng.integers(0, 2, 90)
    for variant in (1, 2):
        assert_close(ksg_terms(x, y, 3, variant=variant, marginals=marginals), ksg_terms(a, b, 3, variant=variant))
    assert_close(ksg_terms_given(x, y, z, 3, marginals=marginals).terms, ksg_terms_given(a, b, c, 3).terms)
    assert_close(ross_terms(x, codes, 3, marginals=marginals), ross_terms(a, codes, 3))


def test_ready_balls_give_the_same_terms():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 80, 1))
    wide, codes, order, psi = rng.normal(size=(80, 3)), rng.integers(0, 3, 80), rng.permutation(80), digamma_table(80)
    target = sort_column(y[:, 0], None)
    planar = planar_ksg_terms(sort_column(x[:, 0], None), target, 4, psi)
    np.testing.assert_array_equal(planar, ksg_terms(x, y, 4)[target.order])
    permuted = ksg_terms_of_balls(permuted_balls(wide, y, 4)(order), psi)
    np.testing.assert_array_equal(permuted, ksg_terms(wide, y[order], 4))
    prepared = prepare_class_balls(wide, np.bincount(codes), 4, None)
    np.testing.assert_array_equal(ross_terms_of_balls(prepared, codes, psi), ross_terms(wide, codes, 4)[prepared.order])
