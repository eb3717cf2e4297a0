"""The base of the linear Gaussian bottlenecks: reading X, y and `given`, predicting y, and the held-out score."""

from numbers import Real
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skib._columns import opened, read_columns, require_same_length
from skib._scales import SCALES
from skib._sklearn import Interval, StrOptions
from skib._typing import Floats, TableLike
from skib._validation import check_numbers, require_samples, warn_if_constant
from skib.bottleneck._gaussian_channel import Channel
from skib.bottleneck._gaussian_checks import warn_of_wide_condition
from skib.bottleneck._gaussian_moments import moments_of

GAUSSIAN_CONSTRAINTS = {
    "shrinkage": [StrOptions({"ledoit_wolf", "oas"}), Interval(Real, 0, 1, closed="both"), None],
    "marginals": [StrOptions({"standard", "rank"})],
}
_FEWEST_ROWS = 3


class LinearGaussianMixin:
    """Mixin of bottlenecks T = A X + noise of jointly Gaussian columns, with what is known of y from T."""

    shrinkage: Any
    marginals: str
    shrinkage_: float
    _channel: Channel

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        return tags

    def predict(self, X: TableLike, given: TableLike | None = None) -> Floats:
        """Predict E[y|T], or E[y|T,Z], with T at its mean for each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of numbers.
        given : array-like of shape (n_samples,) or (n_samples, n_conditions), default=None
            The condition Z of these rows, if there was one in ``fit``.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_targets)
            The prediction, in units of y.
        """
        x, z = self._scaled_rows(X, given)
        means, spreads = self._channel.predictions(x, z)
        predicted = self._scales[1].means_of(means, spreads)
        return predicted[:, 0] if self._y_is_column else predicted

    def score(self, X: TableLike, y: TableLike, given: TableLike | None = None) -> float:
        """Estimate the information about y that T has on held-out rows.

        The score is the mean of log p(y|T) - log p(y), both densities Gaussian with the fitted moments, over the rows
        and the noise of T. On the fitted rows, with neither shrinkage nor a condition, it is `relevance_`.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The rows, with the columns seen in ``fit``.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            The target.
        given : array-like of shape (n_samples,) or (n_samples, n_conditions), default=None
            Their condition Z, if there was one in ``fit``. Both densities are then those given Z.

        Returns
        -------
        score : float
            Held-out information in nats, for the choice of parameters. It is negative if T predicts y worse than its
            mean does.
        """
        x, z = self._scaled_rows(X, given)
        values = _numbers("y", y, len(x))
        _require_columns("y", values, self._scales[1])
        return float(self._channel.log_ratios(x, self._scales[1].scaled(values), z).mean())

    def _fit_moments(self, X, y, given):
        """Return the moments of validated rows, and their scaled columns of X and y less what Z explains."""
        x, y, z = self._read(X, y, given)
        warn_of_wide_condition(z)
        moments = moments_of(x, y, z, self.shrinkage)
        self.shrinkage_ = moments.shrinkage
        return moments, (x - z @ moments.x_on_z.T, y - z @ moments.y_on_z.T)

    def _read(self, X, y, given):
        """Validate the rows, and store their scales; returns scaled columns of x, y and z."""
        if y is None:
            raise ValueError(f"This {type(self).__name__} requires y to be passed, but the target y is None.")
        x = check_numbers(self, X)
        require_samples(self, len(x), _FEWEST_ROWS)
        parts = [x, _numbers("y", y, len(x)), _numbers("given", given, len(x))]
        self._y_is_column = len(np.shape(opened("y", y))) == 1
        warn_if_constant("X", parts[0])
        warn_if_constant("y", parts[1])
        self._scales = [SCALES[self.marginals](part) for part in parts]
        return [scale.scaled(part) for scale, part in zip(self._scales, parts, strict=True)]

    def _scaled_x(self, X):
        return self._scales[0].scaled(check_numbers(self, X, reset=False))

    def _scaled_rows(self, X, given):
        """Put new rows of X and of `given` on the fitted scales."""
        check_is_fitted(self)
        x = self._scaled_x(X)
        z = _numbers("given", given, len(x))
        _require_columns("given", z, self._scales[2])
        return x, self._scales[2].scaled(z)


def _numbers(name, values, n_samples):
    """Read the columns of numbers of y or `given`, which may be None; returns float64 of shape (n, n_columns)."""
    if values is None:
        return np.empty((n_samples, 0))
    columns = read_columns(name, values)
    require_same_length(n_samples, len(columns[0].values), name)
    kinds = {column.source for column in columns}
    if kinds & {"text", "category"}:
        raise ValueError(
            f"{name} holds class labels, which have no covariance; pass one column of 0 and 1 for each class, as "
            "sklearn.preprocessing.LabelBinarizer().fit_transform or pandas.get_dummies return them: the directions "
            "are then those of linear discriminant analysis"
        )
    if "date" in kinds:
        raise ValueError(f"{name} holds dates; pass the time since one date as numbers")
    return np.column_stack([column.values + column.offset for column in columns])


def _require_columns(name, values, scale):
    n_fitted = len(scale.means)
    if values.shape[1] != n_fitted:
        remedy = ""
        if name == "given":
            remedy = "; pass `given` here as in fit; in a search, request it by set_fit_request and set_score_request"
        raise ValueError(f"{name} has {values.shape[1]} columns, but {n_fitted} in fit{remedy}")
