"""Groups of categories that keep the most information about classes."""

from numbers import Integral, Real
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from skib._columns import as_keys, distinct, require_like_keys
from skib._sklearn import BaseEstimator, Interval, StrOptions
from skib._typing import Floats
from skib._warnings import UnreliableEstimateWarning, warn
from skib.preprocessing._grouping import GroupingMixin, group_of_prior
from skib.preprocessing._level_groups import best_groups, joined
from skib.preprocessing._shrinkage import pseudo_rows, shrunken


class IBCategoryGrouper(GroupingMixin, BaseEstimator):
    r"""Groups of the categories of each column that keep the most information about the classes of y.

    .. math:: \max_{g} \; I(g(X); Y)

    over all maps g of the categories to at most `n_groups` groups: the deterministic information bottleneck of p(x, y),
    where a category of few rows has its classes shrunken towards those of all rows. For a y of two classes the maximum
    is found, by dynamic programming over the categories sorted by their share of a class. For more classes the groups
    are those of :class:`~skib.bottleneck.SequentialIB`, a local optimum.

    Parameters
    ----------
    n_groups : int, default=5
        Largest number of groups per column. More groups lose less information on the training rows, but fit their noise
        more closely.
    smooth : "auto" or float, default="auto"
        Pseudo-rows m of each category, as in :class:`~sklearn.preprocessing.TargetEncoder`. Of its n rows, :math:`n_y`
        have class y, and its share of y is taken for :math:`(n_y + m p(y)) / (n + m)`. More of them keep categories of
        few rows from the groups at both ends, into which their noise would bring them. 0 maximizes the plug-in
        information of the training rows. With "auto", m is estimated by moments from how much categories differ; if
        they differ less than independent rows would on average, all are one group.

    Attributes
    ----------
    mapping_ : list of n_features dicts
        The group of each category of each column; the key None stands for missing values, if there were some. Groups
        are numbered by the share of the second of two classes, otherwise by falling weight.
    unseen_groups_ : ndarray of shape (n_features,)
        The group of categories that the training rows do not have, and of missing values if these have none: that of
        the prior, whose classes are distributed most as those of all rows.
    mutual_info_ : ndarray of shape (n_features,)
        Plug-in information of the groups of each column about y, in nats.
    loss_ : ndarray of shape (n_features,)
        Information about y in the categories of each column that their groups do not keep, in nats: the plug-in I(X;Y)
        minus `mutual_info_`.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    Warns
    -----
    ConstantInputWarning
        If a column has one value only, or none, or y a single class.
    UnreliableEstimateWarning
        If most rows are alone in their category.

    See Also
    --------
    IBDiscretizer : Bins of numbers, whose values have an order.
    skib.bottleneck.SequentialIB : The solver for more than two classes.
    sklearn.preprocessing.TargetEncoder : One number per category.

    Notes
    -----
    Every distinct value is a category, numbers and dates included. 1, 1.0 and True are equal; text such as "1" is not,
    and a column of text is refused where numbers were fitted, as numbers are where text was. A missing value is a
    category of its own, which is grouped as any other.

    Both attributes in nats are about the training rows, without shrinkage. Many categories of few rows have a large
    plug-in information by chance alone, of which `loss_` is the greater part where groups do not follow the noise.
    Choose `n_groups` by cross-validation of what follows.

    References
    ----------
    .. [1] B. M. Kurkoski, H. Yagi, "Quantization of binary-input discrete memoryless channels", IEEE Transactions on
       Information Theory 60, 2014, section III.
    .. [2] N. Slonim, N. Friedman, N. Tishby, "Unsupervised document classification using sequential information
       maximization", SIGIR 2002.
    .. [3] D. Micci-Barreca, "A preprocessing scheme for high-cardinality categorical attributes in classification and
       prediction problems", SIGKDD Explorations 3, 2001, equations 3 to 5.

    Examples
    --------
    Four towns with two rates of a binary class are two groups, and nothing is lost.

    >>> from skib.preprocessing import IBCategoryGrouper
    >>> towns = ["Oslo", "Rome", "Bonn", "Cork"] * 2
    >>> y = [1, 0, 1, 0] + [1, 1, 1, 1]
    >>> grouper = IBCategoryGrouper(n_groups=2, smooth=0).fit([[town] for town in towns], y)
    >>> grouper.mapping_
    [{'Oslo': 1, 'Rome': 0, 'Bonn': 1, 'Cork': 0}]
    >>> float(grouper.loss_[0])
    0.0
    """

    mapping_: list[dict[Any, int]]
    unseen_groups_: NDArray[np.int64]
    mutual_info_: Floats
    loss_: Floats

    _parameter_constraints = {
        "n_groups": [Interval(Integral, 2, None, closed="left")],
        "smooth": [StrOptions({"auto"}), Interval(Real, 0, None, closed="left")],
    }

    def __init__(self, n_groups: int = 5, *, smooth: float | Literal["auto"] = "auto") -> None:
        self.n_groups = n_groups
        self.smooth = smooth

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        return tags

    def _begin(self):
        self.mapping_, self.unseen_groups_ = [], np.empty(0, np.int64)

    def _group(self, column, tally):
        _warn_of_identifiers(column, tally)
        group_of = self._groups_of(tally.masses)
        groups = joined(tally.masses, group_of)
        keys = [*as_keys(tally.values), *[None] * tally.any_missing]
        self.mapping_.append(dict(zip(keys, group_of.tolist(), strict=True)))
        self.unseen_groups_ = np.append(self.unseen_groups_, group_of_prior(groups))
        return groups

    def _groups_of(self, masses):
        smooth = pseudo_rows(masses) if self.smooth == "auto" else self.smooth
        if np.isinf(smooth):
            return np.zeros(len(masses), np.int64)
        return best_groups(shrunken(masses, smooth) if smooth else masses, self.n_groups)

    def _codes(self, j, column):
        mapping, unseen = self.mapping_[j], self.unseen_groups_[j]
        codes = np.full(len(column.complete), mapping.get(None, unseen), np.int64)
        if len(column.values):
            levels, level_of = distinct(column.values)
            keys = as_keys(levels)
            require_like_keys(column.where, keys, mapping)
            groups = np.array([mapping.get(key, unseen) for key in keys], np.int64)
            codes[column.complete] = groups[level_of]
        return codes


def _warn_of_identifiers(column, tally):
    n_single = int(np.sum(tally.n_rows == 1))
    if 2 * n_single > len(column.complete):
        warn(
            f"{column.where} has {n_single} categories of a single row, of {len(column.complete)} rows: their group "
            "follows from the class of that row alone; leave identifiers out, and bin numbers by IBDiscretizer",
            UnreliableEstimateWarning,
        )
