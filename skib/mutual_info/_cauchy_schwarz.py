"""Cauchy-Schwarz quadratic mutual information."""

from typing import Self

import numpy as np

from skib._gram import GramMeasureMixin
from skib._sklearn import BaseEstimator, fit_context
from skib._typing import Marginals, TableLike
from skib.mutual_info._base import MutualInfoMixin


class CauchySchwarz(GramMeasureMixin, MutualInfoMixin, BaseEstimator):
    r"""Cauchy-Schwarz quadratic mutual information from Gaussian kernels; not Shannon's information.

    The Cauchy-Schwarz divergence between the joint density and the product of its marginals,

    .. math:: I_{CS}(X;Y) = \log \frac{\int p(x, y)^2 \int p(x)^2 p(y)^2}{\bigl(\int p(x, y)\,p(x)\,p(y)\bigr)^2},

    with kernel density estimates in place of the densities. For the Gram matrices
    :math:`K_{ij} = \exp(-|x_i - x_j|^2 / 2h_x^2)` and :math:`Q_{ij} = \exp(-|y_i - y_j|^2 / 2h_y^2)`,

    .. math:: \hat I_{CS} = \log \frac{\sum_{ij} K_{ij} Q_{ij}}{n^2} + \log \frac{1^T K 1 \; 1^T Q 1}{n^4}
              - 2 \log \frac{1^T K Q 1}{n^3}.

    It is 0 if and only if the (smoothed) variables are independent. Its unit is the nat because a natural logarithm is
    taken, but its values are not comparable with :math:`I(X;Y)`: kernels as wide as the data resolve coarse structure
    only. The value of a Gaussian pair of correlation 0.9 (0.830 nats) is 0.14.

    Parameters
    ----------
    bandwidth : float, default=None
        Width h of both kernels, in the unit of the scaled columns. ``None`` means the median distance between the rows
        of each variable. Wide kernels lower the variance and blur the dependence; narrow ones raise the value, variance
        and bias, up to log(n_samples) where every row resembles only itself.
    marginals : {"rank", "standard", None}, default="rank"
        How columns are scaled before distances are taken. ``"rank"`` replaces each column by the normal scores of its
        ranks; the estimate is then invariant to monotone transformations and insensitive to outliers. ``"standard"``
        standardizes; ``None`` leaves columns unchanged.

    Attributes
    ----------
    mutual_info_ : float
        The estimate in nats of the Cauchy-Schwarz divergence, never below 0 (up to rounding).
    std_error_ : float
        Root mean square of the influences of the rows, divided by sqrt(n_samples). Rows act through their pairs and
        through the scale of the columns; the bandwidth is taken as a constant. At independence all influences vanish in
        the limit: test by permutations there.
    bandwidth_ : ndarray of shape (2,)
        The widths used for X and y.
    ceiling_ : float
        Largest possible estimate on these rows, in nats: log(n_samples), the value when every row resembles only
        itself.
    saturated_ : bool
        Whether the estimate is saturated: it exceeds 90 % of `ceiling_`.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    See Also
    --------
    skib.metrics.HSIC : A difference of the same means instead of a ratio.
    MatrixRenyi : Entropies of the Gram matrices themselves.
    KSG : Shannon's mutual information.

    Notes
    -----
    The means contain the pairs of a row with itself, which biases the estimate upwards by an amount of order 1/n.

    Time grows with the square of n_samples (a ``CostWarning`` is issued before more than five minutes of work), memory
    linearly: no matrix is stored. Constant inputs give 0 and a ``ConstantInputWarning``. Errors are raised for NaN,
    infinity, text, masked or complex entries.

    References
    ----------
    .. [1] S. Yu, X. Yu, S. Lokse, R. Jenssen, J. C. Principe, "Cauchy-Schwarz divergence information bottleneck for
       regression", ICLR 2024.
    .. [2] J. C. Principe, D. Xu, J. Fisher, "Information theoretic learning", in S. Haykin (ed.), Unsupervised
       Adaptive Filtering, Wiley, 2000.

    Examples
    --------
    >>> from skib.datasets import make_gaussian_pair
    >>> from skib.mutual_info import CauchySchwarz
    >>> pair = make_gaussian_pair(2000, rho=0.9, random_state=0)
    >>> round(CauchySchwarz(bandwidth=1).fit(pair.X, pair.y).mutual_info_, 2)  # truth: 0.129
    0.13
    """

    def __init__(self, bandwidth: float | None = None, *, marginals: Marginals = "rank") -> None:
        self.bandwidth = bandwidth
        self.marginals = marginals

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: TableLike, y: TableLike) -> Self:
        """Estimate the Cauchy-Schwarz information of X and y.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of numbers, taken together as one variable.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            The target, taken together as one variable, too.

        Returns
        -------
        self : CauchySchwarz
            The fitted estimator.
        """
        value, std_error = self._estimate(X, y)
        return self._set_estimate(value, np.log(len(X)), len(X), std_error=std_error)

    @staticmethod
    def _value(means):
        of_kq, of_k, of_q, of_product = np.log(means.moments())
        return of_kq + of_k + of_q - 2 * of_product

    @staticmethod
    def _gradient(moments):
        return np.array([1, 1, 1, -2]) / moments
