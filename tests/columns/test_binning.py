"""Edges of bins, and the codes of binned values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skib._columns import adaptive_edges, digitize, quantile_edges, spaced_edges, uniform_edges
from tests.naive import bins as naive


def test_uniform_edges_are_the_rounded_fractions():
    np.testing.assert_array_equal(uniform_edges(0.0, 1.0, 10), [k / 10 for k in range(11)])
    np.testing.assert_array_equal(uniform_edges(-3.0, 7.0, 10), np.arange(-3, 8))
    np.testing.assert_array_equal(uniform_edges(2.0, 2.0, 10), [2, 2])


@pytest.mark.parametrize(("low", "high"), [(-1.7e308, 1.7e308), (1e-310, 7e-310), (1e12, 1e12 + 1), (-1e301, 1.0)])
def test_uniform_edges_at_the_ends_of_the_number_line(low, high):
    edges = uniform_edges(low, high, 8)
    assert (edges[0], edges[-1], len(edges)) == (low, high, 9)
    widths = np.diff(edges / 2)
    np.testing.assert_allclose(widths, high / 16 - low / 16, rtol=1e-3)


def test_uniform_edges_where_floats_are_scarce():
    low, high = 1e16, 1e16 + 6  # floats here are 2 apart: 4 values
    edges = uniform_edges(low, high, 100)
    np.testing.assert_array_equal(edges[:-1], 1e16 + np.array([0, 2, 4, 6]))
    assert edges[-1] == high


@pytest.mark.parametrize("n_samples", [10, 97, 1000])
def test_quantile_bins_of_distinct_values_are_equally_full(n_samples):
    column = np.random.default_rng(0).normal(size=n_samples)
    sizes = np.bincount(naive.bins(column, quantile_edges(column, 10)))
    assert len(sizes) == 10
    assert sizes.max() - sizes.min() <= 1


@given(
    values=st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.0, 1e300]) | st.floats(-5, 5), min_size=1, max_size=60),
    n_bins=st.integers(2, 12),
)
def test_quantile_bins_with_ties(values, n_bins):
    column = np.array(values)
    edges = quantile_edges(column, n_bins)
    assert (edges[0], edges[-1]) == (column.min(), column.max())
    assert (np.diff(edges[:-1]) > 0).all()
    sizes = np.bincount(naive.bins(column, edges), minlength=len(edges) - 1)
    assert (sizes > 0).all()
    assert min(2, len(set(values))) <= len(sizes) <= n_bins


def test_an_atom_has_a_bin_of_its_own():
    relu = np.maximum(np.random.default_rng(0).normal(size=1000), 0)
    for column in (relu, -relu):
        bins = naive.bins(column, quantile_edges(column, 10))
        assert len(set(bins[column == 0])) == 1
        assert set(bins[column == 0]).isdisjoint(bins[column != 0])


@given(
    values=st.lists(
        st.sampled_from([0.0, -0.0, 0.5, 1.0, -1.0, 1e300, 5e-324]) | st.floats(-5, 5), min_size=2, max_size=60
    ),
    n_columns=st.integers(1, 3),
    n_bins=st.integers(2, 12),
    rectified=st.booleans(),
)
def test_adaptive_bins_by_definition(values, n_columns, n_bins, rectified):
    x = np.array(values[: len(values) // n_columns * n_columns] or [1.0] * n_columns).reshape(-1, n_columns)
    x = np.maximum(x, 0) if rectified else x
    edges = adaptive_edges(x, n_bins)
    assert (edges[0], edges[-1]) == (x.min(), x.max())
    assert (np.diff(edges[:-1]) > 0).all()
    bins = naive.bins(x.ravel(), edges).tolist()
    expected = [bin for row in naive.adaptive_bins(x, n_bins) for bin in row]
    assert len(set(bins)) == len(set(expected)) == len(set(zip(bins, expected, strict=True))) <= n_bins + 2


def test_adaptive_bins_of_a_rectified_layer():
    layer = np.maximum(np.random.default_rng(0).normal(size=(1000, 4)), 0)
    bins = naive.bins(layer.ravel(), adaptive_edges(layer, 30))
    assert set(bins[layer.ravel() == 0]) == {0}
    sizes = np.bincount(bins[layer.ravel() != 0])[1:]
    assert len(sizes) == 30
    assert sizes.max() - sizes.min() <= 1


def test_adaptive_bins_count_levels_not_rows():
    # Half of a saturated layer is one value, which takes the share of one value.
    column = np.r_[np.full(1000, 2.0), np.linspace(0.1, 1, 100)][:, None]
    np.testing.assert_array_equal(
        naive.bins(np.linspace(0.1, 1, 100), adaptive_edges(column, 4)), np.repeat([0, 1, 2, 3], 25)
    )


@given(low=st.floats(-5, 5), n_steps=st.integers(0, 40), width=st.sampled_from([0.07, 1.0, 1 / 3]))
def test_spaced_edges_are_multiples(low, n_steps, width):
    column = low + width * np.arange(n_steps + 1) / 3
    edges = spaced_edges(column, width)
    np.testing.assert_allclose(edges / width, np.rint(edges / width), atol=1e-9)
    assert edges[0] - 1e-9 <= column.min() < edges[1] + 1e-9
    assert edges[-2] - 1e-9 <= column.max() < edges[-1] + 1e-9


def test_too_many_bins_of_a_width_are_refused():
    with pytest.raises(
        ValueError, match="bin_width=1e-09 cuts a column of X, from 0 to 1, into more than 1000000 bins"
    ):
        spaced_edges(np.array([0.0, 1.0]), 1e-9)


@given(st.lists(st.integers(-3, 12), min_size=1, max_size=60))
def test_codes_are_dense_numbers_of_the_bins(values):
    column, edges = np.array(values, float), np.arange(0.0, 10.0)
    codes = digitize(column, edges)
    assert codes.dtype == np.int64
    np.testing.assert_array_equal(codes, np.unique(naive.bins(column, edges), return_inverse=True)[1])
