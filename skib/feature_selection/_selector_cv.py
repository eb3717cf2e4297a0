"""`InformationSelectorCV`: how many columns of a greedy path a predictor needs, by cross-validation."""

from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse
from sklearn import get_config
from sklearn.base import clone, is_classifier
from sklearn.metrics import check_scoring
from sklearn.model_selection import check_cv
from sklearn.utils import Bunch, get_tags
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.validation import check_is_fitted

from skib._column_selectors import ColumnSelectorMixin
from skib._columns import feature_table, opened, record_features, take_rows
from skib._parallel import N_JOBS, run_tasks
from skib._sklearn import BaseEstimator, HasMethods, Interval, fit_context
from skib._typing import Estimator, TableLike
from skib.feature_selection._selector import InformationSelector

if TYPE_CHECKING:
    from collections.abc import Callable


class InformationSelectorCV(ColumnSelectorMixin, BaseEstimator):
    r"""Greedy selection of as many columns as a predictor needs, by cross-validation.

    In each fold a path of columns is selected from the training rows, the predictor is fitted to each start of the
    path, and scored on the test rows. The number of columns with the best mean score is then selected from all rows.

    Parameters
    ----------
    estimator : predictor
        The predictor; a clone is fitted for each fold and number of columns, to what ``transform`` returns: arrays, or
        frames after ``set_output(transform="pandas")``, of which a pipeline can encode the categories.
    selector : InformationSelector, default=None
        What selects the paths, whose `n_features_to_select` is the largest number of columns that is tried; if it is
        "auto", its stop ends the paths. None: ``InformationSelector()``.
    min_features_to_select : int, default=1
        The smallest number of columns that is tried, also where the stop of the selector would select fewer.
    cv : int, cross-validation generator or iterable, default=None
        The folds, as in scikit-learn: 5 by default, stratified if `estimator` is a classifier.
    scoring : str or callable, default=None
        The score. None: that of the method ``score`` of `estimator`.
    n_standard_errors : float, default=0.0
        The fewest columns are selected whose mean score is at most so many standard errors below the best. 1 is the
        rule of Breiman et al. [1]_.
    n_jobs : int, default=None
        Number of threads (as in joblib) over the folds; the result is the same for every value.
    verbose : int, default=0
        Above 0, show progress on stderr: a bar where ``rich`` is installed, lines of text elsewhere.

    Attributes
    ----------
    n_features_ : int
        Number of selected columns; of groups of them if the selector has groups.
    cv_results_ : dict of ndarrays
        ``n_features`` that were tried, and for each of them ``mean_test_score``, ``std_test_score``,
        ``split{i}_test_score``, and ``split{i}_support``, of shape (n_tried, n_features): the columns of fold i.
    selector_ : InformationSelector
        The selector, fitted to all rows, with the first `n_features_` of its path.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    See Also
    --------
    InformationSelector : Selects a path, by a number of columns or a stop.
    sklearn.feature_selection.RFECV : Eliminates the columns to which a predictor gives the least weight.

    Notes
    -----
    The scores are those of a grid search over `n_features_to_select` in a pipeline of selector and predictor, which
    would select each path anew for every number of columns. Where a path ends before a number of columns, all of its
    columns are taken.

    No predictor is kept: put this selector into a pipeline, before a predictor. The best mean score is too good for the
    error of that predictor, since the number of columns was chosen by it.

    Scores are of any `n_jobs` if `estimator` and `selector` have their `random_state`.

    References
    ----------
    .. [1] L. Breiman, J. Friedman, R. Olshen, C. Stone, "Classification and regression trees", Wadsworth, 1984,
       section 3.4.3.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from skib.feature_selection import InformationSelector, InformationSelectorCV
    >>> X, y = make_classification(500, 30, n_informative=3, n_redundant=0, shuffle=False, random_state=0)
    >>> selector = InformationSelectorCV(KNeighborsClassifier(), InformationSelector(n_features_to_select=10))
    >>> sorted(selector.fit(X, y).selector_.selected_features_.tolist())  # the first three columns are informative
    [0, 1, 2]
    """

    n_features_: int
    cv_results_: dict[str, NDArray[Any]]
    selector_: InformationSelector

    _parameter_constraints = {
        "estimator": [HasMethods(["fit"])],
        "selector": [HasMethods(["fit", "truncate"]), None],
        "min_features_to_select": [Interval(Integral, 1, None, closed="left")],
        "cv": ["cv_object"],
        "scoring": [str, callable, None],
        "n_standard_errors": [Interval(Real, 0, None, closed="left")],
        "n_jobs": N_JOBS,
        "verbose": ["verbose"],
    }
    # Groups of rows go to the splitter, as in RFECV, and are no argument that could be requested.
    __metadata_request__fit = {"groups": "$UNUSED$"}

    def __init__(
        self,
        estimator: Estimator,
        selector: InformationSelector | None = None,
        *,
        min_features_to_select: int = 1,
        cv: Any = None,
        scoring: "str | Callable[..., float] | None" = None,
        n_standard_errors: float = 0.0,
        n_jobs: int | None = None,
        verbose: int = 0,
    ) -> None:
        self.estimator = estimator
        self.selector = selector
        self.min_features_to_select = min_features_to_select
        self.cv = cv
        self.scoring = scoring
        self.n_standard_errors = n_standard_errors
        self.n_jobs = n_jobs
        self.verbose = verbose

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        selector, predictor = get_tags(self._selector()), get_tags(self.estimator)
        tags.target_tags = selector.target_tags
        tags.target_tags.multi_output &= predictor.target_tags.multi_output
        for name in ("sparse", "allow_nan", "categorical", "string"):
            setattr(tags.input_tags, name, getattr(selector.input_tags, name) and getattr(predictor.input_tags, name))
        return tags

    @fit_context(prefer_skip_nested_validation=False)  # estimator and selector validate their own parameters
    def fit(self, X: TableLike, y: TableLike | None = None, **params: Any) -> Self:
        """Choose the number of columns by cross-validation, and select as many from all rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The columns.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            The target, which is required.
        **params : dict
            ``groups`` for the splitter. With ``sklearn.set_config(enable_metadata_routing=True)`` also what selector,
            predictor, scorer and splitter request, such as ``sample_weight``.

        Returns
        -------
        self : InformationSelectorCV
            The fitted selector.
        """
        routed = self._routed(params)
        selector = _longest(self._selector(), self.min_features_to_select, X, y, routed.selector.fit)
        X, y = X.tocsr() if issparse(X) else feature_table(X), opened("y", y)
        record_features(self, X)
        most = len(selector.path_)
        fewest = max(self.min_features_to_select, np.sum(np.isnan(selector.scores_)))  # those of include have no score
        sizes = range(min(int(fewest), most), most + 1)
        scorer = check_scoring(self.estimator, self.scoring)
        cv = check_cv(self.cv, y, classifier=is_classifier(self.estimator))
        folds = list(cv.split(X, y, **routed.splitter.split))
        fold = _Fold(self._selector_of_folds(), self.estimator, scorer, sizes, X, y, routed)
        results = run_tasks(fold.scores, folds, n_jobs=self.n_jobs, verbose=self.verbose, description="folds")
        self.cv_results_ = _table(sizes, *zip(*results, strict=True))
        self.n_features_ = self._choice(self.cv_results_, len(folds))
        self.selector_ = selector.truncate(self.n_features_)
        return self

    def get_metadata_routing(self) -> MetadataRouter:
        """Return which metadata the selector, the predictor, the scorer and the splitter request.

        Returns
        -------
        routing : MetadataRouter
            The requests.
        """
        fits = MethodMapping().add(caller="fit", callee="fit")
        return (
            MetadataRouter(owner=self)
            .add(estimator=self.estimator, method_mapping=fits)
            .add(selector=self._selector(), method_mapping=fits)
            .add(splitter=check_cv(self.cv), method_mapping=MethodMapping().add(caller="fit", callee="split"))
            .add(
                scorer=check_scoring(self.estimator, self.scoring),
                method_mapping=MethodMapping().add(caller="fit", callee="score"),
            )
        )

    def _selector(self):
        return InformationSelector() if self.selector is None else self.selector

    def _selector_of_folds(self):
        """Return a selector whose ``transform`` returns the container that ``set_output`` chose for this one."""
        container = getattr(self, "_sklearn_output_config", {}).get("transform")
        return self._selector() if container is None else clone(self._selector()).set_output(transform=container)

    def _routed(self, params):
        """Return the arguments of ``fit`` by whom they are for."""
        if get_config()["enable_metadata_routing"]:
            return process_routing(self, "fit", **params)
        others = sorted(set(params) - {"groups"})
        if others:
            raise ValueError(
                f"fit got {others}, which it cannot pass on; call sklearn.set_config(enable_metadata_routing=True) and "
                "request them of the selector, the predictor or the scorer"
            )
        nothing = {"fit": {}, "score": {}}
        return Bunch(
            estimator=Bunch(**nothing),
            selector=Bunch(**nothing),
            scorer=Bunch(**nothing),
            splitter=Bunch(split={"groups": params.get("groups")}),
        )

    def _choice(self, results, n_folds):
        """Return the fewest columns whose mean score is close enough to the best."""
        mean = results["mean_test_score"]
        best = np.argmax(mean)
        error = results["std_test_score"][best] / np.sqrt(max(n_folds - 1, 1))
        return int(results["n_features"][np.argmax(mean >= mean[best] - self.n_standard_errors * error)])

    def _get_support_mask(self):
        check_is_fitted(self)
        return self.selector_.get_support()


