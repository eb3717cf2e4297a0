"""Canonical correlations of two layers: their mean, after a reduction of noise, and weighted by what they explain."""

from dataclasses import dataclass
from numbers import Real
from typing import NamedTuple

import numpy as np
from scipy.linalg import eigh

from skib._typing import Floats, TableLike
from skib._warnings import ConstantInputWarning, UnreliableEstimateWarning, warn
from skib.metrics._cca_null import mean_null_correlation
from skib.metrics._layer_rows import centered, check_layers, relative_rounding
from skib.metrics._measurement import Measurement

_FEWEST = 3  # rows
# Random halves of the rows for the standard errors.
_N_HALVES = 20
# Relative size of an eigenvalue that is 0 but for rounding.
_ROUNDING = 1e-12


@dataclass(frozen=True)
class CCAResult:
    """The canonical correlations of two layers.

    Attributes
    ----------
    mean : Measurement
        Mean of the correlations, with its standard error, its null for independent layers, and 1.
    correlations : ndarray of shape (n_correlations,)
        In descending order, as many as the smaller of the layers has directions.
    n_directions : tuple of (int, int)
        Numbers of directions of X and of Y that were compared: constant units, and units that follow from others, have
        none of their own.
    """

    mean: Measurement
    correlations: Floats
    n_directions: tuple[int, int]


def cca(X: TableLike, Y: TableLike) -> CCAResult:
    r"""Compute the canonical correlations of two layers.

    They are the correlations of the combinations of units that correlate most, each pair of combinations uncorrelated
    with those before. With orthonormal bases :math:`Q_X, Q_Y` of the centered columns they are the singular values of
    :math:`Q_X^T Q_Y`. They do not change with any invertible linear map of either layer.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_units)
        A layer.
    Y : array-like of shape (n_samples, n_other_units)
        Another layer, of the same samples.

    Returns
    -------
    result : CCAResult
        The correlations and their mean.

    See Also
    --------
    svcca : The same of the principal components.
    pwcca : A mean weighted by what the combinations explain.
    skib.mutual_info.GaussianCopula : The information of Gaussian variables, which follows from the correlations.

    Notes
    -----
    The null is the mean for independent layers, by Wachter's limit (up to 6 % too large for few units). It is .27 for
    50 units each on 500 rows, .64 for 250 each, from where a warning is issued, and 1 for 500. A value is to be read
    above it. The standard error is the spread over random halves of the rows, or, where a half has no more rows than
    both layers have directions, that of the influences of the rows. It takes rows as independent, and does not account
    for the bias.

    References
    ----------
    .. [1] H. Hotelling, "Relations between two sets of variates", Biometrika 28, 1936.
    .. [2] A. Bjorck, G. H. Golub, "Numerical methods for computing angles between linear subspaces", Mathematics of
       Computation 27, 1973.
    .. [3] K. W. Wachter, "The limiting empirical measure of multiple discriminant ratios", Annals of Statistics 8,
       1980.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.metrics import cca
    >>> rng = np.random.default_rng(0)
    >>> X, Y = rng.normal(size=(2, 500, 50))  # independent
    >>> f"{cca(X, Y).mean:.2f} where {cca(X, Y).mean.null:.2f} means nothing"
    '0.27 where 0.27 means nothing'
    >>> f"{cca(X, X @ rng.normal(size=(50, 50))).mean:.6f}"  # truth: 1
    '1.000000'
    """
    x, y = check_layers(X, Y, min_samples=_FEWEST)
    bases = _basis("X", x), _basis("Y", y)
    return _result(_canonical(*bases), bases)


