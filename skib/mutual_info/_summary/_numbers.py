"""Summaries of x for one column of normal scores: its predicted mean and variance, and for many orders of it."""

from functools import partial
from typing import NamedTuple

import numpy as np
from scipy.optimize import nnls

from skib._parallel import one_blas_thread, run_tasks
from skib.mutual_info._summary._classes import named
from skib.mutual_info._summary._fitted import names_of, predictions
from skib.mutual_info._summary._regressions import bent_features, linear_mean, log_squares, variance_model
from skib.mutual_info._summary._robust import has_robust_fit, robust_mean
from skib.mutual_info._summary._trees import tree_mean, trees_learn

NUMBER_PREDICTORS = "linear", "quadratic", "robust", "trees"
# Log likelihood ratio on the first fold by which a costly predictor must gain before it is fitted for the others.
_GAIN = 6.0


class NumberSummary(NamedTuple):
    """A normal density for each row, by predictors fitted to the other folds."""

    mean: np.ndarray
    log_variance: np.ndarray
    log_gain: np.ndarray  # of that density against the one without x
    predictor: str


def number_summaries(rows, values, targets, *, predictors=NUMBER_PREDICTORS, n_jobs=None):
    """Summarize rows for each of some targets; each is treated as if it were the only one.

    Parameters
    ----------
    rows : Rows
        The rows and their folds.
    values : sequence of ndarray of shape (n_samples,)
        The targets in their own units.
    targets : sequence of ndarray of shape (n_samples,)
        Their normal scores.
    predictors : sequence of str or of regressors
        Some of ``NUMBER_PREDICTORS``, or regressors of scikit-learn that are fitted to ``rows.raw``.
    n_jobs : int, default=None
        Number of threads over the folds.

    Returns
    -------
    summaries : list of NumberSummary
        One for each target.
    """
    bent = rows.with_columns(bent_features(rows.x))
    tables = {name: table for name, table in {"linear": rows, "quadratic": bent}.items() if name in predictors}
    models = [predictor for predictor in predictors if not isinstance(predictor, str)]
    with one_blas_thread():
        columns = _linear_columns(rows, list(tables.values()), targets, n_jobs)
        summaries = []
        for i, target in enumerate(targets):
            candidates = dict(zip(tables, columns[i], strict=True))
            for name, model in zip(names_of(models), models, strict=True):
                fitted = partial(predictions, model, rows.raw, rows.members, target)
                candidates[name] = _of_folds(fitted, rows, n_jobs)
            costly = _costly(rows, values[i], target, predictors)
            summaries.append(_summary(rows, bent, target, candidates, costly, n_jobs))
        return summaries


def _costly(rows, values, target, predictors):
    """Return the predictors that are worth fitting if they gain on the first fold, as functions of the fold."""
    functions = {}
    if "robust" in predictors and has_robust_fit(rows.raw):
        functions["robust"] = partial(robust_mean, rows.raw, values, target, rows.members)
    if "trees" in predictors and trees_learn(rows.x):
        functions["trees"] = partial(tree_mean, rows.x, target, rows.members)
    return functions


def _of_folds(function, rows, n_jobs, first=None):
    """Return values of a function of the fold, whose last axis are the rows of the fold, in the order of all rows.

    Those of the first fold may be known.
    """
    known = [] if first is None else [first]
    tasks = [(k,) for k in range(len(known), rows.n_folds)]
    parts = known + run_tasks(function, tasks, n_jobs=n_jobs)
    values = np.empty((*np.shape(parts[0])[:-1], len(rows.x)))
    for k, part in enumerate(parts):
        values[..., rows.members == k] = part
    return values


def _linear_columns(rows, tables, targets, n_jobs):
    """Return the predictions of each target that are linear in the columns of each table."""
    if not tables:
        return [[]] * len(targets)
    return _of_folds(partial(_linear_means, tables, targets), rows, n_jobs)


def _linear_means(tables, targets, k):
    folds = [table.fold(k) for table in tables]
    return np.array([[linear_mean(fold, target) for fold in folds] for target in targets])


def _summary(rows, bent, target, candidates, costly, n_jobs):
    members = rows.members
    mean, weights = _combined(list(candidates.values()), target, members)
    for name, function in costly.items():
        first = function(0)
        if _gain_by(first, mean[members == 0], target[members == 0]) > _GAIN:
            candidates[name] = _of_folds(function, rows, n_jobs, first)
            mean, weights = _combined(list(candidates.values()), target, members)
    squares = log_squares(target - mean)
    spreads = [_linear_columns(rows, [bent], [squares], n_jobs)[0, 0]]
    if "trees" in candidates:
        spreads.append(_of_folds(partial(tree_mean, rows.x, squares, members), rows, n_jobs))
    log_variance = _log_variance(np.column_stack(spreads), target - mean, members)
    name = named(candidates, weights * [candidate.std() for candidate in candidates.values()])
    return NumberSummary(mean, log_variance, _log_gain(target, mean, log_variance, members), name)


def _combined(candidates, target, members):
    """Combine predictions linearly, by weights from the other folds that are not negative."""
    candidates, mean = np.column_stack(candidates), np.empty(len(target))
    weights = np.empty((members.max() + 1, candidates.shape[1]))
    for k in range(len(weights)):
        others, own = members != k, members == k
        center, level = candidates[others].mean(axis=0), target[others].mean()
        weights[k], _ = nnls(candidates[others] - center, target[others] - level)
        mean[own] = level + (candidates[own] - center) @ weights[k]
    return mean, weights.mean(axis=0)


def _gain_by(another, mean, target):
    """Return the log likelihood ratio on one fold of another prediction beside the others, against the others alone."""
    both = np.column_stack([np.ones(len(mean)), mean, another])
    squares = [np.sum((target - part @ np.linalg.lstsq(part, target)[0]) ** 2) for part in (both[:, :2], both)]
    return 0.5 * len(mean) * np.log(max(squares[0], np.finfo(float).tiny) / max(squares[1], np.finfo(float).tiny))


def _log_variance(predicted, residuals, members):
    """Calibrate predictions of log squared residuals by the likelihood of the other folds."""
    result = np.empty(len(residuals))
    for k in range(members.max() + 1):
        others, own = members != k, members == k
        center = predicted[others].mean(axis=0)
        intercept, slopes = variance_model(predicted[others] - center, residuals[others] ** 2)
        result[own] = intercept + (predicted[own] - center) @ slopes
    return result


def _log_gain(target, mean, log_variance, members):
    gain = np.empty(len(target))
    for k in range(members.max() + 1):
        others, own = members != k, members == k
        null = _log_density(target[own] - target[others].mean(), np.log(target[others].var()))
        gain[own] = _log_density(target[own] - mean[own], log_variance[own]) - null
    return gain


def _log_density(residuals, log_variance):
    return -0.5 * (log_variance + residuals**2 * np.exp(-log_variance))
