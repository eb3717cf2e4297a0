"""Mutual information of numbers that are cut into bins."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator

from skib._columns import adaptive_edges, digitize, quantile_edges, spaced_edges, uniform_edges
from skib._kernels.counts import joint_codes
from skib._sklearn import Interval, StrOptions
from skib._validation import check_numeric, check_target, target_codes
from skib._warnings import UnreliableEstimateWarning, warn
from skib.mutual_info._entropy_difference import is_continuous
from skib.mutual_info._symbols import DiscreteMutualInfoMixin


class Binned(DiscreteMutualInfoMixin, BaseEstimator):
    r"""Mutual information of numbers cut into bins, the row of bin numbers being one symbol.

    .. math:: \hat I(X;Y) = \hat H(b(X)) + \hat H(b(Y)) - \hat H(b(X), b(Y))

    Every column of X is cut by itself. A y of floats (or dates) is cut as well; a y of integers, bools, strings or
    categories holds class labels and stays as it is, and `given` is treated as y is.

    Parameters
    ----------
    n_bins : int, default=10
        Bins per column. More bins lose less to rounding (a downward bias), but the plug-in bias grows with their
        number, with several columns exponentially.
    strategy : {'uniform', 'quantile', 'adaptive'}, default='uniform'
        Bins of equal width between the smallest and largest value, or of equally many rows, or those of [2]_: the same
        for all columns, with equally many of the *distinct* values that occur in any of them, and zeros in a bin of
        their own. Quantiles are unmoved by outliers and by monotone maps of single columns, adaptive bins by outliers
        and by an increasing map of all columns that leaves 0 where it is.
    range : tuple of (float, float), default=None
        With ``strategy='uniform'``, the ends of the bins for all columns of X, in place of their extremes. Values
        outside go to the outer bins, which an ``UnreliableEstimateWarning`` counts. y and `given` keep their own.
    bin_width : float, default=None
        With ``strategy='uniform'``, the width w of the bins of X, in place of `n_bins`: each is [kw, (k + 1)w) for a
        whole number k, as in [3]_. y and `given` keep `n_bins`.
    entropy : entropy estimator, default=None
        As in :class:`ChainRule`; ``None`` means :class:`skib.entropy.PlugIn`.

    Attributes
    ----------
    mutual_info_ : float
        The estimate, in nats; not clipped at 0.
    pointwise_ : ndarray of shape (n_samples,)
        Information of each row's bins, in nats; the mean is `mutual_info_`.
    std_error_ : float
        Standard error of `mutual_info_`, in nats. It covers neither the plug-in bias nor the choice of the bins.
    ceiling_ : float
        min(H(b(X)), H(b(Y))), with `given` both conditional on it, in nats.
    saturated_ : bool
        Whether nearly every row is a pair of symbols of its own: the joint plug-in entropy exceeds
        0.9 log(n_samples).
    bin_edges_ : list of n_features ndarrays
        Edges of each column, from the smallest value to the largest (``'adaptive'``: of all columns), over `range`, or
        at multiples of `bin_width`. Bins hold their lower edge, the last one also its upper edge. A constant column has
        one bin.
    entropy_estimator_ : estimator
        The entropy estimator that was used.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, where X has them.

    See Also
    --------
    ChainRule : The same for data that are discrete already.

    Notes
    -----
    Whether one layer of a network has more information than another may depend on the bins alone: report them, and
    compare with shuffled labels. As soon as a few columns tell every row from every other, the estimate is H(Y) even
    for labels without any relation to X; a ``SaturatedEstimateWarning`` says so.

    Quantiles that fall on tied values move to the nearer end of the tie, so no bin is empty, values that are equal
    share a bin, and a column with two values or more keeps two bins or more.

    The bins of the literature on networks: ``Binned(30, range=(-1, 1))`` for tanh [1]_, ``Binned(bin_width=0.07)``
    [3]_, and ``Binned(30, strategy="adaptive")`` [2]_. The published code of [2]_ gives the largest value of a layer a
    bin of its own, where here it shares the last; and it sets zeros apart for activations that are never negative,
    where here they are for any. ``score_features`` cuts all columns by the same adaptive bins, too.

    References
    ----------
    .. [1] R. Shwartz-Ziv, N. Tishby, "Opening the black box of deep neural networks via information",
       arXiv:1703.00810, 2017.
    .. [2] I. Chelombiev, C. Houghton, C. O'Donnell, "Adaptive estimators show information compression in deep neural
       networks", ICLR 2019.
    .. [3] A. M. Saxe et al., "On the information bottleneck theory of deep learning", ICLR 2018.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.mutual_info import Binned
    >>> x = np.linspace(0, 1, 1000)
    >>> round(Binned(n_bins=4).fit(x[:, None], x > 0.5).mutual_info_, 4)  # log 2
    0.6931
    """

    _parameter_constraints = {
        **DiscreteMutualInfoMixin._parameter_constraints,
        "n_bins": [Interval(Integral, 2, None, closed="left")],
        "strategy": [StrOptions({"uniform", "quantile", "adaptive"})],
        "range": [tuple, list, None],
        "bin_width": [Interval(Real, 0, None, closed="neither"), None],
    }

    def __init__(self, n_bins=10, *, strategy="uniform", range=None, bin_width=None, entropy=None):
        self.n_bins = n_bins
        self.strategy = strategy
        self.range = range
        self.bin_width = bin_width
        self.entropy = entropy

    def _column_codes(self, X, y):
        limits = _check_range(self.range, self.strategy)
        _check_width(self.bin_width, self.strategy, limits)
        x = check_numeric(self, X, y)
        self.bin_edges_ = self._edges_of_X(x, limits)
        return [digitize(column, edges) for column, edges in zip(x.T, self.bin_edges_, strict=True)]

    def _target_codes(self, y, n_samples, name):
        if not is_continuous(y):
            return target_codes(y, n_samples, name)
        y = check_target(y, n_samples, name)
        return joint_codes(digitize(column, edges) for column, edges in zip(y.T, self._edges(y), strict=True))

    def _edges_of_X(self, x, limits):
        if limits is not None:
            _warn_outside(x, *limits)
            return [uniform_edges(*limits, self.n_bins)] * x.shape[1]
        if self.bin_width is not None:
            return [spaced_edges(column, self.bin_width) for column in x.T]
        return self._edges(x)

    def _edges(self, x):
        """The edges of each column, by the strategy alone."""
        if self.strategy == "adaptive":
            return [adaptive_edges(x, self.n_bins)] * x.shape[1]
        if self.strategy == "quantile":
            return [quantile_edges(column, self.n_bins) for column in x.T]
        return [uniform_edges(column.min(), column.max(), self.n_bins) for column in x.T]


def _check_range(range, strategy):
    """Validate the parameter `range` against `strategy`; returns it as two floats, or None."""
    if range is None:
        return None
    if strategy != "uniform":
        raise ValueError(f"range={range!r} needs strategy='uniform', got strategy={strategy!r}; leave range out")
    if (
        len(range) != 2
        or not all(isinstance(end, Real) and np.isfinite(end) for end in range)
        or not range[0] < range[1]
    ):
        raise ValueError(f"range must be two finite numbers (low, high) with low < high, got {range!r}")
    return float(range[0]), float(range[1])


def _check_width(width, strategy, limits):
    """Refuse a parameter `bin_width` together with others that it replaces."""
    if width is not None and (strategy != "uniform" or limits is not None):
        raise ValueError(
            f"bin_width={width!r} needs strategy='uniform' and no range, got strategy={strategy!r} and range={limits}; "
            "leave one of them out"
        )


def _warn_outside(x, low, high):
    outside = (x < low) | (x > high)
    if outside.any():
        warn(
            f"{outside.sum()} of {x.size} values of X, in {outside.any(axis=1).sum()} of {len(x)} rows, lie outside "
            f"range=({low:g}, {high:g}) and go to the outer bins; widen the range or leave it out",
            UnreliableEstimateWarning,
        )
