"""Centered kernel alignment of two layers, by the products of features or of rows, whichever are fewer."""

from functools import cached_property
from numbers import Integral
from typing import NamedTuple

import numpy as np

from skib._columns import require_same_length
from skib._typing import TableLike
from skib._warnings import ConstantInputWarning, warn
from skib.metrics._layer_rows import CenteredRows, sampled_rows
from skib.metrics._measurement import Measurement

_FEWEST = 4  # rows of the unbiased estimate
# Rows whose influences are taken for the standard error, which is then known to 1 part in 22.
_ROWS_OF_ERROR = 250
# Roundings of the sum of products to which the unbiased estimate of a layer's own may be off.
_ROUNDINGS = 256
# Up to so many rows their products are kept, 8 MB, and serve all layers that one is compared with.
_ROWS_OF_GRAM = 1000


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
    takes rows as independent, and comes from the influences of (at most 250, or as many of each batch) rows; at
    independence it is up to a fifth too large. In rows of heavy tails (Student's t with 3 degrees of freedom) the
    spread of the estimate over samples was up to 1.5 times as large, and that of the biased ones over batches thrice:
    single rows decide there. Units of large variance dominate.

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
    return alignment(Alignable(x), Alignable(y), unbiased)


class Alignable:
    """A layer with its own part of the alignment, which serves all layers that it is compared with."""

    def __init__(self, rows):
        self.rows = rows
        self.norms = np.concatenate([(rows[part].astype(np.float64) ** 2).sum(axis=1) for part in rows.parts()])
        self.some = sampled_rows(len(rows), _ROWS_OF_ERROR)

    @cached_property
    def own(self):
        """The products with itself."""
        return _products(self, self)

    @cached_property
    def gram(self):
        """The products of all pairs of rows, (n_samples, n_samples)."""
        parts = self.rows.parts()
        if len(parts) == 1:
            rows = self.rows[:]
            return rows @ rows.T
        return np.block([[self.rows[part] @ self.rows[other].T for other in parts] for part in parts])


class Products(NamedTuple):
    """Sum over all pairs of rows of the products of their similarities in two layers, and means of some of the rows."""

    total: float
    means: np.ndarray  # of the products of a row with all others

    def hsic(self, x, y):
        """Return the unbiased estimate, up to the factor 1 / n (n - 3); that of a layer is 0 where it is rounding."""
        n = len(x.norms)
        both = x.norms.sum() * y.norms.sum() / ((n - 1) * (n - 2))
        found = self.total - (1 + 2 / (n - 2)) * (x.norms @ y.norms) + both
        least = _ROUNDINGS * np.finfo(x.rows[:1].dtype).eps * self.total if x is y else -np.inf
        return found if found > least else 0.0


def alignment(x, y, unbiased=True):
    """Return the alignment of two ``Alignable`` layers of the same rows."""
    n, products = len(x.norms), (_products(x, y), x.own, y.own)
    estimates = np.array([one.hsic(*pair) for one, pair in zip(products, ((x, y), (x, x), (y, y)), strict=True)])
    hsic = estimates if unbiased else np.array([one.total for one in products])
    value = _ratio(hsic)
    if np.isnan(value):
        return _constant(x.rows, y.rows, hsic)
    error = _std_error(np.array([one.means for one in products]), estimates, hsic, n, n)
    return Measurement(value, error, 0.0 if unbiased else _null(x, y, hsic), 1.0)


def _std_error(means, estimates, hsic, n_samples, batch_size):
    """Return the standard error of the ratio of `hsic` from means of products of rows, whose influences these are.

    The variance of the influences has in its mean, beside the variance of the ratio, that of it at independence, which
    grows with the number of batches.
    """
    least = 2 / (n_samples * batch_size) * (1 - _ratio(estimates) ** 2) ** 2
    influences = 2 * _influences(means, estimates)
    variance = max(influences.var(ddof=1) / n_samples - least, least) * np.prod(estimates[1:] / hsic[1:])
    return float(np.sqrt(variance))


def _null(x, y, hsic):
    """Return the mean of the biased ratio over all permutations of the rows of y."""
    return float(x.norms.sum() * y.norms.sum() / ((len(x.norms) - 1) * np.sqrt(hsic[1] * hsic[2])))


def _products(x, y):
    n, p, q = len(x.norms), x.rows.shape[1], y.rows.shape[1]
    keeps = n <= _ROWS_OF_GRAM
    if p * q <= n * (p + q) / (8 if keeps else 2):  # fewer operations, as the Gram matrices serve several pairs
        total, sums = _by_features(x, y)
    else:
        total, sums = (_by_grams if keeps else _by_rows)(x, y)
    return Products(total, (sums - x.norms[x.some] * y.norms[x.some]) / (n - 1))


def _by_features(x, y):
    covariance = np.zeros((x.rows.shape[1], y.rows.shape[1]))
    for part in _common_parts(x, y):
        a = x.rows[part]
        covariance += a.T @ (a if x is y else y.rows[part])
    sums = ((x.rows[x.some].astype(np.float64) @ covariance) * y.rows[x.some]).sum(axis=1)
    return float((covariance**2).sum()), sums


def _by_grams(x, y):
    sums = np.einsum("ij,ij->i", x.gram, y.gram).astype(np.float64)
    return float(sums.sum()), sums[x.some]


def _by_rows(x, y):
    sums = np.zeros(len(x.norms))
    parts = _common_parts(x, y)
    for i, part in enumerate(parts):
        a, b = x.rows[part], y.rows[part]
        for other in parts[i:]:
            k = a @ x.rows[other].T
            k *= k if x is y else b @ y.rows[other].T
            sums[part] += k.sum(axis=1)
            if other != part:
                sums[other] += k.sum(axis=0)
    return float(sums.sum()), sums[x.some]


def _common_parts(x, y):
    return max(x.rows, y.rows, key=lambda rows: rows.shape[1]).parts()


def _ratio(hsic):
    """Return the alignment: at most 1, rounding aside, as the estimates are inner products of centered matrices."""
    scale = np.sqrt(hsic[1]) * np.sqrt(hsic[2]) if min(hsic[1:]) > 0 else 0.0
    return float(np.clip(hsic[0] / scale, -1, 1)) if scale > 0 else np.nan


def _influences(terms, hsic):
    """Return the influences on the ratio of rows, or of batches, whose terms average to the three estimates."""
    means = terms.mean(axis=1)
    scale = np.sqrt(means[1] * means[2]) if min(means[1:]) > 0 else np.inf
    relative = (terms - means[:, None])[1:] / np.where(means[1:] > 0, means[1:], np.inf)[:, None]
    return (terms[0] - means[0]) / scale - _ratio(hsic) / 2 * relative.sum(axis=0)


def _over_batches(x, y, size, unbiased):
    """Return the alignment of estimates averaged over batches; the last rows, fewer than a batch, are left out."""
    estimates, totals, nulls, means = [], [], [], []
    for start in range(0, len(x) - size + 1, size):
        a, b = (Alignable(_Batch(layer[start : start + size])) for layer in (x, y))
        products = (_products(a, b), a, b), (a.own, a, a), (b.own, b, b)
        estimates.append([one.hsic(*pair) for one, *pair in products])
        totals.append([one.total for one, *_ in products])
        nulls.append(0.0 if unbiased else _null(a, b, totals[-1]))
        means.append([one.means for one, *_ in products])
    estimates = np.mean(estimates, axis=0)
    hsic = estimates if unbiased else np.mean(totals, axis=0)
    value = _ratio(hsic)
    if np.isnan(value):
        return _constant(x, y, hsic)
    error = _std_error(np.concatenate(means, axis=1), estimates, hsic, len(nulls) * size, size)
    if not unbiased and len(nulls) > 1:  # the squares of single rows, which no product of two rows shows
        error = max(error, float(_influences(np.array(totals).T, hsic).std(ddof=1) / np.sqrt(len(nulls))))
    return Measurement(value, error, float(np.mean(nulls)), 1.0)


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
    rows = y if hsic[1] > 0 else x
    warn(
        f"{rows.name} is constant over all {len(rows)} rows, or a single one of them differs from all others, or all "
        "pairs of them are equally similar: its alignment is undefined",
        ConstantInputWarning,
    )
    return Measurement(np.nan, ceiling=1.0)
