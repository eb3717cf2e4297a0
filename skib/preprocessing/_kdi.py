"""The kernel density integral transform, between ranks and the values themselves, and bins cut at its valleys."""

from numbers import Real
from typing import Any, NamedTuple, Self

import numpy as np
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted

from skib._columns import check_incomplete
from skib._sklearn import BaseEstimator, Interval, OneToOneFeatureMixin, TransformerMixin, fit_context
from skib._typing import Floats, TableLike
from skib.preprocessing._smoothed import Smoothed, smoothed

# Bandwidths above this multiple of the range: the kernel is so flat that the transform is a straight line to the last
# digits, and differences of the distribution function would lose more of them.
_STRAIGHT = 1e3
_RANGE = np.array([0.0, 1.0])
_STRAIGHT_LINE = _RANGE, _RANGE


class KDITransformer(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    r"""Kernel density integral transform: a compromise between ranks and min-max scaling, column by column.

    .. math::
        T(x) = \frac{F_h(x) - F_h(x_{\min})}{F_h(x_{\max}) - F_h(x_{\min})}, \qquad h = \alpha \hat\sigma,

    where :math:`F_h` is the distribution function of a kernel density estimate of bandwidth h, and
    :math:`\hat\sigma` the standard deviation of the column. T is strictly increasing between the smallest and the
    largest training value, which become 0 and 1.

    Parameters
    ----------
    alpha : float, default=1.0
        Bandwidth in standard deviations of the column. A small one follows the ranks, 0 is the quantile transform; a
        large one keeps the distances, ``np.inf`` is min-max scaling.

    Attributes
    ----------
    data_min_ : ndarray of shape (n_features,)
        Smallest value of each column, NaN if it has none.
    data_max_ : ndarray of shape (n_features,)
        Largest value of each column.
    bandwidth_ : ndarray of shape (n_features,)
        Bandwidth h of each column in its own units, the standard deviation of the kernel.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    See Also
    --------
    KDIDiscretizer : Bins between the valleys of the density of T.
    sklearn.preprocessing.QuantileTransformer : The limit of small bandwidths.
    sklearn.preprocessing.MinMaxScaler : The limit of large bandwidths.

    Notes
    -----
    The kernel is :math:`K(u) \propto \sum_{j=0}^{4} |u|^j / j! \, e^{-|u|}` scaled to unit variance, which resembles a
    Gaussian. Its sums over all rows follow from running moments, exactly and in the time that sorting takes [2]_.

    Missing values (NaN, None, null) are left out in ``fit`` and stay NaN in ``transform``. New values outside of the
    training range become 0 or 1. The values of a constant column become 0.

    T is invariant to increasing affine maps of a column, and for small alpha nearly to any increasing map.

    References
    ----------
    .. [1] C. McCarter, "The kernel density integral transformation", Transactions on Machine Learning Research, 2023,
       equation 2.
    .. [2] D. P. Hofmeyr, "Fast exact evaluation of univariate kernel sums", IEEE Transactions on Pattern Analysis and
       Machine Intelligence 43, 2021.

    Examples
    --------
    A gap is kept, as by min-max scaling, and an outlier compresses the other values little, as with ranks.

    >>> import numpy as np
    >>> from skib.preprocessing import KDITransformer
    >>> x = np.array([0.0, 1.0, 2.0, 10.0, 11.0, 12.0, 60.0])[:, None]
    >>> KDITransformer(0.2).fit_transform(x).ravel().round(2).tolist()
    [0.0, 0.06, 0.11, 0.56, 0.62, 0.67, 1.0]
    """

    data_min_: Floats
    data_max_: Floats
    bandwidth_: Floats

    _parameter_constraints = {"alpha": [Interval(Real, 0, None, closed="both")]}

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = alpha

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: TableLike, y: object = None) -> Self:
        """Estimate the density of each column.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The rows. Cells may be missing.
        y : None
            Ignored.

        Returns
        -------
        self : KDITransformer
            The fitted transformer.
        """
        columns = _numbers(self, X, reset=True)
        self._curves = [curve_of(column, self.alpha) for column in columns]
        self.data_min_ = np.array([curve.low for curve in self._curves])
        self.data_max_ = np.array([curve.high for curve in self._curves])
        self.bandwidth_ = np.array([curve.bandwidth for curve in self._curves])
        return self

    def transform(self, X: TableLike) -> Floats:
        """Transform each column.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The rows. Cells may be missing.

        Returns
        -------
        levels : ndarray of shape (n_samples, n_features)
            T of the values, between 0 and 1; NaN where they are missing.
        """
        check_is_fitted(self)
        columns = _numbers(self, X, reset=False)
        return np.column_stack([curve.levels(x) for curve, x in zip(self._curves, columns, strict=True)])

    def inverse_transform(self, X: TableLike) -> Floats:
        """Return the values that have the levels T.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Levels; those outside of 0 to 1 count as the nearest of these, and NaN stays.

        Returns
        -------
        values : ndarray of shape (n_samples, n_features)
            Values of the columns, within the training range.
        """
        check_is_fitted(self)
        levels = check_array(X, dtype=np.float64, ensure_all_finite="allow-nan", input_name="X")
        if levels.shape[1] != self.n_features_in_:
            raise ValueError(
                f"X has {levels.shape[1]} features, but {type(self).__name__} is expecting {self.n_features_in_} "
                "features as input"
            )
        return np.column_stack([curve.values(t) for curve, t in zip(self._curves, levels.T, strict=True)])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


