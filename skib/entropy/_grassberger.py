"""Grassberger's entropy."""

import numpy as np

from skib._entropies import log_of_counts
from skib._sklearn import BaseEstimator
from skib.entropy._discrete import EntropyMixin


class Grassberger(EntropyMixin, BaseEstimator):
    r"""Entropy of discrete rows, with the logarithm of each count replaced by one that is right on average.

    .. math::
        \hat H = \log n - \frac{1}{n} \sum_k n_k G(n_k), \qquad
        G(m) = \psi(m) + \frac{(-1)^m}{2} \left[ \psi\!\left(\frac{m+1}{2}\right) - \psi\!\left(\frac m2\right) \right]

    :math:`n_k` counts the rows that hold the k-th symbol; :math:`\psi` is the digamma function.

    Attributes
    ----------
    entropy_ : float
        The estimate, in nats.
    pointwise_ : ndarray of shape (n_samples,)
        :math:`\log n - G(n_k)` of each row, in nats; the mean is `entropy_`.
    std_error_ : float
        Standard error of `entropy_`, in nats. It does not cover the bias.
    ceiling_ : float
        Largest possible estimate on these rows, in nats: log(2 n_samples) + 0.5772, the value when no two rows are
        equal.
    saturated_ : bool
        Whether the estimate is saturated: the plug-in entropy exceeds 0.9 log(n_samples), because nearly every row is a
        symbol of its own.
    n_categories_ : int
        Number of distinct rows.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    See Also
    --------
    MillerMadow : A constant correction in its place.
    NSB : Bayesian, for far more symbols than rows.

    Notes
    -----
    With Poisson counts of mean :math:`\mu_k` the bias is :math:`-\sum_k p_k E_1(2 \mu_k)`, with the exponential
    integral :math:`E_1(x) < e^{-x} \log(1 + 1/x)`: a symbol that is expected twice adds 0.4 % of its probability, one
    that is expected less than once leaves the estimate too low. Miller-Madow's needs every symbol seen many times. The
    variance is above the plug-in's.

    The correction rests on whole counts, so there is no `sample_weight`. A constant X gives 0.0, not
    :math:`\log n - G(n)`.

    References
    ----------
    .. [1] P. Grassberger, "Entropy estimates from insufficient samplings", arXiv:physics/0307138, 2003.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.entropy import Grassberger, PlugIn
    >>> rows = np.random.default_rng(0).integers(0, 300, (500, 1))
    >>> round(Grassberger().fit(rows).entropy_, 1), round(PlugIn().fit(rows).entropy_, 1)  # log 300 = 5.7
    (5.7, 5.4)
    """

    def _pointwise(self, counts):
        return np.log(counts.sum()) - log_of_counts(counts)

    def _ceiling(self, n_samples):
        return float(np.log(2 * n_samples) + np.euler_gamma)
