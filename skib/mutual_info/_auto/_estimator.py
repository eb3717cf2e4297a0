"""The default estimator: looks at the columns and does what suits them."""

from numbers import Integral

import numpy as np
from sklearn.base import BaseEstimator, clone

from skib._columns import Variable, check_columns, target_columns
from skib._copies import warn_if_copied
from skib._kernels.counts import joint_codes
from skib._marginals import sort_column
from skib._parallel import blocks, run_tasks
from skib._sklearn import fit_context
from skib._validation import require_samples, warn_if_constant
from skib._warnings import UnreliableEstimateWarning, warn
from skib.entropy import Grassberger
from skib.mutual_info._auto._assisted import enough_rows, model_assisted, without_redundant
from skib.mutual_info._auto._two_columns import N_NEIGHBORS, two_column_estimate
from skib.mutual_info._base import MutualInfoMixin
from skib.mutual_info._chain_rule import ChainRule
from skib.mutual_info._ksg import KSG
from skib.mutual_info._mesner_shalizi import MesnerShalizi
from skib.mutual_info._ross import Ross

# Rows per cell of the table of X and y from which its entropies are corrected well.
ROWS_PER_CELL = 5
# Cells per row beyond which no correction of the entropies is enough.
_CELL_SHARE = 0.5
# Beyond so many columns nearest neighbours lose much of the information, unless a model assists them.
_MAX_UNASSISTED_COLUMNS = 6
# The model and the neighbours disagree where they differ by so many nats and by so many standard errors.
_DISAGREEMENT = 0.05, 2.5
# Rows times columns of a task of ``score_features``: some tens of milliseconds.
_ROWS_PER_TASK = 100_000
_RESULTS = "mutual_info_", "pointwise_", "std_error_", "ceiling_", "saturated_"


