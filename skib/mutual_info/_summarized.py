"""Mutual information of a supervised summary of many columns."""

from numbers import Integral
from typing import Any, Self

import numpy as np
from sklearn.base import clone, is_classifier

from skib._columns import Variable, holds_classes, read_columns, require_same_length
from skib._copies import warn_if_copied
from skib._dependence import fit_information
from skib._parallel import N_JOBS, spawn_generators, with_drawn_seeds
from skib._sklearn import BaseEstimator, HasMethods, StrOptions, fit_context
from skib._typing import Estimator, Floats, Marginals, MutualInfoEstimator, Orders, Seed, TableLike
from skib._validation import check_numeric, check_target, require_samples, warn_if_constant
from skib.mutual_info._base import MutualInfoMixin
from skib.mutual_info._rare_classes import warn_of_rare_classes
from skib.mutual_info._summary import permuted_summarized_classes, permuted_summarized_number

# Of the estimate from the summary.
_N_NEIGHBORS = 5
# Rows times classes whose log ratios are kept in memory.
_MOST_RATIOS = 5e7


class Summarized(MutualInfoMixin, BaseEstimator):
    r"""Mutual information of many columns with one target, from a summary of the columns that predicts it.

    Predictors of y are fitted to X, and s(X) is what they predict of rows that they were not fitted to: the
    probabilities of classes, or the mean and the spread of a number. The estimate is that of the information in s,

    .. math:: I(s(X);Y) \le I(X;Y)

    by data processing, with equality if s is sufficient: the posterior ratios
    :math:`\log p(y|x) - \log p(y)` are. Nearest neighbors, which lose most of the information among many columns, are
    accurate among the few columns of s. Beside it stands the held-out gain of the predictive distribution g,

    .. math:: L = \frac1n \sum_i \log \frac{g[x_i](y_i)}{g_\varnothing(y_i)}, \qquad
        \mathbb E[L] \le I(X;Y) ,

    a certificate of so much information. For classes :math:`g_\varnothing` is the mean of :math:`g[x_j]` over the rows
    of the fold, with which the bound holds for any g [6]_; for a number, the marginal distribution of y.

    Parameters
    ----------
    predictor : classifier with ``predict_proba``, regressor, or list of them, default=None
        What is fitted to X. Several are combined: their log probabilities are added with weights that minimize the
        held-out log loss, which also calibrates them (for numbers, predictions are added that minimize the squared
        error). A richer predictor can keep more information, and needs more rows. ``None`` means a linear one
        (discriminants or regression, regularized), a quadratic one (a covariance matrix for each class; squares, sizes
        and products of columns for numbers), for classes a logistic regression if these gain anything, for a number a
        regression with Student noise in the units of the data, and boosted trees, each if it gains on the first fold.
    estimator : mutual-information estimator, default=None
        Estimator of the information of s and y. ``None`` means :class:`Ross` for classes and :class:`KSG` for a number,
        or L where that is significantly larger, plus what normal classes would have lost (see Notes).
    cv : int, splitter or iterable of (train, test), default=4
        The folds. More folds mean more rows to fit to, a smaller bias towards 0, and more time. An integer is the
        number of folds, which do not depend on the order of the rows. A splitter must test every row exactly once:
        keep dependent rows, such as those of one patient, in one fold (``cv=list(GroupKFold(4).split(X, y, groups))``).
    marginals : {"rank", "standard", None}, default="rank"
        How columns are scaled before the default predictors are fitted. ``"rank"`` replaces each column by the normal
        scores of its ranks; the estimate is then invariant to monotone transformations and insensitive to outliers.
        ``"standard"`` standardizes; ``None`` leaves columns unchanged. It suits a layer, whose columns have one unit.
    random_state : int, RandomState instance or None, default=None
        Seeds the folds, and predictors that have no seed of their own. Pass an int for the same result at every call.
    n_jobs : int, default=None
        Number of threads (as in joblib) over the folds; the result is the same for every value.

    Attributes
    ----------
    mutual_info_ : float
        The estimate in nats; not clipped, so it may fall slightly below 0.
    pointwise_ : ndarray of shape (n_samples,)
        The terms whose mean is the estimate, in nats; NaN for rows that are alone in their class, which are left out.
    std_error_ : float
        Standard error of the estimate in nats, with the fitted predictors taken as fixed.
    ceiling_ : float
        Largest possible estimate on these rows, in nats: close to H(Y) for classes, else that of :class:`KSG`.
    saturated_ : bool
        Whether the estimate is saturated: that of a number exceeds 90 % of `ceiling_`. False for classes.
    certificate_ : float
        L, in nats. Below 0: the predictors tell less about new rows than their own mean does.
    certificate_error_ : float
        Its standard error, with the fitted predictors taken as fixed.
    estimation_loss_ : float
        Nats that the estimate includes for directions that are estimated from few rows per column (see Notes); 0 unless
        both `predictor` and `estimator` are None.
    predictor_ : str
        The predictors that were combined, such as ``"linear + trees"``.
    summary_ : ndarray of shape (n_samples, n_components)
        s(X): the log odds of two classes, the probabilities of more (those of the rarest class first), or the mean (and
        log variance) of the normal scores of a number; every row by predictors that were fitted to the other folds.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    Raises
    ------
    ValueError
        For NaN, infinity or text in X, several targets, a splitter that does not test every row once, and for too few
        rows or too many classes.

    See Also
    --------
    UsableInformation : The gain L alone, of any predictor, also of text.
    Compressed : Compression without y.

    Notes
    -----
    y holds classes if it is text, bools, categories or numbers on at most :math:`\sqrt n` levels, or if `predictor` is
    a classifier. A fold's rows have no part in their own summary, so that at independence s is independent of y within
    a fold: the mean of the estimate is 0 within a few thousandths of a nat, whatever the number of columns.

    Linear discriminants of d columns, estimated from n rows, lose a part of the information that grows with d / n: with
    1024 columns and 3000 rows most of a small one. How much normal classes lose can be told: the squared distances of
    their means have unbiased estimates (those of an inverse Wishart matrix, less the noise of the means), and their
    information follows. What that exceeds the same information of s is added, unless

    * its standard error explains it: it is shrunk by :math:`\max(0, 1 - (2\,se / \Delta)^2)`;
    * neighbors find more in s than L is: classes are not normal then, and twice this difference is subtracted from it;
    * there are fewer than two rows per column.

    `estimation_loss_` is the part that is no lower bound, and ``mutual_info_ - estimation_loss_`` is one.

    A sum of columns with heavy tails, or with edges, is a curved function of their normal scores. The regression in
    the units of the data, which are not ranked for it, assumes noise of a Student distribution with 2 degrees of
    freedom [7]_ and finds its slopes whatever the tails; it has no weight where the units hide the dependence. Trees
    are grown of the columns and of those products of two (up to 30 columns) or three (up to 16) whose correlation with
    the number is beyond chance.

    A predictor that memorizes its training rows recognizes copies of them in other folds. A warning is issued if rows
    repeat.

    :func:`permutation_test` refits the predictors for every permutation, the choice among them included, so that it is
    exact. The folds depend on X alone: whitened rows are found once for every ten permutations.

    References
    ----------
    .. [1] T. M. Cover, J. A. Thomas, "Elements of Information Theory", 2nd ed., 2006, sections 2.8 and 2.9 (data
       processing, sufficient statistics).
    .. [2] V. Chernozhukov et al., "Double/debiased machine learning for treatment and structural parameters",
       Econometrics Journal 21, 2018 (cross-fitting).
    .. [3] O. Ledoit, M. Wolf, "A well-conditioned estimator for large-dimensional covariance matrices", Journal of
       Multivariate Analysis 88, 2004, lemma 3.3 (shrinkage of the common covariance matrix).
    .. [4] Y. Chen, A. Wiesel, Y. C. Eldar, A. O. Hero, "Shrinkage algorithms for MMSE covariance estimation", IEEE
       Transactions on Signal Processing 58, 2010, equation (23) (that of each class).
    .. [5] P. A. Lachenbruch, M. R. Mickey, "Estimation of error rates in discriminant analysis", Technometrics 10, 1968
       (unbiased distances of normal classes).
    .. [6] B. Poole et al., "On variational bounds of mutual information", ICML 2019, equation (10) (InfoNCE).
    .. [7] K. L. Lange, R. J. A. Little, J. M. G. Taylor, "Robust statistical modeling using the t distribution",
       Journal of the American Statistical Association 84, 1989.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.mutual_info import Ross, Summarized
    >>> rng = np.random.default_rng(0)
    >>> y = rng.integers(0, 2, size=2000)
    >>> X = rng.normal(size=(2000, 200)) + 0.1414 * (y[:, None] - 0.5)  # 2 standard deviations along the diagonal
    >>> summarized = Summarized(random_state=0).fit(X, y)
    >>> round(summarized.mutual_info_, 1)  # truth: 0.337 nats
    0.3
    >>> bool(summarized.certificate_ > 0.2)
    True
    >>> round(Ross().fit(X, y).mutual_info_, 1)
    0.1
    """

    certificate_: float
    certificate_error_: float
    estimation_loss_: float
    predictor_: str
    summary_: Floats

    takes_classes = True

    _parameter_constraints = {
        "predictor": [HasMethods(["fit", "predict"]), HasMethods(["fit", "predict_proba"]), list, tuple, None],
        "estimator": [HasMethods(["fit"]), None],
        "cv": ["cv_object"],
        "marginals": [StrOptions({"rank", "standard"}), None],
        "random_state": ["random_state"],
        "n_jobs": N_JOBS,
    }

    def __init__(
        self,
        predictor: Estimator | list[Estimator] | None = None,
        estimator: MutualInfoEstimator | None = None,
        *,
        cv: Any = 4,
        marginals: Marginals = "rank",
        random_state: Seed = None,
        n_jobs: int | None = None,
    ) -> None:
        self.predictor = predictor
        self.estimator = estimator
        self.cv = cv
        self.marginals = marginals
        self.random_state = random_state
        self.n_jobs = n_jobs

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = False
        return tags

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: TableLike, y: TableLike) -> Self:
        """Estimate I(X;Y) from a summary of X.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of numbers, taken together as one variable, such as a layer.
        y : array-like of shape (n_samples,)
            One target: class labels or numbers.

        Returns
        -------
        self : Summarized
            The fitted estimator.
        """
        x, target = self._checked(X, y)
        if warn_if_constant("X", x) or warn_if_constant("y", target.values):
            return self._set_constant(len(x))
        target.warn_of_rows(x)
        (estimate,) = self._estimates(x, target, [np.arange(len(x))])
        self._store(estimate)
        if self.estimator is not None:
            return self._adopt(fit_information(self.estimator, estimate.statistic, y))
        self.pointwise_ = estimate.pointwise
        return self._set_estimate(
            estimate.value,
            estimate.ceiling,
            len(x),
            std_error=estimate.std_error,
            saturated=estimate.saturated,
        )

    def permuted_estimates(self, X: TableLike, y: TableLike, permutations: Orders) -> Floats:
        """Estimate I(X;Y) with y in the order of each permutation.

        The predictors are refitted, and chosen anew, for each of them; what does not depend on y is found once.
        """
        self._validate_params()
        if self.estimator is not None or not isinstance(self.cv, Integral):
            return super().permuted_estimates(X, y, permutations)
        x, target = clone(self)._checked(X, y)
        if (x == x[0]).all() or (target.values == target.values[0]).all():
            return np.zeros(len(permutations))
        return np.array([estimate.value for estimate in self._estimates(x, target, permutations)])

    def _checked(self, X, y):
        """Validate the arguments; returns the rows of X and the target."""
        x = check_numeric(self, X, y)
        target = _target(y, self._models())
        require_same_length(len(x), len(target.values), "y")
        n_folds = int(self.cv) if isinstance(self.cv, Integral) else 2
        require_samples(self, len(x), max(_N_NEIGHBORS + 1, 2 * n_folds), remedy="pass more rows or lower cv")
        if isinstance(target, _Classes) and len(x) * (target.values.max() + 1.0) > _MOST_RATIOS:
            raise ValueError(
                f"y has {target.values.max() + 1} classes in {len(x)} rows; merge classes, use skib.mutual_info.Ross, "
                "or pass a regressor as `predictor` if y holds numbers"
            )
        return x, target

    def _models(self):
        if self.predictor is None:
            return []
        return list(self.predictor) if isinstance(self.predictor, list | tuple) else [self.predictor]

    def _estimates(self, x, target, orders):
        generator = spawn_generators(self.random_state, 1)[0]
        folds = {"marginals": self.marginals, "n_jobs": self.n_jobs, "random_state": int(generator.integers(2**31))}
        if isinstance(self.cv, Integral):
            folds["n_folds"] = int(self.cv)
        else:
            folds["members"] = _fold_members(self.cv, x, target.values)
        models = self._models()
        if models:
            folds["predictors"] = [with_drawn_seeds(model, generator) for model in models]
        return target.estimates(x, orders, **folds)

    def _store(self, estimate):
        self.certificate_, self.certificate_error_ = estimate.certificate, estimate.certificate_error
        self.predictor_, self.summary_ = estimate.predictor, estimate.statistic
        self.estimation_loss_ = estimate.loss if self.estimator is None else 0.0

    def _adopt(self, estimator):
        for name in ("mutual_info_", "pointwise_", "std_error_", "ceiling_", "saturated_"):
            vars(self).pop(name, None)
            if hasattr(estimator, name):
                setattr(self, name, getattr(estimator, name))
        return self

    def _set_constant(self, n_samples):
        self.certificate_, self.certificate_error_, self.estimation_loss_ = 0.0, 0.0, 0.0
        self.predictor_, self.summary_ = "none", np.zeros((n_samples, 1))
        return self._set_pointwise(np.zeros(n_samples), 0.0, saturated=False)


