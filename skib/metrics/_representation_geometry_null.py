"""The spectrum of the covariance of noise: the law of Marchenko and Pastur, and its largest eigenvalue."""

import numpy as np

_N_NODES = 4096
# The 99 % point of the Tracy-Widom distribution of real matrices.
_TRACY_WIDOM_99 = 2.0234
# Its standard deviation.
_TRACY_WIDOM_SD = 1.2680


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
    middle, scale = _largest_eigenvalue(n_samples, n_features)
    return middle + _TRACY_WIDOM_99 * scale


def least_beside_noise(n_samples, n_features):
    """Return what an eigenvalue exceeds that may be above the largest one of noise in another sample, by 5 spreads."""
    middle, scale = _largest_eigenvalue(n_samples, n_features)
    return max(middle + (_TRACY_WIDOM_99 - 5 * _TRACY_WIDOM_SD) * scale, middle / 10)


def crossing_spread(eigenvalues, errors, n_samples, n_features):
    """Return the spreads of sample eigenvalues, from their first-order errors, near the largest one of noise.

    Noise repels an eigenvalue that leaves it: with the eigenvalue l of the population and the ratio g of features to
    samples, the square of its error is 1 - g / (l - 1)^2 times that of the first order (D. Paul, Statistica Sinica 17,
    2007, theorem 3). Those inside spread as the largest one of noise.
    """
    ratio = n_features / (n_samples - 1)
    total = np.maximum(eigenvalues, (1 + np.sqrt(ratio)) ** 2) + 1 - ratio
    population = (total + np.sqrt(np.maximum(total**2 - 4 * (total - 1 + ratio), 0))) / 2
    shares = np.maximum(1 - ratio / (population - 1) ** 2, 0)
    return np.maximum(errors * np.sqrt(shares), _TRACY_WIDOM_SD * _largest_eigenvalue(n_samples, n_features)[1])


def _largest_eigenvalue(n_samples, n_features):
    """Return the location and the scale of the largest eigenvalue of white noise of variance 1."""
    n = n_samples - 1
    roots = np.sqrt(n) + np.sqrt(n_features)
    return roots**2 / n, roots * (1 / np.sqrt(n) + 1 / np.sqrt(n_features)) ** (1 / 3) / n
