"""Chao-Shen entropy."""

import numpy as np

from skib._sklearn import BaseEstimator
from skib.entropy._discrete import EntropyMixin


class ChaoShen(EntropyMixin, BaseEstimator):
    r"""Entropy of discrete rows, with symbols weighted by the inverse of their chance to be seen at all.

    .. math::
        \hat H = -\sum_k \frac{\tilde p_k \log \tilde p_k}{1 - (1 - \tilde p_k)^n}, \qquad
        \tilde p_k = \left(1 - \frac{f_1}{n}\right) \frac{n_k}{n}

    :math:`n_k` counts the rows that hold the k-th symbol, :math:`f_1` the symbols that one row holds: by Good and
    Turing, :math:`f_1 / n` estimates the probability of all symbols that were not seen.

    Attributes
    ----------
    entropy_ : float
        The estimate, in nats.
    pointwise_ : ndarray of shape (n_samples,)
        The term of each row's symbol, divided by its frequency :math:`n_k / n`, in nats; the mean is `entropy_`.
    std_error_ : float
        Standard error of `entropy_`, in nats, with :math:`f_1` held fixed. It does not cover the bias.
    ceiling_ : float
        Largest possible estimate on these rows, in nats: about 2 log(n_samples), the value when no two rows are equal.
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
    NSB : Bayesian, with the size of the alphabet as a parameter.

    Notes
    -----
    No size of the alphabet is needed. The bias is small where many symbols were seen once, paid for by variance; where
    all were seen often the estimate is the plug-in's, with its bias. If every row is a symbol of its own,
    :math:`f_1 = n - 1` is used in place of n.

    The coverage rests on whole counts, so there is no `sample_weight`. A constant X gives 0.0.

    References
    ----------
    .. [1] A. Chao, T.-J. Shen, "Nonparametric estimation of Shannon's index of diversity when there are unseen species
       in sample", Environmental and Ecological Statistics 10, 2003.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.entropy import ChaoShen, PlugIn
    >>> rows = np.random.default_rng(0).integers(0, 300, (500, 1))
    >>> round(ChaoShen().fit(rows).entropy_, 1), round(PlugIn().fit(rows).entropy_, 1)  # log 300 = 5.7
    (5.8, 5.4)
    """

    def _pointwise(self, counts):
        n_samples = counts.sum()
        coverage = 1 - min(np.sum(counts == 1), n_samples - 1) / n_samples
        p = coverage * counts / n_samples
        return -coverage * np.log(p) / -np.expm1(n_samples * np.log1p(-p))

    def _ceiling(self, n_samples):
        return float(self.pointwise_of_counts(np.ones(n_samples, np.int64)).mean())
