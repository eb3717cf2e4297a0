"""Sums over pairs against dense matrices, for blocks of any even size."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skib._kernels import gram
from tests.naive import gram as naive_gram
from tests.strategies import tied_rows


def row_sums(x, y, size):
    n, sums = len(x), gram.no_sums(len(x), 3)
    for first in range(0, n, size):
        gram.add_row_sums(first, min(first + size, n), n, gram.in_tiles(x), gram.in_tiles(y), sums)
    return 1 + gram.out_of_tiles(sums, n)


def weighted_sums(x, y, k, q, weights, size, *, with_pulls=True):
    n, total = len(x), gram.no_sums(len(x), 1)
    pulls = [gram.no_sums(n, side.shape[1] if with_pulls else 0) for side in (x, y)]
    tiles = [gram.in_tiles(rows) for rows in (x, y, np.column_stack([k, q]))]
    for first in range(0, n, size):
        gram.add_influences(first, min(first + size, n), n, *tiles, weights, total, *pulls)
    return gram.out_of_tiles(total, n)[0], gram.out_of_tiles(pulls[0], n).T, gram.out_of_tiles(pulls[1], n).T


@settings(max_examples=40)
@given(tied_rows(min_columns=2, max_columns=4), st.integers(1, 45))
def test_row_sums_equal_the_matrices(rows, half):
    size = 2 * half
    x, y = np.ascontiguousarray(rows[:, 1:]), np.ascontiguousarray(rows[:, :1])
    K, Q = (naive_gram.gram(part, np.sqrt(0.5)) for part in (x, y))
    got = row_sums(x, y, size)
    for sums, matrix in zip(got, (K, Q, K * Q), strict=True):
        np.testing.assert_allclose(sums, matrix.sum(axis=1), rtol=1e-12)
    np.testing.assert_array_equal(got, row_sums(x, y, len(x)))


@given(st.integers(1, 800), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_tiles_hold_the_rows_from_cache_lines_on_and_nothing_else(n, n_columns, seed):
    rows = np.random.default_rng(seed).normal(size=(n, n_columns))
    tiles = gram.in_tiles(rows)
    np.testing.assert_array_equal(gram.out_of_tiles(tiles, n), rows.T)
    assert tiles.size < (n + 256) * n_columns
    assert tiles.ctypes.data % 64 == 0
    assert np.count_nonzero(tiles) == rows.size


@pytest.mark.parametrize("n", [2, 31, 33, 255, 256, 257, 511, 513, 800])
@pytest.mark.parametrize("n_columns", [1, 4, 7])
def test_row_sums_at_the_edges_of_tiles_and_of_loops(n, n_columns):
    rng = np.random.default_rng(n)
    x, y = rng.normal(size=(n, n_columns)), rng.normal(size=(n, 2)) * 9  # 0 up to 1, some too small for most floats
    K, Q = (naive_gram.gram(part, np.sqrt(0.5)) for part in (x, y))
    got = row_sums(x, y, 2)
    for sums, matrix in zip(got, (K, Q, K * Q), strict=True):
        np.testing.assert_allclose(sums, matrix.sum(axis=1), rtol=1e-12)
    np.testing.assert_array_equal(got, row_sums(x, y, 2 * n))


@pytest.mark.parametrize(("n", "size"), [(60, 2), (61, 14), (60, 60), (1201, 500)])
def test_weighted_sums_and_pulls_equal_the_matrices(n, size):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(n, 5)), rng.normal(size=(n, 1))
    k, q = rng.normal(size=(2, n))
    w, u, v, c = weights = 1.3, -0.7, 0.4, 2.1
    K, Q = (naive_gram.gram(part, np.sqrt(0.5)) - np.eye(n) for part in (x, y))
    of_x, of_y = K * (w * Q + u + c * np.add.outer(q, q)), Q * (w * K + v + c * np.add.outer(k, k))
    expected = (
        (of_x + of_y).sum(axis=1),
        of_x.sum(axis=1)[:, None] * x - of_x @ x,
        of_y.sum(axis=1)[:, None] * y - of_y @ y,
    )
    for got, same, dense in zip(
        weighted_sums(x, y, k, q, weights, size), weighted_sums(x, y, k, q, weights, n), expected, strict=True
    ):
        np.testing.assert_allclose(got, dense, rtol=0, atol=1e-12 * 60)
        np.testing.assert_array_equal(got, same)
    np.testing.assert_array_equal(
        weighted_sums(x, y, k, q, weights, size, with_pulls=False)[0], weighted_sums(x, y, k, q, weights, n)[0]
    )
