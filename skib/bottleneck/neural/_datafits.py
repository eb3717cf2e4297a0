"""What the output of a network misses of the target: losses in nats, and the conditional Cauchy-Schwarz divergence."""

from numbers import Real
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from skib._sklearn import BaseEstimator, Interval
from skib.bottleneck.neural._kernel_matrices import by_rows, gaussian_kernel, input_kernel

# Added to the variances of residuals, in standard units: a relation without noise is fitted to this precision.
_LEAST_VARIANCE = 1e-6


class Datafit(Protocol):
    """A loss of outputs; any object with this method is one."""

    def value_and_gradient(
        self, y: NDArray[Any], output: NDArray[Any], x: NDArray[Any] | None = None
    ) -> tuple[float, NDArray[Any]]:
        """Return the value, and its derivative by the output."""


class SquaredError(BaseEstimator):
    r"""Gaussian cross-entropy of the target: the squared error, in nats.

    .. math:: \frac{1}{n} \sum_{ik} \frac{(y_{ik} - f_{ik})^2}{2v} + \frac{m}{2} \log 2 \pi v

    for the outputs f of m targets. Without a given v, the covariance of the residuals is at its best value,

    .. math:: \tfrac12 \log \Bigl|\frac{1}{n} \sum_i (y_i - f_i)(y_i - f_i)^T\Bigr| + \frac{m}{2} \log 2 \pi e .

    Parameters
    ----------
    noise_variance : float, default=1.0
        Variance v of the targets given the code. A smaller v weighs errors more in comparison with the rate, as a
        larger beta does; None takes the covariance of the residuals of the batch, which needs full batches or large
        ones.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.bottleneck.neural import SquaredError
    >>> y, output = np.array([[1.0], [-1.0]]), np.zeros((2, 1))
    >>> round(SquaredError().value_and_gradient(y, output)[0], 3)  # nats: 1/2 + log(2 pi) / 2
    1.419
    """

    _parameter_constraints = {"noise_variance": [Interval(Real, 0, None, closed="neither"), None]}

    def __init__(self, noise_variance: float | None = 1.0) -> None:
        self.noise_variance = noise_variance

    def value_and_gradient(
        self, y: NDArray[Any], output: NDArray[Any], x: NDArray[Any] | None = None
    ) -> tuple[float, NDArray[Any]]:
        """Compute the loss and its derivative.

        Parameters
        ----------
        y, output : ndarray of shape (n_samples, n_targets)
            Targets and outputs.
        x : ndarray of shape (n_samples, n_features), default=None
            Rows of the input; not used.

        Returns
        -------
        value : float
            Mean loss of a row in nats.
        by_output : ndarray of shape (n_samples, n_targets)
            Its derivative.
        """
        _require_numbers(self, y)
        residual, (n, m) = output - y, y.shape
        if self.noise_variance is None:
            residual = residual.astype(np.float64)
            covariance = residual.T @ residual / n + _LEAST_VARIANCE * np.eye(m)
            value = 0.5 * (np.linalg.slogdet(covariance)[1] + m * np.log(2 * np.pi * np.e))
            return float(value), (np.linalg.solve(covariance, residual.T).T / n).astype(output.dtype)
        v = self.noise_variance
        value = 0.5 * (np.vdot(residual, residual) / (n * v) + m * np.log(2 * np.pi * v))
        return float(value), residual / residual.dtype.type(n * v)


class CrossEntropy(BaseEstimator):
    r"""Cross-entropy of classes, in nats: the mean of :math:`\log \sum_c e^{f_{ic}} - f_{i y_i}` over the rows.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.bottleneck.neural import CrossEntropy
    >>> CrossEntropy().value_and_gradient(np.array([0, 1]), np.zeros((2, 2)))[0]  # log(2) nats
    0.6931471805599453
    """

    def value_and_gradient(
        self, y: NDArray[Any], output: NDArray[Any], x: NDArray[Any] | None = None
    ) -> tuple[float, NDArray[Any]]:
        """Compute the loss and its derivative.

        Parameters
        ----------
        y : ndarray of shape (n_samples,)
            Numbers of the classes.
        output : ndarray of shape (n_samples, n_classes)
            Logits f of the classes.
        x : ndarray of shape (n_samples, n_features), default=None
            Rows of the input; not used.

        Returns
        -------
        value : float
            Mean loss of a row in nats.
        by_output : ndarray of shape (n_samples, n_classes)
            Its derivative.
        """
        if y.ndim != 1 or y.dtype.kind not in "iu":
            raise ValueError(f"{self!r} takes classes, but y holds numbers; pass SquaredError(), or fit a classifier")
        n, rows = len(y), np.arange(len(y))
        log_p = output - logsumexp(output, axis=1, keepdims=True)
        by_output = np.exp(log_p) / n
        by_output[rows, y] -= output.dtype.type(1 / n)
        return float(-log_p[rows, y].mean()), by_output


