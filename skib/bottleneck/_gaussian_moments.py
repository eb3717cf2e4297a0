"""Covariance matrices of scaled columns of X, y and `given`, shrunken together, and their canonical directions."""

from typing import NamedTuple

import numpy as np
from sklearn.covariance import ledoit_wolf_shrinkage, oas

# Share of the largest variance below which a direction is rounding.
_NO_VARIANCE = 1e-11


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
    """Estimate the moments of scaled columns; z may have no columns."""
    joint, share = _covariance(np.hstack([x, y, z]), shrinkage)
    n_x, n_y = x.shape[1], y.shape[1]
    of_z = joint[n_x + n_y :]
    on_z = _pseudo_inverse(of_z[:, n_x + n_y :]) @ of_z[:, : n_x + n_y]
    rest = joint[: n_x + n_y, : n_x + n_y] - of_z[:, : n_x + n_y].T @ on_z
    rest = (rest + rest.T) / 2
    return Moments(rest[:n_x, :n_x], rest[:n_x, n_x:], rest[n_x:, n_x:], on_z.T[:n_x], on_z.T[n_x:], share)


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


def _covariance(columns, shrinkage):
    """Return the covariance matrix, drawn towards the unit matrix, and the share of that; constant columns stay 0."""
    varying = np.flatnonzero(columns.any(axis=0))
    covariance, rows = np.zeros((columns.shape[1],) * 2), columns[:, varying]
    share = _share(rows, shrinkage) if len(varying) else 0.0
    shrunken = (1 - share) * (rows.T @ rows) / len(rows) + share * np.eye(len(varying))
    covariance[np.ix_(varying, varying)] = shrunken
    return covariance, share


def _share(rows, shrinkage):
    if shrinkage == "oas":
        return float(oas(rows, assume_centered=True)[1])
    if shrinkage == "ledoit_wolf":
        return float(ledoit_wolf_shrinkage(rows, assume_centered=True))
    return 0.0 if shrinkage is None else float(shrinkage)


def _pseudo_inverse(covariance):
    directions = whitening(covariance)
    return directions @ directions.T
