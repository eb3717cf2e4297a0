"""Measures of the dependence of X and y: what skib requires of any such estimator, and the base of its own ones.

An estimator is an instance that scikit-learn can clone and whose ``fit(X, y)`` stores ``mutual_info_``, an information
in nats, or ``dependence_``, a measure on a scale of its own. Nothing else is required, neither a base class of skib nor
further attributes.
"""

from functools import partial
from inspect import isclass
from typing import Self

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted, has_fit_parameter

from skib._columns import feature_table, opened, record_features, single_columns, take_rows
from skib._parallel import run_tasks, with_drawn_seeds
from skib._typing import Floats, Orders, PermutedEstimates, TableLike
from skib._warnings import collect_warnings

_SUCH_AS = "such as skib.mutual_info.KSG()"


class DependenceMixin:
    """Mixin of the estimators of one value from X and y: scores, and estimates of permuted rows."""

    _parameter_constraints = {}

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        return tags

    def score_features(self, X: TableLike, y: TableLike) -> Floats:
        """Estimate the dependence of y on each column of X.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The features, one estimate each.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            The target.

        Returns
        -------
        scores : ndarray of shape (n_features,)
            The value that ``fit`` stores for each column by itself: `mutual_info_` in nats, not clipped at 0, or
            `dependence_`. The bound method serves as ``SelectKBest(score_func=...)``.
        """
        self._validate_params()
        return self._score_columns(feature_table(X), y)

    def score(self, X: TableLike, y: TableLike) -> float:
        """Estimate the dependence of X and y anew, on the given rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The rows, with the columns seen in ``fit``.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            The target.

        Returns
        -------
        score : float
            The estimate of a clone fitted to these rows; this estimator is not changed.
        """
        check_is_fitted(self)
        record_features(self, X, reset=False)
        return fit_value(self, X, y)

    def permuted_estimates(self, X: TableLike, y: TableLike, permutations: Orders) -> Floats:
        """Estimate the dependence with the rows of y in the order of each permutation.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The rows.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            The target.
        permutations : sequence of ndarrays of shape (n_samples,)
            Orders of the rows of y.

        Returns
        -------
        estimates : ndarray of shape (n_permutations,)
            The value that ``fit(X, y[order])`` stores for each order.
        """
        return _fit_to_permutations(self, X, y, permutations)

    def prepare_permutations(self, X: TableLike, y: TableLike) -> PermutedEstimates:
        """Do the work that all permutations of y share, such as finding neighbors within X, once.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The rows.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            The target.

        Returns
        -------
        estimates_of : callable
            Takes permutations and returns what ``permuted_estimates(X, y, permutations)`` does. Several threads may
            call it at the same time.
        """
        return partial(self.permuted_estimates, X, y)

    def fit_and_prepare(self, X: TableLike, y: TableLike) -> tuple[Self, PermutedEstimates]:
        """Fit, and do the work that all permutations of y share, which may be that of ``fit`` itself.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The rows.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            The target.

        Returns
        -------
        self : estimator
            As ``fit(X, y)`` leaves it.
        estimates_of : callable
            What ``prepare_permutations(X, y)`` returns.
        """
        self.fit(X, y)
        with collect_warnings():  # they repeat those of the estimate
            return self, self.prepare_permutations(X, y)

    def _score_columns(self, X, y):
        return _fit_to_columns(self, X, y, n_jobs=getattr(self, "n_jobs", None))


def require_estimator(estimator):
    """Refuse what cannot be cloned and fitted: a class, a string, any other object."""
    if isclass(estimator):
        raise TypeError(
            f"estimator must be an instance, got the class {estimator.__name__}; pass {estimator.__name__}()"
        )
    if not (hasattr(estimator, "fit") and hasattr(estimator, "get_params")):
        raise TypeError(
            f"estimator must have the methods fit and get_params, got {estimator!r}; pass an instance {_SUCH_AS}, or "
            "derive a class of your own from sklearn.base.BaseEstimator"
        )


def require_given(estimator):
    """Refuse an estimator whose ``fit`` takes no `given`."""
    if not has_fit_parameter(estimator, "given"):
        raise TypeError(f"{estimator!r} takes no `given` in fit; pass an estimator that conditions, {_SUCH_AS}")


