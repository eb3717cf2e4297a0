"""`InformationSelector`: greedy selection of columns by mutual information with a target."""

from collections.abc import Sequence
from inspect import isclass
from numbers import Integral
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.utils import check_random_state, check_scalar
from sklearn.utils.validation import check_is_fitted

from skib._parallel import N_JOBS, with_drawn_seeds
from skib._sklearn import BaseEstimator, HasMethods, Interval, RealNotInt, StrOptions, fit_context
from skib._typing import Floats, MutualInfoEstimator, Seed, TableLike, Transformer
from skib._warnings import SkibWarning, warn
from skib.feature_selection._base import SelectedFeaturesMixin
from skib.feature_selection._criteria import FORMULAS, Criterion, formula_of
from skib.feature_selection._greedy import Search, greedy_path
from skib.feature_selection._path import Path, path_frame
from skib.feature_selection._sources import source_of
from skib.feature_selection._stops import ChiSquareStop, Stop

if TYPE_CHECKING:
    from pandas import DataFrame


class InformationSelector(SelectedFeaturesMixin, BaseEstimator):
    r"""Greedy selection of columns by their information about a target, with a test that ends it.

    Each step takes the column k whose score is largest, for the columns S that are selected already and the target Y:

    .. math:: J(k) = I(X_k;Y) - \frac{1}{|S|} \sum_{j \in S} I(X_k;X_j) + \frac{1}{|S|} \sum_{j \in S} I(X_k;X_j|Y),

    which is the relevance of the column, less what others have of it already, plus what it has together with them
    only: "jmi", the mean of I(X_k;Y|X_j). Other criteria weigh the three otherwise. Information is counted from
    tables of the values of two columns and the target, all criteria from the same tables.

    Parameters
    ----------
    criterion : str or callable, default="jmi"
        The score. Names are listed in the notes; a callable takes :class:`Terms` and returns a score per candidate.
        The first column is the one of most relevance, whatever the criterion.
    n_features_to_select : "auto", int or float, default="auto"
        Number of columns (with `groups` of groups), or their share. With "auto" the `stop` decides: its default selects
        all columns that are significant, copies of each other included, and none of pure noise.
    estimator : mutual-information estimator, default=None
        Estimator of the information of pairs of columns. None counts. :class:`~skib.mutual_info.GaussianCopula` needs
        no bins, finds monotone dependence only, and is computed by products of matrices. Any other estimator of skib is
        fitted to each pair of columns, which takes long; criteria that are made of I(X;Y|Z) need one whose ``fit`` has
        the argument `given`.
    discretizer : int or transformer, default=None
        Bins of the columns that hold numbers on many levels: that many quantile bins, or the codes that a clone of a
        transformer makes of one column, such as ``KBinsDiscretizer(encode="ordinal")`` or
        :class:`~skib.preprocessing.IBDiscretizer`. None: quantile bins, :math:`\sqrt{n / 5C}` of them for C classes,
        from 2 to 16, so that a table of two columns and the target has 5 rows per cell. More bins resolve more, and
        have more bias.
    stop : object, default=None
        Ends the selection where the best candidate is of no use to it: :class:`ChiSquareStop`, which is the default of
        "auto", :class:`PermutationStop`, :class:`ScoreStop`, :class:`GainStop`, or an object of yours with their method
        ``decide``. A number of columns ends it as well, whichever comes first.
    init : {None, "pair"}, default=None
        "pair" starts with the two columns that have the most information about y together, which finds an exclusive
        or, whose columns have none by themselves; it takes a table for every pair of columns.
    include, exclude : list of str or int, default=None
        Columns, by name or number (or as a mask), that are selected first in this order, or never.
    groups : array-like of shape (n_features,), default=None
        A label per column: columns that share one are selected together, as one variable with a value for every
        combination of theirs. Meant for one-hot sets.
    missing : {"auto", "error"}, default="auto"
        What becomes of missing values: a level of their own, or an error. Estimators other than None take none.
    n_jobs : int, default=None
        Number of threads (as in joblib) over the candidates; the result is the same for every value.
    random_state : int, RandomState instance or None, default=None
        Seeds estimators and stops that have a `random_state` of None. Pass an int for the same result at every call.
    verbose : int, default=0
        Above 0, show progress on stderr: a bar where ``rich`` is installed, lines of text elsewhere.
        Only estimators that are fitted to each pair take so long.

    Attributes
    ----------
    selected_features_ : ndarray of shape (n_features_out,)
        Numbers of the selected columns, in the order in which they were selected.
    scores_ : ndarray of shape (n_picks,)
        Score of each pick (column, or group of columns) when it was selected, in nats unless the criterion is a
        quotient. The first is its relevance; both columns of a pair have I(X_i,X_j;Y); NaN for `include`.
    relevance_ : ndarray of shape (n_picks,)
        I(X_k;Y) of each pick, in nats.
    redundancy_ : ndarray of shape (n_picks,)
        Mean I(X_k;X_j) with the picks before it, in nats; 0 for the first.
    synergy_ : ndarray of shape (n_picks,)
        Mean I(X_k;X_j|Y) with the picks before it, in nats: what columns share within the classes raises what they
        have about y together.
    pvalues_ : ndarray of shape (n_picks,)
        P-value of each pick by the stop, else by :class:`ChiSquareStop`; NaN if neither gives one.
    path_ : DataFrame
        A row per pick: feature (name of the column or group, or its number), score, relevance, redundancy, synergy,
        pvalue.
    stop_reason_ : str
        Why no more columns are selected.
    n_bins_ : int or None
        The number of bins of the default `discretizer`; None if nothing is counted, or nothing is binned.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    See Also
    --------
    SelectionPathDisplay : Drawing of the path.
    skib.mutual_info.mutual_info_features : The information of each column, without a selection.
    sklearn.feature_selection.SequentialFeatureSelector : Selection by the score of a predictor.

    Notes
    -----
    With S columns selected, of which j is one:

    ============= ==========================================================
    criterion     J(k)
    ============= ==========================================================
    mim           I(k;Y)
    mifs          I(k;Y) - sum I(k;j)
    mrmr          I(k;Y) - mean I(k;j)
    mrmr_quotient I(k;Y) / max(mean I(k;j), 0.001)
    jmi           I(k;Y) - mean I(k;j) + mean I(k;j|Y)
    cife          I(k;Y) - sum I(k;j) + sum I(k;j|Y)
    cmim          min(I(k;Y), min I(k;Y|j))
    icap          I(k;Y) - sum max(0, I(k;j) - I(k;j|Y))
    disr          sum I(k,j;Y) / H(k,j,Y)
    jmim          min I(k,j;Y)
    njmim         min I(k,j;Y) / H(k,j,Y)
    cmi           I(k;Y|S), of all selected columns jointly
    ============= ==========================================================

    Of equal scores the first column wins. Of the 20 informative columns of Madelon's generator [2]_ among 500, which
    are redundant by pairs and informative together, 20 picks of "disr" find 20.0 (mean of ten draws of 2000 rows, 5
    bins), "jmi" 19.7, "cife" 19.0, "jmim" 16.6, "mim" 14.2, "cmim" 14.0 and "mrmr" 8.6; "auto" stops after 20, none of
    them false. "mim", "mifs", "mrmr", "cmim" and "icap" are never above the relevance I(k;Y), so that they miss a
    column that is informative only together with a selected one. "cmi" has one row per cell after a few columns, and
    then finds noise.

    Classes, bools, text and numbers on at most sqrt(n_samples) levels are counted as they are, as everywhere in skib. A
    missing value is a level. Of a sparse matrix it is counted whether values differ from zero. Columns of text or
    categories most of which occur once identify the rows, have all information about any y by that, and are left out
    with a warning. The target is treated likewise: numbers become quantile bins, :math:`(n/5)^{1/3}` of them, and
    several columns one variable.

    Plug-in information of finite data is too large: I(k;Y) by about (levels - 1)(classes - 1) / 2n, and I(k;Y|j) by
    the levels of j times that. Columns of many levels, such as bins of numbers, come before those of few with the same
    information. Group rare categories before, for instance by :class:`~skib.preprocessing.IBCategoryGrouper`, or pass
    a smaller `discretizer`.

    If nothing is selected, ``transform`` returns no columns and warns.

    References
    ----------
    .. [1] G. Brown, A. Pocock, M.-J. Zhao, M. Lujan, "Conditional likelihood maximisation: a unifying framework for
       information theoretic feature selection", JMLR 13, 2012, table 1 and equation 21.
    .. [2] I. Guyon, S. Gunn, A. Ben-Hur, G. Dror, "Result analysis of the NIPS 2003 feature selection challenge",
       NIPS 2004.
    .. [3] F. Fleuret, "Fast binary feature selection with conditional mutual information", JMLR 5, 2004 ("cmim").
    .. [4] H. Peng, F. Long, C. Ding, "Feature selection based on mutual information", IEEE PAMI 27, 2005 ("mrmr").

    Examples
    --------
    Two columns with noise of their own have information about y, and a third repeats the first.

    >>> import numpy as np
    >>> import pandas as pd
    >>> from skib.feature_selection import InformationSelector
    >>> rng = np.random.default_rng(0)
    >>> y = rng.integers(2, size=2000)
    >>> first, second, noise = y + rng.normal(size=2000), y + rng.normal(size=2000), rng.normal(size=2000)
    >>> X = pd.DataFrame({"first": first, "copy": first.round(1), "noise": noise, "second": second})
    >>> selector = InformationSelector("jmi", 2).fit(X, y)
    >>> selector.get_feature_names_out().tolist()
    ['first', 'second']
    >>> selector.path_[["feature", "relevance"]].round(2).to_dict("list")
    {'feature': ['first', 'second'], 'relevance': [0.12, 0.12]}
    """

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
            Interval(RealNotInt, 0, 1, closed="right"),
        ],
        "estimator": [HasMethods(["fit", "get_params"]), None],
        "discretizer": [Interval(Integral, 2, None, closed="left"), HasMethods(["fit", "transform"]), None],
        "stop": [HasMethods("decide"), None],
        "init": [StrOptions({"pair"}), None],
        "include": ["array-like", str, None],
        "exclude": ["array-like", str, None],
        "groups": ["array-like", None],
        "missing": [StrOptions({"auto", "error"})],
        "n_jobs": N_JOBS,
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
        stop: Stop | None = None,
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

    @fit_context(prefer_skip_nested_validation=False)  # estimator, discretizer and stop validate their own parameters
    def fit(self, X: TableLike, y: TableLike | None = None, sample_weight: ArrayLike | None = None) -> Self:
        """Select columns.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The columns.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            The target, which is required. Several columns are taken together as one variable.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows; rows of weight 0 are ignored. Whole numbers count as repeated rows, also in tests:
            divide weights of classes or of costs by their mean. None: all weigh alike.

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
        source.require(self, formula)
        test = ChiSquareStop() if source.is_testable else None
        stop = self.stop
        if isclass(stop):
            raise TypeError(f"stop must be an instance, got the class {stop.__name__}; pass {stop.__name__}()")
        if stop is not None:
            stop = with_drawn_seeds(stop, generator) if hasattr(stop, "get_params") else stop
        elif self.n_features_to_select == "auto":
            stop = source.required_test(test, self.estimator)
        return Search(
            counts,
            formula,
            np.arange(n_variables),
            self._n_most(n_variables),
            tested=source.tested,
            stop=stop,
            test=test,
            included=source.variables.included,
            pair=self.init == "pair",
            n_jobs=self.n_jobs,
        )

    def _n_most(self, n_variables):
        wanted = self.n_features_to_select
        if wanted == "auto":
            return np.inf
        if not isinstance(wanted, Integral):
            return max(int(wanted * n_variables), 1)
        if wanted > n_variables:
            what = "columns" if self.groups is None else "groups"
            warn(
                f"n_features_to_select={wanted} exceeds the {n_variables} {what} that may be selected; all of them are",
                SkibWarning,
            )
        return int(wanted)

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
        check_scalar(n_features_to_select, "n_features_to_select", Integral)
        fewest, n_picks = max(len(self._path.variables.included), 1), len(self._path.picks)
        if not fewest <= n_features_to_select <= n_picks:
            what = f"{fewest}, the columns of include," if fewest > 1 else "1"
            raise ValueError(
                f"n_features_to_select must be from {what} to {n_picks}, the length of the path, got "
                f"{n_features_to_select}"
            )
        short = clone(self).set_params(n_features_to_select=int(n_features_to_select))
        for name in ("n_features_in_", "feature_names_in_", "n_bins_"):
            if hasattr(self, name):
                setattr(short, name, getattr(self, name))
        short._set_path(self._path.first(int(n_features_to_select)))
        return short

    def _why_none(self):
        return self.stop_reason_
