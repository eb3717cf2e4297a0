"""Information from errors of the best denoisers of Gaussian data, which are known."""

import numpy as np
import pytest
from scipy.special import expit

from skib import UnreliableEstimateWarning
from skib.metrics import denoiser_information

LOG_SNR = np.linspace(-14, 14, 281)


def best_errors(variance):
    """Mean squared errors of the noise that the best denoiser of a normal x of this variance predicts."""
    signal, noise = variance * expit(LOG_SNR), expit(-LOG_SNR)
    return signal / (signal + noise)


def drawn_errors(x, mean, variance, rng):
    """Squared errors of the best denoiser for x that is normal with this mean and variance."""
    alpha, noise = expit(LOG_SNR)[:, None], rng.normal(size=(len(LOG_SNR), len(x)))
    seen = np.sqrt(alpha) * x + np.sqrt(1 - alpha) * noise
    predicted = np.sqrt(1 - alpha) * (seen - np.sqrt(alpha) * mean) / (alpha * variance + 1 - alpha)
    return (noise - predicted) ** 2


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9])
def test_gaussian_truth(rho):
    errors, given = (np.tile(best_errors(v)[:, None], (1, 3)) for v in (1.0, 1 - rho**2))
    found = denoiser_information(errors, given, LOG_SNR)
    assert found.mutual_info.value == pytest.approx(-0.5 * np.log(1 - rho**2), abs=1e-4)
    np.testing.assert_allclose(found.pointwise, found.mutual_info.value)
    assert found.gain.shape == LOG_SNR.shape


def test_drawn_errors_with_common_noise():
    rng = np.random.default_rng(0)
    y = rng.normal(size=2000)
    x = 0.8 * y + 0.6 * rng.normal(size=2000)
    alone, given = (drawn_errors(x, m, v, np.random.default_rng(1)) for m, v in ((0, 1.0), (0.8 * y, 0.36)))
    found = denoiser_information(alone, given, LOG_SNR)
    truth = 0.5 * np.log(1 / 0.36) + (x**2 - (x - 0.8 * y) ** 2 / 0.36) / 2
    assert abs(found.mutual_info.value - 0.5 * np.log(1 / 0.36)) < 4 * found.mutual_info.std_error
    assert np.corrcoef(found.pointwise, truth)[0, 1] > 0.5


def test_descending_order_and_pixels():
    errors, given = (
        np.tile(best_errors(1.0)[:, None, None], (1, 4, 5)),
        np.tile(best_errors(0.5)[:, None, None], (1, 4, 5)),
    )
    up = denoiser_information(errors, given, LOG_SNR)
    down = denoiser_information(errors[::-1], given[::-1], LOG_SNR[::-1])
    assert up.pointwise.shape == (4, 5)
    assert up.mutual_info.value == pytest.approx(5 * 0.5 * np.log(2), abs=1e-3)
    assert down.mutual_info.value == pytest.approx(up.mutual_info.value)


def test_open_ends_warn():
    middle = np.abs(LOG_SNR) < 1
    errors, given = (np.tile(best_errors(v)[:, None], (1, 3)) for v in (1.0, 0.3))
    with pytest.warns(UnreliableEstimateWarning, match="the integral misses what is beyond"):
        denoiser_information(errors[middle], given[middle], LOG_SNR[middle])


@pytest.mark.parametrize(
    ("errors", "given", "log_snr", "text"),
    [
        (np.ones((3, 2)), np.ones((3, 2)), [0, 0, 1], "ascending or descending"),
        (np.ones((3, 2)), np.ones((3, 2)), [0, np.nan, 1], "ascending or descending"),
        (np.ones((3, 2)), np.ones((3, 2)), [0.0], "2 levels or more"),
        (np.ones((3, 2)), np.ones((3, 4)), [0, 1, 2], r"errors_given has shape \(3, 4\)"),
        (np.ones(3), np.ones(3), [0, 1, 2], r"errors has shape \(3,\)"),
        (-np.ones((3, 2)), np.ones((3, 2)), [0, 1, 2], "errors must be squared errors"),
        (np.ones((3, 2)), np.full((3, 2), np.nan), [0, 1, 2], "errors_given must be squared errors"),
    ],
)
def test_bad_input_is_named(errors, given, log_snr, text):
    with pytest.raises(ValueError, match=text):
        denoiser_information(errors, given, log_snr)
