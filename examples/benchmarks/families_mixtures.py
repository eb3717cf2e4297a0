"""Mixtures of Gaussians, and invertible maps of them: the further distributions of the Beyond-normal benchmark.

P. Czyz et al., "On the properties and estimation of pointwise mutual information profiles", TMLR 2025, section 4 and
appendix. Truths are means of the log density ratio over a million draws; maps of one side leave them as they are.
"""

from functools import partial
from typing import NamedTuple

import numpy as np
from family_truths import Family, mean_over_draws
from scipy.special import logsumexp


class Mixture(NamedTuple):
    """Equally likely Gaussians in the columns of (x, y)."""

    means: np.ndarray  # (n_components, n_columns)
    covariances: np.ndarray  # (n_components, n_columns, n_columns)
    n_x: int

    def draw(self, rng, n):
        """Rows, of all columns."""
        index = rng.integers(len(self.means), size=n)
        roots = np.linalg.cholesky(self.covariances)
        return self.means[index] + np.einsum("nij,nj->ni", roots[index], rng.normal(size=(n, self.means.shape[1])))

    def log_density(self, rows, columns):
        """Of some columns, up to the constant that cancels in the ratio."""
        terms = []
        for mean, covariance in zip(self.means[:, columns], self.covariances[:, columns, columns], strict=True):
            root = np.linalg.cholesky(covariance)
            scaled = (rows[:, columns] - mean) @ np.linalg.inv(root).T
            terms.append(-0.5 * (scaled**2).sum(1) - np.log(np.diag(root)).sum())
        return logsumexp(terms, 0) - np.log(len(self.means))

    def log_ratio(self, rng, n):
        """Log p(x, y) - log p(x) - log p(y) of rows."""
        rows, n_columns = self.draw(rng, n), self.means.shape[1]
        x, y = slice(0, self.n_x), slice(self.n_x, n_columns)
        return self.log_density(rows, slice(0, n_columns)) - self.log_density(rows, x) - self.log_density(rows, y)


def diagonal(means, variances, n_x):
    """Mixture of components whose columns are independent."""
    means = np.asarray(means, float)
    variances = np.broadcast_to(variances, means.shape)
    return Mixture(means, np.array([np.diag(v) for v in variances]), n_x)


def crossed(rho=0.9):
    return Mixture(np.zeros((2, 2)), np.array([[[1, s * rho], [s * rho, 1]] for s in (-1, 1)]), 1)


def two_letters():
    """The letters A and I, of three strokes each."""
    means = np.array([[1, 0], [1, 1], [1, -1], [-0.8, -0.2], [-1.2, 0], [-0.4, 0]])
    strokes = [
        (0.01, 0.2, 0),
        (0.05, 0.001, 0),
        (0.05, 0.001, 0),
        (0.03, 0.001, 0),
        (0.04, 0.2, 0.95),
        (0.04, 0.2, -0.95),
    ]
    return Mixture(means, np.array([[[a, r * np.sqrt(a * b)], [r * np.sqrt(a * b), b]] for a, b, r in strokes]), 1)


def galaxy(distance=3.0):
    return diagonal(np.outer([-0.5, 0.5], np.full(3, distance)), 1.0, 2)


def wound(x, speed=0.5):
    """Rotate each row by an angle that grows with its squared length."""
    angle = speed * (x**2).sum(1)
    cos, sin = np.cos(angle), np.sin(angle)
    return np.column_stack([cos * x[:, 0] - sin * x[:, 1], sin * x[:, 0] + cos * x[:, 1]])


def stripes(n_components=12):
    i = np.arange(n_components)
    return diagonal(1.5 * np.column_stack([i, 0 * i, i % 4]), [0.1, 1.0, 0.1], 2)


def waved(x):
    return np.column_stack([0.1 * (x[:, 0] + 5 * np.sin(3 * x[:, 1])) - 0.8, 0.5 * x[:, 1]])


def concentric(n_columns, n_components):
    """Balls of growing radius, of which y tells the number."""
    i = np.arange(1, n_components + 1)
    means = np.column_stack([np.zeros((n_components, n_columns)), i])
    return diagonal(
        means, np.column_stack([np.repeat(i[:, None] ** 2, n_columns, 1), np.full(n_components, 1e-4)]), n_columns
    )


def inliers(n_columns, share, rho=0.8):
    """Two Gaussian pairs among n + n columns; in a share of the rows the sides are independent."""
    correlation = np.eye(2 * n_columns)
    for j in range(2):
        correlation[j, n_columns + j] = correlation[n_columns + j, j] = rho
    n_free = round(10 * share)
    covariances = np.array([np.eye(2 * n_columns)] * n_free + [correlation] * (10 - n_free))
    return Mixture(np.zeros((10, 2 * n_columns)), covariances, n_columns)


def _mixture(name, mixture, bend=None):
    def draw(rng, n):
        rows = mixture.draw(rng, n)
        x, y = rows[:, : mixture.n_x], rows[:, mixture.n_x :]
        return (x if bend is None else bend(x)), y

    return Family(name, "mixtures", draw, partial(mean_over_draws, mixture.log_ratio))


MIXTURES = [
    _mixture("X 0.9", crossed()),
    _mixture("letters A and I", two_letters()),
    _mixture("galaxy 2+1", galaxy(), wound),
    _mixture("waves 2+1", stripes(), waved),
    _mixture("concentric 3+1, 3 balls", concentric(3, 3)),
    _mixture("concentric 3+1, 5 balls", concentric(3, 5)),
    _mixture("concentric 3+1, 10 balls", concentric(3, 10)),
    _mixture("concentric 5+1, 5 balls", concentric(5, 5)),
    _mixture("concentric 5+1, 10 balls", concentric(5, 10)),
    _mixture("concentric 25+1, 5 balls", concentric(25, 5)),
    _mixture("inliers 5+5, 20 %", inliers(5, 0.2)),
    _mixture("inliers 5+5, 50 %", inliers(5, 0.5)),
    _mixture("inliers 25+25, 20 %", inliers(25, 0.2)),
]
