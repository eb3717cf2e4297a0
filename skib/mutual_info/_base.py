"""What every mutual-information estimator shares."""

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted, validate_data

from skib._parallel import run_tasks
from skib._statistics import SATURATION
from skib._warnings import SaturatedEstimateWarning, warn


class MutualInfoMixin:
    """Mixin of the estimators of I(X;Y): fitted attributes, ``score_features`` and ``score``."""

    takes_classes = False  # whether y may hold class labels, which have no order and no distance

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        return tags

    def _set_pointwise(self, pointwise, ceiling, *, saturated=None):
        """Store the pointwise information (NaN: rows left out) and what follows from it."""
        told = pointwise[~np.isnan(pointwise)]
        value = np.mean(told) if len(told) else np.nan
        std_error = np.std(told, ddof=1) / np.sqrt(len(told)) if len(told) > 1 else np.nan
        self.pointwise_ = pointwise
        return self._set_estimate(value, ceiling, len(pointwise), std_error=std_error, saturated=saturated)

    def _set_estimate(self, mutual_info, ceiling, n_samples, *, std_error=np.nan, saturated=None):
        """Store an estimate from n_samples rows.

        It counts as saturated near its ceiling, unless the class knows better (`saturated`); a warning says so.
        """
        self.mutual_info_ = float(mutual_info)
        self.std_error_ = float(std_error)
        self.ceiling_ = float(ceiling)
        self.saturated_ = bool(self.mutual_info_ > SATURATION * self.ceiling_ if saturated is None else saturated)
        if self.saturated_:
            warn(
                f"{self!r} gives {self.mutual_info_:.3g} nats and could give at most {self.ceiling_:.3g} on "
                f"{n_samples} rows: the true value may be far larger, even infinite, or the data too fine for so few "
                "rows",
                SaturatedEstimateWarning,
            )
        return self

    def score_features(self, X, y):
        """Mutual information of each column of X with y.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The features, one estimate each.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            The target.

        Returns
        -------
        mutual_info : ndarray of shape (n_features,)
            In nats, not clipped at 0. The bound method serves as ``SelectKBest(score_func=...)``.
        """
        self._validate_params()
        return self._score_columns(X, y)

    def _score_columns(self, X, y):
        """Fit a clone to each column; a class overrides it where columns can share work."""
        columns = [X.iloc[:, [j]] if hasattr(X, "iloc") else np.asarray(X)[:, [j]] for j in range(np.shape(X)[1])]
        tasks = [(clone(self), column, y) for column in columns]
        return np.array(run_tasks(_fit_value, tasks, n_jobs=getattr(self, "n_jobs", None)))

    def score(self, X, y):
        """Mutual information of X and y, in nats, estimated anew on the given rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The rows, with the columns seen in ``fit``.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Their companions.

        Returns
        -------
        mutual_info : float
            The estimate of a clone fitted to these rows; this estimator stays as it is.
        """
        check_is_fitted(self)
        validate_data(self, X, reset=False, skip_check_array=True)
        return _fit_value(clone(self), X, y)

    def permuted_estimates(self, X, y, permutations):
        """Estimates with y in the order of each permutation; a class overrides it where work can be shared."""
        return np.array([_fit_value(clone(self), X, y[order]) for order in permutations])


def _fit_value(estimator, X, y):
    return estimator.fit(X, y).mutual_info_
