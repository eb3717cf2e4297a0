"""A uniform X with uniform noise: the density of the sum is a trapezium."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq

from skib.datasets import make_additive_noise_pair, make_smoothed_uniform_pair


def entropy_of_sum(width, other):
    """h of a sum of uniform variables on intervals of these widths: two ramps, and a plateau of height 1 / long."""
    short, long = sorted([width, other])
    slope = 1 / (short * long)
    ramp, _ = quad(lambda t: -t * slope * np.log(t * slope), 0, short, epsabs=1e-13)
    return 2 * ramp + (long - short) / long * np.log(long)


@pytest.mark.parametrize("epsilon", [0.01, 0.1, 0.4, 0.5, 0.75, 3.0])
def test_truth_of_epsilon(epsilon):
    # I = h(X + N) - h(N).
    expected = entropy_of_sum(1, 2 * epsilon) - np.log(2 * epsilon)
    assert make_additive_noise_pair(2, epsilon=epsilon).mutual_info == pytest.approx(expected, abs=1e-10)


def assert_uniform_and_independent(noise, x):
    """``noise`` is uniform on [-1/2, 1/2], in moments and range, and uncorrelated with x."""
    assert np.abs(noise).max() <= 0.5 + 1e-6
    assert noise.var() == pytest.approx(1 / 12, abs=4 * np.sqrt(1 / 180 / len(noise)))
    assert abs(np.corrcoef(noise, x)[0, 1]) < 4 / np.sqrt(len(noise))


@pytest.mark.parametrize("epsilon", [0.1, 0.75])
def test_additive_noise(epsilon):
    pair = make_additive_noise_pair(20_000, epsilon=epsilon, random_state=0)
    assert_uniform_and_independent((pair.y - pair.X[:, 0]) / (2 * epsilon), pair.X[:, 0])


@pytest.mark.parametrize("information", [0.01, 0.2, 0.499, 0.501, 1.0, 5.0])
def test_smoothing_inverts_the_information(information):
    pair = make_smoothed_uniform_pair(20_000, mutual_info=information, random_state=1)
    assert pair.mutual_info == information
    # h(s X + U) - h(U), with h(U) = 0.
    signal = brentq(lambda s: entropy_of_sum(s, 1) - information, 1e-4, 1e3, xtol=1e-12)
    assert_uniform_and_independent(pair.y - signal * pair.X[:, 0], pair.X[:, 0])


def test_no_information_is_noise_alone():
    pair = make_smoothed_uniform_pair(20_000, mutual_info=0, random_state=2)
    assert_uniform_and_independent(pair.y, pair.X[:, 0])


@pytest.mark.parametrize("epsilon", [0.0, -1.0, np.nan, np.inf])
def test_epsilon_out_of_range(epsilon):
    with pytest.raises(ValueError, match="epsilon"):
        make_additive_noise_pair(10, epsilon=epsilon)


@pytest.mark.parametrize("information", [-0.1, 31.0, np.nan])
def test_information_out_of_range(information):
    with pytest.raises(ValueError, match="mutual_info"):
        make_smoothed_uniform_pair(10, mutual_info=information)
