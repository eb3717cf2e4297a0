"""Tables of a column and the target within the values of a context, of every kind of counts."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.sparse import csr_array

from skib._kernels.counts import joint_codes
from skib.feature_selection._batches import BatchedCounts
from skib.feature_selection._contingency import all_likelihood_ratios, contingency, likelihood_ratio, permuted_within
from skib.feature_selection._counts import DenseCounts
from skib.feature_selection._sparse_counts import SparseCounts
from tests.naive.independence import likelihood_ratio as naive_ratio


@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 4), st.integers(1, 100), st.integers(0, 2**32 - 1))
@settings(max_examples=60)
def test_ratios_of_few_and_of_many_values(n_strata, n_levels, n_classes, n, seed):
    """Many values are renumbered within their strata, which changes no statistic."""
    rng = np.random.default_rng(seed)
    strata, column, target = (rng.integers(k, size=n) for k in (n_strata, n_levels, n_classes))
    table = contingency(strata, column, target)
    parts = [naive_ratio(column[strata == s].tolist(), target[strata == s].tolist()) for s in np.unique(strata)]
    assert_allclose(likelihood_ratio(table, n), np.sum(parts, axis=0), atol=0.05)


def test_many_values_need_no_large_table():
    strata, column = np.arange(1000) // 2, np.arange(1000)
    assert contingency(strata, column, column % 2).shape == (500, 2, 2)


def test_weights_count_as_their_effective_rows():
    rng = np.random.default_rng(0)
    strata, column, target = rng.integers(2, size=(3, 100))
    once = likelihood_ratio(contingency(strata, column, target), 100)
    thrice = likelihood_ratio(contingency(strata, column, target, np.full(100, 3.0)), 100)
    assert_allclose(thrice, once)


@given(st.integers(1, 6), st.integers(1, 400), st.booleans(), st.integers(0, 2**32 - 1))
@settings(max_examples=60)
def test_ratios_given_many_columns_equal_those_of_one_table_each(width, n, weighted, seed):
    """Columns of few values have tables that are counted together, and those of many values one each."""
    rng = np.random.default_rng(seed)
    codes = rng.integers([[width], [2], [9], [90]], size=(4, n)).astype(np.uint8)
    target, weights = rng.integers(3, size=n), rng.random(n) + 0.1 if weighted else None
    counts = DenseCounts(codes, target, weights)
    requests = [((), 0), ((1,), 0), ((2,), 0), ((3,), 0), ((1, 2), 0), ((0,), 3), ((2,), 1), ((), 1)]
    found = all_likelihood_ratios(counts.tables(requests), 50.0)
    strata = [joint_codes([np.zeros(n, int), *(dense(codes[j]) for j in context)]) for context, _ in requests]
    rows = zip(strata, requests, strict=True)
    expected = [likelihood_ratio(contingency(s, dense(codes[k]), target, weights), 50.0) for s, (_, k) in rows]
    assert_allclose(found, expected, rtol=1e-10, atol=1e-10)


def dense(codes):
    return np.unique(codes, return_inverse=True)[1]


def test_target_is_permuted_within_strata_only():
    rng = np.random.default_rng(0)
    strata, target = rng.integers(3, size=90), np.arange(90)
    permuted = permuted_within(strata, target, rng)
    for value in range(3):
        rows = strata == value
        assert sorted(permuted[rows]) == sorted(target[rows])
        assert (permuted[rows] != target[rows]).mean() > 0.8


def test_all_orders_within_a_stratum_are_equally_likely():
    rng, strata = np.random.default_rng(0), np.array([0, 1, 0, 1, 0])
    orders = Counter(tuple(permuted_within(strata, np.arange(5), rng).tolist()) for _ in range(6000))
    assert len(orders) == 12
    expected, error = 500, np.sqrt(500 * 11 / 12)
    assert all(abs(count - expected) < 4.5 * error for count in orders.values())


def batched(codes, target):
    parts = np.array_split(np.arange(len(target)), 3)
    return BatchedCounts([lambda part=part: [(codes[:, part], target[part])] for part in parts])


@pytest.mark.parametrize("make", [batched, lambda codes, target: SparseCounts(csr_array(codes.T), target)])
@pytest.mark.parametrize("context", [(), (1,), (2, 0)])
def test_every_kind_of_counts_has_the_same_tables(make, context):
    rng = np.random.default_rng(0)
    codes, target = rng.integers(2, size=(4, 200)).astype(np.uint8), rng.integers(3, size=200)
    (expected,), (table,) = (
        counts.tables([(context, 3)]) for counts in (DenseCounts(codes, target), make(codes, target))
    )
    rows = [sorted(map(tuple, t.reshape(len(t), -1).tolist())) for t in (expected, table)]  # strata in any order
    assert rows[0] == rows[1]
