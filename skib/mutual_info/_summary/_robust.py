"""A linear regression in the units of the data, whose noise may have heavy tails."""

import numpy as np
from scipy.linalg import solve

# Degrees of freedom of the noise, steps of the fit, and the change of the residuals, as a share, that ends it.
_DEGREES, _STEPS, _TOLERANCE = 2.0, 25, 1e-3
# In more columns, or with fewer rows of each, the fit costs more than it finds.
_MOST_COLUMNS, _ROWS_PER_COLUMN = 64, 10
# Share of the diagonal that is added to the equations, against columns that determine each other.
_RIDGE = 1e-9


def has_robust_fit(x):
    """Whether the regression is worth trying."""
    return x.shape[1] <= _MOST_COLUMNS and len(x) >= _ROWS_PER_COLUMN * x.shape[1]


def robust_mean(x, y, scores, members, k):
    """Fit y = b0 + b x + noise of a Student distribution to the rows outside of fold k; predict the scores of fold k.

    Columns with heavy tails, or with edges, whose sum is y are a curved sum on the scale of normal scores. In their
    own units the slopes of a likelihood that expects large residuals are found from few rows, the more precisely the
    heavier the tails of x. A predicted y is put on the scale of the scores by those of the training rows.

    Parameters
    ----------
    x : ndarray of shape (n_samples, n_columns)
        Numbers.
    y : ndarray of shape (n_samples,)
        Numbers, not all equal.
    scores : ndarray of shape (n_samples,)
        Normal scores of y.
    members : ndarray of shape (n_samples,)
        The fold of every row.
    k : int
        The fold.

    Returns
    -------
    predicted : ndarray of shape (n_test,)
        Predicted scores.
    """
    train = members != k
    design, target = _design(x, train), y / np.abs(y).max()
    slopes = _slopes(design[train], target[train])
    order = np.argsort(target[train], kind="stable")
    return np.interp(design[~train] @ slopes, target[train][order], scores[train][order])


def _design(x, train):
    """Return a column of ones and the columns that vary, about their medians and in units of their mean distance."""
    x = x / np.maximum(np.abs(x).max(axis=0), np.finfo(float).tiny)
    x = x - np.median(x[train], axis=0)
    length = np.abs(x[train]).mean(axis=0)
    return np.column_stack([np.ones(len(x)), x[:, length > 0] / length[length > 0]])


def _slopes(design, target):
    """Maximize the likelihood of Student noise by reweighted least squares."""
    weights, residuals = np.ones(len(target)), np.zeros(len(target))
    for _ in range(_STEPS):
        slopes = _least_squares(design, target, weights)
        before, residuals = residuals, target - design @ slopes
        scale = np.median(np.abs(residuals))
        if scale <= np.finfo(float).eps * np.abs(target).mean():
            break
        if np.median(np.abs(residuals - before)) < _TOLERANCE * scale:
            break
        weights = 1 / (_DEGREES + (residuals / scale) ** 2)
    return slopes


def _least_squares(design, target, weights):
    weighted = design * weights[:, None]
    equations = weighted.T @ design
    lengths = np.sqrt(np.diag(equations))
    equations /= np.outer(lengths, lengths)
    equations[np.diag_indices(len(lengths))] += _RIDGE
    return solve(equations, (weighted.T @ target) / lengths, assume_a="pos") / lengths
