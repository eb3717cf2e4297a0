"""Covariance matrices of scaled columns of X, y and `given`, shrunken together, and their canonical directions."""

from typing import NamedTuple

import numpy as np
from sklearn.covariance import ledoit_wolf_shrinkage, oas

# Share of the largest variance below which a direction is rounding.
_NO_VARIANCE = 1e-11


# Standard deviation, of 1 without a condition, below which what a condition leaves of a column is rounding.
_NO_SIZE = 1e-7


class Moments(NamedTuple):
    """Covariances of x and y, given z, and what z explains of them linearly."""

    xx: np.ndarray  # (n_x, n_x)
    xy: np.ndarray  # (n_x, n_y)
    yy: np.ndarray  # (n_y, n_y)
    x_on_z: np.ndarray  # (n_x, n_z)
    y_on_z: np.ndarray  # (n_y, n_z)
    shrinkage: float


class Directions(NamedTuple):
    """Canonical directions of x, of unit variance, and their squared correlations with y, in falling order."""

    components: np.ndarray  # (n_directions, n_x)
    squared: np.ndarray  # (n_directions,)


def moments_of(x, y, z, shrinkage):
    """Estimate the moments of scaled columns; z may have no columns.

    What is linear in z is taken out first, by least squares: shrinkage of z would leave some of it.
    """
    n_x, both = x.shape[1], np.hstack([x, y])
    on_z = _pseudo_inverse(z.T @ z / len(z)) @ (z.T @ both) / len(z)
    rest = both - z @ on_z
    sizes = np.sqrt(np.mean(rest**2, axis=0))
    sizes[sizes < _NO_SIZE] = 0.0
    covariance, share = _correlations(np.divide(rest, sizes, where=sizes > 0, out=np.zeros(rest.shape)), shrinkage)
    covariance *= np.outer(sizes, sizes)
    of_x, of_y = slice(None, n_x), slice(n_x, None)
    parts = covariance[of_x, of_x], covariance[of_x, of_y], covariance[of_y, of_y]
    return Moments(*parts, on_z.T[of_x], on_z.T[of_y], share)


def whitening(covariance):
    """Return directions (d, rank) along which a covariance matrix is the unit matrix."""
    if not len(covariance):
        return np.empty((0, 0))
    values, vectors = np.linalg.eigh(covariance)
    kept = values > _NO_VARIANCE * max(values[-1], 1e-300)
    return vectors[:, kept] / np.sqrt(values[kept])


def canonical_directions(moments):
    """Return the canonical directions of x, each of which has the sign of its largest weight."""
    of_x, of_y = whitening(moments.xx), whitening(moments.yy)
    if not (of_x.size and of_y.size):
        return Directions(np.empty((0, len(moments.xx))), np.empty(0))
    left, correlations, _ = np.linalg.svd(of_x.T @ moments.xy @ of_y, full_matrices=False)
    components = (of_x @ left).T
    largest = np.argmax(np.abs(components), axis=1)
    signs = np.sign(components[np.arange(len(components)), largest])
    return Directions(components * signs[:, None], np.minimum(correlations, 1.0) ** 2)


def without_y(moments):
    """Return the covariance of x given y."""
    of_y = whitening(moments.yy)
    explained = moments.xy @ of_y
    return moments.xx - explained @ explained.T


def _correlations(columns, shrinkage):
    """Return the correlations, drawn towards the unit matrix, and the share of that; constant columns stay 0."""
    varying = np.flatnonzero(columns.any(axis=0))
    correlations, rows = np.zeros((columns.shape[1],) * 2), columns[:, varying]
    share = _share(rows, shrinkage) if len(varying) else 0.0
    shrunken = (1 - share) * (rows.T @ rows) / len(rows) + share * np.eye(len(varying))
    correlations[np.ix_(varying, varying)] = shrunken
    return correlations, share


def _share(rows, shrinkage):
    if shrinkage == "oas":
        return float(oas(rows, assume_centered=True)[1])
    if shrinkage == "ledoit_wolf":
        return float(ledoit_wolf_shrinkage(rows, assume_centered=True))
    return 0.0 if shrinkage is None else float(shrinkage)


def _pseudo_inverse(covariance):
    directions = whitening(covariance)
    return directions @ directions.T
