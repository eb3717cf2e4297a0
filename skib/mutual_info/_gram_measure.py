"""What the measures share that are functions of means over pairs of rows."""

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted, validate_data

from skib._gram import BANDWIDTH_CONSTRAINTS, influences, kernel_rows, median_distance, row_means
from skib._parallel import run_tasks
from skib._validation import check_pair, warn_if_constant, warn_of_constant_columns


class GramMeasure(BaseEstimator):
    """Base of the measures that are functions of the four moments of ``RowMeans``.

    A class gives ``_value(means)`` and ``_gradient(moments)``, the four derivatives of the (biased) value.
    """

    _min_samples = 2
    _parameter_constraints = BANDWIDTH_CONSTRAINTS

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        return tags

    def score_features(self, X, y):
        """Dependence of each column of X on y.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The features, one estimate each.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            The target.

        Returns
        -------
        values : ndarray of shape (n_features,)
            What ``fit`` would estimate from each column. The bound method serves as ``SelectKBest(score_func=...)``.
        """
        self._validate_params()
        x, y = check_pair(clone(self), X, y, min_samples=self._min_samples)
        constant = warn_of_constant_columns(x)
        values = np.zeros(x.shape[1])
        if not warn_if_constant("y", y):
            target = self._side(y)[0]
            tasks = [(x[:, [j]], target) for j in np.flatnonzero(~constant)]
            values[~constant] = run_tasks(self._score_column, tasks)
        return values

    def score(self, X, y):
        """Dependence of X and y, estimated anew on the given rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The rows, with the columns seen in ``fit``.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Their companions.

        Returns
        -------
        value : float
            The estimate of a clone fitted to these rows; this estimator stays as it is.
        """
        check_is_fitted(self)
        validate_data(self, X, reset=False, skip_check_array=True)
        x, y, constant = clone(self)._sides(X, y)
        return 0.0 if constant else float(self._value(row_means(x, y)))

    def _estimate(self, X, y):
        """Value and standard error."""
        x, y, constant = self._sides(X, y)
        if constant:
            return 0.0, 0.0
        means = row_means(x, y)
        influence = influences(x, y, means, self._gradient(means.moments()), self.bandwidth_, self.marginals)
        return float(self._value(means)), float(influence.std(ddof=1) / np.sqrt(len(x)))

    def _sides(self, X, y):
        """Both sides in units of their bandwidths, which are stored, and whether one of them is constant."""
        x, y = check_pair(self, X, y, min_samples=self._min_samples)
        constant = warn_if_constant("X", x) or warn_if_constant("y", y)
        (x, x_width), (y, y_width) = self._side(x), self._side(y)
        self.bandwidth_ = np.array([x_width, y_width])
        return x, y, constant

    def _side(self, x):
        return kernel_rows(x, self.marginals, self.bandwidth, median_distance)

    def _score_column(self, column, target):
        return self._value(row_means(self._side(column)[0], target))

    def permuted_estimates(self, X, y, permutations):
        """Neither errors nor bandwidths are needed again."""
        x, y, constant = clone(self)._sides(X, y)
        if constant:
            return np.zeros(len(permutations))
        return np.array([self._value(row_means(x, y[order])) for order in permutations])
