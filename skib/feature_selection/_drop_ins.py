"""Drop-ins for the scores of the same names in ``sklearn.feature_selection``."""

from functools import partial
from numbers import Integral
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import issparse
from scipy.special import entr
from sklearn.utils import check_scalar

from skib._class_tables import class_estimates, warn_of_saturated_features
from skib._columns import (
    as_codes,
    column_of,
    columns_of,
    complete_counts,
    complete_pair,
    sparse_columns_of,
    warn_of_columns,
    warn_of_missing,
)
from skib._neighbors import ross_terms
from skib._parallel import run_tasks
from skib._thin_tables import warn_of_thin_tables
from skib._typing import Floats, Seed, TableLike
from skib._warnings import UnreliableEstimateWarning, listed, warn, warn_once
from skib.mutual_info import KSG, Ross, mutual_info_features

_ONE_TARGET = "score one target after the other"


def mutual_info_classif(
    X: TableLike,
    y: TableLike,
    *,
    discrete_features: Literal["auto"] | bool | ArrayLike = "auto",
    n_neighbors: int = 3,
    copy: bool = True,
    random_state: Seed = None,
    n_jobs: int | None = None,
    sample_weight: ArrayLike | None = None,
) -> Floats:
    r"""Estimate the mutual information of each column of X with the classes y.

    The signature is that of :func:`sklearn.feature_selection.mutual_info_classif`, which this function replaces in
    ``SelectKBest`` and elsewhere, and a weight per row. The estimate is that of :class:`skib.mutual_info.Ross` for
    columns of numbers, and :math:`H(X) + H(Y) - H(X,Y)` with Grassberger's entropies for columns of classes.

    Parameters
    ----------
    X : DataFrame, array-like or sparse matrix of shape (n_samples, n_features)
        Columns of any kind, with missing values. The columns of a sparse matrix count as bools (not zero).
    y : array-like of shape (n_samples,)
        The class of each row.
    discrete_features : "auto", bool or array-like, default="auto"
        Which columns hold classes: all, none, those of a mask, or those of some numbers of columns. ``"auto"`` takes
        text, bools, categories and numbers on at most sqrt(n_samples) levels for classes, where that of scikit-learn
        takes all columns of a dense X for numbers.
    n_neighbors : int, default=3
        Neighbors of the estimate of columns of numbers. More of them lower its variance and raise its bias.
    copy : bool, default=True
        Has no effect: X is never modified.
    random_state : int, RandomState instance or None, default=None
        Has no effect: no noise is added.
    n_jobs : int, default=None
        Number of threads (as in joblib) over the columns; the result is the same for every value.
    sample_weight : array-like of shape (n_samples,), default=None
        How often each row counts, of columns of classes, as in :func:`skib.mutual_info.mutual_info_features`.

    Returns
    -------
    mutual_info : ndarray of shape (n_features,)
        In nats, from 0 to the entropy of y: an estimate below or above them is cut. NaN for a column of numbers of
        which no more than `n_neighbors` rows have a value.

    Raises
    ------
    ValueError
        If a value is infinite, rows are too few, or weights are given and a column holds numbers.

    See Also
    --------
    skib.mutual_info.mutual_info_features : Columns and targets of any kind, not cut, with p-values.
    mutual_info_regression : For numbers y.

    Notes
    -----
    Scikit-learn scales columns without centering them, and adds noise in proportion to their mean: with X + 1e9 the
    noise is as large as the data, and a constant column becomes noise, which can have more information than the
    entropy of rare classes. Here ranks are compared, with ties as they are, so that shifts, units and heavy tails
    change nothing.

    Missing values are a level of their own in columns of classes, and in y. Rows in which a number is missing are left
    out of the estimate of that column, and a ``MissingValuesWarning`` tells their share. (``SelectKBest`` itself
    refuses missing values.)

    References
    ----------
    .. [1] B. C. Ross, "Mutual information between discrete and continuous data sets", PLoS ONE 9, 2014.
    .. [2] P. Grassberger, "Entropy estimates from insufficient samplings", arXiv:physics/0307138, 2003, equation 27.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.feature_selection import mutual_info_classif
    >>> rng = np.random.default_rng(0)
    >>> y = rng.integers(2, size=1000)
    >>> X = np.column_stack([y + 0.1 * rng.normal(size=1000), np.ones(1000) + 1e-6 * rng.normal(size=1000)])
    >>> mutual_info_classif(X + 1e9, y).round(1).tolist()  # log 2, and 0
    [0.7, 0.0]
    """
    with warn_once():
        target = column_of(y, "y", missing="auto", discrete=True, remedy=_ONE_TARGET)
        values = _scores(X, target, discrete_features, n_neighbors, n_jobs, sample_weight)
    counts = np.bincount(target.codes, sample_weight)
    return np.clip(values, 0.0, np.sum(entr(counts / counts.sum())))


