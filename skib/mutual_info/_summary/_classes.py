"""Summaries of x for class labels, and for many labelings of the same rows."""

from functools import partial
from typing import NamedTuple

import numpy as np
from scipy.special import logsumexp

from skib._parallel import one_blas_thread, run_tasks
from skib.mutual_info._summary._class_ratios import (
    ClassMeans,
    linear_ratios,
    log_shares,
    logistic_ratios,
    quadratic_ratios,
)
from skib.mutual_info._summary._combination import combined
from skib.mutual_info._summary._fitted import log_ratios, names_of
from skib.mutual_info._summary._trees import tree_classifier

PREDICTORS = "linear", "quadratic", "logistic", "trees"
_CLOSED_FORMS = {"linear": linear_ratios, "quadratic": quadratic_ratios}
# Standard errors by which the predictors so far must gain before a logistic regression is tried.
_GAIN = 2.0
# Log likelihood ratio on the first fold by which trees must gain before they are grown for the others.
_TREE_GAIN = 6.0
# Share of the spread of the combined log ratios from which on a predictor is named.
_NAMED = 0.1


class ClassSummary(NamedTuple):
    """Calibrated log ratios of one labeling, by predictors fitted to the other folds."""

    ratios: np.ndarray  # (n_samples, n_classes), log posterior minus log prior
    log_prior: np.ndarray  # (n_samples, n_classes)
    log_gain: np.ndarray  # (n_samples,), log probability of the row's class less that of its mean over the fold
    predictor: str


def class_summaries(rows, labelings, n_classes, *, predictors=PREDICTORS, n_jobs=None):
    """Summarize rows for each of some labelings of them; each is treated as if it were the only one.

    Parameters
    ----------
    rows : Rows
        The rows and their folds.
    labelings : sequence of ndarray of shape (n_samples,)
        Codes below `n_classes`.
    n_classes : int
        Number of classes.
    predictors : sequence of str or of classifiers
        Some of ``PREDICTORS``, or classifiers of scikit-learn that are fitted to ``rows.raw``.
    n_jobs : int, default=None
        Number of threads over the folds.

    Returns
    -------
    summaries : list of ClassSummary
        One for each labeling.
    """
    candidates = [_Candidates(rows, codes, n_classes) for codes in labelings]
    models = [predictor for predictor in predictors if not isinstance(predictor, str)]
    with one_blas_thread():
        _add(candidates, partial(_closed_forms, rows, candidates, predictors), n_jobs)
        for name, model in zip(names_of(models), models, strict=True):
            _add(candidates, partial(_fitted, candidates, name, model), n_jobs)
        gaining = [c for c in candidates if "logistic" in predictors and c.gains()]
        if gaining:
            _add(gaining, partial(_logistic, rows, gaining), n_jobs)
        trees = tree_classifier(rows.x, n_classes) if "trees" in predictors else None
        for candidate in candidates if trees is not None else ():
            candidate.try_trees(trees, n_jobs)
        return [candidate.summary() for candidate in candidates]


def _add(candidates, ratios_of_fold, n_jobs):
    """Add to each candidate the ratios by name that a function of the fold returns for it."""
    tasks = [(k,) for k in range(candidates[0].rows.n_folds)]
    for k, part in enumerate(run_tasks(ratios_of_fold, tasks, n_jobs=n_jobs)):
        for candidate, ratios in zip(candidates, part, strict=True):
            candidate.add_fold(k, ratios)


def _closed_forms(rows, candidates, predictors, k):
    functions = {name: function for name, function in _CLOSED_FORMS.items() if name in predictors}
    if not functions:
        return [{} for _ in candidates]
    fold = rows.fold(k)
    moments = [ClassMeans(fold, c.codes, c.n_classes) for c in candidates]
    return [{name: function(fold, m) for name, function in functions.items()} for m in moments]


