"""Affinities of pairs of columns: what the edges of a graph of columns weigh."""

from collections.abc import Sequence
from numbers import Integral, Real

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from skib._parallel import N_JOBS
from skib._sklearn import BaseEstimator, Interval, fit_context
from skib._typing import Floats
from skib.feature_selection._centered import centered
from skib.feature_selection._coding import Binning, code_array, default_n_bins
from skib.feature_selection._counts import DenseCounts

# Fisher's criterion beyond which the variance within the classes is rounding.
_MOST_SEPARATED = 1e24
# Values that differ by no more than this share of the largest are equal: the spreads of standardized columns are.
_ROUNDING = 1e-6


class InfFSAffinity(BaseEstimator):
    r"""Affinity of infinite feature selection: columns that vary, and whose ranks are not correlated.

    .. math:: A_{ij} = \alpha \max(\sigma_i, \sigma_j) + (1 - \alpha) (1 - |\rho_{ij}|)

    with the standard deviations :math:`\sigma` and Spearman's :math:`\rho` (equation 1 of [1]_). No target is used.

    Parameters
    ----------
    alpha : float, default=0.5
        Weight of the spread, from 0 to 1.
    scaled : bool, default=False
        Whether the first matrix is scaled to the range from 0 to 1, as in the code of 2020 [2]_, so that it does not
        depend on the unit that all columns share.

    See Also
    --------
    SupervisedInfFSAffinity : With a target.

    Notes
    -----
    The ranking depends on the units of the columns. Of standardized columns the first part is the same for all pairs,
    and 0 if it is scaled: the published code scales its rounding to the range from 0 to 1.

    References
    ----------
    .. [1] G. Roffo, S. Melzi, M. Cristani, "Infinite feature selection", ICCV 2015.
    .. [2] G. Roffo, S. Melzi, U. Castellani, A. Vinciarelli, M. Cristani, "Infinite feature selection: a graph-based
       feature filtering approach", IEEE PAMI 43, 2021.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.feature_selection import InfFSAffinity
    >>> x = np.array([[0.0, 0.0], [1.0, 2.0], [2.0, 4.0]])
    >>> InfFSAffinity(0.5)(x).round(2).tolist()  # spreads of 1 and 2, and a correlation of 1
    [[0.5, 1.0], [1.0, 1.0]]
    """

    needs_target = False

    _parameter_constraints = {"alpha": [Interval(Real, 0, 1, closed="both")], "scaled": ["boolean"]}

    def __init__(self, alpha: float = 0.5, *, scaled: bool = False) -> None:
        self.alpha = alpha
        self.scaled = scaled

    @fit_context(prefer_skip_nested_validation=True)
    def __call__(self, x: Floats, y: NDArray[np.int64] | None = None) -> Floats:
        """Return the affinities.

        Parameters
        ----------
        x : ndarray of shape (n_samples, n_features)
            Columns, none of which is constant.
        y : ignored
            No target is used.

        Returns
        -------
        affinity : ndarray of shape (n_features, n_features)
            Symmetric, and not negative.
        """
        spread = _larger_spreads(x)
        if self.scaled:
            spread = _to_unit_range(spread)
        return self.alpha * spread + (1 - self.alpha) * (1 - np.abs(_spearman(x)))


