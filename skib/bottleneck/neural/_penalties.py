"""Rates of a Gaussian code in closed form or from pairs of rows, and the volume of a code."""

from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from skib._sklearn import BaseEstimator, Interval

Gradients = tuple[float, NDArray[Any], NDArray[Any]]


class VariationalRate(BaseEstimator):
    r"""Variational upper bound of the rate I(X;T), in closed form.

    For a code with the distribution :math:`N(\mu_i, \operatorname{diag} s_i^2)` given row i, the mean divergence from
    the prior :math:`N(0, I)`,

    .. math:: I(X;T) \le \frac{1}{n} \sum_i \mathrm{KL}\bigl(N(\mu_i, s_i^2) \,\|\, N(0, I)\bigr)
              = \frac{1}{2n} \sum_{ik} \bigl(\mu_{ik}^2 + s_{ik}^2 - \log s_{ik}^2 - 1\bigr).

    See Also
    --------
    PairwiseRate : A bound that has no prior.

    Notes
    -----
    The excess over I(X;T) is the divergence of the distribution of the codes from the prior. The arguments `x` and
    `code` of ``value_and_gradients`` are not used.

    References
    ----------
    .. [1] A. Alemi, I. Fischer, J. Dillon, K. Murphy, "Deep variational information bottleneck", ICLR 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.bottleneck.neural import VariationalRate
    >>> mu, log_variance = np.array([[1.0], [-1.0]]), np.zeros((2, 1))
    >>> VariationalRate().value_and_gradients(None, mu, log_variance, mu)[0]  # nats: half the mean square
    0.5
    """

    def value_and_gradients(
        self, x: NDArray[Any], mu: NDArray[Any], log_variance: NDArray[Any], code: NDArray[Any]
    ) -> Gradients:
        """Compute the bound, and its derivatives.

        Parameters
        ----------
        x : ndarray of shape (n_samples, n_features)
            Rows of the input; not used.
        mu, log_variance : ndarray of shape (n_samples, n_components)
            Means and log variances of the code of each row.
        code : ndarray of shape (n_samples, n_components)
            The code with its noise; not used.

        Returns
        -------
        value : float
            The bound in nats.
        by_mu, by_log_variance : ndarray of shape (n_samples, n_components)
            Its derivatives.
        """
        n, variance = len(mu), np.exp(log_variance)
        value = 0.5 * float(np.sum(mu * mu + variance - log_variance - 1)) / n
        return value, mu / n, (variance - 1) / (2 * n)


class PairwiseRate(BaseEstimator):
    r"""Pairwise upper bound of the rate I(X;T), that of the nonlinear information bottleneck.

    The code is a mixture of one Gaussian :math:`p_i = N(\mu_i, \operatorname{diag} s_i^2)` per row of the batch, and

    .. math:: I(X;T) \le -\frac{1}{n} \sum_i \log \frac{1}{n} \sum_j e^{-\mathrm{KL}(p_i \| p_j)} .

    See Also
    --------
    VariationalRate : The bound by a fixed prior, which is cheaper and is exact for Gaussian codes of unit variance.

    Notes
    -----
    The value is at most log(n) for the n rows of the batch: batches must be large in comparison with exp(rate). For
    noise of one variance this is the bound of [1]_; the arguments `x` and `code` of ``value_and_gradients`` are not
    used.

    References
    ----------
    .. [1] A. Kolchinsky, B. Tracey, D. Wolpert, "Nonlinear information bottleneck", Entropy 21, 2019.
    .. [2] A. Kolchinsky, B. Tracey, "Estimating mixture entropy with pairwise distances", Entropy 19, 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.bottleneck.neural import PairwiseRate
    >>> mu, log_variance = np.array([[100.0], [-100.0]]), np.zeros((2, 1))
    >>> PairwiseRate().value_and_gradients(None, mu, log_variance, mu)[0]  # two codes far apart: log(2) nats
    0.6931471805599453
    """

    def value_and_gradients(
        self, x: NDArray[Any], mu: NDArray[Any], log_variance: NDArray[Any], code: NDArray[Any]
    ) -> Gradients:
        """Compute the bound, and its derivatives.

        Parameters
        ----------
        x : ndarray of shape (n_samples, n_features)
            Rows of the input; not used.
        mu, log_variance : ndarray of shape (n_samples, n_components)
            Means and log variances of the code of each row.
        code : ndarray of shape (n_samples, n_components)
            The code with its noise; not used.

        Returns
        -------
        value : float
            The bound in nats.
        by_mu, by_log_variance : ndarray of shape (n_samples, n_components)
            Its derivatives.
        """
        n = len(mu)
        centered = mu - mu.mean(axis=0)
        variance, precision = np.exp(log_variance), np.exp(-log_variance)
        squares = variance + centered**2
        # Twice the divergence of row j from row i, without the terms of the log variances: (s_i + (m_i - m_j)^2) / s_j.
        ratios = squares @ precision.T - 2 * centered @ (centered * precision).T
        ratios += np.einsum("jk,jk->j", centered**2, precision)
        logs = log_variance.sum(axis=1)
        divergence = 0.5 * (ratios - mu.shape[1] + logs - logs[:, None])
        log_sums = logsumexp(-divergence, axis=1)
        weights = np.exp(-divergence - log_sums[:, None]) / n  # derivatives by the divergences
        received = weights.sum(axis=0)[:, None]
        by_mu = centered * (weights @ precision) - weights @ (centered * precision)
        by_mu += precision * (centered * received - weights.T @ centered)
        spread = weights.T @ squares - 2 * centered * (weights.T @ centered) + centered**2 * received
        by_log = variance * (weights @ precision) - weights.sum(axis=1)[:, None] + received - spread * precision
        return float(np.log(n) - log_sums.mean()), by_mu, 0.5 * by_log


