"""The information of a summary and one column of numbers."""

import numpy as np
from scipy.special import digamma

from skib._neighbors import ksg_terms
from skib._statistics import SATURATION
from skib.mutual_info._summary._classes import N_FOLDS, class_summaries, prepared_rows
from skib.mutual_info._summary._estimate import SummarizedEstimate, _mean_and_error, _principal

_N_BINS = 12
_N_NEIGHBORS = 5


def summarized_number(x, y, **run):
    """Estimate I(X;Y) for one column of numbers."""
    return permuted_summarized_number(x, y, [np.arange(len(y))], **run)[0]


def permuted_summarized_number(x, y, orders, *, marginals="rank", n_folds=N_FOLDS, random_state=0, n_jobs=None):
    """Return the estimates of ``summarized_number(x, y[order])`` for several orders; they share the work on x."""
    rows = prepared_rows(x, marginals=marginals, n_folds=n_folds, random_state=random_state)
    bins = np.argsort(np.argsort(y, kind="stable"), kind="stable") * _N_BINS // len(y)
    summaries = class_summaries(rows, [bins[order] for order in orders], _N_BINS, n_jobs=n_jobs)
    return [_estimate(summary, y[order]) for summary, order in zip(summaries, orders, strict=True)]


def _estimate(summary, y):
    statistic = _principal(np.exp(summary.ratios + summary.log_prior))[:, :2]
    terms = ksg_terms(statistic, y[:, None], _N_NEIGHBORS, marginals="rank")
    value, error = _mean_and_error(terms)
    ceiling = float(digamma(len(y)) - digamma(_N_NEIGHBORS))
    saturated = value > SATURATION * ceiling
    certificate = _mean_and_error(summary.log_gain)
    method = "summary + KSG"
    return SummarizedEstimate(
        value, terms, error, ceiling, saturated, *certificate, summary.predictor, method, statistic, 0.0
    )
