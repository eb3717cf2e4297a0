"""Cells of permuted rows, and cells of one and of two rows, equal their naive twins."""

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.special import digamma

from skib._entropies import log_of_counts
from skib._kernels.thin_cells import permuted_cells, rare_cells
from tests.naive import tables as naive

counts = st.lists(st.integers(1, 25), min_size=1, max_size=6)


def score(c):
    """Grassberger's G, equation 30 of the paper."""
    return digamma(c) + 0.5 * (-1) ** c * (digamma((c + 1) / 2) - digamma(c / 2))


@given(x=counts, y=counts)
@settings(max_examples=60)
def test_permuted_cells_equal_the_naive_twin(x, y):
    n_samples = max(sum(x), sum(y))
    x, y = ([*c, n_samples - sum(c)] if sum(c) < n_samples else c for c in (x, y))
    (x_values, x_times), (y_values, y_times) = (np.unique(c, return_counts=True) for c in (x, y))
    scores = np.r_[0.0, log_of_counts(np.arange(1, n_samples + 1))]
    got = permuted_cells(x_values, x_times, y_values, y_times, n_samples, scores)
    assert_allclose(got, naive.permuted_cells(x, y, n_samples, score), rtol=1e-9, atol=1e-9)


def test_full_cells_by_two_moments():
    """Above 30 rows the excess differs from the exact one by 1 / 12 of the inverse of the mean, at most."""
    a, b, n_samples = 300, 400, 3000
    scores = np.r_[0.0, log_of_counts(np.arange(1, a + 1))]
    one = np.ones(1, np.int64)
    got = permuted_cells(a * one, one, b * one, one, n_samples, scores)
    exact = naive.permuted_cells([a], [b], n_samples, score)
    assert abs(got[0] - exact[0]) < n_samples / (12 * a * b)
    assert got[1] == got[2] == 0.0
    assert max(exact[1:]) < 1e-12


@given(seed=st.integers(0, 2**32 - 1), n_rows=st.integers(1, 60), n_codes=st.integers(1, 8))
def test_rare_cells_equal_the_definition(seed, n_rows, n_codes):
    rng = np.random.default_rng(seed)
    groups, codes = rng.integers(0, 6, n_rows), rng.integers(0, n_codes, n_rows)
    order = np.argsort(groups, kind="stable")
    tally = np.zeros(n_codes, np.int64)
    got = rare_cells(order, np.searchsorted(groups[order], np.arange(7)), codes, tally)
    cells = Counter(Counter(zip(groups.tolist(), codes.tolist(), strict=True)).values())
    assert got == (cells[1], cells[2])
    assert not tally.any()
