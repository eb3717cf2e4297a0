"""Information that a given family of predictors can use."""

from numbers import Real
from typing import Any, Self

import numpy as np
from scipy import sparse
from sklearn.base import clone, is_classifier
from sklearn.utils import check_consistent_length, get_tags

from skib._columns import as_table, holds_classes, read_columns, record_features, require_same_length
from skib._cross_fitting import cross_fit, least_rows
from skib._marginals import transform_marginals
from skib._parallel import N_JOBS
from skib._sklearn import BaseEstimator, HasMethods, Interval, fit_context
from skib._typing import Estimator, Floats, Seed, TableLike
from skib._validation import check_numeric, check_target, require_samples, warn_if_constant
from skib._warnings import UnreliableEstimateWarning, warn
from skib.mutual_info._base import MutualInfoMixin
from skib.mutual_info._predictive_density import RESOLUTION, ClassDensity, GaussianDensity, mixed

# Mean number of rows per class below which a warning is issued.
_LEAST_ROWS_PER_CLASS = 4


class UsableInformation(MutualInfoMixin, BaseEstimator):
    r"""Information about y that a family of predictors can extract from X.

    With :math:`\mathcal V` the family that `estimator` fits, and g a predictive distribution fitted to other rows,

    .. math::
        I_{\mathcal V}(X \to Y) = H_{\mathcal V}(Y) - H_{\mathcal V}(Y \mid X), \qquad
        H_{\mathcal V}(Y \mid X) = \inf_{g \in \mathcal V} \mathbb E[-\log g[X](Y)],

    is estimated by the mean over all rows of their pointwise V-information,

    .. math:: \mathrm{PVI}(x \to y) = -\log g_\varnothing[y] + \log g[x](y),

    where :math:`g_\varnothing` predicts without X. Every row is held out: both g and :math:`g_\varnothing` are fitted
    to the other folds. The predictive distribution of a classifier is its ``predict_proba``; that of a regressor is a
    Gaussian around its prediction, with the variance of residuals held out within the training rows.

    Parameters
    ----------
    estimator : classifier with ``predict_proba`` or regressor, default=None
        The family. It is fitted to X and y as they are passed: it may accept text, frames of mixed types or NaN. A
        richer family can use more information, and needs more rows: overfitting lowers the estimate. ``None`` means
        linear predictors from the normal scores of each column, which must hold numbers: a logistic regression (with
        C = 1 / n_features, against overfitting in many columns) if y is text, bools, categories or numbers on few
        levels, else a ridge regression of the normal scores of y. It is fast, invariant to monotone transformations of
        the columns and insensitive to outliers.
    cv : int, splitter or iterable of (train, test), default=5
        The folds. An integer is the number of folds, to which shuffled rows are assigned, classes evenly. With more
        folds the predictors are fitted to more rows, which lowers the bias towards 0, and takes longer. A splitter must
        test each row at most once; rows in no test set are left out.
    null_estimator : classifier or regressor, default=None
        Predictor of y without X. ``None`` means the shares of the classes in the training rows, with half a row added
        to each, or a Gaussian with the mean and the variance of the training rows; with `given`, it means `estimator`.
        A predictor is fitted to `given`, or else to a column of zeros.
    clip : float, default=1e-3
        Share of the marginal distribution of the training rows that every predictive distribution is mixed with, so
        that a confident mistake costs at most :math:`-\log` of it (6.9 nats) and not infinity. The mixture costs at
        most about `clip` nats.
    random_state : int, RandomState instance or None, default=None
        Seeds the folds, and every predictor that has no seed of its own. Pass an int for the same result at every call.
    n_jobs : int, default=None
        Number of threads (as in joblib) over the folds; the result is the same for every value.

    Attributes
    ----------
    mutual_info_ : float
        The estimate in nats; not clipped, so it may fall below 0: then the predictor is worse than none.
    pvi_, pointwise_ : ndarray of shape (n_samples,)
        The pointwise V-information in nats, whose mean is the estimate; below 0 if the prediction from X is worse than
        without X. NaN: in no test set.
    std_error_ : float
        Standard error of the mean of `pvi_` in nats, with the fitted predictors taken as fixed.
    ceiling_ : float
        Largest possible estimate on these rows, in nats: for classes :math:`H_{\mathcal V}(Y)`, which is close to the
        entropy of the labels (with `given`, what Z leaves of it); for numbers :math:`\log 10^6` (13.8 nats), as no
        number counts as predicted better than to a millionth of its spread.
    saturated_ : bool
        Whether the estimate is saturated: for numbers, it exceeds 90 % of `ceiling_`. False for classes, which can be
        predicted exactly.
    estimator_ : estimator
        The family that was used, unfitted.
    n_features_in_ : int
        Number of columns of X, if it has columns.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    See Also
    --------
    ContrastiveBound : A bound from a classifier of true against shuffled pairs.

    Notes
    -----
    Any held-out predictive distribution has a mean log loss of at least H(Y|X), so that

    .. math:: \mathbb E[\hat I_{\mathcal V}] \le I(X;Y) + \mathrm{KL}(p(y) \,\|\, g_\varnothing).

    For classes the last term is about (n_classes - 1) / 2n and is canceled by folds that contain each class evenly: the
    estimate is a lower bound of I(X;Y) in expectation. For numbers the same holds, up to 1/n, if y is Gaussian, as its
    normal scores are. For any other y the Gaussian null model is itself wrong, and the estimate may exceed I(X;Y):
    transform y to normal scores before passing it with a regressor. With `given`, the estimate bounds I(X;Y|Z) only as
    far as the family predicts y from Z well.

    Rows must be independent of those in other folds. If the visits of one patient, or the tokens of one text, are in
    several folds, a predictor that memorizes its training rows recognizes the patient, and the estimate exceeds I(X;Y).
    Keep each group in one fold: ``cv=list(GroupKFold(5).split(X, y, groups))``.

    X and Z are joined with X in front. An outlier widens the Gaussian around all predictions of a regressor. PVI
    depends on the calibration of the probabilities: wrap trees, forests, naive Bayes or a support vector machine in
    :class:`~sklearn.calibration.CalibratedClassifierCV`. A class whose rows are all in one fold counts 0 there, and an
    ``UnreliableEstimateWarning`` is issued.

    Errors are raised for several targets, a classifier without ``predict_proba`` and a continuous y with a classifier.

    References
    ----------
    .. [1] Y. Xu, S. Zhao, J. Song, R. Stewart, S. Ermon, "A theory of usable information under computational
       constraints", ICLR 2020.
    .. [2] K. Ethayarajh, Y. Choi, S. Swayamdipta, "Understanding dataset difficulty with V-usable information",
       ICML 2022.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.preprocessing import PolynomialFeatures
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from skib.mutual_info import UsableInformation
    >>> X = np.random.default_rng(0).normal(size=(2000, 2))
    >>> y = np.sign(X[:, 0] * X[:, 1])  # I(X;Y) = log 2 = 0.693 nats, none of it linear
    >>> bool(abs(UsableInformation(random_state=0).fit(X, y).mutual_info_) < 0.01)
    True
    >>> quadratic = make_pipeline(PolynomialFeatures(2), LogisticRegression(C=1e3, max_iter=1000))
    >>> bool(UsableInformation(quadratic, random_state=0).fit(X, y).mutual_info_ > 0.6)
    True
    """

    estimator_: Any

    takes_classes = True
    is_lower_bound = True

    _parameter_constraints = {
        "estimator": [HasMethods(["fit", "predict"]), HasMethods(["fit", "predict_proba"]), None],
        "cv": ["cv_object"],
        "null_estimator": [HasMethods(["fit", "predict"]), HasMethods(["fit", "predict_proba"]), None],
        "clip": [Interval(Real, 0, 1, closed="neither")],
        "random_state": ["random_state"],
        "n_jobs": N_JOBS,
    }

    def __init__(
        self,
        estimator: Estimator | None = None,
        *,
        cv: Any = 5,
        null_estimator: Estimator | None = None,
        clip: float = 1e-3,
        random_state: Seed = None,
        n_jobs: int | None = None,
    ) -> None:
        self.estimator = estimator
        self.cv = cv
        self.null_estimator = null_estimator
        self.clip = clip
        self.random_state = random_state
        self.n_jobs = n_jobs

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = False
        if self.estimator is not None:
            tags.input_tags = get_tags(self.estimator).input_tags
        return tags

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: TableLike, y: TableLike, *, given: TableLike | None = None) -> Self:
        """Estimate the usable information of X about y, or, with `given`, what X adds to it.

        Parameters
        ----------
        X : array-like or frame of shape (n_samples, n_features), or list of texts
            The input of the estimator; numbers for the default.
        y : array-like of shape (n_samples,)
            Class labels for a classifier, numbers for a regressor.
        given : array-like or frame of shape (n_samples,) or (n_samples, n_conditions), default=None
            Z. The null model predicts from Z alone, the other one from X and Z.

        Returns
        -------
        self : UsableInformation
            The fitted estimator.
        """
        column = _single_target(y)
        discrete = holds_classes(column)
        classes = discrete if self.estimator is None else _predicts_classes(self.estimator)
        if self.null_estimator is not None and _predicts_classes(self.null_estimator) != classes:
            kind = "classifier" if classes else "regressor"
            raise ValueError(
                f"null_estimator={self.null_estimator!r} should be a {kind}, as estimator={self.estimator!r} and y need"
            )
        n_samples = len(column.values)
        X, given = self._inputs(X, y, given, n_samples)
        self.estimator_ = clone(self.estimator) if self.estimator is not None else _linear(classes, X, given)
        target = self._class_density(column, discrete) if classes else self._number_density(y, n_samples)
        require_samples(self, n_samples, least_rows(self.cv), remedy="pass more rows or lower cv")
        if warn_if_constant("y", target.values):
            gain, loss = np.zeros((2, n_samples))
        else:
            gain, loss = self._cross_fit(target, X, given)
        ceiling, saturated = (np.nanmean(loss), False) if classes else (-np.log(RESOLUTION), None)
        self._set_pointwise(np.minimum(gain, ceiling) if not classes else gain, ceiling, saturated=saturated)
        return self

    @property
    def pvi_(self) -> Floats:
        """Pointwise V-information: another name of ``pointwise_``."""
        return self.pointwise_

    def _inputs(self, X, y, given, n_samples):
        """Return X and `given` as input of the estimator: numbers for the default, otherwise as they were passed."""
        if self.estimator is None:
            x = check_numeric(self, X, y)
            require_same_length(len(x), n_samples, "y")
            warn_if_constant("X", x)
            given = None if given is None else transform_marginals(check_target(given, len(x), "given"), "rank")
            return transform_marginals(x, "rank"), given
        record_features(self, X)
        given = None if given is None else _table_of_estimators("given", given)
        check_consistent_length(X, np.empty(n_samples), given)
        return X, given

    def _class_density(self, column, discrete):
        if not discrete and (column.values != np.rint(column.values)).any():
            raise ValueError(
                f"{self.estimator!r} predicts classes, got a continuous y (first value {column.label(0)!r}); pass a "
                "regressor"
            )
        return ClassDensity(*_labels_and_codes(column))

    def _number_density(self, y, n_samples):
        y = check_target(y, n_samples)
        return GaussianDensity(y[:, 0] if self.estimator is not None else transform_marginals(y, "rank")[:, 0])

    def _cross_fit(self, target, X, given):
        """Return the gain by X and the loss without X of every row, in nats."""
        joined = X if given is None else _joined(X, given)
        null = self.estimator_ if self.null_estimator is None and given is not None else self.null_estimator
        blind = np.zeros((len(target.values), 1)) if given is None else given

        def one_fold(train, test, generator):
            log_marginal = target.marginal(train, test)
            log_null = target.conditional(null, blind, train, test, generator) if null is not None else log_marginal
            log_model = target.conditional(self.estimator_, joined, train, test, generator)
            log_null, log_model = (mixed(log_p, log_marginal, self.clip) for log_p in (log_null, log_model))
            return log_model - log_null, -log_null, target.unseen(train, test)

        folds = cross_fit(
            one_fold,
            len(target.values),
            cv=self.cv,
            X=X,
            y=target.values,
            strata=target.strata,
            random_state=self.random_state,
            n_jobs=self.n_jobs,
        )
        _warn_of_classes(sum(unseen for _, (_, _, unseen) in folds), target.n_classes, len(target.values))
        gain, loss = np.full((2, len(target.values)), np.nan)
        for test, (gains, losses, _) in folds:
            gain[test], loss[test] = gains, losses
        return gain, loss


