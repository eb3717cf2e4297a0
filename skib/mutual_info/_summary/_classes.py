"""Summaries of x for class labels, and for many labelings of the same rows."""

from functools import partial
from typing import NamedTuple

import numpy as np

from skib._marginals import transform_marginals
from skib._parallel import one_blas_thread, run_tasks, spawn_generators
from skib.mutual_info._summary._class_ratios import (
    ClassMeans,
    linear_ratios,
    log_shares,
    logistic_ratios,
    quadratic_ratios,
)
from skib.mutual_info._summary._combination import combined
from skib.mutual_info._summary._folds import fold_members, whitened_fold
from skib.mutual_info._summary._trees import can_grow, tree_ratios

N_FOLDS = 4
PREDICTORS = "linear", "quadratic", "logistic", "trees"
_CLOSED_FORMS = {"linear": linear_ratios, "quadratic": quadratic_ratios}
# Standard errors by which the cheap predictors must gain before a logistic regression is tried.
_GAIN = 2.0
# Log likelihood ratio on the first fold by which trees must gain before they are grown for the others.
_TREE_GAIN = 6.0
# Share of the spread of the combined log ratios from which on a predictor is named.
_NAMED = 0.1
# Values of whitened rows that are kept: 256 MB.
_MOST_KEPT = 2**25


class ClassSummary(NamedTuple):
    """Calibrated log ratios of one labeling, by predictors fitted to the other folds."""

    ratios: np.ndarray  # (n_samples, n_classes), log posterior minus log prior
    log_prior: np.ndarray  # (n_samples, n_classes)
    log_gain: np.ndarray  # (n_samples,), that of the class of the row
    predictor: str


class Rows:
    """Rows as the predictors take them, and their folds."""

    def __init__(self, x, members):
        self.x, self.members, self.n_folds = x, members, int(members.max()) + 1
        self._folds = {}

    def fold(self, k):
        """Return fold k with whitened rows, which are kept if they are not too many."""
        if k in self._folds:
            return self._folds[k]
        fold = whitened_fold(self.x, self.members, k)
        if self.x.size * self.n_folds <= _MOST_KEPT:
            self._folds[k] = fold
        return fold


def prepared_rows(x, *, marginals="rank", n_folds=N_FOLDS, random_state=0):
    """Scale the varying columns, and draw the folds."""
    x = x[:, (x != x[0]).any(axis=0)]
    x = transform_marginals(x, marginals) if marginals else _in_common_units(x)
    return Rows(x, fold_members(x, n_folds, spawn_generators(random_state, 1)[0]))


def _in_common_units(x):
    x = x - x.mean(axis=0)
    return x / np.sqrt(np.mean(x**2))


def class_summaries(rows, labelings, n_classes, *, predictors=PREDICTORS, n_jobs=None):
    """Summarize rows for each of some labelings of them; each labeling is treated as if it were the only one."""
    folds = range(rows.n_folds)
    with one_blas_thread():
        parts = run_tasks(
            partial(_closed_forms, rows, labelings, n_classes, predictors), [(k,) for k in folds], n_jobs=n_jobs
        )
        candidates = [_Candidates(rows, codes, n_classes) for codes in labelings]
        for k, part in zip(folds, parts, strict=True):
            for candidate, (log_prior, ratios) in zip(candidates, part, strict=True):
                candidate.log_prior[rows.members == k] = log_prior
                candidate.add_fold(k, ratios)
        gaining = [candidate for candidate in candidates if "logistic" in predictors and candidate.gains()]
        if gaining:
            parts = run_tasks(partial(_logistic, rows, gaining), [(k,) for k in folds], n_jobs=n_jobs)
            for k, part in zip(folds, parts, strict=True):
                for candidate, ratios in zip(gaining, part, strict=True):
                    candidate.add_fold(k, {"logistic": ratios})
        for candidate in candidates:
            if "trees" in predictors and can_grow(rows.x, n_classes):
                candidate.try_trees(n_jobs)
        return [candidate.summary() for candidate in candidates]


def _closed_forms(rows, labelings, n_classes, predictors, k):
    fold, results = rows.fold(k), []
    for codes in labelings:
        moments = ClassMeans(fold, codes, n_classes)
        ratios = {name: function(fold, moments) for name, function in _CLOSED_FORMS.items() if name in predictors}
        results.append((log_shares(moments.codes, n_classes), ratios))
    return results


def _logistic(rows, candidates, k):
    fold = rows.fold(k)
    return [logistic_ratios(fold, c.codes, log_shares(c.codes[fold.train], c.n_classes)) for c in candidates]


class _Candidates:
    """The held-out log ratios of several predictors for one labeling."""

    def __init__(self, rows, codes, n_classes):
        self.rows, self.codes, self.n_classes = rows, codes, n_classes
        self.log_prior = np.empty((len(codes), n_classes))
        self.ratios = {}

    def add_fold(self, k, ratios):
        for name, values in ratios.items():
            self.ratios.setdefault(name, np.zeros(self.log_prior.shape))[self.rows.members == k] = values

    def combined(self):
        stacked = np.stack(list(self.ratios.values()), axis=-1)
        return combined(stacked, self.codes, self.log_prior, self.rows.members)

    def gains(self):
        gain = self._own(self.combined()[0])
        return gain.mean() > _GAIN * gain.std(ddof=1) / np.sqrt(len(gain))

    def try_trees(self, n_jobs):
        """Grow trees for the first fold, and for the others if they help there."""
        first = self._trees(0)
        if self._gain_by(first) < _TREE_GAIN:
            return
        others = range(1, self.rows.n_folds)
        self.add_fold(0, {"trees": first})
        for k, ratios in zip(others, run_tasks(self._trees, [(k,) for k in others], n_jobs=n_jobs), strict=True):
            self.add_fold(k, {"trees": ratios})

    def _trees(self, k):
        members = self.rows.members
        train, test = np.flatnonzero(members != k), np.flatnonzero(members == k)
        return tree_ratios(self.rows.x, train, test, self.codes, log_shares(self.codes[train], self.n_classes))

    def _gain_by(self, trees):
        """Return the log likelihood ratio on the first fold of trees beside the others, against the others alone."""
        test = self.rows.members == 0
        others = self.combined()[0][test]
        halves = np.arange(len(others)) % 2
        stacked = np.stack([others, trees], axis=-1)
        both, _ = combined(stacked, self.codes[test], self.log_prior[test], halves)
        own = np.arange(len(others)), self.codes[test]
        return np.sum(both[own] - others[own])

    def _own(self, ratios):
        return ratios[np.arange(len(ratios)), self.codes]

    def summary(self):
        ratios, weights = self.combined()
        spreads = [w * r.std() for w, r in zip(weights, self.ratios.values(), strict=True)]
        names = [name for name, s in zip(self.ratios, spreads, strict=True) if s > 0 and s >= _NAMED * sum(spreads)]
        return ClassSummary(ratios, self.log_prior, self._own(ratios), " + ".join(names) or "none")
