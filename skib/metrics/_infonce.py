"""The InfoNCE bound of paired embeddings, without training anything."""

from typing import Literal

import numpy as np
from scipy.optimize import minimize_scalar

from skib._parallel import blocks
from skib._statistics import SATURATION
from skib._typing import TableLike
from skib._validation import check_target
from skib._warnings import SaturatedEstimateWarning, warn
from skib.metrics._measurement import Measurement

# Similarities that are held at once: 32 MB.
_BLOCK = 2**22
# Rows that the temperature is fitted to, of which the similarities are held.
_ROWS_OF_FIT = 1024
# Range of temperatures, relative to the spread of the similarities.
_LOG_TEMPERATURES = (-8.0, 8.0)


def infonce_bound(
    X: TableLike,
    Y: TableLike,
    *,
    similarity: Literal["cosine", "dot", "euclidean"] = "cosine",
    temperature: float | None = None,
) -> Measurement:
    r"""Bound the information between paired embeddings from below by their similarities.

    With :math:`s_{ij}` the similarity of row i of X and row j of Y over the temperature, the bound is

    .. math:: \log n + \frac1n \sum_i \Bigl(s_{ii} - \tfrac12 \log \sum_j e^{s_{ij}}
              - \tfrac12 \log \sum_j e^{s_{ji}}\Bigr) \le \log n,

    the mean of the bounds in both directions: log(n) less the contrastive loss of CLIP with all rows in one batch.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_units)
        Embeddings.
    Y : array-like of shape (n_samples, n_units)
        Their partners, row by row, such as texts for images or two views.
    similarity : {"cosine", "dot", "euclidean"}, default="cosine"
        The cosine, the scalar product, or minus the squared distance.
    temperature : float, default=None
        What similarities are divided by: that of the training. ``None`` takes the temperature with the largest bound on
        (at most 1024 of) these rows, one number, which raises the bound by about 1 / 2n.

    Returns
    -------
    bound : Measurement
        The bound in nats; not clipped, so it may fall below 0. The ceiling is log(n_samples); the null is the mean over
        wrong pairs.

    See Also
    --------
    skib.mutual_info.ContrastiveBound : A bound of a classifier that is trained to tell pairs from shuffled ones.

    Notes
    -----
    A ``SaturatedEstimateWarning`` is issued beyond 90 % of log(n_samples): more rows then give more. Repeated rows are
    each other's negatives and lower the bound. Time grows with the square of n_samples; memory does not.

    References
    ----------
    .. [1] A. van den Oord, Y. Li, O. Vinyals, "Representation learning with contrastive predictive coding",
       arXiv:1807.03748, 2018, section 2.3.
    .. [2] B. Poole et al., "On variational bounds of mutual information", ICML 2019, section 2.3.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.metrics import infonce_bound
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(1000, 8))
    >>> y = 0.8 * x + 0.6 * rng.normal(size=(1000, 8))  # 8 times 0.51 nats
    >>> 2.5 < infonce_bound(x, y).value < 8 * 0.51
    True
    >>> abs(infonce_bound(x, rng.permutation(y)).value) < 0.01
    True
    """
    x, y = _check(X, Y, similarity, temperature)
    if temperature is None:
        temperature = _best_temperature(x, y, similarity)
    of_rows, of_columns = _log_sums(x, y, similarity, temperature)
    own, others, shares = _sums(x, y, similarity, temperature, of_rows, of_columns)
    n_samples = len(x)
    terms = np.log(n_samples) + own - (of_rows + of_columns) / 2
    value = float(terms.mean())
    null = np.log(n_samples) + others - (of_rows + of_columns).mean() / 2
    _warn_if_saturated(value, n_samples)
    error = float((terms - shares).std(ddof=1) / np.sqrt(n_samples))
    return Measurement(value, error, float(null), float(np.log(n_samples)))


