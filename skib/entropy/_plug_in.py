"""Plug-in entropy."""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import entr

from skib._kernels.counts import dense_codes
from skib._sklearn import BaseEstimator, fit_context
from skib._statistics import SATURATION
from skib._typing import TableLike
from skib._validation import check_codes, weight_shares
from skib.entropy._discrete import EntropyMixin


class PlugIn(EntropyMixin, BaseEstimator):
    r"""Entropy of the empirical distribution of discrete rows.

    .. math:: \hat H = -\sum_k \frac{n_k}{n} \log \frac{n_k}{n}

    This is the maximum-likelihood estimate; :math:`n_k` counts the rows that hold the k-th symbol, or adds up their
    weights.

    Attributes
    ----------
    entropy_ : float
        The estimate, in nats.
    pointwise_ : ndarray of shape (n_samples,)
        :math:`-\log(n_k / n)` of each row, in nats; the (weighted) mean is `entropy_`. NaN where the weight is 0.
    std_error_ : float
        Standard error of `entropy_`, in nats. It does not cover the bias. A row of weight 2 is one observation, not
        two: unequal weights enlarge the error.
    ceiling_ : float
        Largest possible estimate on these rows, in nats: log(n_samples), the value when no two rows are equal; with
        weights, their own entropy.
    saturated_ : bool
        Whether the estimate is saturated: it exceeds 0.9 `ceiling_`, because nearly every row is a symbol of its own.
    n_categories_ : int
        Number of distinct rows (of positive weight).
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    See Also
    --------
    MillerMadow : The same with its first-order bias removed.
    Grassberger : Less biased where symbols are rare.

    Notes
    -----
    With K symbols the estimate is too low by about :math:`(K - 1) / 2n` [1]_, and it never exceeds log n. With most
    symbols seen once it is therefore useless, and a ``SaturatedEstimateWarning`` is issued.

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

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: TableLike, y: object = None, sample_weight: ArrayLike | None = None) -> Self:
        """Estimate the entropy of the rows of X.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers, strings, bools or categories; each distinct row is one symbol.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row in the frequencies; their scale does not matter. ``None`` weighs all rows equally.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        codes = check_codes(self, X)
        if sample_weight is None:
            return self._fit_codes(codes)
        return self._fit_weighted(codes, weight_shares(sample_weight, len(codes)))

    def _fit_weighted(self, codes, shares):
        weighted = shares > 0
        codes, shares = dense_codes(codes[weighted], codes.max() + 1), shares[weighted]
        masses = np.bincount(codes, shares)
        pointwise = np.log(masses.sum() / masses)[codes]
        entropy = np.dot(shares, pointwise)
        self.pointwise_ = np.full(len(weighted), np.nan)
        self.pointwise_[weighted] = pointwise
        self.std_error_ = _weighted_std_error(pointwise - entropy, shares)
        self.n_categories_ = int(codes.max()) + 1
        self.ceiling_ = float(entr(shares).sum())
        return self._set_entropy(float(entropy), bool(entropy > SATURATION * self.ceiling_), codes)

    def _pointwise(self, counts):
        return np.log(counts.sum() / counts)


def _weighted_std_error(deviations, shares):
    n_samples = len(shares)
    if n_samples == 1:
        return np.nan
    return float(np.linalg.norm(shares * deviations) * np.sqrt(n_samples / (n_samples - 1)))
