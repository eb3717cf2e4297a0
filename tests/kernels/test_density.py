import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skib._kernels.density import add_overlaps, far_overlaps
from tests.naive import density as naive


@st.composite
def scattered_rows(draw):
    """Rows that overlap much, little or not at all, and repeat."""
    n, d = draw(st.integers(2, 40)), draw(st.integers(1, 6))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows = rng.normal(size=(n, d)) * draw(st.sampled_from([1e-8, 0.3, 1.0, 10.0, 1e3]))
    return rows[rng.integers(0, n, n)] if draw(st.booleans()) else rows


def summed(rows, size):
    columns, sums = np.ascontiguousarray(rows.T), np.zeros((len(rows), 3))
    for first in range(0, len(rows), size):
        add_overlaps(first, min(first + size, len(rows)), columns, sums)
    return sums


@given(rows=scattered_rows(), size=st.integers(1, 7))
def test_overlaps_equal_the_naive_twin_in_blocks_of_any_size(rows, size):
    sums = summed(rows, size)
    for column, power in zip(sums.T, (1, 2, 4), strict=True):
        np.testing.assert_allclose(column, naive.overlaps(rows, power), rtol=1e-11, atol=1e-13)
    np.testing.assert_array_equal(sums, summed(rows, len(rows)))


@given(rows=scattered_rows())
def test_far_rows_equal_the_naive_twin(rows):
    out = np.empty((len(rows), 3))
    far_overlaps(np.arange(len(rows)), np.ascontiguousarray(rows.T), out)
    nearest, once, twice = out.T
    n, d = rows.shape
    logs, participation = naive.log_densities(rows, np.sqrt(0.5))
    np.testing.assert_allclose(np.log(once / (n - 1)) - nearest - d / 2 * np.log(np.pi), logs, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(once**2 / twice, participation, rtol=1e-8)
    assert (once >= 1).all()


def test_an_offset_costs_no_digits():
    rows = np.random.default_rng(0).integers(-64, 64, (50, 3)) / 64
    np.testing.assert_array_equal(summed(rows + 2.0**40, 9), summed(rows, 9))


@pytest.mark.parametrize("distance", [27.0, 27.5, 1e200])
def test_far_apart_is_nothing_not_nan(distance):
    sums = summed(np.array([[0.0], [distance]]), 1)
    np.testing.assert_allclose(sums[:, 0], np.exp(-(min(distance, 1e100) ** 2)), rtol=1e-10, atol=0)
