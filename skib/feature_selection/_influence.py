"""`InfluenceSelector`: columns with an influence on a target that may be joint, found by dropping from random sets."""

from numbers import Integral, Real
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import issparse
from sklearn.utils import check_random_state
from sklearn.utils.validation import validate_data

from skib._columns import check_incomplete, opened
from skib._cost import warn_of_duration
from skib._parallel import N_JOBS
from skib._sklearn import BaseEstimator, Interval, StrOptions, fit_context
from skib._typing import Floats, Seed, TableLike
from skib._warnings import ConstantInputWarning, warn
from skib.feature_selection._base import SelectedFeaturesMixin
from skib.feature_selection._coding import Binning, code_array, code_columns
from skib.feature_selection._influential_sets import Plan, Search, Table, seconds_per_start
from skib.feature_selection._random_starts import detectable_order, most_cells, start_size, sufficient_draws
from skib.feature_selection._responses import read_response
from skib.feature_selection._tables import check_rows, read_sparse

if TYPE_CHECKING:
    from pandas import DataFrame

# Numbers on more levels are binned: a random set would have many cells of few rows.
_FEW_LEVELS = 5


class InfluenceSelector(SelectedFeaturesMixin, BaseEstimator):
    r"""Columns that have an influence on a target, alone or only together, found by dropping from random sets.

    A set of columns parts the n rows into cells of equal values. With :math:`n_c` rows and the mean
    :math:`\bar y_c` of cell c, its influence score is

    .. math:: I = \frac{1}{n s^2} \sum_c n_c^2 (\bar y_c - \bar y)^2, \qquad s^2 = \frac1n \sum_i (y_i - \bar y)^2

    (partition retention [1]_). It increases when a column without influence is dropped, since cells are merged whose
    means differ by chance only, and decreases otherwise. From each of many random sets the column is dropped whose
    absence gives the largest score, until one is left, and the best set on the way is kept. A greedy selection adds
    columns one by one and misses those that have an influence only together, such as the bits of a parity.

    Parameters
    ----------
    n_features_to_select : "auto" or int, default="auto"
        With "auto", the columns of all significant sets, which may be none. Otherwise so many columns: first those,
        then the others in the order of `influence_`.
    interaction_order : int, default=3
        Number of columns that may have an influence only together. With `n_draws` of "auto", each given set of so many
        columns is in one of the random sets with a probability of 0.999. The number of draws, and with it the time,
        grows as n_features to this power.
    subset_size : int, default=7
        Number of columns of each random set. Larger sets find more with fewer draws, but each takes longer, and their
        cells have fewer rows. Sets are smaller for fewer than 12 columns, or where they would have more than 4 cells
        per row; see `subset_size_`.
    n_draws : "auto" or int, default="auto"
        Number of random sets of each pass; see `detectable_order_` for what so many can find.
    n_bins : int, default=2
        Number of quantile bins of columns that hold numbers on more than 5 levels. More bins resolve more, but every
        column multiplies the number of cells by its bins.
    alpha : float, default=0.05
        Level of the tests. If no column has an influence, the probability to select any is at most this.
    n_jobs : int, default=None
        Number of threads (as in joblib) over the random sets; the result is the same for every value.
    random_state : int, RandomState instance or None, default=None
        Seeds the random sets. Pass an int for the same result at every call.
    verbose : int, default=0
        Above 0, show progress on stderr: a bar where ``rich`` is installed, lines of text elsewhere.

    Attributes
    ----------
    selected_features_ : ndarray of shape (n_features_out,)
        Numbers of the selected columns, those of the set of the largest score first.
    influence_ : ndarray of shape (n_features,)
        Largest score of the sets found that have the column, itself alone included; 0 for a constant column.
    subsets_ : DataFrame
        A row per tested set, in the order of the scores: features (tuple of names, or of numbers), influence, pvalue,
        and whether the set was selected.
    subset_size_ : int
        Number of columns of each random set.
    n_draws_ : int
        Number of random sets of each pass.
    detectable_order_ : int
        Largest number of columns of which each given set is in one of the random sets with a probability of 0.999.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    See Also
    --------
    InformationSelector : Greedy selection, which leaves out what selected columns have already.
    skib.datasets.make_parity : Columns that are informative only together.

    Notes
    -----
    Classes are scored by the sum over their indicators, over the sum of their variances; numbers by their values. If y
    is independent of the set, the mean of I over all permutations of y is
    :math:`\frac{n}{n - 1} \bigl(1 - \sum_c (n_c / n)^2\bigr)`, close to 1 for many cells.

    The p-value of a set is about its superfluous columns: it is the largest one, over the columns of the set, of the
    independence of y and the column given all the others. The test is that of the likelihood ratio for classes,
    corrected for cells of few rows as in :class:`ChiSquareStop`, and that of Kruskal and Wallis for numbers, whose
    ranks do not suffer from outliers, both summed over the strata of the other columns. Of d
    columns that vary, the p-values of sets of r columns are multiplied by their number :math:`\binom{d}{r}`, and by
    :math:`2^r` for all sizes together. Since all sets count, also those that were not drawn, the level does not depend
    on the number of draws. All single columns are tested, and of larger sets the 50 of the largest scores in each pass.

    An effect hides weaker ones in all the random sets that have its columns. The search is therefore repeated without
    the selected columns until nothing is found. A set that has a column in common with a better one is selected only if
    its other columns are significant given both. Copies of an influential column are influential, and are selected.

    A missing value is a level, and categories and few levels of numbers are taken as they are. Of a sparse matrix it is
    counted whether values differ from zero. An effect on the spread of y, but not on its mean, is not found.

    References
    ----------
    .. [1] H. Chernoff, S.-H. Lo, T. Zheng, "Discovering influential variables: a method of partitions", Annals of
       Applied Statistics 3, 2009, 1335-1369.
    .. [2] S.-H. Lo, T. Zheng, "Backward haplotype transmission association (BHTA) algorithm", Human Heredity 53, 2002,
       197-215.
    .. [3] H. Wang, S.-H. Lo, T. Zheng, I. Hu, "Interaction-based feature selection and classification for
       high-dimensional biological data", Bioinformatics 28, 2012, 2834-2842.

    Examples
    --------
    The parity of three bits among 50, with 10 % of the labels flipped. Any two of them are independent of y.

    >>> from skib.datasets import make_parity
    >>> from skib.feature_selection import InfluenceSelector
    >>> made = make_parity(1000, n_features=50, order=3, flip=0.1, random_state=0)
    >>> selector = InfluenceSelector(random_state=0).fit(made.X, made.y)
    >>> sorted(selector.selected_features_.tolist()) == made.relevant_features.tolist()
    True
    >>> float(selector.subsets_["influence"][0].round(1))  # about n 0.8^2 / 8 = 80
    83.2
    """

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
        "n_bins": [Interval(Integral, 2, None, closed="left")],
        "alpha": [Interval(Real, 0, 1, closed="neither")],
        "n_jobs": N_JOBS,
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
        n_bins: int = 2,
        alpha: float = 0.05,
        n_jobs: int | None = None,
        random_state: Seed = None,
        verbose: int = 0,
    ) -> None:
        self.n_features_to_select = n_features_to_select
        self.interaction_order = interaction_order
        self.subset_size = subset_size
        self.n_draws = n_draws
        self.n_bins = n_bins
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
        """Return the codes of the columns and the target, of the rows that count."""
        X = read_sparse(self, X) if issparse(X) else opened("X", X)
        is_array = isinstance(X, np.ndarray) and X.ndim == 2 and X.dtype.kind in "biuf"
        if is_array:
            X = validate_data(self, X, dtype=None, ensure_all_finite=False)
        columns = X if issparse(X) or is_array else check_incomplete(self, X)
        n_samples = len(columns[0].complete) if isinstance(columns, list) else X.shape[0]
        rows = check_rows(self, sample_weight, n_samples)
        binning = Binning(self.n_bins, max(_FEW_LEVELS, self.n_bins), rows.kept, rows.weights)
        if issparse(X):
            codes = X[rows.kept].toarray().T.astype(np.uint8)
        else:
            codes = (code_array if is_array else code_columns)(columns, binning, self.n_jobs).codes
        levels = codes.max(axis=1).astype(np.int64) + 1
        return Table(np.ascontiguousarray(codes), levels, read_response(y, rows))

    def _plan(self, table):
        levels, n_cells = table.levels[table.levels > 1], most_cells(table.codes.shape[1])
        n_columns = max(len(levels), 1)
        order = min(self.interaction_order, n_columns)
        size = start_size(levels, n_cells, order, self.subset_size) if len(levels) else 1
        n_draws = sufficient_draws(n_columns, size, min(order, size)) if self.n_draws == "auto" else self.n_draws
        self.subset_size_, self.n_draws_ = size, int(n_draws)
        self.detectable_order_ = detectable_order(n_columns, size, n_draws)
        plan = Plan(self.n_draws_, size, n_cells, self.alpha, self.n_jobs, self.verbose)
        seconds = self.n_draws_ * seconds_per_start(table, plan)
        sets = f"{self.n_draws_} sets of {size} among {n_columns} columns"
        remedy = f"it draws {sets}; lower interaction_order or n_draws"
        warn_of_duration(self, seconds, remedy)
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

    def _why_none(self):
        return f"no set has a p-value of at most alpha={self.alpha:g}"
