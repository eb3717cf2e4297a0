"""Nearest neighbors of packed bits against a sort of all distances."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from skib._kernels.hamming import hamming_neighbors
from tests.naive import hamming as naive


def packed(bits):
    """Bits (n, 64 n_words) as words."""
    return np.packbits(bits, axis=1).view(np.uint64)


@given(
    seed=st.integers(0, 2**32 - 1),
    n_rows=st.integers(2, 12),
    n_words=st.integers(1, 3),
    n_neighbors=st.integers(1, 5),
    share=st.sampled_from([0.0, 0.01, 0.5]),
    leave_out=st.booleans(),
)
@settings(max_examples=100)
def test_neighbors_equal_the_naive_twin(seed, n_rows, n_words, n_neighbors, share, leave_out):
    rng = np.random.default_rng(seed)
    bits = rng.random((n_rows, 64 * n_words)) < share
    queries = bits if leave_out else rng.random((3, 64 * n_words)) < share
    n_neighbors = min(n_neighbors, n_rows - leave_out)
    distances, neighbors = np.empty((2, len(queries), n_neighbors), np.int64)
    for part in (slice(0, 1), slice(1, None)):
        first_row = part.start if leave_out else -len(queries)
        hamming_neighbors(packed(queries[part]), packed(bits), first_row, distances[part], neighbors[part])
    expected = naive.neighbors(queries, bits, n_neighbors, range(n_rows) if leave_out else None)
    assert_array_equal(distances, expected[0])
    assert_array_equal(neighbors, expected[1])