class SupervisedInfFSAffinity(BaseEstimator):
    r"""Affinity of supervised infinite feature selection: information, separation of the classes, and spread.

    .. math:: A_{ij} = \alpha_1 \frac{m_j + f_i}{2} + \alpha_2 \frac{m_j + s_{ij}}{2} + \alpha_3 \frac{s_{ij} + f_i}{2}

    with the mutual information m of a column and the target, Fisher's criterion f, and
    :math:`s_{ij} = \max(\sigma_i, \sigma_j)`, each scaled to the range from 0 to 1 [1]_.

    Parameters
    ----------
    weights : sequence of 3 floats, default=(1/3, 1/3, 1/3)
        :math:`\alpha_1, \alpha_2, \alpha_3`.
    n_bins : int, default=None
        Quantile bins of columns on many levels, whose information is counted. None: as in
        :class:`InformationSelector`.

    See Also
    --------
    InfFSAffinity : Without a target.

    Notes
    -----
    The matrix is not symmetric: the information of column j stands in all rows of column j, and Fisher's criterion of
    column i in its own row. The sum of row i therefore has the information of all columns, the same for every row: with
    the double scaling of the published code, which ranks by the sums of rows, the information has no influence on the
    ranking (:class:`KatzCentrality`).

    Fisher's criterion of two classes is :math:`(\mu_1 - \mu_2)^2 / (\sigma_1^2 + \sigma_2^2)`. Of more classes it is
    the mean over their pairs, where the published code takes the labels 1 and -1 only.
    A column that is constant within both classes, such as a copy of the target, has the criterion of the most separated
    other column; the published code divides its difference by 10 000 in place of 0, and ranks it low.

    References
    ----------
    .. [1] G. Roffo, S. Melzi, U. Castellani, A. Vinciarelli, M. Cristani, "Infinite feature selection: a graph-based
       feature filtering approach", IEEE PAMI 43, 2021.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skib.feature_selection import SupervisedInfFSAffinity
    >>> X, y = load_iris(return_X_y=True)
    >>> SupervisedInfFSAffinity()(X, y).sum(axis=1).round(1).tolist()  # the third, length of petals
    [1.5, 1.3, 3.4, 2.4]
    """

    needs_target = True

    _parameter_constraints = {"weights": ["array-like"], "n_bins": [Interval(Integral, 2, None, closed="left"), None]}

    def __init__(self, weights: Sequence[float] = (1 / 3, 1 / 3, 1 / 3), *, n_bins: int | None = None) -> None:
        self.weights = weights
        self.n_bins = n_bins

    @fit_context(prefer_skip_nested_validation=True)
    def __call__(self, x: Floats, y: NDArray[np.int64]) -> Floats:
        """Return the affinities.

        Parameters
        ----------
        x : ndarray of shape (n_samples, n_features)
            Columns, none of which is constant.
        y : ndarray of shape (n_samples,)
            The class of each row, from 0.

        Returns
        -------
        affinity : ndarray of shape (n_features, n_features)
            Not negative, and not symmetric.
        """
        weights = np.asarray(self.weights, np.float64)
        if weights.shape != (3,) or not (weights >= 0).all():
            raise ValueError(f"weights must be three numbers from 0, got {self.weights!r}")
        information = _to_unit_range(_relevance(x, y, self.n_bins))
        fisher = _to_unit_range(_fisher(x, y))[:, None]
        spread = _to_unit_range(_larger_spreads(x))
        parts = information + fisher, information + spread, spread + fisher
        return sum(weight / 2 * part for weight, part in zip(weights, parts, strict=True))


class ECFSAffinity(BaseEstimator):
    r"""Affinity of feature selection by eigenvector centrality: columns that are both relevant, and that vary.

    .. math:: A_{ij} = \alpha K_{ij} + (1 - \alpha) \max(\sigma_i, \sigma_j), \qquad
              K_{ij} = v_i v_j, \quad v_i = \tfrac12 \bigl(f_i + I(X_i;Y)\bigr)

    with Fisher's criterion f, and K and the matrix of spreads scaled to the range from 0 to 1 ([1]_; v as in the code
    of the authors).

    Parameters
    ----------
    alpha : float, default=0.5
        Weight of the relevance, from 0 to 1.
    n_bins : int, default=None
        Quantile bins of columns on many levels, whose information is counted. None: as in
        :class:`InformationSelector`.

    See Also
    --------
    SupervisedInfFSAffinity : The same quantities, summed.

    Notes
    -----
    Fisher's criterion of two classes is :math:`(\mu_1 - \mu_2)^2 / (\sigma_1^2 + \sigma_2^2)`. Of more classes it is
    the mean over their pairs, which is the same for two; the code of the authors takes two classes only. A column that
    is constant within both classes is as separated as the most separated other one, as in
    :class:`SupervisedInfFSAffinity`. Information is in nats. The ranking depends on the units of the columns.

    References
    ----------
    .. [1] G. Roffo, S. Melzi, "Ranking to learn: feature ranking and selection via eigenvector centrality", New
       Frontiers in Mining Complex Patterns, 2017.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skib.feature_selection import ECFSAffinity
    >>> X, y = load_iris(return_X_y=True)
    >>> ECFSAffinity(1.0)(X, y)[2].round(2).tolist()  # the third and fourth are most relevant
    [0.1, 0.04, 1.0, 0.77]
    """

    needs_target = True

    _parameter_constraints = {
        "alpha": [Interval(Real, 0, 1, closed="both")],
        "n_bins": [Interval(Integral, 2, None, closed="left"), None],
    }

    def __init__(self, alpha: float = 0.5, *, n_bins: int | None = None) -> None:
        self.alpha = alpha
        self.n_bins = n_bins

    @fit_context(prefer_skip_nested_validation=True)
    def __call__(self, x: Floats, y: NDArray[np.int64]) -> Floats:
        """Return the affinities.

        Parameters
        ----------
        x : ndarray of shape (n_samples, n_features)
            Columns, none of which is constant.
        y : ndarray of shape (n_samples,)
            The class of each row, from 0.

        Returns
        -------
        affinity : ndarray of shape (n_features, n_features)
            Symmetric, and from 0 to 1.
        """
        worth = (_fisher(x, y) + _relevance(x, y, self.n_bins)) / 2
        kernel = _to_unit_range(np.outer(worth, worth))
        return self.alpha * kernel + (1 - self.alpha) * _to_unit_range(_larger_spreads(x))