def _linear(classes, x, given):
    from sklearn.linear_model import LogisticRegression, RidgeCV  # slow to import
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if not classes:
        return make_pipeline(StandardScaler(), RidgeCV(alphas=np.logspace(-2, 4, 7)))
    # However many columns there are, the prior spread of the log odds is of the order of 1.
    n_columns = x.shape[1] + (0 if given is None else given.shape[1])
    return make_pipeline(StandardScaler(), LogisticRegression(C=1 / n_columns, max_iter=1000))


def _single_target(y):
    """Return the target as one Column."""
    columns = read_columns("y", y)
    if len(columns) > 1:
        raise ValueError(
            f"y should be one target, got shape ({len(columns[0].values)}, {len(columns)}); sum the chain rule over "
            "its columns: I(X;Y1,Y2) = I(X;Y1) + I(X;Y2|Y1), the second with given=Y1"
        )
    return columns[0]


def _labels_and_codes(column):
    """Return the labels that a classifier is fitted to, and their codes in the order of the labels.

    Text, whole numbers and bools are the labels themselves. Classifiers refuse any other, such as fractions and dates,
    for which the codes stand.
    """
    labels = column.text if column.text is not None else column.labels
    if labels is None:
        codes = column.codes()
        if column.source == "bool":
            return codes.astype(bool), codes
        return (codes if column.source == "date" or _is_rounded(column) else column.values), codes
    labels = np.asarray(labels)
    try:
        codes = np.unique(labels, return_inverse=True)[1].astype(np.int64)
    except TypeError:  # of several types, without an order
        codes = column.codes()
    if all(isinstance(label, str) for label in labels):
        return np.array(labels.tolist()), codes
    return (labels if labels.dtype.kind in "iub" else codes), codes


