"""Ross's nearest-neighbor estimator for class labels."""

from functools import partial
from numbers import Integral
from typing import NamedTuple, Self

import numpy as np
from scipy.special import digamma
from sklearn.base import clone

from skib._columns import Variable, as_codes, read_columns
from skib._copies import warn_if_copied, warn_if_matched
from skib._marginals import sort_column
from skib._neighbors import SortedClassBalls, digamma_table, prepare_class_balls, ross_terms, ross_terms_of_balls
from skib._parallel import N_JOBS, map_columns
from skib._sklearn import BaseEstimator, Interval, StrOptions, fit_context
from skib._typing import Floats, Marginals, Orders, PermutedEstimates, TableLike
from skib._validation import check_classes, warn_if_constant, warn_of_constant_columns
from skib.mutual_info._base import MutualInfoMixin
from skib.mutual_info._rare_classes import warn_of_rare_classes

# A ceiling this near log(n) means classes of a few rows each; below it, H(Y) bounds the information itself.
_NEARLY_ALL_DISTINCT = 0.9


class Ross(MutualInfoMixin, BaseEstimator):
    r"""Mutual information between continuous variables and class labels.

    With :math:`N_i` the number of rows of the class of row i, and :math:`m_i` the number of rows of any class, itself
    included, that are nearer than its k-th neighbor within the class,

    .. math:: \hat I(X;Y) = \psi(n) - \langle \psi(N_i) \rangle + \psi(k) - \langle \psi(m_i) \rangle

    (maximum norm; k is lowered to :math:`N_i - 1` in smaller classes). Of rows that are equally far all orders count
    alike, and no noise breaks the tie (see Notes).

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
        The estimate in nats; not clipped, so it may fall slightly below 0. 0 if no class has two rows.
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
    At independence the estimate has mean 0 whatever the dimension of X, its ties and the sizes of the classes; under
    dependence it is biased towards 0 as the dimension grows. Classes of few rows have few neighbors to be compared
    with, and their part is estimated too low; rows whose label is unique have none, and are left out. An
    ``UnreliableEstimateWarning`` names the classes of no more than `n_neighbors` rows. Another is issued for matched
    designs, in which rows of equal x hardly ever share a class: their estimate is below 0 at independence.

    Let b rows of any class be nearer than the k-th neighbor within the class and s rows as far, of which t are of the
    class and j make up the k. In a random order of these s the j-th of the t has the place P, which is negative
    hypergeometric, and :math:`m_i = b + P`; the term has the mean of :math:`\psi(b + P)` over all orders. Where no row
    is nearer, as in an atom, that is :math:`\psi(j) + \psi(s + 1) - \psi(t + 1)`, so that classes against few values
    of X give the sum of their entropies.

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
        "n_jobs": N_JOBS,
    }

    def __init__(self, n_neighbors: int = 5, *, marginals: Marginals = "rank", n_jobs: int | None = None) -> None:
        self.n_neighbors = n_neighbors
        self.marginals = marginals
        self.n_jobs = n_jobs

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = False
        return tags

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: TableLike, y: TableLike) -> Self:
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
        if warn_if_constant("X", x) or warn_if_constant("y", codes):
            return self._set_pointwise(np.zeros(len(x)), class_ceiling(codes)[0], saturated=False)
        self._warn_of_rare_classes(y, codes)
        result = class_information(x, codes, self.n_neighbors, marginals=self.marginals)
        return self._set_pointwise(result.pointwise, result.ceiling, saturated=result.saturated)

    def fit_and_prepare(self, X: TableLike, y: TableLike) -> tuple[Self, PermutedEstimates]:
        """Fit, and prepare permutations of y, by one search of neighbors; see ``prepare_permutations``."""
        self._validate_params()
        x, codes = check_classes(self, X, y, min_samples=self.n_neighbors + 1)
        if (x == x[0]).all() or (codes == codes[0]).all() or not shares_class(codes).all():
            return super().fit_and_prepare(X, y)
        self._warn_of_rare_classes(y, codes)
        class_balls = prepare_class_balls(x, np.bincount(codes), self.n_neighbors, self.marginals)
        if not class_balls.distinct:
            _warn_of_repeated(x, codes)
        psi, pointwise = digamma_table(len(x)), np.empty(len(x))
        pointwise[class_balls.order] = ross_terms_of_balls(class_balls, codes, psi)
        ceiling, saturated = class_ceiling(codes)
        self._set_pointwise(pointwise, ceiling, saturated=saturated)
        return self, partial(_permuted_values, class_balls, codes, np.full(len(x), True), psi)

    def _warn_of_rare_classes(self, y, codes):
        if np.bincount(codes).min() <= self.n_neighbors:  # the labels are read for the message alone
            label = Variable(read_columns("y", y)).label
            warn_of_rare_classes("y", codes, label, self.n_neighbors, left_out=True)

    def _score_columns(self, X, y):
        """Estimate the mutual information of each column of X with the class labels y."""
        x, codes = check_classes(clone(self), X, y, min_samples=self.n_neighbors + 1)
        constant = warn_of_constant_columns(x)
        if warn_if_constant("y", codes):
            return np.zeros(x.shape[1])
        self._warn_of_rare_classes(y, codes)
        used, values = shares_class(codes), np.zeros(x.shape[1])
        if used.any():
            scores_of = sort_column(np.arange(used.sum(), dtype=float), self.marginals)
            psi = digamma_table(used.sum())
            score = partial(self._score_column, codes=as_codes(codes[used]), scores_of=scores_of, psi=psi)
            values[~constant] = map_columns(score, x[np.ix_(used, ~constant)], n_jobs=self.n_jobs)
        return values

    def _score_column(self, column, *, codes, scores_of, psi):
        source = sort_column(column, self.marginals, scores_of)
        if source.tied:
            _warn_of_repeated(column[:, None], codes)
        return np.mean(ross_terms_of_balls(SortedClassBalls(source, self.n_neighbors), codes, psi))

    def permuted_estimates(self, X: TableLike, y: TableLike, permutations: Orders) -> Floats:
        """Estimate I(X;Y) with y in the order of each permutation."""
        return self.prepare_permutations(X, y)(permutations)

    def prepare_permutations(self, X: TableLike, y: TableLike) -> PermutedEstimates:
        """Return a function of permutations of y, the estimates of I(X;Y) with y in the order of each.

        Neighbors are found once; each permutation only assigns the labels anew.
        """
        x, codes = check_classes(clone(self), X, y, min_samples=self.n_neighbors + 1)
        used = shares_class(codes)
        if not used.any() or (x == x[0]).all() or (codes == codes[0]).all():
            return _no_information
        sizes = np.bincount(as_codes(codes[used]))
        class_balls = prepare_class_balls(x[used], sizes, self.n_neighbors, self.marginals)
        return partial(_permuted_values, class_balls, codes, used, digamma_table(used.sum()))


def _no_information(permutations):
    return np.zeros(len(permutations))


def _permuted_values(class_balls, codes, used, psi, permutations):
    """Return the estimates for some orders of the codes, whose rows that share a class may be other ones in each."""
    permuted_codes = (as_codes(codes[order[used[order]]]) for order in permutations)
    return np.array([np.mean(ross_terms_of_balls(class_balls, c, psi)) for c in permuted_codes])


class ClassInformation(NamedTuple):
    """The terms of an estimate with class labels; NaN in rows that are alone in their class."""

    pointwise: np.ndarray
    ceiling: float
    saturated: bool | None  # None: whether the estimate is near the ceiling


def class_information(x, codes, n_neighbors, *, marginals="rank"):
    """Compute the terms of I(X;Y) for rows of numbers and dense class codes, neither of which is constant."""
    sizes = np.bincount(codes)
    if sizes.min() == 1:
        pointwise, used = np.full(len(x), np.nan), shares_class(codes)
        if not used.any():
            return ClassInformation(pointwise, 0.0, saturated=False)
        _warn_of_repeated(x, codes)
        codes = as_codes(codes[used])
        pointwise[used] = ross_terms(x[used], codes, n_neighbors, marginals=marginals)
    else:
        class_balls = prepare_class_balls(x, sizes, n_neighbors, marginals)
        if not class_balls.distinct:
            _warn_of_repeated(x, codes)
        pointwise = np.empty(len(x))
        pointwise[class_balls.order] = ross_terms_of_balls(class_balls, codes, digamma_table(len(x)))
    return ClassInformation(pointwise, *class_ceiling(codes))


def _warn_of_repeated(x, codes):
    warn_if_copied(x, codes, classes=True)
    warn_if_matched(x, codes)


def shares_class(codes):
    """Mark the rows that share their class with another row."""
    return np.bincount(codes)[codes] > 1


def class_ceiling(codes):
    """Return the ceiling of an estimate, and False if it is far below log(n), so that none near it is saturated."""
    ceiling = float(digamma(len(codes)) - np.mean(digamma(np.bincount(codes))[codes]))
    return ceiling, None if ceiling > _NEARLY_ALL_DISTINCT * np.log(len(codes)) else False
