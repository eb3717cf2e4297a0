"""`PosteriorEntropySelector`: summary statistics that leave least uncertainty about parameters."""

from itertools import combinations
from numbers import Integral, Real
from typing import TYPE_CHECKING, Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from skib._columns import is_discrete
from skib._dependence import fit_information
from skib._parallel import N_JOBS, run_tasks, spawn_generators
from skib._sklearn import BaseEstimator, HasMethods, Interval, StrOptions, fit_context
from skib._typing import EntropyEstimator, MutualInfoEstimator, Seed, TableLike
from skib._validation import check_numeric, check_target, target_codes
from skib._warnings import SkibWarning, collect_warnings, warn, warn_once
from skib.entropy import KozachenkoLeonenko, MillerMadow
from skib.feature_selection._base import SelectedFeaturesMixin
from skib.feature_selection._conditional_randomization import fit_conditional
from skib.feature_selection._conditionals import Conditional, EmpiricalConditional
from skib.mutual_info import KSG, PermutationTestResult, Ross

if TYPE_CHECKING:
    from pandas import DataFrame

_MOST_SUBSETS = 5000


class PosteriorEntropySelector(SelectedFeaturesMixin, BaseEstimator):
    r"""Summary statistics with the least expected posterior entropy (EPE) of parameters.

    Of simulations with parameters :math:`\theta` (y) from the prior and summary statistics s (the columns of X), it
    selects the subset S of least

    .. math:: \mathrm{EPE}(S) = \mathbb E_{s} \, H(\theta | s_S) = H(\theta) - I(\theta; s_S),

    the uncertainty that is left about the parameters on average, given the statistics jointly: the entropy of the prior
    is the same for all subsets, so that they are ranked by their information. For approximate Bayesian computation, and
    as a selector for any numeric target of one or several columns.

    Parameters
    ----------
    n_features_to_select : "auto" or int, default="auto"
        Number of columns. With "auto", a greedy search ends when the best column adds no significant information, and
        an exhaustive one takes the subset of least entropy.
    search : {"greedy", "exhaustive"}, default="greedy"
        Add the best column at a time, or try all subsets (of at most `n_features_to_select` columns).
    estimator : mutual-information estimator, default=None
        Estimator of the information of several columns jointly. None: :class:`~skib.mutual_info.KSG`, for classes
        :class:`~skib.mutual_info.Ross`.
    entropy : entropy estimator, default=None
        Estimator of the entropy of the prior, which shifts all values alike. None:
        :class:`~skib.entropy.KozachenkoLeonenko`, for classes :class:`~skib.entropy.MillerMadow`.
    alpha : float, default=0.05
        Level of the test that ends a greedy search of "auto", corrected for the number of candidates.
    conditional : object, default=None
        The distributions of a column given others, for the test: :class:`EmpiricalConditional`, which is the default,
        :class:`GaussianConditional`, or an object of yours with their methods ``fit`` and ``draw``.
    n_draws : int, default=50
        Number of times that the best column is drawn anew at each step of "auto".
    n_jobs : int, default=None
        Number of threads (as in joblib) over the subsets; the result is the same for every value.
    random_state : int, RandomState instance or None, default=None
        Seeds the draws. Pass an int for the same result at every call.
    verbose : int, default=0
        Above 0, show progress on stderr: a bar where ``rich`` is installed, lines of text elsewhere.

    Attributes
    ----------
    selected_features_ : ndarray of shape (n_features_out,)
        Numbers of the selected columns, in the order in which they were selected.
    prior_entropy_ : float
        H(y), in nats.
    posterior_entropy_ : float
        Expected posterior entropy given the selected columns, in nats; the prior entropy if there are none.
    path_ : DataFrame
        The best subset of each size that was tried: features (tuple of names, or of numbers), mutual_info,
        posterior_entropy, std_error (of the information; all in nats), pvalue (of the last column of a greedy search of
        "auto", corrected; else NaN), selected.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    See Also
    --------
    InformationSelector : Information of pairs of columns, for many columns.
    MarkovBlanketSelector : Tests by a model whether a column adds to the others.

    Notes
    -----
    The p-value of a column is that of a conditional randomization test: its gain of information is compared with the
    gains of the column drawn anew from its distribution given the selected ones, by the first three moments of these
    (see :attr:`PermutationTestResult.tail_pvalue <skib.mutual_info.PermutationTestResult.tail_pvalue>`), and multiplied
    by the number of candidates. Without a gain it is 1.

    Estimates of joint information by nearest neighbors fall with the number of columns, since neighbors become distant:
    the path has a minimum of its own, and columns of little information are not selected where they would add noise.
    With more than some ten columns jointly, compress them first.

    References
    ----------
    .. [1] T. Hoffmann, J.-P. Onnela, "Minimizing the expected posterior entropy yields optimal summary statistics",
       arXiv 2206.02340, 2022.
    .. [2] M. A. Nunes, D. J. Balding, "On optimal selection of summary statistics for approximate Bayesian
       computation", Statistical Applications in Genetics and Molecular Biology 9, 2010.
    .. [3] Y. Chen, D. Zhang, M. U. Gutmann, A. Courville, Z. Zhu, "Neural approximate sufficient statistics for
       implicit models", ICLR 2021.

    Examples
    --------
    The mean of ten normal observations is sufficient for their expectation; the median and the first are not.

    >>> import numpy as np
    >>> from skib.feature_selection import PosteriorEntropySelector
    >>> rng = np.random.default_rng(0)
    >>> theta = rng.normal(size=1000)
    >>> data = theta[:, None] + rng.normal(size=(1000, 10))
    >>> X = np.c_[data[:, 0], np.median(data, axis=1), data.mean(axis=1)]
    >>> selector = PosteriorEntropySelector(random_state=0).fit(X, theta)
    >>> selector.selected_features_.tolist()
    [2]
    >>> round(selector.posterior_entropy_, 1)  # log(2 pi e / 11) / 2 = 0.22
    0.2
    """

    selected_features_: NDArray[np.int64]
    prior_entropy_: float
    posterior_entropy_: float
    path_: "DataFrame"

    _parameter_constraints = {
        "n_features_to_select": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "search": [StrOptions({"greedy", "exhaustive"})],
        "estimator": [HasMethods(["fit", "get_params"]), None],
        "entropy": [HasMethods(["fit", "get_params"]), None],
        "alpha": [Interval(Real, 0, 1, closed="neither")],
        "conditional": [HasMethods(["fit", "draw"]), None],
        "n_draws": [Interval(Integral, 2, None, closed="left")],
        "n_jobs": N_JOBS,
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        n_features_to_select: int | Literal["auto"] = "auto",
        *,
        search: Literal["greedy", "exhaustive"] = "greedy",
        estimator: MutualInfoEstimator | None = None,
        entropy: EntropyEstimator | None = None,
        alpha: float = 0.05,
        conditional: Conditional | None = None,
        n_draws: int = 50,
        n_jobs: int | None = None,
        random_state: Seed = None,
        verbose: int = 0,
    ) -> None:
        self.n_features_to_select = n_features_to_select
        self.search = search
        self.estimator = estimator
        self.entropy = entropy
        self.alpha = alpha
        self.conditional = conditional
        self.n_draws = n_draws
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        return tags

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: TableLike, y: TableLike | None = None) -> Self:
        """Select columns.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The summary statistics, numbers.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            The parameters, which are required: numbers, or one column of classes, such as the numbers of models.

        Returns
        -------
        self : PosteriorEntropySelector
            The fitted selector.
        """
        x = check_numeric(self, X, y)
        discrete = is_discrete(y)
        target = target_codes(y, len(x)) if discrete else check_target(y, len(x))
        n_most = self._n_most(x.shape[1])
        with warn_once():
            self.prior_entropy_ = self._prior_entropy(target.reshape(len(x), -1), discrete)
            estimator = (Ross() if discrete else KSG()) if self.estimator is None else self.estimator
            sets = _Sets(estimator, x, target, self.n_jobs, self.verbose)
            best = self._greedy(sets, n_most) if self.search == "greedy" else _exhaustive(sets, n_most)
        chosen = self._chosen(best)
        self.selected_features_ = np.array(best[chosen - 1].columns if chosen else [], np.int64)
        self.posterior_entropy_ = self.prior_entropy_ - (best[chosen - 1].mutual_info if chosen else 0.0)
        self.path_ = self._frame(best, chosen)
        return self

    def _prior_entropy(self, target, discrete):
        entropy = (MillerMadow() if discrete else KozachenkoLeonenko()) if self.entropy is None else self.entropy
        try:
            return float(clone(entropy).fit(target).entropy_)
        except ValueError as error:
            raise ValueError(
                f"H(y), of the parameters y in place of X: {error}; or pass entropy=PlugIn() for few values"
            ) from error

    def _n_most(self, n_features):
        if self.n_features_to_select == "auto":
            return n_features
        if self.n_features_to_select > n_features:
            wanted = self.n_features_to_select
            warn(f"n_features_to_select={wanted} exceeds the {n_features} columns; all of them are", SkibWarning)
        return min(self.n_features_to_select, n_features)

    def _greedy(self, sets, n_most):
        """Return the best subset of each size that has the one before it."""
        best, generators = [], spawn_generators(self.random_state, n_most)
        while len(best) < n_most:
            columns, before = (best[-1].columns, best[-1].mutual_info) if best else ((), 0.0)
            candidates = [(*columns, j) for j in range(sets.x.shape[1]) if j not in columns]
            top = max(sets.fitted(candidates), key=lambda one: one.mutual_info)  # the first of equal ones
            if self.n_features_to_select == "auto":
                pvalue = 1.0
                if top.mutual_info > before:
                    null = sets.redrawn(top.columns, self.conditional, self.n_draws, generators[len(best)])
                    pvalue = PermutationTestResult(top.mutual_info, null, np.nan).tail_pvalue * len(candidates)
                top = top._replace(pvalue=min(1.0, pvalue))
            best.append(top)
            if top.pvalue > self.alpha:
                break
        return best

    def _chosen(self, best):
        """Return the size of the selected subset."""
        if self.n_features_to_select != "auto":
            return len(best)
        if self.search == "greedy":
            return sum(one.pvalue <= self.alpha for one in best)
        top = int(np.argmax([one.mutual_info for one in best]))
        return top + 1 if best[top].mutual_info > 0 else 0

    def _frame(self, best, chosen):
        from pandas import DataFrame

        names = getattr(self, "feature_names_in_", np.arange(self.n_features_in_))
        information = np.array([one.mutual_info for one in best])
        return DataFrame(
            {
                "features": [tuple(names[list(one.columns)].tolist()) for one in best],
                "mutual_info": information,
                "posterior_entropy": self.prior_entropy_ - information,
                "std_error": [one.std_error for one in best],
                "pvalue": [one.pvalue for one in best],
                "selected": np.arange(1, len(best) + 1) == chosen,
            }
        )

    def _why_none(self):
        return "no column has significant information about y"


