"""Mutual information of binned numbers."""

from numbers import Integral, Real
from typing import Literal

import numpy as np

from skib._columns import (
    adaptive_edges,
    classes_and_numbers,
    digitize,
    quantile_edges,
    spaced_edges,
    uniform_edges,
)
from skib._kernels.counts import joint_codes
from skib._sklearn import BaseEstimator, Interval, StrOptions
from skib._typing import Floats
from skib._validation import check_numeric
from skib._warnings import UnreliableEstimateWarning, warn
from skib.entropy import EntropyMixin
from skib.mutual_info._symbols import ENTROPY_CONSTRAINTS, DiscreteMutualInfoMixin


class Binned(DiscreteMutualInfoMixin, BaseEstimator):
    r"""Mutual information of binned numbers; each row of bin numbers is one symbol.

    .. math:: \hat I(X;Y) = \hat H(b(X)) + \hat H(b(Y)) - \hat H(b(X), b(Y))

    Every column of X is binned by itself. A y of numbers or dates is binned as well; a y of text, bools, categories, or
    numbers on at most sqrt(n_samples) levels contains class labels and is not binned. `given` is treated as y is.

    Parameters
    ----------
    n_bins : int, default=10
        Number of bins per column. More bins lose less to rounding (a downward bias), but the plug-in bias grows with
        their number, exponentially with several columns.
    strategy : {'uniform', 'quantile', 'adaptive'}, default='uniform'
        How the edges are chosen.

        - ``'uniform'``: bins of equal width between the smallest and the largest value.
        - ``'quantile'``: bins of equally many rows, which outliers and monotone maps of single columns do not change.
        - ``'adaptive'``: the bins of [2]_, the same for all columns, with equally many of the *distinct* values that
          occur in any of them, and zeros in a bin of their own. Outliers do not change them, nor does an increasing map
          of all columns that maps 0 to 0.
    range : tuple of (float, float), default=None
        With ``strategy='uniform'``, the ends of the bins for all columns of X, in place of their extremes. Values
        outside belong to the outer bins, and an ``UnreliableEstimateWarning`` counts them. y and `given` keep their own
        ends.
    bin_width : float, default=None
        With ``strategy='uniform'``, the width w of the bins of X, in place of `n_bins`: each is [kw, (k + 1)w) for a
        whole number k, as in [3]_. For y and `given`, `n_bins` remains.
    entropy : entropy estimator, default=None
        Estimator of the entropies, as in :class:`ChainRule`; ``None`` means :class:`skib.entropy.PlugIn`.

    Attributes
    ----------
    mutual_info_ : float
        The estimate, in nats; not clipped at 0.
    pointwise_ : ndarray of shape (n_samples,)
        Information of each row's bins, in nats; the mean is `mutual_info_`.
    std_error_ : float
        Standard error of `mutual_info_`, in nats. It covers neither the plug-in bias nor the choice of the bins.
    ceiling_ : float
        Largest possible estimate on these rows, in nats: min(H(b(X)), H(b(Y))), with `given` both conditional on it.
    saturated_ : bool
        Whether the estimate is saturated: the joint plug-in entropy exceeds 0.9 log(n_samples), because nearly every
        row is a pair of symbols of its own.
    bin_edges_ : list of n_features ndarrays
        Edges of each column: from the smallest value to the largest (``'adaptive'``: of all columns), over `range`, or
        at multiples of `bin_width`. Bins include their lower edge, and the last bin its upper edge, too. A constant
        column has one bin.
    entropy_estimator_ : estimator
        The entropy estimator that was used.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    See Also
    --------
    ChainRule : The same for data that are discrete already.

    Notes
    -----
    Whether one layer of a network has more information than another may depend on the bins alone: report them, and
    compare with permuted labels. If the bins of a few columns distinguish every row from every other, the estimate is
    H(Y) even for labels without any relation to X; a ``SaturatedEstimateWarning`` is then issued.

    Quantiles within tied values are moved to the nearer end of the tie, so that no bin is empty, equal values share a
    bin, and a column of at least two values has at least two bins.

    The bins of the literature on networks: ``Binned(30, range=(-1, 1))`` for tanh [1]_, ``Binned(bin_width=0.07)``
    [3]_, and ``Binned(30, strategy="adaptive")`` [2]_. The published code of [2]_ puts the largest value of a layer
    into a bin of its own, which here belongs to the last bin; and it separates zeros only for activations that are
    never negative, which here are separated always. ``score_features`` bins all columns by the same adaptive edges,
    too.

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

    bin_edges_: list[Floats]

    _parameter_constraints = {
        **ENTROPY_CONSTRAINTS,
        "n_bins": [Interval(Integral, 2, None, closed="left")],
        "strategy": [StrOptions({"uniform", "quantile", "adaptive"})],
        "range": [tuple, list, None],
        "bin_width": [Interval(Real, 0, None, closed="neither"), None],
    }

    def __init__(
        self,
        n_bins: int = 10,
        *,
        strategy: Literal["uniform", "quantile", "adaptive"] = "uniform",
        range: tuple[float, float] | None = None,
        bin_width: float | None = None,
        entropy: EntropyMixin | None = None,
    ) -> None:
        self.n_bins = n_bins
        self.strategy = strategy
        self.range = range
        self.bin_width = bin_width
        self.entropy = entropy

    def _column_codes(self, X, y):
        limits = _check_range(self.range, self.strategy)
        _check_width(self.bin_width, self.strategy, limits)
        x = check_numeric(self, X, y, keep_offsets=limits is not None or self.bin_width is not None)
        self.bin_edges_ = self._edges_of_X(x, limits)
        return [digitize(column, edges) for column, edges in zip(x.T, self.bin_edges_, strict=True)]

    def _target_codes(self, y, n_samples, name):
        codes, numbers = classes_and_numbers(y, n_samples, name)
        edges = self._edges(numbers) if numbers.size else []
        return joint_codes([codes, *(digitize(column, cut) for column, cut in zip(numbers.T, edges, strict=True))])

    def _edges_of_X(self, x, limits):
        if limits is not None:
            _warn_outside(x, *limits)
            return [uniform_edges(*limits, self.n_bins)] * x.shape[1]
        if self.bin_width is not None:
            return [spaced_edges(column, self.bin_width) for column in x.T]
        return self._edges(x)

    def _edges(self, x):
        """Return the edges of each column, by the strategy alone."""
        if self.strategy == "adaptive":
            return [adaptive_edges(x, self.n_bins)] * x.shape[1]
        if self.strategy == "quantile":
            return [quantile_edges(column, self.n_bins) for column in x.T]
        return [uniform_edges(column.min(), column.max(), self.n_bins) for column in x.T]


def _check_range(range, strategy):
    """Validate the parameter `range` against `strategy`, and return it as two floats, or None."""
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
            f"range=({low:g}, {high:g}) and belong to the outer bins; widen the range or leave it out",
            UnreliableEstimateWarning,
        )