def seed_estimator(estimator, generator):
    """Return a clone whose random states are drawn from the generator, unless its own `random_state` is set."""
    seeded = estimator.get_params(deep=False).get("random_state") is not None
    return clone(estimator) if seeded else with_drawn_seeds(estimator, generator)


def fit_information(estimator, X, y, given=None):
    """Fit a clone and return it; refuse one that has no `mutual_info_` then."""
    return informed(_fit(estimator, X, y, given), estimator)


def fit_and_prepare(estimator, X, y):
    """Fit a clone of any estimator; return it, and the function that ``prepare_permutations`` returns."""
    require_estimator(estimator)
    if _stands_for(estimator, "fit_and_prepare", "fit", "prepare_permutations", "permuted_estimates"):
        return clone(estimator).fit_and_prepare(X, y)
    fitted = _fit(estimator, X, y)
    with collect_warnings():
        return fitted, prepare_permutations(estimator, X, y)


def informed(fitted, estimator):
    """Return the fitted clone of an estimator; refuse one that has no `mutual_info_`."""
    if hasattr(fitted, "mutual_info_"):
        return fitted
    if hasattr(fitted, "dependence_"):
        raise TypeError(
            f"{estimator!r} measures a dependence, which is no information in nats: after fit it has dependence_, not "
            f"mutual_info_. Pass an estimator of mutual information, {_SUCH_AS}, or test independence by "
            "skib.mutual_info.permutation_test"
        )
    raise TypeError(
        f"{estimator!r} has no attribute mutual_info_ after fit; pass an estimator of mutual information, {_SUCH_AS}"
    )


def fit_value(estimator, X, y, given=None):
    """Fit a clone and return its `mutual_info_` or `dependence_`."""
    return value_of(_fit(estimator, X, y, given), estimator)


def value_of(fitted, estimator):
    """Return `mutual_info_` or `dependence_` of the fitted clone of an estimator."""
    for name in ("mutual_info_", "dependence_"):
        if hasattr(fitted, name):
            return float(getattr(fitted, name))
    raise TypeError(
        f"{estimator!r} has neither of the attributes mutual_info_ and dependence_ after fit; pass an estimator of "
        f"mutual information, {_SUCH_AS}, or a measure of dependence, such as skib.metrics.HSIC()"
    )


def prepare_permutations(estimator, X, y):
    """Return a function of orders of the rows of y that returns the estimates of any estimator with each of them."""
    if _stands_for(estimator, "prepare_permutations", "fit", "permuted_estimates"):
        return estimator.prepare_permutations(X, y)
    if _stands_for(estimator, "permuted_estimates", "fit"):
        return partial(estimator.permuted_estimates, X, y)
    return partial(_fit_to_permutations, estimator, X, y)


def permuted_estimates(estimator, X, y, permutations):
    """Return the estimates of any estimator with the rows of y in the order of each permutation."""
    return prepare_permutations(estimator, X, y)(permutations)


def feature_scores(estimator, X, y):
    """Return the estimate of any estimator for each column of X with y."""
    if hasattr(estimator, "score_features"):
        return estimator.score_features(X, y)
    return _fit_to_columns(estimator, X, y)


def _stands_for(estimator, name, *others):
    """Whether an estimator has a method, and no subclass of the class that defines it has others of its own."""
    for kind in type(estimator).__mro__:
        if name in vars(kind):
            return True
        if any(other in vars(kind) for other in others):
            return False
    return hasattr(estimator, name)


def _fit(estimator, X, y, given=None):
    require_estimator(estimator)
    if given is not None:
        require_given(estimator)
    condition = {} if given is None else {"given": given}
    fitted = clone(estimator)
    fitted.fit(X, y, **condition)
    return fitted


def _fit_to_permutations(estimator, X, y, permutations):
    y = opened("y", y)
    return np.array([fit_value(estimator, X, take_rows(y, order)) for order in permutations])


def _fit_to_columns(estimator, X, y, n_jobs=None):
    tasks = [(estimator, column, y) for column in single_columns(feature_table(X))]
    return np.array(run_tasks(fit_value, tasks, n_jobs=n_jobs))
