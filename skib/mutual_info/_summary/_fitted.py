"""Predictors of scikit-learn."""

import numpy as np
from sklearn.base import clone

from skib._parallel import one_openmp_thread

# A class that a predictor excludes keeps a probability of so much.
LEAST_PROBABILITY = 1e-9


def log_ratios(model, x, train, test, codes, log_prior):
    """Fit a classifier to the training rows; returns log posterior minus log prior of the rows held out."""
    with one_openmp_thread():
        model = clone(model).fit(x[train], codes[train])
        probabilities = np.maximum(model.predict_proba(x[test]), LEAST_PROBABILITY)
    ratios = np.full((len(test), len(log_prior)), np.log(LEAST_PROBABILITY))
    ratios[:, model.classes_] = np.log(probabilities) - log_prior[model.classes_]
    return ratios


def predictions(model, x, members, target, k):
    """Fit a regressor to the rows outside of fold k; returns its predictions of the fold."""
    train = members != k
    with one_openmp_thread():
        return np.ravel(clone(model).fit(x[train], target[train]).predict(x[~train]))


def names_of(models):
    """Return the names of the classes of some models, numbered where one occurs again."""
    names = [type(model).__name__ for model in models]
    return [f"{name} {names[:i].count(name) + 1}" if names.count(name) > 1 else name for i, name in enumerate(names)]
