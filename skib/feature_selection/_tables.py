"""Tables and targets as whole numbers from 0: what a selector counts."""

from inspect import isclass
from numbers import Integral, Real
from typing import NamedTuple

import numpy as np
from scipy.sparse import issparse
from sklearn.base import clone
from sklearn.utils.validation import validate_data

from skib._columns import check_incomplete, distinct, opened, target_columns
from skib._kernels.counts import joint_codes
from skib._validation import check_weights, require_samples, weight_shares
from skib._warnings import ConstantInputWarning, UnreliableEstimateWarning, listed, warn
from skib.feature_selection._coding import Binning, code_array, code_columns, default_n_target_bins
from skib.feature_selection._row_weights import weights_of_rows


class Rows(NamedTuple):
    """The rows that count, and their weights."""

    kept: np.ndarray  # mask of the rows of positive weight
    weights: np.ndarray | None  # of these
    n_effective: float  # rows that have as much noise: the sum of whole weights, which are repeated rows

    def binning(self, n_bins):
        """Return how numbers become codes: those on few levels keep them, by the rule of ``holds_classes``."""
        return Binning(int(n_bins), max(2.0, np.sqrt(self.n_effective)), self.kept, self.weights)


def check_rows(selector, sample_weight, n_samples):
    """Validate weights; rows of weight 0 count as absent."""
    require_samples(selector, n_samples, 2)
    weight_shares(sample_weight, n_samples)  # refuses weights that are negative, or all zero
    if sample_weight is None or isinstance(sample_weight, Real):
        return Rows(np.ones(n_samples, bool), None, float(n_samples))
    weights = check_weights(sample_weight, n_samples)
    kept = weights > 0
    weights = weights[kept]
    if not 1e-290 < weights.max() < 1e290:  # sums and squares would overflow or vanish
        weights = weights / weights.max()
    known = weights_of_rows(weights, len(weights))
    return Rows(kept, weights, float(known.total if known.are_counts else known.n_effective))


def read_target(y, n_samples, rows):
    """Return the codes of the target: of its classes, and of the quantile bins of its numbers."""
    binning = rows.binning(default_n_target_bins(rows.n_effective))
    codes = joint_codes([_target_codes(column, binning) for column in target_columns(y, n_samples)])
    if not codes.any():
        warn(f"y is constant over all {len(codes)} rows: no column has information about it", ConstantInputWarning)
    elif rows.weights is not None:
        _warn_of_class_weights(codes, rows.weights)
    return codes


def _warn_of_class_weights(codes, weights):
    """Warn of whole weights that are the same in all rows of a class: hardly numbers of repeated rows."""
    are_counts = (weights == np.rint(weights)).all() and (weights > 1).any()
    means = np.bincount(codes, weights) / np.maximum(np.bincount(codes), 1)
    if are_counts and (weights == means[codes]).all():
        warn(
            "sample_weight holds whole numbers, the same for all rows of a class, as class weights do: they count as "
            f"repeated rows, {weights.sum():.0f} in place of {len(weights)}, which makes p-values too small; divide "
            "class weights by their mean",
            UnreliableEstimateWarning,
        )


def _target_codes(column, binning):
    if column.nominal:
        return distinct(column.values[binning.kept])[1]
    return code_array(column.levels[:, None], binning).codes[0].astype(np.int64)


def read_table(selector, X):
    """Validate a dense table: an array of numbers stays one, and anything else is taken apart into columns."""
    X = opened("X", X)
    is_array = isinstance(X, np.ndarray) and X.ndim == 2 and X.dtype.kind in "biuf"
    if is_array and not hasattr(selector.discretizer, "transform"):
        return validate_data(selector, X, dtype=None, ensure_all_finite=False)
    return check_incomplete(selector, X)


def read_sparse(selector, X, *, missing="auto"):
    """Validate a sparse matrix; explicit zeros are zeros, and NaN is no zero."""
    X = validate_data(selector, X, accept_sparse="csc", dtype=None, ensure_all_finite=False)
    if missing == "error" and np.isnan(X.data).any():
        raise ValueError("X holds missing values (NaN); fill them, or pass missing='auto' to count them as non-zeros")
    if not X.has_canonical_format:
        X = X.copy()
        X.sum_duplicates()
    X = X.astype(bool)
    X.eliminate_zeros()
    return X


def n_rows_of(table):
    """Return the number of rows of what ``read_table`` returns."""
    return len(table) if isinstance(table, np.ndarray) else len(table[0].complete)


def code_table(table, numbers, rows, target, discretizer, n_jobs=None):
    """Return the Coded of some columns of a table. `discretizer` is a number of bins, or a transformer."""
    if not isinstance(discretizer, Integral):
        columns = [_discretized(table[j], rows, target, discretizer) for j in numbers]
        return code_columns(columns, Binning(2, np.inf), n_jobs)
    binning = rows.binning(discretizer)
    if not isinstance(table, np.ndarray):
        return code_columns([table[j] for j in numbers], binning, n_jobs)
    return code_array(table if len(numbers) == table.shape[1] else table[:, numbers], binning, n_jobs)


def _discretized(column, rows, target, discretizer):
    """Return the rows of a column that count, with the codes of a transformer in place of numbers on many levels."""
    kept = column.complete[rows.kept]
    column = column._replace(complete=kept, values=column.values[rows.kept[column.complete]])
    if column.kind == "category" or len(np.unique(column.values)) <= rows.binning(2).most_levels:
        return column
    values = column.values[:, None]
    if isclass(discretizer):
        name = discretizer.__name__
        raise TypeError(f"discretizer must be an instance, got the class {name}; pass {name}()")
    codes = clone(discretizer).fit(values, target[kept]).transform(values)
    codes = codes.toarray() if issparse(codes) else np.asarray(codes)
    if codes.shape != (len(values), 1):
        raise ValueError(
            f"discretizer={discretizer!r} makes codes of shape {codes.shape} of {column.where}; pass one that makes "
            f"one column of them, here {(len(values), 1)}, such as KBinsDiscretizer(encode='ordinal')"
        )
    return column._replace(values=distinct(codes[:, 0])[1])


def require_complete(names, numbers, n_missing):
    """Refuse columns with missing values."""
    incomplete = [repr(j if names is None else names[j]) for j in np.asarray(numbers)[n_missing > 0]]
    if incomplete:
        raise ValueError(
            f"columns [{listed(incomplete)}] of X hold missing values (NaN); fill them or drop those rows, or pass "
            "missing='auto' to take them for a value of their own"
        )


def identifiers_of(table):
    """Return the numbers of the columns of categories most of which occur once."""
    if isinstance(table, np.ndarray):
        return []
    return [j for j, column in enumerate(table) if column.kind == "category" and _mostly_single(column.values)]


def _mostly_single(values):
    codes = distinct(values)[1]
    return 2 * np.sum(np.bincount(codes) == 1) > len(codes)


def warn_of_identifiers(names, numbers):
    """Warn of columns that are left out, and return their numbers."""
    if numbers:
        shown = [repr(j if names is None else names[j]) for j in numbers]
        warn(
            f"columns [{listed(shown)}] hold a value of its own in most rows, as identifiers do: they have all "
            "information about the rows of any y, and are left out; convert text of numbers to numbers, or name "
            "columns in include to keep them",
            UnreliableEstimateWarning,
        )
    return numbers
