"""Bounds of the rate I(X;T) of a code with Gaussian noise."""

import numpy as np
from scipy.spatial.distance import cdist
from scipy.special import logsumexp

# Rows whose pairs are compared, and values of a block of pairs.
N_PAIRED, _BLOCK = 1000, 1 << 21


def gaussian_rate(mu, log_variance):
    """Return an upper bound: the mean divergence from the Gaussian of the covariance of the code.

    Of all Gaussian marginals this one has the least divergence; for Gaussian rows and a linear encoder it is I(X;T).
    """
    centered, variance = mu - mu.mean(axis=0), np.exp(log_variance).mean(axis=0)
    covariance = centered.T @ centered / len(mu) + np.diag(variance)
    return float(0.5 * (np.linalg.slogdet(covariance)[1] - log_variance.sum(axis=1).mean()))


def unit_rates(mu, log_variance):
    """Return the same bound for each unit of the code by itself."""
    return 0.5 * (np.log(mu.var(axis=0) + np.exp(log_variance).mean(axis=0)) - log_variance.mean(axis=0))


def pairwise_rate(mu, log_variance):
    """Return a lower bound from the Bhattacharyya distances of the codes of pairs of rows, at most log n.

    Equation 10 of Kolchinsky and Tracey (2017), of at most `N_PAIRED` rows in even steps.
    """
    if len(mu) > N_PAIRED:
        rows = np.linspace(0, len(mu) - 1, N_PAIRED).astype(int)
        mu, log_variance = mu[rows], log_variance[rows]
    if (log_variance == log_variance[0]).all():
        scaled = mu * np.exp(-0.5 * log_variance[0])
        distances = cdist(scaled, scaled, "sqeuclidean") / 8
        return float(np.log(len(mu)) - logsumexp(-distances, axis=1).mean())
    variance, logs = np.exp(log_variance), log_variance.sum(axis=1)
    size, log_sums = max(_BLOCK // mu.size, 1), []
    for start in range(0, len(mu), size):
        block = slice(start, start + size)
        mean = 0.5 * (variance[block, None] + variance)
        squares = 0.25 * np.sum((mu[block, None] - mu) ** 2 / mean, axis=2)
        distances = 0.5 * (squares + np.sum(np.log(mean), axis=2) - 0.5 * (logs[block, None] + logs))
        log_sums.append(logsumexp(-distances, axis=1))
    return float(np.log(len(mu)) - np.concatenate(log_sums).mean())


def distinct_rate(mu):
    """Return the entropy of a code without noise among the rows: a lower bound of the rate, at most log n."""
    shares = np.unique(mu, axis=0, return_counts=True)[1] / len(mu)
    return float(-np.sum(shares * np.log(shares)))
