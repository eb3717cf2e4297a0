"""Lower bounds of mutual information from a classifier of true against shuffled pairs."""

from functools import partial
from numbers import Integral, Real
from typing import Any, Literal, NamedTuple, Self

import numpy as np
from scipy.special import logsumexp
from sklearn.base import clone

from skib._cross_fitting import cross_fit, least_rows
from skib._marginals import transform_marginals
from skib._parallel import N_JOBS, blocks, with_drawn_seeds
from skib._sklearn import BaseEstimator, HasMethods, Interval, StrOptions, fit_context
from skib._typing import Estimator, Marginals, Seed, TableLike
from skib._validation import check_pair, require_samples, warn_if_constant
from skib.mutual_info._base import MutualInfoMixin

# Rows of one call of predict_proba: the products of many columns would fill the memory.
_ROWS_PER_CALL = 2**14
# Probabilities are clipped here, so that logits are finite.
_LEAST_PROBABILITY = 1e-15


class ContrastiveBound(MutualInfoMixin, BaseEstimator):
    r"""Lower bound of mutual information from a classifier's density ratio.

    A classifier is trained on the pairs :math:`(x_i, y_i)` against shuffled pairs :math:`(x_i, y_j)`. Its odds,
    corrected for the shares of the two, estimate the density ratio :math:`r(x, y) = p(x, y) / p(x) p(y)`. On held-out
    rows,

    .. math::
        \text{nwj:} &\quad 1 + \langle \log r(x_i, y_i) \rangle - \langle r(x_i, y_j) \rangle \\
        \text{dv:} &\quad \langle \log r(x_i, y_i) \rangle - \log \langle r(x_i, y_j) \rangle \\
        \text{infonce:} &\quad \log B + \Big\langle \log \frac{r(x_i, y_i)}{\sum_j r(x_i, y_j)} \Big\rangle \\
        \text{alpha:} &\quad 1 + \Big\langle \log \frac{r(x_i, y_i)}{\alpha m_i + 1 - \alpha} \Big\rangle
        - \Big\langle \frac{m'_i}{\alpha m'_i + 1 - \alpha} \Big\rangle

    where j runs over other rows, at random ("infonce": over row i and B - 1 others), and :math:`m_i` and :math:`m'_i`
    are means of :math:`r(x_i, y_j)` over row i and B - 1 others, and over B others.

    Parameters
    ----------
    estimator : classifier with ``predict_proba``, default=None
        Classifier of rows (x, y), the scaled columns of X followed by those of y, with class 1 for a pair of the data
        and 0 for a shuffled pair. The bound is tight if its probabilities are right and calibrated. ``None`` stacks a
        logistic regression on all squares and products, which is exact for Gaussian data, and boosted trees on the
        columns and their products, for dependence of any other form.
    bound : {"nwj", "dv", "infonce", "alpha"}, default="nwj"
        The bound that is estimated.

        - ``"nwj"`` is a lower bound in expectation for every classifier, and low for one that is not calibrated.
        - ``"dv"`` does not depend on the normalization of the ratios, but the logarithm of a mean over few rows is too
          low, and the bound then too high.
        - ``"infonce"`` has the smallest variance and cannot exceed log(B).
        - ``"alpha"`` lies between "nwj" (alpha = 0) and "infonce" (alpha = 1) and cannot exceed log(B / alpha) [5]_.
    alpha : float, default=0.1
        Interpolation of ``bound="alpha"``, between 0 and 1. Larger values lower the variance of large information,
        and the largest possible estimate.
    cv : int, splitter or iterable of (train, test), default=5
        The folds. With more folds the classifier is trained on more rows: less bias towards 0, more time. A splitter
        must test each row at most once.
    n_negatives : int, default=5
        Number of shuffled pairs per row in the training rows. More lower the bias and the variance, and take longer.
    batch_size : int, default=64
        B. Held-out rows are compared with B - 1 others, or with all others of a smaller fold. More lower the variance.
    marginals : {"rank", "standard", None}, default="rank"
        How columns are scaled before distances are taken. ``"rank"`` replaces each column by the normal scores of its
        ranks; the bound is then invariant to monotone transformations and insensitive to outliers. ``"standard"``
        standardizes; ``None`` leaves columns unchanged.
    random_state : int, RandomState instance or None, default=None
        Seeds the folds, the shuffled pairs, and a classifier that has no seed of its own. Pass an int for the same
        result at every call.
    n_jobs : int, default=None
        Number of threads (as in joblib) over the folds; the result is the same for every value.

    Attributes
    ----------
    mutual_info_ : float
        The bound in nats; not clipped, so it may fall below 0.
    pointwise_ : ndarray of shape (n_samples,)
        One term per row in nats, whose mean is the bound. NaN: in no test set.
    std_error_ : float
        Standard error of the bound in nats, with the fitted classifiers taken as fixed.
    ceiling_ : float
        Largest possible estimate on these rows, in nats: log(B) for "infonce"; log(n_samples) for the others, beyond
        which no lower bound from n rows can be trusted [4]_: :math:`|\log r|` is clipped there. For "alpha"
        log(B / alpha), if that is less.
    saturated_ : bool
        Whether the estimate is saturated: it exceeds 90 % of `ceiling_`.
    estimator_ : estimator
        The classifier that was used, unfitted.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    See Also
    --------
    UsableInformation : For class labels y, or for the information that a given predictor can use.
    KSG : More accurate for few columns.

    Notes
    -----
    The mean of :math:`r(x_i, y_j)` over shuffled pairs depends on rare pairs with large ratios: its variance grows as
    :math:`e^{I}`. Beyond about 3 nats "nwj" and "dv" scatter widely, and `std_error_` is too small, as the rare pairs
    are missing from the sample.

    Errors are raised for NaN, infinity, text, and fewer rows than folds.

    References
    ----------
    .. [1] X. Nguyen, M. J. Wainwright, M. I. Jordan, "Estimating divergence functionals and the likelihood ratio by
       convex risk minimization", IEEE Transactions on Information Theory 56, 2010.
    .. [2] M. D. Donsker, S. R. S. Varadhan, "Asymptotic evaluation of certain Markov process expectations for large
       time IV", Communications on Pure and Applied Mathematics 36, 1983.
    .. [3] A. van den Oord, Y. Li, O. Vinyals, "Representation learning with contrastive predictive coding",
       arXiv:1807.03748, 2018.
    .. [4] D. McAllester, K. Stratos, "Formal limitations on the measurement of mutual information", AISTATS 2020.
    .. [5] B. Poole, S. Ozair, A. van den Oord, A. A. Alemi, G. Tucker, "On variational bounds of mutual information",
       ICML 2019, section 2.4.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import PolynomialFeatures
    >>> from skib.datasets import make_gaussian_pair
    >>> from skib.mutual_info import ContrastiveBound
    >>> pair = make_gaussian_pair(2000, rho=0.8, dim=3, random_state=0)
    >>> quadratic = make_pipeline(PolynomialFeatures(2), LogisticRegression())
    >>> estimate = ContrastiveBound(quadratic, random_state=0).fit(pair.X, pair.y)
    >>> bool(abs(estimate.mutual_info_ - pair.mutual_info) < 4 * estimate.std_error_)  # truth: 1.532 nats
    True
    """

    estimator_: Any

    is_lower_bound = True

    _parameter_constraints = {
        "estimator": [HasMethods(["fit", "predict_proba"]), None],
        "bound": [StrOptions({"nwj", "dv", "infonce", "alpha"})],
        "alpha": [Interval(Real, 0, 1, closed="both")],
        "cv": ["cv_object"],
        "n_negatives": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 2, None, closed="left")],
        "marginals": [StrOptions({"rank", "standard"}), None],
        "random_state": ["random_state"],
        "n_jobs": N_JOBS,
    }

    def __init__(
        self,
        estimator: Estimator | None = None,
        *,
        bound: Literal["nwj", "dv", "infonce", "alpha"] = "nwj",
        alpha: float = 0.1,
        cv: Any = 5,
        n_negatives: int = 5,
        batch_size: int = 64,
        marginals: Marginals = "rank",
        random_state: Seed = None,
        n_jobs: int | None = None,
    ) -> None:
        self.estimator = estimator
        self.bound = bound
        self.alpha = alpha
        self.cv = cv
        self.n_negatives = n_negatives
        self.batch_size = batch_size
        self.marginals = marginals
        self.random_state = random_state
        self.n_jobs = n_jobs

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: TableLike, y: TableLike) -> Self:
        """Bound I(X;Y) from below.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of numbers, taken together as one variable.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            The target, taken together as one variable, too.

        Returns
        -------
        self : ContrastiveBound
            The fitted estimator.
        """
        x, y = check_pair(self, X, y)
        # Two rows in each fold, for shuffled pairs.
        require_samples(self, len(x), 2 * least_rows(self.cv), remedy="pass more rows or lower cv")
        self.estimator_ = _quadratic_and_trees() if self.estimator is None else clone(self.estimator)
        if warn_if_constant("X", x) or warn_if_constant("y", y):
            n_pairs = self.batch_size if self.bound == "infonce" else len(x)
            return self._set_pointwise(np.zeros(len(x)), np.log(n_pairs), saturated=False)
        folds = self._log_ratios(transform_marginals(x, self.marginals), transform_marginals(y, self.marginals))
        terms_of = {"nwj": _nwj, "dv": _dv, "infonce": _infonce, "alpha": partial(_interpolated, alpha=self.alpha)}
        terms, ceiling = terms_of[self.bound](folds)
        pointwise = np.full(len(x), np.nan)
        pointwise[np.concatenate([test for test, _ in folds])] = terms
        return self._set_pointwise(pointwise, min(ceiling, np.log(len(x))))

    def _log_ratios(self, x, y):
        """Return the test rows of each fold and their ``_Ratios``."""
        limit = np.log(len(x))

        def one_fold(train, test, generator):
            if len(test) < 2:
                raise ValueError(f"cv tests {len(test)} rows in a fold, which needs 2 for shuffled pairs; lower cv")
            model, n_negatives = self._fitted(x[train], y[train], generator)
            n_partners = self.batch_size - (self.bound != "alpha")
            partners = shuffled_partners(len(test), n_partners, generator)
            left = np.tile(test, len(partners) + 1)
            right = np.concatenate([test, test[partners].ravel()])
            logits = [_logits(model, np.hstack([x[left[b]], y[right[b]]])) for b in blocks(len(left), _ROWS_PER_CALL)]
            logs = np.clip(np.concatenate(logits) + np.log(n_negatives), -limit, limit)
            return _Ratios(logs[: len(test)], logs[len(test) :].reshape(partners.shape), partners)

        return cross_fit(one_fold, len(x), cv=self.cv, X=x, y=y, random_state=self.random_state, n_jobs=self.n_jobs)

    def _fitted(self, x, y, generator):
        """Return the classifier fitted to pairs and shuffled pairs, and the number of shuffled pairs for each pair."""
        rows = generator.permutation(len(x))
        partners = shuffled_partners(len(x), self.n_negatives, generator)[:, rows]
        pairs = np.hstack([np.tile(x[rows], (len(partners) + 1, 1)), np.vstack([y[rows], *(y[j] for j in partners)])])
        is_pair = np.repeat([1, 0], [len(x), partners.size])
        return with_drawn_seeds(self.estimator_, generator).fit(pairs, is_pair), len(partners)


