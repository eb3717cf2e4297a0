"""Dependences of the input and the code from Gaussian kernel matrices of a batch."""

from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skib._sklearn import BaseEstimator, Interval
from skib.bottleneck.neural._kernel_matrices import by_rows, code_bandwidth, gaussian_kernel, input_kernel
from skib.bottleneck.neural._penalties import Gradients, through_noise

_BANDWIDTHS = {
    "input_bandwidth": [Interval(Real, 0, None, closed="neither"), None],
    "bandwidth": [Interval(Real, 0, None, closed="neither"), None],
}


class _KernelPenalty(BaseEstimator):
    """Base of the functions of the kernel matrices K of the input and Q of the code.

    A class defines ``_value(k, q)``, which returns the value and its derivatives by the entries of Q.
    """

    def value_and_gradients(
        self, x: NDArray[Any], mu: NDArray[Any], log_variance: NDArray[Any], code: NDArray[Any]
    ) -> Gradients:
        """Compute the value, and its derivatives with the noise of the code held constant.

        Parameters
        ----------
        x : ndarray of shape (n_samples, n_features)
            Rows of the input.
        mu, log_variance : ndarray of shape (n_samples, n_components)
            Means and log variances of the code of each row.
        code : ndarray of shape (n_samples, n_components)
            The code with its noise: ``mu + exp(log_variance / 2) * noise``.

        Returns
        -------
        value : float
            The value.
        by_mu, by_log_variance : ndarray of shape (n_samples, n_components)
            Its derivatives.
        """
        width = code_bandwidth(code, self.bandwidth)
        q = gaussian_kernel(code, width)
        value, by_q = self._value(input_kernel(x, self.input_bandwidth), q)
        return through_noise(float(value), by_rows(by_q, q, code, width), mu, code)


class CauchySchwarzQMI(_KernelPenalty):
    r"""Cauchy-Schwarz quadratic mutual information of the input and the code; not Shannon's information.

    With the kernel matrices K of the input and Q of the code, of n rows,

    .. math:: \log \frac{\sum_{ij} K_{ij} Q_{ij} / n^2 \; \cdot \; \sum_{ij} K_{ij} \sum_{ij} Q_{ij} / n^4}
              {\bigl(\sum_i k_i q_i / n^3\bigr)^2}, \qquad k_i = \sum_j K_{ij}, \; q_i = \sum_j Q_{ij}.

    It is the Cauchy-Schwarz divergence of the joint density of the smoothed rows from the product of its marginals, is
    never below 0, and is 0 if the code is constant.

    Parameters
    ----------
    input_bandwidth : float, default=None
        Width h of the kernel :math:`\exp(-|x - x'|^2 / 2h^2)` of the input; None takes the median distance of each
        batch. A wider one responds to coarse structure of the input alone.
    bandwidth : float, default=None
        Width of the kernel of the code; None takes the square root of the number of components. If the width is small
        for the distances of the codes, Q is near the unit matrix, and the penalty saturates without a slope.

    See Also
    --------
    skib.mutual_info.CauchySchwarz : The estimate of the same quantity.

    Notes
    -----
    The value depends on the scale of the code: without noise a network can lower it by shrinking the code, at no loss
    of information. It is a regularizer then, and no rate. A small batch raises the value at independence.

    References
    ----------
    .. [1] S. Yu, X. Yu, S. Lokse, R. Jenssen, J. Principe, "Cauchy-Schwarz divergence information bottleneck for
       regression", ICLR 2024.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.bottleneck.neural import CauchySchwarzQMI
    >>> x = np.random.default_rng(0).normal(size=(100, 2))
    >>> constant = np.ones((100, 1))
    >>> round(CauchySchwarzQMI().value_and_gradients(x, constant, constant, constant)[0], 6)  # independent: 0
    0.0
    """

    _parameter_constraints = _BANDWIDTHS

    def __init__(self, input_bandwidth: float | None = None, bandwidth: float | None = None) -> None:
        self.input_bandwidth = input_bandwidth
        self.bandwidth = bandwidth

    def _value(self, k, q):
        n, k_rows, q_rows = len(k), k.sum(axis=1), q.sum(axis=1)
        joint, both, sums = np.vdot(k, q), k_rows @ q_rows, q_rows.sum()
        value = np.log(joint / n**2) + np.log(k_rows.sum() / n**2) + np.log(sums / n**2) - 2 * np.log(both / n**3)
        return value, k / joint + 1 / sums - 2 / both * k_rows[:, None]


