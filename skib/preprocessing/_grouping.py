"""What the transformers have in common that replace the values of each column by groups informative about classes."""

from numbers import Real
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from skib._columns import as_keys, check_incomplete, distinct, is_discrete, require_like_keys
from skib._kernels.partitions import information_terms
from skib._sklearn import OneToOneFeatureMixin, TransformerMixin, fit_context
from skib._typing import Floats, TableLike
from skib._validation import check_labels, check_weights, weight_shares
from skib._warnings import ConstantInputWarning, UnreliableEstimateWarning, listed, warn

# Whole numbers on so few levels are labels, also among few rows.
_MOST_CLASSES = 10


class ColumnGroupsMixin(OneToOneFeatureMixin, TransformerMixin):
    """Mixin of transformers that replace each value of each column by the number of its group.

    A transformer derives from it first and from ``BaseEstimator`` second. It defines ``_codes(j, column)``, the group
    of each value of column j.
    """

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = []
        return tags

    def transform(self, X: TableLike) -> NDArray[Any]:
        """Replace each value by the number of its group.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The columns, of the kinds that were fitted.

        Returns
        -------
        groups : ndarray of shape (n_samples, n_features)
            Numbers of the groups, from 0, int64.
        """
        check_is_fitted(self)
        columns = check_incomplete(self, X, reset=False)
        return np.column_stack([self._codes(j, column) for j, column in enumerate(columns)])


class GroupingMixin(ColumnGroupsMixin):
    """Mixin of transformers that group the values of each column by the classes y.

    Besides ``_codes``, a transformer defines ``_begin()``, which empties its fitted lists, and
    ``_group(column, tally)``, which appends to them what is found for one column and returns the masses of the groups.
    """

    mutual_info_: Floats
    loss_: Floats

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.target_tags.multi_output = False
        return tags

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: TableLike, y: TableLike | None = None, sample_weight: ArrayLike | None = None) -> Self:
        """Find the groups of each column.

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
        self : object
            The fitted transformer.
        """
        if y is None:
            raise ValueError(f"This {type(self).__name__} requires y to be passed, but the target y is None.")
        columns = check_incomplete(self, X)
        labels, weights = self._classes(y, sample_weight, len(columns[0].complete))
        _warn_of_numbers(y, int(labels.max()) + 1)
        self._begin()
        results = [self._fit_column(column, labels, weights) for column in columns]
        kept, lost, n_levels = np.array(results).T
        self.mutual_info_, self.loss_ = kept.copy(), lost.copy()
        _warn_of_constants(columns, n_levels == 1, labels[weights > 0])
        return self

    def _classes(self, y, sample_weight, n_samples):
        return check_labels(self, y, n_samples, "bin it first"), row_weights(sample_weight, n_samples)

    def _fit_column(self, column, labels, weights):
        """Return the information that the groups of one column have on these rows, what they lose, and its levels."""
        tally = tally_of(column, labels, weights)
        kept = information(self._group(column, tally))
        return kept, max(information(tally.masses) - kept, 0.0), len(tally.masses)


def _warn_of_numbers(y, n_classes):
    """Warn of a y that is a number by the rule of the package, but of whole ones, which may be labels."""
    if n_classes > _MOST_CLASSES and not is_discrete(y):
        warn(
            f"y holds whole numbers on {n_classes} levels, each of which is taken for a class: if it is a quantity, "
            "bin it first (pandas.qcut(y, 5, labels=False)), and if these are labels, pass them as text or a category",
            UnreliableEstimateWarning,
        )


def _warn_of_constants(columns, are_constant, labels):
    """Warn of columns that have the same value, or none, in all rows, and of a y of one class."""
    names = names_of(columns, are_constant) + ["y"] * bool((labels == labels[0]).all())
    if names:
        verb = "are" if len(names) > 1 else "is"
        warn(
            f"{listed(names)} {verb} constant, or missing in all rows: the mutual information is 0",
            ConstantInputWarning,
        )


def names_of(columns, mask):
    """Return how messages name the columns of a mask."""
    return [f"column {j} of X" if columns[j].where == "X" else columns[j].where for j in np.flatnonzero(mask)]


class Tally(NamedTuple):
    """Masses of the classes for each value of a column: counts, or weights."""

    values: np.ndarray  # the distinct values, sorted if they have an order
    masses: np.ndarray  # (n_values, n_classes), and one more row for the missing values, if there are any
    any_missing: bool
    n_rows: np.ndarray  # rows of each value, whatever they weigh


def tally_of(column, labels, weights):
    """Count the classes of each value of an incomplete column; rows of weight 0 count as not there."""
    used = weights > 0
    values, codes = distinct(column.values[used[column.complete]])
    levels = np.full(len(labels), len(values))
    levels[used & column.complete] = codes
    masses = _masses(levels[used], labels[used], weights[used])
    return Tally(values, masses, len(masses) > len(values), np.bincount(codes))


def row_weights(sample_weight, n_samples):
    """Validate weights; whole ones remain so, in int64, so that a row of weight 2 is to the last bit two rows.

    Others are scaled to a mean of 1 over the rows that have a weight.
    """
    shares = weight_shares(sample_weight, n_samples)
    if sample_weight is None or isinstance(sample_weight, Real):
        return np.ones(n_samples, np.int64)
    weights = check_weights(sample_weight, n_samples)
    is_whole = (weights == np.rint(weights)).all() and weights.sum() < 2.0**53
    return weights.astype(np.int64) if is_whole else shares * np.sum(shares > 0)


def _masses(levels, labels, weights):
    shape = int(levels.max()) + 1, int(labels.max()) + 1
    cells = np.bincount(levels * shape[1] + labels, weights, shape[0] * shape[1])
    return cells.astype(weights.dtype).reshape(shape)


def categories_of(tally):
    """Return the keys of the values of a tally, and None for the missing ones, if there are some."""
    return [*as_keys(tally.values), *[None] * tally.any_missing]


def groups_of_categories(column, mapping, unseen):
    """Return the group of each row of a column of categories, by the groups of the keys that were fitted."""
    codes = np.full(len(column.complete), mapping.get(None, unseen), np.int64)
    if len(column.values):
        levels, level_of = distinct(column.values)
        keys = as_keys(levels)
        require_like_keys(column.where, keys, mapping)
        groups = np.array([mapping.get(key, unseen) for key in keys], np.int64)
        codes[column.complete] = groups[level_of]
    return codes


def information(masses):
    """Compute the mutual information of rows and columns of a table of masses, in nats."""
    whole = masses.sum(axis=0, keepdims=True)
    gain = information_terms(masses).sum() - information_terms(whole)[0]
    return max(float(gain / whole.sum()), 0.0)


def group_of_prior(masses):
    """Return the group whose classes are distributed most as those of all rows: the least divergence from p(y)."""
    whole = masses.sum(axis=0)
    prior = whole / whole.sum()
    shares = masses / masses.sum(axis=1, keepdims=True)
    ratios = np.divide(shares, prior, out=np.ones_like(shares), where=shares > 0)
    return int(np.argmin((shares * np.log(ratios)).sum(axis=1)))
