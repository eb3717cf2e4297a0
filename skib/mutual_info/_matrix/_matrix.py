"""Mutual information of all pairs of columns of a frame."""

from dataclasses import dataclass, field
from itertools import islice
from numbers import Integral

import numpy as np
import pandas as pd
from scipy.sparse import issparse
from sklearn.utils import check_scalar

from skib._class_tables import Estimates
from skib._columns import (
    as_table,
    check_missing,
    columns_of,
    complete_counts,
    complete_pair,
    complete_rows,
    opened,
    sparse_columns_of,
    take_rows,
    warn_of_missing,
    warn_of_series_columns,
)
from skib._dependence import fit_information
from skib._parallel import run_tasks, spawn_generators
from skib._row_orders import check_shuffle
from skib._typing import Missing, MutualInfoEstimator, Seed, Shuffle, TableLike
from skib._warnings import (
    MOST_LISTED,
    ConstantInputWarning,
    SaturatedEstimateWarning,
    collect_warnings,
    listed,
    warn,
    warn_once,
)
from skib.mutual_info._auto import N_NEIGHBORS
from skib.mutual_info._matrix._checks import (
    require_rows,
    warn_of_copied_rows,
    warn_of_negative_pairs,
    warn_of_rare_symbols,
)
from skib.mutual_info._matrix._pairs import pair_estimates, pvalues, require_room, restricted_shuffle, tables
from skib.mutual_info._matrix._sparse import LEAST_SPARSE_ROWS, all_sparse_pairs, sparse_pvalues
from skib.mutual_info._matrix._tables import all_pairs
from skib.mutual_info._matrix._thin import correct_thin_pairs, warn_of_thin_pairs
from skib.mutual_info._matrix._together import estimate_together
from skib.mutual_info._permutation import permutation_test


@dataclass(frozen=True, eq=False)
class MutualInfoMatrix:
    """Mutual information of all pairs of columns.

    Attributes
    ----------
    mutual_info : DataFrame of shape (n_columns, n_columns)
        Estimates in nats, symmetric, not clipped at 0. On the diagonal the entropy of discrete columns,
        I(X;X) = H(X), and NaN for continuous ones, whose I(X;X) is infinite.
    std_error : DataFrame of shape (n_columns, n_columns)
        Standard errors of the estimates, in nats; they do not cover the bias.
    pvalue : DataFrame of shape (n_columns, n_columns) or None
        Permutation p-values of independence, 0 on the diagonal; None without permutations.
    kinds : Series of shape (n_columns,)
        The kind of each column, "discrete" or "continuous".
    n_samples : int
        Number of rows.
    missing : Series of shape (n_columns,)
        Share of the rows of each column that have no value: a level of its own of a discrete column, left out of the
        pairs of a continuous one.
    n_complete : DataFrame of shape (n_columns, n_columns) or None
        Number of rows that each estimate is computed from; None if it is `n_samples` for all.
    saturated : DataFrame of shape (n_columns, n_columns) or None
        Whether an estimate is near the largest value that so many rows allow; the diagonal is False.
    """

    mutual_info: pd.DataFrame
    std_error: pd.DataFrame = field(repr=False)
    pvalue: pd.DataFrame | None = field(repr=False)
    kinds: pd.Series = field(repr=False)
    n_samples: int
    missing: pd.Series | None = field(default=None, repr=False)
    n_complete: pd.DataFrame | None = field(default=None, repr=False)
    saturated: pd.DataFrame | None = field(default=None, repr=False)

    def correlation(self) -> pd.DataFrame:
        r"""Return the informational coefficients of correlation, :math:`\sqrt{1 - e^{-2 I}}` [1]_.

        Each is the absolute correlation of a Gaussian pair with the same information: from 0 to 1 for columns of any
        kind. Estimates below 0 count as 0; the diagonal is 1.

        Returns
        -------
        correlation : DataFrame of shape (n_columns, n_columns)
            The coefficients, between 0 and 1.

        References
        ----------
        .. [1] E. H. Linfoot, "An informational measure of correlation", Information and Control 1, 1957.
        """
        values = np.sqrt(-np.expm1(-2 * np.maximum(self.mutual_info.to_numpy(), 0)))
        np.fill_diagonal(values, 1.0)
        return pd.DataFrame(values, self.mutual_info.index, self.mutual_info.columns)


