"""Linear probes of many targets from one decomposition of a layer, and what they explain of held-out rows."""

from typing import NamedTuple

import numpy as np

from skib._parallel import blocks

# Penalties, per row, of standardized units. The last one leaves the mean of the target as the prediction.
_PENALTIES = np.append(np.logspace(-8, 3, 23), np.inf)
# Squared singular values below this share of the largest are rounding errors.
_RANK = 1e-11
# Values (rows times targets) that are predicted at a time.
_VALUES_AT_ONCE = 4_000_000


class LinearProbes(NamedTuple):
    """The left singular vectors of the standardized units of a layer, and what each penalty keeps of them."""

    vectors: np.ndarray  # (n_samples, rank)
    kept: np.ndarray  # (n_penalties, rank)
    leverages: np.ndarray  # (n_penalties, n_samples)

    @classmethod
    def of(cls, layer):
        """Decompose a layer (n_samples, n_units)."""
        x = layer - layer.mean(axis=0)
        spread = np.sqrt(np.mean(x**2, axis=0))
        varying = spread > 1e-12 * np.abs(layer).max(axis=0, initial=0)
        x = x[:, varying] / spread[varying]
        vectors, squares = _left_singular(x)
        kept = squares / (squares + len(x) * _PENALTIES[:-1, None])
        kept = np.vstack([kept, np.zeros(len(squares))])
        return cls(vectors, kept, kept @ (vectors**2).T + 1 / len(x))

    def explained(self, targets):
        """Return the share of the variance of each target (n_samples, n_targets) that is predicted, and its error.

        Every row is predicted by a ridge regression on all others, by the formula of the leverages. The penalty of each
        target is that of the least generalized cross-validation.
        """
        n = len(targets)
        z = targets - targets.mean(axis=0)
        weights = self.vectors.T @ z
        chosen = self._penalties(np.sum(z**2, axis=0), weights)
        left = z - self.vectors @ (self.kept[chosen].T * weights)
        left = (left / np.maximum(1 - self.leverages[chosen].T, 1e-12)) ** 2
        total = (z * n / (n - 1)) ** 2
        variance = total.mean(axis=0)
        share = left.mean(axis=0) / variance
        error = np.std((left - share * total) / variance, axis=0, ddof=1) / np.sqrt(n)
        return 1 - share, error

    def _penalties(self, squares, weights):
        """Return the number of the penalty of least generalized cross-validation of each target."""
        n = len(self.vectors)
        left = np.maximum(squares - (2 * self.kept - self.kept**2) @ weights**2, 0)
        freedom = np.maximum(n - 1 - self.kept.sum(axis=1), 0)
        scores = np.full(left.shape, np.inf)
        some = freedom > 0.01 * n  # of fewer the score is 0 / 0
        scores[some] = left[some] / freedom[some, None] ** 2
        return scores.argmin(axis=0)


def blocks_of_targets(n_samples, n_targets):
    """Return slices of targets that are predicted at a time."""
    return blocks(n_targets, max(_VALUES_AT_ONCE // n_samples, 1))


def _left_singular(x):
    """Return the left singular vectors and squared singular values of a matrix, from its smaller Gram matrix."""
    wide = x.shape[1] > len(x)
    squares, vectors = np.linalg.eigh(x @ x.T if wide else x.T @ x)
    real = squares > _RANK * max(squares[-1] if len(squares) else 0, 0)
    squares, vectors = squares[real], vectors[:, real]
    return (vectors if wide else x @ (vectors / np.sqrt(squares))), squares
