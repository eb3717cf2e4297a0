"""Scalar codebooks against brute force, and products of rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from skib._kernels.codebook import row_products, scalar_runs
from tests.naive import codebook as naive


def loss_of_runs(values, weights, bounds):
    pairs = zip(bounds, bounds[1:], strict=False)
    return sum(naive.squares(values[i:j], weights[i:j]) for i, j in pairs)


@given(seed=st.integers(0, 2**32 - 1), n_values=st.integers(1, 11), n_codes=st.integers(1, 6), whole=st.booleans())
@settings(max_examples=150)
def test_no_runs_lose_less(seed, n_values, n_codes, whole):
    rng = np.random.default_rng(seed)
    values = np.unique(rng.integers(-9, 9, n_values) if whole else rng.standard_cauchy(n_values)).astype(float)
    weights = rng.integers(1, 5, len(values)).astype(float)
    bounds = scalar_runs(values, weights, n_codes)
    assert bounds[0] == 0 and bounds[-1] == len(values) and len(bounds) <= n_codes + 1
    least, total = naive.least_scalar_loss(values, weights, n_codes), naive.squares(values, weights)
    assert loss_of_runs(values, weights, bounds) == pytest.approx(least, rel=1e-9, abs=1e-12 * total)


@pytest.mark.parametrize("seed", range(5))
def test_no_clusters_lose_less(seed):
    values = np.sort(np.random.default_rng(seed).normal(size=7))
    bounds = scalar_runs(values, np.ones(7), 3)
    assert loss_of_runs(values, np.ones(7), bounds) == pytest.approx(naive.least_loss_of_any_clusters(values, 3))


@pytest.mark.parametrize("n_values", [255, 256, 257])
def test_no_runs_lose_less_for_strides_of_any_number(n_values):
    """Against the recursion without divide and conquer."""
    rng = np.random.default_rng(n_values)
    values, weights = np.sort(rng.lognormal(size=n_values)), rng.integers(1, 4, n_values).astype(float)
    loss = np.array([[naive.squares(values[i:j], weights[i:j]) for j in range(n_values + 1)] for i in range(n_values)])
    best = loss[0]
    for _ in range(4):
        best = np.array([0.0, *[min(best[:j] + loss[:j, j]) for j in range(1, n_values + 1)]])
    assert loss_of_runs(values, weights, scalar_runs(values, weights, 5)) == pytest.approx(best[-1], rel=1e-9)


@pytest.mark.parametrize(("factor", "offset"), [(1e300, 0), (1e-300, 0), (1, 1e9)])
def test_units_and_offsets_change_nothing(factor, offset):
    values = np.array([0.0, 1, 2, 10, 11, 12, 30])
    assert scalar_runs(factor * values + offset, np.ones(7), 3).tolist() == [0, 3, 6, 7]


@given(seed=st.integers(0, 2**32 - 1), shape=st.tuples(*[st.integers(1, 20)] * 3))
def test_products_equal_the_naive_twin(seed, shape):
    rng = np.random.default_rng(seed)
    rows, matrix = rng.normal(size=shape[:2]), rng.normal(size=shape[1:])
    out = np.empty((shape[0], shape[2]))
    row_products(0, 1, rows, matrix, out)
    row_products(1, len(rows), rows, matrix, out)
    assert_array_equal(out, naive.row_products(rows, matrix))
