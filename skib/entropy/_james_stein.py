"""James-Stein shrinkage entropy."""

import numpy as np
from scipy.special import entr

from skib._sklearn import BaseEstimator
from skib._statistics import mean_std_error
from skib.entropy._discrete import AlphabetMixin


class JamesStein(AlphabetMixin, BaseEstimator):
    r"""Entropy of frequencies that are shrunk towards the uniform distribution.

    .. math::
        \hat H = -\sum_{k=1}^K \hat p_k \log \hat p_k, \qquad
        \hat p_k = \frac{\lambda}{K} + (1 - \lambda) \frac{n_k}{n}, \qquad
        \lambda = \frac{1 - \sum_k (n_k / n)^2}{(n - 1) \sum_k (1/K - n_k / n)^2}

    :math:`n_k` counts the rows that hold the k-th of all K symbols, 0 for those never seen; :math:`\lambda`, at most
    1, is the weight of least expected squared error.

    Parameters
    ----------
    n_categories : int, default=None
        The size K of the alphabet, with the symbols that no row holds. ``None`` takes the number of distinct rows,
        which leaves the estimate too low where symbols are missing. A larger K pulls it up, towards log K.

    Attributes
    ----------
    entropy_ : float
        The estimate, in nats.
    std_error_ : float
        Standard error of the plug-in entropy, in nats, by the delta method. Shrinkage makes the true one smaller; the
        bias is not covered.
    ceiling_ : float
        Largest possible estimate on these rows, in nats: log(`n_categories_`).
    saturated_ : bool
        Whether the estimate is saturated: the plug-in entropy exceeds 0.9 log(n_samples), because nearly every row is a
        symbol of its own.
    n_categories_ : int
        The size of the alphabet that was used.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    Raises
    ------
    ValueError
        If X has more than `n_categories` distinct rows.

    See Also
    --------
    NSB : A prior that is flat in the entropy, in place of one target.

    Notes
    -----
    The variance is small and the estimate too high where the true distribution is far from uniform and n is below K.
    There is no ``pointwise_``, as symbols that no row holds contribute too, and no `sample_weight`, as
    :math:`\lambda` rests on whole counts. Where all rows or frequencies are equal, :math:`\lambda` does not matter.

    References
    ----------
    .. [1] J. Hausser, K. Strimmer, "Entropy inference and the James-Stein estimator, with application to nonlinear gene
       association networks", Journal of Machine Learning Research 10, 2009.

    Examples
    --------
    >>> from skib.entropy import JamesStein
    >>> rows = [["a"], ["a"], ["a"], ["b"]]
    >>> round(JamesStein().fit(rows).entropy_, 4)  # lambda = 1: log 2
    0.6931
    """

    def _entropy(self, counts, n_categories):
        shrinkage, p = _shrunk(counts, n_categories)
        unseen = (n_categories - len(counts)) * entr(shrinkage / n_categories)
        return entr(p).sum() + unseen

    def _std_error(self, counts):
        # The error of the shrunk frequencies would be 0 where these are shrunk to uniform ones.
        return mean_std_error(np.log(counts), counts)


def _shrunk(counts, n_categories):
    """The weight of the uniform distribution, and the shrunk probabilities of the symbols seen."""
    n_samples = counts.sum()
    p, target = counts / n_samples, 1 / n_categories
    variance = 1 - np.dot(p, p)
    distance = (n_samples - 1) * (np.sum((p - target) ** 2) + (n_categories - len(p)) * target**2)
    shrinkage = variance / distance if variance < distance else 1.0
    return shrinkage, shrinkage * target + (1 - shrinkage) * p
