"""Sums over pairs against dense matrices, for any block size."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skib._kernels import gram
from tests.naive import gram as naive_gram
from tests.strategies import tied_rows


def row_sums(x, y, size):
    sums = np.ones((3, len(x)))
    for first in range(0, len(x), size):
        gram.add_row_sums(first, min(first + size, len(x)), x.T.copy(), y.T.copy(), sums)
    return sums


def weighted_sums(x, y, k, q, weights, size, *, with_pulls=True):
    total, pulls = np.zeros(len(x)), [np.zeros_like(side.T if with_pulls else side.T[:0]) for side in (x, y)]
    for first in range(0, len(x), size):
        last = min(first + size, len(x))
        gram.add_influences(first, last, x.T.copy(), y.T.copy(), np.stack([k, q]), weights, total, *pulls)
    return total, pulls[0].T, pulls[1].T


@settings(max_examples=40)
@given(tied_rows(min_columns=2, max_columns=4), st.integers(1, 90))
def test_row_sums_equal_the_matrices(rows, size):
    x, y = np.ascontiguousarray(rows[:, 1:]), np.ascontiguousarray(rows[:, :1])
    K, Q = (naive_gram.gram(part, np.sqrt(0.5)) for part in (x, y))
    got = row_sums(x, y, size)
    for sums, matrix in zip(got, (K, Q, K * Q), strict=True):
        np.testing.assert_allclose(sums, matrix.sum(axis=1), rtol=1e-12)
    np.testing.assert_array_equal(got, row_sums(x, y, len(x)))


@pytest.mark.parametrize(("n", "size"), [(60, 1), (60, 7), (60, 60), (1200, 500)])
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