def svcca(X: TableLike, Y: TableLike, *, variance: float = 0.99) -> CCAResult:
    """Compute the canonical correlations of the principal components of two layers (SVCCA).

    Each layer is first projected on the directions of largest variance [1]_, so that noise in many small directions is
    not compared.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_units)
        A layer.
    Y : array-like of shape (n_samples, n_other_units)
        Another layer, of the same samples.
    variance : float, default=0.99
        Share of the variance of each layer that its directions hold together.

    Returns
    -------
    result : CCAResult
        The correlations, their mean (with its standard error for these numbers of directions), and the number of
        directions of each layer.

    See Also
    --------
    cca : The same of all directions.

    References
    ----------
    .. [1] M. Raghu, J. Gilmer, J. Yosinski, J. Sohl-Dickstein, "SVCCA: singular vector canonical correlation analysis
       for deep learning dynamics and interpretability", NeurIPS, 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.metrics import svcca
    >>> rng = np.random.default_rng(0)
    >>> Z = rng.normal(size=(500, 3))
    >>> X, Y = (Z @ rng.normal(size=(3, 40)) + 0.01 * rng.normal(size=(500, 40)) for _ in range(2))
    >>> result = svcca(X, Y)
    >>> result.n_directions, f"{result.mean:.3f}"
    ((3, 3), '1.000')
    """
    if not isinstance(variance, Real) or not 0 < variance <= 1:
        raise ValueError(f"variance must be a share above 0, at most 1, got {variance!r}")
    x, y = check_layers(X, Y, min_samples=_FEWEST)
    scores, bases = zip(*(_principal_bases(name, rows, variance) for name, rows in (("X", x), ("Y", y))), strict=True)
    return _result(_canonical(*bases), scores)


def pwcca(X: TableLike, Y: TableLike) -> Measurement:
    r"""Compute the projection-weighted mean of the canonical correlations of two layers (PWCCA).

    With the canonical variates :math:`h_i` of X, of unit length, and its centered units :math:`x_j`,

    .. math:: \sum_i \alpha_i \rho_i \Big/ \sum_i \alpha_i, \qquad \alpha_i = \sum_j |\langle h_i, x_j \rangle|,

    so that a correlation counts by how much of X its variate explains [1]_.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_units)
        The layer whose units give the weights.
    Y : array-like of shape (n_samples, n_other_units)
        Another layer, of the same samples.

    Returns
    -------
    similarity : Measurement
        The weighted mean, with its standard error as that of :func:`cca` (which in few rows takes the weights as
        constants), its null for independent layers, and 1.

    See Also
    --------
    cca : The correlations themselves.

    Notes
    -----
    It is not symmetric: exchange the layers for the weights of Y. The code of the paper's authors (google/svcca) takes
    the rows of the rotation of the whitened units for the variates, without the whitening, which gives other weights.

    References
    ----------
    .. [1] A. S. Morcos, M. Raghu, S. Bengio, "Insights on representational similarity in neural networks with canonical
       correlation", NeurIPS, 2018, equations 2 and 3.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.metrics import pwcca
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(2000, 2)) * [10, 1]  # the first unit is ten times larger
    >>> Y = np.column_stack([X[:, 0], rng.normal(size=2000)])
    >>> f"{pwcca(X, Y):.2f}"  # truth: 10 / 11
    '0.91'
    """
    x, y = check_layers(X, Y, min_samples=_FEWEST)
    bases, units = (_basis("X", x), _basis("Y", y)), centered(x)
    canonical = _canonical(*bases)
    if not canonical.correlations.size:
        return canonical.mean(canonical.correlations)
    weights = np.abs(canonical.u.T @ units).sum(axis=1)
    return canonical.mean(weights / weights.sum(), _error_by_halves(*bases, canonical.ranks, bases[0].T @ units))


class _Canonical(NamedTuple):
    """Canonical variates u and v of unit length, (n_samples, n_correlations), their correlations, and the ranks."""

    u: np.ndarray
    v: np.ndarray
    correlations: np.ndarray
    ranks: tuple

    def mean(self, weights, error=np.nan):
        """Return the weighted mean with an error, by default the one that follows from the influences of the rows."""
        n = len(self.u)
        null = mean_null_correlation(n, *self.ranks)
        if not weights.size:
            return Measurement(np.nan, null=null, ceiling=1.0)
        if np.isnan(error):
            error = self._error(weights)
        return Measurement(float(weights @ self.correlations), float(error), null, 1.0)

    def _error(self, weights):
        n, halves = len(self.u), (self.u**2 + self.v**2) @ (weights * self.correlations / 2)
        influences = n * ((self.u * self.v) @ weights - halves)
        return influences.std(ddof=1) / np.sqrt(n)


def _result(canonical, scores):
    n = len(canonical.correlations)
    error = _error_by_halves(*scores, canonical.ranks) if n else np.nan
    return CCAResult(canonical.mean(np.full(n, 1 / max(n, 1)), error), canonical.correlations, canonical.ranks)


