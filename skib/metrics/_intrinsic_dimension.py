"""The number of dimensions of the manifold near which rows lie, from the distances of their nearest neighbors."""

from numbers import Integral

import numpy as np
from sklearn.neighbors import NearestNeighbors

from skib._parallel import blocks, spawn_generators
from skib._typing import Seed, TableLike
from skib._warnings import ConstantInputWarning, DuplicateRowsWarning, warn
from skib.metrics._layer_rows import centered, check_layer
from skib.metrics._measurement import Measurement

# Values of the differences to all neighbors of a block of rows.
_VALUES_PER_BLOCK = 1 << 22


def intrinsic_dimension(
    X: TableLike, *, n_neighbors: int = 2, max_samples: int | None = 1000, random_state: Seed = None
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
        Number of rows that are taken at most, at equal distances in their order; the time grows with its square, and
        the error falls with its root. More rows are closer to each other, so that the scale of the estimate is smaller.
        ``None`` takes all rows.
    random_state : int, RandomState instance or None, default=None
        Seeds the Gaussian rows of the null. Pass an int for the same result at every call.

    Returns
    -------
    dimension : Measurement
        The estimate, its standard error, the estimate of as many Gaussian rows of the same covariance as ``null`` (a
        lower value of X means that its rows lie near a curved or branched manifold), and the rank as ``ceiling``.

    Notes
    -----
    In more than about ten dimensions neighbors are so far that the estimate is too small, for any method of this kind:
    of 2000 Gaussian rows of 100 dimensions, TwoNN finds about 50. Compare with the null. Noise is a dimension wherever
    its size exceeds the distance of neighbors.

    Equal rows are taken once, with a warning. The value of a constant layer is 0.

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
    >>> f"{intrinsic_dimension(X, random_state=0):.1f}"  # truth: 2
    '2.0'
    """
    x = check_layer("X", X, min_samples=3)
    if not isinstance(n_neighbors, Integral) or n_neighbors < 2:
        raise ValueError(f"n_neighbors must be a whole number, 2 or more, got {n_neighbors!r}")
    if max_samples is not None and (not isinstance(max_samples, Integral) or max_samples < 3):
        raise ValueError(f"max_samples must be a whole number, 3 or more, or None, got {max_samples!r}")
    if max_samples is not None and len(x) > max_samples:
        x = x[np.linspace(0, len(x) - 1, max_samples).astype(int)]
    x = _distinct(centered(x), len(x), n_neighbors)
    if len(x) == 1:
        warn("X is constant over all its rows: its dimension is 0", ConstantInputWarning)
        return Measurement(0.0, null=0.0, ceiling=0.0)
    z = x - x.mean(axis=0)
    variances = np.linalg.eigvalsh(z.T @ z if len(z) > z.shape[1] else z @ z.T)
    sizes = np.sqrt(variances[variances > variances[-1] * max(x.shape) * np.finfo(float).eps])
    (generator,) = spawn_generators(random_state, 1)
    null, _ = _dimension(generator.normal(size=(len(x), len(sizes))) * sizes, n_neighbors)
    value, error = _dimension(x, n_neighbors)
    return Measurement(value, error, null, float(len(sizes)))


def _distinct(x, n_samples, n_neighbors):
    """Return rows that differ from each other, more than the number of neighbors unless all are equal."""
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


def _dimension(x, n_neighbors):
    """Return the estimate and its standard error, from distinct rows."""
    neighbors = NearestNeighbors(n_neighbors=n_neighbors).fit(x).kneighbors(return_distance=False)
    ratios = []
    for rows in blocks(len(x), max(_VALUES_PER_BLOCK // (n_neighbors * x.shape[1]), 1)):
        # Again, since distances by products of matrices lose their digits between close rows.
        distances = np.sort(np.linalg.norm(x[rows, None] - x[neighbors[rows]], axis=2), axis=1)
        ratios.append(np.log(distances[:, -1:] / distances[:, :-1]).mean(axis=1))
    means = np.concatenate(ratios)
    n_ratios = len(x) * (n_neighbors - 1)
    value = (n_ratios - 1) / (means.sum() * (n_neighbors - 1))
    return float(value), float(value * means.std(ddof=1) / means.mean() / np.sqrt(len(x)))
