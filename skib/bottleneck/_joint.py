"""The joint distribution of X and Y that the rows of a table and their weights stand for, as every solver reads it."""

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array, issparse
from sklearn.utils.validation import validate_data

from skib._columns import read_columns, require_finite
from skib._typing import Floats
from skib._validation import check_numbers, weight_shares
from skib._warnings import SkibWarning, warn


class Joint(NamedTuple):
    """The distributions p(x) and p(y|x) of the rows x of a table."""

    weights: Floats  # p(x), of sum 1; an empty row has none
    conditional: Floats | csr_array  # p(y|x); an empty row stays all zero
    is_empty: np.ndarray  # mask of the rows without counts
    n_observations: float  # sum of the counts; rows that are no counts are one observation each
    groups: np.ndarray  # of each column, the z that it stands for; all 0 without a condition
    are_counts: bool = False  # whether all rows hold whole numbers


def read_joint(estimator, X, sample_weight=None, given=None, *, by_counts=False):
    """Validate the rows of X and their weights; warn of empty rows, whose weight becomes 0. None is modified.

    With `given` the columns of X stand for pairs (y, z), and `given` holds the z of each. `by_counts` multiplies
    the weights by the sums of the rows.
    """
    rows = read_rows(estimator, X)
    conditional, is_empty = normalized(rows)
    weights = np.where(is_empty, 0.0, weight_shares(sample_weight, len(is_empty)))
    if by_counts:
        weights = weights * np.asarray((rows / (rows.max() or 1.0)).sum(axis=1)).ravel()
    if not weights.any():
        raise ValueError(
            f"all {len(weights)} rows of X with a weight are zero, so that they have no distribution of Y; pass counts "
            "or probabilities p(y|x)"
        )
    warn_of_empty_rows(is_empty, "have a weight of 0")
    counted = are_counts(rows)
    n_observations = float(rows.sum() if counted else np.sum(~is_empty))
    groups = _groups(given, rows.shape[1])
    return Joint(weights / weights.sum(), conditional, is_empty, n_observations, groups, counted)


def read_rows(estimator, X, *, reset=True, name="X"):
    """Validate rows of nonnegative numbers; returns float64, dense in C order or a canonical CSR of its own.

    Messages call the argument by `name`.
    """
    if issparse(X) or hasattr(X, "sparse"):  # a frame of pandas has that if all of its columns are sparse
        rows = validate_data(estimator, X, accept_sparse="csr", dtype=np.float64, ensure_all_finite=False, reset=reset)
        rows = csr_array(rows, copy=True)
        rows.sum_duplicates()
        rows.eliminate_zeros()
        _require_counts(estimator, name, rows.data, lambda cell: _place_in_csr(rows, cell))
        return rows
    rows = check_numbers(estimator, X, reset=reset, name=name)
    _require_counts(estimator, name, rows, lambda cell: divmod(cell, rows.shape[1]))
    return rows


def normalized(rows):
    """Return the rows divided by their sums, and a mask of those that are all zero and stay so."""
    if issparse(rows):
        starts, counts = rows.indptr[:-1], np.diff(rows.indptr)
        data = rows.data / np.repeat(_of_filled_rows(np.maximum, rows.data, starts, counts), counts)
        data /= np.repeat(_of_filled_rows(np.add, data, starts, counts), counts)
        return csr_array((data, rows.indices, rows.indptr), shape=rows.shape), counts == 0
    largest = rows.max(axis=1, keepdims=True)
    is_empty = largest[:, 0] == 0
    # Divided by the largest first, so that no sum overflows, and none of tiny numbers loses digits.
    shares = rows / np.where(largest == 0, 1.0, largest)
    return shares / np.where(is_empty, 1.0, shares.sum(axis=1))[:, None], is_empty


def are_counts(rows):
    """Whether rows hold whole numbers. Rows of zeros and a single 1 are one observation each."""
    values = rows.data if issparse(rows) else rows
    return bool((values == np.rint(values)).all())


def warn_of_empty_rows(is_empty, fate):
    """Warn of rows that are all zero; `fate` is what becomes of them."""
    n_empty = int(is_empty.sum())
    if n_empty:
        warn(
            f"{n_empty} of {len(is_empty)} rows of X are all zero, first row {np.argmax(is_empty)}: they {fate}, and "
            "their encoder is the prior q(t); drop them if that is not meant",
            SkibWarning,
        )


def _groups(given, n_columns):
    if given is None:
        return np.zeros(n_columns, np.int64)
    columns = read_columns("given", given)
    if len(columns) > 1 or len(columns[0].values) != n_columns:
        raise ValueError(
            f"given has shape ({len(columns[0].values)}, {len(columns)}), but X has {n_columns} columns; pass one "
            "value of z for each column of X, a pair (y, z): skib.bottleneck.contingency makes them"
        )
    return columns[0].codes()


def _of_filled_rows(ufunc, data, starts, counts):
    """Reduce the cells of each row of a CSR that has some; 1 for the others."""
    out, filled = np.ones(len(counts)), counts > 0
    out[filled] = ufunc.reduceat(data, starts[filled]) if filled.any() else 1.0
    return out


def _require_counts(estimator, name, values, place):
    if not np.isfinite(values.min(initial=0.0) + values.max(initial=0.0)):
        if values.ndim == 2:
            require_finite(name, values)
        cell = int(np.argmax(~np.isfinite(values)))
        what = "NaN" if np.isnan(values[cell]) else "infinity"
        raise ValueError(
            f"Input {name} contains {what}, first in row {place(cell)[0]}; drop such rows or fill them first"
        )
    if values.size and values.min() < 0:
        cell = int(np.argmax(values < 0))
        row, column = place(cell)
        raise ValueError(
            f"Negative values in data passed to {type(estimator).__name__}: {name}[{row}, {column}] is "
            f"{values.flat[cell]:g}; the rows must hold counts or probabilities"
        )


def _place_in_csr(rows, cell):
    return int(np.searchsorted(rows.indptr, cell, side="right")) - 1, int(rows.indices[cell])