def mutual_info_matrix(
    frame: TableLike,
    *,
    estimator: MutualInfoEstimator | None = None,
    n_permutations: int = 0,
    groups: TableLike | None = None,
    shuffle: Shuffle = "rows",
    missing: Missing = "auto",
    random_state: Seed = None,
    n_jobs: int | None = None,
    verbose: int = 0,
) -> MutualInfoMatrix:
    r"""Estimate the mutual information of all pairs of columns of a frame.

    Parameters
    ----------
    frame : DataFrame (pandas, polars or pyarrow), array-like or sparse matrix of shape (n_samples, n_columns)
        Columns of any kind. Text, categories, bools and numbers on at most sqrt(n_samples) levels are discrete, all
        other numbers and dates continuous. The columns of a sparse matrix count as bools: other than zero, or not.
    estimator : mutual-information estimator, default=None
        Estimator of I(X;Y); clones are fitted to all pairs alike, and to every discrete column with itself. ``None``
        means :class:`Auto`, whose estimates are computed many at a time.
    n_permutations : int, default=0
        Permutations for the p-values, of which none is below 1 / (1 + n_permutations); 0 gives none.
    groups : array-like of shape (n_samples,), default=None
        Labels of groups of dependent rows, which are permuted as in :func:`permutation_test`.
    shuffle : {"rows", "circular"}, default="rows"
        How the rows are permuted for the p-values, as in :func:`permutation_test`; ``"circular"`` for time series. With
        groups or shifts every pair of columns has a null distribution of its own.
    missing : {"auto", "error"}, default="auto"
        What to do with missing values, as in :func:`mutual_info`. ``"auto"`` estimates each pair from the rows in which
        neither misses a number: NaN if there are fewer than 6 of these.
    random_state : int, RandomState instance or None, default=None
        Seeds the permutations. Pass an int for the same result at every call.
    n_jobs : int, default=None
        Number of threads (as in joblib) over the pairs of columns; the result is the same for every value.
    verbose : int, default=0
        Above 0, show progress on stderr: a bar where ``rich`` is installed, lines of text elsewhere.

    Returns
    -------
    matrix : MutualInfoMatrix
        Estimates, standard errors and p-values.

    Raises
    ------
    ValueError
        If a value is infinite, or missing with ``missing="error"`` (the column is named), the frame is not a table, or
        it has too few rows, or more columns than there is room for in memory (more than 7000, or 5000 with p-values):
        score these with one target at a time by :func:`mutual_info_features`.
    TypeError
        If `estimator` has no `mutual_info_` after ``fit``, as a measure of dependence that is no information.

    Warns
    -----
    ConstantInputWarning
        If columns are constant: their information is 0.
    MissingValuesWarning
        If numbers are missing, with the share of each column and the rows that remain.
    SaturatedEstimateWarning
        If estimates reflect the number of rows, because nearly every row is a pair of its own.
    UnreliableEstimateWarning
        If columns look like identifiers, or if symbols occur once, whose rows are left out of pairs with a continuous
        column.

    See Also
    --------
    MutualInfoMatrixDisplay : The heat map.

    Notes
    -----
    The tables of all pairs of several discrete columns of few levels are counted in one pass over the rows: three
    columns of four levels with three others, or six of two levels with six others, where there are 10 000 rows.

    Pairs of columns of numbers share work if the estimator is a ``GaussianCopula``, whose matrix consists of products
    of matrices, or the first variant of ``KSG``, which sorts every column once; other estimators, also of classes
    derived from these, are fitted pair by pair.

    Without `estimator`, the null distribution of a pair depends only on how many rows share each value in either
    column. It is computed once for all pairs that agree in this: for columns of (hardly tied) numbers, or cut at
    quantiles, thousands of permutations cost little, and p-values are small enough to be corrected for the number of
    pairs. Columns of numbers with many ties have null distributions of their own, of some milliseconds for every
    permutation of every pair.

    Examples
    --------
    >>> import pandas as pd
    >>> from skib.mutual_info import mutual_info_matrix
    >>> frame = pd.DataFrame({"sky": ["sun", "rain"] * 80, "wet": [False, True] * 80, "day": [1, 1, 2, 2] * 40})
    >>> mutual_info_matrix(frame).mutual_info.round(3)  # log 2, and 0
           sky    wet    day
    sky  0.693  0.693  0.000
    wet  0.693  0.693  0.000
    day  0.000  0.000  0.693
    """
    check_scalar(n_permutations, "n_permutations", Integral, min_val=0)
    check_missing(missing)
    columns = sparse_columns_of(frame, "frame") if issparse(frame) else columns_of(frame, missing=missing)
    require_room(len(columns), n_permutations)
    free = groups is None and shuffle == "rows"
    if issparse(frame):
        if free and estimator is None and columns.n_samples >= LEAST_SPARSE_ROWS:
            null = {"n_permutations": n_permutations, "random_state": random_state}
            return _of_sparse(columns, null, {"n_jobs": n_jobs, "verbose": verbose})
        columns = list(columns)
    pairs = list(zip(*np.triu_indices(len(columns), 1), strict=True))
    run = {"n_jobs": n_jobs, "verbose": verbose}
    null = run | {"n_permutations": n_permutations, "random_state": random_state}
    check_shuffle(columns[0].n_samples, groups=groups, shuffle=shuffle)
    n_complete = complete_counts(columns, columns)
    of_pairs = None if n_complete is None else n_complete[np.triu_indices(len(columns), 1)]
    warn_of_missing(columns, of_pairs, N_NEIGHBORS)
    if n_permutations and free:
        warn_of_series_columns(columns)
    if estimator is None:
        null |= {"draw_of": None if free else restricted_shuffle(groups, shuffle)}
        estimates, pvalue = _by_kind(columns, pairs, n_complete, run, null)
    else:
        null |= {"groups": None if groups is None else opened("groups", groups), "shuffle": shuffle}
        estimates, pvalue = _by_estimator(estimator, columns, pairs, run, null)
    return matrix_result(columns, estimates, pvalue, n_complete)


