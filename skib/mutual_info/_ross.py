"""Ross's nearest-neighbour estimator for class labels."""

from functools import partial
from numbers import Integral

import numpy as np
from scipy.special import digamma
from sklearn.base import BaseEstimator, clone

from skib._copies import warn_if_copied
from skib._marginals import sort_column, transform_marginals
from skib._neighbors import SortedClassBalls, TreeClassBalls, digamma_table
from skib._parallel import map_columns
from skib._sklearn import Interval, StrOptions, fit_context
from skib._validation import as_codes, check_classes, warn_if_constant, warn_of_constant_columns
from skib._warnings import UnreliableEstimateWarning, warn
from skib.mutual_info._base import MutualInfoMixin

# A ceiling this near log(n) means classes of a few rows each; below it, H(Y) bounds the information itself.
_NEARLY_ALL_DISTINCT = 0.9


class Ross(MutualInfoMixin, BaseEstimator):
    r"""Mutual information between continuous variables and class labels.

    With :math:`N_i` the number of rows of the class of row i, and :math:`m_i` the number of rows of any class, itself
    included, that are nearer than its k-th neighbour within the class,

    .. math:: \hat I(X;Y) = \psi(n) - \langle \psi(N_i) \rangle + \psi(k) - \langle \psi(m_i) \rangle

    (maximum norm; k is lowered to :math:`N_i - 1` in smaller classes).

    Ties are counted, never jittered away. The term of a row that shares a value with another row, or whose k-th
    neighbour is tied, is :math:`\psi(n) - \psi(N_i - 1) + \psi(\tilde k) - \psi(\tilde m_i)`, with :math:`\tilde k` the
    rows of the class and :math:`\tilde m_i` the rows of any class within its distance, the row itself left out; where
    that distance is 0, all three counts include the row.

    Parameters
    ----------
    n_neighbors : int, default=5
        k. More neighbours lower the variance and raise the bias towards 0.
    marginals : {"rank", "standard", None}, default="rank"
        Scale of each column: normal scores of its ranks, which make the estimate invariant under monotone maps and
        immune to outliers; zero mean and unit variance; or as given.
    n_jobs : int, default=None
        Threads over the columns in ``score_features``. The results are the same for every value.

    Attributes
    ----------
    mutual_info_ : float
        The estimate in nats; not clipped, so it may fall slightly below 0. NaN if no class has two rows.
    pointwise_ : ndarray of shape (n_samples,)
        The terms whose mean is the estimate. Rows that are alone in their class are left out: NaN.
    std_error_ : float
        Standard deviation of the terms over the root of their number.
    ceiling_ : float
        The largest value possible with these labels, :math:`\psi(n) - \langle \psi(N_i) \rangle`, close to H(Y).
    saturated_ : bool
        Whether the estimate is near a ceiling that is near log(n), so that it tells of small classes alone.
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
    the dimension grows. Labels that are unique to their row carry nothing to compare; they are dropped, which an
    ``UnreliableEstimateWarning`` says.

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
            Their class labels.

        Returns
        -------
        self : Ross
            The fitted estimator.
        """
        x, codes = check_classes(self, X, y, min_samples=self.n_neighbors + 1)
        pointwise = np.full(len(x), np.nan)
        kept = _in_company(codes)
        if warn_if_constant("X", x) or warn_if_constant("y", codes):
            kept, pointwise = np.ones(len(x), bool), np.zeros(len(x))
        elif kept.any():
            warn_if_copied(x, codes, classes=True)
            rows = self._rows(x[kept], codes[kept])
            pointwise[np.flatnonzero(kept)[rows.order]] = self._terms(rows, as_codes(codes[kept]))
        ceiling = _ceiling(codes[kept]) if kept.any() else np.nan
        few_per_class = ceiling > _NEARLY_ALL_DISTINCT * np.log(len(x))
        self._set_pointwise(pointwise, ceiling, saturated=None if few_per_class else False)
        _warn_of_loners(kept)
        return self

    def _score_columns(self, X, y):
        """Mutual information of each column of X with the class labels y."""
        x, codes = check_classes(clone(self), X, y, min_samples=self.n_neighbors + 1)
        constant = warn_of_constant_columns(x)
        if warn_if_constant("y", codes):
            return np.zeros(x.shape[1])
        kept = _in_company(codes)
        _warn_of_loners(kept)
        values = np.where(constant, 0.0, np.nan)
        if kept.any():
            # Distinct values have the same scores in every column.
            grid = sort_column(np.arange(kept.sum(), dtype=float), self.marginals)
            score = partial(self._score_column, codes=as_codes(codes[kept]), grid=grid, psi=digamma_table(kept.sum()))
            values[~constant] = map_columns(score, x[np.ix_(kept, ~constant)], n_jobs=self.n_jobs)
        return values

    def _score_column(self, column, *, codes, grid, psi):
        source = sort_column(column, self.marginals, grid)
        if source.tied:
            warn_if_copied(column[:, None], codes, classes=True)
        return np.mean(self._terms(SortedClassBalls(source), codes, psi))

    def _rows(self, x, codes):
        if x.shape[1] == 1:
            return SortedClassBalls(sort_column(x[:, 0], self.marginals))
        sizes = np.bincount(codes)
        return TreeClassBalls(transform_marginals(x, self.marginals), sizes[sizes > 0], self.n_neighbors)

    def _terms(self, rows, codes, psi=None):
        """Pointwise information, in ``rows.order``, of rows with dense class codes, none alone in its class."""
        psi = digamma_table(len(codes)) if psi is None else psi
        codes = codes[rows.order]
        n_within, n_around, closed = rows.balls(codes, self.n_neighbors)
        return psi[-1] - psi[np.bincount(codes)[codes] - closed] + psi[n_within] - psi[n_around + ~closed]

    def permuted_estimates(self, X, y, permutations):
        """The neighbours are found once; each permutation only deals the labels anew."""
        x, codes = check_classes(clone(self), X, y, min_samples=self.n_neighbors + 1)
        kept = _in_company(codes)
        if not kept.any() or (x == x[0]).all() or (codes == codes[0]).all():
            return np.full(len(permutations), 0.0 if kept.any() else np.nan)
        rows, psi = self._rows(x[kept], codes[kept]), digamma_table(kept.sum())
        dealt = (as_codes(codes[order[kept[order]]]) for order in permutations)
        return np.array([np.mean(self._terms(rows, codes, psi)) for codes in dealt])


def _in_company(codes):
    """Which rows share their class with another row."""
    return np.bincount(codes)[codes] > 1


def _ceiling(codes):
    return digamma(len(codes)) - np.mean(digamma(np.bincount(codes)[codes]))


def _warn_of_loners(kept):
    if not kept.all():
        warn(
            f"{np.sum(~kept)} of {len(kept)} rows are alone in their class and were left out; merge rare classes, or "
            "use KSG if y is a number rather than a label",
            UnreliableEstimateWarning,
        )
