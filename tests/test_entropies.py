"""Entropies of counts and overlaps of noisy rows, against their definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skib._entropies import (
    alphabet_size,
    in_units_of_noise,
    information_within,
    log_mean_overlaps,
    log_of_counts,
    overlap_sums,
)
from skib._kernels import gram
from tests.naive import density as naive

seeds = st.integers(0, 2**32 - 1)


def test_log_of_counts_by_its_recursion():
    # Grassberger (2008): G(1) = -gamma - log 2, G(2) = 2 + G(1), G(2n + 1) = G(2n), G(2n + 2) = G(2n) + 2 / (2n + 1).
    expected = [-np.euler_gamma - np.log(2), 2 - np.euler_gamma - np.log(2)]
    for n in range(3, 60):
        expected.append(expected[-1] if n % 2 else expected[-1] + 2 / (n - 1))
    np.testing.assert_allclose(log_of_counts(np.arange(1, 60)), expected, rtol=1e-13)
    assert log_of_counts(np.array([10**9]))[0] == pytest.approx(np.log(10**9), abs=1e-9)


def test_size_of_an_alphabet():
    assert alphabet_size(None, 3) == 3
    assert alphabet_size(5, 3) == 5
    with pytest.raises(ValueError, match="n_categories=2, but 3 distinct rows were seen; pass n_categories >= 3"):
        alphabet_size(2, 3)


@given(
    seed=seeds, n_samples=st.integers(1, 30), n_columns=st.integers(1, 3), variance=st.sampled_from([0.01, 1.0, 30.0])
)
def test_overlaps_equal_the_definition(seed, n_samples, n_columns, variance):
    x = np.random.default_rng(seed).normal(size=(n_samples, n_columns))
    expected = [naive.log_mean_overlaps(x, c * variance) for c in (8, 2)]
    np.testing.assert_allclose(log_mean_overlaps(x, variance), expected, atol=1e-12)
    np.testing.assert_allclose(overlap_sums(x), np.transpose([naive.overlaps(x, k) for k in (1, 2, 4)]), atol=1e-12)


def test_blocks_of_rows_do_not_change_a_bit(monkeypatch):
    x = np.random.default_rng(0).normal(size=(50, 3))
    expected = overlap_sums(x)
    monkeypatch.setattr(gram, "_CALL_COST", 6 * (x.size + gram._EXP_COST * len(x)))
    assert gram.rows_per_call(*x.shape) == 6
    np.testing.assert_array_equal(overlap_sums(x), expected)


@given(seed=seeds, n_classes=st.integers(1, 6))
def test_information_within_classes(seed, n_classes):
    rng = np.random.default_rng(seed)
    x, codes = rng.normal(size=(30, 2)), rng.integers(0, n_classes, 30)
    information = information_within(x, codes)
    for code in set(codes):
        rows = codes == code
        expected = -log_mean_overlaps(x[rows], 1.0)
        np.testing.assert_allclose(information[:, rows], expected, atol=1e-12)
        assert (information[:, rows] <= np.log(rows.sum()) + 1e-12).all()


def test_a_row_alone_in_its_class_has_no_information():
    x = np.random.default_rng(0).normal(size=(5, 2))
    np.testing.assert_array_equal(information_within(x, np.arange(5)), 0)


def test_values_too_large_for_the_noise_are_refused():
    with pytest.raises(ValueError, match="values up to 1e.308 are too large .* rescale the rows, or assume more noise"):
        in_units_of_noise(np.array([[1e308], [0.0]]), 1e-9)