def _of_sparse(columns, null, run):
    """Estimate all pairs of SparseColumns."""
    estimates, pvalue = all_sparse_pairs(columns, **run), None
    if null["n_permutations"]:
        warn_of_series_columns(columns)
        pvalue = sparse_pvalues(columns, estimates.mutual_info, **null, **run)
    return sparse_result(columns, estimates, pvalue)


def _by_kind(columns, pairs, n_complete, run, null):
    require_rows(columns)
    warn_of_copied_rows(columns)
    estimates = Estimates(*np.full((2, len(columns), len(columns)), np.nan), np.zeros((len(columns),) * 2, bool))
    discrete = [j for j, column in enumerate(columns) if column.kind == "discrete"]
    if discrete:
        for whole, part in zip(estimates, all_pairs([columns[j] for j in discrete], **run), strict=True):
            whole[np.ix_(discrete, discrete)] = part
    counted = tables(columns)
    is_thin = correct_thin_pairs(estimates, columns, counted, **run)
    warn_of_thin_pairs(columns, is_thin & ~estimates.saturated, counted)
    others = list(zip(*np.nonzero(np.triu(~counted, 1)), strict=True))
    for whole, part in zip(
        estimates, pair_estimates([(columns[i], columns[j]) for i, j in others], **run), strict=True
    ):
        _fill(whole, others, part)
    warn_of_rare_symbols(columns, columns)
    warn_of_saturated_pairs(columns, estimates.saturated)
    warn_of_negative_pairs(columns, estimates, n_complete)
    if not null["n_permutations"]:
        return estimates, None
    values = [estimates.mutual_info[pair] for pair in pairs]
    return estimates, _symmetric(columns, pairs, pvalues([(columns[i], columns[j]) for i, j in pairs], values, **null))


def _by_estimator(estimator, columns, pairs, run, null):
    """Fit one estimator to every pair, and to every discrete column with itself."""
    estimates = Estimates(*np.full((2, len(columns), len(columns)), np.nan), np.zeros((len(columns),) * 2, bool))
    asked = np.triu(np.ones((len(columns),) * 2, bool), 1)
    np.fill_diagonal(asked, [column.kind == "discrete" for column in columns])
    with warn_once():
        rest = estimate_together(estimator, columns, asked, estimates, **run)
        rest = sorted(np.argwhere(rest).tolist(), key=lambda cell: cell[0] != cell[1])  # single columns first
        tasks = [(estimator, columns[i], columns[j]) for i, j in rest]
        results = run_tasks(_fitted, tasks, description="pairs of columns", **run)
    for cell, fitted in zip(rest, results, strict=True):
        for whole, value in zip(estimates, fitted, strict=True):
            _fill(whole, [cell], [value])
    warn_of_saturated_pairs(columns, estimates.saturated)
    if not null["n_permutations"]:
        return estimates, None
    # The same permutations for every pair.
    seed = int(spawn_generators(null["random_state"], 1)[0].integers(2**31 - 1))
    how = {"random_state": seed} | {name: null[name] for name in ("n_permutations", "groups", "shuffle")}
    tasks = [(estimator, columns[i], columns[j], how) for i, j in pairs]
    return estimates, _symmetric(columns, pairs, run_tasks(_tested, tasks, description="permutations", **run))


