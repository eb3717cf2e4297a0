"""Predictors combined by the held-out log loss."""

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax


def combined(ratios, codes, log_prior, members):
    """Combine held-out log ratios of several predictors, by weights from the other folds.

    The posterior of class c is proportional to its prior times exp(sum_m beta_m r_mc), beta_m >= 0: a geometric mean
    of the predictors, calibrated.

    Parameters
    ----------
    ratios : ndarray of shape (n_samples, n_classes, n_predictors)
        Log ratios, each row of it up to one number.
    codes : ndarray of shape (n_samples,)
        The classes.
    log_prior : ndarray of shape (n_samples, n_classes)
        Log shares of the classes in the other folds.
    members : ndarray of shape (n_samples,)
        The fold of every row.

    Returns
    -------
    ratios : ndarray of shape (n_samples, n_classes)
        The log posterior minus the log prior.
    weights : ndarray of shape (n_predictors,)
        Mean weights beta over the folds.
    """
    n_folds = members.max() + 1
    result, weights = np.empty(log_prior.shape), np.empty((n_folds, ratios.shape[2]))
    for k in range(n_folds):
        others, own = members != k, members == k
        weights[k] = _weights(ratios[others], codes[others], log_prior[others])
        result[own] = log_softmax(ratios[own] @ weights[k] + log_prior[own], axis=1) - log_prior[own]
    return result, weights.mean(axis=0)


def _weights(ratios, codes, log_prior):
    """Minimize the log loss."""
    rows, n_predictors = np.arange(len(codes)), ratios.shape[2]
    own = ratios[rows, codes]

    def loss(weights):
        log_p = log_softmax(ratios @ weights + log_prior, axis=1)
        gradient = np.einsum("ik,ikm->m", np.exp(log_p), ratios) - own.sum(axis=0)
        return -log_p[rows, codes].mean(), gradient / len(rows)

    start, bounds = np.full(n_predictors, 0.5 / n_predictors), [(0, None)] * n_predictors
    return minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 50}).x
