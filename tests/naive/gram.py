"""Slow, transparent twins of the measures made of Gram matrices, dense and written from the papers' formulas."""

import numpy as np


def gram(rows, bandwidth):
    """exp(-|a - b|^2 / 2h^2) between all rows."""
    return np.exp(-((rows[:, None, :] - rows[None, :, :]) ** 2).sum(axis=2) / (2 * bandwidth**2))


def cauchy_schwarz(K, Q):
    n, one = len(K), np.ones(len(K))
    return (
        np.log(np.sum(K * Q) / n**2)
        + np.log((one @ K @ one) * (one @ Q @ one) / n**4)
        - 2 * np.log(one @ K @ Q @ one / n**3)
    )


def hsic_biased(K, Q):
    n = len(K)
    H = np.eye(n) - 1 / n
    return np.trace(K @ H @ Q @ H) / (n - 1) ** 2


def hsic_unbiased(K, Q):
    n, one = len(K), np.ones(len(K))
    K, Q = K - np.diag(np.diag(K)), Q - np.diag(np.diag(Q))
    both = (one @ K @ one) * (one @ Q @ one) / ((n - 1) * (n - 2))
    return (np.trace(K @ Q) + both - 2 / (n - 2) * (one @ K @ Q @ one)) / (n * (n - 3))


def renyi_entropy(K, alpha):
    values = np.clip(np.linalg.eigvalsh(K / np.trace(K)), 0, None)
    if alpha == 1:
        values = values[values > 0]
        return -np.sum(values * np.log(values))
    return np.log(np.sum(values**alpha)) / (1 - alpha)


def matrix_renyi(K, Q, alpha):
    return renyi_entropy(K, alpha) + renyi_entropy(Q, alpha) - renyi_entropy(K * Q, alpha)


def weighted_moments(x, y, weights):
    """Means of K * Q, K, Q and of the product of the row means, when row i counts weights[i] times, and h = 1."""
    K, Q = gram(x, 1.0), gram(y, 1.0)
    return np.array(
        [
            weights @ (K * Q) @ weights,
            weights @ K @ weights,
            weights @ Q @ weights,
            weights @ ((K @ weights) * (Q @ weights)),
        ]
    )


def gaussian_moments(rho, bandwidth):
    """The same means over the population: standard normal X and Y of correlation rho.

    All are Gaussian integrals, E exp(-z'z / 2s) = det(I + C / s)^(-1/2) for z ~ N(0, C): the differences of two rows
    have twice the covariance of a row, and smoothing with one random end leaves a kernel of width h^2 + 1.
    """
    h, s = bandwidth**2, bandwidth**2 + 1
    k = (1 + 2 / h) ** -0.5
    kq = ((1 + 2 / h) ** 2 - (2 * rho / h) ** 2) ** -0.5
    product = h / s * ((1 + 1 / s) ** 2 - (rho / s) ** 2) ** -0.5
    return kq, k, k, product
