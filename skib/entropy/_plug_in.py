"""Plug-in entropy."""

import numpy as np
from sklearn.base import BaseEstimator

from skib.entropy._base import EntropyMixin


class PlugIn(EntropyMixin, BaseEstimator):
    r"""Entropy of the empirical distribution of discrete rows.

    .. math:: \hat H = -\sum_k \frac{n_k}{n} \log \frac{n_k}{n}

    This is the maximum-likelihood estimate; :math:`n_k` counts the rows that hold the k-th symbol.

    Attributes
    ----------
    entropy_ : float
        The estimate, in nats.
    pointwise_ : ndarray of shape (n_samples,)
        :math:`-\log(n_k / n)` of each row, in nats; the mean is `entropy_`.
    std_error_ : float
        Standard error of `entropy_`, in nats. It does not cover the bias.
    ceiling_ : float
        log(n_samples), the estimate when no two rows are equal, in nats.
    saturated_ : bool
        Whether the estimate exceeds 0.9 log(n_samples), because nearly every row is a symbol of its own.
    n_categories_ : int
        Number of distinct rows.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, where X has them.

    See Also
    --------
    MillerMadow : The same with its first-order bias removed.

    Notes
    -----
    With K symbols the estimate is too low by about :math:`(K - 1) / 2n` [1]_, and it never exceeds log n. With most
    symbols seen once it is therefore useless, which a ``SaturatedEstimateWarning`` says.

    Where one symbol only is seen, the entropy is 0.0 and a ``ConstantInputWarning`` is given.

    References
    ----------
    .. [1] L. Paninski, "Estimation of entropy and mutual information", Neural Computation 15, 2003.

    Examples
    --------
    >>> from skib.entropy import PlugIn
    >>> round(PlugIn().fit([["a"], ["b"], ["b"], ["b"]]).entropy_, 4)  # log 4 - 3/4 log 3
    0.5623
    """

    def _pointwise(self, counts):
        return np.log(counts.sum() / counts)
