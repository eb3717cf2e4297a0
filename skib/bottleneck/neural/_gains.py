"""Gains of columns before noise of unit variance, and the rate of each."""

import numpy as np

from skib.bottleneck.neural._block_encoders import Encoded

# With this gain at the beginning, a column of unit variance has a rate of 1.15 nats.
_FIRST_GAIN = 3.0
# Logarithms of gains take steps so many times those of weights: with equal ones useless columns vanish too slowly.
_PACE = 6


class Gains:
    """Noisy channels T_j = g_j X_j + noise of unit variance, with the rate log(1 + g_j^2) / 2.

    Logarithms of the gains are trained: steps in proportion to a gain move large and small rates alike.
    """

    def __init__(self, n_columns, dtype=np.float32):
        self.n_units = n_columns
        self.log_gains = np.full(n_columns, np.log(_FIRST_GAIN) / _PACE, dtype)  # in units of the pace

    @property
    def gains(self):
        """The gain of each column."""
        return np.exp(_PACE * self.log_gains)

    @property
    def parameters(self):
        """All arrays that are trained."""
        return [self.log_gains]

    def encoded(self, x):
        """Return the Encoded of rows."""
        gains = self.gains
        mu = x * gains
        return Encoded(mu, np.zeros_like(mu), 0.5 * np.log1p(gains**2), [x])

    def gradients(self, encoded, by_code, shift, price):
        """Return the derivatives by the parameters of a loss plus `price` times the sum of the rates."""
        squares = self.gains**2
        by_log_gains = np.einsum("ij,ij->j", by_code, encoded.mu) + squares / (1 + squares) * squares.dtype.type(price)
        return [_PACE * by_log_gains]