def _logistic(rows, candidates, k):
    fold = rows.fold(k)
    return [{"logistic": logistic_ratios(fold, c.codes, c.log_prior_of(k))} for c in candidates]


def _fitted(candidates, name, model, k):
    return [{name: c.fitted(model, c.rows.raw, k)} for c in candidates]


class _Candidates:
    """The held-out log ratios of several predictors for one labeling."""

    def __init__(self, rows, codes, n_classes):
        self.rows, self.codes, self.n_classes = rows, codes, n_classes
        self.log_prior = np.empty((len(codes), n_classes))
        for k in range(rows.n_folds):
            self.log_prior[rows.members == k] = self.log_prior_of(k)
        self.ratios, self._combined = {}, None

    def log_prior_of(self, k):
        """Return the log shares of the classes in the training rows of fold k."""
        return log_shares(self.codes[self.rows.members != k], self.n_classes)

    def add_fold(self, k, ratios):
        self._combined = None
        for name, values in ratios.items():
            self.ratios.setdefault(name, np.zeros(self.log_prior.shape))[self.rows.members == k] = values

    def combined(self):
        """Return the combined log ratios of the predictors so far, and their weights."""
        if self._combined is None:
            stacked = np.stack(list(self.ratios.values()), axis=-1)
            self._combined = combined(stacked, self.codes, self.log_prior, self.rows.members)
        return self._combined

    def gains(self):
        """Whether the predictors so far tell something, beyond doubt."""
        gain = self._log_gain(self.combined()[0])
        return gain.mean() > _GAIN * gain.std(ddof=1) / np.sqrt(len(gain))

    def fitted(self, model, x, k):
        members = self.rows.members
        train, test = np.flatnonzero(members != k), np.flatnonzero(members == k)
        return log_ratios(model, x, train, test, self.codes, self.log_prior_of(k))

    def try_trees(self, trees, n_jobs):
        """Grow trees for the first fold, and for the others if they help there."""
        first = self.fitted(trees, self.rows.x, 0)
        if self._gain_by(first) < _TREE_GAIN:
            return
        tasks = [(trees, self.rows.x, k) for k in range(1, self.rows.n_folds)]
        for k, ratios in enumerate([first, *run_tasks(self.fitted, tasks, n_jobs=n_jobs)]):
            self.add_fold(k, {"trees": ratios})

    def _gain_by(self, trees):
        """Return the log likelihood ratio on the first fold of trees beside the others, against the others alone."""
        test = self.rows.members == 0
        others = self.combined()[0][test]
        halves = np.arange(len(others)) % 2
        both, _ = combined(np.stack([others, trees], axis=-1), self.codes[test], self.log_prior[test], halves)
        own = np.arange(len(others)), self.codes[test]
        return np.sum(both[own] - others[own])

    def _log_gain(self, ratios):
        """Return log g[x_i](y_i) - log mean_j g[x_j](y_i), j over the rows of the fold.

        Its mean is at most I(X;Y) in expectation whatever g is: van den Oord et al. (2018), InfoNCE, log g as critic.
        The shares of the classes in the other folds are no such reference: a class that has more rows there has fewer
        here, so that any g nearer to equal shares would gain, without x.
        """
        log_p = ratios + self.log_prior
        mean = np.empty(log_p.shape)
        for k in range(self.rows.n_folds):
            own = self.rows.members == k
            mean[own] = logsumexp(log_p[own], axis=0) - np.log(own.sum())
        return (log_p - mean)[np.arange(len(log_p)), self.codes]

    def summary(self):
        ratios, weights = self.combined()
        spreads = weights * [r.std() for r in self.ratios.values()]
        return ClassSummary(ratios, self.log_prior, self._log_gain(ratios), named(self.ratios, spreads))


def named(names, spreads):
    """Join the names of the predictors that have a part in the combination."""
    total = np.sum(spreads)
    return " + ".join(n for n, s in zip(names, spreads, strict=True) if s > 0 and s >= _NAMED * total) or "none"
