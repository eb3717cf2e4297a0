"""The information of a summary and one column of numbers."""

import numpy as np
from scipy.special import digamma

from skib._marginals import transform_marginals
from skib._neighbors import ksg_terms
from skib._statistics import SATURATION
from skib.mutual_info._summary._class_estimate import principal_components
from skib.mutual_info._summary._classes import class_summaries
from skib.mutual_info._summary._numbers import NUMBER_PREDICTORS, number_summaries
from skib.mutual_info._summary._rows import N_FOLDS, prepared_rows
from skib.mutual_info._summary._types import SummarizedEstimate, mean_and_error

# Quantile bins of y whose posteriors are the other summary.
_N_BINS = 12
_MOST_BINNED = 64  # columns
_N_NEIGHBORS = 5
_BETTER = 3.0
# Standard deviation of the log variance below which the mean alone is the statistic.
_EVEN = 0.05


def summarized_number(x, y, **run):
    """Estimate I(X;Y) for one column of numbers; keywords as in ``permuted_summarized_number``."""
    return permuted_summarized_number(x, y, [np.arange(len(y))], **run)[0]


def permuted_summarized_number(x, y, orders, *, predictors=NUMBER_PREDICTORS, n_jobs=None, **folds):
    """Estimate I(X;Y) with y in several orders, as each would be by itself; the work on x is shared.

    Parameters
    ----------
    x : ndarray of shape (n_samples, n_columns)
        Rows of numbers, not all equal.
    y : ndarray of shape (n_samples,)
        Numbers, not all equal.
    orders : sequence of ndarray of shape (n_samples,)
        Orders of y.
    predictors : sequence of str or of regressors, default=("linear", "quadratic", "robust", "trees")
        What is fitted to the normal scores of y.
    n_jobs : int, default=None
        Number of threads over the folds.
    **folds
        As in ``permuted_summarized_classes``.

    Returns
    -------
    estimates : list of SummarizedEstimate
        One for each order.
    """
    rows = prepared_rows(x, **{"n_folds": N_FOLDS, **folds})
    scores = transform_marginals(y[:, None], "rank")[:, 0]
    targets = [scores[order] for order in orders]
    summaries = number_summaries(rows, [y[order] for order in orders], targets, predictors=predictors, n_jobs=n_jobs)
    binned = [None] * len(orders)
    closed_forms = [name for name in ("linear", "quadratic") if name in predictors]
    if closed_forms and rows.x.shape[1] <= _MOST_BINNED:
        bins = [quantile_bins(target) for target in targets]
        binned = class_summaries(rows, bins, _N_BINS, predictors=closed_forms, n_jobs=n_jobs)
    return [_estimate(*parts) for parts in zip(summaries, binned, targets, strict=True)]


def quantile_bins(y):
    """Return the bin of each number, of as many rows each as ties allow."""
    order = np.argsort(y, kind="stable")
    _, first, groups = np.unique(y[order], return_index=True, return_inverse=True)
    bins = np.empty(len(y), np.int64)
    bins[order] = first[groups] * _N_BINS // len(y)
    return bins


def _estimate(summary, binned, y):
    statistics = [np.column_stack([summary.mean, summary.log_variance]), summary.mean[:, None]]
    if summary.log_variance.std() < _EVEN:
        statistics = statistics[1:]
    if binned is not None and binned.log_gain.mean() > summary.log_gain.mean():
        summary = binned
        components = principal_components(np.exp(binned.ratios + binned.log_prior))[:, :2]
        statistics = [components if components.size else np.zeros((len(y), 1))]
    statistic, terms = _most_telling(statistics, y)
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


def _most_telling(statistics, y):
    """Return the first statistic, or a later one with surely more information, and its terms.

    Where the spread of y follows from its mean, neighbors find less with both, on a curve in the plane, than with one.
    """
    terms = [ksg_terms(np.ascontiguousarray(s), y[:, None], _N_NEIGHBORS, marginals="rank") for s in statistics]
    best = 0
    for i in range(1, len(terms)):
        difference, error = mean_and_error(terms[i] - terms[best])
        if difference > error:
            best = i
    return statistics[best], terms[best]
