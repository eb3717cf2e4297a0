"""`SequentialAttentionSelector`: columns in the order in which sequential attention takes them, without its network."""

from numbers import Integral, Real
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from skib._columns import holds_classes, read_columns
from skib._sklearn import BaseEstimator, Interval, RealNotInt, StrOptions, fit_context
from skib._typing import Floats, TableLike
from skib._validation import check_labels, check_numeric, check_target, require_samples
from skib._warnings import drop_warnings
from skib.feature_selection._base import SelectedFeaturesMixin
from skib.feature_selection._centered import centered
from skib.feature_selection._picks import first_of_best, number_to_select

# Share of the first residuals, or of the norm of a column, that is rounding.
_ROUNDING = 1e-10
# Warnings of the logistic regression: its residuals are close enough to rank columns, and y is known to hold classes.
_EXPECTED = "lbfgs failed to converge", "The number of unique classes is greater than"


class SequentialAttentionSelector(SelectedFeaturesMixin, BaseEstimator):
    r"""Greedy selection of the column that is most aligned with what a linear model of the selected ones leaves of y.

    Columns are centered and scaled to norm 1. With P the predictions of a generalized linear model of the columns S
    that are selected already, the next column is

    .. math:: k = \arg\max_{j \notin S} \| x_j^\top (Y - P_S) \|_2,

    where Y are numbers, or the indicators of classes; several targets of numbers count by their variances. Sequential
    attention [1]_ learns a softmax mask over the columns along with a network, takes the column of the largest weight,
    and starts again. For a linear model this is the sequential lasso and equals orthogonal matching pursuit, which this
    is, without the training; for other losses the same lasso takes the column of the
    largest gradient [2]_.

    Parameters
    ----------
    n_features_to_select : int or float, default=None
        Number of columns, or their share. None: half of them. Fewer are selected if the model is perfect before.
    loss : {"auto", "squared", "logistic"}, default="auto"
        The model of y: least squares, or a logistic regression (multinomial for more than two classes). "auto":
        logistic for text, bools, categories and numbers on few levels, else squared.
    C : float, default=10.0
        Inverse strength of the penalty of the logistic regression, as in scikit-learn, on columns of variance 1. It
        keeps the weights finite where classes are separated. Least squares have no penalty.

    Attributes
    ----------
    selected_features_ : ndarray of shape (n_features_out,)
        Numbers of the selected columns, in the order in which they were selected.
    scores_ : ndarray of shape (n_features_out,)
        Alignment of each column with the residuals when it was selected, as a share of the norm of the first residuals;
        for least squares with one y the first is the absolute correlation.
    explained_ : ndarray of shape (n_features_out,)
        Share of the deviance that the model of the first columns explains on these rows: R^2 for least squares.
    stop_reason_ : str
        Why no more columns are selected.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    See Also
    --------
    InformationSelector : Greedy selection by information, of any form of dependence.
    sklearn.linear_model.orthogonal_mp : The coefficients, for least squares.

    Notes
    -----
    The linear model sees no interaction and no symmetric dependence such as y = x^2. Of copies of a column the first
    one is selected alone. Least squares cost n_samples n_features per column; the logistic regression is refitted for
    each.

    The network of the paper, whose mask depends on the training and on its seed, is left out, and with it what only a
    network of several layers finds.

    References
    ----------
    .. [1] T. Yasuda, M. Bateni, L. Chen, M. Fahrbach, G. Fu, V. Mirrokni, "Sequential attention for feature selection",
       ICLR 2023, algorithm 1 and section 3 (the equivalence).
    .. [2] K. Axiotis, T. Yasuda, "Performance of l1 regularization for sparse convex optimization", arXiv:2307.07405,
       2023 (the sequential lasso of groups, for convex losses).

    Examples
    --------
    >>> import numpy as np
    >>> from skib.feature_selection import SequentialAttentionSelector
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(500, 20))
    >>> y = X[:, 3] - 0.5 * X[:, 7] + 0.1 * rng.normal(size=500)
    >>> selector = SequentialAttentionSelector(2).fit(X, y)
    >>> selector.selected_features_.tolist(), selector.explained_.round(2).tolist()
    ([3, 7], [0.8, 0.99])
    """

    selected_features_: NDArray[np.int64]
    scores_: Floats
    explained_: Floats
    stop_reason_: str

    _parameter_constraints = {
        "n_features_to_select": [
            Interval(Integral, 1, None, closed="left"),
            Interval(RealNotInt, 0, 1, closed="right"),
            None,
        ],
        "loss": [StrOptions({"auto", "squared", "logistic"})],
        "C": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(
        self,
        n_features_to_select: int | float | None = None,
        *,
        loss: Literal["auto", "squared", "logistic"] = "auto",
        C: float = 10.0,
    ) -> None:
        self.n_features_to_select = n_features_to_select
        self.loss = loss
        self.C = C

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        return tags

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: TableLike, y: TableLike | None = None) -> Self:
        """Select columns.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The columns, which hold numbers.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            The target, which is required: classes, or one or several columns of numbers.

        Returns
        -------
        self : SequentialAttentionSelector
            The fitted selector.
        """
        x = _normalized(check_numeric(self, X, y))
        require_samples(self, len(x), 2)
        model = self._model(x, y)
        most, least_score = number_to_select(self.n_features_to_select, x.shape[1]), _ROUNDING * model.spread
        selected, scores, explained = [], [], []
        self.stop_reason_ = f"{most} are selected, as many as n_features_to_select asks for"
        while len(selected) < most:
            alignment = np.linalg.norm(x.T @ model.residuals, axis=1)
            alignment[selected] = -np.inf
            best = first_of_best(alignment)
            if not alignment[best] > least_score:
                self.stop_reason_ = f"no column is aligned with what the first {len(selected)} leave of y"
                break
            selected.append(best)
            scores.append(alignment[best] / model.spread)
            explained.append(model.take(best))
        self.selected_features_ = np.array(selected, np.int64)
        self.scores_, self.explained_ = np.array(scores), np.array(explained)
        return self

    def _model(self, x, y):
        columns = read_columns("y", y)
        has_classes = self.loss == "auto" and len(columns) == 1 and holds_classes(columns[0])
        if has_classes or self.loss == "logistic":
            return _Logistic(x, check_labels(self, y, len(x), 'pass loss="squared"'), self.C)
        return _LeastSquares(x, check_target(y, len(x)))

    def _why_none(self):
        return self.stop_reason_