class HSIC(_KernelPenalty):
    r"""Hilbert-Schmidt independence criterion of the input and the code: a dependence, not an information.

    .. math:: \frac{\mathrm{tr}\, K H Q H}{(n - 1)^2}, \qquad H = I - 1 1^T / n,

    with the kernel matrices K of the input and Q of the code. It is never below 0, and of order 1/n at independence.

    Parameters
    ----------
    input_bandwidth : float, default=None
        Width h of the kernel :math:`\exp(-|x - x'|^2 / 2h^2)` of the input; None takes the median distance of each
        batch. A wider one responds to coarse structure of the input alone.
    bandwidth : float, default=None
        Width of the kernel of the code; None takes the square root of the number of components. If the width is small
        for the distances of the codes, Q is near the unit matrix, and the penalty saturates without a slope.

    See Also
    --------
    skib.metrics.HSIC : The estimate of the same quantity, with a standard error.

    Notes
    -----
    The value depends on the scale of the code: without noise a network can lower it by shrinking the code, at no loss
    of information.

    References
    ----------
    .. [1] W.-D. K. Ma, J. P. Lewis, W. B. Kleijn, "The HSIC bottleneck: deep learning without back-propagation", AAAI
       2020.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.bottleneck.neural import HSIC
    >>> x = np.random.default_rng(0).normal(size=(100, 2))
    >>> constant = np.ones((100, 1))
    >>> round(HSIC().value_and_gradients(x, constant, constant, constant)[0], 6)  # independent: 0
    0.0
    """

    _parameter_constraints = _BANDWIDTHS

    def __init__(self, input_bandwidth: float | None = None, bandwidth: float | None = None) -> None:
        self.input_bandwidth = input_bandwidth
        self.bandwidth = bandwidth

    def _value(self, k, q):
        means = k.mean(axis=0)
        by_q = (k - means - means[:, None] + means.mean()) / max(len(k) - 1, 1) ** 2  # one row: 0
        return np.vdot(by_q, q), by_q


class MatrixRenyi(_KernelPenalty):
    r"""Matrix-based Renyi mutual information of the input and the code; not Shannon's information.

    From the kernel matrices K of the input and Q of the code, of n rows,

    .. math:: S_\alpha(K) + S_\alpha(Q) - S_\alpha(K \circ Q), \qquad
              S_\alpha(K) = \frac{1}{1 - \alpha} \log \mathrm{tr} (K / n)^\alpha .

    Parameters
    ----------
    alpha : float, default=1.01
        Order, above 0 and not 1. 2 needs no eigenvalues and is the fastest. Near 1 the entropies behave like Shannon's.
    input_bandwidth : float, default=None
        Width h of the kernel :math:`\exp(-|x - x'|^2 / 2h^2)` of the input; None takes the median distance of each
        batch. A wider one responds to coarse structure of the input alone.
    bandwidth : float, default=None
        Width of the kernel of the code; None takes the square root of the number of components. If the width is small
        for the distances of the codes, Q is near the unit matrix, and the penalty saturates without a slope.

    See Also
    --------
    skib.mutual_info.MatrixRenyi : The estimate of the same quantity.

    Notes
    -----
    The value is a property of the batch and its kernels, at most log(n). Below alpha = 1 eigenvalues of the size of
    rounding errors count; use float64.

    References
    ----------
    .. [1] X. Yu, S. Yu, J. Principe, "Deep deterministic information bottleneck with matrix-based entropy functional",
       ICASSP 2021.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.bottleneck.neural import MatrixRenyi
    >>> x = np.random.default_rng(0).normal(size=(100, 2))
    >>> constant = np.ones((100, 1))
    >>> abs(round(MatrixRenyi(2.0).value_and_gradients(x, constant, constant, constant)[0], 6))  # independent: 0
    0.0
    """

    _parameter_constraints = {"alpha": [Interval(Real, 0, None, closed="neither")], **_BANDWIDTHS}

    def __init__(
        self, alpha: float = 1.01, input_bandwidth: float | None = None, bandwidth: float | None = None
    ) -> None:
        self.alpha = alpha
        self.input_bandwidth = input_bandwidth
        self.bandwidth = bandwidth

    def _value(self, k, q):
        if self.alpha == 1:
            raise ValueError("MatrixRenyi needs an alpha other than 1, got 1.0; pass alpha=1.01, which behaves alike")
        n = len(k)
        of_k, _ = _entropy(k / n, self.alpha)
        of_q, by_q = _entropy(q / n, self.alpha)
        joint, by_joint = _entropy(k * q / n, self.alpha)
        return of_k + of_q - joint, (by_q - k * by_joint) / n


def _entropy(matrix, alpha):
    """Return the entropy of a matrix of trace 1, and its derivatives by the entries."""
    if alpha == 2:
        power, slope = np.vdot(matrix, matrix), matrix
    else:
        values, vectors = np.linalg.eigh(matrix)
        rounded = np.maximum(values, len(matrix) * np.finfo(matrix.dtype).eps)
        power, slope = np.sum(np.maximum(values, 0) ** alpha), (vectors * rounded ** (alpha - 1)) @ vectors.T
    return np.log(power) / (1 - alpha), matrix.dtype.type(alpha / (1 - alpha)) * slope / power
