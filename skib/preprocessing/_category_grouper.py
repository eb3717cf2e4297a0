"""Groups of categories that keep the most information about classes."""

from numbers import Integral, Real
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skib._columns import check_incomplete, distinct
from skib._cross_fitting import cross_fit
from skib._sklearn import BaseEstimator, Interval, StrOptions
from skib._typing import Floats, Seed, TableLike
from skib._warnings import UnreliableEstimateWarning, warn
from skib.preprocessing._grouping import GroupingMixin, categories_of, group_of_prior, groups_of_categories
from skib.preprocessing._level_groups import best_groups, joined, nearest_groups
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

    cv : int, splitter or iterable of (train, test), default=5
        Folds of ``fit_transform``, in which the group of a row follows from the classes of the other folds. Rows in no
        test set have the groups of ``transform``.
    random_state : int, RandomState instance or None, default=None
        Seeds the folds of ``fit_transform``. Pass an int for the same result at every call.

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

    ``fit_transform`` groups the training rows by cross-fitting, as :class:`~sklearn.preprocessing.TargetEncoder` does,
    so that a classifier of a pipeline is not fitted to groups which already know its classes. On new rows its log loss
    is lower for that, by up to a tenth where categories have few rows. No training row may be left in a group of few
    rows then, hence ``OneHotEncoder(handle_unknown="ignore")``.

    Both attributes in nats are about the training rows, without shrinkage. Many categories of few rows have a large
    plug-in information by chance alone, of which `loss_` is the greater part where groups do not follow the noise.
    Choose `n_groups` by cross-validation of what follows.

    References
    ----------
    .. [1] B. M. Kurkoski, H. Yagi, "Quantization of binary-input discrete memoryless channels", IEEE Transactions on
       Information Theory 60, 2014: the quantizer design algorithm.
    .. [2] N. Slonim, N. Friedman, N. Tishby, "Unsupervised document classification using sequential information
       maximization", SIGIR 2002.
    .. [3] D. Micci-Barreca, "A preprocessing scheme for high-cardinality categorical attributes in classification and
       prediction problems", SIGKDD Explorations 3, 2001.

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
        "cv": ["cv_object"],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        n_groups: int = 5,
        *,
        smooth: float | Literal["auto"] = "auto",
        cv: Any = 5,
        random_state: Seed = None,
    ) -> None:
        self.n_groups = n_groups
        self.smooth = smooth
        self.cv = cv
        self.random_state = random_state

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        tags.non_deterministic = True  # the folds of fit_transform, without a seed
        return tags

    def fit_transform(
        self, X: TableLike, y: TableLike | None = None, sample_weight: ArrayLike | None = None
    ) -> NDArray[Any]:
        """Find the groups of each column, and put each row into the group that the classes of other rows lead to.

        A category of few rows is where the classes of these rows are by chance. What is fitted to the groups of the
        same rows would trust them too much; ``fit(X, y).transform(X)`` returns these.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The columns; missing values are allowed.
        y : array-like of shape (n_samples,)
            Class labels, which are required.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows; rows of weight 0 are ignored. ``None``: all weigh alike.

        Returns
        -------
        groups : ndarray of shape (n_samples, n_features)
            Numbers of the groups, from 0, int64: of each fold the groups of least divergence from the shares that its
            categories have in the other folds.
        """
        self.fit(X, y, sample_weight)
        columns = check_incomplete(self, X, reset=False)
        labels, weights = self._classes(y, sample_weight, len(columns[0].complete))
        options = {"cv": self.cv, "X": labels[:, None], "y": labels, "random_state": self.random_state}
        folds = cross_fit(lambda train, test, generator: train, len(labels), strata=labels, **options)
        return np.column_stack([self._held_out(j, column, labels, weights, folds) for j, column in enumerate(columns)])

    def _begin(self):
        self.mapping_, self.unseen_groups_ = [], np.empty(0, np.int64)

    def _group(self, column, tally):
        _warn_of_identifiers(column, tally)
        group_of = self._groups_of(tally.masses)
        groups = joined(tally.masses, group_of)
        self.mapping_.append(dict(zip(categories_of(tally), group_of.tolist(), strict=True)))
        self.unseen_groups_ = np.append(self.unseen_groups_, group_of_prior(groups))
        return groups

    def _held_out(self, j, column, labels, weights, folds):
        groups, levels = self._codes(j, column), np.full(len(labels), -1)
        levels[column.complete] = distinct(column.values)[1]
        masses = _masses_of_rows(levels, labels, weights, slice(None))
        some, group_of = masses.any(axis=1), np.empty(len(masses), np.int64)
        smooth, group_of[levels] = self._pseudo_rows(masses[some]), groups
        if np.isinf(smooth):
            return groups
        centers = joined(shrunken(masses[some], smooth) if smooth else masses[some], group_of[some])
        prior = masses.sum(axis=0) / masses.sum()
        for test, train in folds:
            others = _masses_of_rows(levels, labels, weights, train)
            found = nearest_groups(others + smooth * prior, centers)
            found[~others.any(axis=1)] = self.unseen_groups_[j]
            groups[test] = found[levels[test]]
        return groups

    def _pseudo_rows(self, masses):
        return pseudo_rows(masses) if self.smooth == "auto" else self.smooth

    def _groups_of(self, masses):
        smooth = self._pseudo_rows(masses)
        if np.isinf(smooth):
            return np.zeros(len(masses), np.int64)
        return best_groups(shrunken(masses, smooth) if smooth else masses, self.n_groups)

    def _codes(self, j, column):
        return groups_of_categories(column, self.mapping_[j], self.unseen_groups_[j])


def _masses_of_rows(levels, labels, weights, rows):
    """Return the masses of the classes in each level, the last of which is that of missing values, in some rows."""
    masses = np.zeros((levels.max() + 2, labels.max() + 1))
    np.add.at(masses, (levels[rows], labels[rows]), weights[rows])
    return masses


def _warn_of_identifiers(column, tally):
    n_single = int(np.sum(tally.n_rows == 1))
    if 2 * n_single > len(column.complete):
        warn(
            f"{column.where} has {n_single} categories of a single row, of {len(column.complete)} rows: their group "
            "follows from the class of that row alone; leave identifiers out, and bin numbers by IBDiscretizer",
            UnreliableEstimateWarning,
        )