class ConditionalCauchySchwarz(BaseEstimator):
    r"""Cauchy-Schwarz divergence of the outputs from the targets, given the input.

    With kernel matrices K of the input, and the weights :math:`V_{ij} = K_{ij} / (\sum_l K_{il})^2`,

    .. math:: \log \sum_{ij} V_{ij} L_{ij} + \log \sum_{ij} V_{ij} \hat L_{ij} - 2 \log \sum_{ij} V_{ij} M_{ij},

    for the kernels L between targets, :math:`\hat L` between outputs, and M between outputs and targets. It compares
    the densities p(y|x) and p(f|x), smoothed over similar rows.

    Parameters
    ----------
    input_bandwidth : float, default=0.5
        Width h of the kernel :math:`\exp(-|x - x'|^2 / 2h^2)` of the standardized input; None takes the median distance
        of each batch. A wider one compares the outputs of more distant rows as if they had the same input, and blurs
        the predictions.
    bandwidth : float, default=1.0
        Width of the kernels of targets and outputs. The divergence responds to errors of this size above all, and
        saturates at much larger ones.

    Notes
    -----
    The value is 0 for outputs that equal their targets, and is no information. With an input kernel that tells all rows
    apart it is :math:`-2 \log \frac1n \sum_i e^{-(y_i - f_i)^2 / 2h^2}`, a squared error without outliers. The
    public code of [1]_ takes kernels of columns without their second axis, so that its loss is a squared error.

    References
    ----------
    .. [1] S. Yu, X. Yu, S. Lokse, R. Jenssen, J. Principe, "Cauchy-Schwarz divergence information bottleneck for
       regression", ICLR 2024.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.bottleneck.neural import ConditionalCauchySchwarz
    >>> x = np.random.default_rng(0).normal(size=(50, 2))
    >>> y = x[:, :1]
    >>> abs(round(ConditionalCauchySchwarz().value_and_gradient(y, y, x)[0], 6))
    0.0
    """

    _parameter_constraints = {
        "input_bandwidth": [Interval(Real, 0, None, closed="neither"), None],
        "bandwidth": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(self, input_bandwidth: float | None = 0.5, bandwidth: float = 1.0) -> None:
        self.input_bandwidth = input_bandwidth
        self.bandwidth = bandwidth

    def value_and_gradient(
        self, y: NDArray[Any], output: NDArray[Any], x: NDArray[Any] | None = None
    ) -> tuple[float, NDArray[Any]]:
        """Compute the divergence and its derivative.

        Parameters
        ----------
        y, output : ndarray of shape (n_samples, n_targets)
            Targets and outputs.
        x : ndarray of shape (n_samples, n_features)
            Rows of the input.

        Returns
        -------
        value : float
            The divergence.
        by_output : ndarray of shape (n_samples, n_targets)
            Its derivative.
        """
        _require_numbers(self, y)
        k = input_kernel(x, self.input_bandwidth)
        weights = k / k.sum(axis=1, keepdims=True) ** 2
        within = gaussian_kernel(output, self.bandwidth)
        between = weights * gaussian_kernel(output, self.bandwidth, y)
        of_y = np.vdot(weights, gaussian_kernel(y, self.bandwidth))
        of_output, of_both = np.vdot(weights, within), between.sum()
        by_output = by_rows(weights / of_output, within, output, self.bandwidth)
        pulls = between @ y - between.sum(axis=1)[:, None] * output
        by_output -= 2 * pulls / (of_both * output.dtype.type(self.bandwidth**2))
        return float(np.log(of_y) + np.log(of_output) - 2 * np.log(of_both)), by_output


def _require_numbers(datafit, y):
    if y.ndim != 2:
        raise ValueError(f"{datafit!r} takes numbers, but y holds classes; pass CrossEntropy(), or fit a regressor")