def _error_by_halves(x, y, ranks, units=None):
    """Return the standard error of the mean of the correlations of scores, from its deviation over halves of the rows.

    Half of the rows vary as much about all rows as these about the population. That holds as well where influences are
    not known, as variates of equal correlations turn into each other. `ranks` are the numbers of directions, `units`
    the coordinates of the units that give weights. NaN if there are too few rows.
    """
    n, p, generator = len(x), x.shape[1], np.random.default_rng(0)
    rows, values = np.hstack([x, y]), []
    if sum(ranks) >= n // 2:
        return np.nan
    for _ in range(_N_HALVES):
        some = rows[generator.permutation(n)[: n // 2]]
        some -= some.mean(axis=0)
        products = some.T @ some
        left, right = _whitening(products[:p, :p], ranks[0]), _whitening(products[p:, p:], ranks[1])
        if not min(left.shape[1], right.shape[1]):
            return np.nan
        u, correlations, _ = np.linalg.svd(left.T @ products[:p, p:] @ right, full_matrices=False)
        weights = np.ones(len(correlations))
        if units is not None:
            weights = np.abs(u.T @ left.T @ products[:p, :p] @ units).sum(axis=1)
        values.append(weights @ np.minimum(correlations, 1) / weights.sum())
    return np.std(values, ddof=1)


def _whitening(products, rank):
    """Return the map to the first orthonormal principal components, without those that are constant in these rows."""
    sizes, axes = eigh(products, subset_by_index=(len(products) - rank, len(products) - 1))
    some = sizes > _ROUNDING * sizes[-1]
    return axes[:, some] / np.sqrt(sizes[some])


def _canonical(x, y):
    """Return the canonical variates of two orthonormal bases."""
    ranks = x.shape[1], y.shape[1]
    if sum(ranks) >= len(x) and min(ranks):
        warn(
            f"{len(x)} rows of {ranks[0]} and {ranks[1]} independent directions: at least "
            f"{min(sum(ranks) - len(x) + 1, *ranks)} canonical correlations are 1 whatever the layers are; pass more "
            "rows, or compare fewer directions by svcca",
            UnreliableEstimateWarning,
        )
    if not min(ranks):
        return _Canonical(x[:, :0], y[:, :0], np.empty(0), ranks)
    left, correlations, right = np.linalg.svd(x.T @ y, full_matrices=False)
    return _Canonical(x @ left, y @ right.T, np.clip(correlations, 0, 1), ranks)


def _basis(name, x):
    """Return an orthonormal basis of the centered columns."""
    z = _in_own_units(x)
    q, r = np.linalg.qr(z)
    sizes = np.linalg.svd(r, compute_uv=False)
    if sizes[-1] > _smallest(x, sizes) and len(sizes) == x.shape[1]:
        return q
    scores, sizes = _principal_scores(name, x, z)
    return scores[:, : np.count_nonzero(sizes > _smallest(x, sizes))]


def _in_own_units(x):
    """Return the centered columns, each at most 1 in size; what varies by the rounding of its values only is 0."""
    z = x - x[0]
    z -= z.mean(axis=0)
    largest = np.abs(z).max(axis=0)
    return z / np.where(largest > relative_rounding(x) * np.abs(x).max(axis=0), largest, np.inf)


def _principal_bases(name, x, variance):
    """Return the scores of the principal components, and orthonormal ones of those that hold a share of variance."""
    scores, sizes = _principal_scores(name, x, centered(x))
    rank = np.count_nonzero(sizes > _smallest(x, sizes))
    scores, sizes = scores[:, :rank], sizes[:rank]
    cumulated = np.cumsum(sizes**2) / np.sum(sizes**2)
    n_kept = rank if variance == 1 else np.searchsorted(cumulated, variance * (1 - 1e-12)) + 1
    return scores * sizes, scores[:, :n_kept]


def _principal_scores(name, x, z):
    """Return the orthonormal scores of the principal components of z and their sizes, none if it is constant."""
    scores, sizes, _ = np.linalg.svd(z, full_matrices=False)
    if sizes[0] > 0:
        return scores, sizes
    warn(f"{name} is constant over all {len(x)} rows: it correlates with nothing", ConstantInputWarning)
    return scores[:, :0], sizes[:0]


def _smallest(x, sizes):
    """Return the singular value up to which a direction is the rounding of the values of x."""
    return sizes[:1] * np.sqrt(max(x.shape)) * relative_rounding(x)