def _is_rounded(column):
    """Whether the values of a column are not the whole numbers that they stand for."""
    return bool(column.offset or column.exact is not None or (column.values != np.rint(column.values)).any())


def _predicts_classes(estimator):
    if hasattr(estimator, "predict_proba"):
        return True
    if is_classifier(estimator):
        raise TypeError(
            f"{estimator!r} has no predict_proba; wrap it in sklearn.calibration.CalibratedClassifierCV to give it one"
        )
    return False


def _table_of_estimators(name, values):
    """Return an array of two dimensions or a frame of pandas, which estimators of scikit-learn take."""
    table = values if sparse.issparse(values) else as_table(name, values)
    return table if hasattr(table, "iloc") or not hasattr(table, "to_pandas") else table.to_pandas()


def _joined(X, given):
    """Join the columns of X and `given`, X in front; frames keep their names and types."""
    if sparse.issparse(X) or sparse.issparse(given):
        return sparse.hstack([X, given], format="csr")
    if hasattr(X, "iloc"):
        from pandas import DataFrame, concat

        names = [f"given_{j}" for j in range(given.shape[1])]
        given = given if hasattr(given, "iloc") else DataFrame(given, columns=names)
        return concat([X.reset_index(drop=True), given.reset_index(drop=True)], axis=1)
    if np.ndim(X) != 2:
        raise ValueError(f"given needs an X with columns to be joined with, got X of shape {np.shape(X)}")
    return np.column_stack([X, given])


def _warn_of_classes(n_unseen, n_classes, n_samples):
    if n_unseen:
        warn(
            f"{n_unseen} of {n_samples} rows have a class that no training row of their fold has; they count 0; pass "
            "more rows of the rare classes, or merge them",
            UnreliableEstimateWarning,
        )
    elif n_classes > n_samples / _LEAST_ROWS_PER_CLASS:
        warn(
            f"y has {n_classes} classes in {n_samples} rows, too few rows of each to learn its probability from; merge "
            "classes, or pass a regressor if y holds numbers",
            UnreliableEstimateWarning,
        )
