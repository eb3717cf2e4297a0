"""`ConditionalRandomizationSelector`: columns whose values matter to a model beyond what the other columns tell."""

from numbers import Integral, Real
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.utils import check_random_state

from skib._parallel import N_JOBS, run_tasks
from skib._sklearn import BaseEstimator, HasMethods, Interval, StrOptions, fit_context
from skib._statistics import benjamini_hochberg_adjust
from skib._typing import Estimator, Floats, Seed, TableLike
from skib._validation import check_numbers, require_samples
from skib._warnings import UnreliableEstimateWarning, listed, warn
from skib.feature_selection._base import SelectedFeaturesMixin
from skib.feature_selection._conditionals import Conditional, GaussianConditional
from skib.feature_selection._held_out_loss import (
    ColumnTest,
    default_model,
    held_out,
    randomization_test,
    read_target,
    require_squares,
    split_rows,
)

_LEAST_ROWS = 4


class ConditionalRandomizationSelector(SelectedFeaturesMixin, BaseEstimator):
    r"""Columns without which a model predicts worse, with control of the share of false ones among them.

    A column j is superfluous if :math:`Y \perp X_j | X_{-j}`. Its values could then be drawn anew from
    :math:`P(X_j | X_{-j})` without harm to the loss L of any model on held-out rows:

    .. math:: p_j = \frac{1 + \#\{m : L(\tilde X^{(m)}_j, X_{-j}) \leq L(X)\}}{1 + M}

    is a p-value whatever the model, which is fitted once, and the p-values are adjusted by the method of Benjamini and
    Hochberg: the interpretability randomization test ("irt"). The one-shot feature test ("osft") draws each column
    once: the sign of :math:`t_j = L(\tilde X_j, X_{-j}) - L(X)` is symmetric if j is superfluous, so that the negative
    ones tell how many positive ones are false; the columns of :math:`t_j \geq z` are selected, with the least z for
    which :math:`(1 + \#\{t \leq -z\}) / \#\{t \geq z\}` is at most `alpha`.

    Parameters
    ----------
    estimator : classifier with ``predict_proba`` or regressor, default=None
        The model; its loss is the log loss or the squared error. It is fitted to half of the rows and tested on the
        others. A fitted model in :class:`~sklearn.frozen.FrozenEstimator` is tested on all rows, to which it must not
        have been fitted. None: a logistic regression for classes, else a lasso with a penalty from cross-validation.
    test : {"irt", "osft"}, default="irt"
        The test. "osft" needs one draw of each column, but many columns: it selects at least 1 / `alpha` or none.
    conditional : object, default=None
        The distributions of each column given the others: :class:`GaussianConditional`, which is the default,
        :class:`EmpiricalConditional`, or an object of yours with their methods ``fit`` and ``draw``. It is fitted to
        all rows. Where it is wrong, so are the p-values.
    alpha : float, default=0.1
        Level of the false discovery rate: the expected share of superfluous columns among the selected.
    n_draws : "auto" or int, default="auto"
        Largest number M of draws of "irt"; "auto" takes 2 n_features / `alpha`, with which one column alone can be
        selected, and at least 200. A column of which 20 draws are as good as the data takes no more.
    test_size : float, default=0.5
        Share of the rows to test. The others fit the model.
    n_jobs : int, default=None
        Number of threads (as in joblib) over the columns; the result is the same for every value.
    random_state : int, RandomState instance or None, default=None
        Seeds the halves, the draws and models without a seed. Pass an int for the same result at every call.
    verbose : int, default=0
        Above 0, show progress on stderr: a bar where ``rich`` is installed, lines of text elsewhere.

    Attributes
    ----------
    selected_features_ : ndarray of shape (n_features_out,)
        Numbers of the selected columns, those of the largest increase of the loss first.
    loss_increase_ : ndarray of shape (n_features,)
        Mean increase of the loss on held-out rows by drawing a column anew: of the log loss in nats, which estimates
        what the model can use of I(X_j;Y|X_-j).
    pvalues_ : ndarray of shape (n_features,)
        The p-values of "irt"; NaN of "osft".
    adjusted_pvalues_ : ndarray of shape (n_features,)
        The least `alpha` with which each column is selected.
    loss_ : float
        Mean loss on the held-out rows as they are.
    estimator_ : estimator
        The fitted model.
    conditional_ : object
        The fitted conditional distributions.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    See Also
    --------
    MarkovBlanketSelector : Adds columns one by one, and tests given the selected ones only.
    sequential_column_test : The same hypothesis, on rows that arrive one by one.
    InformationSelector : Needs no model, and tests given one selected column at a time.

    Notes
    -----
    "irt" is exact for each column if the conditional distributions are right. Benjamini and Hochberg's method needs
    p-values that are independent or depend positively, "osft" signs that are independent; neither is guaranteed.
    Measured on correlated Gaussian columns, the false discovery rate is below `alpha`; see the user guide.

    Of copies, and of columns that follow from others, each is superfluous given the others, and none is selected; an
    ``UnreliableEstimateWarning`` names them.

    A column must matter to the model: a linear one finds no quadratic effects.

    References
    ----------
    .. [1] C. Burns, J. Thomason, W. Tansey, "Interpreting black box models via hypothesis testing", FODS 2020
       ("irt", "osft").
    .. [2] E. Candes, Y. Fan, L. Janson, J. Lv, "Panning for gold: model-X knockoffs for high dimensional controlled
       variable selection", Journal of the Royal Statistical Society B 80, 2018 (conditional randomization test).
    .. [3] W. Tansey, V. Veitch, H. Zhang, R. Rabadan, D. M. Blei, "The holdout randomization test for feature selection
       in black box models", Journal of Computational and Graphical Statistics 31, 2022.

    Examples
    --------
    Column 1 is correlated with column 0, which causes y, and is superfluous given it.

    >>> import numpy as np
    >>> from skib.feature_selection import ConditionalRandomizationSelector
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(500, 5))
    >>> X[:, 1] += X[:, 0]
    >>> y = X[:, 0] + X[:, 4] + rng.normal(size=500)
    >>> selector = ConditionalRandomizationSelector(random_state=0).fit(X, y)
    >>> sorted(selector.selected_features_.tolist())
    [0, 4]
    """

    selected_features_: NDArray[np.int64]
    loss_increase_: Floats
    pvalues_: Floats
    adjusted_pvalues_: Floats
    loss_: float
    estimator_: Any
    conditional_: Conditional

    _parameter_constraints = {
        "estimator": [HasMethods(["fit", "predict"]), None],
        "test": [StrOptions({"irt", "osft"})],
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
        test: Literal["irt", "osft"] = "irt",
        conditional: Conditional | None = None,
        alpha: float = 0.1,
        n_draws: int | Literal["auto"] = "auto",
        test_size: float = 0.5,
        n_jobs: int | None = None,
        random_state: Seed = None,
        verbose: int = 0,
    ) -> None:
        self.estimator = estimator
        self.test = test
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
        self : ConditionalRandomizationSelector
            The fitted selector.
        """
        x, target = check_test_data(self, X, y)
        generator = np.random.default_rng(check_random_state(self.random_state).randint(2**31))
        train, test = split_rows(self.estimator, target, self.test_size, int(generator.integers(2**31)))
        self.conditional_ = fit_conditional(self.conditional, x, generator)
        _warn_of_determined(self.conditional_, getattr(self, "feature_names_in_", None))
        estimator = default_model(target.is_classes, len(train)) if self.estimator is None else self.estimator
        model = held_out(estimator, x, target, train, test, generator)
        self.estimator_, self.loss_ = model.model, float(model.losses(model.x)[0])
        one_column = self._irt(test, model) if self.test == "irt" else self._osft(test, model)
        tasks = list(enumerate(generator.spawn(x.shape[1])))
        results = run_tasks(one_column, tasks, n_jobs=self.n_jobs, verbose=self.verbose, description="columns")
        self.pvalues_, self.loss_increase_ = np.array(results).T
        adjust = benjamini_hochberg_adjust if self.test == "irt" else one_shot_adjust
        self.adjusted_pvalues_ = adjust(self.pvalues_ if self.test == "irt" else self.loss_increase_)
        chosen = np.flatnonzero(self.adjusted_pvalues_ <= self.alpha)
        self.selected_features_ = chosen[np.argsort(-self.loss_increase_[chosen], kind="stable")]
        return self

    def _irt(self, rows, model):
        n_draws = draws_for(self.n_draws, self.n_features_in_, self.alpha)
        conditional = self.conditional_

        def test_column(j, generator):
            return randomization_test(model, j, lambda n: conditional.draw(rows, j, n, generator), n_draws)

        return test_column

    def _osft(self, rows, model):
        conditional, observed = self.conditional_, self.loss_

        def test_column(j, generator):
            loss = float(model.redrawn(j, conditional.draw(rows, j, 1, generator))[0])
            return ColumnTest(np.nan, loss - observed)

        return test_column

    def _why_none(self):
        if self.test == "osft":
            return f"no threshold has an estimated share of false ones of at most alpha={self.alpha:g}"
        return f"no column has an adjusted p-value of at most alpha={self.alpha:g}"


def one_shot_adjust(statistics):
    """Return for each statistic the least level at which the one-shot feature test selects it."""
    levels = np.ones(len(statistics))
    magnitudes = np.sort(np.abs(statistics))
    below, above = np.sort(-statistics), np.sort(statistics)
    n_negative = len(below) - np.searchsorted(below, magnitudes, side="left")
    n_positive = len(above) - np.searchsorted(above, magnitudes, side="left")
    shares = np.minimum((1 + n_negative) / np.maximum(n_positive, 1), 1.0)
    shares[(magnitudes == 0) | (n_positive == 0)] = 1.0
    best = np.minimum.accumulate(shares)
    positive = statistics > 0
    levels[positive] = best[np.searchsorted(magnitudes, statistics[positive], side="right") - 1]
    return levels


def check_test_data(selector, X, y):
    """Validate the columns and the target of a selector that tests a model; returns the rows and the Target."""
    if y is None:
        raise ValueError(f"This {type(selector).__name__} requires y to be passed, but the target y is None.")
    x = check_numbers(selector, X)
    require_squares("X", x)
    target = read_target(selector.estimator, y, len(x))
    require_samples(selector, len(x), _LEAST_ROWS)
    return x, target


def fit_conditional(conditional, x, generator):
    """Fit a clone of the conditional distributions, Gaussian ones of None."""
    conditional = GaussianConditional() if conditional is None else clone(conditional)
    if conditional.get_params().get("random_state", 0) is None:
        conditional.set_params(random_state=int(generator.integers(2**31)))
    return conditional.fit(x)


def draws_for(n_draws, n_tests, alpha):
    """Return how many draws let one of so many tests be significant by itself."""
    return max(200, int(np.ceil(2 * n_tests / alpha))) if n_draws == "auto" else n_draws


def _warn_of_determined(conditional, names):
    variances = getattr(conditional, "residual_variance_", np.ones(1))
    determined = [repr(j if names is None else str(names[j])) for j in np.flatnonzero(variances == 0).tolist()]
    if determined and len(variances) > 1:
        warn(
            f"columns [{listed(determined)}] follow from the others, or are constant: each is superfluous given these, "
            "and is not selected; leave out copies first",
            UnreliableEstimateWarning,
        )
