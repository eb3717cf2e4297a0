"""Linear algebra of data matrices: whitening, linear dependence, determinants."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy.special import digamma

from skib._warnings import UnreliableEstimateWarning, warn

# Degrees of freedom, and steps, of the Student likelihood whose scatter matrix decorrelates the columns.
_DOF = 1.0
_PASSES = 10
# A step stretches no direction more than this against another; the next step goes on from there.
_STRETCH = 1e-10
# Beyond so many median absolute deviations, a row may hide the extent of the others in the rounding of its own values.
_FAR = 100.0
# Columns of a spread above 2^400 (1e120), or below its inverse, are scaled: squares of them may leave the range.
_EXTREME = 400
# Standard deviations between an outlier and the other rows, whose volumes would leave the range.
_TOO_FAR = 1e270
# Of unit vectors found to 1e-10 or better: what is no pivot, and what is 0 but for rounding.
_NO_PIVOT, _NOTHING = 1e-6, 1e-10
# Medians of more than so many median absolute deviations are an offset.
_OFF_CENTER = 10.0
# Standard deviations of a normal variable per median absolute deviation.
_MAD = 1.482602218505602


@lru_cache(maxsize=64)  # the same of all pairs of columns
def log_det_bias(n_samples, n_features):
    """Bias of half the log determinant of the covariance matrix (divided by n - 1) of normal rows."""
    i = np.arange(1, n_features + 1)
    return 0.5 * np.sum(digamma((n_samples - i) / 2) - np.log((n_samples - 1) / 2))


def independent_columns(x, *, despite_outliers=True):
    """Return rows of as many columns as they have dimensions, and the log of the volume of their unit cube.

    These are the rows x themselves and 0 as a rule. Rows that lie in a hyperplane (a warning is issued) have their
    coordinates within it, in the units of x along orthogonal axes, so that their density is that per unit of the
    hyperplane's own volume; a constant column is left out. Whether rows lie in a hyperplane is decided as far as the
    rounding of x allows, or, `despite_outliers`, that of the rows that are not far from the others. Columns near the
    ends of the range of floats are divided by powers of 2, which costs no digits.
    """
    exponents = _exponents(x)
    if exponents.any():
        x = _scaled_down(x, exponents)
    flat = _flat_directions(x)
    if flat is not None and not (despite_outliers and _is_spanned_by_most(x)):
        x, exponents = _within(x, flat, exponents)
    return x, float(np.log(2) * exponents.sum())


class _Flat(NamedTuple):
    """Directions in which rows do not extend."""

    constant: np.ndarray  # columns, a mask
    spread: np.ndarray  # mean absolute deviation of each other column
    normals: np.ndarray  # (n_normals, n_other_columns), in units of the spread


def _flat_directions(x):
    """Return the directions in which the rows extend no farther than the rounding of x; None if there are none."""
    n_samples, d = x.shape
    centered = x - np.median(x, axis=0)
    spread = np.abs(centered).mean(axis=0)
    varying = spread > 0
    scaled = np.divide(centered, spread, where=varying, out=np.zeros_like(x))
    scaled -= scaled.mean(axis=0)
    noise = np.divide(np.abs(x).max(axis=0), spread, where=varying, out=np.zeros(d))
    noise *= 4 * np.sqrt(d * n_samples) * _rounding(x)
    constant = ~varying | (np.linalg.norm(scaled, axis=0) <= noise)
    if constant.all():
        return _Flat(constant, spread[:0], np.empty((0, 0)))
    sizes, axes = np.linalg.svd(np.linalg.qr(scaled[:, ~constant], mode="r"))[1:]
    flat = sizes <= noise[~constant].max()
    return _Flat(constant, spread[~constant], axes[flat]) if constant.any() or flat.any() else None


def _is_spanned_by_most(x):
    """Whether the rows extend in all directions, once rows that are so far that they hide the others are left out."""
    deviations = np.abs(x - np.median(x, axis=0))
    sizes = np.median(deviations, axis=0)
    if not sizes.all():
        return False
    near = (deviations <= _FAR * sizes).all(axis=1)
    few = near.sum() <= max(x.shape[1], len(x) // 2)
    return not (few or near.all()) and _flat_directions(x[near]) is None


def _within(x, flat, exponents):
    """Return the coordinates of the rows within their hyperplane, and the exponents of these."""
    n_samples, d = x.shape
    rank = d - flat.constant.sum() - len(flat.normals)
    if rank == 0:
        what = "are equal" if not np.ptp(x, axis=0).any() else "differ by no more than the rounding of their values"
        raise ValueError(f"all {n_samples} rows of X {what}: the differential entropy is minus infinity")
    warn(
        f"the {d} columns of X are linearly dependent or constant: the rows lie in {rank} dimensions, and "
        "their entropy is taken therein (in all of them it is minus infinity); drop columns that follow from others",
        UnreliableEstimateWarning,
    )
    x, exponents = np.ascontiguousarray(x[:, ~flat.constant]), exponents[~flat.constant]
    if not len(flat.normals):
        return x, exponents
    if np.ptp(exponents) > 0:
        raise ValueError(
            "columns of X are linearly dependent, and so different in scale that the hyperplane in which the rows lie "
            "cannot be measured in floats; rescale X, or drop columns that follow from others"
        )
    normals = _canonical(flat.normals).T / flat.spread[:, None]
    within = np.linalg.qr(normals, mode="complete")[0][:, len(flat.normals) :]
    return (x - np.median(x, axis=0)) @ within, exponents[:rank]


def _canonical(basis):
    """Return the reduced row echelon form: a space has many bases, and which one is found depends on the rounding."""
    basis = basis.copy()
    if len(basis) > 1:
        n_done = 0
        for j in range(basis.shape[1]):
            pivot = n_done + np.argmax(np.abs(basis[n_done:, j]))
            if abs(basis[pivot, j]) > _NO_PIVOT:
                basis[[n_done, pivot]] = basis[[pivot, n_done]]
                basis[n_done] /= basis[n_done, j]
                others = np.arange(len(basis)) != n_done
                basis[others] -= basis[others, j, None] * basis[n_done]
                n_done += 1
                if n_done == len(basis):
                    break
    basis[np.abs(basis) < _NOTHING] = 0.0
    return basis


def _exponents(x):
    """Return the powers of 2 by which the columns are to be divided: 0 unless squares or sums leave the range."""
    low, high = x.min(axis=0), x.max(axis=0)
    varying, largest = high > low, max(high.max(), -low.min())
    if largest < 2.0**_EXTREME and (high - low)[varying].min(initial=1.0) > 2.0**-_EXTREME:
        return np.zeros(x.shape[1], np.int64)
    quarters = x * np.where(np.maximum(high, -low) > 1, 0.25, 1.0)  # whose differences stay within the range
    deviations = np.abs(quarters - np.median(quarters, axis=0))
    sizes = np.median(deviations, axis=0)
    sizes = np.where(sizes > 0, sizes, 2.0**-30 * deviations.max(axis=0))
    exponents = np.where(varying, np.frexp(sizes)[1], 0).astype(np.int64)
    exponents[np.abs(exponents) <= _EXTREME] = 0
    if varying.any() and np.ptp(exponents[varying]) <= _EXTREME:  # one scale for all: a hyperplane keeps its shape
        exponents[:] = np.median(exponents[varying])
    room = 1000 - np.frexp(largest)[1]  # for sums over many rows
    return np.maximum(exponents, -room) if room < 0 else exponents


def _scaled_down(x, exponents):
    with np.errstate(over="ignore"):
        x = np.ldexp(x, -exponents)
    _require_below(np.inf, x)
    return x


def _require_below(limit, x):
    if not np.abs(x).max() < limit:
        raise ValueError(
            "X has values so far from the others, compared with the distances among these, that the ratio leaves the "
            "range of floats; take logarithms or ranks first, or drop the outliers"
        )


def _rounding(x):
    """Relative rounding error of the values of x, which may have been float32 before."""
    with np.errstate(over="ignore"):
        single = (x == x.astype(np.float32)).all()
    return np.finfo(np.float32 if single else np.float64).eps


def whitened(x):
    """Rows with uncorrelated columns of unit spread, and the log volume that a unit of volume had before.

    Columns are divided by their median absolute deviation; then their scatter is made a unit matrix, the scatter of the
    multivariate Student t of one degree of freedom, which outliers cannot move. Scaling, shifting, mirroring or
    exchanging columns of x changes the log volume only.
    """
    z, log_volume, _ = _whitening(x)
    return z, log_volume


def whitened_about_zero(x):
    """Whiten rows that are closer to each other near 0 than the center of all rows can be subtracted.

    Nothing is subtracted from columns that are not far from 0, so that the least values keep their digits.
    """
    _, log_volume, factors = _whitening(x)
    centers = np.median(x, axis=0)
    z = x - np.where(np.abs(centers) > _OFF_CENTER * np.median(np.abs(x - centers), axis=0), centers, 0.0)
    for factor in factors:
        z = z @ factor if factor.ndim == 2 else z / factor
    return np.ascontiguousarray(z), log_volume


def _whitening(x):
    """Whitened rows, the log volume, and the divisors and matrices that were applied."""
    d = x.shape[1]
    z = x - np.median(x, axis=0)
    z, spread = _unit_spread(z)
    log_volume, factors = np.log(spread).sum(), [spread]
    if d == 1:
        return z, log_volume, factors
    for _ in range(_PASSES):
        weights = (d + _DOF) / (_DOF + np.einsum("ij,ij->i", z, z))
        z = z - weights @ z / weights.sum()  # the medians may lie far outside of a thin cloud
        values, vectors = np.linalg.eigh((z * weights[:, None]).T @ z / len(z))
        roots = np.sqrt(np.maximum(values, _STRETCH * values[-1]))
        z = (z @ vectors / roots) @ vectors.T  # the symmetric root: it turns the axes as little as possible
        log_volume += np.log(roots).sum()
        factors.append((vectors / roots) @ vectors.T)
    z, spread = _unit_spread(z)
    return np.ascontiguousarray(z), log_volume + np.log(spread).sum(), [*factors, spread]


def _unit_spread(z):
    size = np.abs(z)
    spread = _MAD * np.median(size, axis=0)
    spread = np.where(spread > 0, spread, size.mean(axis=0))
    with np.errstate(over="ignore"):
        z = z / spread
    _require_below(_TOO_FAR, z)
    return z, spread
