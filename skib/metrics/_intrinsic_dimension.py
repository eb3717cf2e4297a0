"""The number of dimensions of the manifold near which rows lie, from the distances of their nearest neighbors."""

from functools import partial
from numbers import Integral

import numpy as np
from sklearn.neighbors import NearestNeighbors

from skib._columns import opened, take_rows
from skib._parallel import blocks, spawn_generators
from skib._typing import Seed, TableLike
from skib._warnings import ConstantInputWarning, DuplicateRowsWarning, UnreliableEstimateWarning, warn
from skib.metrics._layer_rows import CenteredRows, relative_rounding, sampled_rows
from skib.metrics._measurement import Measurement

# Values of a block of rows: of the differences to all neighbors, and of the products with all rows.
_DIFFERENCES_PER_BLOCK, _PRODUCTS_PER_BLOCK = 1 << 20, 1 << 22
# Neighbors, and rows at most, unless other numbers are asked for.
N_NEIGHBORS, _MOST_ROWS = 2, 1000
# Rows of a size beyond 2^40 (1e12), or below its inverse, are scaled.
_EXTREME = 40
# Share of the rows with equally far neighbors that is told: the estimate is larger by as much.
_MOST_TIES = 0.05
# Logarithm of a ratio of distances that is 0 but for rounding.
_TIE = 1e-6
# Distances of so many roundings of values are not changed by these.
_ROUNDINGS = 4
# In so few columns, trees find neighbors in less time than products of all pairs.
_FEW_COLUMNS = 15
# Up to as many rows for each column, products of normal values with the rows cost less than eigenvalues.
_FEW_ROWS_PER_COLUMN = 4


def intrinsic_dimension(
    X: TableLike, *, n_neighbors: int = N_NEIGHBORS, max_samples: int | None = _MOST_ROWS, random_state: Seed = None
) -> Measurement:
    r"""Estimate the intrinsic dimension of the rows of a layer from the distances of nearest neighbors.

    With the Euclidean distance :math:`r_{ij}` of row i to its j-th of k neighbors, the estimate is

    .. math:: d = \frac{n (k - 1) - 1}{\sum_i \sum_{j < k} \log(r_{ik} / r_{ij})},

    the unbiased one of the maximum of the likelihood if the ratios are independent. Two neighbors give TwoNN [1]_, more
    give the estimate of Levina and Bickel [2]_, averaged over rows by its inverse [3]_.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_units)
        Rows of a layer.
    n_neighbors : int, default=2
        Number k of neighbors, 2 or more. More of them lower the variance, and raise the bias where the density or the
        manifold varies within their distance.
    max_samples : int, default=1000
        Number of rows that are taken at most, a fixed sample of them; the time grows with its square, and
        the error falls with its root. More rows are closer to each other, so that the scale of the estimate is smaller.
        ``None`` takes all rows.
    random_state : int, RandomState instance or None, default=None
        Seeds the Gaussian rows of the null. Pass an int for the same result at every call.

    Returns
    -------
    dimension : Measurement
        The estimate, its standard error (which accounts for the neighbors that rows have in common), the estimate of as
        many Gaussian rows of the same covariance as ``null`` (a lower value of X means that its rows lie near a curved
        or branched manifold), and as ``ceiling`` the rank, of tables with more than a quarter as many columns as rows
        the number of columns that vary.

    Notes
    -----
    In more than about ten dimensions neighbors are so far that the estimate is too small, for any method of this kind:
    of 2000 Gaussian rows of 100 dimensions, TwoNN finds about 50. Compare with the null. Noise is a dimension wherever
    its size exceeds the distance of neighbors.

    Equal rows are taken once, with a warning. The value of a constant layer is 0. Counts, bools and rounded values have
    neighbors at equal distances, by which the estimate is too large: a warning is issued if this holds for more than a
    twentieth of the rows, and the value is NaN if it holds for all. A warning is also issued if neighbors are as close
    as the rounding of the values, as in clusters that are far from each other.

    References
    ----------
    .. [1] E. Facco, M. d'Errico, A. Rodriguez, A. Laio, "Estimating the intrinsic dimension of datasets by a minimal
       neighborhood information", Scientific Reports 7, 2017.
    .. [2] E. Levina, P. J. Bickel, "Maximum likelihood estimation of intrinsic dimension", NIPS, 2004, equation 8.
    .. [3] D. J. C. MacKay, Z. Ghahramani, "Comments on 'Maximum likelihood estimation of intrinsic dimension'", 2005.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.metrics import intrinsic_dimension
    >>> rng = np.random.default_rng(0)
    >>> t = rng.uniform(size=(2000, 2))
    >>> X = np.column_stack([np.cos(3 * t), np.sin(3 * t), t**2])  # a curved surface in six dimensions
    >>> f"{intrinsic_dimension(X, max_samples=None, random_state=0):.1f}"  # truth: 2
    '2.0'
    """
    if not isinstance(n_neighbors, Integral) or n_neighbors < 2:
        raise ValueError(f"n_neighbors must be a whole number, 2 or more, got {n_neighbors!r}")
    if max_samples is not None and (not isinstance(max_samples, Integral) or max_samples < 3):
        raise ValueError(f"max_samples must be a whole number, 3 or more, or None, got {max_samples!r}")
    return dimension_of(_some_rows("X", X, max_samples), n_neighbors, partial(gaussian_rows, random_state))


