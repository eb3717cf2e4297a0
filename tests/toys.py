"""Toy estimators of tests."""

import numpy as np
from sklearn.base import BaseEstimator


class Mean(BaseEstimator):
    """The mean of y, plus 10 / n, plus the mean of `given`."""

    def fit(self, X, y, given=None):
        self.mutual_info_ = np.mean(y) + 10 / len(y) + (0 if given is None else np.mean(given))
        return self
