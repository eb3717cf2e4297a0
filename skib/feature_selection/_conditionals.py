"""Conditional distributions of one column given the others, from which a column is drawn anew."""

from numbers import Integral
from typing import Any, Protocol, Self

import numpy as np
from sklearn.base import clone
from sklearn.covariance import LedoitWolf
from sklearn.linear_model import RidgeCV

from skib._cross_fitting import cross_fit
from skib._sklearn import BaseEstimator, HasMethods, Interval, fit_context
from skib._typing import Estimator, Floats, Seed, TableLike
from skib._validation import check_numbers

# With fewer rows per column a covariance is shrunk.
_ROWS_PER_COLUMN = 2
# Added to correlations, and the share of a column's variance below which the others determine it.
_RIDGE, _DETERMINED = 1e-10, 1e-8
_FOLDS = 5


class Conditional(Protocol):
    """A model of each column given the others, which redraws columns of the rows that it was fitted to."""

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name."""

    @property
    def fit(self) -> Any:
        """Fit to rows of X."""

    @property
    def draw(self) -> Any:
        """Draw a column anew."""


class GaussianConditional(BaseEstimator):
    r"""A column given the others, of rows of a normal distribution.

    .. math:: X_j | X_{-j} \sim N\bigl(\mu_j - P_{jj}^{-1} P_{j,-j} (X_{-j} - \mu_{-j}), \; P_{jj}^{-1}\bigr)

    with the inverse P of the covariance matrix. The least-squares regression of any column on the others is this mean,
    so that the model is right to second order whatever the distribution.

    Parameters
    ----------
    covariance_estimator : estimator with ``covariance_`` after ``fit``, default=None
        Estimator of the covariance matrix of the standardized columns, such as
        :class:`~sklearn.covariance.GraphicalLassoCV`. None: the sample covariance with at least two rows per column,
        and else :class:`~sklearn.covariance.LedoitWolf`.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features, n_features)
        Row j are the coefficients of the standardized columns for column j, 0 on the diagonal.
    residual_variance_ : ndarray of shape (n_features,)
        Share of the variance of each column that the others leave.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    See Also
    --------
    EmpiricalConditional : Any regression, and residuals as they occur.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.feature_selection import GaussianConditional
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=1000)
    >>> conditional = GaussianConditional().fit(np.c_[x, x + rng.normal(size=1000)])
    >>> conditional.residual_variance_.round(1)  # 1 / 2 for both
    array([0.5, 0.5])
    >>> conditional.draw(np.arange(1000), 0, 3, rng).shape
    (3, 1000)
    """

    coef_: Floats
    residual_variance_: Floats

    _parameter_constraints = {"covariance_estimator": [HasMethods(["fit", "get_params"]), None]}

    def __init__(self, covariance_estimator: Estimator | None = None) -> None:
        self.covariance_estimator = covariance_estimator

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: TableLike, y: None = None) -> Self:
        """Estimate the covariance matrix.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers.
        y : None
            Ignored.

        Returns
        -------
        self : GaussianConditional
            The fitted model.
        """
        x = check_numbers(self, X)
        self._center, self._scale = x.mean(axis=0), _spread(x)
        self._x = (x - self._center) / self._scale
        covariance, loss = self._covariance(self._x)
        precision = np.linalg.inv(covariance + _RIDGE * np.eye(len(covariance)))
        self.coef_ = -precision / np.diag(precision)[:, None]
        np.fill_diagonal(self.coef_, 0.0)
        self.residual_variance_ = np.minimum(loss / np.diag(precision), 1.0)
        self.residual_variance_[self.residual_variance_ <= _DETERMINED] = 0.0
        return self

    def _covariance(self, x):
        """Return the covariance, and what residual variances are too small by for the regression fits the noise."""
        n_samples, d = x.shape
        if self.covariance_estimator is None and n_samples >= _ROWS_PER_COLUMN * d and n_samples > 1:
            return x.T @ x / (n_samples - 1), (n_samples - 1) / max(n_samples - d, 1)
        estimator = LedoitWolf() if self.covariance_estimator is None else clone(self.covariance_estimator)
        return estimator.fit(x).covariance_, 1.0

    def draw(self, rows: Any, column: int, n_draws: int, generator: np.random.Generator) -> Floats:
        """Draw a column anew in some of the rows that the model was fitted to.

        Parameters
        ----------
        rows : ndarray of shape (n_rows,)
            Numbers of the rows.
        column : int
            Number of the column.
        n_draws : int
            How many draws.
        generator : numpy Generator
            Source of the random numbers.

        Returns
        -------
        drawn : ndarray of shape (n_draws, n_rows)
            The draws.
        """
        if self.residual_variance_[column] == 0:
            return np.tile(self._center[column] + self._scale[column] * self._x[rows, column], (n_draws, 1))
        mean = self._x[rows] @ self.coef_[column]
        noise = np.sqrt(self.residual_variance_[column]) * generator.normal(size=(n_draws, len(rows)))
        return self._center[column] + self._scale[column] * (mean + noise)


class EmpiricalConditional(BaseEstimator):
    r"""A column given the others, by a regression and the residuals of rows with nearly the same prediction.

    .. math:: \tilde x_{ij} = \hat m(x_{i,-j}) + x_{rj} - \hat m(x_{r,-j})

    with a row r drawn from the `n_neighbors` whose predictions are nearest to that of row i. Both predictions come from
    regressions that were fitted to other rows. The spread and shape of residuals may change with the prediction. A
    column on few levels takes the value :math:`x_{rj}` itself, so that its values stay such as occur.

    Parameters
    ----------
    estimator : regressor, default=None
        Regression of a column on the others. None: a ridge regression with a penalty from cross-validation.
    n_neighbors : int, default=30
        Rows to draw from. More have less noise, fewer follow a change of the residuals more closely.
    random_state : int, RandomState instance or None, default=None
        Seeds the folds. Pass an int for the same result at every call.

    Attributes
    ----------
    predictions_ : ndarray of shape (n_samples, n_features)
        The regressions of the columns, each row by a model fitted to other rows.
    residual_variance_ : ndarray of shape (n_features,)
        Share of the variance of each column that the others leave.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    See Also
    --------
    GaussianConditional : Has less noise where a normal distribution is right.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.feature_selection import EmpiricalConditional
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=1000)
    >>> conditional = EmpiricalConditional(random_state=0).fit(np.c_[x, x > 0])
    >>> np.unique(conditional.draw(np.arange(1000), 1, 3, rng))  # such as occur
    array([0., 1.])
    """

    predictions_: Floats
    residual_variance_: Floats

    _parameter_constraints = {
        "estimator": [HasMethods(["fit", "predict"]), None],
        "n_neighbors": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(self, estimator: Estimator | None = None, *, n_neighbors: int = 30, random_state: Seed = None) -> None:
        self.estimator = estimator
        self.n_neighbors = n_neighbors
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: TableLike, y: None = None) -> Self:
        """Regress each column on the others.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers.
        y : None
            Ignored.

        Returns
        -------
        self : EmpiricalConditional
            The fitted model.
        """
        x = check_numbers(self, X)
        center, scale = x.mean(axis=0), _spread(x)
        z = (x - center) / scale
        estimator = RidgeCV(alphas=np.logspace(-3, 3, 7)) if self.estimator is None else self.estimator
        predicted = _predictions(estimator, z, self.random_state)
        self._x, self.predictions_ = x, center + scale * predicted
        self.residual_variance_ = np.mean((z - predicted) ** 2, axis=0)
        self.residual_variance_[self.residual_variance_ <= _DETERMINED] = 0.0
        self._few = np.array([len(np.unique(column)) <= max(2, np.sqrt(len(x)) / 2) for column in x.T])
        return self

    def draw(self, rows: Any, column: int, n_draws: int, generator: np.random.Generator) -> Floats:
        """Draw a column anew in some of the rows that the model was fitted to.

        Parameters
        ----------
        rows : ndarray of shape (n_rows,)
            Numbers of the rows.
        column : int
            Number of the column.
        n_draws : int
            How many draws.
        generator : numpy Generator
            Source of the random numbers.

        Returns
        -------
        drawn : ndarray of shape (n_draws, n_rows)
            The draws.
        """
        values, predicted = self._x[:, column], self.predictions_[:, column]
        if self.residual_variance_[column] == 0:
            return np.tile(values[rows], (n_draws, 1))
        n_samples, size = len(values), min(self.n_neighbors, len(values))
        order = generator.permutation(n_samples)  # of equal predictions any may be near
        order = order[np.argsort(predicted[order], kind="stable")]
        places = np.empty(n_samples, np.int64)
        places[order] = np.arange(n_samples)
        starts = np.clip(places[rows] - size // 2, 0, n_samples - size)
        donors = order[starts + generator.integers(size, size=(n_draws, len(rows)))]
        return values[donors] if self._few[column] else predicted[rows] + values[donors] - predicted[donors]


def _spread(x):
    exponents = np.frexp(np.abs(x).max(axis=0))[1]  # squares of very large or small numbers would leave the range
    spread = np.ldexp(np.ldexp(x, -exponents).std(axis=0, ddof=min(1, len(x) - 1)), exponents)
    return np.where(spread > 0, spread, 1.0)


def _predictions(estimator, x, random_state):
    """Return the prediction of each column from the others by models that were fitted to other rows."""
    n_samples, d = x.shape
    predicted = np.zeros_like(x)
    if d == 1 or n_samples < 2 * _FOLDS:
        return predicted

    def one_fold(train, test, generator):
        fold = np.empty((len(test), d))
        for j in range(d):
            others = np.delete(x, j, axis=1)
            fold[:, j] = clone(estimator).fit(others[train], x[train, j]).predict(others[test])
        return fold

    for test, fold in cross_fit(one_fold, n_samples, cv=_FOLDS, random_state=random_state):
        predicted[test] = fold
    return predicted
