"""Whole numbers that are labels: their levels repeat, and what goes with them does not follow their order.

Ages, years, counts and readings of a sensor have neighbors that are alike. The means m_l of another variable over the
levels l of a column then differ little from those of the levels beside them: the second differences

    d_l = m_l - (m_{l-1} + m_{l+1}) / 2

are hardly more than the noise of the means. Of labels in arbitrary order, d_l has 1.5 times the variance of the means.
"""

import numpy as np

from skib._columns._codes import as_codes
from skib._columns._variable import Variable
from skib._marginals import transform_marginals

# Rows that the levels of labels have on average.
_ROWS_PER_LEVEL = 5
# Rows of a level, and of those beside it, from which its mean counts, and the fewest such levels.
_LEAST_ROWS, _LEAST_LEVELS = 4, 8
# Standard errors by which the second differences must exceed their noise, and their least share of the variance.
_ERRORS, _LEAST_SHARE = 8.0, 0.5
# Columns and classes of the other variable that are looked at; the means of rarer classes are too skewed.
_MOST_COLUMNS, _MOST_CLASSES, _LEAST_SHARE_OF_CLASS = 32, 16, 0.02


def read_labels(x, y):
    """Return two Variables that are to be taken as numbers; a single column of labels is returned as classes.

    A column is one of labels if it has whole numbers, 5 rows per level or more, and an order that tells nothing of what
    it tells about the other variable.
    """
    return _read(x, y), _read(y, x)


def _read(variable, other):
    is_number = variable.n_columns == 1 and variable.columns[0].source == "number"
    if not is_number or (variable.is_classes and not other.is_classes):
        return variable
    column = variable.columns[0]
    codes = repeated_levels(column.values)
    if codes is None or not are_unordered(codes, _scores_of_variable(other)):
        return variable
    labels = column._replace(values=codes.astype(np.float64), source="category", exact=None, labels=column.levels)
    return Variable([labels])


def _scores_of_variable(variable):
    if variable.is_classes:
        return scores_of_classes(variable.codes)
    return scores_of_numbers(variable.values[:, ~variable.nominal][:, :_MOST_COLUMNS])


def repeated_levels(values):
    """Return the codes of whole numbers with 5 rows per level or more, None of other numbers."""
    if not (values[:100] == np.rint(values[:100])).all():
        return None
    if not (values == np.rint(values)).all():
        return None
    codes = as_codes(values)
    return codes if _ROWS_PER_LEVEL * (codes.max() + 1) <= len(codes) else None


def scores_of_classes(codes):
    """Return the indicators of frequent classes, whose means over levels show whether these have an order."""
    counts = np.bincount(codes)
    frequent = np.argsort(-counts, kind="stable")[:_MOST_CLASSES]
    frequent = frequent[counts[frequent] >= _LEAST_SHARE_OF_CLASS * len(codes)]
    return (codes[:, None] == frequent).astype(np.float64)


def scores_of_numbers(values):
    """Return normal scores and their squares, for labels may differ in spread alone."""
    scores = transform_marginals(values, "rank")
    return np.hstack([scores, scores**2])


def are_unordered(codes, scores):
    """Whether the means of any column of scores over the levels, in their order, are rough beyond their noise."""
    counts = np.bincount(codes).astype(np.float64)
    kept = np.minimum(np.minimum(counts[:-2], counts[2:]), counts[1:-1]) >= _LEAST_ROWS
    if kept.sum() < _LEAST_LEVELS:
        return False
    weights = counts[1:-1][kept] / counts[1:-1][kept].sum()
    # Second differences overlap: their mean square has twice the error of independent ones.
    most = 1 + _ERRORS * 2 * np.linalg.norm(weights)
    for column in scores.T:
        means = np.bincount(codes, column) / counts
        squares = np.bincount(codes, (column - means[codes]) ** 2)
        noise = squares / (counts * np.maximum(counts - 1, 1))  # of the mean of each level
        noise_of_rough = weights @ (noise[1:-1] + 0.25 * (noise[:-2] + noise[2:]))[kept]
        rough = weights @ ((means[1:-1] - 0.5 * (means[:-2] + means[2:])) ** 2)[kept]
        inner = means[1:-1][kept]
        between = weights @ (inner - weights @ inner) ** 2 - weights @ noise[1:-1][kept]
        if rough > most * noise_of_rough and rough - noise_of_rough > _LEAST_SHARE * between:
            return True
    return False
