import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skib._kernels import gram
from tests.naive import density as naive


@st.composite
def scattered_rows(draw):
    """Rows that overlap much, little or not at all, and repeat."""
    n, d = draw(st.integers(2, 40)), draw(st.integers(1, 6))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows = rng.normal(size=(n, d)) * draw(st.sampled_from([1e-8, 0.3, 1.0, 10.0, 1e3]))
    return rows[rng.integers(0, n, n)] if draw(st.booleans()) else rows


def summed(rows, size, kernel=gram.add_overlaps, n_powers=3):
    n, tiles, sums = len(rows), gram.in_tiles(rows), gram.no_sums(len(rows), n_powers)
    for first in range(0, n, size):
        kernel(first, min(first + size, n), n, tiles, sums)
    return gram.out_of_tiles(sums, n).T


def summed_relative(numbers, rows, powers):
    out = np.empty((len(numbers), 1 + len(powers)))
    gram.relative_sums(numbers, len(rows), gram.in_tiles(rows), powers, out)
    return out


@given(rows=scattered_rows(), size=st.sampled_from([2, 4, 6]))
def test_overlaps_equal_the_naive_twin_in_blocks_of_any_even_size(rows, size):
    sums = summed(rows, size)
    for column, power in zip(sums.T, (1, 2, 4), strict=True):
        np.testing.assert_allclose(column, naive.overlaps(rows, power), rtol=1e-11, atol=1e-13)
    np.testing.assert_array_equal(sums, summed(rows, len(rows)))
    np.testing.assert_array_equal(sums[:, :2], summed(rows, size, n_powers=2))


@given(rows=scattered_rows(), size=st.sampled_from([2, 4, 6]))
def test_powers_equal_the_naive_twin_in_blocks_of_any_even_size(rows, size):
    sums = summed(rows, size, gram.add_powers, 5)
    for column, power in zip(sums.T, (2, 3, 4, 6, 8), strict=True):
        np.testing.assert_allclose(column, naive.overlaps(rows, power), rtol=1e-11, atol=1e-13)
    np.testing.assert_array_equal(sums, summed(rows, len(rows), gram.add_powers, 5))


@pytest.mark.parametrize("n", [1300, 1537])
@pytest.mark.parametrize(("kernel", "powers"), [(gram.add_overlaps, (1, 2, 4)), (gram.add_powers, (2, 3, 4, 6, 8))])
def test_many_rows_meet_in_pieces(kernel, powers, n):
    rows = np.random.default_rng(0).normal(size=(n, 7)) / 2
    rows[::100] *= 30
    sums = summed(rows, 100, kernel, len(powers))
    for column, power in zip(sums.T, powers, strict=True):
        np.testing.assert_allclose(column, naive.overlaps(rows, power), rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(sums, summed(rows, n, kernel, len(powers)))


@given(rows=scattered_rows())
def test_far_rows_equal_the_naive_twin(rows):
    nearest, once, twice = summed_relative(np.arange(len(rows)), rows, np.array([1.0, 2.0])).T
    n, d = rows.shape
    logs, participation = naive.log_densities(rows, np.sqrt(0.5))
    np.testing.assert_allclose(np.log(once / (n - 1)) - nearest - d / 2 * np.log(np.pi), logs, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(once**2 / twice, participation, rtol=1e-8)
    assert (once >= 1).all()


def test_relative_sums_of_any_power_and_of_distances_beyond_all_floats():
    rows, powers = np.array([[0.0], [1.0], [-2.0]]), np.array([0.5, 7.0, 1e4])
    (sums,) = summed_relative(np.array([0]), rows, powers)
    np.testing.assert_allclose(sums, [1, 1 + np.exp(-1.5), 1 + np.exp(-21.0), 1], rtol=1e-15)
    (sums,) = summed_relative(np.array([0]), 1e200 * rows, powers)
    assert sums[0] == np.inf
    assert np.isfinite(sums[1:]).all()


def test_an_offset_costs_no_digits():
    rows = np.random.default_rng(0).integers(-64, 64, (50, 3)) / 64
    np.testing.assert_array_equal(summed(rows + 2.0**40, 10), summed(rows, 10))


@pytest.mark.parametrize("distance", [27.0, 27.5, 1e200])
def test_far_apart_is_nothing_not_nan(distance):
    sums = summed(np.array([[0.0], [distance]]), 2)
    np.testing.assert_allclose(sums[:, 0], np.exp(-(min(distance, 1e100) ** 2)), rtol=1e-10, atol=0)
