"""Warnings of what covariances do not show, and of what they show with too few rows."""

import numpy as np
from scipy.stats import chi2

from skib._warnings import UnreliableEstimateWarning, collect_warnings, warn
from skib.bottleneck._gaussian_curve import LEAST_SHARE
from skib.entropy import MillerMadow
from skib.mutual_info import Binned

# Bins of a column, rows that are binned, and the error rate over all pairs of columns.
_N_BINS, _MOST_ROWS, _ALPHA = 5, 2000, 1e-4
# Nats, and share of the Gaussian information of X and y, below which a hidden relation is of no account.
_LEAST_NATS, _LEAST_RATIO = 0.05, 0.1


def warn_of_hidden_relation(x, y, mutual_info):
    """Warn if bins of a column of x have more information about a column of y than a Gaussian of both has.

    That of the bins is a lower bound, so that they have less where the Gaussian is right.
    """
    step = -(-len(x) // _MOST_ROWS)
    x, y = x[::step], y[::step]
    x_varying, y_varying = (np.flatnonzero(np.ptp(columns, axis=0) > 0) for columns in (x, y))
    n_pairs = len(x_varying) * len(y_varying)
    if not n_pairs:
        return
    x, y = x[:, x_varying], y[:, y_varying]
    hidden = _binned_information(x, y) - _pairwise_information(x, y)
    n_free = (_N_BINS - 1) ** 2
    chance = (chi2.isf(_ALPHA / n_pairs, n_free) - n_free) / (2 * len(x))
    i, j = np.unravel_index(np.argmax(hidden), hidden.shape)
    if hidden[i, j] > max(chance, _LEAST_NATS, _LEAST_RATIO * mutual_info):
        warn(
            f"column {x_varying[i]} of X and column {y_varying[j]} of y share at least {hidden[i, j]:.2g} nats that "
            "their correlation does not show: a Gaussian bottleneck cannot keep them; transform the columns, such as "
            "by marginals='rank' where the relation is monotone, or by squares or splines where it is not"
            f"{_if_labels(y[:, j])}",
            UnreliableEstimateWarning,
        )


def _if_labels(target):
    """Return what to do if the numbers of a target are class labels, or "" if they hardly are."""
    levels = np.unique(target)
    if not 2 < len(levels) <= np.sqrt(len(target)):
        return ""
    return (
        f"; if these {len(levels)} values of y are class labels, pass a column of 0 and 1 for each of them, or take "
        "sklearn's LinearDiscriminantAnalysis, whose directions are the same, in a pipeline"
    )


def _binned_information(x, y):
    binned = Binned(_N_BINS, strategy="quantile", entropy=MillerMadow())
    with collect_warnings():
        return np.column_stack([binned.score_features(x, column) for column in y.T])


def _pairwise_information(x, y):
    x, y = ((part - part.mean(axis=0)) / part.std(axis=0) for part in (x, y))
    squared = np.minimum((x.T @ y / len(x)) ** 2, 1 - 1e-10)
    return -0.5 * np.log1p(-squared)


def warn_of_wide_condition(z):
    """Warn of a condition of so many columns that it explains any column of X and y."""
    n_samples, n_columns = z.shape
    if n_columns >= n_samples - 1:
        warn(
            f"given has {n_columns} columns for {n_samples} rows, which explain any X and y linearly: all information "
            "given them is 0; pass fewer columns or more rows",
            UnreliableEstimateWarning,
        )


def warn_of_determined(squared):
    """Warn of directions of X that determine directions of y."""
    n_determined = int(np.sum(1 - squared <= LEAST_SHARE))
    if n_determined:
        warn(
            f"y is a linear function of X in {n_determined} of {len(squared)} directions: their information is "
            f"infinite, and is cut at {-0.5 * np.log(LEAST_SHARE):.1f} nats each; if there are too few rows for so "
            "many columns, pass shrinkage='ledoit_wolf'",
            UnreliableEstimateWarning,
        )
