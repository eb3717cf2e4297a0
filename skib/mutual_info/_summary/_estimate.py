"""The information of a summary and y."""

from typing import NamedTuple

import numpy as np
from scipy.special import digamma

from skib._neighbors import ross_terms
from skib._parallel import one_blas_thread
from skib._statistics import shrinkage_weight
from skib.mutual_info._summary import _gaussian_classes
from skib.mutual_info._summary._classes import N_FOLDS, PREDICTORS, class_summaries, prepared_rows

_N_NEIGHBORS = 5
# Classes whose probabilities are all kept as the statistic; of more, as many principal components.
_MOST_COMPONENTS = 16
# Standard errors by which the certificate must exceed the neighbors' estimate to take its place.
_BETTER = 2.0
# Rows per column from which the loss by estimated directions is known, and how surely there must be one.
_ROWS_PER_COLUMN = 2
_MOST_CLASSES = 64
_SURE = 2.0
# The loss is reduced by so many times what neighbors find beyond the calibrated log ratios: classes are no normal then.
_TRUST = 2.0


class SummarizedEstimate(NamedTuple):
    """An estimate from a summary, and the held-out bound beside it."""

    value: float
    pointwise: np.ndarray
    std_error: float
    ceiling: float
    saturated: bool
    certificate: float
    certificate_error: float
    predictor: str
    method: str
    statistic: np.ndarray
    loss: float  # nats that the value adds for directions estimated from few rows


def summarized_classes(x, codes, **run):
    """Estimate I(X;Y) for dense class codes."""
    return permuted_summarized_classes(x, codes, [np.arange(len(codes))], **run)[0]


def permuted_summarized_classes(
    x, codes, orders, *, predictors=PREDICTORS, marginals="rank", n_folds=N_FOLDS, random_state=0, n_jobs=None
):
    """Return the estimates of ``summarized_classes(x, codes[order])`` for several orders; they share the work on x."""
    rows, n_classes = prepared_rows(x, marginals=marginals, n_folds=n_folds, random_state=random_state), codes.max() + 1
    labelings = [codes[order] for order in orders]
    summaries = class_summaries(rows, labelings, n_classes, predictors=predictors, n_jobs=n_jobs)
    with one_blas_thread():
        loss = _loss_function(rows.x, n_classes)
        return [_class_estimate(*pair, loss) for pair in zip(summaries, labelings, strict=True)]


def _class_estimate(summary, codes, loss):
    statistic = class_statistic(summary)
    terms = ross_terms(statistic, codes, _N_NEIGHBORS)
    gain = summary.log_gain
    certificate, certificate_error = mean_and_error(gain)
    difference, error = mean_and_error(gain - terms)
    by_neighbors = difference <= _BETTER * error
    terms = terms if by_neighbors else gain
    value, std_error = mean_and_error(terms)
    ceiling = float(digamma(len(codes)) - np.mean(digamma(np.bincount(codes)[codes])))
    excess = max(-difference, 0.0)
    lost, lost_error = loss(summary, codes, excess, max(ceiling - value, 0.0))
    return SummarizedEstimate(
        value + lost,
        terms + lost,
        float(np.hypot(std_error, lost_error)),
        ceiling,
        False,
        certificate,
        certificate_error,
        summary.predictor,
        "summary + Ross" if by_neighbors else "summary",
        statistic,
        lost,
    )


def class_statistic(summary):
    """Return the log ratio of two classes, the probabilities of several, or principal components of those of many."""
    if summary.ratios.shape[1] == 2:
        return np.ascontiguousarray(summary.ratios[:, :1] - summary.ratios[:, 1:])
    probabilities = np.exp(summary.ratios + summary.log_prior)
    if probabilities.shape[1] <= _MOST_COMPONENTS:
        return probabilities
    return principal_components(probabilities)[:, :_MOST_COMPONENTS]


def principal_components(rows):
    """Return the principal components of rows, as far as they vary."""
    left, sizes, _ = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
    return np.ascontiguousarray((left * sizes)[:, sizes > 1e-9 * max(sizes[0], 1.0)])


def _loss_function(x, n_classes):
    """Return a function of a summary and codes: the nats lost because directions are estimated, and their error."""
    n_samples, n_columns = x.shape
    if n_samples < _ROWS_PER_COLUMN * (n_columns + n_classes) or n_classes > _MOST_CLASSES:
        return lambda *arguments: (0.0, 0.0)
    z = _gaussian_classes.whitened(x)
    noise = _gaussian_classes.noise_of_information(n_samples, n_columns, n_classes)

    def loss(summary, codes, excess, most):
        components = principal_components(summary.ratios - summary.ratios.mean(axis=1, keepdims=True))[
            :, : n_classes - 1
        ]
        found = _information(_gaussian_classes.whitened(components), codes, n_classes) if components.size else 0.0
        difference = min(_information(z, codes, n_classes) - found - _TRUST * excess, most)
        weight = shrinkage_weight(difference, _SURE * noise) if difference > 0 else 0.0
        return weight * difference, weight * noise

    return loss


def _information(z, codes, n_classes):
    products = _gaussian_classes.mean_products(z, codes, n_classes)
    return _gaussian_classes.information(products, np.bincount(codes, minlength=n_classes) / len(codes))


def mean_and_error(terms):
    return float(np.mean(terms)), float(np.std(terms, ddof=1) / np.sqrt(len(terms)))