def _some_rows(name, X, max_samples):
    """Return at most so many rows of a layer, drawn once for all calls, as ``CenteredRows``."""
    X = opened(name, X)
    n_samples = len(X)
    if max_samples is not None and n_samples > max_samples:
        X = take_rows(X, sampled_rows(n_samples, max_samples))
    return CenteredRows(name, X, min_samples=3)


def dimension_of(rows, n_neighbors, gaussian_rows, gram=None):
    """Return the dimension of ``CenteredRows``.

    Parameters
    ----------
    rows : CenteredRows
        The rows, all of which are taken.
    n_neighbors : int
        Number of neighbors.
    gaussian_rows : callable
        Returns standard normal rows, of a shape and dtype.
    gram : ndarray of shape (n_samples, n_samples), default=None
        The products of the centered rows, if they are known.
    """
    x, z = _without_exponent(rows), rows[:]
    found = _dimension(x, z, n_neighbors, gram) if len(x) > n_neighbors else None
    if found is None:
        rows = CenteredRows(rows.name, _distinct(rows.values, n_neighbors), min_samples=1)
        x, z = _without_exponent(rows), rows[:]
        if len(x) == 1:
            warn("X is constant over all its rows: its dimension is 0", ConstantInputWarning)
            return Measurement(0.0, null=0.0, ceiling=0.0)
        found = _dimension(x, z, n_neighbors)
    if found is None:
        raise ValueError("rows of X are closer to each other, compared with their extent, than floats can hold")
    normal = _gaussian_like(z, gaussian_rows)
    null, _ = _dimension(normal, normal, n_neighbors)
    return Measurement(*found, null, float(min(len(z) - 1, np.count_nonzero(normal.any(axis=0)))))


def gaussian_rows(random_state, shape, dtype):
    """Return standard normal rows."""
    (generator,) = spawn_generators(random_state, 1)
    return generator.standard_normal(shape, dtype)


def _gaussian_like(z, gaussian_rows):
    """Return normal rows with the covariance of centered rows, up to a rotation and a factor.

    By eigenvalues, those of rounding being 0, or where there are many columns by normal sums of the rows.
    """
    n, d = z.shape
    if n <= _FEW_ROWS_PER_COLUMN * d:
        return gaussian_rows((n, n), z.dtype) @ z
    double = z.astype(np.float64)
    variances = np.linalg.eigvalsh(double.T @ double)
    variances[variances <= variances[-1] * n * np.finfo(float).eps] = 0
    return gaussian_rows((n, d), z.dtype) * np.sqrt(variances).astype(z.dtype)


def _without_exponent(rows):
    """Return the rows as they were passed, of single precision at least, times a power of 2: squares stay in range."""
    x = rows.values.astype(np.promote_types(rows.values.dtype, np.float32))
    exponent = int(np.frexp(rows.scale)[1])
    return np.ldexp(x, -exponent) if abs(exponent) > _EXTREME else x


def has_few_columns(x):
    """Whether rows have so few columns that their products are of no use."""
    return x.shape[1] <= _FEW_COLUMNS


def _distinct(x, n_neighbors):
    """Return rows that differ from each other, more than the number of neighbors unless all are equal."""
    n_samples = len(x)
    x = np.unique(x, axis=0)
    if len(x) == 1:
        return x
    if len(x) < n_samples:
        warn(
            f"{n_samples - len(x)} of the {n_samples} rows of X repeat another one and are left out",
            DuplicateRowsWarning,
        )
    if len(x) <= n_neighbors:
        raise ValueError(
            f"n_neighbors = {n_neighbors} needs at least {n_neighbors + 1} distinct rows of X, got {len(x)}; pass more "
            "rows or fewer neighbors"
        )
    return x