def mutual_info_regression(
    X: TableLike,
    y: TableLike,
    *,
    discrete_features: Literal["auto"] | bool | ArrayLike = "auto",
    n_neighbors: int = 3,
    copy: bool = True,
    random_state: Seed = None,
    n_jobs: int | None = None,
    sample_weight: ArrayLike | None = None,
) -> Floats:
    r"""Estimate the mutual information of each column of X with the numbers y.

    The signature is that of :func:`sklearn.feature_selection.mutual_info_regression`, which this function replaces in
    ``SelectKBest`` and elsewhere. The estimate is that of :class:`skib.mutual_info.KSG` for columns of numbers, and
    that of :class:`skib.mutual_info.Ross` for columns of classes.

    Parameters
    ----------
    X : DataFrame, array-like or sparse matrix of shape (n_samples, n_features)
        Columns of any kind, with missing values. The columns of a sparse matrix count as bools (not zero).
    y : array-like of shape (n_samples,)
        The target: numbers or dates, also if they take few values.
    discrete_features : "auto", bool or array-like, default="auto"
        Which columns hold classes, as in :func:`mutual_info_classif`.
    n_neighbors : int, default=3
        Neighbors of the estimate. More of them lower its variance and raise its bias.
    copy : bool, default=True
        Has no effect: X is never modified.
    random_state : int, RandomState instance or None, default=None
        Has no effect: no noise is added.
    n_jobs : int, default=None
        Number of threads (as in joblib) over the columns; the result is the same for every value.
    sample_weight : array-like of shape (n_samples,), default=None
        Must be None: rows can be weighed where they are counted, which rows of numbers are not. Cut y into bins and
        take :func:`mutual_info_classif` for weighted rows.

    Returns
    -------
    mutual_info : ndarray of shape (n_features,)
        In nats; an estimate below 0 is cut. NaN for a column of which no more than `n_neighbors` rows have a value.

    Raises
    ------
    ValueError
        If a value is infinite, rows are too few, or weights are given.

    See Also
    --------
    skib.mutual_info.mutual_info_features : Columns and targets of any kind, not cut, with p-values.
    mutual_info_classif : For classes y; its notes say what is different from scikit-learn.

    References
    ----------
    .. [1] A. Kraskov, H. Stoegbauer, P. Grassberger, "Estimating mutual information", Physical Review E 69, 066138,
       2004.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.feature_selection import mutual_info_regression
    >>> X = np.random.default_rng(0).normal(size=(2000, 2))
    >>> y = X[:, 0] + np.random.default_rng(1).normal(size=2000)
    >>> mutual_info_regression(X + 1e9, y).round(1).tolist()  # log(2) / 2 = 0.35, and 0
    [0.3, 0.0]
    """
    if sample_weight is not None:
        raise ValueError(
            "rows can be weighed where they are counted, but y holds numbers; cut y into bins and take "
            "mutual_info_classif, or leave out sample_weight"
        )
    with warn_once():
        target = column_of(y, "y", missing="auto", discrete=False, remedy=_ONE_TARGET)
        values = _scores(X, target, discrete_features, n_neighbors, n_jobs, None)
    return np.maximum(values, 0.0)


def _scores(X, target, discrete_features, n_neighbors, n_jobs, sample_weight):
    """Estimate each column of X with the target column: classes by counting, all others by neighbors."""
    check_scalar(n_neighbors, "n_neighbors", Integral, min_val=1)
    columns = _columns(X, discrete_features)
    n_samples = columns[0].n_samples
    if n_samples != target.n_samples:
        raise ValueError(f"X has {n_samples} rows but y has {target.n_samples}; pass one y per row of X")
    warn_of_columns([target])
    values = np.zeros(len(columns))
    varying = [] if target.constant else [j for j in range(len(columns)) if not columns[j].constant]
    counted = target.kind == "discrete" and (sample_weight is not None or issparse(X))
    by_table = [j for j in varying if counted or columns[j].kind == target.kind == "discrete"]
    by_neighbors = sorted(set(varying) - set(by_table))
    if by_table:
        values[by_table] = _by_tables(X, columns, by_table, target, n_jobs, sample_weight)
    if by_neighbors:
        _report_missing(columns, by_neighbors, target, n_neighbors)
        _report_rare(columns, by_neighbors, n_neighbors)
        tasks = [(columns, j, target, n_neighbors) for j in by_neighbors]
        values[by_neighbors] = run_tasks(_by_neighbors, tasks, n_jobs=n_jobs)
    return values


