"""Moments of whitened rows and responses whose span holds the directions on which the responses depend."""

from typing import NamedTuple

import numpy as np

# Singular values below this share of the largest are rounding.
_ROUNDING = 1e-10
# Spread of a column, as a share of its largest value, that is rounding: a few units in the last place.
_NO_SPREAD = 4 * np.finfo(float).eps


class Whitening(NamedTuple):
    """The linear map of rows x to rows z of uncorrelated columns with unit variance, and back."""

    mean: np.ndarray  # (d,)
    to_z: np.ndarray  # (d, rank): z = (x - mean) @ to_z
    to_x: np.ndarray  # (rank, d): x = mean + z @ to_x
    spread: np.ndarray  # (d,): standard deviations of the columns of x


def whiten(x):
    """Return the whitened rows (n, rank) and their Whitening."""
    exponents = np.frexp(np.abs(x).max(axis=0))[1]
    centered = np.ldexp(x, -exponents)  # divided by powers of 2, so that no square leaves the range of floats
    origin = centered[0].copy()
    centered -= origin  # columns far from 0 lose nothing, and constant ones are 0
    shift = centered.mean(axis=0)
    centered -= shift
    spread = centered.std(axis=0)
    spread[spread <= _NO_SPREAD] = np.inf
    u, sizes, axes = np.linalg.svd(centered / spread, full_matrices=False)
    rank = int(np.sum(sizes > _ROUNDING * sizes[0])) if sizes[0] > 0 else 0
    roots, axes = sizes[:rank] / np.sqrt(len(x)), axes[:rank]
    spread = np.ldexp(np.where(np.isinf(spread), 0.0, spread), exponents)
    to_z = np.zeros((x.shape[1], rank))
    np.divide((axes / roots[:, None]).T, spread[:, None], where=spread[:, None] > 0, out=to_z)
    mean = np.ldexp(origin + shift, exponents)
    return np.sqrt(len(x)) * u[:, :rank], Whitening(mean, to_z, roots[:, None] * axes * spread, spread)


def first_moment(z, responses, mixing=None):
    """Return E[z r'], of shape (d, q): by Stein's lemma the mean gradients of E[r|z], if z is Gaussian.

    With a matrix `mixing`, here and below, the moment is that of ``z @ mixing``, rows that are not computed.
    """
    moment = z.T @ responses / len(z)
    return moment if mixing is None else mixing.T @ moment


def first_kernel(z, responses, mixing=None):
    """Return the matrix (d, d) of the sums of squares of the mean gradients of all responses."""
    moment = first_moment(z, responses, mixing)
    return moment @ moment.T


def second_kernel(z, responses, mixing=None):
    """Return half the sum of the squares of E[e (zz' - 1)], where e is what is left of a response by a linear fit.

    By Stein's lemma these are the mean Hessians of E[r|z], if z is Gaussian. The trace is the share of the variance of
    the responses that a quadratic form explains beyond the linear one.
    """
    moment = first_moment(z, responses, mixing)
    residuals = responses - z @ (moment if mixing is None else mixing @ moment)
    kernel = np.zeros((z.shape[1], z.shape[1]))
    for residual in residuals.T:
        hessian = z.T @ (residual[:, None] * z) / len(z)  # E[e] = 0
        if mixing is not None:
            hessian = mixing.T @ hessian @ mixing
        kernel += hessian @ hessian / 2
    return kernel


def both_kernel(z, responses, mixing=None):
    """Return the sum of the first and the second kernel."""
    return first_kernel(z, responses, mixing) + second_kernel(z, responses, mixing)
