"""Predictors combined by the held-out log loss."""

import numpy as np
from scipy.special import log_softmax

# Newton steps, halvings of one, and sweeps over the weights within one.
_STEPS, _HALVINGS, _SWEEPS = 30, 12, 30
_TOLERANCE = 1e-9  # nats
_RIDGE = 1e-9


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
    """Minimize the log loss by Newton steps within the weights that are not negative."""
    rows, n_predictors = np.arange(len(codes)), ratios.shape[2]
    own = ratios[rows, codes].mean(axis=0)
    weights = np.full(n_predictors, 0.5 / n_predictors)
    loss, log_p = _log_loss(weights, ratios, codes, log_prior)
    for _ in range(_STEPS):
        p = np.exp(log_p)
        expected = np.einsum("ik,ikm->im", p, ratios)
        gradient = expected.mean(axis=0) - own
        centered = ratios - expected[:, None]
        curvature = np.einsum("ik,ikm,ikl->ml", p, centered, centered)
        step = _newton_step(weights, gradient, curvature / len(rows))
        improved = False
        for _ in range(_HALVINGS):
            new_loss, new_log_p = _log_loss(weights + step, ratios, codes, log_prior)
            if new_loss < loss:
                improved = loss - new_loss > _TOLERANCE
                weights, loss, log_p = weights + step, new_loss, new_log_p
                break
            step = 0.5 * step
        if not improved:
            break
    return weights


def _log_loss(weights, ratios, codes, log_prior):
    log_p = log_softmax(ratios @ weights + log_prior, axis=1)
    return -log_p[np.arange(len(codes)), codes].mean(), log_p


def _newton_step(weights, gradient, curvature):
    """Minimize the quadratic model over the weights that are not negative, one by one."""
    diagonal = np.diag(curvature) + _RIDGE
    new = weights.copy()
    for _ in range(_SWEEPS):
        before = new.copy()
        for m in range(len(new)):
            slope = gradient[m] + curvature[m] @ (new - weights)
            new[m] = max(new[m] - slope / diagonal[m], 0.0)
        if np.abs(new - before).max() < _TOLERANCE:
            break
    return new - weights
