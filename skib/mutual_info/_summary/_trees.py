"""Boosted trees, for dependence that no line and no quadratic form follows."""

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

# Trees of all classes together, and the fewest rounds that are worth trying.
_N_TREES, _FEWEST_ROUNDS = 100, 5
# More columns would cost more than nearest neighbors among them.
_MOST_COLUMNS = 128
_ROWS_PER_CLASS = 100
_LEAST_PROBABILITY = 1e-9


def can_grow(x, n_classes):
    """Whether there are rows enough for trees, and columns and classes few enough."""
    few = x.shape[1] <= _MOST_COLUMNS and n_classes <= _N_TREES // _FEWEST_ROUNDS
    return few and len(x) >= _ROWS_PER_CLASS * n_classes


def tree_ratios(x, train, test, codes, log_prior):
    """Grow trees on the training rows, and return log ratios of the others."""
    n_classes = len(log_prior)
    model = HistGradientBoostingClassifier(
        max_iter=_N_TREES // n_classes,
        learning_rate=0.3,
        max_leaf_nodes=15,
        max_bins=63,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=0,
    )
    model.fit(x[train], codes[train])
    ratios = np.full((len(test), n_classes), np.log(_LEAST_PROBABILITY))
    probabilities = np.maximum(model.predict_proba(x[test]), _LEAST_PROBABILITY)
    ratios[:, model.classes_] = np.log(probabilities) - log_prior[model.classes_]
    return ratios
