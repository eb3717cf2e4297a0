"""Closed-form predictors of one column of normal scores, and of its squared residuals."""

from itertools import combinations

import numpy as np

# Columns whose products are features too, and columns that have features beside themselves at all.
_MOST_MULTIPLIED, _MOST_BENT = 30, 256
# Squared residuals below this share of their mean are raised to it before logarithms are taken.
_LEAST_SQUARE = 1e-3
# Steps of the model of the variance, the largest of them, and the least variance.
_STEPS, _LARGEST_STEP, _TOLERANCE = 20, 2.0, 1e-6
_LEAST_VARIANCE = 1e-8


def bent_features(x):
    """Return the columns, their squares and sizes, and, unless they are many, their products; of very many, them alone.

    What is linear in these features follows any quadratic form, and a fold of every column.
    """
    d = x.shape[1]
    if d > _MOST_BENT:
        return x
    pairs = combinations(range(d), 2) if d <= _MOST_MULTIPLIED else ()
    features = np.column_stack([x, x**2, np.abs(x), *(x[:, i] * x[:, j] for i, j in pairs)])
    return features[:, (features != features[0]).any(axis=0)]


def linear_mean(fold, target):
    """Regress on the whitened training rows, and predict those held out."""
    own = target[fold.train]
    slopes = fold.train_rows.T @ (own - own.mean()) / len(own)
    return own.mean() + fold.test_rows @ slopes


def log_squares(residuals):
    """Return logarithms of squared residuals, bounded from below."""
    squares = residuals**2
    return np.log(np.maximum(squares, max(_LEAST_SQUARE * squares.mean(), np.finfo(float).tiny)))


def variance_model(predicted, squares):
    """Fit log variance = intercept + predicted @ slopes, no slope negative, to squared residuals by scoring."""
    design = np.column_stack([np.ones(len(squares)), predicted])
    parameters = np.zeros(design.shape[1])
    parameters[0] = np.log(max(squares.mean(), _LEAST_VARIANCE))
    for _ in range(_STEPS):
        ratios = squares * np.exp(-np.maximum(design @ parameters, np.log(_LEAST_VARIANCE)))
        step = np.linalg.lstsq(design, ratios - 1)[0]
        new = parameters + np.clip(step, -_LARGEST_STEP, _LARGEST_STEP)
        new[1:] = np.maximum(new[1:], 0.0)
        done = np.abs(new - parameters).max() < _TOLERANCE
        parameters = new
        if done:
            break
    return parameters[0], parameters[1:]
