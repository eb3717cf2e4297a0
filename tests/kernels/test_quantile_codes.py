"""Starts of quantile bins equal those of the edges of one column, and codes count the starts up to each value."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from skib._columns import quantile_edges
from skib._kernels.quantile_codes import bin_codes, quantile_starts


def starts_of(values, masses, n_bins, most_levels):
    room = -(-max(n_bins, most_levels) // 4) * 4
    starts, n_starts, is_few = (
        np.empty((len(values), room), values.dtype),
        np.empty(len(values), int),
        np.empty(len(values), bool),
    )
    quantile_starts(values, masses, n_bins, most_levels, starts, n_starts, is_few)
    assert all(np.isinf(row[n:]).all() for row, n in zip(starts, n_starts, strict=True))
    return starts, n_starts, is_few


@given(
    n_rows=st.integers(1, 120),
    n_bins=st.integers(2, 20),
    most_levels=st.integers(1, 9),
    decimals=st.integers(0, 3),
    n_missing=st.integers(0, 120),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=100)
def test_starts_are_the_edges_of_equal_frequencies(n_rows, n_bins, most_levels, decimals, n_missing, seed):
    x = np.round(np.random.default_rng(seed).normal(size=(3, n_rows)), decimals)
    x[1, :n_missing] = np.nan
    starts, n_starts, is_few = starts_of(np.sort(x, axis=1), np.arange(n_rows + 1.0)[None], n_bins, most_levels)
    for column, row, n, few in zip(x, starts, n_starts, is_few, strict=True):
        numbers = column[~np.isnan(column)]
        levels = np.unique(numbers)
        assert few == (len(levels) <= most_levels)
        expected = levels[1:] if few else quantile_edges(numbers, n_bins)[1:-1]
        assert_array_equal(row[:n], expected)
    codes, found_missing = np.empty(x.shape, np.uint8), np.empty(3, int)
    bin_codes(x, starts, n_starts, codes, found_missing)
    assert_array_equal(found_missing, np.isnan(x).sum(axis=1))
    for column, row, n, found in zip(x, starts, n_starts, codes, strict=True):
        assert found.tolist() == [n + 1 if np.isnan(v) else sum(v >= s for s in row[:n]) for v in column]


def test_masses_are_repeated_values():
    rng = np.random.default_rng(0)
    values, weights = np.sort(rng.normal(size=(2, 60)), axis=1), rng.integers(1, 6, (2, 60))
    masses = np.column_stack([np.zeros(2), np.cumsum(weights, axis=1)])
    starts, n_starts, _ = starts_of(values, masses, 7, 1)
    for r in range(2):
        repeated = np.repeat(values[r], weights[r])
        assert_array_equal(starts[r, : n_starts[r]], quantile_edges(repeated, 7)[1:-1])


def test_infinity_is_missing_and_blocks_join():
    x = np.arange(3000.0)[None]
    x[0, [0, 2999]] = -np.inf, np.inf
    codes, n_missing = np.empty(x.shape, np.uint16), np.empty(1, int)
    bin_codes(x, np.array([[1000.0, 2000.0, np.inf, np.inf]]), np.array([2]), codes, n_missing)
    assert n_missing == 2
    assert_array_equal(codes[0], [3, *(np.arange(1, 2999) // 1000), 3])
