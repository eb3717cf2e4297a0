"""Mutual information of all pairs of columns given a target."""

import numpy as np
from scipy.sparse import issparse

from skib._class_tables import Estimates
from skib._columns import (
    as_table,
    check_missing,
    column_of,
    columns_of,
    complete_counts,
    complete_rows,
    require_same_length,
    sparse_columns_of,
    warn_of_columns,
    warn_of_indexes,
    warn_of_missing,
)
from skib._dependence import fit_information, require_estimator, require_given
from skib._kernels.counts import joint_codes
from skib._parallel import run_tasks
from skib._statistics import SATURATION
from skib._thin_tables import are_many_cells
from skib._typing import Missing, MutualInfoEstimator, TableLike
from skib._warnings import ConstantInputWarning, SaturatedEstimateWarning, warn_once
from skib.mutual_info._auto import N_NEIGHBORS, ROWS_PER_CELL, Auto
from skib.mutual_info._matrix._checks import require_rows
from skib.mutual_info._matrix._matrix import (
    MutualInfoMatrix,
    matrix_result,
    sparse_result,
    warn_of_saturated_pairs,
)
from skib.mutual_info._matrix._pairs import require_room
from skib.mutual_info._matrix._sparse import LEAST_SPARSE_ROWS, all_sparse_pairs, all_sparse_pairs_given
from skib.mutual_info._matrix._tables import all_pairs, all_pairs_given
from skib.mutual_info._matrix._thin import correct_thin_pairs, warn_of_thin_pairs

_ONE_TARGET = "join its columns to one of categories"


def conditional_mutual_info_matrix(
    X: TableLike,
    y: TableLike,
    *,
    estimator: MutualInfoEstimator | None = None,
    missing: Missing = "auto",
    n_jobs: int | None = None,
    verbose: int = 0,
) -> MutualInfoMatrix:
    r"""Estimate the mutual information of all pairs of columns of X given y.

    The conditional redundancies :math:`I(X_i;X_j|Y)` of feature selection [1]_. For discrete columns,

    .. math:: \hat I(X_i;X_j|Y) = \frac1n \sum_{abc} n_{abc} \left( G(n_{abc}) + G(n_{\cdot\cdot c})
              - G(n_{a \cdot c}) - G(n_{\cdot bc}) \right)

    where :math:`n_{abc}` rows have the levels a, b and the class c, and G is Grassberger's function.

    Parameters
    ----------
    X : DataFrame (pandas, polars or pyarrow), array-like or sparse matrix of shape (n_samples, n_columns)
        Columns of any kind, as in :func:`mutual_info_matrix`; those of a sparse matrix count as bools, other than zero
        or not.
    y : array-like of shape (n_samples,)
        The column to condition on, of any kind.
    estimator : mutual-information estimator, default=None
        Estimator of I(X;Y|Z), whose ``fit`` takes `given`; clones are fitted to all pairs alike. ``None`` counts tables
        where :class:`Auto` would, many at a time, and fits :class:`Auto` to all other pairs: those that hold numbers,
        or all if y does.
    missing : {"auto", "error"}, default="auto"
        What to do with missing values, as in :func:`mutual_info_matrix`.
    n_jobs : int, default=None
        Number of threads (as in joblib) over the pairs of columns; the result is the same for every value.
    verbose : int, default=0
        Above 0, show progress on stderr: a bar where ``rich`` is installed, lines of text elsewhere.

    Returns
    -------
    matrix : MutualInfoMatrix
        Estimates and standard errors in nats, without p-values. On the diagonal the conditional entropies
        :math:`H(X_i|Y)` of discrete columns, and NaN of all others and where y holds numbers.

    Raises
    ------
    ValueError
        If a value is infinite, or missing with ``missing="error"``, or the lengths of X and y differ.
    TypeError
        If `estimator` takes no `given`.

    See Also
    --------
    mutual_info_matrix : The same without a condition.
    mutual_info_features : The information of every column with y.

    Notes
    -----
    The information with the target given another column, :math:`I(X_i;Y|X_j)` (``cmiMatrix`` of the R package praznik),
    which is not symmetric, follows from

    .. math:: I(X_i;Y|X_j) = I(X_i;Y) + I(X_i;X_j|Y) - I(X_i;X_j)

    by :func:`mutual_info_features` and :func:`mutual_info_matrix`; exactly so for the estimates of discrete columns,
    whose tables are counted, if all have ten rows per cell. Where cells of three columns are thin, their bias is
    subtracted as by :class:`Auto`, and a warning is issued of pairs of which much rests on that.

    References
    ----------
    .. [1] G. Brown, A. Pocock, M.-J. Zhao, M. Lujan, "Conditional likelihood maximisation: a unifying framework for
       information theoretic feature selection", Journal of Machine Learning Research 13, 2012, section 3.3.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.mutual_info import conditional_mutual_info_matrix, mutual_info_features, mutual_info_matrix
    >>> X = np.random.default_rng(0).random((2000, 2)) < 0.5
    >>> y = X[:, 0] ^ X[:, 1]
    >>> given = conditional_mutual_info_matrix(X, y).mutual_info
    >>> round(float(given.iloc[0, 1]), 2)  # log 2: y and either column determine the other
    0.69
    >>> unique = mutual_info_features(X, y)[:, None] + given - mutual_info_matrix(X).mutual_info
    >>> round(float(unique.iloc[0, 1]), 2)  # I(X_0;Y|X_1) = log 2, and I(X_0;Y) = 0
    0.69
    """
    check_missing(missing)
    if estimator is not None:
        require_estimator(estimator)
        require_given(estimator)
    target = column_of(y, "y", missing=missing, remedy=_ONE_TARGET)
    columns = sparse_columns_of(X, "X") if issparse(X) else columns_of(X, "X", missing=missing)
    require_same_length(X.shape[0] if issparse(X) else columns[0].n_samples, target.n_samples, "y")
    warn_of_columns([target])
    warn_of_indexes(X=X, y=y)
    require_room(len(columns), 0)
    run = {"n_jobs": n_jobs, "verbose": verbose}
    if issparse(X):
        if estimator is None and target.kind == "discrete" and _fills_tables_of_bools(target):
            if target.constant:
                return sparse_result(columns, all_sparse_pairs(columns, **run))
            return sparse_result(columns, all_sparse_pairs_given(columns, target, **run))
        columns = list(columns)
    return _of_columns(columns, target, estimator, run)


