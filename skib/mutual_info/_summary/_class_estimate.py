"""The information of a summary and class labels."""

import numpy as np
from scipy.special import digamma

from skib._neighbors import ross_terms
from skib._parallel import one_blas_thread
from skib._statistics import shrinkage_weight
from skib.mutual_info._summary import _gaussian_classes
from skib.mutual_info._summary._classes import PREDICTORS, class_summaries
from skib.mutual_info._summary._rows import N_FOLDS, prepared_rows
from skib.mutual_info._summary._types import SummarizedEstimate, mean_and_error

_N_NEIGHBORS = 5
# Classes whose probabilities are all kept as the statistic; of more, as many principal components.
_MOST_COMPONENTS = 16
# Standard errors by which the certificate must exceed the neighbors' estimate to take its place.
_BETTER = 3.0
# Standard errors of a certificate that tells something.
_TELLING = 2.0
# Rows per column and class from which the loss by estimated directions is known, and the most classes.
_ROWS_PER_COLUMN, _MOST_CLASSES = 2, 64
# The loss is shrunk as if its standard error were so many times as large.
_SURE = 2.0
# It is reduced by so many times what neighbors find beyond the calibrated log ratios: classes are not normal then.
_TRUST = 2.0


def summarized_classes(x, codes, **run):
    """Estimate I(X;Y) for dense class codes; keywords as in ``permuted_summarized_classes``."""
    return permuted_summarized_classes(x, codes, [np.arange(len(codes))], **run)[0]


def permuted_summarized_classes(x, codes, orders, *, floors=None, predictors=PREDICTORS, n_jobs=None, **folds):
    """Estimate I(X;Y) with the codes in several orders, as each would be by itself; the work on x is shared.

    Parameters
    ----------
    x : ndarray of shape (n_samples, n_columns)
        Rows of numbers, not all equal.
    codes : ndarray of int64 of shape (n_samples,)
        Dense class codes.
    orders : sequence of ndarray of shape (n_samples,)
        Orders of the codes.
    floors : sequence of float, default=None
        One for each order. A caller passes them to whom an estimate does not matter whose certificate exceeds neither
        this nor two of its own standard errors: no neighbors are searched for it, and its value is the certificate.
    predictors : sequence of str or of classifiers, default=("linear", "quadratic", "logistic", "trees")
        What is fitted. Trees are tried for 100 rows per class or more and at most 128 columns.
    n_jobs : int, default=None
        Number of threads over the folds.
    **folds
        ``marginals="rank"`` (or "standard", None), ``n_folds=4``, ``random_state=0``, or ``members``, as in
        ``prepared_rows``.

    Returns
    -------
    estimates : list of SummarizedEstimate
        One for each order.
    """
    rows, n_classes = prepared_rows(x, **{"n_folds": N_FOLDS, **folds}), int(codes.max()) + 1
    keys = rows.x.sum(axis=1)
    labelings = [in_canonical_order(codes[order], keys) for order in orders]
    summaries = class_summaries(rows, labelings, n_classes, predictors=predictors, n_jobs=n_jobs)
    with one_blas_thread():
        loss = _loss_function(rows.x, n_classes) if "linear" in predictors else _no_loss
        floors = [-np.inf] * len(labelings) if floors is None else floors
        return [_estimate(*parts, loss) for parts in zip(summaries, labelings, floors, strict=True)]


def _estimate(summary, codes, floor, loss):
    statistic = class_statistic(summary)
    certificate, certificate_error = mean_and_error(summary.log_gain)
    telling = certificate > min(floor, _TELLING * certificate_error)
    terms = neighbor_terms(statistic, codes) if telling else summary.log_gain
    difference, error = mean_and_error(summary.log_gain - terms)
    by_neighbors = telling and not difference > _BETTER * error
    terms = terms if by_neighbors else summary.log_gain
    value, std_error = mean_and_error(terms)
    ceiling = _ceiling(codes)
    if value > ceiling:  # ties of rows that are beyond doubt
        terms, value = terms + (ceiling - value), ceiling
    lost, lost_error = (loss if telling else _no_loss)(summary, codes, max(-difference, 0.0), max(ceiling - value, 0.0))
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


def in_canonical_order(codes, keys):
    """Number the classes in the order of their rows and of the mean keys of these, whatever their names."""
    counts = np.bincount(codes)
    means = np.bincount(codes, weights=keys) / np.maximum(counts, 1)
    order = np.lexsort([means, counts])
    return np.argsort(order)[codes]


def class_statistic(summary):
    """Return the log ratio of two classes, the probabilities of several, or principal components of those of many."""
    if summary.ratios.shape[1] == 2:
        return np.ascontiguousarray(summary.ratios[:, :1] - summary.ratios[:, 1:])
    probabilities = np.exp(summary.ratios + summary.log_prior)
    if probabilities.shape[1] <= _MOST_COMPONENTS:
        return probabilities
    components = principal_components(probabilities)[:, :_MOST_COMPONENTS]
    return components if components.size else np.zeros((len(probabilities), 1))


def principal_components(rows):
    """Return the principal components of rows, as far as they vary."""
    left, sizes, _ = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
    return np.ascontiguousarray((left * sizes)[:, sizes > 1e-9 * max(sizes[0], 1.0)])


def neighbor_terms(statistic, codes):
    """Compute Ross's terms; NaN for rows that are alone in their class."""
    terms, used = np.full(len(codes), np.nan), np.bincount(codes)[codes] > 1
    if used.any():
        dense = np.unique(codes[used], return_inverse=True)[1].astype(np.int64)
        terms[used] = ross_terms(statistic[used], dense, _N_NEIGHBORS)
    return terms


def _ceiling(codes):
    sizes = np.bincount(codes)[codes]
    sizes = sizes[sizes > 1]
    return float(digamma(len(sizes)) - np.mean(digamma(sizes))) if len(sizes) else 0.0


def _no_loss(summary, codes, excess, most):
    return 0.0, 0.0


def _loss_function(x, n_classes):
    """Return a function of a summary: the nats lost because directions are estimated, and their standard error.

    The rows x are overwritten.
    """
    n_samples, n_columns = x.shape
    if n_samples < _ROWS_PER_COLUMN * (n_columns + n_classes) or n_classes > _MOST_CLASSES:
        return _no_loss
    z = _gaussian_classes.whitened(x, overwrite_x=True)
    noise = _gaussian_classes.noise_of_information(n_samples, n_columns, n_classes)

    def loss(summary, codes, excess, most):
        counts = np.bincount(codes, minlength=n_classes)
        components = principal_components(summary.ratios - summary.ratios.mean(axis=1, keepdims=True))
        found = _gaussian_classes.class_information(
            _gaussian_classes.whitened(components[:, : n_classes - 1]), codes, counts
        )
        difference = min(_gaussian_classes.class_information(z, codes, counts) - found - _TRUST * excess, most)
        weight = shrinkage_weight(difference, _SURE * noise) if difference > 0 else 0.0
        return float(weight * difference), float(weight * noise)

    return loss
