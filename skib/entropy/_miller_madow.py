"""Miller-Madow entropy."""

import numpy as np

from skib._sklearn import BaseEstimator
from skib.entropy._discrete import EntropyMixin


class MillerMadow(EntropyMixin, BaseEstimator):
    r"""Plug-in entropy of discrete rows with the first-order correction of its bias.

    .. math:: \hat H = -\sum_k \frac{n_k}{n} \log \frac{n_k}{n} + \frac{K - 1}{2n}

    :math:`n_k` counts the rows that hold the k-th of the K symbols that were seen.

    Attributes
    ----------
    entropy_ : float
        The estimate, in nats.
    pointwise_ : ndarray of shape (n_samples,)
        :math:`-\log(n_k / n) + (K - 1) / 2n` of each row, in nats; the mean is `entropy_`.
    std_error_ : float
        Standard error of `entropy_`, in nats. It does not cover the remaining bias.
    ceiling_ : float
        Largest possible estimate on these rows, in nats: log(n_samples) + (n_samples - 1) / (2 n_samples), the value
        when no two rows are equal.
    saturated_ : bool
        Whether the estimate is saturated: the plug-in part exceeds 0.9 log(n_samples), because nearly every row is a
        symbol of its own.
    n_categories_ : int
        Number of distinct rows, K.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    See Also
    --------
    PlugIn : Without the correction.
    Grassberger : A correction that depends on the counts, better where symbols are rare.

    Notes
    -----
    The bias that remains is of order :math:`1 / n^2` as long as every symbol has been seen; symbols never seen leave
    the estimate too low. With most symbols seen once, a ``SaturatedEstimateWarning`` is given.

    References
    ----------
    .. [1] G. A. Miller, "Note on the bias of information estimates", in Information Theory in Psychology, 1955.

    Examples
    --------
    >>> from skib.entropy import MillerMadow
    >>> round(MillerMadow().fit([["a"], ["b"], ["b"], ["b"]]).entropy_, 4)  # log 4 - 3/4 log 3 + 1/8
    0.6873
    """

    def _pointwise(self, counts):
        n_samples = counts.sum()
        return np.log(n_samples / counts) + (len(counts) - 1) / (2 * n_samples)

    def _ceiling(self, n_samples):
        return float(np.log(n_samples) + (n_samples - 1) / (2 * n_samples))