def _columns(X, discrete_features):
    """Read the columns of X as the kinds that `discrete_features` says."""
    if issparse(X):
        if not (discrete_features == "auto" or np.all(discrete_features)):
            raise ValueError("the columns of a sparse X are discrete; pass X.toarray() for columns of numbers")
        return sparse_columns_of(X, "X")
    if isinstance(discrete_features, str):
        if discrete_features != "auto":
            raise ValueError(f"discrete_features must be 'auto', a bool, a mask or numbers, got {discrete_features!r}")
        return columns_of(X, "X", missing="auto")
    return columns_of(X, "X", missing="auto", discrete=partial(_mask, np.asarray(discrete_features)))


def _mask(discrete_features, n_columns):
    """Return one bool for each column, of one bool for all, of a mask, or of the numbers of columns."""
    if discrete_features.dtype != bool:
        mask = np.zeros(n_columns, bool)
        mask[discrete_features] = True
        return mask.tolist()
    if discrete_features.ndim and len(discrete_features) != n_columns:
        raise ValueError(f"discrete_features has {len(discrete_features)} entries, but X has {n_columns} columns")
    return np.broadcast_to(discrete_features, n_columns).tolist()


def _by_tables(X, columns, places, target, n_jobs, sample_weight):
    """Estimate some columns of classes with the target."""
    if issparse(X) or sample_weight is not None:
        table = X.tocsc()[:, places] if issparse(X) else _raw(columns, places)
        return mutual_info_features(table, _categories(target), sample_weight=sample_weight)
    chosen = [columns[j] for j in places]
    estimates, _, is_thin = class_estimates(chosen, target, n_jobs=n_jobs)
    thin = is_thin & ~estimates.saturated
    warn_of_thin_tables([f"{c.name!r} with y" for c, mark in zip(chosen, thin, strict=True) if mark], len(columns))
    saturated = np.zeros(len(columns), bool)
    saturated[places] = estimates.saturated
    warn_of_saturated_features([column.name for column in columns], saturated)
    return estimates.mutual_info


def _categories(column):
    from pandas import Categorical

    return Categorical.from_codes(column.codes, np.arange(len(column.counts)))


def _raw(columns, places):
    """Return some columns as a frame, classes as categories."""
    from pandas import DataFrame

    parts = [_categories(columns[j]) if columns[j].kind == "discrete" else columns[j].values for j in places]
    return DataFrame(dict(enumerate(parts))).set_axis([columns[j].name for j in places], axis=1)


def _report_rare(columns, places, n_neighbors):
    """Warn of classes of few rows in columns that are estimated with numbers."""
    counts = {columns[j].name: columns[j].counts.min() for j in places if columns[j].kind == "discrete"}
    rare = [repr(name) for name, fewest in counts.items() if fewest <= n_neighbors]
    if rare:
        warn(
            f"columns [{listed(rare)}] have classes of no more rows than the {n_neighbors} neighbors of the estimate: "
            "their part of the information is estimated too low, and rows alone in their class are left out; merge "
            "rare classes",
            UnreliableEstimateWarning,
        )


def _report_missing(columns, places, target, n_neighbors):
    """Warn of missing numbers."""
    columns = columns if isinstance(columns, list) else []
    counts = complete_counts([columns[j] for j in places if columns] or [target], [target])
    warn_of_missing(columns, counts, n_neighbors, target)


def _by_neighbors(columns, j, target, n_neighbors):
    """Estimate column j with the target, at least one of which holds numbers, in their complete rows."""
    x, y = complete_pair(columns[j], target)
    if x.n_samples <= n_neighbors:
        return np.nan
    if x.constant or y.constant:
        return 0.0
    if x.kind == y.kind:
        return KSG(n_neighbors).fit(x.values[:, None], y.values).mutual_info_
    if y.kind == "discrete":
        return Ross(n_neighbors).fit(x.values[:, None], y.codes).mutual_info_
    used = x.counts[x.codes] > 1
    if not used.any():
        return 0.0
    return np.mean(ross_terms(y.values[used, None], as_codes(x.codes[used]), n_neighbors, marginals="rank"))