class _Ratios(NamedTuple):
    """Log density ratios of the held-out rows of one fold."""

    joint: np.ndarray  # (n_rows,), of each x with its own y
    shuffled: np.ndarray  # (n_partners, n_rows), of each x with the y of other rows
    partners: np.ndarray  # (n_partners, n_rows), the numbers of these rows

    def shares(self):
        """Return the share of each row, as x and as y, in the mean ratio of shuffled pairs (Hajek's projection)."""
        ratios = np.exp(self.shuffled)
        as_y = np.bincount(self.partners.ravel(), weights=ratios.ravel()) / len(ratios)
        return ratios.mean(axis=0) + as_y - ratios.mean()


def shuffled_partners(n_rows, n_partners, generator):
    """Draw partners (n_partners, n_rows) of each row, never itself: distinct rotations of one random circle."""
    circle = generator.permutation(n_rows)
    steps = generator.choice(np.arange(1, n_rows), min(n_partners, n_rows - 1), replace=False)
    partners = np.empty((len(steps), n_rows), np.int64)
    for row, step in zip(partners, steps, strict=True):
        row[circle] = np.roll(circle, step)
    return partners


def _nwj(folds):
    return np.concatenate([1 + ratios.joint - ratios.shares() for _, ratios in folds]), np.inf


