"""Losses in nats of one kind of target each, with what they cost without any input."""

import numpy as np
from scipy.special import log_softmax

from skib.bottleneck.neural._datafits import CrossEntropy

# Smallest variance of residuals, as a share of the target's: a relevance of at most 4.6 nats.
_LEAST_SHARE = 1e-4


class ClassLikelihood:
    """Cross-entropy of codes of classes."""

    def __init__(self, codes):
        self.shares = np.bincount(codes) / len(codes)
        self.n_outputs = len(self.shares)
        self.without_input = float(-np.sum(self.shares * np.log(self.shares)))

    def value_and_gradient(self, y, output):
        """Return the mean loss of a row, and its derivative by the output."""
        return CrossEntropy().value_and_gradient(y, output)

    def information(self, y, outputs):
        """Return what draws of outputs say about the codes of rows: the mean of log q(y|t)/q(y)."""
        log_shares = log_softmax(outputs.astype(np.float64), axis=-1)
        return float(np.mean(log_shares[:, np.arange(len(y)), y] - np.log(self.shares[y])))


class GaussianLikelihood:
    """Cross-entropy of standardized numbers, with the variance of the residuals of the batch for each target.

    A constant target costs nothing, and has no relevance.
    """

    def __init__(self, y):
        self.n_outputs, self.without_input, self.varies = y.shape[1], 0.0, np.ptp(y, axis=0) > 0

    def value_and_gradient(self, y, output):
        """Return the mean loss of a row, less that of outputs 0, and its derivative by the output."""
        residual = (output - y) * self.varies
        variance = np.mean(residual**2, axis=0) + residual.dtype.type(_LEAST_SHARE)
        return float(0.5 * np.log(variance[self.varies]).sum()), residual / (variance * len(y))

    def information(self, y, outputs):
        """Return what draws of outputs say about rows: minus half the logarithm of the share that is not predicted."""
        lost = np.mean((outputs.astype(np.float64) - y) ** 2, axis=(0, 1)) + _LEAST_SHARE
        return float(-0.5 * np.log(lost / (np.mean(y**2, axis=0) + _LEAST_SHARE))[self.varies].sum())
