"""Slow twins of the sums over pairs of rows, written from the definitions."""

import numpy as np
from scipy.spatial.distance import cdist
from scipy.special import logsumexp


def overlaps(rows, power):
    """Sum over all other rows of exp(-power |x_i - x_j|^2)."""
    return np.exp(-power * cdist(rows, rows, "sqeuclidean")).sum(axis=1) - 1


def log_densities(rows, bandwidth):
    """Leave-one-out log density of every row under Gaussian kernels, and the participation ratio of their weights."""
    n, d = rows.shape
    exponents = -cdist(rows, rows, "sqeuclidean") / (2 * bandwidth**2)
    np.fill_diagonal(exponents, -np.inf)
    logs = logsumexp(exponents, axis=1)
    participation = np.exp(2 * logs - logsumexp(2 * exponents, axis=1))
    return logs - np.log(n - 1) - d / 2 * np.log(2 * np.pi * bandwidth**2), participation


def log_mean_overlaps(rows, scale):
    """Log mean over all rows j of exp(-|h_i - h_j|^2 / scale)."""
    return logsumexp(-cdist(rows, rows, "sqeuclidean") / scale, axis=1) - np.log(len(rows))
