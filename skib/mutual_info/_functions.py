"""Functions for scripts: the mutual information of a pair, and of every feature with a target."""

from numbers import Integral
from typing import Literal, overload

from numpy.typing import ArrayLike
from scipy.sparse import issparse
from sklearn.utils import check_scalar

from skib._columns import (
    as_table,
    check_missing,
    column_of,
    columns_of,
    complete_arguments,
    sparse_columns_of,
    warn_of_columns,
    warn_of_indexes,
    warn_of_series_columns,
)
from skib._dependence import fit_information
from skib._row_orders import check_shuffle
from skib._typing import Floats, Missing, MutualInfoEstimator, Seed, Shuffle, TableLike
from skib._validation import check_weights
from skib.mutual_info._auto import Auto
from skib.mutual_info._matrix import (
    feature_estimates,
    pvalues,
    restricted_shuffle,
    sparse_feature_estimates,
    sparse_feature_pvalues,
    weighted_feature_estimates,
)

_TARGETS = (
    "pass one column after the other, or take skib.mutual_info.mutual_info(x, y) or skib.mutual_info.Auto()."
    "score_features(X, y), which take all columns of y as one variable"
)


def mutual_info(
    X: TableLike,
    y: TableLike,
    *,
    given: TableLike | None = None,
    estimator: MutualInfoEstimator | None = None,
    missing: Missing = "auto",
) -> float:
    """Estimate the mutual information I(X;Y), or I(X;Y|Z), in nats.

    Parameters
    ----------
    X : array-like of shape (n_samples,) or (n_samples, n_features)
        One column or several, taken together as one variable: numbers, dates, bools, text or categories.
    y : array-like of shape (n_samples,) or (n_samples, n_targets)
        The target, likewise.
    given : array-like of shape (n_samples,) or (n_samples, n_conditions), default=None
        The variable Z to condition on, if the estimator can.
    estimator : mutual-information estimator, default=None
        Estimator of I(X;Y); a clone is fitted. ``None`` means :class:`Auto`.
    missing : {"auto", "error"}, default="auto"
        What to do with missing values (NaN, None, NaT, pandas.NA, null).

        - ``"auto"``: among classes they are a level of their own, as a category. Rows in which a number is missing, in
          any column, are left out, and a ``MissingValuesWarning`` tells their share.
        - ``"error"`` refuses them.

    Returns
    -------
    mutual_info : float
        The estimate in nats; not clipped, so it may fall slightly below 0.

    Raises
    ------
    TypeError
        If `estimator` has no `mutual_info_` after ``fit``, as a measure of dependence that is no information.

    Warns
    -----
    MisalignedIndexWarning
        If X and y have indexes of pandas, and these differ: rows are paired by their position.

    See Also
    --------
    Auto : The default, which also has the standard error and the method that it used.
    mutual_info_matrix : All pairs of columns.

    Notes
    -----
    That a value is missing is information about y where it depends on y, and counts as such among classes. Among
    numbers the estimate is that of the rows that are left, which is right if numbers are missing completely at random.
    If what is missing in X depends on y alone, independent X and y remain independent in these rows, but the amount of
    a dependence changes.

    Examples
    --------
    >>> from skib.mutual_info import mutual_info
    >>> round(mutual_info(["sun", "rain", "rain", "sun"] * 50, [False, True, True, False] * 50), 2)  # log 2
    0.69
    """
    check_missing(missing)
    if issparse(X):
        raise TypeError(
            "the columns of X are taken together as one variable, for which X must be dense: pass X.toarray(), or take "
            "mutual_info_features(X, y), which estimates each column of a sparse X by itself"
        )
    warn_of_indexes(X=X, y=y, given=given)
    if missing == "auto":
        X, y, given = complete_arguments(X=X, y=y, given=given)
    return float(fit_information(Auto() if estimator is None else estimator, as_table("X", X), y, given).mutual_info_)


@overload
def mutual_info_features(  # type: ignore[overload-overlap]  # 0 is an int, too
    X: TableLike,
    y: TableLike,
    *,
    n_permutations: Literal[0] = 0,
    groups: TableLike | None = None,
    shuffle: Shuffle = "rows",
    missing: Missing = "auto",
    sample_weight: ArrayLike | None = None,
    random_state: Seed = None,
    n_jobs: int | None = None,
) -> Floats: ...


@overload
def mutual_info_features(
    X: TableLike,
    y: TableLike,
    *,
    n_permutations: int,
    groups: TableLike | None = None,
    shuffle: Shuffle = "rows",
    missing: Missing = "auto",
    sample_weight: ArrayLike | None = None,
    random_state: Seed = None,
    n_jobs: int | None = None,
) -> tuple[Floats, Floats]: ...


