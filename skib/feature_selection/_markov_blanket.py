"""`MarkovBlanketSelector`: the columns given which all others are superfluous, grown and shrunk by tests of a model."""

from numbers import Integral, Real
from typing import TYPE_CHECKING, Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.frozen import FrozenEstimator
from sklearn.utils import check_random_state

from skib._parallel import N_JOBS, run_tasks
from skib._sklearn import BaseEstimator, HasMethods, Interval, StrOptions, fit_context
from skib._typing import Estimator, Floats, Seed, TableLike
from skib.feature_selection._base import SelectedFeaturesMixin
from skib.feature_selection._conditional_randomization import check_test_data, draws_for, fit_conditional
from skib.feature_selection._conditionals import Conditional
from skib.feature_selection._held_out_loss import Target, default_model, held_out, randomization_test, split_rows

if TYPE_CHECKING:
    from pandas import DataFrame

# Draws by which candidates are compared, before the best is tested.
_SCREENING_DRAWS = 10


class MarkovBlanketSelector(SelectedFeaturesMixin, BaseEstimator):
    r"""The Markov blanket of a target: columns given which all others are superfluous (IAMB).

    Incremental association adds, to the columns S that are selected already, the column j whose redrawing from
    :math:`P(X_j | X_S)` raises the held-out loss of a model of :math:`X_S, X_j` most, as long as a conditional
    randomization test rejects :math:`Y \perp X_j | X_S`; then it removes, one after the other, columns that are
    superfluous given the rest of S. The test is that of :class:`ConditionalRandomizationSelector`. That one conditions
    on all other columns at once, which takes one model, but hides columns that follow from others; this one conditions
    on the selected columns only, selects one of several copies, and fits a model for each candidate and step.

    Parameters
    ----------
    estimator : classifier with ``predict_proba`` or regressor, default=None
        The model; its loss is the log loss or the squared error. It is fitted to half of the rows and tested on the
        others. None: a logistic regression for classes, else a lasso with a penalty from cross-validation.
    conditional : object, default=None
        The distributions of a column given others: :class:`GaussianConditional`, which is the default,
        :class:`EmpiricalConditional`, or an object of yours with their methods ``fit`` and ``draw``.
    alpha : float, default=0.05
        Level of each test. P-values of candidates are multiplied by the number of these, so that the probability to
        select any column of pure noise is at most this.
    n_draws : "auto" or int, default="auto"
        Largest number of draws of each test; "auto" takes 2 / `alpha` for each candidate, and at least 200.
    test_size : float, default=0.5
        Share of the rows to test. The others fit the models.
    n_jobs : int, default=None
        Number of threads (as in joblib) over the candidates; the result is the same for every value.
    random_state : int, RandomState instance or None, default=None
        Seeds the halves, the draws and models without a seed. Pass an int for the same result at every call.
    verbose : int, default=0
        Above 0, show progress on stderr: a bar where ``rich`` is installed, lines of text elsewhere.

    Attributes
    ----------
    selected_features_ : ndarray of shape (n_features_out,)
        Numbers of the selected columns, in the order in which they were added.
    pvalues_ : ndarray of shape (n_features_out,)
        P-value of each selected column given the other selected ones.
    path_ : DataFrame
        A row per test of the best candidate, and per removed column: action ("add", "stop" or "remove"), feature (name,
        or number), loss_increase, pvalue (of candidates, multiplied by their number).
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    See Also
    --------
    ConditionalRandomizationSelector : Tests each column given all others, and controls the false discovery rate.
    InformationSelector : Needs no model.

    Notes
    -----
    Under faithfulness the Markov blanket is unique: parents, children and the other parents of children in a Bayesian
    network. A column whose effect shows only together with another one that is not selected yet, as of an exclusive or,
    is not added.

    Since the same rows choose a candidate, test it and test the next one, the levels of later steps are approximate.
    Rates measured are in the user guide.

    References
    ----------
    .. [1] I. Tsamardinos, C. F. Aliferis, A. Statnikov, "Algorithms for large scale Markov blanket discovery",
       FLAIRS 2003.

    Examples
    --------
    Column 1 has information about y through column 0 alone; column 2 is a copy of column 3.

    >>> import numpy as np
    >>> from skib.feature_selection import MarkovBlanketSelector
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(500, 4))
    >>> X[:, 1] += X[:, 0]
    >>> X[:, 2] = X[:, 3]
    >>> y = X[:, 0] + X[:, 3] + rng.normal(size=500)
    >>> selector = MarkovBlanketSelector(random_state=0).fit(X, y)
    >>> sorted(selector.selected_features_.tolist())
    [0, 2]
    """

    selected_features_: NDArray[np.int64]
    pvalues_: Floats
    path_: "DataFrame"

    _parameter_constraints = {
        "estimator": [HasMethods(["fit", "predict"]), None],
        "conditional": [HasMethods(["fit", "draw"]), None],
        "alpha": [Interval(Real, 0, 1, closed="neither")],
        "n_draws": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "test_size": [Interval(Real, 0, 1, closed="neither")],
        "n_jobs": N_JOBS,
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        estimator: Estimator | None = None,
        *,
        conditional: Conditional | None = None,
        alpha: float = 0.05,
        n_draws: int | Literal["auto"] = "auto",
        test_size: float = 0.5,
        n_jobs: int | None = None,
        random_state: Seed = None,
        verbose: int = 0,
    ) -> None:
        self.estimator = estimator
        self.conditional = conditional
        self.alpha = alpha
        self.n_draws = n_draws
        self.test_size = test_size
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: TableLike, y: TableLike | None = None) -> Self:
        """Select columns.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers.
        y : array-like of shape (n_samples,)
            The target, which is required: classes or numbers.

        Returns
        -------
        self : MarkovBlanketSelector
            The fitted selector.
        """
        if isinstance(self.estimator, FrozenEstimator):
            raise TypeError("estimator is fitted to each set of columns; pass one that is not frozen")
        x, target = check_test_data(self, X, y)
        generator = np.random.default_rng(check_random_state(self.random_state).randint(2**31))
        train, test = split_rows(self.estimator, target, self.test_size, int(generator.integers(2**31)))
        estimator = default_model(target.is_classes, len(train)) if self.estimator is None else self.estimator
        data = _Data(x, target, train, test, estimator, self.conditional)
        steps = []
        blanket = self._grown(data, steps, generator)
        blanket, pvalues = self._shrunk(data, blanket, steps, generator)
        self.selected_features_, self.pvalues_ = np.array(blanket, np.int64), np.array(pvalues, float)
        self.path_ = self._frame(steps)
        return self

    def _grown(self, data, steps, generator):
        """Return the columns, each of which is significant given those before it."""
        blanket = []
        while candidates := [j for j in range(data.x.shape[1]) if j not in blanket and np.ptp(data.x[:, j]) > 0]:
            seed = int(generator.integers(2**31))  # the same draws for all: copies tie, and the first is selected
            tests = run_tasks(
                data.redrawing,
                [([*blanket, j], np.random.default_rng(seed)) for j in candidates],
                n_jobs=self.n_jobs,
                verbose=self.verbose,
                description=f"candidates for column {len(blanket) + 1}",
            )
            increases = run_tasks(_Redrawing.increase, [(test,) for test in tests], n_jobs=self.n_jobs)
            best = int(np.argmax(increases))
            found = tests[best].test(draws_for(self.n_draws, len(candidates), self.alpha))
            pvalue = min(1.0, found.pvalue * len(candidates))
            added = pvalue <= self.alpha
            steps.append(("add" if added else "stop", candidates[best], found.increase, pvalue))
            if not added:
                break
            blanket.append(candidates[best])
        return blanket

    def _shrunk(self, data, blanket, steps, generator):
        """Return the columns that are significant given all others of them, and their p-values."""
        n_draws = draws_for(self.n_draws, 1, self.alpha)
        while blanket:
            sets = [[*blanket[:i], *blanket[i + 1 :], j] for i, j in enumerate(blanket)]
            found = [data.redrawing(*task).test(n_draws) for task in zip(sets, generator.spawn(len(sets)), strict=True)]
            worst = int(np.argmax([test.pvalue for test in found]))
            if found[worst].pvalue <= self.alpha:
                return blanket, [test.pvalue for test in found]
            steps.append(("remove", blanket[worst], found[worst].increase, found[worst].pvalue))
            blanket = sets[worst][:-1]
        return [], []

    def _frame(self, steps):
        from pandas import DataFrame

        names = getattr(self, "feature_names_in_", np.arange(self.n_features_in_)).tolist()
        named = [(action, names[j], increase, pvalue) for action, j, increase, pvalue in steps]
        return DataFrame(named, columns=["action", "feature", "loss_increase", "pvalue"])

    def _why_none(self):
        return f"no column has a corrected p-value of at most alpha={self.alpha:g}"


class _Data(NamedTuple):
    """The rows, in two parts, and what is fitted to them."""

    x: np.ndarray
    target: Target
    train: np.ndarray
    test: np.ndarray
    estimator: Estimator
    conditional: Conditional | None

    def redrawing(self, columns, generator):
        """Fit a model of some columns, and the distribution of the last of them given the others."""
        x = np.ascontiguousarray(self.x[:, columns])
        model = held_out(self.estimator, x, self.target, self.train, self.test, generator)
        return _Redrawing(model, fit_conditional(self.conditional, x, generator), self.test, generator)


class _Redrawing:
    """The last column of a fitted model, drawn anew on the held-out rows."""

    def __init__(self, model, conditional, rows, generator):
        self._model, self._column = model, model.x.shape[1] - 1
        self._draw = lambda n: conditional.draw(rows, self._column, n, generator)

    def increase(self):
        """Return the increase of the loss by a few draws."""
        losses = self._model.redrawn(self._column, self._draw(_SCREENING_DRAWS))
        return float(losses.mean() - self._model.losses(self._model.x)[0])

    def test(self, n_draws):
        """Return the p-value, and the increase of the loss."""
        return randomization_test(self._model, self._column, self._draw, n_draws)
