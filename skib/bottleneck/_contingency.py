"""Tables of counts from discrete columns and classes, as the solvers take them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from skib._columns import as_table, require_same_length, single_columns
from skib._kernels.counts import contingency_table, joint_codes
from skib._typing import Floats, TableLike


@dataclass(frozen=True)
class Contingency:
    """Counts of the classes of y, or of pairs (y, z), in the rows of each level of X.

    Attributes
    ----------
    table : ndarray or csr_array of shape (n_levels, n_columns)
        How often each level of X occurs with each class, or with each pair that occurs at all, int64.
    inverse : ndarray of shape (n_samples,)
        The level of each row of X, as its row of `table`.
    levels : DataFrame of n_levels rows
        The distinct rows of X, in the order of their columns; missing values come last.
    classes : ndarray of shape (n_columns,)
        The class of y of each column of `table`, in the order of the classes.
    given : ndarray of shape (n_columns,) or None
        The z of each column of `table`, as the solvers take it.
    weights : ndarray of shape (n_levels,)
        Number of rows of each level, float64: the `sample_weight` with which `table` stands for the joint distribution.
    """

    table: Any
    inverse: NDArray[np.int64]
    levels: Any
    classes: NDArray[Any]
    given: NDArray[Any] | None = None

    @property
    def weights(self) -> Floats:
        """Number of rows of each level: the `sample_weight` with which `table` stands for the joint distribution."""
        return np.asarray(self.table.sum(axis=1), np.float64)


def contingency(X: TableLike, y: TableLike, *, given: TableLike | None = None, sparse: bool = False) -> Contingency:
    """Count the classes of y for each distinct row of discrete columns X.

    A solver takes the table with the weights of its rows: ``fit(counts.table, sample_weight=counts.weights)``. Without
    the weights all levels would weigh alike, however rare.

    Parameters
    ----------
    X : array-like of shape (n_samples,) or (n_samples, n_features)
        Discrete columns of any kind: text, categories, whole numbers, bools. A missing value is a level of its own.
    y : array-like of shape (n_samples,)
        Classes, none of them missing.
    given : array-like of shape (n_samples,), default=None
        Classes z. The columns of the table are pairs (y, z) then, for a bottleneck that is informative about y given z.
    sparse : bool, default=False
        Whether the table is a ``csr_array``, for many levels of many classes.

    Returns
    -------
    counts : Contingency
        The table, and the level of each row.

    Raises
    ------
    ValueError
        If X has no row or no column, and if y or given have missing values or several columns, or not one row per row
        of X.
    TypeError
        If a cell holds a collection, such as a list.

    Examples
    --------
    >>> from skib.bottleneck import contingency
    >>> counts = contingency(["red", "blue", None, "red"], [1, 0, 0, 0])
    >>> counts.table
    array([[1, 0],
           [1, 1],
           [1, 0]])
    >>> counts.levels[0].tolist()
    ['blue', 'red', nan]
    >>> counts.inverse
    array([1, 0, 2, 1])
    >>> counts.weights
    array([1., 2., 1.])
    """
    columns = _columns_of("X", X)
    if not columns or not len(columns[0]):
        n_rows = len(columns[0]) if columns else len(as_table("y", y))
        raise ValueError(f"X has {n_rows} rows and {len(columns)} columns; at least one of each is required")
    inverse = joint_codes([_factorized("X", column)[0] for column in columns])
    codes, classes = _classes("y", y, len(inverse))
    conditions = None
    if given is not None:
        condition, conditions = _classes("given", given, len(inverse))
        pairs, first = np.unique(np.stack([codes, condition]), axis=1, return_inverse=True)
        codes, classes, conditions = first.ravel().astype(np.int64), classes[pairs[0]], conditions[pairs[1]]
    first = np.unique(inverse, return_index=True)[1]
    levels = pd.concat([column.iloc[first].reset_index(drop=True) for column in columns], axis=1)
    return Contingency(_counts(inverse, codes, len(levels), len(classes), sparse), inverse, levels, classes, conditions)


def _classes(name, values, n_samples):
    """Return one int64 code per row of a single column of classes, and the classes."""
    columns = _columns_of(name, values)
    if len(columns) > 1:
        raise ValueError(f"{name} has {len(columns)} columns, but one column of classes is required")
    require_same_length(n_samples, len(columns[0]), name)
    n_missing = int(columns[0].isna().sum())
    if n_missing:
        raise ValueError(f"Input {name} contains NaN or None in {n_missing} of {n_samples} rows; drop those rows first")
    codes, classes = _factorized(name, columns[0])
    return codes, np.asarray(classes)


def _counts(inverse, codes, n_levels, n_classes, sparse):
    if not sparse:
        return contingency_table(inverse, codes, n_levels, n_classes)
    ones = np.ones(len(codes), np.int64)
    return csr_array(coo_array((ones, (inverse, codes)), shape=(n_levels, n_classes)))


def _columns_of(name, values):
    """Return the columns of an argument as series of pandas."""
    table = as_table(name, values)
    if isinstance(table, np.ndarray) and table.ndim > 2:
        raise ValueError(f"{name} has shape {table.shape}; pass one row of columns per sample")
    return [_series(j, column) for j, column in enumerate(single_columns(table))]


def _series(j, table):
    """Return column j, a table of its own of any library, as a series of pandas."""
    if isinstance(table, np.ndarray):
        return pd.Series(table[:, 0], name=j)
    if hasattr(table, "iloc"):
        return table.iloc[:, 0]
    name = getattr(table, "column_names", None) or table.columns
    if hasattr(table, "column_names"):
        column, has_nulls = table.column(0), table.column(0).null_count > 0
        values = column.to_pylist() if has_nulls else column.to_numpy()
    else:
        column, has_nulls = table.to_series(0), table.to_series(0).null_count() > 0
        values = column.to_list() if has_nulls else column.to_numpy()
    return pd.Series(values, dtype=object if has_nulls else None, name=name[0])  # else integers would become floats


def _factorized(name, series):
    """Return one int64 code per row, in the order of the values where they have one, and the values that occur.

    Missing values have the last code.
    """
    for row, value in enumerate(series if series.dtype == object else ()):
        _require_hashable(name, row, value)
    try:
        codes, values = pd.factorize(series, sort=True)
    except TypeError:  # values without an order
        codes, values = pd.factorize(series)
    return np.where(codes < 0, len(values), codes).astype(np.int64), values


def _require_hashable(name, row, value):
    """Refuse a collection, which neither is equal to another one for numpy nor can be looked up."""
    try:
        hash(value)
    except TypeError:
        raise TypeError(
            f"{name} holds a {type(value).__name__} in row {row}, but one number, date, text or label per row and "
            "column is required; pass the items of collections as columns of their own"
        ) from None
