"""Groups of categories of bounded entropy."""

from numbers import Real
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skib._columns import check_incomplete
from skib._sklearn import BaseEstimator, Interval, fit_context
from skib._typing import Floats, TableLike
from skib._warnings import ConstantInputWarning, listed, warn
from skib.coupling import entropy_bounded_map
from skib.preprocessing._grouping import (
    ColumnGroupsMixin,
    categories_of,
    groups_of_categories,
    names_of,
    row_weights,
    tally_of,
)


class EntropyBoundedMerger(ColumnGroupsMixin, BaseEstimator):
    r"""Groups of the categories of each column of bounded entropy, which keep as much of the column as possible.

    .. math:: \max_{g} \; I(X; g(X)) = H(g(X)) \quad \text{subject to} \quad H(g(X)) \le R

    over the functions g of the categories, with R for `max_entropy` and the shares of the rows for p(x): the groups of
    :func:`~skib.coupling.entropy_bounded_map`. No target is needed. Where the groups are to keep information about a
    target, use :class:`IBCategoryGrouper`.

    Parameters
    ----------
    max_entropy : float, default=1.0
        The bound R of the entropy of the groups of each column, in nats: the length of a code for them, and what a
        column can say about anything. :math:`e^R` is the number of groups if all are equally frequent.

    Attributes
    ----------
    mapping_ : list of n_features dicts
        The group of each category of each column; the key None stands for missing values, if there were some. Groups
        are numbered by falling weight.
    unseen_groups_ : ndarray of shape (n_features,)
        The group of categories that the training rows do not have, and of missing values if these have none: 0, the
        heaviest one.
    entropy_ : ndarray of shape (n_features,)
        Entropy of the groups of each column on the training rows, in nats.
    loss_ : ndarray of shape (n_features,)
        Entropy of the categories of each column that their groups do not keep, in nats: the plug-in H(X) minus
        `entropy_`.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    Warns
    -----
    ConstantInputWarning
        If a column has one value only, or none.

    See Also
    --------
    skib.coupling.entropy_bounded_map : The groups of a distribution.
    IBCategoryGrouper : Groups that keep information about classes.
    sklearn.preprocessing.OneHotEncoder : Its ``max_categories`` puts the rarest categories into one group.

    Notes
    -----
    Every distinct value is a category, numbers and dates included. 1, 1.0 and True are equal; text such as "1" is not,
    and a column of text is refused where numbers were fitted, as numbers are where text was. A missing value is a
    category of its own, which is grouped as any other.

    Only the shares of the categories count: the groups of a column have no meaning beyond that. A column whose entropy
    is within the bound keeps its categories. The functions are not always the best ones, which are hard to find; the
    entropy of many categories is within :math:`10^{-6}` nats of the bound almost always, that of few may be far below
    it, and be 0 where one category dominates.

    References
    ----------
    .. [1] M. R. Ebrahimi, J. Chen, A. Khisti, "Minimum entropy coupling with bottleneck", NeurIPS 2024.

    Examples
    --------
    Eight equally frequent towns have three bits; a bound of one bit leaves two groups of four.

    >>> import numpy as np
    >>> from skib.preprocessing import EntropyBoundedMerger
    >>> towns = np.array(["Oslo", "Rome", "Bonn", "Cork", "Bern", "Lyon", "Graz", "Gent"])[:, None]
    >>> merger = EntropyBoundedMerger(max_entropy=np.log(2)).fit(towns)
    >>> np.bincount(merger.transform(towns)[:, 0]).tolist()
    [4, 4]
    >>> (merger.loss_ / np.log(2)).round(6).tolist()  # truth: two of three bits
    [2.0]
    """

    mapping_: list[dict[Any, int]]
    unseen_groups_: NDArray[np.int64]
    entropy_: Floats
    loss_: Floats

    _parameter_constraints = {"max_entropy": [Interval(Real, 0, None, closed="neither")]}

    def __init__(self, max_entropy: float = 1.0) -> None:
        self.max_entropy = max_entropy

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        return tags

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: TableLike, y: Any = None, sample_weight: ArrayLike | None = None) -> Self:
        """Find the groups of each column.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The columns; missing values are allowed.
        y : None
            Ignored; present for compatibility with scikit-learn.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows; rows of weight 0 are ignored. ``None``: all weigh alike.

        Returns
        -------
        self : object
            The fitted transformer.
        """
        columns = check_incomplete(self, X)
        n_samples = len(columns[0].complete)
        weights, one_class = row_weights(sample_weight, n_samples), np.zeros(n_samples, np.int64)
        self.mapping_, self.unseen_groups_ = [], np.zeros(len(columns), np.int64)
        entropies = [self._group(tally_of(column, one_class, weights)) for column in columns]
        self.entropy_, self.loss_ = np.array(entropies).T.copy()
        _warn_of_constants(columns, self.mapping_)
        return self

    def _group(self, tally):
        """Return the entropy of the groups of one column, and what they lose."""
        p = tally.masses[:, 0] / tally.masses.sum()
        result = entropy_bounded_map(p, float(self.max_entropy), deterministic=True)
        self.mapping_.append(dict(zip(categories_of(tally), result.groups.tolist(), strict=True)))
        return result.entropy, max(float(-p @ np.log(p)) - result.entropy, 0.0)

    def _codes(self, j, column):
        return groups_of_categories(column, self.mapping_[j], self.unseen_groups_[j])


def _warn_of_constants(columns, mappings):
    """Warn of columns that have the same value, or none, in all rows."""
    names = names_of(columns, [len(mapping) == 1 for mapping in mappings])
    if names:
        verb = "are" if len(names) > 1 else "is"
        warn(f"{listed(names)} {verb} constant, or missing in all rows: the entropy is 0", ConstantInputWarning)
