"""Sparse Gaussian information bottleneck: which columns of X keep the information about y, and the nats of each."""

from numbers import Integral, Real
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted

from skib._column_selectors import ColumnSelectorMixin
from skib._sklearn import BaseEstimator, Interval, fit_context
from skib._typing import Floats, TableLike
from skib._warnings import UnreliableEstimateWarning, listed, warn
from skib.bottleneck._gaussian_base import GAUSSIAN_CONSTRAINTS, LinearGaussianMixin
from skib.bottleneck._gaussian_channel import Channel
from skib.bottleneck._gaussian_checks import warn_of_hidden_relation
from skib.bottleneck._gaussian_moments import without_y
from skib.bottleneck._sparse_gaussian_descent import LARGEST_GAIN
from skib.bottleneck._sparse_gaussian_path import GainPath, gain_path

if TYPE_CHECKING:
    from pandas import DataFrame


class SparseGaussianIB(ColumnSelectorMixin, LinearGaussianMixin, BaseEstimator):
    r"""Sparse Gaussian information bottleneck: a selector of columns that prices each of them in nats.

    .. math:: \min_{d \ge 0} \; \sum_i I(X_i;T_i) - \beta I(T;Y), \qquad T_i = \sqrt{d_i} \, X_i + \epsilon_i,

    with noise of unit variance for each column, of unit variance too. For jointly Gaussian columns with the covariance
    :math:`\Sigma_x`, and :math:`\Sigma_{x|y}` given y,

    .. math:: I(X_i;T_i) = \tfrac12 \log(1 + d_i), \qquad
              I(T;Y) = \tfrac12 \log|I + D \Sigma_x| - \tfrac12 \log|I + D \Sigma_{x|y}|.

    Most of the :math:`d_i` are exactly 0. A column that repeats another has a price of its own, so that only one of
    them is kept.

    Parameters
    ----------
    beta : float, default=10.0
        What a nat of relevance is worth, in nats of the columns' rates. More keep more columns. The first column is
        kept beyond :math:`1 / R^2`, for the largest share :math:`R^2` of a column's variance that y explains, and
        columns that are of use only together may be kept before.
    n_features_to_select : int, default=None
        Largest number of columns: of the path, the largest beta that keeps no more is taken. None: the last beta.
    n_betas : int, default=30
        Number of betas on the path. More find better optima, and show more of the path.
    shrinkage : {"ledoit_wolf", "oas"}, float or None, default=None
        Share of the unit matrix in the correlation matrix of all columns of X and y. "ledoit_wolf" and "oas" estimate
        the share of least squared error from the rows. A float is the share itself. None takes the correlations as they
        are, which needs more rows than columns of y and columns that are kept. A larger share has more bias towards
        independence and less variance, but repetitions of a column then count as measurements of their own.
    marginals : {"standard", "rank"}, default="standard"
        How columns are scaled before directions are found. ``"rank"`` replaces each column by the normal scores of its
        ranks; the result is then invariant to monotone transformations and insensitive to outliers. ``"standard"``
        standardizes.
    tol : float, default=1e-7
        Largest change of a rate in a last sweep over the columns, in nats.

    Attributes
    ----------
    gains_ : ndarray of shape (n_features,)
        The gain :math:`\sqrt{d_i}` of each column, in units of its standard deviation (given Z, if there is a
        condition).
    rates_ : ndarray of shape (n_features,)
        The rate :math:`I(X_i;T_i)` of each column in nats, 0 for those that are not kept.
    rate_ : float
        I(X;T) in nats, which is at most the sum of `rates_`.
    relevance_ : float
        I(T;Y) in nats.
    beta_ : float
        The beta of these values.
    entry_betas_ : ndarray of shape (n_features,)
        The first beta of the path at which each column is kept; infinite for a column that never is.
    path_ : DataFrame
        One row for each beta and column: `beta`, `feature`, `rate` and, of all columns together, `relevance` in nats.
    shrinkage_ : float
        The share of the unit matrix.
    converged_ : bool
        Whether the descents ended by `tol`.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    Warns
    -----
    UnreliableEstimateWarning
        If a column of X and one of y share information that their correlation does not show, if the gain of a column
        has no limit, since y and it determine each other, or if `given` has about as many columns as there are rows.
    ConstantInputWarning
        If X or y is constant.
    ConvergenceWarning
        If a descent did not end by `tol`.

    See Also
    --------
    GaussianIB : Mixtures of all columns, which keep more at the same rate.
    SparseGaussianIBDisplay : Drawing of the path.
    skib.feature_selection.InformationSelector : Greedy selection by any kind of dependence.

    Notes
    -----
    The objective is not convex. Each gain in turn is set to its best value, which has a closed form, until no single
    gain can be improved. Along the path this starts from the solution before, upwards from no column. At the last beta
    starts from all columns, with low and with high rates, are tried, too, and the best solution once more without each
    of its columns. From there the path is descended downwards, and for each beta the better of both solutions is kept.
    Columns of which only small differences matter have worse optima, too, and may end in one of those.

    ``transform`` keeps the columns as they are, without gains. ``predict`` and ``score`` are those of the noisy T.

    Relevance is a function of covariances: see :class:`GaussianIB` for what these do not show, and for class labels.

    The time of a sweep is proportional to the columns that are kept times the square of all.

    References
    ----------
    .. [1] M. Rey, T. Fuchs, V. Roth, "Sparse meta-Gaussian information bottleneck", ICML 2014: gains of single columns,
       there with the rate I(X;T) of all columns together.
    .. [2] K. A. Murphy, D. S. Bassett, "Interpretability with full complexity by constraining feature information",
       ICLR 2023: the sum of the rates of the columns, there with networks as encoders.

    Examples
    --------
    Two of six columns are related to y, and another is a copy of the first with noise.

    >>> import numpy as np
    >>> from skib.bottleneck import SparseGaussianIB
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(1000, 6))
    >>> y = X[:, 0] + 0.5 * X[:, 1] + 0.5 * rng.normal(size=1000)
    >>> X[:, 5] = X[:, 0] + 0.3 * rng.normal(size=1000)
    >>> ib = SparseGaussianIB(beta=10.0).fit(X, y)
    >>> ib.get_support(indices=True).tolist()
    [0, 1]
    >>> ib.rates_.round(1).tolist()  # nats
    [1.7, 1.0, 0.0, 0.0, 0.0, 0.0]
    """

    gains_: Floats
    rates_: Floats
    rate_: float
    relevance_: float
    beta_: float
    entry_betas_: Floats
    path_: "DataFrame"
    shrinkage_: float
    converged_: bool

    _parameter_constraints = {
        **GAUSSIAN_CONSTRAINTS,
        "beta": [Interval(Real, 0, None, closed="left")],
        "n_features_to_select": [Interval(Integral, 1, None, closed="left"), None],
        "n_betas": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(
        self,
        beta: float = 10.0,
        n_features_to_select: int | None = None,
        *,
        n_betas: int = 30,
        shrinkage: float | Literal["ledoit_wolf", "oas"] | None = None,
        marginals: Literal["standard", "rank"] = "standard",
        tol: float = 1e-7,
    ) -> None:
        self.beta = beta
        self.n_features_to_select = n_features_to_select
        self.n_betas = n_betas
        self.shrinkage = shrinkage
        self.marginals = marginals
        self.tol = tol

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: TableLike, y: TableLike, given: TableLike | None = None) -> Self:
        """Find the gains along the path.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of numbers.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            The target, numbers of one or several columns that are taken together.
        given : array-like of shape (n_samples,) or (n_samples, n_conditions), default=None
            A condition Z: all rates and relevances are those given Z.

        Returns
        -------
        self : SparseGaussianIB
            The fitted estimator.
        """
        moments, rows = self._fit_moments(X, y, given)
        sizes = np.sqrt(np.diag(moments.xx))
        per_size = np.divide(1.0, sizes, where=sizes > 0, out=np.zeros(len(sizes)))
        units = np.outer(per_size, per_size)
        path = gain_path(moments.xx * units, without_y(moments) * units, self.beta, self.n_betas, self.tol)
        self._set_path(path)
        chosen = self._chosen(path)
        self.beta_, self.gains_ = float(path.betas[chosen]), np.sqrt(path.gains[chosen])
        self.rates_, self.rate_ = 0.5 * np.log1p(path.gains[chosen]), float(path.rates[chosen])
        self.relevance_ = float(path.relevances[chosen])
        self._warn_of_unlimited_gains()
        warn_of_hidden_relation(*rows, self.relevance_)
        self._channel = Channel(moments, np.diag(self.gains_ * per_size)[self.gains_ > 0], noisy=True)
        return self

    def _set_path(self, path):
        from pandas import DataFrame

        names = getattr(self, "feature_names_in_", np.char.mod("x%d", np.arange(self.n_features_in_)))
        n_betas, n_features = path.gains.shape
        self.path_ = DataFrame(
            {
                "beta": np.repeat(path.betas, n_features),
                "feature": np.tile(names, n_betas),
                "rate": 0.5 * np.log1p(path.gains).ravel(),
                "relevance": np.repeat(path.relevances, n_features),
            }
        )
        self.entry_betas_ = np.where(path.gains > 0, path.betas[:, None], np.inf).min(axis=0)
        self.converged_ = path.converged
        if not path.converged:
            warn("the descent of the gains did not end; lower beta, raise tol, or pass shrinkage", ConvergenceWarning)

    def _chosen(self, path: GainPath) -> int:
        """Return the number of the beta whose solution is taken."""
        self._first_beta = path.critical_beta
        counts = np.count_nonzero(path.gains, axis=1)
        chosen = len(counts) - 1
        if self.n_features_to_select is not None:
            if counts.min() > self.n_features_to_select:
                raise ValueError(
                    f"no beta of the path keeps as few as n_features_to_select={self.n_features_to_select} columns: "
                    f"beta={path.betas[0]:.4g}, the first of {self.n_betas}, keeps {counts[0]}; raise n_betas"
                )
            chosen = int(np.flatnonzero(counts <= self.n_features_to_select)[-1])
        return chosen

    def _warn_of_unlimited_gains(self):
        unlimited = np.flatnonzero(self.gains_**2 >= LARGEST_GAIN / 2)
        if len(unlimited):
            warn(
                f"columns [{listed(list(map(str, unlimited)))}] of X are determined by y and the other columns, as far "
                f"as beta={self.beta_:.4g} can tell: their rates are cut at {self.rates_.max():.1f} nats; lower beta, "
                "or if there are too few rows, pass shrinkage",
                UnreliableEstimateWarning,
            )

    def _get_support_mask(self):
        check_is_fitted(self)
        return self.gains_ > 0

    def _why_none(self):
        return f"beta={self.beta_:.4g} does not exceed {self._first_beta:.4g}"