def _fitted(estimator, x, y):
    rows = complete_rows([x, y])
    if rows is not None and rows.sum() <= N_NEIGHBORS:
        return np.nan, np.nan, False
    # One warning of all constant columns has been issued, and one of all saturated pairs follows.
    with warn_once(excluded=(ConstantInputWarning, SaturatedEstimateWarning)):
        fitted = fit_information(estimator, *_raw(x, y))
    return fitted.mutual_info_, getattr(fitted, "std_error_", np.nan), getattr(fitted, "saturated_", False)


def _tested(estimator, x, y, how):
    rows, groups = complete_rows([x, y]), how["groups"]
    if rows is not None and rows.sum() <= N_NEIGHBORS:
        return np.nan
    if rows is not None and groups is not None:
        how = how | {"groups": take_rows(groups, np.flatnonzero(rows))}
    with collect_warnings():  # the estimates have issued them
        return permutation_test(estimator, *_raw(x, y), **how).pvalue


def _fill(matrix, pairs, values):
    for (i, j), value in zip(pairs, values, strict=True):
        matrix[i, j] = matrix[j, i] = value


def _symmetric(columns, pairs, values):
    """Return the matrix of the p-values of all pairs; on the diagonal 0, and 1 for constant columns."""
    matrix = np.diag([1.0 if column.constant else 0.0 for column in columns])
    _fill(matrix, pairs, values)
    return matrix


def _raw(x, y):
    """Return the values of two columns in their complete rows."""
    x, y = complete_pair(x, y)
    return as_table("X", x.raw), y.raw


def matrix_result(columns, estimates, pvalue=None, n_complete=None):
    """Return the estimates of all pairs of columns as a MutualInfoMatrix."""
    names = pd.Index([column.name for column in columns])

    def frame(values):
        return None if values is None else pd.DataFrame(values, names, names)

    kinds = pd.Series([column.kind for column in columns], names, name="kind")
    n_samples = columns[0].n_samples
    missing = pd.Series([column.n_missing / n_samples for column in columns], names, name="missing")
    results = frame(estimates.mutual_info), frame(estimates.std_error), frame(pvalue)
    saturated = frame(_off_diagonal(estimates.saturated))
    return MutualInfoMatrix(*results, kinds, n_samples, missing, frame(n_complete), saturated)


def _off_diagonal(saturated):
    return saturated & ~np.eye(len(saturated), dtype=bool)


def sparse_result(columns, estimates, pvalue=None):
    """Return the estimates of all pairs of SparseColumns as a MutualInfoMatrix."""
    names = pd.RangeIndex(len(columns))
    kinds, missing = pd.Series("discrete", names, name="kind"), pd.Series(0.0, names, name="missing")
    pvalue = None if pvalue is None else pd.DataFrame(pvalue)
    frames = (pd.DataFrame(values, copy=False) for values in estimates[:2])
    saturated = pd.DataFrame(_off_diagonal(estimates.saturated), copy=False)
    return MutualInfoMatrix(*frames, pvalue, kinds, columns.n_samples, missing, saturated=saturated)


def warn_of_saturated_pairs(columns, saturated):
    """Warn of pairs whose estimate is saturated; name them, and the column that has most of them."""
    pairs = _off_diagonal(saturated)
    per_column = dict(zip([column.name for column in columns], np.sum(pairs, axis=0), strict=True))
    if pairs.any():
        n_pairs, most = int(pairs.sum()) // 2, max(per_column, key=per_column.get)
        cells = zip(*np.nonzero(np.triu(pairs)), strict=True)
        names = [f"{columns[i].name!r} and {columns[j].name!r}" for i, j in islice(cells, MOST_LISTED + 1)]
        found = f"{n_pairs} pairs of columns are saturated, most of them with {most!r}"
        warn(
            f"{'1 pair of columns is saturated' if n_pairs == 1 else found} ({listed(names)}): nearly every row is a "
            "pair of its own, or the dependence too strong for so few rows; leave identifiers out, or pass more rows",
            SaturatedEstimateWarning,
        )
