"""Sums over groups of rows equal their naive twin."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from skib._kernels.grouped_cells import grouped_sums, grouped_weights
from tests.naive import tables as naive


@given(
    n_rows=st.integers(1, 120), width=st.integers(1, 200), n_groups=st.integers(1, 60), seed=st.integers(0, 2**32 - 1)
)
@settings(max_examples=60)
def test_sums_equal_the_naive_twin(n_rows, width, n_groups, seed):
    rng = np.random.default_rng(seed)
    columns, groups = rng.integers(0, width, (3, n_rows)).astype(np.uint8), rng.integers(0, n_groups, n_rows)
    free, weights = rng.integers(0, 4, n_groups), rng.integers(1, 3, n_rows)
    order = np.argsort(groups, kind="stable")
    starts = np.searchsorted(groups[order], np.arange(n_groups + 1))
    out, candidates = np.empty((2, 3), np.int64), np.array([2, 0])
    occurring = np.diff(starts) > 0
    starts, some_free = np.r_[starts[:-1][occurring], n_rows], free[occurring]
    terms = np.arange(2 * n_rows + 1) ** 2
    grouped_sums(columns, candidates, order, starts, some_free, weights[order], terms, np.zeros(width, np.int64), out)
    rows = np.repeat(np.arange(n_rows), weights)
    expected = [naive.group_sums(columns[k, rows].tolist(), groups[rows], free, lambda c: c**2) for k in candidates]
    assert_array_equal(out, expected)
    real = np.empty((2, 3))
    real_weights = weights[order].astype(float)
    grouped_weights(columns, candidates, order, starts, some_free, real_weights, np.zeros(width), real)
    log_terms = [
        naive.group_sums(columns[k, rows].tolist(), groups[rows], free, lambda c: c * np.log(c)) for k in candidates
    ]
    assert_allclose(real, log_terms, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("weights", [np.ones(4, np.int64), np.ones(4)])
def test_the_tally_is_left_empty(weights):
    tally, out = np.zeros(3, weights.dtype), np.empty((1, 3), weights.dtype)
    columns, free = np.array([[0, 2, 2, 1]], np.uint8), np.zeros(1, np.int64)
    arguments = columns, np.array([0]), np.arange(4), np.array([0, 4]), free, weights
    if weights.dtype == np.int64:
        grouped_sums(*arguments, np.arange(5), tally, out)
    else:
        grouped_weights(*arguments, tally, out)
    assert not tally.any()
