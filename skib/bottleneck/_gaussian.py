"""Gaussian information bottleneck: directions of X that keep the information about y, in closed form."""

from numbers import Integral, Real
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skib._sklearn import BaseEstimator, ClassNamePrefixFeaturesOutMixin, Interval, TransformerMixin, fit_context
from skib._typing import Floats, Seed, TableLike
from skib._warnings import SkibWarning, warn
from skib.bottleneck._gaussian_base import GAUSSIAN_CONSTRAINTS, LinearGaussianMixin
from skib.bottleneck._gaussian_channel import Channel
from skib.bottleneck._gaussian_checks import warn_of_determined, warn_of_hidden_relation
from skib.bottleneck._gaussian_curve import (
    critical_betas_of,
    default_betas,
    gains_of,
    information_of,
    rates_of,
    relevances_of,
)
from skib.bottleneck._gaussian_moments import canonical_directions

if TYPE_CHECKING:
    from pandas import DataFrame


class GaussianIB(ClassNamePrefixFeaturesOutMixin, TransformerMixin, LinearGaussianMixin, BaseEstimator):
    r"""Gaussian information bottleneck: the directions of X that keep the most information about y, and their gains.

    .. math:: \min_{T} \; I(X;T) - \beta I(T;Y)

    For jointly Gaussian X and Y the best T is linear, with Gaussian noise: :math:`T_i = \alpha_i v_i^T X + \epsilon_i`.
    The :math:`v_i` are the canonical directions, of unit variance, with correlations :math:`\rho_i` with Y. With
    :math:`\lambda_i = 1 - \rho_i^2` and noise of unit variance,

    .. math:: \alpha_i^2 = \max\Big(\frac{\beta (1 - \lambda_i) - 1}{\lambda_i}, 0\Big),

    so that direction i is kept beyond its critical beta, :math:`1 / (1 - \lambda_i)`.

    Parameters
    ----------
    beta : float, default=None
        What a nat of relevance is worth, in nats of rate. More keep more directions, with larger gains. None: no limit
        of the rate; the components have unit variance and no noise, as those of canonical correlation analysis.
    n_components : int, default=None
        Largest number of directions. None: all that `beta` keeps.
    shrinkage : {"ledoit_wolf", "oas"}, float or None, default="ledoit_wolf"
        Share of the unit matrix in the correlation matrix of all columns of X and y. "ledoit_wolf" and "oas" estimate
        the share of least squared error from the rows. A float is the share itself. None takes the correlations as they
        are, which needs many more rows than columns. A larger share has more bias towards independence, and less
        variance.
    marginals : {"standard", "rank"}, default="standard"
        How columns are scaled before directions are found. ``"rank"`` replaces each column by the normal scores of its
        ranks; the result is then invariant to monotone transformations and insensitive to outliers. ``"standard"``
        standardizes. With ranks this is the meta-Gaussian bottleneck [2]_, and new rows are scaled by the distribution
        functions of the fitted ones.

    Attributes
    ----------
    components_ : ndarray of shape (n_components, n_features)
        The directions that are kept, of unit variance under the fitted covariance, in falling order of correlation.
        They refer to the normal scores if `marginals` is "rank".
    gains_ : ndarray of shape (n_components,)
        The gain :math:`\alpha_i` of each of them; 1 if there is no `beta`.
    eigenvalues_ : ndarray of shape (n_directions,)
        The shares :math:`\lambda_i` of the variance of all canonical directions that y does not explain, ascending.
    critical_betas_ : ndarray of shape (n_directions,)
        The beta beyond which each direction is kept.
    rate_ : float
        I(X;T) in nats; infinite without `beta`. With `given` it is I(X;T|Z).
    relevance_ : float
        I(T;Y) in nats. With `given` it is I(T;Y|Z).
    mutual_info_ : float
        I(X;Y) in nats, of all directions: what no relevance exceeds. With `given` it is I(X;Y|Z).
    shrinkage_ : float
        The share of the unit matrix.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    Warns
    -----
    UnreliableEstimateWarning
        If a column of X and one of y share information that their correlation does not show, if y is a linear function
        of X in some direction, or if `given` has about as many columns as there are rows.
    ConstantInputWarning
        If X or y is constant.

    See Also
    --------
    SparseGaussianIB : Gains of single columns, most of them exactly 0.
    InformationBottleneck : The bottleneck of discrete variables.
    sklearn.cross_decomposition.CCA : The directions, without gains or information.

    Notes
    -----
    Covariances show linear relations, and with "rank" monotone ones. A relation such as y = x**2 is invisible; a
    warning is issued if bins of the columns show more than their correlation does.

    Class labels are refused. One column of 0 and 1 per class leads to the directions of linear discriminant analysis,
    and to values in nats that are those of Gaussian columns, no longer those of the classes.

    With `given`, all covariances are those of what is not linear in Z, for encoder and decoder alike. New rows need Z
    for ``predict`` and ``score``, and not for ``transform``.

    References
    ----------
    .. [1] G. Chechik, A. Globerson, N. Tishby, Y. Weiss, "Information bottleneck for Gaussian variables", Journal of
       Machine Learning Research 6, 2005, theorem 3.1.
    .. [2] M. Rey, V. Roth, "Meta-Gaussian information bottleneck", NIPS 2012.
    .. [3] O. Ledoit, M. Wolf, "A well-conditioned estimator for large-dimensional covariance matrices", Journal of
       Multivariate Analysis 88, 2004.

    Examples
    --------
    Two of five columns are related to y, with correlations of 0.8 and 0.6.

    >>> import numpy as np
    >>> from skib.bottleneck import GaussianIB
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(2000, 5))
    >>> y = X[:, :2] * [0.8, 0.6] + rng.normal(size=(2000, 2)) * [0.6, 0.8]
    >>> ib = GaussianIB(beta=2.0).fit(X, y)
    >>> ib.critical_betas_.round(1).tolist()  # 1.56, 2.78
    [1.6, 3.0]
    >>> ib.transform(X).shape  # the second direction is not worth its rate
    (2000, 1)
    >>> round(ib.mutual_info_, 2)  # 0.73
    0.71
    """

    components_: Floats
    gains_: Floats
    eigenvalues_: Floats
    critical_betas_: Floats
    rate_: float
    relevance_: float
    mutual_info_: float
    shrinkage_: float

    _parameter_constraints = {
        **GAUSSIAN_CONSTRAINTS,
        "beta": [Interval(Real, 0, None, closed="left"), None],
        "n_components": [Interval(Integral, 1, None, closed="left"), None],
    }

    def __init__(
        self,
        beta: float | None = None,
        n_components: int | None = None,
        *,
        shrinkage: float | Literal["ledoit_wolf", "oas"] | None = "ledoit_wolf",
        marginals: Literal["standard", "rank"] = "standard",
    ) -> None:
        self.beta = beta
        self.n_components = n_components
        self.shrinkage = shrinkage
        self.marginals = marginals

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: TableLike, y: TableLike, given: TableLike | None = None) -> Self:
        """Find the directions.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of numbers.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            The target, numbers of one or several columns that are taken together.
        given : array-like of shape (n_samples,) or (n_samples, n_conditions), default=None
            A condition Z: T keeps what X says about y beyond Z.

        Returns
        -------
        self : GaussianIB
            The fitted estimator.
        """
        moments, rows = self._fit_moments(X, y, given)
        directions = canonical_directions(moments)
        self.mutual_info_ = float(information_of(directions.squared).sum())
        warn_of_determined(directions.squared)
        warn_of_hidden_relation(*rows, self.mutual_info_)
        self._squared = directions.squared
        self.eigenvalues_, self.critical_betas_ = 1 - self._squared, critical_betas_of(self._squared)
        kept = self._kept(self.beta)
        self._set_information(self._squared[kept])
        components = directions.components[kept]
        self._channel = Channel(moments, self.gains_[:, None] * components, noisy=self.beta is not None)
        self.components_ = self._scales[0].per_unit(components)
        return self

    def transform(self, X: TableLike) -> Floats:
        """Project rows on the directions, with their gains, without noise.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of numbers.

        Returns
        -------
        codes : ndarray of shape (n_samples, n_components)
            The mean of T for each row.
        """
        check_is_fitted(self)
        if not len(self.gains_):
            first = self.critical_betas_.min(initial=np.inf)
            warn(f"T has no components: beta does not exceed the first critical beta, {first:.4g}", SkibWarning)
        return self._channel.codes(self._scaled_x(X))

    def sample(self, X: TableLike, random_state: Seed = None) -> Floats:
        """Draw T for rows: the projections of ``transform``, and noise.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of numbers.
        random_state : int, RandomState instance or None, default=None
            Seeds the noise. Pass an int for the same result at every call.

        Returns
        -------
        codes : ndarray of shape (n_samples, n_components)
            Drawn values of T. Without `beta` there is no noise.
        """
        check_is_fitted(self)
        codes = self._channel.codes(self._scaled_x(X))
        noise = check_random_state(random_state).standard_normal(codes.shape)
        return codes + noise * self._channel.noise

    def information_curve(self, betas: ArrayLike | None = None) -> "DataFrame":
        """Compute rate and relevance along beta, of the fitted covariances.

        Parameters
        ----------
        betas : array-like of shape (n_betas,), default=None
            None: a geometric grid, from the first critical beta to far beyond the last one.

        Returns
        -------
        curve : DataFrame
            The columns are `beta`, `n_components`, and `rate` and `relevance` in nats.
        """
        from pandas import DataFrame

        check_is_fitted(self)
        betas = default_betas(self._squared) if betas is None else np.ravel(np.asarray(betas, np.float64))
        if not (betas >= 0).all() or np.isinf(betas).any():
            raise ValueError(f"betas must be finite numbers of at least 0, got {betas!r}")
        parts = [(beta, self._squared[self._kept(beta)]) for beta in betas]
        rows = [(beta, len(s), rates_of(s, beta).sum(), relevances_of(s, beta).sum()) for beta, s in parts]
        return DataFrame(rows, columns=["beta", "n_components", "rate", "relevance"])

    def _kept(self, beta):
        """Return the slice of the directions that are kept at a beta."""
        n_active = len(self._squared) if beta is None else np.sum(self.critical_betas_ < beta)
        return slice(0, int(n_active if self.n_components is None else min(n_active, self.n_components)))

    def _set_information(self, squared):
        if self.beta is None:
            self.gains_, self.rate_ = np.ones(len(squared)), np.inf if len(squared) else 0.0
            self.relevance_ = float(information_of(squared).sum())
            return
        self.gains_ = gains_of(squared, self.beta)
        self.rate_ = float(rates_of(squared, self.beta).sum())
        self.relevance_ = float(relevances_of(squared, self.beta).sum())

    @property
    def _n_features_out(self):
        return len(self.gains_)