class _LeastSquares:
    """Residuals of least squares, kept up to date by an orthogonal basis of the columns taken."""

    def __init__(self, x, y):
        self.x = x
        y, exponents = centered(y)
        unit = exponents[y.any(axis=0)].max() if y.any() else 0  # one for all targets, whose sizes matter
        self.residuals = np.ldexp(y, exponents - unit)
        self.spread = np.linalg.norm(self.residuals)
        self._basis = np.empty((0, len(x)))

    def take(self, column):
        """Take a column into the model; return which share of the squares it explains now."""
        direction = self.x[:, column]
        for _ in range(2):  # the second time removes what rounding left
            direction = direction - self._basis.T @ (self._basis @ direction)
        length = np.linalg.norm(direction)
        if length > _ROUNDING:
            direction = direction / length
            self._basis = np.vstack([self._basis, direction])
            self.residuals = self.residuals - np.outer(direction, direction @ self.residuals)
        return 1 - (np.linalg.norm(self.residuals) / self.spread) ** 2


class _Logistic:
    """Indicators of classes less their probabilities by a logistic regression of the columns taken."""

    def __init__(self, x, codes, C):
        self.x, self.codes, self.C = x * np.sqrt(len(x)), codes, C
        self.indicators = (codes[:, None] == np.unique(codes)).astype(np.float64)
        self.residuals = self.indicators - self.indicators.mean(axis=0)
        self.spread = np.linalg.norm(self.residuals)
        self._columns = []
        self._first_loss = self._loss(self.indicators.mean(axis=0))

    def take(self, column):
        """Take a column into the model; return which share of the deviance it explains now."""
        self._columns.append(column)
        x = self.x[:, self._columns]
        with drop_warnings(_EXPECTED):
            probabilities = LogisticRegression(C=self.C, max_iter=1000).fit(x, self.codes).predict_proba(x)
        self.residuals = self.indicators - probabilities
        return 1 - self._loss(probabilities) / self._first_loss

    def _loss(self, probabilities):
        return -np.sum(self.indicators * np.log(np.maximum(probabilities, np.finfo(float).tiny)))


def _normalized(x):
    """Return the columns centered and of norm 1; constant ones are 0."""
    x = centered(x)[0]
    norms = np.linalg.norm(x, axis=0)
    return x / np.where(norms > 0, norms, 1.0)
