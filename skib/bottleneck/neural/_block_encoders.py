"""Small encoders with noise side by side: one for each block of columns, and the rate of each."""

from typing import NamedTuple

import numpy as np

from skib._layers import glorot

# Logarithm of the variance of the noise at the beginning, and the ends of its range.
_FIRST_LOG_VARIANCE, _LEAST, _LARGEST = -2.0, -20.0, 10.0


class Encoded(NamedTuple):
    """The code of rows: means and log variances, (n_rows, n_units), the rate of each block, and what led there."""

    mu: np.ndarray
    log_variance: np.ndarray
    rates: np.ndarray
    inputs: list


class BlockEncoders:
    """One network per block of columns, whose code has a learned Gaussian noise; all in stacked arrays.

    `blocks` lists the columns of each block. The weights have the shape (n_blocks, n_in, n_out).
    """

    def __init__(self, blocks, hidden, n_components, rng, dtype=np.float32):
        width = max(map(len, blocks))
        self.n_components, self.n_units = n_components, n_components * len(blocks)
        self.columns = np.zeros((len(blocks), width), np.intp)
        self.is_column = np.zeros((len(blocks), 1, width), dtype)
        for i, block in enumerate(blocks):
            self.columns[i, : len(block)] = block
            self.is_column[i, 0, : len(block)] = 1
        sizes = [width, *hidden, 2 * n_components]
        self.coefs = [
            np.stack([glorot(n_in, n_out, rng) for _ in blocks]).astype(dtype)
            for n_in, n_out in zip(sizes[:-1], sizes[1:], strict=True)
        ]
        self.intercepts = [np.zeros((len(blocks), 1, n_out), dtype) for n_out in sizes[1:]]
        self.intercepts[-1][..., n_components:] = _FIRST_LOG_VARIANCE

    @property
    def parameters(self):
        """All arrays that are trained."""
        return [*self.coefs, *self.intercepts]

    def encoded(self, x):
        """Return the Encoded of rows."""
        inputs = [x.T[self.columns].swapaxes(1, 2) * self.is_column]
        for coefs, intercepts in zip(self.coefs[:-1], self.intercepts[:-1], strict=True):
            inputs.append(np.tanh(inputs[-1] @ coefs + intercepts))
        head = inputs[-1] @ self.coefs[-1] + self.intercepts[-1]
        mu, log_variance = head[..., : self.n_components], head[..., self.n_components :]
        log_variance = np.clip(log_variance, _LEAST, _LARGEST)
        rates = 0.5 * np.sum(mu * mu + np.exp(log_variance) - log_variance - 1, axis=(1, 2)) / len(x)
        return Encoded(self._by_row(mu), self._by_row(log_variance), rates, inputs)

    def gradients(self, encoded, by_code, shift, price):
        """Return the derivatives by the parameters of a loss plus `price` times the sum of the rates.

        `by_code` are the derivatives of the loss by the code, and `shift` is the code without its means.
        """
        n, log_variance = len(by_code), encoded.log_variance
        by_mu = by_code + encoded.mu * (price / n)
        by_log = 0.5 * by_code * shift + (np.exp(log_variance) - 1) * (0.5 * price / n)
        by_log *= (log_variance > _LEAST) & (log_variance < _LARGEST)
        gradient = np.concatenate([self._by_block(by_mu), self._by_block(by_log)], axis=2)
        by_coefs, by_intercepts = [], []
        for i in range(len(self.coefs) - 1, -1, -1):
            by_coefs.append(encoded.inputs[i].swapaxes(1, 2) @ gradient)
            by_intercepts.append(gradient.sum(axis=1, keepdims=True))
            if i:
                gradient = gradient @ self.coefs[i].swapaxes(1, 2) * (1 - encoded.inputs[i] ** 2)
        return by_coefs[::-1] + by_intercepts[::-1]

    def _by_row(self, units):
        return units.swapaxes(0, 1).reshape(units.shape[1], -1)

    def _by_block(self, units):
        return units.reshape(len(units), -1, self.n_components).swapaxes(0, 1)
