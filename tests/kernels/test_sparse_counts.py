"""Column sums of groups of rows equal those of the dense matrix."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import sparse

from skib._kernels.sparse_counts import column_sums


@given(n_rows=st.integers(1, 40), n_groups=st.integers(1, 5), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=40)
def test_sums_equal_the_naive_twin(n_rows, n_groups, seed):
    rng = np.random.default_rng(seed)
    x, weights = rng.random((n_rows, 6)) < 0.3, rng.integers(1, 9, n_rows)
    rows = np.flatnonzero(rng.random(n_rows) < 0.7)
    groups, out = rng.integers(0, n_groups, len(rows)), np.zeros((n_groups, 6), np.int64)
    matrix = sparse.csr_array(x)
    column_sums(matrix.indptr, matrix.indices, rows, groups, weights, out)
    expected = [[sum(weights[i] * x[i, j] for i in rows[groups == g]) for j in range(6)] for g in range(n_groups)]
    assert_array_equal(out, expected)
