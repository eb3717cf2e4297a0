"""Information from the errors of a denoiser, with and without the condition."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from skib._typing import Floats
from skib._warnings import UnreliableEstimateWarning, warn
from skib.metrics._measurement import Measurement

# Share of the largest mean gain that may be left at an end of the range of noise levels.
_OPEN_END = 0.1


@dataclass(frozen=True)
class DenoiserInformation:
    """Information of a condition about the samples of a diffusion model, in nats.

    Attributes
    ----------
    mutual_info : Measurement
        I(X;Y), the mean of the samples.
    pointwise : ndarray of shape (n_samples, ...)
        The information of each sample, and of each pixel or unit if the errors have more axes.
    gain : ndarray of shape (n_levels,)
        Mean over the samples of the fall of the squared error at each noise level, the integrand.
    """

    mutual_info: Measurement
    pointwise: Floats
    gain: Floats


def denoiser_information(errors: ArrayLike, errors_given: ArrayLike, log_snr: ArrayLike) -> DenoiserInformation:
    r"""Compute I(X;Y) from the squared errors of a denoiser with and without the condition y.

    With :math:`x_\alpha = \sqrt{\sigma(\alpha)}\, x + \sqrt{\sigma(-\alpha)}\, \epsilon` at the log signal-to-noise
    ratio :math:`\alpha`, with :math:`\sigma` the logistic function, and the predicted noise :math:`\hat\epsilon`,

    .. math:: i(x; y) = \frac12 \int E\bigl[|\epsilon - \hat\epsilon(x_\alpha)|^2
              - |\epsilon - \hat\epsilon(x_\alpha | y)|^2\bigr]\, d\alpha,

    by the trapezoidal rule.

    Parameters
    ----------
    errors : array-like of shape (n_levels, n_samples, ...)
        Squared errors :math:`|\epsilon - \hat\epsilon(x_\alpha)|^2` of the predicted noise without the condition,
        summed over units, or with further axes for these.
    errors_given : array-like of shape (n_levels, n_samples, ...)
        The same with the condition, at best with the same noise, which lowers the variance.
    log_snr : array-like of shape (n_levels,)
        The natural logarithms of the signal-to-noise ratios, in ascending or descending order.

    Returns
    -------
    information : DenoiserInformation
        The information, that of each sample, and the integrand.

    Notes
    -----
    The integral is exact for the best denoiser. A denoiser that uses y badly gives too little, and one that is bad
    without y too much: the value is no bound. The null is 0, the gain of a condition that is not used. An
    ``UnreliableEstimateWarning`` is issued if more than a tenth of the largest gain is left at an end of the range.

    References
    ----------
    .. [1] D. Guo, S. Shamai, S. Verdu, "Mutual information and minimum mean-square error in Gaussian channels", IEEE
       Transactions on Information Theory 51, 2005.
    .. [2] X. Kong, O. Liu, H. Li, D. Yogatama, G. Ver Steeg, "Interpretable diffusion via information decomposition",
       ICLR 2024.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.special import expit
    >>> from skib.metrics import denoiser_information
    >>> alpha = np.linspace(-12, 12, 200)
    >>> prior = expit(alpha)  # mean squared errors of the best denoiser of a standard normal x,
    >>> given = 0.36 * expit(alpha) / (0.36 * expit(alpha) + expit(-alpha))  # and of one with variance 0.36 given y
    >>> result = denoiser_information(np.tile(prior, (5, 1)).T, np.tile(given, (5, 1)).T, alpha)
    >>> round(result.mutual_info.value, 3)  # truth: 0.511
    0.511
    """
    errors, given, log_snr = _check(errors, errors_given, log_snr)
    gains = errors - given
    pointwise = np.trapezoid(gains, log_snr, axis=0) / 2
    totals = gains.reshape(*gains.shape[:2], -1).sum(axis=2)
    gain = totals.mean(axis=1)
    _warn_of_open_ends(gain, log_snr)
    samples = pointwise.reshape(len(pointwise), -1).sum(axis=1)
    error = samples.std(ddof=1) / np.sqrt(len(samples)) if len(samples) > 1 else np.nan
    return DenoiserInformation(Measurement(float(samples.mean()), float(error), 0.0), pointwise, gain)


def _check(errors, errors_given, log_snr):
    """Return the arrays as float64, in ascending order of the noise levels."""
    errors, given, log_snr = (np.asarray(values, np.float64) for values in (errors, errors_given, log_snr))
    if log_snr.ndim != 1 or len(log_snr) < 2:
        raise ValueError(f"log_snr has shape {log_snr.shape}; pass the log signal-to-noise ratios of 2 levels or more")
    steps = np.diff(log_snr)
    if not ((steps > 0).all() or (steps < 0).all()):
        raise ValueError("log_snr must be in ascending or descending order, with finite and distinct values; sort it")
    for name, values in (("errors", errors), ("errors_given", given)):
        if values.ndim < 2 or not values.size or len(values) != len(log_snr) or values.shape != errors.shape:
            raise ValueError(
                f"{name} has shape {values.shape}; pass (n_levels, n_samples, ...) with n_levels = {len(log_snr)}, the "
                "same for both"
            )
        if not np.isfinite(values).all() or values.min() < 0:
            raise ValueError(f"{name} must be squared errors, got negative or non-finite values; pass |e - e_hat|^2")
    return (errors, given, log_snr) if steps[0] > 0 else (errors[::-1], given[::-1], log_snr[::-1])


def _warn_of_open_ends(gain, log_snr):
    for end in (0, -1):
        if abs(gain[end]) > _OPEN_END * np.abs(gain).max():
            warn(
                f"the squared error still falls by {gain[end]:.3g} at log_snr = {log_snr[end]:.3g}, of "
                f"{np.abs(gain).max():.3g} at most: the integral misses what is beyond; widen the range of log_snr",
                UnreliableEstimateWarning,
            )
