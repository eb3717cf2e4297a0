"""Ross's nearest-neighbor estimator for class labels."""

from functools import partial
from numbers import Integral

import numpy as np
from scipy.special import digamma
from sklearn.base import BaseEstimator, clone

from skib._columns import as_codes
from skib._copies import warn_if_copied
from skib._marginals import sort_column
from skib._neighbors import SortedClassBalls, digamma_table, prepare_class_balls, ross_terms, ross_terms_of_balls
from skib._parallel import map_columns
from skib._sklearn import Interval, StrOptions, fit_context
from skib._validation import check_classes, warn_if_constant, warn_of_constant_columns
from skib._warnings import UnreliableEstimateWarning, warn
from skib.mutual_info._base import MutualInfoMixin

# A ceiling this near log(n) means classes of a few rows each; below it, H(Y) bounds the information itself.
_NEARLY_ALL_DISTINCT = 0.9


class Ross(MutualInfoMixin, BaseEstimator):
    r"""Mutual information between continuous variables and class labels.

    With :math:`N_i` the number of rows of the class of row i, and :math:`m_i` the number of rows of any class, itself
    included, that are nearer than its k-th neighbor within the class,

    .. math:: \hat I(X;Y) = \psi(n) - \langle \psi(N_i) \rangle + \psi(k) - \langle \psi(m_i) \rangle

    (maximum norm; k is lowered to :math:`N_i - 1` in smaller classes). Ties are counted, never jittered away (see
    Notes).

    Parameters
    ----------
    n_neighbors : int, default=5
        Number k of neighbors. More of them lower the variance and raise the bias towards 0.
    marginals : {"rank", "standard", None}, default="rank"
        How columns are scaled before distances are taken. ``"rank"`` replaces each column by the normal scores of its
        ranks; the estimate is then invariant to monotone transformations and insensitive to outliers. ``"standard"``
        standardizes; ``None`` leaves columns unchanged.
    n_jobs : int, default=None
        Number of threads (as in joblib) over the columns in ``score_features``; the result is the same for every value.

    Attributes
    ----------
    mutual_info_ : float
        The estimate in nats; not clipped, so it may fall slightly below 0. NaN if no class has two rows.
    pointwise_ : ndarray of shape (n_samples,)
        The terms whose mean is the estimate, in nats; NaN for rows that are alone in their class, which are left out.
    std_error_ : float
        Standard deviation of the terms over the root of their number, in nats.
    ceiling_ : float
        Largest possible estimate on these rows, in nats: :math:`\psi(n) - \langle \psi(N_i) \rangle`, close to H(Y).
    saturated_ : bool
        Whether the estimate is saturated: it is near a ceiling that is near log(n), so that it reflects small classes
        alone.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    See Also
    --------
    KSG : For a continuous y.

    Notes
    -----
    At independence the estimate has mean 0 whatever the dimension of X; under dependence it is biased towards 0 as
    the dimension grows. Rows whose label is unique have nothing to be compared with; they are left out, and an
    ``UnreliableEstimateWarning`` is issued.

    The term of a row that shares a value with another row, or whose k-th neighbor is tied, is
    :math:`\psi(n) - \psi(N_i - 1) + \psi(\tilde k) - \psi(\tilde m_i)`, with :math:`\tilde k` the rows of the class
    and :math:`\tilde m_i` the rows of any class within its distance, the row itself left out; where that distance is
    0, all three counts include the row.

    Errors are raised for NaN, infinity, text in X, a continuous y, and for n_samples <= n_neighbors.

    References
    ----------
    .. [1] B. C. Ross, "Mutual information between discrete and continuous data sets", PLoS ONE 9(2), e87357, 2014,
       equation (2).

    Examples
    --------
    >>> from skib.datasets import make_gaussian_classes
    >>> from skib.mutual_info import Ross
    >>> pair = make_gaussian_classes(2000, separation=2.0, random_state=0)
    >>> estimate = Ross().fit(pair.X, pair.y)
    >>> bool(abs(estimate.mutual_info_ - pair.mutual_info) < 4 * estimate.std_error_)  # truth: 0.337 nats
    True
    """

    takes_classes = True

    _parameter_constraints = {
        "n_neighbors": [Interval(Integral, 1, None, closed="left")],
        "marginals": [StrOptions({"rank", "standard"}), None],
        "n_jobs": [Integral, None],
    }

    def __init__(self, n_neighbors=5, *, marginals="rank", n_jobs=None):
        self.n_neighbors = n_neighbors
        self.marginals = marginals
        self.n_jobs = n_jobs

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = False
        return tags

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y):
        """Estimate I(X;Y).

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of numbers, taken together as one variable.
        y : array-like of shape (n_samples,)
            The class label of each row.

        Returns
        -------
        self : Ross
            The fitted estimator.
        """
        x, codes = check_classes(self, X, y, min_samples=self.n_neighbors + 1)
        pointwise = np.full(len(x), np.nan)
        used = _shares_class(codes)
        if warn_if_constant("X", x) or warn_if_constant("y", codes):
            used, pointwise = np.ones(len(x), bool), np.zeros(len(x))
        elif used.any():
            warn_if_copied(x, codes, classes=True)
            pointwise[used] = ross_terms(x[used], as_codes(codes[used]), self.n_neighbors, marginals=self.marginals)
        ceiling = _ceiling(codes[used]) if used.any() else np.nan
        few_per_class = ceiling > _NEARLY_ALL_DISTINCT * np.log(len(x))
        self._set_pointwise(pointwise, ceiling, saturated=None if few_per_class else False)
        _warn_of_single_rows(used)
        return self

    def _score_columns(self, X, y):
        """Estimate the mutual information of each column of X with the class labels y."""
        x, codes = check_classes(clone(self), X, y, min_samples=self.n_neighbors + 1)
        constant = warn_of_constant_columns(x)
        if warn_if_constant("y", codes):
            return np.zeros(x.shape[1])
        used = _shares_class(codes)
        _warn_of_single_rows(used)
        values = np.where(constant, 0.0, np.nan)
        if used.any():
            scores_of = sort_column(np.arange(used.sum(), dtype=float), self.marginals)
            psi = digamma_table(used.sum())
            score = partial(self._score_column, codes=as_codes(codes[used]), scores_of=scores_of, psi=psi)
            values[~constant] = map_columns(score, x[np.ix_(used, ~constant)], n_jobs=self.n_jobs)
        return values

    def _score_column(self, column, *, codes, scores_of, psi):
        source = sort_column(column, self.marginals, scores_of)
        if source.tied:
            warn_if_copied(column[:, None], codes, classes=True)
        return np.mean(ross_terms_of_balls(SortedClassBalls(source, self.n_neighbors), codes, psi))

    def permuted_estimates(self, X, y, permutations):
        """Estimate I(X;Y) with y in the order of each permutation.

        Neighbors are found once; each permutation only assigns the labels anew.
        """
        x, codes = check_classes(clone(self), X, y, min_samples=self.n_neighbors + 1)
        used = _shares_class(codes)
        if not used.any() or (x == x[0]).all() or (codes == codes[0]).all():
            return np.full(len(permutations), 0.0 if used.any() else np.nan)
        sizes = np.bincount(as_codes(codes[used]))
        class_balls = prepare_class_balls(x[used], sizes, self.n_neighbors, self.marginals)
        psi = digamma_table(used.sum())
        permuted_codes = (as_codes(codes[order[used[order]]]) for order in permutations)
        return np.array([np.mean(ross_terms_of_balls(class_balls, c, psi)) for c in permuted_codes])


def _shares_class(codes):
    """Mark the rows that share their class with another row."""
    return np.bincount(codes)[codes] > 1


def _ceiling(codes):
    return digamma(len(codes)) - np.mean(digamma(np.bincount(codes)[codes]))


def _warn_of_single_rows(used):
    if not used.all():
        warn(
            f"{np.sum(~used)} of {len(used)} rows are alone in their class and were left out; merge rare classes, or "
            "use KSG if y is a number rather than a label",
            UnreliableEstimateWarning,
        )
