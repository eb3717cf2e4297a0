"""Boosted trees, for dependence that no line and no quadratic form follows."""

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

_ROUNDS = 60
# Trees of all classes together, and the fewest rounds that are worth trying.
_MOST_TREES, _FEWEST_ROUNDS = 240, 8
# Columns that trees are grown on.
_MOST_COLUMNS = 100
_FEW_OF_MANY = 32
_STEP, _LARGEST_RATE = 9.0, 0.3
_LEAST_PROBABILITY = 1e-9


def can_grow(n_classes):
    """Whether there are few enough classes."""
    return _MOST_TREES // n_classes >= _FEWEST_ROUNDS


def tree_ratios(x, train, test, codes, log_prior):
    """Grow trees on the training rows, and return log ratios of the others."""
    n_classes = len(log_prior)
    rounds = min(_MOST_TREES // (1 if n_classes == 2 else n_classes), _ROUNDS)
    model = HistGradientBoostingClassifier(
        max_iter=rounds,
        learning_rate=min(_STEP / rounds, _LARGEST_RATE),
        max_bins=63,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=0,
    )
    columns = _columns(x[train], codes[train], n_classes)
    model.fit(x[np.ix_(train, columns)], codes[train])
    ratios = np.full((len(test), n_classes), np.log(_LEAST_PROBABILITY))
    probabilities = np.maximum(model.predict_proba(x[np.ix_(test, columns)]), _LEAST_PROBABILITY)
    ratios[:, model.classes_] = np.log(probabilities) - log_prior[model.classes_]
    return ratios


def _columns(x, codes, n_classes):
    """Return the columns to grow on: of very many, those whose mean or spread differs most among the classes."""
    if x.shape[1] <= _MOST_COLUMNS:
        return np.arange(x.shape[1])
    counts = np.maximum(np.bincount(codes, minlength=n_classes), 1)
    indicator = np.zeros((n_classes, len(x)))
    indicator[codes, np.arange(len(x))] = 1
    differences = sum(_difference(indicator @ part, counts) for part in (_standard(x), _standard(np.abs(_standard(x)))))
    return np.sort(np.argsort(-differences, kind="stable")[:_FEW_OF_MANY])


def _difference(sums, counts):
    return (sums**2 / counts[:, None]).sum(axis=0)


def _standard(x):
    spread = x.std(axis=0)
    return (x - x.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
