"""The geometry of a layer: how many directions its variance takes, what exceeds noise, whether rows point one way."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh
from scipy.special import ndtr

from skib._typing import TableLike
from skib._warnings import ConstantInputWarning, warn
from skib.metrics._layer_rows import CenteredRows, sampled_rows
from skib.metrics._measurement import Measurement
from skib.metrics._representation_geometry_null import (
    crossing_spread,
    largest_of_noise,
    least_beside_noise,
    noise_spectrum,
)

_FEWEST = 4  # rows
_MOST_VARIANCE = 0.99
# How often the largest eigenvalue of noise is outside.
_RARELY = 0.01
# Rows whose influences are taken for standard errors, which are then known to 1 part in 22.
_ROWS_OF_ERROR = 250


@dataclass(frozen=True)
class RepresentationGeometry:
    """The shape of the cloud of rows of a layer.

    Attributes
    ----------
    spectral_entropy : Measurement
        Entropy of the shares of the variance that the principal directions hold, in nats.
    effective_rank : Measurement
        The exponential of it: a number of directions.
    n_directions : Measurement
        Number of principal directions that hold 99 % of the variance.
    outside_share : Measurement
        Share of the variance of the standardized units in directions that independent units do not have.
    n_outside : Measurement
        Number of these directions.
    anisotropy : Measurement
        Mean cosine of the angles between rows, about 0 and not about their mean.
    """

    spectral_entropy: Measurement
    effective_rank: Measurement
    n_directions: Measurement
    outside_share: Measurement
    n_outside: Measurement
    anisotropy: Measurement


def representation_geometry(H: TableLike) -> RepresentationGeometry:
    r"""Measure the geometry of a layer: rank, share of structure and anisotropy, each with its value for noise.

    With the eigenvalues :math:`\lambda_j` of the covariance matrix, and :math:`p_j = \lambda_j / \sum_i \lambda_i`, the
    spectral entropy is :math:`-\sum_j p_j \log p_j` and the effective rank its exponential [1]_. The eigenvalues of the
    correlation matrix of independent units lie below the edge of the law of Marchenko and Pastur [2]_; the share of
    those above it is variance that units have in common. The anisotropy is the mean cosine
    :math:`\frac{1}{n (n - 1)} \sum_{i \ne j} \cos(h_i, h_j)` [3]_.

    Parameters
    ----------
    H : array-like of shape (n_samples, n_units)
        Rows of a layer.

    Returns
    -------
    geometry : RepresentationGeometry
        The measures. The nulls are those of white noise of as many rows and units; n_directions and n_outside have no
        standard error.

    Notes
    -----
    In few rows, compared with the units, entropy and rank of the sample are smaller than those of the population. The
    null is smaller by the same reason, and is what noise would have at most, nearly.

    The share outside is a lower bound of what units have in common: behind a few strong directions, weak ones fall
    below the edge, which is that of independent units.

    Standard errors come from the influences of 250 rows. That of the share outside has in it that directions near the
    edge might be on its other side in another sample: each with its probability, as the eigenvalue scatters. That of
    the spectral entropy, and of the rank, is too large by up to a half for white noise, where no row has any influence.

    Constant units count for nothing. Rows of zeros have no direction and are left out of the anisotropy. Of a layer
    behind a rectifier the anisotropy is positive even if the units are independent.

    References
    ----------
    .. [1] O. Roy, M. Vetterli, "The effective rank: a measure of effective dimensionality", EUSIPCO, 2007.
    .. [2] V. A. Marchenko, L. A. Pastur, "Distribution of eigenvalues for some sets of random matrices", Mathematics of
       the USSR-Sbornik 1, 1967.
    .. [3] K. Ethayarajh, "How contextual are contextualized word representations?", EMNLP, 2019, section 3.3.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.metrics import representation_geometry
    >>> rng = np.random.default_rng(0)
    >>> signal = rng.normal(size=(1000, 3)) @ rng.normal(size=(3, 50))
    >>> geometry = representation_geometry(signal + rng.normal(size=(1000, 50)))
    >>> geometry.n_outside.value  # truth: 3
    3.0
    >>> f"{geometry.effective_rank:.0f} of {geometry.effective_rank.null:.0f}"
    '9 of 49'
    """
    return geometry_of(CenteredRows("H", H, min_samples=_FEWEST))


def geometry_of(rows):
    """Return the geometry of ``CenteredRows``."""
    z = rows[:]
    varies = z.any(axis=0)
    if not varies.any():
        warn(f"{rows.name} is constant over all {len(z)} rows: it has no directions", ConstantInputWarning)
        none = Measurement(0.0)
        return RepresentationGeometry(none, none, none, none, none, _anisotropy(rows))
    z = _with_squares(z if varies.all() else z[:, varies])
    some = sampled_rows(len(z), _ROWS_OF_ERROR)
    spread = np.sqrt(np.einsum("ij,ij->j", z, z) / len(z))
    of_units = z.shape[1] < len(z)
    products = z.T @ z if of_units else z @ z.T
    noise = noise_spectrum(*z.shape)
    eigenvalues, axes = eigh(products, driver="evd", check_finite=False)
    scores = z[some] @ axes if of_units else axes[some] * np.sqrt(np.maximum(eigenvalues, 0))
    eigenvalues = np.maximum(eigenvalues, 0)[-len(noise) :]
    entropy = _entropy(eigenvalues, scores[:, -len(noise) :], noise, len(z))
    rank, null = np.exp(entropy.value), np.exp(entropy.null)
    share, number = _outside(products / np.outer(spread, spread) if of_units else None, z, spread, some)
    return RepresentationGeometry(
        spectral_entropy=entropy,
        effective_rank=Measurement(float(rank), float(rank * entropy.std_error), float(null), float(len(noise))),
        n_directions=Measurement(_n_directions(eigenvalues), null=_n_directions(noise), ceiling=float(len(noise))),
        outside_share=share,
        n_outside=number,
        anisotropy=_anisotropy(rows),
    )


def _with_squares(z):
    """Return the units with those enlarged whose squares would be 0, to a size that is still nothing beside others."""
    least = np.sqrt(np.sqrt(np.finfo(z.dtype).tiny))
    largest = np.maximum(z.max(axis=0), -z.min(axis=0))
    return z if largest.min() >= least else z * (np.maximum(least, largest) / largest)


def _entropy(eigenvalues, scores, noise, n_samples):
    """Return the spectral entropy; its error from the scores of some of the rows."""
    shares = eigenvalues / eigenvalues.sum()
    logs = np.log(np.where(shares > 0, shares, 1.0))
    value = -shares @ logs
    influences = -(scores**2) @ (logs + value) * (n_samples / eigenvalues.sum())
    expected = noise / noise.sum()
    return Measurement(
        float(value),
        std_error=float(influences.std(ddof=1) / np.sqrt(n_samples)),
        null=float(-expected @ np.log(expected)),
        ceiling=float(np.log(len(noise))),
    )


def _n_directions(eigenvalues):
    """Return how many of the eigenvalues, which ascend, hold the greatest part of the variance."""
    cumulated = np.cumsum(eigenvalues[::-1])
    return float(np.searchsorted(cumulated, _MOST_VARIANCE * cumulated[-1] * (1 - 1e-12)) + 1)


def _outside(products, z, spread, some):
    """Return the share of the variance, and the number, of the eigenvalues of the correlations that exceed noise.

    `products` are n times the correlations, or None for those of the rows, of which there are fewer.
    """
    n, p = z.shape
    edge, nearby = largest_of_noise(n, p), (n * least_beside_noise(n, p), np.inf)
    if products is None:
        standard = z / spread
        eigenvalues, left = eigh(standard @ standard.T, subset_by_value=nearby)
        axes = standard.T @ left / np.sqrt(eigenvalues)
    else:
        eigenvalues, axes = eigh(products, subset_by_value=nearby)
    eigenvalues, rows = eigenvalues / n, z[some] / spread
    influences = (rows @ axes) ** 2 - rows**2 @ (axes**2 * eigenvalues)
    errors = influences.std(axis=0, ddof=1) / np.sqrt(n)
    is_outside = eigenvalues > edge
    error = influences[:, is_outside].sum(axis=1).std(ddof=1) / np.sqrt(n)
    crosses = ndtr((eigenvalues - edge) / crossing_spread(eigenvalues, errors, n, p))
    error = np.hypot(error, edge * np.sqrt(crosses @ (1 - crosses))) / p
    return (
        Measurement(float(eigenvalues[is_outside].sum() / p), float(error), float(_RARELY * edge / p), 1.0),
        Measurement(float(is_outside.sum()), null=_RARELY, ceiling=float(min(n - 1, p))),
    )


def _anisotropy(rows):
    """Return the mean cosine of pairs of rows that are not 0, about 0."""
    units = [_unit_rows(rows.values[part]) for part in rows.parts()]
    n = sum(len(part) for part in units)
    if n < _FEWEST:
        return Measurement(np.nan, null=0.0, ceiling=1.0)
    total = sum(part.sum(axis=0, dtype=np.float64) for part in units)
    products = np.concatenate([part @ total.astype(part.dtype) for part in units]).astype(np.float64)
    cosines = (products - 1) / (n - 1)
    # The variance of the means of rows has in it twice that of the whole where these means are equal.
    some = _unit_rows(rows.values[sampled_rows(len(rows), _ROWS_OF_ERROR)])
    squares = np.sum((some @ some.T) ** 2, dtype=np.float64) - len(some)
    least = 2 / n**2 * squares / max(len(some) * (len(some) - 1), 1)
    variance = max(4 * cosines.var(ddof=1) / n - least, least / 2)
    return Measurement(float(cosines.mean()), float(np.sqrt(variance)), null=0.0, ceiling=1.0)


def _unit_rows(h):
    """Return the rows that are not 0, of length 1; those of half precision in single precision."""
    h = h.astype(np.promote_types(h.dtype, np.float32))
    largest = np.maximum(h.max(axis=1), -h.min(axis=1))
    if not largest.all():
        h, largest = h[largest > 0], largest[largest > 0]
    h /= largest[:, None]
    h /= np.sqrt(np.einsum("ij,ij->i", h, h))[:, None]
    return h
