"""Sums over pairs against dense matrices, for any block size."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skib._kernels import gram
from tests.naive import gram as naive_gram
from tests.strategies import tied_rows


def gram_blocks(rows, size):
    """First row and exp(exponents) of each block."""
    columns = rows.T.copy()
    for first in range(0, len(rows), size):
        block = np.full((min(size, len(rows) - first), len(rows) - first), np.nan)
        gram.fill_exponents(first, columns, block)
        yield first, np.exp(block)


def row_sums(x, y, size):
    k, q, kq = np.ones((3, len(x)))
    for (first, k_block), (_, q_block) in zip(gram_blocks(x, size), gram_blocks(y, size), strict=True):
        gram.add_row_sums(first, k_block, q_block, k, q, kq)
    return k, q, kq


def weighted_sums(x, y, k, q, weights, size):
    total, x_pull, y_pull = np.zeros(len(x)), np.zeros_like(x.T), np.zeros_like(y.T)
    for (first, k_block), (_, q_block) in zip(gram_blocks(x, size), gram_blocks(y, size), strict=True):
        gram.weigh_pairs(first, k_block, q_block, k, q, weights, total)
        gram.add_pulls(first, x.T.copy(), k_block, x_pull)
        gram.add_pulls(first, y.T.copy(), q_block, y_pull)
    return total, x_pull.T, y_pull.T


@settings(max_examples=40)
@given(tied_rows(min_columns=2, max_columns=4), st.integers(1, 90))
def test_row_sums_equal_the_matrices(rows, size):
    x, y = np.ascontiguousarray(rows[:, 1:]), np.ascontiguousarray(rows[:, :1])
    K, Q = (naive_gram.gram(part, np.sqrt(0.5)) for part in (x, y))
    got = row_sums(x, y, size)
    for sums, matrix in zip(got, (K, Q, K * Q), strict=True):
        np.testing.assert_allclose(sums, matrix.sum(axis=1), rtol=1e-12)
    np.testing.assert_array_equal(got, row_sums(x, y, len(x)))


@pytest.mark.parametrize("size", [1, 7, 60])
def test_weighted_sums_and_pulls_equal_the_matrices(size):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(60, 2)), rng.normal(size=(60, 1))
    k, q = rng.normal(size=(2, 60))
    w, u, v, c = weights = 1.3, -0.7, 0.4, 2.1
    K, Q = (naive_gram.gram(part, np.sqrt(0.5)) - np.eye(60) for part in (x, y))
    of_x, of_y = K * (w * Q + u + c * np.add.outer(q, q)), Q * (w * K + v + c * np.add.outer(k, k))
    expected = (
        (of_x + of_y).sum(axis=1),
        of_x.sum(axis=1)[:, None] * x - of_x @ x,
        of_y.sum(axis=1)[:, None] * y - of_y @ y,
    )
    for got, same, dense in zip(
        weighted_sums(x, y, k, q, weights, size), weighted_sums(x, y, k, q, weights, 60), expected, strict=True
    ):
        np.testing.assert_allclose(got, dense, rtol=0, atol=1e-12 * 60)
        np.testing.assert_array_equal(got, same)
