"""Summaries of x for one column of normal scores: its predicted mean and variance, and for many orders of it."""

from functools import partial
from typing import NamedTuple

import numpy as np
from scipy.optimize import nnls

from skib._parallel import one_blas_thread, run_tasks
from skib.mutual_info._summary._classes import Rows
from skib.mutual_info._summary._number_predictors import (
    bent_features,
    can_grow_regressions,
    linear_mean,
    log_squares,
    tree_mean,
)

# Log likelihood ratio on the first fold by which trees must gain before they are grown for the others.
_TREE_GAIN = 6.0
_NAMED = 0.1  # share of the spread from which on a predictor is named
_STEPS = 20
_LARGEST_STEP = 2.0
_LEAST_VARIANCE = 1e-8


class NumberSummary(NamedTuple):
    """A normal density of each row, by predictors fitted to the other folds."""

    mean: np.ndarray
    log_variance: np.ndarray
    log_gain: np.ndarray  # of the density against that without x
    predictor: str


def number_summaries(rows, targets, *, n_jobs=None):
    """Summarize rows for each of some targets; each is treated as if it were the only one."""
    bent = Rows(bent_features(rows.x), rows.members)
    with one_blas_thread():
        means = _closed_forms(rows, bent, targets, n_jobs)
        return [_summary(rows, bent, target, *pair, n_jobs) for target, pair in zip(targets, means, strict=True)]


def _closed_forms(rows, bent, targets, n_jobs):
    """Return the held-out predictions of each target that are linear in the columns, and in the bent features."""
    means = np.empty((len(targets), 2, len(rows.x)))
    tasks = [(k,) for k in range(rows.n_folds)]
    for k, part in enumerate(run_tasks(partial(_linear, (rows, bent), targets), tasks, n_jobs=n_jobs)):
        means[:, :, rows.members == k] = part
    return means


def _linear(tables, targets, k):
    folds = [table.fold(k) for table in tables]
    return np.array([[linear_mean(fold, target) for fold in folds] for target in targets])


def _summary(rows, bent, target, linear, quadratic, n_jobs):
    names, candidates = ["linear", "quadratic"], [linear, quadratic]
    members = rows.members
    mean, weights = _combined(candidates, target, members)
    if can_grow_regressions(rows.x):
        first = tree_mean(rows.x, members, target, 0)
        if _gain_by(first, mean[members == 0], target[members == 0]) > _TREE_GAIN:
            names.append("trees")
            candidates.append(_grown(rows, target, n_jobs))
            mean, weights = _combined(candidates, target, members)
    squares = log_squares(target - mean)
    spread = [_closed_forms(bent, bent, [squares], None)[0, 1]]
    if len(names) > 2:
        spread.append(_grown(rows, squares, n_jobs))
    log_variance, slopes = _log_variance(np.column_stack(spread), target - mean, members)
    sizes = [w * c.std() for w, c in zip(weights, candidates, strict=True)]
    used = [name for name, size in zip(names, sizes, strict=True) if size > 0 and size >= _NAMED * sum(sizes)]
    return NumberSummary(mean, log_variance, _log_gain(target, mean, log_variance, members), " + ".join(used) or "none")


def _grown(rows, target, n_jobs):
    values, tasks = np.empty(len(target)), [(k,) for k in range(rows.n_folds)]
    for k, part in enumerate(run_tasks(partial(tree_mean, rows.x, rows.members, target), tasks, n_jobs=n_jobs)):
        values[rows.members == k] = part
    return values


def _combined(candidates, target, members):
    """Combine predictions linearly, by weights from the other folds that are not negative."""
    candidates, mean = np.column_stack(candidates), np.empty(len(target))
    n_folds = members.max() + 1
    weights = np.empty((n_folds, candidates.shape[1]))
    for k in range(n_folds):
        others, own = members != k, members == k
        center = candidates[others].mean(axis=0)
        weights[k], _ = nnls(candidates[others] - center, target[others] - target[others].mean())
        mean[own] = target[others].mean() + (candidates[own] - center) @ weights[k]
    return mean, weights.mean(axis=0)


def _gain_by(trees, mean, target):
    """Return the log likelihood ratio of trees beside the others on one fold, against the others alone."""
    both = np.column_stack([np.ones(len(mean)), mean, trees])
    rest = target - both @ np.linalg.lstsq(both, target)[0]
    alone = target - both[:, :2] @ np.linalg.lstsq(both[:, :2], target)[0]
    return 0.5 * len(mean) * np.log(np.sum(alone**2) / max(np.sum(rest**2), np.finfo(float).tiny))


def _log_variance(predictions, residuals, members):
    """Calibrate predictions of log squared residuals by their normal likelihood in the other folds."""
    result, n_folds = np.empty(len(residuals)), members.max() + 1
    slopes = np.empty((n_folds, predictions.shape[1]))
    for k in range(n_folds):
        others, own = members != k, members == k
        center = predictions[others].mean(axis=0)
        intercept, slopes[k] = _variance_model(predictions[others] - center, residuals[others] ** 2)
        result[own] = intercept + (predictions[own] - center) @ slopes[k]
    return result, slopes.mean(axis=0)


def _variance_model(predictions, squares):
    """Fit log variance = intercept + predictions @ slopes, slopes not negative, by damped scoring."""
    design = np.column_stack([np.ones(len(squares)), predictions])
    parameters = np.zeros(design.shape[1])
    parameters[0] = np.log(max(squares.mean(), _LEAST_VARIANCE))
    for _ in range(_STEPS):
        ratios = squares * np.exp(-np.clip(design @ parameters, np.log(_LEAST_VARIANCE), None))
        step = np.linalg.lstsq(design, ratios - 1)[0]
        new = parameters + np.clip(step, -_LARGEST_STEP, _LARGEST_STEP)
        new[1:] = np.maximum(new[1:], 0.0)
        if np.abs(new - parameters).max() < 1e-6:
            break
        parameters = new
    return parameters[0], parameters[1:]


def _log_gain(target, mean, log_variance, members):
    gain = np.empty(len(target))
    for k in range(members.max() + 1):
        others, own = members != k, members == k
        center, variance = target[others].mean(), target[others].var()
        log_null = -0.5 * np.log(variance) - 0.5 * (target[own] - center) ** 2 / variance
        residuals = target[own] - mean[own]
        gain[own] = -0.5 * log_variance[own] - 0.5 * residuals**2 * np.exp(-log_variance[own]) - log_null
    return gain