class ConditionalInformationAffinity(BaseEstimator):
    r"""Affinity of SPEC_CMI: what two columns tell about the target given each other.

    .. math:: A_{kk} = I(X_k;Y), \qquad A_{kj} = \tfrac12 \bigl(I(X_k;Y|X_j) + I(X_j;Y|X_k)\bigr)

    The set of m columns with the largest sum of these is relaxed to the vector of unit length with the largest
    :math:`u^\top A u` [1]_, which is the leading eigenvector: :class:`EigenvectorCentrality`.

    Parameters
    ----------
    n_bins : int, default=None
        Quantile bins of columns on many levels. None: as in :class:`InformationSelector`.
    n_jobs : int, default=None
        Number of threads (as in joblib) over the columns; the result is the same for every value.

    See Also
    --------
    skib.mutual_info.conditional_mutual_info_matrix : I(X_i;X_j|Y).
    InformationSelector : The criterion "jmi" sums the same terms, greedily.

    Notes
    -----
    Plug-in information is too large by about (levels - 1)(classes - 1) / 2n, and given another column by its levels
    times that: more bins make all columns alike. A table is counted for every pair of columns.

    References
    ----------
    .. [1] X. V. Nguyen, J. Chan, S. Romano, J. Bailey, "Effective global approaches for mutual information based
       feature selection", KDD 2014.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.feature_selection import ConditionalInformationAffinity
    >>> x = np.array([[0, 0, 0], [0, 1, 0], [1, 0, 0], [1, 1, 1]], dtype=float)
    >>> y = np.array([0, 1, 1, 0])  # an exclusive or of the first two
    >>> ConditionalInformationAffinity()(x, y)[0, 1].round(2).item()
    0.69
    """

    needs_target = True

    _parameter_constraints = {"n_bins": [Interval(Integral, 2, None, closed="left"), None], "n_jobs": N_JOBS}

    def __init__(self, n_bins: int | None = None, *, n_jobs: int | None = None) -> None:
        self.n_bins = n_bins
        self.n_jobs = n_jobs

    @fit_context(prefer_skip_nested_validation=True)
    def __call__(self, x: Floats, y: NDArray[np.int64]) -> Floats:
        """Return the affinities.

        Parameters
        ----------
        x : ndarray of shape (n_samples, n_features)
            Columns, none of which is constant.
        y : ndarray of shape (n_samples,)
            The class of each row, from 0.

        Returns
        -------
        affinity : ndarray of shape (n_features, n_features)
            Symmetric, in nats.
        """
        counts, columns = _counts(x, y, self.n_bins), np.arange(x.shape[1])
        given = np.array([counts.joint((j,), columns, self.n_jobs).information for j in columns])
        affinity = (given + given.T) / 2
        affinity[columns, columns] = counts.joint((), columns, self.n_jobs).information
        return affinity


def _counts(x, y, n_bins):
    """Return the counts of columns in quantile bins; of few levels, as they are."""
    n_samples, n_classes = len(x), int(y.max()) + 1
    n_bins = default_n_bins(n_samples, n_classes) if n_bins is None else n_bins
    return DenseCounts(code_array(x, Binning(n_bins, max(2.0, np.sqrt(n_samples)))).codes, y)


def _relevance(x, y, n_bins):
    """Return I(X_k;Y) of each column."""
    return _counts(x, y, n_bins).joint((), np.arange(x.shape[1])).information


def _fisher(x, y):
    """Return Fisher's criterion of each column, the mean over pairs of classes.

    A column that is constant within two classes, and not the same, has that of the most separated other column.
    """
    x = centered(x)[0]
    classes = [x[y == c] for c in np.unique(y)]
    means = np.array([rows.mean(axis=0) for rows in classes])
    variances = np.array([rows.var(axis=0, ddof=1) if len(rows) > 1 else np.zeros(x.shape[1]) for rows in classes])
    first, second = np.triu_indices(len(classes), 1)
    if not len(first):
        return np.zeros(x.shape[1])
    within, between = variances[first] + variances[second], (means[first] - means[second]) ** 2
    spread = within * _MOST_SEPARATED > between
    ratios = np.where(spread, between / np.where(spread, within, 1.0), 0.0)
    largest = ratios.max(axis=1, keepdims=True)
    return np.where(spread | (between == 0), ratios, np.where(largest > 0, largest, 1.0)).mean(axis=0)


def _larger_spreads(x):
    x, exponents = centered(x)
    spread = np.ldexp(x.std(axis=0, ddof=1), exponents)
    return np.maximum(spread[:, None], spread)


def _spearman(x):
    """Return the correlations of the ranks of columns that vary; ties have their mean rank."""
    ranks = rankdata(x, axis=0)
    ranks -= ranks.mean(axis=0)
    ranks /= np.linalg.norm(ranks, axis=0)
    return np.clip(ranks.T @ ranks, -1, 1)


def _to_unit_range(values):
    """Scale values to the range from 0 to 1; those that are equal but for rounding are 0."""
    low, high = values.min(), values.max()
    return (values - low) / (high - low) if high - low > _ROUNDING * abs(high) else np.zeros_like(values)
