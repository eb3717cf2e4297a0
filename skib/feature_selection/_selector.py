"""`InformationSelector`: greedy selection of columns by mutual information with a target."""

from collections.abc import Sequence
from numbers import Integral, Real
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skib._parallel import with_drawn_seeds
from skib._sklearn import BaseEstimator, HasMethods, Interval, SelectorMixin, StrOptions, fit_context
from skib._typing import Floats, MutualInfoEstimator, Seed, TableLike, Transformer
from skib._warnings import SkibWarning, warn
from skib.feature_selection._criteria import FORMULAS, Criterion, formula_of
from skib.feature_selection._greedy import Search, greedy_path
from skib.feature_selection._path import Path, path_frame
from skib.feature_selection._sources import source_of
from skib.feature_selection._stops import ChiSquareStop

if TYPE_CHECKING:
    from pandas import DataFrame

    from skib.feature_selection._stops import Stop


class InformationSelector(SelectorMixin, BaseEstimator):
    """Select."""

    n_bins_: int | None
    selected_features_: NDArray[np.int64]
    scores_: Floats
    relevance_: Floats
    redundancy_: Floats
    synergy_: Floats
    pvalues_: Floats
    stop_reason_: str
    path_: "DataFrame"

    _parameter_constraints = {
        "criterion": [StrOptions(set(FORMULAS)), callable],
        "n_features_to_select": [
            StrOptions({"auto"}),
            Interval(Integral, 1, None, closed="left"),
            Interval(Real, 0, 1, closed="right"),
        ],
        "estimator": [HasMethods(["fit", "get_params"]), None],
        "discretizer": [Interval(Integral, 2, None, closed="left"), HasMethods(["fit", "transform"]), None],
        "stop": [HasMethods("decide"), None],
        "init": [StrOptions({"pair"}), None],
        "include": ["array-like", str, None],
        "exclude": ["array-like", str, None],
        "groups": ["array-like", None],
        "missing": [StrOptions({"auto", "error"})],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        criterion: Criterion = "jmi",
        n_features_to_select: int | float | Literal["auto"] = "auto",
        *,
        estimator: MutualInfoEstimator | None = None,
        discretizer: int | Transformer | None = None,
        stop: "Stop | None" = None,
        init: Literal["pair"] | None = None,
        include: Sequence[str | int] | str | None = None,
        exclude: Sequence[str | int] | str | None = None,
        groups: ArrayLike | None = None,
        missing: Literal["auto", "error"] = "auto",
        n_jobs: int | None = None,
        random_state: Seed = None,
        verbose: int = 0,
    ) -> None:
        self.criterion = criterion
        self.n_features_to_select = n_features_to_select
        self.estimator = estimator
        self.discretizer = discretizer
        self.stop = stop
        self.init = init
        self.include = include
        self.exclude = exclude
        self.groups = groups
        self.missing = missing
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        tags.input_tags.sparse = self.estimator is None
        tags.input_tags.allow_nan = self.estimator is None and self.missing == "auto"
        tags.input_tags.categorical = tags.input_tags.string = self.estimator is None
        return tags

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: TableLike, y: TableLike | None = None, sample_weight: ArrayLike | None = None) -> Self:
        """Select columns.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The columns.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            The target, which is required. Several columns are taken together as one variable.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows; rows of weight 0 are ignored. Whole numbers count as repeated rows. None: all weigh
            alike.

        Returns
        -------
        self : InformationSelector
            The fitted selector.
        """
        generator = np.random.default_rng(check_random_state(self.random_state).randint(2**31))
        source = source_of(self, X, y, sample_weight, generator)
        picks, reason = greedy_path(self._search(source, generator))
        self.n_bins_ = source.n_bins
        names = getattr(self, "feature_names_in_", None)
        self._set_path(Path(picks, source.variables, names, reason))
        return self

    def _search(self, source, generator):
        counts, n_variables = source.counts, len(source.variables.members)
        formula = formula_of(self.criterion)
        source.require(formula, self.criterion, self.estimator)
        test = ChiSquareStop() if source.is_testable else None
        stop = None if self.stop is None else with_drawn_seeds(self.stop, generator)
        if stop is None and self.n_features_to_select == "auto":
            stop = test
        return Search(
            counts,
            formula,
            np.arange(n_variables),
            self._n_most(n_variables),
            tested=source.tested or source.counts,
            stop=stop,
            test=test,
            included=source.variables.included,
            pair=self.init == "pair",
            n_jobs=self.n_jobs,
        )

    def _n_most(self, n_variables):
        wanted = self.n_features_to_select
        if wanted == "auto":
            return n_variables
        if not isinstance(wanted, Integral):
            return max(int(wanted * n_variables), 1)
        if wanted > n_variables:
            what = "columns" if self.groups is None else "groups"
            warn(
                f"n_features_to_select={wanted} exceeds the {n_variables} {what} that may be selected; all of them are",
                SkibWarning,
            )
        return min(int(wanted), n_variables)

    def _set_path(self, path):
        self._path = path
        self.selected_features_ = path.columns()
        self.scores_, self.relevance_, self.redundancy_, self.synergy_, self.pvalues_ = path.numbers()
        self.stop_reason_ = path.reason
        self.path_ = path_frame(path)

    def truncate(self, n_features_to_select: int) -> "InformationSelector":
        """Return a fitted copy that has the first columns of the path only.

        Parameters
        ----------
        n_features_to_select : int
            How many columns, or groups of them, to keep.

        Returns
        -------
        selector : InformationSelector
            The copy, which is the selector that `n_features_to_select` alone would give.

        Raises
        ------
        ValueError
            If fewer are selected.
        """
        check_is_fitted(self)
        n_picks = len(self._path.picks)
        if not 1 <= n_features_to_select <= n_picks:
            raise ValueError(
                f"n_features_to_select must be from 1 to {n_picks}, the length of the path, got {n_features_to_select}"
            )
        short = clone(self).set_params(n_features_to_select=n_features_to_select)
        for name in ("n_features_in_", "feature_names_in_", "n_bins_"):
            if hasattr(self, name):
                setattr(short, name, getattr(self, name))
        short._set_path(self._path.first(n_features_to_select))
        return short

    def _get_support_mask(self):
        check_is_fitted(self)
        mask = np.zeros(self.n_features_in_, bool)
        mask[self.selected_features_] = True
        return mask

    def _transform(self, X):
        if len(self.selected_features_):
            return super()._transform(X)
        warn(f"No features were selected: {self.stop_reason_}", SkibWarning)
        return X.iloc[:, :0] if hasattr(X, "iloc") else X[:, :0]