def _fills_tables_of_bools(target):
    """Whether two bools and the classes have fewer nats than the number of rows allows, and no thin cells."""
    n_samples, counts = target.n_samples, target.counts
    if not target.constant and are_many_cells(4 * len(counts), n_samples):
        return False
    entropy = np.log(n_samples) - counts @ np.log(counts) / n_samples
    return n_samples >= LEAST_SPARSE_ROWS and np.log(4) + entropy <= SATURATION * np.log(n_samples)


def _of_columns(columns, target, estimator, run):
    require_rows([*columns, target])
    of_target = [target] if target.complete is not None else []
    n_complete = complete_counts([*columns, *of_target], [*columns, *of_target])
    warn_of_missing(columns, n_complete, N_NEIGHBORS, target)
    if of_target:
        columns, target = [column.taken(target.complete) for column in columns], target.taken(target.complete)
        n_complete = complete_counts(columns, columns)
    shape = len(columns), len(columns)
    estimates = Estimates(*np.full((2, *shape), np.nan), np.zeros(shape, bool))
    counted = np.zeros(shape, bool)
    if estimator is None and target.kind == "discrete":
        counted = _count(estimates, columns, target, run)
        is_thin = correct_thin_pairs(estimates, columns, counted, None if target.constant else target, **run)
        warn_of_thin_pairs(columns, is_thin & ~estimates.saturated, counted)
    others = list(zip(*np.nonzero(np.triu(~counted, 1)), strict=True))
    tasks = [(estimator or Auto(), columns[i], columns[j], target) for i, j in others]
    results = run_tasks(_fitted, tasks, description="pairs of columns", **run)
    for (i, j), values in zip(others, results, strict=True):
        for whole, value in zip(estimates, values, strict=True):
            whole[i, j] = whole[j, i] = value
    warn_of_saturated_pairs(columns, estimates.saturated)
    return matrix_result(columns, estimates, n_complete=n_complete)


def _count(estimates, columns, target, run):
    """Write the estimates of discrete columns, and return the mask of those whose tables have rows enough."""
    discrete = [j for j, column in enumerate(columns) if column.kind == "discrete"]
    if discrete:
        parts = [columns[j] for j in discrete]
        of_tables = all_pairs(parts, **run) if target.constant else all_pairs_given(parts, target, **run)
        for whole, part in zip(estimates, of_tables, strict=True):
            whole[np.ix_(discrete, discrete)] = part
    counted = np.zeros(estimates.mutual_info.shape, bool)
    for place, i in enumerate(discrete):
        for j in discrete[place + 1 :]:
            counted[i, j] = counted[j, i] = _fill_cells(columns[i], columns[j], target)
    return counted


def _fill_cells(*columns):
    """Whether classes are counted, as in ``Auto``: they have no order, or there are rows enough per occupied cell."""
    most = columns[0].n_samples / ROWS_PER_CELL
    if any(column.nominal for column in columns) or np.prod([len(column.counts) for column in columns]) <= most:
        return True
    return int(joint_codes([column.codes for column in columns]).max()) + 1 <= most


def _fitted(estimator, x, y, given):
    rows = complete_rows([x, y])
    if rows is not None:
        if rows.sum() <= N_NEIGHBORS:
            return np.nan, np.nan, False
        x, y, given = x.taken(rows), y.taken(rows), given.taken(rows)
    if x.constant or y.constant:
        return 0.0, 0.0, False
    # One warning of all constant columns has been issued, and one of all saturated pairs follows.
    with warn_once(excluded=(ConstantInputWarning, SaturatedEstimateWarning)):
        fitted = fit_information(estimator, as_table("X", x.raw), y.raw, given.raw)
    return fitted.mutual_info_, getattr(fitted, "std_error_", np.nan), getattr(fitted, "saturated_", False)
