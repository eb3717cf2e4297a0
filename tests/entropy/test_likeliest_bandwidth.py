"""The bandwidth of the largest likelihood, against a dense search over the naive densities."""

import numpy as np
import pytest

from skib.entropy._likeliest_bandwidth import likeliest_bandwidth, sums_over_others
from tests.naive import density as naive

LOG_RANGE = np.log(0.02), np.log(2.0)


def estimate(rows, log_bandwidth):
    return -naive.log_densities(rows, np.exp(log_bandwidth))[0].mean()


@pytest.mark.parametrize("law", ["normal", "laplace", "exponential", "standard_cauchy", "uniform"])
@pytest.mark.parametrize(("n", "d"), [(50, 1), (400, 1), (700, 3)])
def test_no_bandwidth_is_likelier(law, n, d):
    rows = getattr(np.random.default_rng(0), law)(size=(n, d))
    found = np.log(likeliest_bandwidth(rows, LOG_RANGE))
    assert LOG_RANGE[0] - 1e-12 <= found <= LOG_RANGE[1] + 1e-12
    least = min(estimate(rows, log_bandwidth) for log_bandwidth in np.linspace(*LOG_RANGE, 61))
    assert estimate(rows, found) < least + 1e-4


@pytest.mark.parametrize(("unit", "end"), [(1e4, 1), (1e-4, 0)])
def test_the_range_ends_the_search(unit, end):
    rows = unit * np.random.default_rng(0).normal(size=(200, 2))
    assert np.log(likeliest_bandwidth(rows, LOG_RANGE)) == pytest.approx(LOG_RANGE[end], abs=1e-12)


def test_rows_beyond_all_floats_take_the_widest():
    rows = np.vstack([np.random.default_rng(0).normal(size=(50, 1)), [[1e200]]])
    assert np.log(likeliest_bandwidth(rows, LOG_RANGE)) == pytest.approx(LOG_RANGE[1], abs=1e-12)


def test_sums_over_others_equal_the_definition():
    rows = np.random.default_rng(0).normal(size=(30, 2))
    squares = ((rows[[3, 7], None] - rows) ** 2).sum(axis=2)
    squares[[0, 1], [3, 7]] = np.inf
    least = squares.min(axis=1)
    got = sums_over_others(rows, np.array([3, 7]), np.array([0.5, 20.0]))
    np.testing.assert_allclose(got[:, 0], least, rtol=1e-14)
    for column, power in zip(got[:, 1:].T, (0.5, 20.0), strict=True):
        np.testing.assert_allclose(column, np.exp(power * (least[:, None] - squares)).sum(axis=1), rtol=1e-13)
