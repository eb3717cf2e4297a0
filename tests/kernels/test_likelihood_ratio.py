"""G, its degrees of freedom and its mean equal those of the slow twin, and of all permutations."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from skib._kernels.likelihood_ratio import likelihood_ratios
from tests.naive.independence import likelihood_ratio


def table_of(x, y):
    table = np.zeros((max(x) + 1, max(y) + 1))
    np.add.at(table, (x, y), 1)
    return table


@st.composite
def two_columns(draw, most_rows=300):
    n = draw(st.integers(1, most_rows))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    levels = [draw(st.integers(1, 12)) for _ in range(2)]
    skew = draw(st.sampled_from([1, 4]))
    return [(k * rng.random(n) ** skew).astype(int).tolist() for k in levels]


@given(columns=st.lists(two_columns(), min_size=1, max_size=3))
@settings(max_examples=60)
def test_equals_the_naive_twin(columns):
    shape = [max(max(pair[i]) for pair in columns) + 1 for i in range(2)]
    tables = np.zeros((len(columns), *shape))
    for table, (x, y) in zip(tables, columns, strict=True):
        np.add.at(table, (x, y), 1)
    expected = [likelihood_ratio(x, y) for x, y in columns]
    # The series of large expected counts errs by at most 1e-3 per cell, and there are at most 144 of them.
    assert_allclose(likelihood_ratios(tables)[:, :2], np.array(expected)[:, :2], atol=1e-8)
    assert_allclose(likelihood_ratios(tables)[:, 2], np.array(expected)[:, 2], atol=0.05, rtol=2e-3)


@pytest.mark.parametrize(
    ("x", "y"), [([0, 0, 0, 1, 1, 2, 2], [0, 1, 1, 1, 1, 0, 0]), ([0, 0, 0, 0, 0, 0, 1], [0, 0, 0, 0, 1, 1, 1])]
)
def test_mean_over_all_permutations(x, y):
    values = [likelihood_ratios(table_of(x, list(order))[None])[0, 0] for order in permutations(y)]
    assert_allclose(likelihood_ratios(table_of(x, y)[None])[0, 2], np.mean(values), atol=1e-8)


@pytest.mark.parametrize("n", [60, 600, 60_000])  # below and above where the series begins
def test_one_mean_for_the_sum_and_the_series(n):
    x, y = (np.arange(n) * 3 // n).tolist(), (np.arange(n) % 5 == 0).astype(int).tolist()
    assert_allclose(likelihood_ratios(table_of(x, y)[None])[0, 2], likelihood_ratio(x, y)[2], rtol=2e-3)


def test_weights_continue_the_counts():
    """The mean changes little if all weights do."""
    table = np.array([[[3.0, 1.0, 5.0], [2.0, 2.0, 7.0]]])
    value, near = likelihood_ratios(table), likelihood_ratios(table * (1 + 1e-7))
    assert_allclose(near, value, rtol=1e-5)


def test_no_degrees_of_freedom():
    tables = np.array(
        [[[0.0, 0.0], [0.0, 0.0]], [[4.0, 2.0], [0.0, 0.0]], [[4.0, 0.0], [3.0, 0.0]], [[1.0, 0], [0, 0]]]
    )
    assert not likelihood_ratios(tables).any()