class Curve(NamedTuple):
    """The transform of one column: a straight line from `low` to `high`, and then a distribution function."""

    low: float
    high: float
    bandwidth: float
    bends: Smoothed | tuple[Floats, Floats]  # of the share of the range, or points and levels

    def levels(self, x):
        """Return T of the values, NaN for NaN."""
        shares = _shares(np.clip(x, self.low, self.high), self.low, self.high)
        if not isinstance(self.bends, Smoothed):
            return np.interp(shares, *self.bends)
        start, end, levels = np.split(self.bends.distribution(np.concatenate([_RANGE, shares])), [1, 2])
        return np.where(np.isnan(x), np.nan, np.clip((levels - start) / (end - start), 0.0, 1.0))

    def values(self, levels):
        """Return the values of levels T, NaN for NaN."""
        if isinstance(self.bends, Smoothed):
            start, end = self.bends.distribution(_RANGE)
            shares = self.bends.quantiles(start + np.nan_to_num(levels) * (end - start))
        else:
            shares = np.interp(levels, *self.bends[::-1])
        return np.where(np.isnan(levels), np.nan, self.low * (1 - shares) + self.high * shares)


def curve_of(values, alpha):
    """Return the transform of the values of one column, of which some may be NaN."""
    values = values[~np.isnan(values)]
    if not len(values):
        return Curve(np.nan, np.nan, np.nan, _STRAIGHT_LINE)
    low, high = float(values.min()), float(values.max())
    shares = _shares(values, low, high)
    bandwidth = alpha * shares.std() if shares.any() else 0.0
    return Curve(low, high, float(bandwidth * (high / 2 - low / 2) * 2), _bends(shares, bandwidth))


def _bends(shares, bandwidth):
    if not shares.any() or bandwidth > _STRAIGHT:
        return _STRAIGHT_LINE
    if bandwidth > 0:
        return smoothed(shares, bandwidth)
    points, counts = np.unique(shares, return_counts=True)
    middles = np.cumsum(counts) - counts / 2
    return points, (middles - middles[0]) / (middles[-1] - middles[0])


def _shares(values, low, high):
    """Return where in the range each value lies, from 0 to 1; halves and powers of two keep the range of floats."""
    if not low < high:
        return np.where(np.isnan(values), np.nan, 0.0 * values)
    exponent = np.frexp(max(abs(low), abs(high)))[1]
    values, low, high = np.ldexp(values, -exponent), np.ldexp(low, -exponent), np.ldexp(high, -exponent)
    return (values - low) / (high - low)


def _numbers(estimator, X, *, reset):
    """Read the columns of a table as float64, NaN where a value is missing."""
    columns = check_incomplete(estimator, X, reset=reset)
    return [_number(estimator, column) for column in columns]


def _number(estimator, column):
    if column.kind != "number":
        raise ValueError(
            f"{column.where} holds a {column.kind} per row, but {type(estimator).__name__} needs numbers; leave the "
            "column out, or convert it to numbers"
        )
    values = np.full(len(column.complete), np.nan)
    values[column.complete] = column.values
    return values