def _dv(folds):
    """Normalize all folds together: the logarithm of a mean over more rows is less biased."""
    joint, shares = (np.concatenate(parts) for parts in zip(*((r.joint, r.shares()) for _, r in folds), strict=True))
    return 1 + joint - shares / shares.mean() - np.log(shares.mean()), np.inf


def _infonce(folds):
    sizes = np.concatenate([np.full(len(test), np.log(len(ratios.partners) + 1)) for test, ratios in folds])
    sums = [np.logaddexp(ratios.joint, logsumexp(ratios.shuffled, axis=0)) for _, ratios in folds]
    return sizes + np.concatenate([ratios.joint for _, ratios in folds]) - np.concatenate(sums), sizes.mean()


def _interpolated(folds, alpha):
    """Return the bound of Poole et al. with the best baseline of a density ratio, which is 1.

    The batch of a pair is the row and all partners but the last; that of a shuffled pair is all partners.
    """
    parts = [_interpolated_terms(ratios, alpha) for _, ratios in folds]
    sizes = np.concatenate([np.full(len(test), float(len(ratios.partners))) for test, ratios in folds])
    return np.concatenate(parts), np.log(sizes / alpha).mean() if alpha else np.inf


def _interpolated_terms(ratios, alpha):
    shuffled = np.exp(ratios.shuffled)
    n_partners = len(shuffled)
    with_own = (np.exp(ratios.joint) + shuffled[:-1].sum(axis=0)) / n_partners
    others = shuffled.mean(axis=0)
    logs, means = (alpha * m + 1 - alpha for m in (with_own, others))
    # What each row adds as y to the batches of others (Hajek's projection): derivatives of both terms.
    slopes = alpha / logs + (1 - alpha) / means**2
    as_y = np.bincount(ratios.partners.ravel(), weights=(slopes * (shuffled - others)).ravel()) / n_partners
    return 1 + ratios.joint - np.log(logs) - others / means - as_y


def _logits(model, pairs):
    p = np.clip(model.predict_proba(pairs)[:, 1], _LEAST_PROBABILITY, 1 - _LEAST_PROBABILITY)
    return np.log(p) - np.log1p(-p)


def _quadratic_and_trees():
    from sklearn.ensemble import HistGradientBoostingClassifier, StackingClassifier  # slow to import
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import PolynomialFeatures, StandardScaler

    quadratic = make_pipeline(
        PolynomialFeatures(2, include_bias=False), StandardScaler(), LogisticRegression(max_iter=1000)
    )
    trees = make_pipeline(
        PolynomialFeatures(2, interaction_only=True, include_bias=False),
        HistGradientBoostingClassifier(max_iter=300, early_stopping=True),
    )
    return StackingClassifier(
        [("quadratic", quadratic), ("trees", trees)],
        final_estimator=LogisticRegression(C=100),
        stack_method="decision_function",
        cv=2,
    )
