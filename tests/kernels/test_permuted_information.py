"""The mean of sums of c log c over permutations: that over all of them, and that of the hypergeometric distribution."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import betaln, xlogy

from skib._kernels.permuted_information import permuted_sum


def expected_term(a, b, n):
    """E[c log c] by logarithms of binomial coefficients."""
    c = np.arange(max(0, a + b - n), min(a, b) + 1)
    ways = [-betaln(part - taken + 1, taken + 1) for part, taken in ((a, c), (n - a, b - c))]
    shares = np.exp(ways[0] - np.log1p(a) + ways[1] - np.log1p(n - a) + betaln(n - b + 1, b + 1) + np.log1p(n))
    return np.sum(shares * xlogy(c, c))


def of_margins(x_counts, y_counts):
    """The sum of the kernel, of one stratum, where each margin occurs once."""
    x_counts, y_counts = np.array(x_counts), np.array(y_counts)
    ends = np.array([0, len(x_counts)]), np.array([0, len(y_counts)])
    once = np.ones_like(x_counts), np.ones_like(y_counts)
    return permuted_sum(x_counts, once[0], ends[0], y_counts, once[1], ends[1], np.array([x_counts.sum()]))


@given(st.lists(st.integers(0, 2), min_size=2, max_size=6), st.data())
def test_is_the_mean_over_all_permutations(x, data):
    y = data.draw(st.lists(st.integers(0, 2), min_size=len(x), max_size=len(x)))
    x, values = np.array(x), []
    for permuted in permutations(y):
        counts = np.bincount(3 * x + np.array(permuted), minlength=9)
        values.append(xlogy(counts, counts).sum())
    margins = [counts[counts > 0].tolist() for counts in (np.bincount(x), np.bincount(y))]
    assert of_margins(*margins) == pytest.approx(np.mean(values), abs=1e-12)


@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 100))
def test_is_that_of_the_hypergeometric_distribution(a, b, more):
    n = max(a, b) + more
    expected = sum(expected_term(r, c, n) for r in (a, n - a) for c in (b, n - b))
    assert of_margins([a, n - a], [b, n - b]) == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize(("a", "b", "n"), [(50_000, 50_000, 10**5), (3, 99_000, 10**5), (10**5, 10**5, 3 * 10**5)])
def test_large_margins(a, b, n):
    expected = sum(expected_term(r, c, n) for r in (a, n - a) for c in (b, n - b))
    assert of_margins([a, n - a], [b, n - b]) == pytest.approx(expected, rel=1e-9)  # that of the logarithms


def test_strata_add_up_and_margins_count_as_often_as_they_occur():
    first, second = of_margins([2, 2, 3], [4, 3]), of_margins([5, 1], [2, 2, 2])
    x_counts, x_times, x_starts = np.array([2, 3, 1, 5]), np.array([2, 1, 1, 1]), np.array([0, 2, 4])
    y_counts, y_times, y_starts = np.array([3, 4, 2]), np.array([1, 1, 3]), np.array([0, 2, 3])
    both = permuted_sum(x_counts, x_times, x_starts, y_counts, y_times, y_starts, np.array([7, 6]))
    assert both == pytest.approx(first + second, abs=1e-12)
