"""Canonical correlations of independent variables in the limit of many rows and columns."""

import numpy as np

_N_NODES = 256


def mean_null_correlation(n_samples, rank_x, rank_y):
    """Return the mean of the canonical correlations of independent rows of these ranks.

    Their squares have Wachter's distribution: with a = rank_x / (n - 1) and b = rank_y / (n - 1), its edges are
    (sqrt(a (1 - b)) -+ sqrt(b (1 - a)))^2, and where a + b > 1 as many correlations are 1 as the spans must share
    (K. W. Wachter, Annals of Statistics 8, 1980). It is a limit: for two single columns the mean is 6 % less, for 5 and
    5 columns 4 %, for 20 and 20 1 %.
    """
    n = n_samples - 1
    low, high = min(rank_x, rank_y), max(rank_x, rank_y)
    if low == 0:
        return np.nan
    n_ones = max(0, low + high - n)
    if n_ones >= low:
        return 1.0
    a, b = low / n, high / n
    left = (np.sqrt(a * (1 - b)) - np.sqrt(b * (1 - a))) ** 2
    right = (np.sqrt(a * (1 - b)) + np.sqrt(b * (1 - a))) ** 2
    nodes, weights = np.polynomial.legendre.leggauss(_N_NODES)
    angles = np.pi / 4 * (nodes + 1)
    squares = left + (right - left) * np.sin(angles) ** 2
    density = (right - left) ** 2 * np.sin(2 * angles) ** 2 / (np.sqrt(squares) * (1 - squares))
    return float((n_ones + n / (4 * np.pi) * np.pi / 4 * (weights @ density)) / low)
