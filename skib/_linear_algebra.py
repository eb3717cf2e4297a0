"""Linear algebra of data matrices: whitening, linear dependence, determinants."""

import numpy as np
from scipy.special import digamma

from skib._warnings import UnreliableEstimateWarning, warn

# Degrees of freedom, and steps, of the Student likelihood whose scatter matrix decorrelates the columns.
_DOF = 1.0
_PASSES = 10
# A step stretches no direction more than this against another; the next step goes on from there.
_STRETCH = 1e-10
# Standard deviations of a normal variable per median absolute deviation.
_MAD = 1.482602218505602


def log_det_bias(n_samples, n_features):
    """Bias of half the log determinant of the covariance matrix (divided by n - 1) of normal rows."""
    i = np.arange(1, n_features + 1)
    return 0.5 * np.sum(digamma((n_samples - i) / 2) - np.log((n_samples - 1) / 2))


def independent_columns(x):
    """Rows x as they are or, if they lie in a hyperplane, their coordinates within it, which a warning says.

    The coordinates are in the units of x along orthogonal axes: their density is that per unit of the hyperplane's own
    volume. Whether rows lie in a hyperplane is told as far as the rounding of x allows.
    """
    n_samples, d = x.shape
    centred = x - np.median(x, axis=0)
    spread = np.abs(centred).mean(axis=0)
    if not spread.any():
        raise ValueError(f"all {n_samples} rows of X are equal: the differential entropy is minus infinity")
    varying = spread > 0
    scaled = np.divide(centred, spread, where=varying, out=np.zeros_like(x))
    scaled -= scaled.mean(axis=0)
    sizes, axes = np.linalg.svd(np.linalg.qr(scaled, mode="r"))[1:]
    rounding = _rounding(x) * np.max(np.abs(x[:, varying]).max(axis=0) / spread[varying])
    flat = sizes <= 4 * np.sqrt(d * n_samples) * rounding
    if not flat.any():
        return x
    warn(
        f"the {d} columns of X are linearly dependent or constant: the rows lie in {d - flat.sum()} dimensions, and "
        "their entropy is taken therein (in all of them it is minus infinity); drop columns that follow from others",
        UnreliableEstimateWarning,
    )
    normals = axes[flat].T / np.where(varying, spread, 1.0)[:, None]
    within = np.linalg.qr(normals, mode="complete")[0][:, flat.sum() :]
    return centred @ within


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
    d = x.shape[1]
    z = x - np.median(x, axis=0)
    z, log_volume = _unit_spread(z)
    if d == 1:
        return z, log_volume
    for _ in range(_PASSES):
        weights = (d + _DOF) / (_DOF + np.einsum("ij,ij->i", z, z))
        z = z - weights @ z / weights.sum()  # the medians may lie far outside of a thin cloud
        values, vectors = np.linalg.eigh((z * weights[:, None]).T @ z / len(z))
        roots = np.sqrt(np.maximum(values, _STRETCH * values[-1]))
        z = (z @ vectors / roots) @ vectors.T  # the symmetric root: it turns the axes as little as possible
        log_volume += np.log(roots).sum()
    z, rest = _unit_spread(z)
    return np.ascontiguousarray(z), log_volume + rest


def _unit_spread(z):
    size = np.abs(z)
    spread = _MAD * np.median(size, axis=0)
    spread = np.where(spread > 0, spread, size.mean(axis=0))
    return z / spread, np.log(spread).sum()
