import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skib._kernels.gram import add_overlaps, add_powers, relative_sums
from tests.naive import density as naive


@st.composite
def scattered_rows(draw):
    """Rows that overlap much, little or not at all, and repeat."""
    n, d = draw(st.integers(2, 40)), draw(st.integers(1, 6))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows = rng.normal(size=(n, d)) * draw(st.sampled_from([1e-8, 0.3, 1.0, 10.0, 1e3]))
    return rows[rng.integers(0, n, n)] if draw(st.booleans()) else rows


def summed(rows, size, kernel=add_overlaps, n_powers=3):
    columns, sums = np.ascontiguousarray(rows.T), np.zeros((n_powers, len(rows)))
    for first in range(0, len(rows), size):
        kernel(first, min(first + size, len(rows)), columns, sums)
    return sums.T


@given(rows=scattered_rows(), size=st.integers(1, 7))
def test_overlaps_equal_the_naive_twin_in_blocks_of_any_size(rows, size):
    sums = summed(rows, size)
    for column, power in zip(sums.T, (1, 2, 4), strict=True):
        np.testing.assert_allclose(column, naive.overlaps(rows, power), rtol=1e-11, atol=1e-13)
    np.testing.assert_array_equal(sums, summed(rows, len(rows)))
    np.testing.assert_array_equal(sums[:, :2], summed(rows, size, n_powers=2))


@given(rows=scattered_rows(), size=st.integers(1, 7))
def test_powers_equal_the_naive_twin_in_blocks_of_any_size(rows, size):
    sums = summed(rows, size, add_powers, 5)
    for column, power in zip(sums.T, (2, 3, 4, 6, 8), strict=True):
        np.testing.assert_allclose(column, naive.overlaps(rows, power), rtol=1e-11, atol=1e-13)
    np.testing.assert_array_equal(sums, summed(rows, len(rows), add_powers, 5))


@pytest.mark.parametrize("n", [1300, 1537])
@pytest.mark.parametrize(("kernel", "powers"), [(add_overlaps, (1, 2, 4)), (add_powers, (2, 3, 4, 6, 8))])
def test_many_rows_meet_in_pieces(kernel, powers, n):
    rows = np.random.default_rng(0).normal(size=(n, 7)) / 2
    rows[::100] *= 30
    sums = summed(rows, 100, kernel, len(powers))
    for column, power in zip(sums.T, powers, strict=True):
        np.testing.assert_allclose(column, naive.overlaps(rows, power), rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(sums, summed(rows, n, kernel, len(powers)))


@given(rows=scattered_rows())
def test_far_rows_equal_the_naive_twin(rows):
    out = np.empty((len(rows), 3))
    relative_sums(np.arange(len(rows)), np.ascontiguousarray(rows.T), np.array([1.0, 2.0]), out)
    nearest, once, twice = out.T
    n, d = rows.shape
    logs, participation = naive.log_densities(rows, np.sqrt(0.5))
    np.testing.assert_allclose(np.log(once / (n - 1)) - nearest - d / 2 * np.log(np.pi), logs, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(once**2 / twice, participation, rtol=1e-8)
    assert (once >= 1).all()


def test_relative_sums_of_any_power_and_of_distances_beyond_all_floats():
    rows = np.array([[0.0], [1.0], [-2.0]])
    out = np.empty((1, 4))
    relative_sums(np.array([0]), rows.T.copy(), np.array([0.5, 7.0, 1e4]), out)
    np.testing.assert_allclose(out[0], [1, 1 + np.exp(-1.5), 1 + np.exp(-21.0), 1], rtol=1e-15)
    relative_sums(np.array([0]), 1e200 * rows.T, np.array([0.5, 7.0, 1e4]), out)
    assert out[0, 0] == np.inf
    assert np.isfinite(out[0, 1:]).all()


def test_an_offset_costs_no_digits():
    rows = np.random.default_rng(0).integers(-64, 64, (50, 3)) / 64
    np.testing.assert_array_equal(summed(rows + 2.0**40, 9), summed(rows, 9))


@pytest.mark.parametrize("distance", [27.0, 27.5, 1e200])
def test_far_apart_is_nothing_not_nan(distance):
    sums = summed(np.array([[0.0], [distance]]), 1)
    np.testing.assert_allclose(sums[:, 0], np.exp(-(min(distance, 1e100) ** 2)), rtol=1e-10, atol=0)