class _Subset(NamedTuple):
    """The information of some columns jointly."""

    columns: tuple[int, ...]
    mutual_info: float
    std_error: float
    pvalue: float = np.nan


class _Sets(NamedTuple):
    """What the information of subsets is estimated from."""

    estimator: MutualInfoEstimator
    x: np.ndarray
    y: np.ndarray
    n_jobs: int | None
    verbose: int

    def fitted(self, subsets):
        """Return the information of subsets of the columns."""
        tasks = [(self.x[:, list(subset)],) for subset in subsets]
        return [_Subset(subset, *found) for subset, found in zip(subsets, self._run(tasks, "subsets"), strict=True)]

    def redrawn(self, columns, conditional, n_draws, generator):
        """Return the information of some columns, with the last drawn anew given the others."""
        x, last = self.x[:, list(columns)], len(columns) - 1
        fitted = fit_conditional(EmpiricalConditional() if conditional is None else conditional, x, generator)
        drawn = fitted.draw(np.arange(len(x)), last, n_draws, generator)
        tasks = [(np.c_[x[:, :last], column],) for column in drawn]
        with collect_warnings():  # they would repeat those of the estimate
            return np.array([information for information, _ in self._run(tasks, "draws")])

    def _run(self, tasks, what):
        return run_tasks(self._one, tasks, n_jobs=self.n_jobs, verbose=self.verbose, description=what)

    def _one(self, x):
        fitted = fit_information(self.estimator, np.ascontiguousarray(x), self.y)
        return float(fitted.mutual_info_), float(getattr(fitted, "std_error_", np.nan))


def _exhaustive(sets, n_most):
    """Return the best subset of each size."""
    n_features = sets.x.shape[1]
    subsets = [subset for size in range(1, n_most + 1) for subset in combinations(range(n_features), size)]
    if len(subsets) > _MOST_SUBSETS:
        raise ValueError(
            f"search='exhaustive' has more than {_MOST_SUBSETS} subsets of {n_features} columns; pass a smaller "
            "n_features_to_select, or search='greedy'"
        )
    found = sets.fitted(subsets)
    sizes = range(1, n_most + 1)
    return [max((one for one in found if len(one.columns) == s), key=lambda one: one.mutual_info) for s in sizes]