def _check(x, y, similarity, temperature):
    if similarity not in _SIMILARITIES:
        raise ValueError(f"similarity must be one of {sorted(_SIMILARITIES)}, got {similarity!r}")
    if temperature is not None and not 0 < temperature < np.inf:
        raise ValueError(f"temperature must be positive and finite, got {temperature!r}")
    x, y = check_target(x, len(x), "X"), check_target(y, len(x), "Y")
    if x.shape != y.shape:
        raise ValueError(f"Y has shape {y.shape}; embeddings are compared unit by unit, so pass the shape {x.shape}")
    if len(x) < 3:
        raise ValueError(f"infonce_bound needs at least 3 rows, got n_samples = {len(x)}; pass more rows")
    if similarity == "cosine":
        return _directions("X", x), _directions("Y", y)
    if similarity == "euclidean":
        x, y = x - x.mean(axis=0), y - x.mean(axis=0)  # small coordinates, so that squares are not rounded
    if temperature is not None:  # which is in the units of the similarities
        return x, y
    units = _unit(x), _unit(y)
    return (x / max(units), y / max(units)) if similarity == "euclidean" else (x / units[0], y / units[1])


def _unit(x):
    """Return the power of two near the largest value, by which similarities stay in range and nothing is rounded."""
    return np.exp2(np.frexp(np.abs(x).max())[1])


def _directions(name, x):
    x = x / np.maximum(np.abs(x).max(axis=1, keepdims=True), np.finfo(float).tiny)
    lengths = np.sqrt(np.einsum("ij,ij->i", x, x))
    if not lengths.all():
        raise ValueError(
            f"row {int(np.argmin(lengths))} of {name} is 0, which has no direction; leave it out, or pass "
            "similarity='euclidean'"
        )
    return x / lengths[:, None]


def _minus_squared_distances(x, y):
    return 2 * x @ y.T - np.einsum("ij,ij->i", x, x)[:, None] - np.einsum("ij,ij->i", y, y)


def _products(x, y):
    return x @ y.T


_SIMILARITIES = {"cosine": _products, "dot": _products, "euclidean": _minus_squared_distances}


def _best_temperature(x, y, similarity):
    """Return the temperature of the largest bound on the first rows."""
    similarities = _SIMILARITIES[similarity](x[:_ROWS_OF_FIT], y[:_ROWS_OF_FIT])
    spread = similarities.std()
    if not spread > 0:
        return 1.0
    scaled = (similarities - similarities.mean()) / spread

    def loss(log_temperature):
        s = scaled * np.exp(-log_temperature)
        return np.mean((_log_sum(s, 1) + _log_sum(s, 0)) / 2 - np.diag(s))

    best = minimize_scalar(loss, bounds=_LOG_TEMPERATURES, method="bounded", options={"xatol": 1e-3})
    return spread * np.exp(best.x)


def _log_sums(x, y, similarity, temperature):
    """Return the log sums of exponentials of the rows and of the columns of the similarities."""
    of_rows, of_columns = np.empty(len(x)), np.full(len(x), -np.inf)
    for rows in blocks(len(x), max(1, _BLOCK // len(x))):
        s = _SIMILARITIES[similarity](x[rows], y) / temperature
        of_rows[rows] = _log_sum(s, 1)
        of_columns = np.logaddexp(of_columns, _log_sum(s, 0))
    return of_rows, of_columns


def _sums(x, y, similarity, temperature, of_rows, of_columns):
    """Return the similarities of the pairs, the mean of the others, and the share of each row in all log sums."""
    own, total, shares = np.empty(len(x)), 0.0, np.zeros(len(x))
    for rows in blocks(len(x), max(1, _BLOCK // len(x))):
        s = _SIMILARITIES[similarity](x[rows], y) / temperature
        own[rows] = s[np.arange(len(s)), np.arange(rows.start, rows.start + len(s))]
        total += s.sum()
        shares += np.exp(s - of_rows[rows, None]).sum(axis=0) / 2
        shares[rows] += np.exp(s - of_columns).sum(axis=1) / 2
    return own, (total - own.sum()) / (len(x) * (len(x) - 1)), shares


def _log_sum(s, axis):
    peak = s.max(axis=axis, keepdims=True)
    return np.log(np.exp(s - peak).sum(axis=axis)) + peak.squeeze(axis)


def _warn_if_saturated(value, n_samples):
    if value > SATURATION * np.log(n_samples):
        warn(
            f"the bound of {value:.2f} nats is near log({n_samples}) = {np.log(n_samples):.2f}, the most that as many "
            "rows allow; pass more rows",
            SaturatedEstimateWarning,
        )