class _Classes:
    """Class labels."""

    def __init__(self, column):
        self.column, self.values = column, column.codes()

    def warn_of_rows(self, x):
        warn_of_rare_classes("y", self.values, Variable([self.column]).label, _N_NEIGHBORS, left_out=True)
        warn_if_copied(x, self.values, classes=True)

    def estimates(self, x, orders, **run):
        return permuted_summarized_classes(x, self.values, orders, **run)


class _Number:
    """One column of numbers."""

    def __init__(self, values):
        self.values = values

    def warn_of_rows(self, x):
        warn_if_copied(x, self.values[:, None])

    def estimates(self, x, orders, **run):
        return permuted_summarized_number(x, self.values, orders, **run)


def _target(y, models):
    """Read one target, as the predictors need it."""
    columns = read_columns("y", y)
    if len(columns) > 1:
        raise ValueError(
            f"y should be one target, got shape ({len(columns[0].values)}, {len(columns)}); sum the chain rule over "
            "its columns, or use skib.mutual_info.Auto"
        )
    kinds = {_predicts_classes(model) for model in models}
    if len(kinds) > 1:
        raise ValueError("predictor mixes classifiers and regressors; pass those of one kind")
    if holds_classes(columns[0]) if not kinds else kinds.pop():
        return _Classes(columns[0])
    return _Number(check_target(y, len(columns[0].values))[:, 0])


def _predicts_classes(model):
    if is_classifier(model) and not hasattr(model, "predict_proba"):
        raise TypeError(
            f"{model!r} has no predict_proba; wrap it in sklearn.calibration.CalibratedClassifierCV to give it one"
        )
    return hasattr(model, "predict_proba")


def _fold_members(cv, x, y):
    """Return the fold of every row; refuse folds that do not test every row once."""
    from sklearn.model_selection import check_cv  # slow to import

    members, n_tests = np.zeros(len(x), np.int64), np.zeros(len(x), np.int64)
    for k, (_, test) in enumerate(check_cv(cv).split(x, y)):
        rows = np.arange(len(x))[test]
        members[rows] = k
        n_tests[rows] += 1
    if (n_tests != 1).any():
        row = int(np.argmax(n_tests != 1))
        raise ValueError(
            f"cv tests row {row} {n_tests[row]} times; pass a splitter that tests every row once, such as KFold"
        )
    return members
