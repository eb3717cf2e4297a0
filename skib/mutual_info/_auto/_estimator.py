"""The default estimator: chooses a method by the kinds of the columns."""

from typing import Self

import numpy as np
from sklearn.base import clone

from skib._columns import (
    Variable,
    check_columns,
    named_columns,
    read_labels,
    repeated_levels,
    target_columns,
    two_valued_as_bools,
    warn_of_labels,
)
from skib._kernels.counts import joint_codes
from skib._marginals import sort_column
from skib._parallel import N_JOBS, blocks, run_tasks
from skib._sklearn import BaseEstimator, StrOptions, fit_context
from skib._typing import Floats, Marginals, Orders, Seed, TableLike
from skib._validation import require_samples, warn_if_constant
from skib._warnings import ConstantInputWarning, UnreliableEstimateWarning, hold_warnings, warn
from skib.mutual_info._auto._classes import class_estimate, permuted_class_values
from skib.mutual_info._auto._continuous import (
    FEW_COLUMNS,
    continuous_estimate,
    permuted_continuous_values,
    planar_estimate,
    tied_estimate,
)
from skib.mutual_info._auto._drift import N_NEIGHBORS
from skib.mutual_info._auto._estimate import Estimate, warn_if_many_columns
from skib.mutual_info._auto._mixed import best_class_column, mixed_estimate
from skib.mutual_info._auto._tables import table_estimate
from skib.mutual_info._base import MutualInfoMixin
from skib.mutual_info._rare_classes import warn_of_rare_categories, warn_of_rare_classes

# Rows per cell of the table of X and y from which its entropies are corrected well.
ROWS_PER_CELL = 5
# Standard errors by which many numbers alone must have more than by the chain rule over the categories beside them.
_SURELY_MORE = 2.0
# Rows times columns of a task of ``score_features``: some tens of milliseconds.
_ROWS_PER_TASK = 100_000


