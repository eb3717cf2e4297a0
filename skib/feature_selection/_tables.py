"""Tables and targets as whole numbers from 0: what a selector counts."""

from math import isqrt
from numbers import Integral, Real
from typing import NamedTuple

import numpy as np
from scipy.sparse import issparse
from sklearn.base import clone
from sklearn.utils.validation import validate_data

from skib._columns import check_incomplete, distinct, require_same_length, target_columns
from skib._kernels.counts import joint_codes
from skib._validation import check_weights, weight_shares
from skib._warnings import ConstantInputWarning, UnreliableEstimateWarning, listed, warn

# Rows per cell of a table of two columns and the target, and the fewest and most bins of a column.
_ROWS_PER_CELL = 5
_FEWEST, _MOST = 2, 16


class Rows(NamedTuple):
    """The rows that count, and their weights."""

    kept: np.ndarray  # mask of the rows of positive weight
    weights: np.ndarray | None  # of these
    n_effective: float  # rows that have as much noise: the sum of whole weights, which are repeated rows


def check_rows(sample_weight, n_samples):
    """Validate weights; rows of weight 0 count as absent."""
    if sample_weight is None:
        return Rows(np.ones(n_samples, bool), None, float(n_samples))
    if isinstance(sample_weight, Real):
        sample_weight = np.full(n_samples, sample_weight)
    weight_shares(sample_weight, n_samples)  # refuses weights that are negative, or all zero
    weights = check_weights(sample_weight, n_samples)
    kept = weights > 0
    weights = weights[kept]
    are_counts = (weights == np.rint(weights)).all()
    return Rows(kept, weights, float(weights.sum() if are_counts else weights.sum() ** 2 / np.sum(weights**2)))


def _are_classes(levels, n_samples):
    """Whether values are few enough for classes: the rule of ``holds_classes``, with weights for repeated rows."""
    return len(levels) <= max(2.0, np.sqrt(n_samples))


def read_target(y, n_samples, rows):
    """Return the codes of the target: of its classes, and of the quantile bins of its numbers."""
    n_bins = _clipped(round((rows.n_effective / _ROWS_PER_CELL) ** (1 / 3)))
    columns = target_columns(y, n_samples)
    codes = joint_codes([_target_codes(column, n_bins, rows) for column in columns])
    if not codes.any():
        warn(f"y is constant over all {len(codes)} rows: no column has information about it", ConstantInputWarning)
    return codes


def _target_codes(column, n_bins, rows):
    levels, codes = distinct(column.levels[rows.kept])
    if column.nominal or _are_classes(levels, rows.n_effective):
        return codes
    return quantile_bins(codes, rows.weights, n_bins)


def default_bins(n_effective, n_classes):
    """Return the number of bins with which a table of two columns and the target has enough rows per cell."""
    return _clipped(isqrt(int(n_effective / (_ROWS_PER_CELL * max(n_classes, 1)))))


def _clipped(n_bins):
    return int(min(max(n_bins, _FEWEST), _MOST))


def quantile_bins(codes, weights, n_bins):
    """Return the number of the quantile bin of each row, from the ranks of their distinct values, which share a bin."""
    masses = np.bincount(codes, weights)
    ends = np.cumsum(masses)
    wanted = ends[-1] * np.arange(1, n_bins) / n_bins
    tied = np.searchsorted(ends, wanted, side="right")
    first, end = ends[tied] - masses[tied], ends[tied]
    cuts = np.unique(np.where(wanted - first <= end - wanted, tied, tied + 1))
    cuts = cuts[(cuts > 0) & (cuts < len(masses))]
    return np.searchsorted(cuts, codes, side="right")


def read_sparse(selector, X):
    """Validate a sparse matrix; explicit zeros are zeros."""
    X = validate_data(selector, X, accept_sparse="csc", dtype=None, ensure_all_finite=False)
    X = X.astype(bool)
    X.eliminate_zeros()
    return X


def read_columns_of(selector, X, *, missing):
    """Validate the columns of a dense table; with `missing` = "error" refuse those with missing values."""
    columns = check_incomplete(selector, X)
    incomplete = [column.where for column in columns if not column.complete.all()]
    if missing == "error" and incomplete:
        raise ValueError(
            f"{listed(incomplete)} {'hold' if len(incomplete) > 1 else 'holds'} missing values (NaN); fill them or drop "
            "those rows, or pass missing='auto' to take them for a value of their own"
        )
    return columns


def column_codes(column, rows, target, discretizer):
    """Return the codes of one column; missing values have one of their own, after the others."""
    kept = column.complete[rows.kept]
    values = column.values[rows.kept[column.complete]]
    codes = np.full(len(kept), -1)
    weights = None if rows.weights is None else rows.weights[kept]
    if len(values):
        codes[kept] = _value_codes(column, values, rows._replace(weights=weights), target[kept], discretizer)
    codes[~kept] = codes.max() + 1
    return codes


def _value_codes(column, values, rows, target, discretizer):
    levels, codes = distinct(values)
    if column.kind == "category" or _are_classes(levels, rows.n_effective):
        return codes
    if isinstance(discretizer, Integral):
        return quantile_bins(codes, rows.weights, int(discretizer))
    return _transformed(discretizer, column, values, target)


def _transformed(discretizer, column, values, target):
    codes = clone(discretizer).fit(values[:, None], target).transform(values[:, None])
    codes = codes.toarray() if issparse(codes) else np.asarray(codes)
    if codes.shape != (len(values), 1):
        raise ValueError(
            f"discretizer={discretizer!r} makes {codes.shape[-1]} columns of {column.where}; pass one that makes one "
            "column of codes, such as KBinsDiscretizer(encode='ordinal')"
        )
    return distinct(codes[:, 0])[1]


def identifiers_of(columns):
    """Return the numbers of the columns of categories most of which occur once."""
    return [j for j, column in enumerate(columns) if column.kind == "category" and _mostly_single(column.values)]


def _mostly_single(values):
    codes = distinct(values)[1]
    return 2 * np.sum(np.bincount(codes) == 1) > len(codes)


def warn_of_identifiers(names, numbers):
    """Warn of columns that are left out, and return their numbers."""
    if numbers:
        shown = [repr(j if names is None else names[j]) for j in numbers]
        warn(
            f"columns [{listed(shown)}] hold a value of its own in most rows, as identifiers do: they have all "
            "information about the rows of any y, and are left out; name them in include to keep them",
            UnreliableEstimateWarning,
        )
    return numbers
