"""The statistic s(x) of every row, from predictors that were fitted to the other folds, and the certificate."""

from typing import NamedTuple

import numpy as np
from scipy.special import log_softmax

from skib._cross_fitting import shuffled_folds
from skib._marginals import transform_marginals
from skib._parallel import one_blas_thread, spawn_generators

_N_BINS = 12


class Summary(NamedTuple):
    """A cross-fitted statistic of x, and what it gains."""

    statistic: np.ndarray  # (n_samples, n_components), by predictors fitted to the other folds; on one scale
    log_gain: np.ndarray  # (n_samples,), log g[x](y) - log g_0(y) of held-out rows: its mean bounds I(X;Y) from below
    predictor: str


def summarize_classes(x, codes, *, predictors=None, n_folds=4, random_state=0, n_jobs=None):
    """Summarize rows of numbers for dense class codes."""
    x = transform_marginals(x, "rank")
    generator = spawn_generators(random_state, 1)[0]
    log_p = np.empty((len(x), codes.max() + 1))
    prior = np.empty_like(log_p)
    with one_blas_thread():
        for train, test in shuffled_folds(len(x), n_folds, generator, codes):
            prior[test], log_p[test] = _linear(x[train], codes[train], x[test], log_p.shape[1])
    ratios = log_p - prior
    rows = np.arange(len(x))
    return Summary(_leading(ratios, 3), ratios[rows, codes], "linear")


def summarize_number(x, y, *, predictors=None, n_folds=4, random_state=0, n_jobs=None):
    """Summarize rows of numbers for one column of numbers."""
    order = np.argsort(np.argsort(y, kind="stable"), kind="stable")
    summary = summarize_classes(x, order * _N_BINS // len(y), n_folds=n_folds, random_state=random_state)
    return summary._replace(statistic=_leading(summary.statistic, 2))


def _linear(x, codes, new, n_classes):
    counts = np.bincount(codes, minlength=n_classes) + 0.5
    indicator = np.zeros((len(x), n_classes))
    indicator[np.arange(len(x)), codes] = 1
    means = (indicator.T @ x) / counts[:, None]
    centered = x - means[codes]
    within = centered.T @ centered / len(x)
    d = len(within)
    scale = np.trace(within) / d
    energy = np.sum(within**2)
    squares = np.mean(np.sum(centered**2, axis=1) ** 2)
    shrinkage = min(1.0, (squares - energy) / len(x) / max(energy - d * scale**2, 1e-12))
    shrinkage = max(shrinkage, 1e-3)
    within = (1 - shrinkage) * within
    within[np.diag_indices(d)] += shrinkage * scale
    weights = np.linalg.solve(within, means.T)
    prior = np.log(counts / counts.sum())
    return prior, log_softmax(new @ weights - 0.5 * np.sum(means.T * weights, axis=0) + prior, axis=1)


def _leading(values, n_components):
    centered = values - values.mean(axis=0)
    axes = np.linalg.svd(centered, full_matrices=False)[2]
    n_components = min(n_components, max(values.shape[1] - 1, 1))
    return np.ascontiguousarray(centered @ axes[:n_components].T)
