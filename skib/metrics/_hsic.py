"""The Hilbert-Schmidt independence criterion."""

from typing import Self

import numpy as np

from skib._dependence import DependenceMixin
from skib._gram import BANDWIDTH_CONSTRAINTS, GramMeasureMixin
from skib._sklearn import BaseEstimator, fit_context
from skib._typing import Marginals, TableLike


class HSIC(GramMeasureMixin, DependenceMixin, BaseEstimator):
    r"""Hilbert-Schmidt independence criterion with Gaussian kernels: a dependence, not an information.

    The squared norm of the covariance of the kernels' features is, for an independent copy :math:`(X', Y')`,

    .. math:: E[k(X, X')\,q(Y, Y')] + E[k(X, X')]\,E[q(Y, Y')] - 2 E\bigl[E[k(X, X') | X]\; E[q(Y, Y') | Y]\bigr],

    It is 0 if and only if X and Y are independent, and at most 1/4. It has no unit and is on no scale of information.
    With K and Q the Gram matrices, and :math:`\tilde K, \tilde Q` the same with zeros on the diagonal, the unbiased
    estimate

    .. math:: \frac{1}{n(n - 3)} \Bigl[\mathrm{tr}\, \tilde K \tilde Q
              + \frac{1^T \tilde K 1 \; 1^T \tilde Q 1}{(n - 1)(n - 2)} - \frac{2}{n - 2} 1^T \tilde K \tilde Q 1 \Bigr]

    has exactly this mean (at a fixed bandwidth and scale); the biased one is
    :math:`\mathrm{tr}\, K H Q H / (n - 1)^2` with :math:`H = I - 1 1^T / n`.

    Parameters
    ----------
    bandwidth : float, default=None
        Width h of both kernels :math:`\exp(-|x - x'|^2 / 2h^2)`, in the unit of the scaled columns. ``None`` means the
        median distance between the rows of each variable. Wide kernels respond to linear dependence above all; narrow
        ones respond to fine structure, with a larger variance relative to the value.
    unbiased : bool, default=True
        Whether to take the unbiased estimate, which may fall below 0. The biased estimate is never below 0. It is
        larger by an amount of order 1/n, which in many dimensions or with narrow kernels is most of the value.
    marginals : {"rank", "standard", None}, default="rank"
        How columns are scaled before distances are taken. ``"rank"`` replaces each column by the normal scores of its
        ranks; the estimate is then invariant to monotone transformations and insensitive to outliers. ``"standard"``
        standardizes; ``None`` leaves columns unchanged.

    Attributes
    ----------
    dependence_ : float
        The estimate, without unit.
    std_error_ : float
        Root mean square of the influences of the rows, divided by sqrt(n_samples). Rows act through their pairs and
        through the scale of the columns; the bandwidth is taken as a constant. At independence all influences vanish in
        the limit: test by permutations there.
    bandwidth_ : ndarray of shape (2,)
        The widths used for X and y.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    See Also
    --------
    skib.mutual_info.CauchySchwarz : A ratio of the same means instead of a difference.
    skib.mutual_info.permutation_test : Tests independence by this measure too.

    Notes
    -----
    What needs an information in nats, such as :func:`skib.mutual_info.mutual_info_matrix` or
    :class:`skib.information_plane.InformationPlane`, refuses this estimator.

    Time grows with the square of n_samples (a ``CostWarning`` is issued before more than five minutes of work), memory
    linearly: no matrix is stored. Constant inputs give 0 and a ``ConstantInputWarning``. Errors are raised for NaN,
    infinity, text, masked or complex entries, and for fewer than 4 rows.

    References
    ----------
    .. [1] A. Gretton, O. Bousquet, A. Smola, B. Schoelkopf, "Measuring statistical dependence with Hilbert-Schmidt
       norms", Algorithmic Learning Theory, 2005.
    .. [2] L. Song, A. Smola, A. Gretton, J. Bedo, K. Borgwardt, "Feature selection via dependence maximization",
       Journal of Machine Learning Research 13, 2012 (the unbiased estimate).

    Examples
    --------
    >>> from skib.datasets import make_gaussian_pair
    >>> from skib.metrics import HSIC
    >>> from skib.mutual_info import permutation_test
    >>> pair = make_gaussian_pair(2000, rho=0.9, random_state=0)
    >>> round(HSIC(bandwidth=1).fit(pair.X, pair.y).dependence_, 3)  # truth: 0.051
    0.051
    >>> permutation_test(HSIC(), pair.X[:200], pair.y[:200], n_permutations=99, random_state=0).pvalue
    0.01
    """

    dependence_: float
    std_error_: float

    _min_samples = 4
    _parameter_constraints = BANDWIDTH_CONSTRAINTS | {"unbiased": ["boolean"]}

    def __init__(self, bandwidth: float | None = None, *, unbiased: bool = True, marginals: Marginals = "rank") -> None:
        self.bandwidth = bandwidth
        self.unbiased = unbiased
        self.marginals = marginals

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: TableLike, y: TableLike) -> Self:
        """Estimate the dependence of X and y.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of numbers, taken together as one variable.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            The target, taken together as one variable, too.

        Returns
        -------
        self : HSIC
            The fitted estimator.
        """
        self.dependence_, self.std_error_ = self._estimate(X, y)
        return self

    def _value(self, means):
        n = len(means.k)
        if not self.unbiased:
            of_kq, of_k, of_q, of_product = means.moments()
            return (of_kq + of_k * of_q - 2 * of_product) * (n / (n - 1)) ** 2
        k, q = n * means.k - 1, n * means.q - 1
        of_kq = n**2 * means.kq.mean() - n
        both = k.sum() * q.sum() / ((n - 1) * (n - 2))
        return (of_kq + both - 2 / (n - 2) * (k @ q)) / (n * (n - 3))

    @staticmethod
    def _gradient(moments):
        return np.array([1, moments[2], moments[1], -2])
