"""`InfluenceSelector`: columns with an influence on a target that may be joint, found by dropping from random sets."""

from numbers import Integral, Real
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import issparse
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skib._sklearn import BaseEstimator, HasMethods, Interval, SelectorMixin, StrOptions, fit_context
from skib._typing import Floats, Seed, TableLike, Transformer
from skib._validation import require_samples
from skib._warnings import ConstantInputWarning, CostWarning, SkibWarning, warn
from skib.feature_selection._influential_sets import Plan, Search, Table, seconds_per_start
from skib.feature_selection._random_starts import detectable_order, most_cells, start_size, sufficient_draws
from skib.feature_selection._responses import read_response
from skib.feature_selection._tables import check_rows, column_codes, quantile_codes, read_columns_of, read_sparse

if TYPE_CHECKING:
    from pandas import DataFrame

# Numbers on more levels are binned: a start would have many cells of few rows.
_FEW_LEVELS = 5
_LONG = 300  # seconds


class InfluenceSelector(SelectorMixin, BaseEstimator):
    """Select."""

    selected_features_: NDArray[np.int64]
    influence_: Floats
    subsets_: "DataFrame"
    subset_size_: int
    n_draws_: int
    detectable_order_: int

    _parameter_constraints = {
        "n_features_to_select": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "interaction_order": [Interval(Integral, 1, None, closed="left")],
        "subset_size": [Interval(Integral, 1, None, closed="left")],
        "n_draws": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "discretizer": [Interval(Integral, 2, None, closed="left"), HasMethods(["fit", "transform"])],
        "alpha": [Interval(Real, 0, 1, closed="neither")],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        n_features_to_select: int | Literal["auto"] = "auto",
        *,
        interaction_order: int = 3,
        subset_size: int = 7,
        n_draws: int | Literal["auto"] = "auto",
        discretizer: int | Transformer = 2,
        alpha: float = 0.05,
        n_jobs: int | None = None,
        random_state: Seed = None,
        verbose: int = 0,
    ) -> None:
        self.n_features_to_select = n_features_to_select
        self.interaction_order = interaction_order
        self.subset_size = subset_size
        self.n_draws = n_draws
        self.discretizer = discretizer
        self.alpha = alpha
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        tags.input_tags.sparse = tags.input_tags.allow_nan = True
        tags.input_tags.categorical = tags.input_tags.string = True
        return tags

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: TableLike, y: TableLike | None = None, sample_weight: ArrayLike | None = None) -> Self:
        """Select columns.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The columns.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            The target, which is required: classes, several columns of which are taken jointly, or one column of
            numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows; rows of weight 0 are ignored. Whole numbers count as repeated rows. None: all weigh
            alike.

        Returns
        -------
        self : InfluenceSelector
            The fitted selector.
        """
        if y is None:
            raise ValueError(f"This {type(self).__name__} requires y to be passed, but the target y is None.")
        search = Search(table := self._read(X, y, sample_weight), self._plan(table))
        if table.response.is_constant:
            warn("y is constant over all rows: no column has influence on it", ConstantInputWarning)
        else:
            search.run(check_random_state(self.random_state))
        self.influence_ = search.influence
        self.selected_features_ = self._selected(search)
        self.subsets_ = self._frame(search.subsets())
        return self

    def _read(self, X, y, sample_weight):
        """Return the codes of the columns and the target, of the rows that have a weight."""
        if issparse(X):
            X = read_sparse(self, X)
            n_samples = X.shape[0]
        else:
            columns = read_columns_of(self, X, missing="auto")
            n_samples = len(columns[0].complete)
        require_samples(self, n_samples, 2)
        rows = check_rows(sample_weight, n_samples)
        response = read_response(y, rows)
        if issparse(X):
            codes = X.toarray().T[:, rows.kept].astype(np.uint8)
        else:
            target = response.outputs[-1]
            codes = np.array([_codes(column, rows, target, self.discretizer) for column in columns])
        levels = codes.max(axis=1).astype(np.int64) + 1
        return Table(np.ascontiguousarray(codes, np.min_scalar_type(int(levels.max()))), levels, response)

    def _plan(self, table):
        levels, n_cells = table.levels[table.levels > 1], most_cells(table.codes.shape[1])
        n_columns = max(len(levels), 1)
        order = min(self.interaction_order, n_columns)
        size = start_size(levels, n_cells, order, self.subset_size) if len(levels) else 1
        n_draws = sufficient_draws(n_columns, size, min(order, size)) if self.n_draws == "auto" else self.n_draws
        self.subset_size_, self.n_draws_ = size, int(n_draws)
        self.detectable_order_ = detectable_order(n_columns, size, n_draws)
        plan = Plan(self.n_draws_, size, n_cells, self.alpha, self.n_jobs, self.verbose)
        seconds = n_draws * seconds_per_start(table, plan) if len(levels) else 0
        if seconds > _LONG:
            warn(
                f"{self!r} draws {n_draws} sets of {size} among {n_columns} columns, which takes about "
                f"{seconds / 60:.0f} minutes of one core; pass a lower interaction_order, or n_draws",
                CostWarning,
            )
        return plan

    def _selected(self, search):
        selected = search.selected
        if self.n_features_to_select == "auto":
            return np.array(selected, np.int64)
        others = np.argsort(-search.influence, kind="stable")
        ranked = list(dict.fromkeys([*selected, *others.tolist()]))
        return np.array(ranked[: self.n_features_to_select], np.int64)

    def _frame(self, subsets):
        from pandas import DataFrame

        names = getattr(self, "feature_names_in_", np.arange(self.n_features_in_))
        return DataFrame(
            {
                "features": [tuple(names[list(subset.columns)].tolist()) for subset in subsets],
                "influence": np.array([subset.score for subset in subsets], float),
                "pvalue": np.array([subset.pvalue for subset in subsets], float),
                "selected": np.array([subset.accepted for subset in subsets], bool),
            }
        )

    def _get_support_mask(self):
        check_is_fitted(self)
        mask = np.zeros(self.n_features_in_, bool)
        mask[self.selected_features_] = True
        return mask

    def _transform(self, X):
        if len(self.selected_features_):
            return super()._transform(X)
        warn(f"No features were selected: no set has a p-value of at most alpha={self.alpha:g}", SkibWarning)
        return X.iloc[:, :0] if hasattr(X, "iloc") else X[:, :0]


def _codes(column, rows, target, discretizer):
    """Return the codes of one column: categories and few levels as they are, numbers in bins."""
    codes = column_codes(column, rows, target, discretizer)
    if isinstance(discretizer, Integral) and column.kind != "category":
        kept = column.complete[rows.kept]
        if codes[kept].max(initial=0) >= max(_FEW_LEVELS, discretizer):
            weights = None if rows.weights is None else rows.weights[kept]
            codes[kept] = quantile_codes(codes[kept], weights, int(discretizer))
            codes[~kept] = codes[kept].max() + 1
    return codes
