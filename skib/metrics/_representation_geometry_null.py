"""The spectrum of the covariance of noise: the law of Marchenko and Pastur, and its largest eigenvalue."""

import numpy as np

_N_NODES = 4096
# The 99 % point of the Tracy-Widom distribution of real matrices.
_TRACY_WIDOM_99 = 2.0234


def noise_spectrum(n_samples, n_features):
    """Return the expected eigenvalues of the covariance of white noise of variance 1, without the zeros.

    They are the quantiles of the law of V. A. Marchenko and L. A. Pastur (Mathematics of the USSR-Sbornik 1, 1967) with
    n - 1 degrees of freedom, in ascending order, the ratio being that of the smaller number to the larger.
    """
    n = n_samples - 1
    ratio, n_values = min(n, n_features) / max(n, n_features), min(n, n_features)
    low, high = (1 - np.sqrt(ratio)) ** 2, (1 + np.sqrt(ratio)) ** 2
    angles = (np.arange(_N_NODES) + 0.5) * np.pi / 2 / _N_NODES
    values = low + (high - low) * np.sin(angles) ** 2
    cumulated = np.cumsum(np.sin(2 * angles) ** 2 / values)
    quantiles = np.interp((np.arange(n_values) + 0.5) / n_values, cumulated / cumulated[-1], values)
    return quantiles * (max(n, n_features) / n)


def largest_of_noise(n_samples, n_features):
    """Return what the largest eigenvalue of white noise of variance 1 exceeds once in 100 samples.

    By its limit, the distribution of C. A. Tracy and H. Widom (I. M. Johnstone, Annals of Statistics 29, 2001).
    """
    n = n_samples - 1
    roots = np.sqrt(n) + np.sqrt(n_features)
    return (roots**2 + _TRACY_WIDOM_99 * roots * (1 / np.sqrt(n) + 1 / np.sqrt(n_features)) ** (1 / 3)) / n
