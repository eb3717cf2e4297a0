"""Measures of dependence that are functions of means over pairs of rows."""

import numpy as np
from sklearn.base import clone

from skib._cost import warn_of_pairs
from skib._gram._matrices import BANDWIDTH_CONSTRAINTS, influences, kernel_rows, median_distance, row_means
from skib._parallel import run_tasks
from skib._typing import Floats, Orders, TableLike
from skib._validation import check_pair, warn_if_constant, warn_of_constant_columns


class GramMeasureMixin:
    """Mixin of the functions of the four moments of ``RowMeans``, with parameters `bandwidth` and `marginals`.

    A class defines ``_value(means)`` and ``_gradient(moments)``, the four derivatives of the (biased) value, and its
    ``fit`` calls ``_estimate``.
    """

    bandwidth_: Floats

    _min_samples = 2
    _parameter_constraints = BANDWIDTH_CONSTRAINTS

    def permuted_estimates(self, X: TableLike, y: TableLike, permutations: Orders) -> Floats:
        """Estimate the dependence with the rows of y in the order of each permutation; without standard errors."""
        x, y, constant = clone(self)._scaled_pair(X, y)
        if constant:
            return np.zeros(len(permutations))
        warn_of_pairs(self, len(x), x.shape[1] + y.shape[1], n_passes=len(permutations))
        return np.array([self._value(row_means(x, y[order])) for order in permutations])

    def _estimate(self, X, y):
        """Return the value and its standard error."""
        x, y, constant = self._scaled_pair(X, y)
        if constant:
            return 0.0, 0.0
        warn_of_pairs(self, len(x), x.shape[1] + y.shape[1], n_passes=2)
        means = row_means(x, y)
        influence = influences(x, y, means, self._gradient(means.moments()), self.bandwidth_, self.marginals)
        return float(self._value(means)), float(influence.std(ddof=1) / np.sqrt(len(x)))

    def _score_columns(self, X, y):
        x, y = check_pair(clone(self), X, y, min_samples=self._min_samples)
        constant = warn_of_constant_columns(x)
        values = np.zeros(x.shape[1])
        if not warn_if_constant("y", y):
            target = self._scaled(y)[0]
            warn_of_pairs(self, len(x), 1 + target.shape[1], n_passes=np.sum(~constant))
            tasks = [(x[:, [j]], target) for j in np.flatnonzero(~constant)]
            values[~constant] = run_tasks(self._score_column, tasks)
        return values

    def _score_column(self, column, target):
        return self._value(row_means(self._scaled(column)[0], target))

    def _scaled_pair(self, X, y):
        """Return x and y in units of their bandwidths, which are stored, and whether one of them is constant."""
        x, y = check_pair(self, X, y, min_samples=self._min_samples)
        constant = warn_if_constant("X", x) or warn_if_constant("y", y)
        (x, x_width), (y, y_width) = self._scaled(x), self._scaled(y)
        self.bandwidth_ = np.array([x_width, y_width])
        return x, y, constant

    def _scaled(self, x):
        return kernel_rows(x, self.marginals, self.bandwidth, median_distance)