class Volume(BaseEstimator):
    r"""Volume of the code, the geometric mean of its standard deviations; a regularizer, not an information.

    .. math:: \Bigl(\prod_{k=1}^m (s_k + \eta)\Bigr)^{1/m},

    with the standard deviation :math:`s_k` of component k over the rows of the batch. A decoder of bounded slope can
    then use as few components as it needs, and the others shrink to constants.

    Parameters
    ----------
    offset : float, default=0.01
        The offset :math:`\eta`. A smaller one pulls a component that is nearly constant harder.

    See Also
    --------
    skib.preprocessing.LeastVolumeAutoencoder : Drops the components that vanish.

    Notes
    -----
    A decoder without bounds undoes the penalty: it scales up what the encoder scales down. The argument `x` of
    ``value_and_gradients`` is not used.

    References
    ----------
    .. [1] Q. Chen, M. Fuge, "Compressing latent space via least volume", ICLR 2024.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.bottleneck.neural import Volume
    >>> code = np.array([[1.0, 4.0], [-1.0, -4.0]])
    >>> round(Volume(offset=0.0001).value_and_gradients(None, code, code, code)[0], 3)  # standard deviations 1 and 4
    2.0
    """

    _parameter_constraints = {"offset": [Interval(Real, 0, None, closed="neither")]}

    def __init__(self, offset: float = 0.01) -> None:
        self.offset = offset

    def value_and_gradients(
        self, x: NDArray[Any], mu: NDArray[Any], log_variance: NDArray[Any], code: NDArray[Any]
    ) -> Gradients:
        """Compute the volume, and its derivatives with the noise of the code held constant.

        Parameters
        ----------
        x : ndarray of shape (n_samples, n_features)
            Rows of the input; not used.
        mu, log_variance : ndarray of shape (n_samples, n_components)
            Means and log variances of the code of each row.
        code : ndarray of shape (n_samples, n_components)
            The code with its noise: ``mu + exp(log_variance / 2) * noise``.

        Returns
        -------
        value : float
            The volume, without unit.
        by_mu, by_log_variance : ndarray of shape (n_samples, n_components)
            Its derivatives.
        """
        centered = code - code.mean(axis=0)
        spread = np.sqrt(np.mean(centered**2, axis=0))
        value = np.exp(np.mean(np.log(spread + code.dtype.type(self.offset))))
        per_spread = value / code.shape[1] / (spread + code.dtype.type(self.offset))
        # A constant component has no direction in which to shrink.
        slope = np.divide(per_spread, spread * len(code), where=spread > 0, out=np.zeros_like(spread))
        return through_noise(float(value), slope * centered, mu, code)


def through_noise(value, by_code, mu, code):
    """Return a value and its derivatives by the means and log variances, from those by the code with its noise."""
    return value, by_code, 0.5 * by_code * (code - mu)
