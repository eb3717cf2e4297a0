"""Principal axes from the covariance matrix, in double precision: what a PCA of a layer needs, and no more.

scikit-learn's choice for some hundred units is a randomized decomposition, whose sixteen passes over the layer cost
two to three times as much as this one, and leave the axes that it has not separated yet. The eigenvectors of the
covariance matrix are exact but for rounding, as long as no axis is much shorter than the longest.
"""

from numbers import Integral
from typing import NamedTuple

import numpy as np
from scipy.linalg import eigh
from scipy.linalg.blas import dsyrk
from sklearn.decomposition import PCA

from skib._parallel import blocks

# Beyond so many units the covariance matrix costs more than passes over the layer.
_MOST_UNITS = 1024
# Fewer rows per unit are decomposed as they are.
_ROWS_PER_UNIT = 2
# Variance of an axis, as a share of the largest, from which on rounding of the covariance matrix does not count: an
# axis is then off by some 1e-9 of its length.
_LEAST_SHARE = 1e-6
# Rows that are centered at a time, and stay in the cache of the processor.
_ROWS_AT_ONCE = 250


class PrincipalAxes(NamedTuple):
    """A fitted principal component analysis."""

    mean: np.ndarray
    axes: np.ndarray  # (n_units, n_components), of unit length
    variance: float  # mean over the units

    def transform(self, x):
        """Return the coordinates of rows along the axes."""
        code = np.empty((len(x), self.axes.shape[1]))
        for rows, centered in _centered(x, self.mean):
            np.matmul(centered, self.axes, out=code[rows])
        return code


def replaces(compressor, x):
    """Whether principal axes are what this compressor would find: a PCA that leaves the choice of the solver open."""
    return (
        type(compressor) is PCA
        and compressor.svd_solver == "auto"
        and isinstance(compressor.n_components, Integral)
        and compressor.n_components > 0
        and not compressor.whiten
        and x.shape[1] <= _MOST_UNITS
        and len(x) >= _ROWS_PER_UNIT * x.shape[1]
    )


def principal_axes(x, n_components):
    """Return the axes of the largest variance of float64 rows, or None if rounding would show in the shortest."""
    mean, n_units = x.mean(axis=0), x.shape[1]
    products = np.zeros((n_units, n_units), order="F")
    for _, centered in _centered(x, mean):
        products = dsyrk(1.0, centered.T, beta=1.0, c=products, overwrite_c=True)
    total = np.trace(products)
    if not np.isfinite(total):
        return None
    largest = [n_units - n_components, n_units - 1]
    variances, axes = eigh(products, lower=False, subset_by_index=largest, overwrite_a=True, check_finite=False)
    if not variances[0] > _LEAST_SHARE * variances[-1]:
        return None
    axes = axes[:, ::-1]
    peaks = axes[np.abs(axes).argmax(axis=0), np.arange(n_components)]
    axes = np.ascontiguousarray(axes * np.sign(peaks))  # the sign that scikit-learn chooses
    return PrincipalAxes(mean, axes, float(total) / x.size)


def spread_and_size(x, fitted=None):
    """Return the root mean square of the centered columns, and that of the columns as they are.

    Principal axes that were fitted to the same rows know both.
    """
    if isinstance(fitted, PrincipalAxes):
        mean, variance = fitted.mean, fitted.variance
    else:
        mean = x.mean(axis=0)
        variance = sum(np.vdot(centered, centered) for _, centered in _centered(x, mean)) / x.size
    return np.sqrt(variance), np.sqrt(variance + np.mean(mean**2))


def _centered(x, mean):
    """Yield slices of the rows, and these rows centered."""
    for rows in blocks(len(x), _ROWS_AT_ONCE):
        yield rows, x[rows] - mean