def _dimension(x, z, n_neighbors, gram=None):
    """Return the estimate and its standard error; None if rows are equal. z are the rows x about another point."""
    neighbors, ratios, nearest = _neighbors(z, n_neighbors, gram), [], []
    for rows in blocks(len(x), max(_DIFFERENCES_PER_BLOCK // (n_neighbors * x.shape[1]), 1)):
        distances = _distances(x, rows, neighbors[rows])[:, :n_neighbors]
        if not distances[:, 0].all():
            return None
        nearest.append(distances[:, 0])
        ratios.append(np.log(distances[:, -1:] / distances[:, :-1]).mean(axis=1))
    means = np.concatenate(ratios)
    tied = means < _TIE
    _warn_of_ties(tied.mean())
    _warn_of_rounding(np.median(np.concatenate(nearest)), x)
    if tied.all():
        return np.nan, np.nan
    n_ratios = len(x) * (n_neighbors - 1)
    value = (n_ratios - 1) / (means.sum() * (n_neighbors - 1))
    return float(value), float(value / means.mean() * _error_of_mean(means, neighbors[:, :n_neighbors]))


def _error_of_mean(values, neighbors):
    """Return the standard error of the mean of values of rows, each of which depends on those of its neighbors.

    The deviation of a row is shared with its neighbors, and what a row has of all of them is squared: pairs of rows
    count as much as they have rows in common.
    """
    n, k = neighbors.shape
    deviations = values - values.mean()
    shared = deviations + np.bincount(neighbors.ravel(), np.repeat(deviations, k), minlength=n)
    return np.sqrt(shared @ shared / (k + 1)) / n


def _warn_of_ties(share):
    if share > _MOST_TIES:
        warn(
            f"the neighbors of {share:.0%} of the rows of X are equally far, as those of rows on a lattice (counts, "
            "bools, rounded values): their estimate is too large; add the rounding as noise, or take more neighbors",
            UnreliableEstimateWarning,
        )


def _warn_of_rounding(distance, x):
    if distance < _ROUNDINGS * np.sqrt(x.shape[1]) * relative_rounding(x) * max(x.max(), -x.min()):
        warn(
            "the nearest neighbors of most rows of X are as close as the rounding of its values, by which the estimate "
            "may be too large; subtract what clusters of rows have in common, or save more digits",
            UnreliableEstimateWarning,
        )


def _distances(x, rows, neighbors):
    """Return the distances of some rows to others, in ascending order, as float64.

    Taken from differences, since products of matrices lose the digits of the distances of close rows.
    """
    differences = x[neighbors]
    differences -= x[rows, None]
    squares = np.einsum("ijk,ijk->ij", differences, differences)
    return np.sort(np.sqrt(squares.astype(np.float64)), axis=1)


def _neighbors(z, n_neighbors, gram=None):
    """Return for each row the numbers of its nearest other rows, and of one more that may be as near."""
    n, d = z.shape
    if has_few_columns(z) or n < n_neighbors + 3:
        return _tree(z, n_neighbors).kneighbors(return_distance=False)
    single = z.astype(np.float32, copy=False) if gram is None else None
    norms = np.einsum("ij,ij->i", single, single) if gram is None else np.diag(gram)
    found, certain = [], []
    for rows in blocks(n, max(_PRODUCTS_PER_BLOCK // n, 1)):
        products = single[rows] @ single.T if gram is None else gram[rows]
        nearest, sizes = _smallest(norms / 2 - products, rows, n_neighbors + 2)
        found.append(nearest[:, :-1])
        rounding = np.finfo(norms.dtype).eps * np.sqrt(d) * (norms[rows] + norms.max())
        certain.append(sizes[:, -1] - sizes[:, -3] > 2 * rounding)
    found, unsure = np.concatenate(found), np.flatnonzero(~np.concatenate(certain))
    if len(unsure):
        found[unsure] = _neighbors_of_close_rows(z.astype(np.float64), unsure, n_neighbors + 1)
    return found


def _smallest(values, rows, n_found):
    """Return the columns of the smallest values of each row, apart from the row itself, and these; overwrites them."""
    numbers = np.arange(len(values))
    values[numbers, numbers + rows.start] = np.inf
    columns = np.empty((len(values), n_found), np.int64)
    found = np.empty(columns.shape, values.dtype)
    for j in range(n_found):
        columns[:, j] = values.argmin(axis=1)
        found[:, j] = values[numbers, columns[:, j]]
        values[numbers, columns[:, j]] = np.inf
    return columns, found


def _neighbors_of_close_rows(x, rows, n_neighbors):
    """Return the nearest neighbors of some rows by double precision."""
    found = _tree(x, n_neighbors + 1).kneighbors(x[rows], return_distance=False)
    others = found != rows[:, None]
    others[others.all(axis=1), -1] = False  # rows that equal others may not find themselves
    return found[others].reshape(len(rows), n_neighbors)


def _tree(x, n_neighbors):
    """Return a fitted search by differences of values: products would lose those of clusters that are far apart."""
    return NearestNeighbors(n_neighbors=n_neighbors, algorithm="kd_tree").fit(x)