def mutual_info_features(
    X: TableLike,
    y: TableLike,
    *,
    n_permutations: int = 0,
    groups: TableLike | None = None,
    shuffle: Shuffle = "rows",
    missing: Missing = "auto",
    sample_weight: ArrayLike | None = None,
    random_state: Seed = None,
    n_jobs: int | None = None,
) -> Floats | tuple[Floats, Floats]:
    """Estimate the mutual information of each column of X with y: a ``score_func`` of scikit-learn's selectors.

    Parameters
    ----------
    X : DataFrame, array-like or sparse matrix of shape (n_samples, n_features)
        Columns of any kind. The selectors of scikit-learn pass arrays of numbers, and refuse text and categories, which
        :class:`~skib.feature_selection.InformationSelector` takes. Numbers on at most sqrt(n_samples) levels
        count as classes, as in :class:`Auto`. The columns of a sparse matrix count as bools: other than zero, or not;
        with classes in y, the time is that of reading the entries other than zero.
    y : array-like of shape (n_samples,)
        The target: class labels or numbers, one column. :func:`mutual_info` and ``Auto().score_features`` take several
        as one variable.
    n_permutations : int, default=0
        Permutations for the p-values, of which none is below 1 / (1 + n_permutations). 0 gives none, which suits
        ``SelectKBest`` and ``SelectPercentile``. ``SelectFpr``, ``SelectFdr`` and ``SelectFwe`` need them, and end with
        "object of type 'NoneType' has no len()" without: pass them ``functools.partial(mutual_info_features,
        n_permutations=999)``.
    groups : array-like of shape (n_samples,), default=None
        Labels of groups of dependent rows, which are permuted as in :func:`permutation_test`.
    shuffle : {"rows", "circular"}, default="rows"
        How the rows are permuted for the p-values, as in :func:`permutation_test`; ``"circular"`` for time series. With
        groups or shifts every pair of columns has a null distribution of its own.
    missing : {"auto", "error"}, default="auto"
        What to do with missing values, as in :func:`mutual_info`. ``"auto"`` estimates each column with y from the rows
        in which neither misses a number: NaN if there are fewer than 6 of these.
    sample_weight : array-like of shape (n_samples,), default=None
        How often each row counts, of classes in X and y, without p-values. Whole numbers give what repeated rows give;
        between these the formula is linear in the counts, so that fractions should sum to the number of rows that they
        are worth.
    random_state : int, RandomState instance or None, default=None
        Seeds the permutations. Pass an int for the same result at every call.
    n_jobs : int, default=None
        Number of threads (as in joblib) over the columns; the result is the same for every value.

    Returns
    -------
    mutual_info : ndarray of shape (n_features,)
        In nats, not clipped at 0.
    pvalues : ndarray of shape (n_features,)
        P-values of independence; only with ``n_permutations > 0``.

    See Also
    --------
    mutual_info_screen : The same with p-values adjusted for the number of columns, as a table.
    mutual_info_matrix : All pairs of columns.

    Notes
    -----
    A ``SaturatedEstimateWarning`` names the columns whose estimate is near the largest value that the number of rows
    allows: a unique identifier has the information H(y) with every y, and would rank first.

    The null distribution of a column depends only on how many rows share each value, so that it is computed once for
    all columns that agree in this, such as all columns of distinct numbers: thousands of permutations then cost little.
    Each p-value is exact; those of columns that share a null share its chance errors (see :func:`mutual_info_screen`).

    Examples
    --------
    >>> from functools import partial
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.feature_selection import SelectFdr, SelectKBest
    >>> from skib.mutual_info import mutual_info_features
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> SelectKBest(mutual_info_features, k=2).fit(X, y).get_feature_names_out().tolist()
    ['petal length (cm)', 'petal width (cm)']
    >>> tested = partial(mutual_info_features, n_permutations=999, random_state=0)
    >>> int(SelectFdr(tested, alpha=0.01).fit(X, y).get_support().sum())
    4
    """
    check_scalar(n_permutations, "n_permutations", Integral, min_val=0)
    options = {"missing": missing, "sample_weight": sample_weight, "random_state": random_state, "n_jobs": n_jobs}
    _, estimates, found = _features(X, y, n_permutations, groups, shuffle, **options)
    return estimates if found is None else (estimates, found)


def features_and_pvalues(X, y, *, n_permutations, groups, shuffle, **options):
    """Return the names of the columns of X, their estimates, and their p-values."""
    check_scalar(n_permutations, "n_permutations", Integral, min_val=1)
    return _features(X, y, n_permutations, groups, shuffle, **options)


def _features(X, y, n_permutations, groups, shuffle, *, missing, random_state, n_jobs, sample_weight=None):
    """Return the names of the columns, the estimates, and the p-values, None without permutations."""
    check_missing(missing)
    target = column_of(y, "y", missing=missing, remedy=_TARGETS)
    columns = sparse_columns_of(X, "X") if issparse(X) else columns_of(X, "X", missing=missing)
    names = columns.names if issparse(X) else [column.name for column in columns]
    n_samples = X.shape[0] if issparse(X) else columns[0].n_samples
    if n_samples != target.n_samples:
        raise ValueError(f"X has {n_samples} rows but y has {target.n_samples}; pass one y per row of X")
    warn_of_columns([target])
    warn_of_indexes(X=X, y=y, groups=groups)
    if sample_weight is not None:
        return names, _weighted(columns, target, sample_weight, n_permutations), None
    estimate = sparse_feature_estimates if issparse(X) else feature_estimates
    estimates = estimate(columns, target, n_jobs=n_jobs)
    if not n_permutations:
        return names, estimates, None
    check_shuffle(n_samples, groups=groups, shuffle=shuffle)
    draw_of = restricted_shuffle(groups, shuffle)
    if groups is None and shuffle == "rows":
        warn_of_series_columns(columns, [target])
        draw_of = None
    null = {"n_permutations": n_permutations, "draw_of": draw_of, "random_state": random_state, "n_jobs": n_jobs}
    if issparse(X):
        return names, estimates, sparse_feature_pvalues(columns, target, estimates, **null)
    return names, estimates, pvalues([(column, target) for column in columns], estimates, **null)


def _weighted(columns, target, sample_weight, n_permutations):
    if n_permutations:
        raise ValueError(
            "rows of unequal weights cannot be permuted: leave out n_permutations, or sample_weight, and repeat no rows"
        )
    weights = check_weights(sample_weight, target.n_samples)
    if weights.min() < 0 or not weights.any():
        raise ValueError(f"sample_weight must be non-negative and not all zero, got a minimum of {weights.min():g}")
    return weighted_feature_estimates(columns, target, weights)
