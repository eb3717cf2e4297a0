"""`selection_curve`: the usable information of the first columns of rankings, and of all the others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse
from sklearn.utils import check_scalar

from skib._columns import (
    as_table,
    feature_table,
    holds_classes,
    opened,
    read_columns,
    require_same_length,
)
from skib._cross_fitting import cross_fit
from skib._parallel import spawn_generators, with_drawn_seeds
from skib._typing import Estimator, Floats, Seed, TableLike
from skib.feature_selection._selection_curve_folds import PARTS, Comparison
from skib.feature_selection._selection_curve_order import is_fitted, order_of_ranking, order_of_selector
from skib.metrics import Measurement
from skib.mutual_info import UsableInformation

if TYPE_CHECKING:
    from pandas import DataFrame

RANDOM_ORDER = "random order"
# Numbers of columns that are evaluated by default: all up to so many, else about so many on a logarithmic scale.
_N_SIZES = 12


@dataclass(frozen=True, eq=False)
class SelectionCurve:
    """Usable information of the first columns of each ranking, and of all the other columns.

    Attributes
    ----------
    table : DataFrame
        A row per selector, number of columns and part of them: selector, n_features, part ("first" or "others"), value,
        std_error, null and ceiling, in nats. Numbers of columns that a ranking does not define are left out.
    total : Measurement
        Usable information of all columns, in nats.
    n_features : ndarray of shape (n_sizes,)
        The numbers of columns.
    pointwise : dict of str to ndarray of shape (2, n_sizes, n_samples)
        For each selector the pointwise information of the first columns and of the others, in nats, whose means are the
        values; NaN where the ranking does not define it, and for rows in no test set.
    """

    table: "DataFrame"
    total: Measurement
    n_features: NDArray[np.int64]
    pointwise: dict[str, Floats] = field(repr=False)

    def differences(self, selector: str, other: str) -> "DataFrame":
        """Compare two selectors on the same rows.

        Parameters
        ----------
        selector, other : str
            Their names.

        Returns
        -------
        table : DataFrame
            A row per number of columns and part: n_features, part, value and std_error of `selector` less `other`. The
            error is that of the mean difference over the rows, which is smaller than those of the two values.

        Raises
        ------
        ValueError
            If there is no such selector.
        """
        for name in (selector, other):
            if name not in self.pointwise:
                raise ValueError(f"there is no selector {name!r}; pass two of {sorted(self.pointwise)}")
        return _frame(self.n_features, self.pointwise[selector] - self.pointwise[other])


def selection_curve(
    selectors: Any,
    X: TableLike,
    y: TableLike,
    *,
    n_features: int | Sequence[int] | None = None,
    estimator: Estimator | None = None,
    cv: Any = 5,
    n_random_orders: int = 3,
    n_permutations: int = 2,
    random_state: Seed = None,
    n_jobs: int | None = None,
    verbose: int = 0,
) -> SelectionCurve:
    r"""Compare selectors by the information that a predictor can use of the columns they select, and of the others.

    For S the first k columns of a ranking, both are evaluated for several k:

    .. math:: I_{\mathcal V}(X_S \to Y) \quad\text{and}\quad I_{\mathcal V}(X_{\bar S} \to Y),

    the usable information of :class:`~skib.mutual_info.UsableInformation`. A good ranking has much in few columns, and
    leaves little in the others. In each fold, the columns are ranked and the predictor is fitted by the training rows,
    and the test rows are predicted.

    Parameters
    ----------
    selectors : dict of str to selector, or one selector
        What is compared, by name. A selector is one of

        - an estimator that is not fitted: a clone is fitted to the training rows of each fold;
        - a fitted estimator, whose ranking is taken as it is. If it was fitted to the test rows as well, its values are
          too large: pass ``clone(selector)`` for a fair comparison;
        - a ranking: numbers or names of columns, the best first; or a mask of the selected ones;
        - a function that takes X and y of the training rows and returns such a ranking.

        The order of an estimator is that of `selected_features_`, `ranking_` (1 is the best), `scores_` (the largest is
        the best), `feature_importances_` or `coef_` (absolute, summed over the rows) of itself or of its `estimator_`,
        or, if it has none of these, its support; of a pipeline, of its last step, whose columns must have the names of
        columns of X.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        The columns, of the kinds that the selectors and the `estimator` take. The default takes a dense table of
        numbers; for text, categories, missing values or a sparse X pass one that takes them.
    y : array-like of shape (n_samples,)
        The target: classes or numbers.
    n_features : int or sequence of int, default=None
        The numbers k of columns. None: all of them up to 12 columns, otherwise 12 on a logarithmic scale.
    estimator : classifier with ``predict_proba`` or regressor, default=None
        The predictor that uses the information, as in :class:`~skib.mutual_info.UsableInformation`: None takes linear
        predictors from normal scores. A richer one shows interactions of columns, and takes longer.
    cv : int, splitter or iterable of (train, test), default=5
        The folds, as in :class:`~skib.mutual_info.UsableInformation`.
    n_random_orders : int, default=3
        Number of random orders of the columns, whose mean is listed as the selector ``"random order"``: what a
        selector has to surpass.
    n_permutations : int, default=2
        Number of permutations of y of which `null` is the mean: the same columns, and a predictor that has nothing to
        learn. It is below 0 by what overfitting costs. 0: no null.
    random_state : int, RandomState instance or None, default=None
        Seeds the folds, the orders, the permutations, and all that has no seed of its own. Pass an int for the same
        result at every call.
    n_jobs : int, default=None
        Number of threads (as in joblib) over the folds; the result is the same for every value.
    verbose : int, default=0
        Above 0, show progress on stderr: a bar where ``rich`` is installed, lines of text elsewhere.

    Returns
    -------
    curve : SelectionCurve
        The values with their standard errors and nulls, and the comparison of two selectors.

    Raises
    ------
    ValueError
        If a ranking lists columns that X has not, or ranks none apart at any of the numbers `n_features`.
    TypeError
        If a selector has no ranking.

    See Also
    --------
    SelectionCurveDisplay : Drawing of the curves.
    InformationSelectorCV : The number of columns that a predictor needs.

    Notes
    -----
    A selector that ranks columns as equals is evaluated only at numbers that cut no such tie, and one that ranks some
    columns only, up to their number. A selector that returns a subset alone has one defined number, that of its
    subset, which must be among `n_features`.

    The values say what *this* predictor can use: columns that matter only together have nothing in the first part for
    a linear one. Copies of a column show as information that is left in the others, though nothing new is in them. The
    standard error takes the fitted predictors as fixed. Neighboring numbers k share their rows and most columns, and
    with them their errors.

    References
    ----------
    .. [1] Y. Xu, S. Zhao, J. Song, R. Stewart, S. Ermon, "A theory of usable information under computational
       constraints", ICLR 2020, definition 2.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.feature_selection import SelectKBest, f_classif
    >>> from skib.feature_selection import selection_curve
    >>> X = np.random.default_rng(0).normal(size=(300, 5))
    >>> selectors = {"F": SelectKBest(f_classif, k=1), "last": [4]}
    >>> curve = selection_curve(selectors, X, X[:, 0] > 0.3, n_features=[1], random_state=0)
    >>> row = curve.differences("F", "last").iloc[0]
    >>> bool(row["value"] > 4 * row["std_error"])
    True
    """
    check_scalar(n_random_orders, "n_random_orders", Integral, min_val=0)
    check_scalar(n_permutations, "n_permutations", Integral, min_val=0)
    X, y, column = _read(X, y)
    rankings = _rankings(selectors, X, n_random_orders)
    sizes = _sizes(n_features, X.shape[1])
    draws, fold_seeds = spawn_generators(random_state, 2)
    orders = [np.arange(X.shape[0])] + [draws.permutation(X.shape[0]) for _ in range(n_permutations)]
    comparison = Comparison(rankings, sizes, X, y, orders, UsableInformation(estimator))
    folds = cross_fit(
        comparison.of_fold,
        X.shape[0],
        cv=cv,
        X=X,
        y=y,
        strata=column.codes() if holds_classes(column) else None,
        random_state=int(fold_seeds.integers(2**31)),
        n_jobs=n_jobs,
        verbose=verbose,
    )
    return _curve(comparison, folds)


def _read(X, y):
    """Return X as an array, a sparse matrix or a frame of pandas, y as it is opened, and as a Column."""
    X = X.tocsr() if issparse(X) else as_table("X", feature_table(X))
    X = X.to_pandas() if not hasattr(X, "iloc") and hasattr(X, "to_pandas") else X
    y = opened("y", y)
    columns = read_columns("y", y)
    if len(columns) > 1:
        raise ValueError(f"y should be one target, got {len(columns)} columns; compare the selectors for each of them")
    require_same_length(X.shape[0], len(columns[0].values), "y")
    return X, y, columns[0]


def _sizes(n_features, n_columns):
    """Return the numbers of columns that are evaluated, ascending."""
    if n_features is None:
        if n_columns <= _N_SIZES:
            return np.arange(1, n_columns + 1)
        return np.unique(np.rint(np.geomspace(1, n_columns, _N_SIZES)).astype(np.int64))
    for size in np.atleast_1d(np.asarray(n_features, object)):
        check_scalar(size, "n_features", Integral, min_val=1, max_val=n_columns)
    sizes = np.unique(np.atleast_1d(np.asarray(n_features, np.int64)))
    if not len(sizes):
        raise ValueError("n_features is empty; pass the numbers of columns to evaluate, such as [1, 2, 5]")
    return sizes


def _rankings(selectors, X, n_random_orders):
    """Return the functions that rank the columns, by the name of the selector."""
    if not isinstance(selectors, Mapping):
        name = type(selectors).__name__ if hasattr(selectors, "fit") else getattr(selectors, "__name__", "ranking")
        selectors = {name: selectors}
    if not selectors or (RANDOM_ORDER in selectors and n_random_orders):
        raise ValueError(f"selectors is {selectors!r}; name at least one, and none {RANDOM_ORDER!r}")
    names = list(X.columns) if hasattr(X, "columns") else None
    rankings = {name: [_ranking(name, selector, names, X.shape[1])] for name, selector in selectors.items()}
    random = [
        lambda X, y, generator: order_of_ranking(RANDOM_ORDER, generator.permutation(X.shape[1]), None, X.shape[1])
    ]
    return rankings | ({RANDOM_ORDER: random * n_random_orders} if n_random_orders else {})


def _ranking(name, selector, names, n_columns):
    """Return a function that ranks the columns from rows of X, of y and a generator."""
    if hasattr(selector, "fit") and not isinstance(selector, type):
        if is_fitted(selector):
            order = order_of_selector(name, selector, n_columns)
            return lambda X, y, generator: order
        return lambda X, y, generator: order_of_selector(
            name, with_drawn_seeds(selector, generator).fit(X, y), n_columns
        )
    if isinstance(selector, type):
        raise TypeError(f"selector {name!r} is the class {selector.__name__}; pass an instance, {selector.__name__}()")
    if callable(selector):
        return lambda X, y, generator: order_of_ranking(name, selector(X, y), names, n_columns)
    order = order_of_ranking(name, selector, names, n_columns)
    return lambda X, y, generator: order


def _curve(comparison, folds):
    """Return the curve from what the folds return."""
    from pandas import concat

    sizes, n_samples = comparison.sizes, comparison.X.shape[0]
    ceiling = float(np.average([fold.ceiling for _, fold in folds], weights=[len(test) for test, _ in folds]))
    total = _of_all_rows([(test, fold.total) for test, fold in folds], n_samples)
    frames, pointwise = [], {}
    for name in comparison.rankings:
        defined = _defined(name, comparison, [fold.ends[name] for _, fold in folds])
        gains = _of_all_rows([(test, fold.gains[name]) for test, fold in folds], n_samples)
        gains[:, :, ~defined] = np.nan
        pointwise[name] = gains[0]
        frame = _frame(sizes, gains[0], null=_null(gains[1:])).assign(ceiling=ceiling)
        frames.append(frame.assign(selector=name)[["selector", *frame.columns]])
    value, std_error = map(float, _mean_and_error(total[0]))
    measured = Measurement(value, std_error, float(_null(total[1:])), ceiling)
    return SelectionCurve(concat(frames, ignore_index=True), measured, sizes, pointwise)


def _defined(name, comparison, ends):
    """Return which sizes the rankings of all folds define; refuse a selector without any."""
    sizes, n_columns = comparison.sizes, comparison.X.shape[1]
    common = sorted(set.intersection(*map(set, ends)) | {n_columns})
    defined = np.isin(sizes, common)
    if not defined.any():
        raise ValueError(
            f"selector {name!r} ranks columns as equals at all of n_features={sizes.tolist()}; pass at least one of "
            f"{common} as well"
        )
    return defined


def _of_all_rows(parts, n_samples):
    """Return the values of the rows of all folds, NaN for rows in no test set; rows are on the last axis."""
    values = np.full((*parts[0][1].shape[:-1], n_samples), np.nan)
    for test, part in parts:
        values[..., test] = part
    return values


def _null(permuted):
    """Return the mean over permutations, on the first axis, and rows, on the last."""
    tested = permuted[..., ~np.isnan(permuted).all(axis=tuple(range(permuted.ndim - 1)))]
    return tested.mean(axis=(0, -1)) if tested.size else np.full(permuted.shape[1:-1], np.nan)


def _mean_and_error(pointwise):
    """Return the mean over the rows, on the last axis, and its standard error; NaN of what is not defined."""
    tested = pointwise[..., ~np.isnan(pointwise).all(axis=tuple(range(pointwise.ndim - 1)))]
    return tested.mean(axis=-1), tested.std(axis=-1, ddof=1) / np.sqrt(tested.shape[-1])


def _frame(sizes, pointwise, null=None):
    """Return a row per size and part from an array (part, size, row), without those that are not defined."""
    from pandas import DataFrame

    value, std_error = _mean_and_error(pointwise)
    columns = {"value": value, "std_error": std_error} | ({} if null is None else {"null": null})
    parts, numbers = np.meshgrid(PARTS, sizes, indexing="ij")
    frame = DataFrame({"n_features": numbers.ravel(), "part": parts.ravel()})
    frame = frame.assign(**{name: values.ravel() for name, values in columns.items()})
    return frame[frame["value"].notna()].reset_index(drop=True)
