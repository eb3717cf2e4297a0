"""The information of a summary and one column of numbers."""

import numpy as np
from scipy.special import digamma

from skib._marginals import transform_marginals
from skib._neighbors import ksg_terms
from skib._statistics import SATURATION
from skib.mutual_info._summary._classes import N_FOLDS, class_summaries, prepared_rows
from skib.mutual_info._summary._estimate import SummarizedEstimate, mean_and_error, principal_components
from skib.mutual_info._summary._numbers import number_summaries

# Quantile bins of y whose posteriors are the other summary.
_N_BINS = 12
_MOST_BINNED = 64  # columns
_N_NEIGHBORS = 5
_BETTER = 2.0
# Standard deviation of the log variance below which the mean alone is the statistic.
_EVEN = 0.05


def summarized_number(x, y, **run):
    """Estimate I(X;Y) for one column of numbers."""
    return permuted_summarized_number(x, y, [np.arange(len(y))], **run)[0]


def permuted_summarized_number(x, y, orders, *, marginals="rank", n_folds=N_FOLDS, random_state=0, n_jobs=None):
    """Return the estimates of ``summarized_number(x, y[order])`` for several orders; they share the work on x."""
    rows = prepared_rows(x, marginals=marginals, n_folds=n_folds, random_state=random_state)
    scores = transform_marginals(y[:, None], "rank")[:, 0]
    bins = np.argsort(np.argsort(y, kind="stable"), kind="stable") * _N_BINS // len(y)
    targets = [scores[order] for order in orders]
    summaries = number_summaries(rows, targets, n_jobs=n_jobs)
    binned = [None] * len(orders)
    if x.shape[1] <= _MOST_BINNED:
        labelings = [bins[order] for order in orders]
        binned = class_summaries(rows, labelings, _N_BINS, predictors=("linear", "quadratic"), n_jobs=n_jobs)
    return [_estimate(*parts) for parts in zip(summaries, binned, targets, strict=True)]


def _estimate(summary, binned, y):
    statistic = np.column_stack([summary.mean, summary.log_variance])
    if summary.log_variance.std() < _EVEN:
        statistic = statistic[:, :1]
    if binned is not None and binned.log_gain.mean() > summary.log_gain.mean():
        summary = binned
        statistic = principal_components(np.exp(binned.ratios + binned.log_prior))[:, :2]
    if not statistic.size:
        statistic = np.zeros((len(y), 1))
    terms = ksg_terms(statistic, y[:, None], _N_NEIGHBORS, marginals="rank")
    certificate, certificate_error = mean_and_error(summary.log_gain)
    difference, error = mean_and_error(summary.log_gain - terms)
    by_neighbors = difference <= _BETTER * error
    terms = terms if by_neighbors else summary.log_gain
    value, std_error = mean_and_error(terms)
    ceiling = float(digamma(len(y)) - digamma(_N_NEIGHBORS))
    return SummarizedEstimate(
        value,
        terms,
        std_error,
        ceiling,
        value > SATURATION * ceiling,
        certificate,
        certificate_error,
        summary.predictor,
        "summary + KSG" if by_neighbors else "summary",
        statistic,
        0.0,
    )
