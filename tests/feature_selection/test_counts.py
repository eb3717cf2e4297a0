"""Counts equal their naive twin, whatever the levels, the weights and the number of jobs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from skib.feature_selection._counts import DenseCounts, best_pair
from tests.naive.joint_counts import NaiveCounts


@st.composite
def coded_tables(draw):
    """Columns of codes with gaps, ties and constants, a target, perhaps of one class, and perhaps weights."""
    n_rows, n_columns = draw(st.integers(1, 120)), draw(st.integers(1, 7))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    levels = draw(st.lists(st.sampled_from([1, 2, 3, 5, 40, 250]), min_size=n_columns, max_size=n_columns))
    step = draw(st.sampled_from([1, 3]))  # of the codes: not all of them occur
    dtype = np.uint16 if draw(st.booleans()) or step > 1 else np.uint8
    columns = np.array([step * (k * rng.random(n_rows) ** 2).astype(int) for k in levels], dtype)
    target = rng.integers(0, draw(st.sampled_from([1, 2, 3, 30])), n_rows)
    weights = draw(st.sampled_from([None, "whole", "real"]))
    if weights == "whole":
        weights = rng.integers(0, 4, n_rows).astype(float)
    elif weights == "real":
        weights = rng.random(n_rows) * rng.integers(0, 2, n_rows)
    if weights is not None:
        weights[0] = 1.0
    return columns, target, weights


def assert_joint_equal(got, expected):
    for name in ("with_target", "without", "context_with_target", "context"):
        assert_allclose(getattr(got, name), getattr(expected, name), atol=1e-12, err_msg=name)
    assert_array_equal(got.dof, expected.dof)
    assert_array_equal(got.cells, expected.cells)


@given(table=coded_tables(), n_context=st.integers(0, 3))
@settings(max_examples=150)
def test_dense_counts_equal_the_naive_twin(table, n_context):
    columns, target, weights = table
    naive = NaiveCounts(columns.tolist(), target.tolist(), weights)
    counts = DenseCounts(columns, target, weights)
    assert (counts.n_samples, counts.n_classes) == (naive.n_samples, naive.n_classes)
    assert counts.n_effective == pytest.approx(naive.n_effective)
    assert_array_equal(counts.levels, naive.levels)
    context, candidates = tuple(range(len(columns)))[:n_context], np.arange(len(columns))[::-1]
    assert_joint_equal(counts.joint(context, candidates), naive.joint(context, candidates))


def test_the_best_pair_is_the_parity():
    rng = np.random.default_rng(0)
    columns = rng.integers(0, 2, (8, 400)).astype(np.uint8)
    i, j, information = best_pair(DenseCounts(columns, columns[2] ^ columns[5]), np.arange(8))
    assert (i, j) == (2, 5)
    assert information == pytest.approx(np.log(2), abs=0.01)