class Auto(MutualInfoMixin, BaseEstimator):
    r"""Mutual information of columns of any kind: the default of everything in skib.

    It looks at the columns and takes, with :math:`\hat I_G` the bias-corrected Gaussian copula and KSG the
    nearest-neighbour estimate on normal scores,

    * for two continuous columns :math:`\hat I_G + w (\hat I_{KSG} - \hat I_G)` with 5 neighbours;
    * for more continuous columns the information of a model plus what neighbours find beyond it,

      .. math:: \hat I = I_M + w \left( \hat I_{KSG}(\text{data}) - \tfrac1R \sum_r \hat I_{KSG}(\text{draw}_r) \right)

      where M is a Gaussian copula, a Student-t copula or a mixture of Gaussians, and each of the R = 8 draws from M has
      as many rows as the data: the bias of the neighbours (one, in variant 2) is nearly the same on both and cancels.
      Beyond 12 columns three neighbours are sought among the (at most 3) canonical pairs that pass Bartlett's test;
    * for classes on both sides :class:`ChainRule` with :class:`skib.entropy.Grassberger`; numbers on so many levels
      that fewer than 5 rows fall on a cell are left to the neighbours;
    * for classes on one side and numbers on the other :class:`Ross`;
    * for anything else :class:`MesnerShalizi` where there are categories, and :class:`KSG` where there are none, as for
      columns with an atom at 0.

    Classes are text, bools, categories, and numbers on at most :math:`\sqrt n` levels. The weight
    :math:`w = \max(0, 1 - (se / \Delta)^2)` shrinks a difference :math:`\Delta` that its standard error explains. M is
    the simplest model whose likelihood of 30 % of the rows, held out, is within one standard error of the best.

    Parameters
    ----------
    random_state : int, RandomState instance or None, default=0
        Seed of the draws and of the mixtures. The same data give the same answer unless it is ``None``.
    n_jobs : int, default=None
        Threads over the draws, and over the columns in ``score_features``. The results are the same for every value.

    Attributes
    ----------
    mutual_info_ : float
        The estimate in nats; not clipped, so it may fall slightly below 0.
    pointwise_ : ndarray of shape (n_samples,)
        Terms of the rows, in nats, whose mean is the estimate.
    std_error_ : float
        Standard error of `mutual_info_`, in nats, from the spread of the terms and of the draws.
    ceiling_ : float
        The largest value possible on these rows, in nats.
    saturated_ : bool
        Whether the estimate says no more than that the information is large: it is close to what neighbours can tell,
        or, for two columns, well below the bound :math:`-\frac12 \langle \log \mathrm{var}(Y|X) \rangle` from
        interpolation along either.
    method_ : str
        What was done: ``"ChainRule"``, ``"Ross"``, ``"MesnerShalizi"``, ``"KSG"``, or KSG and the model M, such as
        ``"KSG + student"``.
    estimates_ : dict of str to float
        The candidates, in nats: ``"neighbors"`` and ``"cca_neighbors"`` unassisted, ``"weighted_entropies"`` (a sum of
        :class:`skib.entropy.WeightedKozachenkoLeonenko`, from 4 to 10 columns), ``"gaussian"``, ``"student"`` and
        ``"mixture"``, or what else suits the columns.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    See Also
    --------
    KSG : Nearest neighbours alone.
    permutation_test : The null of this estimate.

    Notes
    -----
    An ``UnreliableEstimateWarning`` is given where the neighbours contradict the model by more than 0.05 nats and 2.5
    standard errors (the estimate is then as biased as the remainder that no draw could tell); where fewer than four
    rows per column allow no model, or the columns of one side lie on a curve or surface, as those of images do
    (neighbours alone then, one of them, in variant 2); and where more than six columns that are not continuous leave
    the neighbours alone.

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

    takes_classes = True
    _parameter_constraints = {"random_state": ["random_state"], "n_jobs": [Integral, None]}

    def __init__(self, *, random_state=0, n_jobs=None):
        self.random_state = random_state
        self.n_jobs = n_jobs

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        return tags

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, *, given=None):
        """Estimate I(X;Y), or I(X;Y|Z).

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of numbers, dates, bools, text or categories, taken together as one variable.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Their companions, of any kind, taken together too.
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
        x = Variable(check_columns(self, X))
        y = Variable(target_columns(y, x.n_samples))
        z = None if given is None else Variable(target_columns(given, x.n_samples, "given"))
        self._fit_sides(x, y, z if z is not None and z.n_columns else None)
        return self

    def _score_columns(self, X, y):
        """Mutual information of each column of X with y."""
        columns = check_columns(clone(self), X)
        y = Variable(target_columns(y, len(columns[0].values)))
        target = sort_column(y.values[:, 0], "rank") if y.n_columns == 1 and y.is_continuous else None
        alone = clone(self).set_params(n_jobs=None)
        parts = blocks(len(columns), max(_ROWS_PER_TASK // y.n_samples, 1))
        tasks = [(alone, columns[part], y, target) for part in parts]
        return np.concatenate(run_tasks(_score_part, tasks, n_jobs=self.n_jobs))

    def permuted_estimates(self, X, y, permutations):
        """Where a model assists, whether it suits shuffled rows is no concern of the user's."""
        x = Variable(check_columns(clone(self), X))
        target = Variable(target_columns(y, x.n_samples))
        if x.is_continuous and target.is_continuous:
            a, b = without_redundant(x.values), without_redundant(target.values)
            n_columns = a.shape[1] + b.shape[1]
            if n_columns > 2 and enough_rows(len(a), n_columns):
                return np.array([self._value_of_continuous(a, b[order]) for order in permutations])
        return super().permuted_estimates(X, y, permutations)

    def _value_of_continuous(self, x, y):
        found = model_assisted(x, y, x[:, :0], random_state=self.random_state, n_jobs=self.n_jobs)
        return np.mean(_neighbors_alone(x[:, :0])._terms(x, y)) if found is None else found.value

    def _fit_sides(self, x, y, z=None):
        conditions = [] if z is None else [z]
        require_samples(self, x.n_samples, 2)
        if warn_if_constant("X", x.values) or warn_if_constant("y", y.values):
            self.method_, self.estimates_ = "constant", {}
            return self._set_pointwise(np.zeros(x.n_samples), 0.0, saturated=False)
        if all(side.is_classes for side in (x, y, *conditions)) and _fills_table(x, y, *conditions):
            return self._fit_table(x, y, z)
        require_samples(self, x.n_samples, N_NEIGHBORS + 1)
        if z is None and _are_numbers_and_classes(x, y):
            return self._fit_classes(x, y)
        if z is None and _are_numbers_and_classes(y, x):
            return self._fit_classes(y, x)
        if all(side.is_continuous for side in (x, y, *conditions)):
            return self._fit_continuous(x.values, y.values, np.empty((x.n_samples, 0)) if z is None else z.values)
        return self._fit_mixed(x, y, z)

    def _fit_table(self, x, y, z):
        given = None if z is None else z.codes
        self._adopt(ChainRule(Grassberger()).fit(x.codes[:, None], y.codes, given=given), "grassberger")
        n_cells = joint_codes([side.codes for side in (x, y, z) if side is not None]).max() + 1
        if n_cells > _CELL_SHARE * x.n_samples and not self.saturated_:
            warn(
                f"{x.n_samples} rows fill {n_cells} cells of the table of X and y: with so few rows per cell the "
                "estimate is too high; pass more rows, or merge categories",
                UnreliableEstimateWarning,
            )

    def _fit_classes(self, x, classes):
        _warn_if_many_columns(x.n_columns)
        self._adopt(Ross(N_NEIGHBORS).fit(x.values, classes.codes), "neighbors")

    def _fit_mixed(self, x, y, z):
        sides = [x, y] if z is None else [x, y, z]
        _warn_if_many_columns(sum(side.n_columns for side in sides))
        if any(side.nominal.any() for side in sides):
            self._adopt(MesnerShalizi(N_NEIGHBORS)._fit_columns(*(side.columns for side in sides)), "neighbors")
        else:
            given = None if z is None else z.values
            self._adopt(KSG(N_NEIGHBORS).fit(x.values, y.values, given=given), "neighbors")

    def _fit_continuous(self, x, y, z):
        x, y, z = (without_redundant(part) for part in (x, y, z))
        if x.shape[1] == y.shape[1] == 1 and not z.shape[1]:
            return self._fit_planar(x[:, 0], y[:, 0])
        n_columns = x.shape[1] + y.shape[1] + z.shape[1]
        if not enough_rows(len(x), n_columns):
            return self._fit_neighbors(
                x,
                y,
                z,
                f"{len(x)} rows of {n_columns} columns are too few for any model to assist the neighbours, which lose "
                f"most of the information among so many columns; pass {4 * n_columns} rows or more, or fewer columns",
            )
        warn_if_copied(np.hstack([x, z]), y)
        found = model_assisted(x, y, z, random_state=self.random_state, n_jobs=self.n_jobs)
        if found is None:
            return self._fit_neighbors(
                x,
                y,
                z,
                "the columns of one side lie on a curve or surface of fewer dimensions, which no model here has: the "
                "estimate is that of the neighbours alone, which is too low where those dimensions are many",
            )
        _warn_if_contradicted(found)
        self.method_, self.estimates_ = f"KSG + {found.model}", found.candidates
        self.pointwise_ = found.pointwise
        self._set_estimate(found.value, found.ceiling, len(x), std_error=found.std_error, saturated=found.saturated)

    def _fit_planar(self, x, y, target=None):
        found = two_column_estimate(x, y, target)
        self.method_ = "KSG + gaussian"
        self.estimates_ = {"neighbors": found.neighbors, "gaussian": found.gaussian}
        self._set_pointwise(found.pointwise, found.ceiling, saturated=found.saturated)

    def _fit_neighbors(self, x, y, z, reason):
        warn(reason, UnreliableEstimateWarning)
        self._adopt(_neighbors_alone(z).fit(x, y, given=z if z.shape[1] else None), "neighbors")

    def _adopt(self, estimator, candidate):
        """Take over the results of a fitted estimator, which has given its own warnings."""
        for name in _RESULTS:
            if hasattr(estimator, name):
                setattr(self, name, getattr(estimator, name))
        self.method_, self.estimates_ = type(estimator).__name__, {candidate: estimator.mutual_info_}


def _neighbors_alone(z):
    """KSG with the least bias among many columns."""
    return KSG(N_NEIGHBORS) if z.shape[1] else KSG(1, variant=2)


def _fills_table(*sides):
    """Whether entropies of the joint classes can be told: no order to fall back on, or enough rows per cell."""
    n_cells = np.prod([side.codes.max() + 1.0 for side in sides])
    return any(side.nominal.any() for side in sides) or len(sides[0].codes) >= ROWS_PER_CELL * n_cells


def _are_numbers_and_classes(x, y):
    """Whether x holds numbers and y classes; numbers on few levels are classes if each has enough rows."""
    if x.nominal.any() or x.is_classes or not y.is_classes:
        return False
    return y.nominal.any() or np.bincount(y.codes).min() > N_NEIGHBORS


def _score_part(auto, columns, y, target):
    """Mutual information of each column with y, whose Line is `target` if it is one continuous column."""
    values = np.empty(len(columns))
    for j, column in enumerate(columns):
        x, one = Variable([column]), clone(auto)
        if target is not None and x.n_columns and x.is_continuous:
            one._fit_planar(x.values[:, 0], y.values[:, 0], target)
        else:
            one._fit_sides(x, y)
        values[j] = one.mutual_info_
    return values


def _warn_if_many_columns(n_columns):
    if n_columns > _MAX_UNASSISTED_COLUMNS:
        warn(
            f"nearest neighbours among {n_columns} columns lose much of the information, and no model assists them "
            "unless all columns are continuous; pass fewer columns, or compress them first",
            UnreliableEstimateWarning,
        )


def _warn_if_contradicted(found):
    nats, errors = _DISAGREEMENT
    if abs(found.excess) > max(nats, errors * found.excess_error):
        told = ", ".join(f"{name} {value:.3f}" for name, value in found.candidates.items())
        warn(
            f"the neighbours find {found.excess:+.3f} nats (standard error {found.excess_error:.3f}) beside those of "
            f"the best model, {found.model}: the dependence has a shape that no model here has, and the estimate "
            f"{found.value:.3f} may be off by a good part of the difference; candidates: {told}",
            UnreliableEstimateWarning,
        )
