"""Predictors of one column of normal scores, and of its squared residuals."""

from itertools import combinations

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

# Columns whose products are features too, and columns that have features beside themselves at all.
_MOST_MULTIPLIED, _MOST_BENT = 30, 256
# More columns, or fewer rows, are not worth trees.
_MOST_GROWN, _LEAST_ROWS = 128, 200
_ROUNDS = 60
# Squared residuals below this share of their mean are raised to it before logarithms are taken.
_LEAST_SQUARE = 1e-3


def bent_features(x):
    """Return the columns, their squares and sizes, and, unless they are many, their products; of very many, them alone.

    What is linear in these features follows any quadratic form, and a fold of every column.
    """
    d = x.shape[1]
    if d > _MOST_BENT:
        return x
    pairs = combinations(range(d), 2) if d <= _MOST_MULTIPLIED else ()
    return np.column_stack([x, x**2, np.abs(x), *(x[:, i] * x[:, j] for i, j in pairs)])


def linear_mean(fold, target):
    """Regress on the whitened training rows, and predict those held out."""
    own = target[fold.train]
    slopes = fold.z[fold.train].T @ (own - own.mean()) / len(own)
    return own.mean() + fold.z[fold.test] @ slopes


def can_grow_regressions(x):
    """Whether there are rows enough for trees, and columns few enough."""
    return x.shape[1] <= _MOST_GROWN and len(x) >= _LEAST_ROWS


def tree_mean(x, members, target, k):
    """Grow boosted trees on the rows outside of fold k, and predict those of the fold."""
    model = HistGradientBoostingRegressor(
        max_iter=_ROUNDS,
        learning_rate=0.15,
        max_leaf_nodes=15,
        max_bins=63,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=0,
    )
    return model.fit(x[members != k], target[members != k]).predict(x[members == k])


def log_squares(residuals):
    """Return logarithms of squared residuals, bounded from below."""
    squares = residuals**2
    return np.log(np.maximum(squares, _LEAST_SQUARE * squares.mean() + np.finfo(float).tiny))
