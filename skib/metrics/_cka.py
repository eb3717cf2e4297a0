"""Centered kernel alignment of two layers, by the products of features or of rows, whichever are fewer."""

from numbers import Integral
from typing import NamedTuple

import numpy as np

from skib._columns import require_same_length
from skib._parallel import blocks
from skib._typing import TableLike
from skib._warnings import ConstantInputWarning, warn
from skib.metrics._layer_rows import CenteredRows
from skib.metrics._measurement import Measurement

_FEWEST = 4  # rows of the unbiased estimate
# Rows whose influences are taken for the standard error, which is then known to 1 part in 40.
_ROWS_OF_ERROR = 1000


def cka(X: TableLike, Y: TableLike, *, unbiased: bool = True, batch_size: int | None = None) -> Measurement:
    r"""Compute the centered kernel alignment (CKA) of two layers, with linear kernels.

    It is the correlation of the similarities of rows in one layer with those of the same rows in the other [1]_,

    .. math:: \mathrm{CKA} = \frac{\mathrm{HSIC}(X, Y)}{\sqrt{\mathrm{HSIC}(X, X)\, \mathrm{HSIC}(Y, Y)}},

    where the population's HSIC of linear kernels is :math:`\|\mathrm{Cov}(X, Y)\|_F^2`. It is 1 for layers that are
    equal up to rotation, scale and shift, and 0 for uncorrelated ones. It has no unit.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_units)
        A layer. Files on disk (memory maps) are read in blocks of rows.
    Y : array-like of shape (n_samples, n_other_units)
        Another layer, of the same samples.
    unbiased : bool, default=True
        Whether to take the unbiased estimates of HSIC [2]_, whose mean is 0 for independent layers. The biased ones are
        far above 0 where the layers have as many units as there are rows.
    batch_size : int, default=None
        Number of rows of the batches over which HSIC is averaged [3]_; the rows should be in random order. ``None``
        takes all rows as one batch, which has the smallest error.

    Returns
    -------
    similarity : Measurement
        The value, its standard error, its mean over permutations of the rows of Y as ``null`` (0 if unbiased), and 1.
        The value is NaN, with a warning, if a layer is constant.

    See Also
    --------
    skib.metrics.HSIC : The dependence itself, with Gaussian kernels.
    cca : Similarity up to any invertible linear map.

    Notes
    -----
    Unbiased values may be below 0, and at independence scatter by :math:`\sqrt 2 / n` about it. The standard error
    takes rows as independent. Units of large variance dominate.

    Time grows with :math:`n (p + q)^2` or with :math:`n^2 (p + q)` for layers of p and q units, whichever is less, and
    memory with :math:`(p + q)^2`, or with the size of a block.

    References
    ----------
    .. [1] S. Kornblith, M. Norouzi, H. Lee, G. Hinton, "Similarity of neural network representations revisited", ICML,
       2019, equations 2 to 5.
    .. [2] L. Song, A. Smola, A. Gretton, J. Bedo, K. Borgwardt, "Feature selection via dependence maximization",
       Journal of Machine Learning Research 13, 2012, equation 5.
    .. [3] T. Nguyen, M. Raghu, S. Kornblith, "Do wide and deep networks learn the same things?", ICLR, 2021,
       equations 2 and 3.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.metrics import cka
    >>> rng = np.random.default_rng(0)
    >>> X, Y = rng.normal(size=(2, 100, 500))  # independent
    >>> similarity = cka(X, Y)
    >>> bool(abs(similarity.value) < 4 * similarity.std_error)  # truth: 0
    True
    >>> round(cka(X, Y, unbiased=False).value, 2), round(cka(X, Y, unbiased=False).null, 2)
    (0.83, 0.83)
    """
    x, y = (CenteredRows(name, layer, min_samples=_FEWEST) for name, layer in (("X", X), ("Y", Y)))
    require_same_length(len(x), len(y), "Y")
    if batch_size is not None:
        return _over_batches(x, y, _check_batch_size(batch_size, len(x)), unbiased)
    products = _products(x, y)
    hsic = products.hsic(unbiased)
    value = _ratio(hsic)
    if np.isnan(value):
        return _constant(x, y, hsic)
    return Measurement(
        value, std_error=products.std_error(hsic), null=0.0 if unbiased else products.null(), ceiling=1.0
    )


class _Products(NamedTuple):
    """Sums over all pairs of rows of the products of their similarities: of x and y, x and x, y and y."""

    sums: np.ndarray  # (3,)
    rows: np.ndarray  # (3, n_rows_of_error): mean products of a row with the other rows
    norms: np.ndarray  # (2, n_samples): squared norms of the rows about the mean

    def hsic(self, unbiased):
        """Return the three estimates up to a common factor."""
        if not unbiased:
            return self.sums
        n, (dx, dy) = self.norms.shape[1], self.norms
        diagonal, totals = _pairs(dx, dy), np.array([dx.sum() * dy.sum(), dx.sum() ** 2, dy.sum() ** 2])
        return self.sums - diagonal + totals / ((n - 1) * (n - 2)) - 2 / (n - 2) * diagonal

    def null(self):
        """Return the mean of the biased ratio over all permutations of the rows of y."""
        traces = self.norms.sum(axis=1)
        return float(traces[0] * traces[1] / ((self.norms.shape[1] - 1) * np.sqrt(self.sums[1] * self.sums[2])))

    def std_error(self, hsic):
        """Return the standard error of the ratio of these estimates.

        The variance of the influences of rows has in its mean, beside the variance of the ratio, that of the ratio at
        independence, sqrt(2) / n times 1 - ratio^2 in size.
        """
        unbiased = self.hsic(True)
        least = 2 / self.norms.shape[1] ** 2 * (1 - _ratio(unbiased) ** 2) ** 2
        variance = max(_influences(self.rows, unbiased).var(ddof=1) / self.norms.shape[1] - least, least)
        return float(np.sqrt(variance * (unbiased[1] / hsic[1]) * (unbiased[2] / hsic[2])))


