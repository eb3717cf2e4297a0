"""Bins of numbers that keep the most information about classes."""

import math
from numbers import Integral

import numpy as np
from numpy.typing import NDArray

from skib._sklearn import BaseEstimator, Interval
from skib._typing import Floats
from skib.preprocessing._bins import best_bins
from skib.preprocessing._grouping import GroupingMixin, group_of_prior


class IBDiscretizer(GroupingMixin, BaseEstimator):
    r"""Bins of each numeric column that keep the most information about the classes of y.

    .. math:: \max_{b} \; I(b(X); Y)

    over all partitions b of the values of a column into at most `n_bins` intervals, for the plug-in information of the
    training rows: the deterministic information bottleneck, with bins for clusters. Dynamic programming finds the
    maximum, and not only a good partition.

    Parameters
    ----------
    n_bins : int, default=5
        Largest number of bins per column. More bins lose less information on the training rows, but fit their noise
        more closely.

    Attributes
    ----------
    bin_edges_ : list of n_features ndarrays
        Edges of each column, from the smallest value to the largest. An inner edge is midway between two values and
        belongs to the bin above it. Dates and durations have edges of their own type.
    missing_bins_ : ndarray of shape (n_features,)
        The bin of missing values: one of their own, after the others, if there are some in the training rows; else the
        bin of the prior, whose classes are distributed most as those of all rows.
    mutual_info_ : ndarray of shape (n_features,)
        Plug-in information of the bins of each column about y, in nats.
    loss_ : ndarray of shape (n_features,)
        Information about y in the values of each column that their bins do not keep, in nats: the plug-in I(X;Y) of all
        distinct values, minus `mutual_info_`.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    Warns
    -----
    ConstantInputWarning
        If a column has one value only, or none, or y a single class.

    See Also
    --------
    IBCategoryGrouper : Groups of categories, whose values have no order.
    skib.mutual_info.Binned : Mutual information of bins that do not depend on y.
    sklearn.preprocessing.KBinsDiscretizer : Bins of equal width or of equally many rows.

    Notes
    -----
    With 2 bins the edge is that of the first split of a decision tree of criterion ``"entropy"``. With more, the edges
    of a tree are a greedy choice, which loses at least as much.

    Both attributes in nats are about the training rows, and increase with the number of distinct values as every
    plug-in estimate does. Values of which no two are equal distinguish all rows, so that their information is H(Y) and
    `loss_` is H(Y|b(X)): compare columns by `mutual_info_` then. Choose `n_bins` by cross-validation of what follows.

    The maximum is certain for up to about 6000 distinct values between which the distribution of the classes changes
    (fewer with many classes or bins), and for two bins. For more values the edges are the best among about 2000 of
    equal mass, and each of them is then moved to its best place until none can be improved by itself.

    The time is quadratic in the number of these values, and does not depend on n_samples otherwise.

    References
    ----------
    .. [1] D. J. Strouse, D. J. Schwab, "The deterministic information bottleneck", Neural Computation 29, 2017,
       equation 6, here with :math:`\beta \to \infty` and a bounded number of clusters.
    .. [2] U. M. Fayyad, K. B. Irani, "On the handling of continuous-valued attributes in decision tree generation",
       Machine Learning 8, 1992.
    .. [3] T. Elomaa, J. Rousu, "General and efficient multisplitting of numerical attributes", Machine Learning 36,
       1999.

    Examples
    --------
    The class is that of the outer values, which no single edge can separate.

    >>> import numpy as np
    >>> from skib.preprocessing import IBDiscretizer
    >>> x = np.linspace(-2, 2, 401)
    >>> discretizer = IBDiscretizer(n_bins=3).fit(x[:, None], abs(x) > 1)
    >>> discretizer.bin_edges_[0].round(3).tolist()
    [-2.0, -1.005, 1.005, 2.0]
    >>> float(discretizer.loss_[0])
    0.0
    >>> discretizer.transform([[-1.5], [0.0], [3.0]]).tolist()
    [[0], [1], [2]]
    """

    bin_edges_: list[NDArray[np.generic]]
    missing_bins_: NDArray[np.int64]
    mutual_info_: Floats
    loss_: Floats

    _parameter_constraints = {"n_bins": [Interval(Integral, 2, None, closed="left")]}

    def __init__(self, n_bins: int = 5) -> None:
        self.n_bins = n_bins

    def _begin(self):
        self.bin_edges_, self.missing_bins_ = [], np.empty(0, np.int64)

    def _group(self, column, tally):
        _require_order(column, column.kind)
        masses = tally.masses[: len(tally.values)]
        bounds = best_bins(masses, self.n_bins) if len(masses) else np.zeros(1, np.int64)
        groups = np.concatenate([np.add.reduceat(masses, bounds[:-1]), tally.masses[len(masses) :]])
        missing = len(groups) - 1 if tally.any_missing else group_of_prior(groups)
        self.bin_edges_.append(_edges(tally.values, bounds))
        self.missing_bins_ = np.append(self.missing_bins_, missing)
        return groups

    def _codes(self, j, column):
        edges = self.bin_edges_[j]
        codes = np.full(len(column.complete), self.missing_bins_[j])
        if len(column.values):
            if len(edges):
                _require_order(column, {"M": "date", "m": "duration"}.get(edges.dtype.kind, "number"))
            codes[column.complete] = np.searchsorted(edges[1:-1], _comparable(column.values, edges), side="right")
        return codes


def _comparable(values, edges):
    """Return the values as integers if the edges are integers, which comparisons as floats would round."""
    if edges.dtype.kind not in "iu" or values.dtype == edges.dtype:
        return values
    limits = np.iinfo(edges.dtype)
    return np.array([min(max(math.floor(value), limits.min), limits.max) for value in values.tolist()], edges.dtype)


def _require_order(column, kind):
    """Refuse categories, and another kind of values than was fitted."""
    if column.kind == "category":
        raise ValueError(
            f"{column.where} holds text, bools or categories (first {column.values[0]!r}), which have no order; use "
            "skib.preprocessing.IBCategoryGrouper for them"
        )
    if column.kind != kind:
        raise ValueError(f"{column.where} holds a {column.kind} per row, but a {kind} when it was fitted")


def _edges(values, bounds):
    """Return the smallest value, the middle between the values on both sides of each inner bound, and the largest."""
    if not len(values):
        return values
    low, high = values[bounds[1:-1] - 1], values[bounds[1:-1]]
    if values.dtype.kind == "f":
        middle = low / 2 + high / 2  # which cannot overflow
    else:
        ticks = [v if v.dtype.kind in "iu" else v.view(np.int64) for v in (low, high)]
        middle = (sum(t // 2 for t in ticks) + sum(t % 2 for t in ticks) // 2).view(values.dtype)
    return np.r_[values[:1], np.where(middle > low, middle, high), values[-1:]]