class _Fold(NamedTuple):
    """What the folds have in common."""

    selector: Any
    predictor: Any
    scorer: Any
    sizes: range
    X: Any
    y: Any
    routed: Bunch

    def scores(self, train, test):
        """Return the score and the columns of each start of the path that is selected from the training rows."""
        X, y = take_rows(self.X, train), take_rows(self.y, train)
        selector_params, fit_params = (
            self._rows_of(self.routed[name].fit, train) for name in ("selector", "estimator")
        )
        longest, scores, supports = _longest(self.selector, self.sizes[0], X, y, selector_params), [], []
        for size in self.sizes:
            if not scores or size <= len(longest.path_):
                selector = longest.truncate(min(size, len(longest.path_)))
                predictor = clone(self.predictor).fit(selector.transform(X), y, **fit_params)
                score = self._score(predictor, selector, test)
            if not isinstance(score, Real) or np.isnan(score):
                raise ValueError(
                    f"scoring gives {score!r} for {size} columns; pass scoring that is defined on all folds, or larger "
                    "folds"
                )
            scores.append(score)
            supports.append(selector.get_support())
        return scores, supports

    def _score(self, predictor, selector, test):
        X, y = take_rows(self.X, test), take_rows(self.y, test)
        return self.scorer(predictor, selector.transform(X), y, **self._rows_of(self.routed.scorer.score, test))

    def _rows_of(self, params, rows):
        """Return arguments, with some rows of those that have a value per row."""
        return {
            name: take_rows(value, rows) if hasattr(value, "__len__") and len(value) == len(self.y) else value
            for name, value in params.items()
        }


def _longest(selector, fewest, X, y, params):
    """Return a fitted clone of the selector whose path has so many columns at least, if there are as many."""
    selector = clone(selector).fit(X, y, **params)
    if len(selector.path_) >= fewest:
        return selector
    return selector.set_params(n_features_to_select=fewest, stop=None).fit(X, y, **params)


def _table(sizes, scores, supports):
    return {
        "n_features": np.array(sizes),
        "mean_test_score": np.mean(scores, axis=0),
        "std_test_score": np.std(scores, axis=0),
        **{f"split{i}_test_score": np.array(score) for i, score in enumerate(scores)},
        **{f"split{i}_support": np.array(support) for i, support in enumerate(supports)},
    }
