"""Information in the outputs of a classifier: concentration within classes, separation, and what it tells of labels."""

from dataclasses import dataclass
from numbers import Real

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import xlogy

from skib._typing import Floats, TableLike
from skib._warnings import UnreliableEstimateWarning, warn
from skib.metrics._distributions import check_distributions, label_columns
from skib.metrics._measurement import Measurement


@dataclass(frozen=True)
class ClassifierInformation:
    r"""Measurements on the probabilities of a classifier, in nats.

    Attributes
    ----------
    cmi : Measurement
        Conditional mutual information :math:`I(X; \hat Y | Y)`: 0 if all rows of a class have the same probabilities.
    separation : Measurement
        :math:`\Gamma`, the mean cross-entropy between outputs for rows of different classes.
    ncmi : Measurement
        Normalized conditional mutual information, cmi / separation: low for classes that are concentrated and far
        apart. It has no unit.
    usable_information : Measurement
        Mean of `pvi`: what this classifier tells of the labels. Below 0 it predicts worse than the shares of the
        classes.
    pvi : ndarray of shape (n_samples,)
        Pointwise V-information of each row.
    """

    cmi: Measurement
    separation: Measurement
    ncmi: Measurement
    usable_information: Measurement
    pvi: Floats


def classifier_information(
    P: TableLike, y: TableLike, *, classes: ArrayLike | None = None, clip: float = 1e-12
) -> ClassifierInformation:
    r"""Measure what is in the predicted probabilities of a classifier: CMI, NCMI and pointwise V-information.

    With :math:`P_x` the probabilities for input x and :math:`Q_y` their mean over the rows of class y,

    .. math::
        I(X; \hat Y | Y) = \mathbb E\, D(P_X \,\|\, Q_Y), \qquad
        \Gamma = \mathbb E\big[ 1\{Y \ne Y'\}\, H(P_X, P_{X'}) \big], \qquad
        \mathrm{NCMI} = I(X; \hat Y | Y) \,/\, \Gamma,

    where :math:`(X', Y')` is an independent copy and H(p, q) the cross-entropy. The pointwise V-information of a row is
    :math:`\log P_x[y] - \log p(y)`, with p(y) the share of its class.

    Parameters
    ----------
    P : array-like of shape (n_samples, n_classes)
        Probabilities, of rows that the classifier was not trained on. Their sums may differ from 1 by rounding.
    y : array-like of shape (n_samples,)
        Labels of the rows.
    classes : array-like of shape (n_classes,), default=None
        Label of each column of P. None: whole numbers from 0 to n_classes - 1 are numbers of columns, and other labels
        count in their sorted order.
    clip : float, default=1e-12
        Smallest probability whose logarithm is taken: a lower one costs :math:`-\log` of it (27.6 nats).

    Returns
    -------
    information : ClassifierInformation
        The measurements. Their nulls are what they would be if the same outputs had nothing to do with the labels: the
        mean over all permutations of y.

    Raises
    ------
    ValueError
        If rows of P do not sum to 1 or have negative or missing entries, there are fewer than two classes, a class has
        a single row, or labels and columns do not match.

    Warns
    -----
    UnreliableEstimateWarning
        If probabilities below `clip` determine the separation or the pointwise V-information.

    Notes
    -----
    The centroids :math:`Q_y` are means over n_y rows, whose entropy is too low by a term of order 1/n_y. The jackknife
    corrects it here. The plug-in value of the code of [1]_ is lower, by about
    :math:`\sum_k \mathrm{Var}(P_k | y) / (2 n_y Q_y[k])` for each class; with 500 rows per class both agree in the
    third digit.

    Standard errors are those of independent rows, with the classes as they were drawn. The mean of `pvi` takes the
    shares p(y) of these rows and is lower by (n_classes - 1) / 2n than with the true ones. :math:`\Gamma` and `pvi`
    contain logarithms of small probabilities: a temperature changes them, and not which class is predicted.

    References
    ----------
    .. [1] E.-H. Yang, S. M. Hamidi, L. Ye, R. Tan, B. Yang, "Conditional mutual information constrained deep learning
       for classification", IEEE Transactions on Neural Networks and Learning Systems, 2025, eq. 9-17.
    .. [2] K. Ethayarajh, Y. Choi, S. Swayamdipta, "Understanding dataset difficulty with V-usable information",
       ICML 2022, eq. 4.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.metrics import classifier_information
    >>> rng = np.random.default_rng(0)
    >>> y = rng.integers(0, 2, 2000)
    >>> p = np.where(rng.random(2000) < 0.5, 0.9, 0.7)  # probability of the right class
    >>> P = np.column_stack([np.where(y == 0, p, 1 - p), np.where(y == 1, p, 1 - p)])
    >>> information = classifier_information(P, y)
    >>> round(information.cmi.value, 2)  # truth: H(0.8) - (H(0.9) + H(0.7)) / 2 = 0.032
    0.03
    >>> round(information.ncmi.value, 2)  # truth: 0.045
    0.04
    """
    if not (isinstance(clip, Real) and 0 < clip < 1):
        raise ValueError(f"clip must lie between 0 and 1, got {clip!r}")
    p = check_distributions("P", P)
    codes = label_columns(y, classes, p.shape)
    members = _members(codes, p.shape[1])
    n_rows = members.sum(axis=0)
    _warn_of_clipped(p, codes, clip)
    log_p = np.log(np.maximum(p, clip))
    means = (members.T @ p) / n_rows[:, None]
    divergences = _divergences(p, members, means, n_rows)
    cross, both = _cross_entropies(p, log_p, members)
    cmi, separation = float(divergences.mean()), float(cross.mean())
    ratio = cmi / separation
    shares = n_rows / len(p)
    own = members.argmax(axis=1)
    pvi = log_p[np.arange(len(p)), codes] - np.log(shares)[own]
    null_cmi, null_separation, null_pvi = _nulls(p, log_p, shares, np.unique(codes))
    error = _std_error((divergences - cmi - ratio * (both - 2 * separation)) / separation)
    return ClassifierInformation(
        Measurement(cmi, _std_error(divergences), null_cmi, float(np.log(p.shape[1]))),
        Measurement(separation, _std_error(both), null_separation, float(-np.log(clip))),
        Measurement(ratio, error, null_cmi / null_separation),
        Measurement(float(pvi.mean()), _std_error(pvi), null_pvi, float(-shares @ np.log(shares))),
        pvi,
    )


