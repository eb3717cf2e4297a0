"""`CardinalityAwareSelector`: columns ranked by their information less its mean by chance, also from batches."""

from numbers import Integral, Real
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skib._columns import check_incomplete
from skib._cost import warn_of_duration
from skib._parallel import N_JOBS
from skib._sklearn import BaseEstimator, Interval, RealNotInt, StrOptions, fit_context
from skib._statistics import holm_adjust
from skib._typing import Floats, TableLike
from skib._validation import require_samples
from skib._warnings import ConstantInputWarning, warn
from skib.feature_selection._base import SelectedFeaturesMixin, number_of_columns
from skib.feature_selection._cardinality_codes import TableCoder
from skib.feature_selection._cardinality_ranking import (
    TableCells,
    rank_3mr,
    relevance_of_columns,
    relevance_with_partners,
)
from skib.feature_selection._groups import discrete_mask

if TYPE_CHECKING:
    from pandas import DataFrame

# Of one core, for a pair of columns and for each row of it; measured on the machine of the benchmarks.
_SECONDS_PER_PAIR, _SECONDS_PER_ROW = 1e-3, 5e-7


class CardinalityAwareSelector(SelectedFeaturesMixin, BaseEstimator):
    r"""Columns ranked by their information about a target, less its mean over permutations of the target.

    .. math:: J(X) = \hat I(X;Y) - E_\pi \hat I(X;\pi Y)

    A column of many values has information about any target by chance: with as many values as rows, all of it. The mean
    over all permutations of the rows of y is that part; it follows exactly from the numbers of rows of the values and
    the classes [1]_, so that a column of noise has a score of 0 on average whatever its number of values, and the order
    of the rows does not matter.

    Parameters
    ----------
    n_features_to_select : "auto", int or float, default="auto"
        Number of columns, or their share. "auto" selects the columns whose p-value, adjusted by Holm's method, is at
        most `alpha`, which may be none.
    criterion : {"relevance", "3mr"}, default="relevance"
        The order of the columns: by `scores_`, or by 3MR [2]_, which subtracts what they have in common with the
        columns before, and adds what they tell together with these (see the notes).
    interaction_order : {1, 2}, default=1
        With 2 all pairs of columns are counted, and the score of a column is the largest of J(X) and of its
        :math:`J(X|X_j) = \hat I(X;Y|X_j) - E_\pi \hat I(X;\pi Y|X_j)`, for permutations within the values of
        another column j: both columns of an exclusive or are found.
    redundancy_weight, relation_weight : float, default=1.0
        Weights of 3MR.
    discrete_features : "auto", bool or array-like, default="auto"
        Which columns of numbers are counted by their values: none or all, those of a mask, or those of some names or
        numbers of columns. "auto": those on at most sqrt(n_samples) levels in the first batch. The others become
        quantile bins. Text, bools and categories are always counted by their values.
    n_bins : int, default=None
        Number of bins. None: as in :class:`InformationSelector`.
    alpha : float, default=0.05
        Level of "auto": if y does not depend on the columns, the probability to select any is at most this.
    n_jobs : int, default=None
        Number of threads (as in joblib) over the columns and pairs; the result is the same for every value.
    verbose : int, default=0
        Above 0, show progress on stderr: a bar where ``rich`` is installed, lines of text elsewhere.

    Attributes
    ----------
    selected_features_ : ndarray of shape (n_features_out,)
        Numbers of the selected columns, in the order of the criterion.
    scores_ : ndarray of shape (n_features,)
        Score of each column, in nats: J(X), or with an `interaction_order` of 2 the largest of J(X) and the J(X|X_j).
        Noise may be below 0.
    mutual_info_ : ndarray of shape (n_features,)
        Plug-in information of each column about y, in nats.
    expected_mutual_info_ : ndarray of shape (n_features,)
        Its mean over permutations, in nats.
    pvalues_ : ndarray of shape (n_features,)
        P-value of the independence of y and each column, by the likelihood ratio as in :class:`ChiSquareStop`; of an
        `interaction_order` of 2 the least one, times the number of columns. Not adjusted for testing all columns.
    partners_ : ndarray of shape (n_features,)
        The column given which the score is the largest; -1 for the column alone.
    pairs_ : DataFrame
        With an `interaction_order` of 2, a row per pair: features (names of both, or numbers), score (J of both
        columns jointly), first_given_second and second_given_first, in nats.
    n_samples_seen_ : int
        Number of rows that have been counted.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    See Also
    --------
    InformationSelector : Greedy selection by plug-in information; its test takes the number of values into account.
    rank_table : Tables that do not fit into memory, in two passes.
    sklearn.metrics.adjusted_mutual_info_score : The same mean, of two partitions.

    Notes
    -----
    OutRank [3]_ subtracts, in place of the mean, the information about one target that it makes by moving every row of
    a value with :math:`n_v` rows by :math:`n_v` rows. Where the rows are sorted by y, the moved target is nearly y
    itself, and information of 0.38 nats is scored as 0.02.

    3MR takes first the column of the largest score, and then, for the columns S so far, that of the largest

    .. math:: J(X_k) - \beta \operatorname{median}_{j \in S} J(X_k;X_j)
              + \gamma \operatorname{median}_{j \in S} J(X_k,X_j;Y)

    where J(X_k;X_j) is the information of two columns, and J(X_k,X_j;Y) that of both about y, each less its mean over
    permutations; beta is `redundancy_weight` and gamma `relation_weight`.

    ``partial_fit`` adds the rows of a batch to the counts, and ranks again. What is a class, the edges of bins and
    their number are decided by the first batch; columns of classes have the same scores as if all rows were passed to
    ``fit`` at once. Only counts are kept: of each column those of its values and classes, and for 3MR or pairs those of
    all pairs.

    A missing value is a value of its own. At most 2097151 values of a column are counted. The mean over permutations
    holds for rows that can be exchanged: rows that depend on each other, as in a time series, have more information by
    chance. The p-values are conservative where most values have a single row.

    References
    ----------
    .. [1] N. X. Vinh, J. Epps, J. Bailey, "Information theoretic measures for clusterings comparison", Journal of
       Machine Learning Research 11, 2010, equation 24.
    .. [2] B. Skrlj, B. Mramor, "OutRank: speeding up AutoML-based model search for large sparse data sets with
       cardinality-aware feature ranking", RecSys 2023.
    .. [3] outrank 0.97.5, the heuristic "MI-numba-randomized".

    Examples
    --------
    A bit that is equal to y in 65 % of the rows, and two identifiers of noise, one of them of two rows each.

    >>> import numpy as np
    >>> import pandas as pd
    >>> from skib.feature_selection import CardinalityAwareSelector
    >>> rng = np.random.default_rng(0)
    >>> y = rng.integers(2, size=2000)
    >>> X = pd.DataFrame({"user": rng.integers(1000, size=2000).astype(str), "row": np.arange(2000).astype(str)})
    >>> X["bit"] = np.where(rng.random(2000) < 0.65, y, 1 - y)
    >>> selector = CardinalityAwareSelector().fit(X, y)
    >>> selector.get_feature_names_out().tolist()
    ['bit']
    >>> selector.mutual_info_.round(2).tolist(), (selector.scores_.round(2) + 0.0).tolist()
    ([0.29, 0.69, 0.05], [0.0, 0.0, 0.05])
    """

    selected_features_: NDArray[np.int64]
    scores_: Floats
    mutual_info_: Floats
    expected_mutual_info_: Floats
    pvalues_: Floats
    partners_: NDArray[np.int64]
    pairs_: "DataFrame"
    n_samples_seen_: int

    _parameter_constraints = {
        "n_features_to_select": [
            StrOptions({"auto"}),
            Interval(Integral, 1, None, closed="left"),
            Interval(RealNotInt, 0, 1, closed="right"),
        ],
        "criterion": [StrOptions({"relevance", "3mr"})],
        "interaction_order": [Interval(Integral, 1, 2, closed="both")],
        "redundancy_weight": [Interval(Real, 0, None, closed="left")],
        "relation_weight": [Interval(Real, 0, None, closed="left")],
        "discrete_features": [StrOptions({"auto"}), "boolean", "array-like"],
        "n_bins": [Interval(Integral, 2, None, closed="left"), None],
        "alpha": [Interval(Real, 0, 1, closed="neither")],
        "n_jobs": N_JOBS,
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        n_features_to_select: int | float | Literal["auto"] = "auto",
        *,
        criterion: Literal["relevance", "3mr"] = "relevance",
        interaction_order: int = 1,
        redundancy_weight: float = 1.0,
        relation_weight: float = 1.0,
        discrete_features: Literal["auto"] | bool | ArrayLike = "auto",
        n_bins: int | None = None,
        alpha: float = 0.05,
        n_jobs: int | None = None,
        verbose: int = 0,
    ) -> None:
        self.n_features_to_select = n_features_to_select
        self.criterion = criterion
        self.interaction_order = interaction_order
        self.redundancy_weight = redundancy_weight
        self.relation_weight = relation_weight
        self.discrete_features = discrete_features
        self.n_bins = n_bins
        self.alpha = alpha
        self.n_jobs = n_jobs
        self.verbose = verbose

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = tags.input_tags.string = True
        return tags

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: TableLike, y: TableLike | None = None) -> Self:
        """Select columns.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Columns of any kind, with missing values.
        y : array-like of shape (n_samples,)
            The target, which is required: classes, or numbers, which become quantile bins.

        Returns
        -------
        self : CardinalityAwareSelector
            The fitted selector.
        """
        return self._add(X, y, None, reset=True)

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: TableLike, y: TableLike | None = None, classes: ArrayLike | None = None) -> Self:
        """Add the rows of a batch to the counts, and select columns by all rows so far.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The columns of the batch. The edges of the bins are those of the first batch.
        y : array-like of shape (n_samples,)
            The target of the batch.
        classes : array-like of shape (n_classes,), default=None
            All classes of y, in the first call: y is then not binned, whatever its number of values. Later calls ignore
            it.

        Returns
        -------
        self : CardinalityAwareSelector
            The fitted selector.
        """
        return self._add(X, y, classes, reset=not hasattr(self, "n_samples_seen_"))

    def _add(self, X, y, classes, *, reset):
        if y is None:
            raise ValueError(f"This {type(self).__name__} requires y to be passed, but the target y is None.")
        columns = check_incomplete(self, X, reset=reset)
        n_samples = len(columns[0].complete)
        if reset:
            require_samples(self, n_samples, 2)
            self._coder = TableCoder(self._discrete(), self.n_bins, classes)
            self._cells = TableCells(self.n_features_in_, pairs=self._needs_pairs())
            self.n_samples_seen_ = 0
        elif self._needs_pairs() and self.n_features_in_ > 1 and not self._cells.pairs:
            raise ValueError(
                "criterion='3mr' and interaction_order=2 need the counts of all pairs of columns, which the batches so "
                "far were not counted for; call fit, or set the parameters before the first partial_fit"
            )
        target = self._coder.target_codes(y, n_samples)
        codes = self._coder.column_codes(columns, len(np.unique(target)))
        self._warn_of_duration(n_samples)
        self._cells.add(codes, target, self.n_jobs, self.verbose)
        self.n_samples_seen_ += n_samples
        if self._cells.target_is_constant:
            what = f"all {self.n_samples_seen_} rows"
            warn(f"y is constant over {what}: no column has information about it", ConstantInputWarning)
        self._rank()
        return self

    def _needs_pairs(self):
        return self.criterion == "3mr" or self.interaction_order == 2

    def _discrete(self):
        """Return which columns of numbers are counted by their values; None lets their levels decide."""
        if isinstance(self.discrete_features, str):
            return None
        return discrete_mask(self.discrete_features, getattr(self, "feature_names_in_", None), self.n_features_in_)

    def _warn_of_duration(self, n_samples):
        n_pairs = len(self._cells.pairs)
        seconds = n_pairs * (_SECONDS_PER_PAIR + _SECONDS_PER_ROW * (self.n_samples_seen_ + n_samples))
        remedy = f"it counts {n_pairs} pairs of columns; select columns with interaction_order=1 before"
        warn_of_duration(self, seconds, remedy)

    def _rank(self):
        estimates = self._cells.of_columns(self.n_jobs)
        relevance = relevance_of_columns(estimates)
        if self.interaction_order == 2:
            of_pairs = self._cells.of_pairs(self.n_jobs, self.verbose)
            relevance = relevance_with_partners(relevance, self._cells.pairs, of_pairs)
            self.pairs_ = self._frame(of_pairs)
        self.mutual_info_ = np.array([estimate.information for estimate in estimates])
        self.expected_mutual_info_ = np.array([estimate.expected for estimate in estimates])
        self.scores_, self.partners_, self.pvalues_ = relevance
        self.selected_features_ = self._selected()

    def _selected(self):
        order, n_most = np.argsort(-self.scores_, kind="stable"), self.n_features_in_
        if self.n_features_to_select == "auto":
            order = order[(holm_adjust(self.pvalues_) <= self.alpha)[order]]
        else:
            n_most = min(number_of_columns(self.n_features_to_select, n_most), n_most)
        if self.criterion == "3mr":
            weights = {"redundancy_weight": self.redundancy_weight, "relation_weight": self.relation_weight}
            return np.array(rank_3mr(self.scores_, self._cells, np.sort(order), n_most, **weights), np.int64)
        return order[:n_most]

    def _frame(self, of_pairs):
        from pandas import DataFrame

        names = getattr(self, "feature_names_in_", np.arange(self.n_features_in_))
        return DataFrame(
            {
                "features": [tuple(names[[i, j]].tolist()) for i, j in self._cells.pairs],
                "score": np.array([pair.joint.score for pair in of_pairs], float),
                "first_given_second": np.array([pair.first.score for pair in of_pairs], float),
                "second_given_first": np.array([pair.second.score for pair in of_pairs], float),
            }
        )

    def _why_none(self):
        return f"no column has an adjusted p-value of at most alpha={self.alpha:g}"
