"""Nemenman-Shafee-Bialek entropy."""

import numpy as np
from scipy.special import digamma, gammaln, polygamma

from skib._sklearn import BaseEstimator
from skib.entropy._discrete import AlphabetMixin

_N_COARSE, _N_FINE = 65, 257
# A posterior density below exp(-40) of its largest value adds nothing to a sum of doubles.
_DEPTH = 40
# The density falls at least as exp(-|log beta|) beyond the values between which its mode must lie.
_MARGIN = 45


class NSB(AlphabetMixin, BaseEstimator):
    r"""Bayesian entropy under a prior that is nearly flat in the entropy.

    .. math::
        \hat H = \frac{\int E[H \mid n, \beta] \, P(n \mid \beta) \, d\xi(\beta)}{\int P(n \mid \beta) \, d\xi(\beta)},
        \qquad \xi(\beta) = \psi(K \beta + 1) - \psi(\beta + 1)

    Given :math:`\beta`, the probabilities of the K symbols follow a symmetric Dirichlet distribution, under which
    :math:`\xi(\beta)` is the expected entropy; the mixture is flat in :math:`\xi`.

    Parameters
    ----------
    n_categories : int, default=None
        The size K of the alphabet, with the symbols that no row holds. ``None`` takes the number of distinct rows,
        which leaves the estimate too low where symbols are missing. If K is larger than the truth, the estimate rises
        by little, as long as some symbols repeat.

    Attributes
    ----------
    entropy_ : float
        Posterior mean, in nats.
    std_error_ : float
        Posterior standard deviation, in nats.
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
    Grassberger : As good where most symbols repeat, and faster.

    Notes
    -----
    The estimate rests on the rows that repeat, of which about :math:`\sqrt{e^H}` rows give some. It holds for
    distributions that a symmetric Dirichlet can resemble; long tails, as Zipf's, are cut short.

    There is no ``pointwise_``, as symbols that no row holds contribute too, and no `sample_weight`, as the likelihood
    is that of whole counts. A constant X has entropy 0.0 unless `n_categories` says that other values exist.

    The integral runs over :math:`\log \beta`; its cost depends on the number of different counts, neither on n nor on
    K.

    References
    ----------
    .. [1] I. Nemenman, F. Shafee, W. Bialek, "Entropy and inference, revisited", Advances in Neural Information
       Processing Systems 14, 2002.
    .. [2] D. H. Wolpert, D. R. Wolf, "Estimating functions of probability distributions from a finite set of samples",
       Physical Review E 52, 1995.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.entropy import NSB, PlugIn
    >>> rows = np.random.default_rng(0).integers(0, 300, (500, 1))
    >>> fitted = NSB(n_categories=300).fit(rows)
    >>> round(fitted.entropy_, 2), round(fitted.std_error_, 2), round(PlugIn().fit(rows).entropy_, 2)  # log 300 = 5.70
    (5.68, 0.02, 5.35)
    """

    def _entropy(self, counts, n_categories):
        groups = _groups(counts, n_categories)
        beta, weights = _posterior(groups, n_categories)
        return np.dot(weights, _mean_given(beta, groups)[0])

    def _std_error(self, counts):
        n_categories = self._alphabet(counts)
        if n_categories == 1:
            return 0.0
        groups = _groups(counts, n_categories)
        beta, weights = _posterior(groups, n_categories)
        mean, variance = _mean_given(beta, groups)
        return np.sqrt(np.dot(weights, variance + (mean - np.dot(weights, mean)) ** 2))


def _groups(counts, n_categories):
    """The different counts, 0 included, and how many symbols have each."""
    values, n_symbols = np.unique(counts, return_counts=True)
    return np.r_[0.0, values], np.r_[float(n_categories - len(counts)), n_symbols]


def _posterior(groups, n_categories):
    """Values of beta on a logarithmic grid, and their posterior probabilities."""
    n_samples = np.dot(*groups)
    low, high = -np.log(n_categories) - _MARGIN, np.log(n_samples) + _MARGIN
    n_points = _N_COARSE
    while True:
        log_beta = np.linspace(low, high, n_points)
        density = _log_density(log_beta, groups, n_categories)
        if n_points == _N_FINE:
            weights = np.exp(density - density.max())
            return np.exp(log_beta), weights / weights.sum()
        (inside,) = np.nonzero(density > density.max() - _DEPTH)
        # Zoom in until the mass fills a good part of the grid; then the trapezoidal rule converges exponentially.
        if len(inside) > _N_COARSE // 4:
            n_points = _N_FINE
        low, high = log_beta[max(inside[0] - 1, 0)], log_beta[min(inside[-1] + 1, _N_COARSE - 1)]


def _log_density(log_beta, groups, n_categories):
    """Log of the unnormalized posterior density of log(beta)."""
    values, n_symbols = groups
    beta = np.exp(log_beta)
    evidence = _log_rising(beta[:, None], values) @ n_symbols - _log_rising(n_categories * beta, np.dot(*groups))
    return evidence + np.log(_prior(beta, n_categories)) + log_beta


def _prior(beta, n_categories):
    """Derivative of the expected entropy by beta."""
    exact = n_categories * polygamma(1, n_categories * beta + 1) - polygamma(1, beta + 1)
    # For large beta the two terms cancel; what remains of their asymptotic series is this.
    series = (1 - 1 / n_categories) / (2 * beta**2) - (1 - 1 / n_categories**2) / (6 * beta**3)
    return np.where(beta < 1e4, exact, series)


def _log_rising(z, n):
    """log(Gamma(z + n) / Gamma(z)), also where z is so large that the two logarithms would cancel."""
    far = np.maximum(z, 10.0)
    stirling = (far - 0.5) * np.log1p(n / far) + n * (np.log(far + n) - 1) + _stirling_rest(far + n)
    return np.where(z < 10, gammaln(z + n) - gammaln(z), stirling - _stirling_rest(far))


def _stirling_rest(z):
    return (1 / 12 - (1 / 360 - (1 / 1260 - 1 / (1680 * z**2)) / z**2) / z**2) / z


def _mean_given(beta, groups):
    """Posterior mean and variance of the entropy for each beta (Wolpert and Wolf)."""
    values, n_symbols = groups
    a = values + beta[:, None]
    total = a @ n_symbols
    mean = digamma(total + 1) - (a * digamma(a + 1)) @ n_symbols / total
    # The variance is the second moment of sum p (log p + mean), which loses no digits to the square of the mean.
    shift = (mean - digamma(total + 2))[:, None]
    one, two = digamma(a + 1) + shift, digamma(a + 2) + shift
    same = a * (a + 1) * (two**2 + polygamma(1, a + 2)) - (a * one) ** 2
    pairs = ((a * one) @ n_symbols) ** 2 + same @ n_symbols
    return mean, np.maximum(pairs / (total * (total + 1)) - polygamma(1, total + 2), 0.0)