class Auto(MutualInfoMixin, BaseEstimator):
    r"""Mutual information of columns of any kind: the default estimator of skib.

    The method is chosen by the kinds of the columns. It is

    * for two continuous columns, :math:`\hat I_G + w (\hat I_{KSG} - \hat I_G)` with :math:`\hat I_G` the
      bias-corrected Gaussian copula and KSG the nearest-neighbor estimate on normal scores, with 5 neighbors, or, where
      the estimate drifts with their number (edges, fine structure, near-functions), extrapolated to none along the
      power of k that it follows; for 800 rows or more of which one column is a multiple of the other plus noise that is
      found independent, H(Y) - H(Y - bX) from spacings of these single columns in place of KSG;
    * for more continuous columns, the information of a model plus what neighbors find beyond it,

      .. math:: \hat I = I_M + w \left( \hat I_{KSG}(\text{data}) - \tfrac1R \sum_r \hat I_{KSG}(\text{draw}_r) \right)

      where M is a Gaussian copula, a Student-t copula, a mixture of Gaussians, or the product of one of these for X and
      one for y, without information. Each of the R = 4 draws from M has as many rows as the data: the bias of the
      neighbors (one, in variant 2) is nearly the same on both and cancels. Beyond 12 columns three neighbors are
      searched among the (at most 3) canonical pairs that pass Bartlett's test;
    * for classes in both variables, :class:`ChainRule` with :class:`skib.entropy.Grassberger`, without the bias that
      cells of few rows have (see Notes); numbers on so many levels that a cell holds fewer than 5 rows are treated as
      numbers instead;
    * for classes in one variable and numbers in the other, :class:`Ross`;
    * for categories C and numbers N in one variable, and numbers or classes in the other, the chain rule
      :math:`I(C;Y) + \sum_c p(c) I(N;Y|C=c)` by these estimators, or I(N;Y) where that is found to be more;
    * for all else, :class:`MesnerShalizi` if there are categories, and :class:`KSG` if there are none, as for columns
      with an atom at 0.

    For classes, or one number, against more than 3 columns, these are compared with the information of a cross-fitted
    summary of the columns (:class:`Summarized`). It is taken if its certificate L, the mean held-out log-likelihood
    gain, exceeds the estimate by 2 standard errors, or if its estimate S does by 2.5 of both and L is 2 of its own
    above 0: both are lower bounds in expectation. The summary of a number is also looked for in the units of the data
    (a linear regression with heavy-tailed noise), of which all else but additive noise knows ranks only. Classes
    against more than 128 columns, and one number against columns of fewer than four rows each, have the estimate of the
    summary alone.

    Classes are text, bools, categories, and numbers on at most :math:`\sqrt n` levels; a single column of whole numbers
    with 5 rows per level or more is one of classes, too, if what it tells about the other variable does not follow its
    order. Columns with ties are continuous if no value is that of surely more than 5 % of the rows: equal
    values are put in random order, the same for the same rows, which keeps their information. The weight
    :math:`w = \max(0, 1 - (se / \Delta)^2)` shrinks a difference :math:`\Delta` that its standard error explains. M is
    the simplest model whose likelihood of 30 % of the rows, held out, is within one standard error of the best.

    Parameters
    ----------
    marginals : {"rank", "standard", None}, default="rank"
        How numeric columns are scaled before distances are taken. ``"rank"`` replaces each column by the normal scores
        of its ranks; the estimate is then invariant to monotone transformations and insensitive to outliers.
        ``"standard"`` standardizes; ``None`` leaves columns unchanged, as suits a layer, whose columns have one unit,
        and are then numbers even if they take two values. It applies where the other variable holds classes: other
        columns are always ranked, but that additive noise of two columns is looked for in their units.
    random_state : int, RandomState instance or None, default=0
        Seeds the draws, the mixtures and the folds. Pass an int for the same result at every call.
    n_jobs : int, default=None
        Number of threads (as in joblib) over the draws, and over the columns in ``score_features``; the result is the
        same for every value.

    Attributes
    ----------
    mutual_info_ : float
        The estimate in nats; not clipped, so it may fall slightly below 0.
    pointwise_ : ndarray of shape (n_samples,)
        The terms whose mean is the estimate, in nats.
    std_error_ : float
        Standard error of `mutual_info_`, in nats: from the spread of the terms and of the draws, and from the bias that
        the candidates show. That is half of what neighbors find beyond the model, what the model has beyond its
        likelihood of held-out rows, the difference of a summary and its certificate, 5 % of an estimate that a summary
        was compared with, and for two columns what the drift with the number of neighbors leaves open.
    ceiling_ : float
        Largest possible estimate on these rows, in nats: that of the estimator that was taken, or of the model that
        assists it.
    saturated_ : bool
        Whether the estimate is saturated: it exceeds 90 % of what neighbors can return or, for two columns, drifts even
        from 5 neighbors to one, or lies well below the bound
        :math:`-\frac12 \langle \log \mathrm{var}(Y|X) \rangle` from interpolation along either.
    method_ : str
        The method: ``"ChainRule"``, ``"Ross"``, ``"chain rule"``, ``"MesnerShalizi"``, ``"KSG"``, or KSG and the model
        M, such as ``"KSG + student"`` (``"KSG + independent"``: the product); ``"summary + Ross"``, ``"summary + KSG"``
        or ``"summary"`` (its certificate); ``"constant"`` if a variable is constant, or `given` determines it.
    estimates_ : dict of str to float
        The candidates, in nats: ``"neighbors"`` (up to 12 columns) and ``"cca_neighbors"`` unassisted,
        ``"gaussian"``, ``"student"``, ``"mixture"`` and ``"independent"``, or the one of the method. For two columns
        whose estimate drifts,
        ``"nearest"`` (one neighbor) and ``"extrapolated"``; for two columns of a line and independent noise,
        ``"additive_noise"``. ``"summary"`` and ``"certificate"`` where there is a summary. Of a table of few rows per
        cell, ``"grassberger"`` is not corrected, ``"permuted"`` is its mean over all permutations of the rows, and
        ``"lower_bound"`` a lower bound of the information in expectation: the mean log likelihood ratio of rows that
        are left out, from a table smoothed towards independence.
    certificate_, certificate_error_ : float
        The certificate of the summary, a lower bound of the information in expectation, and its standard error, in
        nats; NaN if there is none.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    See Also
    --------
    KSG : Nearest neighbors without a model.
    permutation_test : The null distribution of this estimate.

    Notes
    -----
    Continuous columns that others of their variable, or those of `given`, determine by a linear or quadratic equation
    (or by a monotone map) add no information and are left out: a square, a norm. The parts of a composition or
    softmax are replaced by the logarithms of the ratios to one of them. If
    `given` determines all columns of a variable, the estimate is 0, and a ``ConstantInputWarning`` is issued.

    A table of few rows per cell shows information where there is none: its mean :math:`I_0` over all permutations of
    the rows follows from the rows per level. Where the estimate I of a table exceeds :math:`I_0` by more than its
    standard error se, the bias is smaller, as the rows gather in fewer cells. With :math:`f_1` cells of one row and
    :math:`f_2` of two it is about

    .. math:: B = \frac{f_1}{n} e^m E_1(2m) \quad \text{with} \quad m = 2 f_2 / f_1 \text{ [5]},

    where :math:`E_1` is the exponential integral, less the same of the levels. B is a little low: it is multiplied by
    :math:`I_0 / B_0`, which makes it right for permuted rows, but not beyond :math:`I_0`. The estimate is
    :math:`I - I_0 + w (I_0 - B)` with the weight of :math:`\Delta = I - I_0`.

    An ``UnreliableEstimateWarning`` is issued

    * if an estimate is negative beyond chance, by more than 0.05 nats, four standard errors and
      :math:`2 / \sqrt n`;
    * if the neighbors contradict the model by more than 0.05 nats and 2.5 standard errors: the estimate then has a
      bias that no draw can measure;
    * if fewer than four rows per column allow no model, or the columns of one variable lie on a curve or surface, as
      those of images do, and no summary is taken: the estimate is then that of neighbors alone, one of them, in
      variant 2;
    * if a summary is taken whose predictors had fewer than two rows per column: it is a lower bound then;
    * if more than 0.05 nats and three standard errors are subtracted from a table of few rows per cell, or may be left;
    * if more than six columns that are not all continuous are left to the neighbors.

    Standard errors, and :func:`permutation_test`, take the rows for independent draws; those of a time series are not.

    References
    ----------
    .. [1] A. Kraskov, H. Stoegbauer, P. Grassberger, "Estimating mutual information", Physical Review E 69, 066138,
       2004.
    .. [2] R. A. A. Ince et al., "A statistical framework for neuroimaging data analysis based on mutual information
       estimated via a Gaussian copula", Human Brain Mapping 38, 2017.
    .. [3] B. Efron, R. J. Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 10 (bias by drawing from a
       fitted model).
    .. [4] P. Czyz et al., "Beyond normal: on the evaluation of mutual information estimators", NeurIPS 2023 (the
       benchmark).
    .. [5] A. Chao, "Estimating the population size for capture-recapture data with unequal catchability", Biometrics
       43, 1987 (the mean of rare cells).

    Examples
    --------
    >>> from skib.datasets import make_gaussian_pair
    >>> from skib.mutual_info import Auto
    >>> pair = make_gaussian_pair(2000, rho=0.7, dim=6, random_state=0)
    >>> auto = Auto().fit(pair.X, pair.y)
    >>> round(auto.mutual_info_, 1)  # truth: 2.02 nats
    2.0
    >>> round(auto.estimates_["neighbors"], 1)  # unassisted
    1.6
    >>> auto.method_
    'KSG + gaussian'
    """

    method_: str
    estimates_: dict[str, float]
    certificate_: float
    certificate_error_: float

    takes_classes = True
    _parameter_constraints = {
        "marginals": [StrOptions({"rank", "standard"}), None],
        "random_state": ["random_state"],
        "n_jobs": N_JOBS,
    }

    def __init__(self, *, marginals: Marginals = "rank", random_state: Seed = 0, n_jobs: int | None = None) -> None:
        self.marginals = marginals
        self.random_state = random_state
        self.n_jobs = n_jobs

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        return tags

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: TableLike, y: TableLike, *, given: TableLike | None = None) -> Self:
        """Estimate I(X;Y), or I(X;Y|Z).

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of numbers, dates, bools, text or categories, taken together as one variable.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            The target, of any kind, taken together as one variable, too.
        given : array-like of shape (n_samples,) or (n_samples, n_conditions), default=None
            The variable to condition on, of any kind.

        Returns
        -------
        self : Auto
            The fitted estimator.

        Raises
        ------
        ValueError
            For NaN, infinity, complex or masked entries, numbers written as text, or too few rows.
        """
        x = check_columns(self, X)
        n_samples = len(x[0].values)
        y = target_columns(y, n_samples)
        z = [] if given is None else target_columns(given, n_samples, "given")
        self._require_rows([*x, *y, *z])
        warn_of_labels([*named_columns("X", x), *named_columns("y", y), *named_columns("given", z)])
        z = _variable(z) if z else None
        self._fit_variables(self._variable_of(x), _variable(y), z if z is not None and z.n_columns else None)
        return self

    def _require_rows(self, columns):
        """Require one row more than neighbors for numbers; classes without order are counted in a table."""
        counted = all(column.nominal for column in columns)
        require_samples(self, len(columns[0].values), 2 if counted else N_NEIGHBORS + 1)

    def _score_columns(self, X, y):
        """Estimate the mutual information of each column of X with y; y is sorted once for all columns."""
        columns = check_columns(clone(self), X)
        targets = target_columns(y, len(columns[0].values))
        self._require_rows([*columns, *targets])
        named = named_columns("X", columns)
        warn_of_labels([*named, *named_columns("y", targets)])
        y = _variable(targets)
        target = sort_column(y.values[:, 0], "rank") if y.n_columns == 1 and y.is_continuous else None
        parts = blocks(len(columns), max(_ROWS_PER_TASK // y.n_samples, 1))
        scores = run_tasks(self._score_part, [(named[part], y, target) for part in parts], n_jobs=self.n_jobs)
        return np.concatenate(scores)

    def _score_part(self, named, y, target):
        """Fit a clone to each of some columns; `target` is the sorted column of y if that is one continuous column."""
        values = np.empty(len(named))
        for j, (name, column) in enumerate(named):
            x = _variable([column])
            auto = clone(self)
            auto.n_jobs = None  # the threads are busy with columns
            if target is not None and x.n_columns and x.is_continuous and read_labels(x, y) == (x, y):
                auto._store(planar_estimate(x.values[:, 0], y.values[:, 0], target))
            else:
                auto._fit_variables(x, y, name=name)
            values[j] = auto.mutual_info_
        return values

    def permuted_estimates(self, X: TableLike, y: TableLike, permutations: Orders) -> Floats:
        """Estimate I(X;Y) with y in the order of each permutation, by the rule of ``fit``.

        The work on either variable alone is shared. No warning is issued about permuted rows.
        """
        x = self._variable_of(check_columns(clone(self), X))
        target = _variable(target_columns(y, x.n_samples))
        values = self._permuted_values(x, target, permutations) if x.n_columns and target.n_columns else None
        return super().permuted_estimates(X, y, permutations) if values is None else values

    def _permuted_values(self, x, y, orders):
        """Return the estimates for several orders of y where they share work, else None."""
        kind = self._kind(x, y)
        if kind == "classes" and y.n_columns == 1:
            return permuted_class_values(x.values, y.codes, orders, **self._class_run())
        if kind == "classes of rows" and x.n_columns == 1:  # y in some order is y with x in the inverse one
            orders = [np.argsort(order) for order in orders]
            return permuted_class_values(y.values, x.codes, orders, **self._class_run())
        if kind == "continuous" and not (_may_be_labels(x) or _may_be_labels(y)):
            return permuted_continuous_values(x.values, y.values, orders, **self._run())
        return None

    def _variable_of(self, columns):
        """Return X; columns in one unit stay numbers where they take two values."""
        return Variable(columns) if self.marginals is None else _variable(columns)

    def _are_numbers_and_classes(self, x, y):
        """Whether X holds numbers and y classes; columns in one unit are numbers, unless they fill a table."""
        if self.marginals is not None or not (x.is_classes and y.is_classes):
            return _are_numbers_and_classes(x, y)
        return x.n_samples < ROWS_PER_CELL * _n_cells([x, y]) and not x.nominal.any()

    def _run(self):
        return {"random_state": self.random_state, "n_jobs": self.n_jobs}

    def _class_run(self):
        return self._run() | {"marginals": self.marginals}

    def _fit_variables(self, x, y, z=None, *, name="X"):
        """Choose the method by the kinds of the variables, and store its estimate; messages call x by its name."""
        if warn_if_constant("X", x.values) or warn_if_constant("y", y.values):
            return self._fit_constant(x.n_samples)
        if z is None and not self._are_numbers_and_classes(x, y) and not _fill_table(x, y):
            x, y = read_labels(x, y)
        variables = [x, y] if z is None else [x, y, z]
        kind = self._kind(*variables)
        if kind == "table":
            return self._fit_table(*variables)
        if kind == "classes":
            return self._fit_classes(x, y, "y")
        if kind == "classes of rows":
            return self._fit_classes(y, x, name)
        if kind == "mixed":
            return self._fit_mixed(*variables)
        z_values = x.values[:, :0] if z is None else z.values
        if kind == "continuous":
            return self._fit_continuous(x.values, y.values, z_values)
        return self._store(tied_estimate(x.values, y.values, z_values, **self._run()))

    def _kind(self, x, y, *conditions):
        """Return the kind of the variables: which method suits them."""
        variables = x, y, *conditions
        if not conditions and self._are_numbers_and_classes(x, y):
            return "classes"
        if _fill_table(*variables):
            return "table"
        if not conditions and _are_numbers_and_classes(y, x):
            return "classes of rows"
        if all(v.has_no_atoms for v in variables) or not conditions and (_are_ordered(x, y) or _are_ordered(y, x)):
            return "continuous"
        return "mixed" if any(v.nominal.any() for v in variables) else "numbers"

    def _fit_table(self, x, y, z=None):
        table = table_estimate(x.codes, y.codes, None if z is None else z.codes)
        candidates = {"grassberger": table.uncorrected}
        if table.is_corrected:
            candidates |= {"permuted": table.by_chance, "lower_bound": table.lower_bound}
        pointwise, value, error = table.pointwise, table.value, table.std_error
        self._store(Estimate("ChainRule", candidates, pointwise, value, error, table.ceiling, table.saturated))
        if table.is_thin and not self.saturated_:
            _warn_of_thin_table(table, x.n_samples)

    def _fit_classes(self, x, classes, name):
        warn_of_rare_classes(name, classes.codes, classes.label, N_NEIGHBORS, left_out=True)
        estimate = class_estimate(x.values, classes.codes, **self._class_run())
        column = best_class_column(classes, x, estimate.value, estimate.std_error)
        self._store(estimate if column is None else column)

    def _fit_mixed(self, *variables):
        estimate = mixed_estimate(*variables)
        if estimate.method == "chain rule" and self._fit_numbers_of_mixed(*variables, estimate):
            return
        if estimate.method == "MesnerShalizi":
            warn_if_many_columns(sum(variable.n_columns for variable in variables))
        if estimate.method == "MesnerShalizi" or "numbers" in estimate.candidates:
            warn_of_rare_categories(variables, N_NEIGHBORS)
        self._store(estimate)

    def _fit_numbers_of_mixed(self, x, y, estimate):
        """Store the estimate of many numbers without the categories beside them, where it finds more than both."""
        mixed, other = (x, y) if x.nominal.any() and not x.is_classes else (y, x)
        numbers = Variable([column for column in mixed.columns if not column.nominal])
        if numbers.n_columns <= FEW_COLUMNS:
            return False
        with hold_warnings() as held:
            alone = clone(self)
            alone._fit_variables(numbers, other)
        if alone.mutual_info_ < estimate.value + _SURELY_MORE * np.hypot(alone.std_error_, estimate.std_error):
            return False
        for category, message in held:
            warn(message, category)
        vars(self).update({name: value for name, value in vars(alone).items() if name.endswith("_")})
        self.estimates_ |= estimate.candidates
        return True

    def _fit_continuous(self, x, y, z):
        estimate = continuous_estimate(x, y, z, **self._run())
        if isinstance(estimate, str):
            message = (
                f"given determines {estimate}, as far as ranks resolve it: {estimate} has no information beyond given"
            )
            warn(message, ConstantInputWarning)
            return self._fit_constant(len(x))
        self._store(estimate)

    def _fit_constant(self, n_samples):
        self._store(Estimate("constant", {}, np.zeros(n_samples), 0.0, 0.0, 0.0, saturated=False))

    def _store(self, estimate):
        self.method_, self.estimates_ = estimate.method, estimate.candidates
        self.certificate_, self.certificate_error_ = estimate.certificate, estimate.certificate_error
        self.pointwise_ = estimate.pointwise
        self._set_estimate(
            estimate.value,
            estimate.ceiling,
            len(estimate.pointwise),
            std_error=estimate.std_error,
            saturated=estimate.saturated,
        )


def _variable(columns):
    return Variable(two_valued_as_bools(columns))


def _fill_table(*variables):
    """Whether classes are counted: they have no order to fall back on, or there are enough rows per occupied cell."""
    if not all(variable.is_classes for variable in variables):
        return False
    if any(variable.nominal.any() for variable in variables):
        return True
    return len(variables[0].codes) >= ROWS_PER_CELL * _n_cells(variables)


def _n_cells(variables):
    """Count the cells of the joint table that hold a row."""
    return int(joint_codes([variable.codes for variable in variables]).max()) + 1


def _warn_of_thin_table(table, n_samples):
    warn(
        f"{n_samples} rows are so few per cell of the table of X and y that permuted rows would show "
        f"{table.by_chance:.3f} nats: of {table.uncorrected:.3f} nats {table.value:.3f} are left, and may be wrong by "
        f"some {table.std_error:.3f} (at least {table.lower_bound:.3f} are certain in expectation); pass more rows, or "
        "merge categories",
        UnreliableEstimateWarning,
    )


def _are_numbers_and_classes(x, y):
    """Whether x holds numbers, also on few levels beside others on many, and y classes, other than rounded numbers."""
    return y.is_classes and not x.is_classes and not x.nominal.any() and not _are_ordered(x, y)


def _are_ordered(x, y):
    """Whether x holds many columns of numbers, and y one of numbers on few levels without an atom: a rounded one.

    Whole numbers may be labels, which have no order.
    """
    if not (y.is_classes and y.n_columns == 1 and x.n_columns > FEW_COLUMNS and x.is_continuous and y.has_no_atoms):
        return False
    return not (y.values == np.rint(y.values)).all()


def _may_be_labels(variable):
    """Whether ``read_labels`` looks at a variable, so that what it is depends on the order of the rows."""
    return variable.n_columns == 1 and not variable.nominal.any() and repeated_levels(variable.values[:, 0]) is not None