def _members(codes, n_columns):
    """Return a matrix (n_samples, n_labels) of ones where a row has a label; of the labels that occur."""
    counts = np.bincount(codes, minlength=n_columns)
    if (counts > 0).sum() < 2:
        raise ValueError("y has a single class; separation and NCMI compare rows of two or more classes")
    if (counts == 1).any():
        raise ValueError(
            f"class {int(np.argmax(counts == 1))} has a single row; CMI needs two or more of each class: leave it out"
        )
    return (codes[:, None] == np.flatnonzero(counts)).astype(np.float64)


def _warn_of_clipped(p, codes, clip):
    n_rows = int(np.sum(p[np.arange(len(p)), codes] < clip))
    share = np.mean(p < clip)
    if n_rows or share > 0.5:
        warn(
            f"{share:.1%} of the probabilities are below clip={clip:g}, in {n_rows} rows that of the label: the "
            "separation, the NCMI and the pointwise V-information depend on clip; save logits or probabilities in a "
            "longer format, and no labels in place of probabilities",
            UnreliableEstimateWarning,
        )


def _divergences(p, members, means, n_rows):
    """Return what each row adds to the divergence from the mean of its class, with the entropy of means jackknifed.

    Their mean over the rows of a class is n H(Q) - (n - 1) mean H(Q without one row) - mean H(P), and their spread that
    of the divergence: the means themselves have no influence of the first order.
    """
    own = members.argmax(axis=1)
    n, q = n_rows[own][:, None], means[own]
    row_entropy, entropy = -xlogy(p, p).sum(axis=1), -xlogy(means, means).sum(axis=1)
    without = np.maximum(n * q - p, 0) / (n - 1)
    jackknifed = n[:, 0] * entropy[own] + (n[:, 0] - 1) * xlogy(without, without).sum(axis=1)
    bias = (members.T @ jackknifed) / n_rows - entropy
    linear = -np.sum(p * np.log(np.where(q > 0, q, 1)), axis=1)
    return linear - row_entropy + bias[own]


def _cross_entropies(p, log_p, members):
    """Return the mean cross-entropy of each row with those of other classes, and the sum of both directions."""
    own = members.argmax(axis=1)
    sum_p, sum_log = members.T @ p, members.T @ log_p
    to = -np.sum(p * (sum_log.sum(axis=0) - sum_log[own]), axis=1) / (len(p) - 1)
    back = -np.sum((sum_p.sum(axis=0) - sum_p[own]) * log_p, axis=1) / (len(p) - 1)
    return to, to + back


def _nulls(p, log_p, shares, columns):
    """Return CMI, separation and mean PVI of the same outputs for labels that are independent of them."""
    n, mean, mean_log = len(p), p.mean(axis=0), log_p.mean(axis=0)
    cmi = -xlogy(mean, mean).sum() + xlogy(p, p).sum(axis=1).mean()
    pairs = -(n * mean @ mean_log - np.sum(p * log_p) / n) / (n - 1) * n / (n - 1)
    return float(cmi), float((1 - shares @ shares) * pairs), float(shares @ (mean_log[columns] - np.log(shares)))


def _std_error(values):
    return float(np.std(values, ddof=1) / np.sqrt(len(values)))
