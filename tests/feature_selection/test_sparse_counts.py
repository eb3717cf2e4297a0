"""Counts of non-zeros equal those of the dense table, whatever the container, the weights and the strata."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import sparse

from skib.feature_selection import _sparse_counts
from skib.feature_selection._counts import DenseCounts, best_pair
from skib.feature_selection._sparse_counts import SparseCounts
from tests.feature_selection.test_counts import assert_joint_equal
from tests.naive.joint_counts import NaiveCounts


@st.composite
def bool_tables(draw):
    """Columns of zeros and ones of many densities, a target, and weights, perhaps 0 or none."""
    n_rows, n_columns = draw(st.integers(1, 120)), draw(st.integers(1, 7))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    density = rng.choice([0.0, 0.05, 0.5, 1.0], n_columns)
    columns = (rng.random((n_columns, n_rows)) < density[:, None]).astype(np.uint8)
    target = 2 * rng.integers(0, draw(st.sampled_from([1, 2, 5])), n_rows)
    weights = draw(st.sampled_from([None, "whole", "real"]))
    if weights == "whole":
        weights = rng.integers(0, 4, n_rows).astype(float)
    elif weights == "real":
        weights = rng.random(n_rows) * rng.integers(0, 2, n_rows)
    if weights is not None:
        weights[0] = 1.0
    return columns, target, weights


@given(table=bool_tables(), n_context=st.integers(0, 4), cells=st.sampled_from([1, 100, 2**22]))
@settings(max_examples=150)
def test_sparse_counts_equal_dense_counts_and_the_naive_twin(table, n_context, cells):
    columns, target, weights = table
    counts = SparseCounts(sparse.csr_array(columns.T), target, weights)
    dense, naive = DenseCounts(columns, target, weights), NaiveCounts(columns.tolist(), target.tolist(), weights)
    assert_array_equal(counts.levels, naive.levels)
    assert (counts.n_samples, counts.n_classes, counts.n_effective) == (
        dense.n_samples,
        dense.n_classes,
        dense.n_effective,
    )
    context, candidates = tuple(range(len(columns)))[:n_context], np.arange(len(columns))[::-1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_sparse_counts, "_CELLS_PER_CALL", cells)
        got = counts.joint(context, candidates)
    assert_joint_equal(got, naive.joint(context, candidates))
    if weights is None or (weights == np.rint(weights)).all():  # exact sums
        for part, expected in zip(got, dense.joint(context, candidates), strict=True):
            assert_array_equal(part, expected)


@pytest.mark.parametrize("container", [sparse.csr_matrix, sparse.csc_array, sparse.coo_array, sparse.lil_array])
def test_containers_stored_zeros_and_duplicates(container):
    rng = np.random.default_rng(0)
    x, y = rng.integers(-1, 2, (50, 4)).astype(float), rng.integers(0, 2, 50)
    stored = container(x + 5.0)
    if hasattr(stored, "data") and container is not sparse.lil_array:
        stored.data -= 5.0  # every value is stored
    else:
        stored = container(x)
    expected = DenseCounts((x != 0).T.astype(np.uint8), y).joint((1,), np.arange(4))
    for part, other in zip(SparseCounts(stored, y).joint((1,), np.arange(4)), expected, strict=True):
        assert_array_equal(part, other)


def test_duplicate_entries_count_as_their_sum():
    x = sparse.csr_array((np.ones(4), np.array([0, 0, 1, 1]), np.array([0, 2, 4])), shape=(2, 2))
    counts, dense = SparseCounts(x, np.array([0, 1])), DenseCounts(np.eye(2, dtype=np.uint8), np.array([0, 1]))
    assert_array_equal(counts.joint((0,), np.arange(2)).with_target, dense.joint((0,), np.arange(2)).with_target)


def test_pairs_are_those_of_dense_counts():
    rng = np.random.default_rng(0)
    columns = (rng.random((9, 300)) < 0.3).astype(np.uint8)
    y = columns[3] ^ columns[7]
    assert best_pair(SparseCounts(sparse.csc_array(columns.T), y), np.arange(9)) == best_pair(
        DenseCounts(columns, y), np.arange(9), n_jobs=2
    )
