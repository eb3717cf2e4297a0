"""A linear channel T = A x + noise of jointly Gaussian columns, and what T says about y."""

import numpy as np

from skib.bottleneck._gaussian_curve import LEAST_SHARE
from skib.bottleneck._gaussian_moments import whitening


class Channel:
    """The channel T = A x + noise, with noise of unit variance or none, for columns of these moments given z."""

    def __init__(self, moments, weights, noisy):
        self.weights = weights  # (n_components, n_x)
        self.noise = float(noisy)
        self._moments = moments
        of_t = weights @ moments.xx @ weights.T + self.noise * np.eye(len(weights))
        self._y_on_t = np.linalg.solve(of_t, weights @ moments.xy).T if len(weights) else moments.xy.T[:, :0]
        rest = moments.yy - self._y_on_t @ (weights @ moments.xy)
        self._spreads = np.sqrt(np.maximum(np.diag(rest), 0.0))
        self._of_y = whitening(moments.yy)
        values, axes = np.linalg.eigh(self._of_y.T @ rest @ self._of_y)
        self._shares, self._of_y = np.maximum(values, LEAST_SHARE), self._of_y @ axes

    def codes(self, x):
        """Return the mean of T for scaled rows."""
        return x @ self.weights.T

    def predictions(self, x, z):
        """Return E[y|T,z] with T at its mean, and the standard deviations that remain, for scaled rows."""
        return self._explained(x, z) + z @ self._moments.y_on_z.T, self._spreads

    def log_ratios(self, x, y, z):
        """Return the mean of log p(y|T,z)/p(y|z) over the noise of T for each scaled row, in nats."""
        rest = (y - z @ self._moments.y_on_z.T) @ self._of_y
        errors = rest - self._explained(x, z) @ self._of_y
        noise = self.noise * np.sum((self._of_y.T @ self._y_on_t) ** 2, axis=1)
        terms = rest**2 - (errors**2 + noise) / self._shares - np.log(self._shares)
        return 0.5 * terms.sum(axis=1)

    def _explained(self, x, z):
        return (x - z @ self._moments.x_on_z.T) @ self.weights.T @ self._y_on_t.T
