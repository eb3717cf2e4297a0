"""The log-gamma-exponential pair: the stated density of the sample has the required information."""

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import digamma
from scipy.stats import kstest, loggamma

from skib.datasets import make_log_gamma_pair


def shape_of(information):
    """Shape of the gamma variable, from I = psi(k + 1) - log(k)."""
    return np.exp(brentq(lambda t: digamma(np.exp(t) + 1) - t - information, -25, 15))


@pytest.mark.parametrize("information", [1e-4, 0.1, 1.0, 5.0, 15.0])
@pytest.mark.parametrize("seed", [0, 1])
def test_sample_has_the_information_asked_for(information, seed):
    pair = make_log_gamma_pair(20_000, mutual_info=information, random_state=seed)
    assert pair.mutual_info == information
    x, y, k = pair.X[:, 0], pair.y, shape_of(information)
    # Given X, exp(y) is exponential of rate exp(X); without X, its density is k / (1 + t)^(k + 1).
    values = x - np.exp(x + y) - np.log(k) + (k + 1) * np.logaddexp(0, y)
    assert abs(values.mean() - information) < 4 * values.std() / np.sqrt(20_000)


@pytest.mark.parametrize("information", [0.1, 1.0, 5.0])
def test_margin_and_noise(information):
    pair = make_log_gamma_pair(5000, mutual_info=information, random_state=2)
    assert kstest(pair.X[:, 0], loggamma(shape_of(information)).cdf).pvalue > 1e-4
    assert kstest(np.exp(pair.X[:, 0] + pair.y), "expon").pvalue > 1e-4


def test_the_largest_information_stays_finite():
    pair = make_log_gamma_pair(5000, mutual_info=25, random_state=3)
    assert np.isfinite(pair.X).all()
    assert kstest(np.exp(pair.X[:, 0] + pair.y), "expon").pvalue > 1e-4


@pytest.mark.parametrize("information", [0.0, -1.0, 26.0, np.nan])
def test_information_out_of_range(information):
    with pytest.raises(ValueError, match="mutual_info"):
        make_log_gamma_pair(10, mutual_info=information)
