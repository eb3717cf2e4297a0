"""The codes of one head: projections, active codes against their definition, exact codes of numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.cluster import KMeans

from skib.preprocessing._codebook_heads import (
    active_codes,
    nearest_codes,
    one_hot,
    orthonormal_projections,
    products,
    scalar_codes,
    scalar_levels,
    vector_codes,
)
from tests.naive import codebook as naive


@given(seed=st.integers(0, 2**32 - 1), n_active=st.integers(1, 4), whole=st.booleans())
@settings(max_examples=60)
def test_active_codes_equal_the_naive_twin(seed, n_active, whole):
    rng = np.random.default_rng(seed)
    # Whole numbers have ties, of which the first code is taken.
    draw = (lambda shape: rng.integers(-3, 4, shape).astype(float)) if whole else (lambda shape: rng.normal(size=shape))
    rows, codes = draw((6, 3)), draw((5, 3))
    expected = [naive.active_codes(row, codes, n_active) for row in rows]
    assert active_codes(rows, codes, n_active).tolist() == expected


def test_nearest_codes_are_those_of_least_distance():
    rng = np.random.default_rng(0)
    rows, codes = rng.normal(size=(20, 4)), rng.normal(size=(7, 4))
    distances = ((rows[:, None] - codes) ** 2).sum(axis=2)
    assert_array_equal(nearest_codes(rows, codes, 3), np.sort(np.argsort(distances, axis=1)[:, :3], axis=1))


@given(seed=st.integers(0, 2**32 - 1), n_codes=st.integers(1, 4))
@settings(max_examples=60)
def test_codes_of_numbers_equal_brute_force(seed, n_codes):
    column = np.random.default_rng(seed).integers(-9, 9, 10).astype(float)
    codes = scalar_codes(column, n_codes)
    loss = np.sum((column - codes[scalar_levels(column, codes), 0][:, 0]) ** 2)
    assert loss == pytest.approx(naive.least_scalar_loss(column, np.ones(10), n_codes), abs=1e-9)
    assert_array_equal(codes, np.sort(codes, axis=0))


def test_codes_of_numbers_are_never_worse_than_k_means():
    column = np.random.default_rng(0).lognormal(size=3000)
    codes = scalar_codes(column, 20)
    loss = np.sum((column - codes[scalar_levels(column, codes)[:, 0], 0]) ** 2)
    inertia = KMeans(20, n_init=10, random_state=0).fit(column[:, None]).inertia_
    assert loss < inertia
    assert loss == pytest.approx(inertia, rel=0.2)


def test_projections_are_orthonormal():
    projections = orthonormal_projections(12, 4, 3, np.random.default_rng(0)).reshape(12, 12)
    assert_allclose(projections @ projections.T, np.eye(12), atol=1e-12)
    for few, many in ((2, 3), (5, 4)):  # of which some are of another rotation
        heads = orthonormal_projections(5, many, few, np.random.default_rng(0))
        assert heads.shape == (many, few, 5)
        first = heads.reshape(-1, 5)[:5]
        assert_allclose(first @ first.T, np.eye(5), atol=1e-12)


def test_one_active_code_is_k_means():
    rows = np.random.default_rng(0).normal(size=(300, 4))
    reference = KMeans(10, n_init=1, random_state=5).fit(rows)
    codes = vector_codes(rows, 10, 1, 5)
    assert_allclose(codes, reference.cluster_centers_)
    assert_array_equal(active_codes(rows, codes, 1)[:, 0], reference.labels_)


@pytest.mark.parametrize("seed", range(5))
def test_sums_of_planted_vectors_are_found(seed):
    """Two of 12 vectors, plus noise that is less than 1 % of the variance; one code per row leaves forty times more."""
    rng = np.random.default_rng(seed)
    vectors, noise = rng.normal(size=(12, 32)), 0.1
    pairs = np.array([rng.choice(12, 2, replace=False) for _ in range(2000)])
    rows = vectors[pairs].sum(axis=1) + noise * rng.normal(size=(2000, 32))
    rows -= rows.mean(axis=0)
    share = {}
    for n_active in (1, 2):
        codes = vector_codes(rows, 12, n_active, seed)
        rest = rows - one_hot([active_codes(rows, codes, n_active)], [12]) @ codes
        share[n_active] = np.sum(rest**2) / np.sum(rows**2)
    assert share[2] < 1.1 * noise**2 * rows.size / np.sum(rows**2)
    assert share[1] > 40 * share[2]


def test_products_of_equal_rows_are_equal():
    rng = np.random.default_rng(0)
    rows, matrix = np.repeat(rng.normal(size=(1, 37)), 101, axis=0), rng.normal(size=(37, 19))
    out = products(rows, matrix)
    assert (out == out[0]).all()
    assert_allclose(out, rows @ matrix)


def test_marks_of_active_codes():
    active = [np.array([[0, 2], [1, 2]]), np.array([[1, 3], [0, 1]])]
    marks = one_hot(active, [3, 4]).toarray()
    assert marks.tolist() == [[1, 0, 1, 0, 1, 0, 1], [0, 1, 1, 1, 1, 0, 0]]