def _pairs(dx, dy):
    return np.array([dx @ dy, dx @ dx, dy @ dy])


def _products(x, y):
    n, (p, q) = len(x), (x.shape[1], y.shape[1])
    of_features = p * p + p * q + q * q <= n * (p + q) / 2
    norms = np.vstack([np.concatenate([(layer[part] ** 2).sum(axis=1) for part in layer.parts()]) for layer in (x, y)])
    sums, rows = _by_features(x, y, norms) if of_features else _by_rows(x, y, norms)
    return _Products(sums, rows, norms)


def _by_features(x, y, norms):
    covariances = [np.zeros((a.shape[1], b.shape[1])) for a, b in ((x, y), (x, x), (y, y))]
    for part in _common_parts(x, y):
        a, b = x[part], y[part]
        for covariance, left, right in zip(covariances, (a, a, b), (b, a, b), strict=True):
            covariance += left.T @ right
    some = np.unique(np.linspace(0, len(x) - 1, min(len(x), _ROWS_OF_ERROR)).astype(int))
    rows = [[], [], []]
    for part in blocks(len(some), _common_parts(x, y)[0].stop):
        a, b = x[some[part]], y[some[part]]
        for found, covariance, left, right in zip(rows, covariances, (a, a, b), (b, a, b), strict=True):
            found.append(((left @ covariance) * right).sum(axis=1))
    own = np.array([norms[0, some] * norms[1, some], norms[0, some] ** 2, norms[1, some] ** 2])
    means = (np.array([np.concatenate(found) for found in rows]) - own) / (len(x) - 1)
    return np.array([(covariance**2).sum() for covariance in covariances]), means


def _by_rows(x, y, norms):
    n = len(x)
    rows = np.zeros((3, n))
    parts = _common_parts(x, y)
    for i, part in enumerate(parts):
        a, b = x[part], y[part]
        for other in parts[i:]:
            k, q = a @ x[other].T, b @ y[other].T
            products = np.array([k * q, k * k, q * q])
            rows[:, part] += products.sum(axis=2)
            if other != part:
                rows[:, other] += products.sum(axis=1)
    sums = rows.sum(axis=1)
    own = np.array([norms[0] * norms[1], norms[0] ** 2, norms[1] ** 2])
    return sums, (rows - own) / (n - 1)


def _common_parts(x, y):
    return x.parts() if x.shape[1] > y.shape[1] else y.parts()


def _ratio(hsic):
    """Return the alignment: at most 1, rounding aside, as the estimates are inner products of centered matrices."""
    scale = np.sqrt(hsic[1]) * np.sqrt(hsic[2]) if min(hsic[1:]) > 0 else 0.0
    return float(np.clip(hsic[0] / scale, -1, 1)) if scale > 0 else np.nan


def _influences(rows, hsic):
    """Return the influences of rows on the ratio, of which each is a half of all pairs."""
    means = rows.mean(axis=1, keepdims=True)
    scale = np.sqrt(means[1] * means[2])[0] if min(means[1:, 0]) > 0 else np.inf
    ratio = _ratio(hsic)
    relative = (rows - means)[1:] / np.where(means[1:] > 0, means[1:], np.inf)
    return 2 * ((rows - means)[0] / scale - ratio / 2 * relative.sum(axis=0))


def _over_batches(x, y, size, unbiased):
    """Return the alignment of estimates averaged over batches; the last rows, fewer than a batch, are left out."""
    starts = range(0, len(x) - size + 1, size)
    batches = [_products(*(_Batch(layer[start : start + size]) for layer in (x, y))) for start in starts]
    hsic = np.array([batch.hsic(unbiased) for batch in batches]).T
    value = _ratio(hsic.mean(axis=1))
    if np.isnan(value):
        return _constant(x, y, hsic.mean(axis=1))
    null = 0.0 if unbiased else float(np.mean([batch.null() for batch in batches]))
    influences = _influences(hsic, hsic.mean(axis=1)) / 2  # a batch is no half of anything
    error = influences.std(ddof=1) / np.sqrt(len(batches)) if len(batches) > 1 else np.nan
    return Measurement(value, std_error=float(error), null=null, ceiling=1.0)


class _Batch:
    """Some rows in memory, about their own mean."""

    def __init__(self, rows):
        self._rows = rows - rows.mean(axis=0)
        self.shape = rows.shape

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, rows):
        return self._rows[rows]

    def parts(self):
        return [slice(0, len(self))]


def _check_batch_size(batch_size, n_samples):
    if not isinstance(batch_size, Integral) or not _FEWEST <= batch_size <= n_samples:
        raise ValueError(
            f"batch_size must be a whole number from {_FEWEST} to n_samples = {n_samples}, got {batch_size!r}"
        )
    return int(batch_size)


def _constant(x, y, hsic):
    name = "X" if not hsic[1] > 0 else "Y"
    warn(f"{name} is constant over all {len(x)} rows: its alignment with anything is undefined", ConstantInputWarning)
    return Measurement(np.nan, null=np.nan, ceiling=1.0)
