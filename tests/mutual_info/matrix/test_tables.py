"""Estimates of discrete pairs, many at a time, equal those from one contingency table each."""

from collections import Counter

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import digamma

from skib._columns._column import DiscreteColumn
from skib.mutual_info._matrix import _tables
from skib.mutual_info._matrix._tables import all_pairs, one_with_each


def grassberger(n):
    """G(n) as in the paper, equation 30."""
    return digamma(n) + 0.5 * (-1) ** n * (digamma((n + 1) / 2) - digamma(n / 2))


def naive_estimate(x, y):
    """Mean of i = log n + G(c) - G(a) - G(b) over the rows, its standard error, and whether it is saturated."""
    n, cells, a, b = len(x), Counter(zip(x, y, strict=True)), Counter(x), Counter(y)
    if len(a) == 1 or len(b) == 1:
        return 0.0, 0.0, False
    info = [
        np.log(n) + grassberger(cells[u, v]) - grassberger(a[u]) - grassberger(b[v]) for u, v in zip(x, y, strict=True)
    ]
    joint_entropy = -sum(c / n * np.log(c / n) for c in cells.values())
    return np.mean(info), np.std(info, ddof=1) / np.sqrt(n), joint_entropy > 0.9 * np.log(n)


def discrete_columns(n_samples, levels, seed=0):
    rng = np.random.default_rng(seed)
    codes = [np.unique(rng.integers(0, k, n_samples), return_inverse=True)[1] for k in levels]
    codes[-1] = np.where(rng.random(n_samples) < 0.6, codes[0], codes[-1])  # dependent on the first
    return [DiscreteColumn(np.unique(c, return_inverse=True)[1], True) for c in codes]


def entropy(column):
    n = column.n_samples
    if column.constant:
        return 0.0
    return np.log(n) - sum(c * grassberger(c) for c in column.counts) / n


@pytest.mark.parametrize(
    "levels", [(2, 3, 2, 4, 3), (2, 1, 30, 3, 2), (200, 3, 150, 2, 40), (2,) * 23, (2,) * 21 + (3, 30, 1, 200, 2)]
)
def test_all_pairs_equal_the_naive_twin(levels):
    """Words of several columns, columns counted bit by bit, wide columns, and a constant."""
    columns = discrete_columns(300, levels)
    estimates = all_pairs(columns)
    for i, x in enumerate(columns):
        for j, y in enumerate(columns):
            got = [part[i, j] for part in estimates]
            if i == j:
                assert_allclose(got[0], entropy(x), atol=1e-11)
            else:
                assert_allclose(got, naive_estimate(x.codes.tolist(), y.codes.tolist()), atol=1e-11)


def test_any_number_of_jobs_and_tiles_of_any_size_give_the_same_bits(monkeypatch):
    columns = discrete_columns(400, (2, 3, 50, 4, 70, 2, 3))
    whole = all_pairs(columns)
    monkeypatch.setattr(_tables, "_COUNTS_PER_CALL", 1)
    for left, right in zip(whole, all_pairs(columns, n_jobs=2), strict=True):
        assert_array_equal(left, right)


def test_one_column_with_each_order_of_another():
    x, y = discrete_columns(120, (4, 6))
    orders = np.array([np.random.default_rng(seed).permutation(120) for seed in range(4)])
    estimates = one_with_each(x, y, orders)
    for k, order in enumerate(orders):
        expected = naive_estimate(x.codes.tolist(), y.codes[order].tolist())
        assert_allclose([part[k] for part in estimates], expected, atol=1e-11)
