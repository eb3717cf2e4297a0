"""Mutual information averaged over random one-dimensional projections of both variables."""

from numbers import Integral
from typing import Any, Self

import numpy as np
from sklearn.base import clone

from skib._dependence import fit_information
from skib._parallel import N_JOBS, run_tasks, spawn_generators
from skib._sklearn import BaseEstimator, HasMethods, Interval, fit_context
from skib._typing import Floats, MutualInfoEstimator, Seed, TableLike
from skib._validation import check_pair
from skib._warnings import SaturatedEstimateWarning, warn_once
from skib.mutual_info._base import MutualInfoMixin
from skib.mutual_info._ksg import KSG


class Sliced(MutualInfoMixin, BaseEstimator):
    r"""Sliced mutual information: the mean over random directions of the information of two projections.

    With directions :math:`\theta, \phi` uniform on the unit spheres of X and y,

    .. math:: SI(X;Y) = E_{\theta, \phi}\, I(\theta^\top X; \phi^\top Y) \le I(X;Y),

    estimated by the mean over `n_projections` pairs of directions of an estimator for single columns.

    Parameters
    ----------
    estimator : mutual-information estimator, default=None
        Estimator of the mutual information of each pair of projections. ``None`` means :class:`KSG` with its defaults,
        whose bias is small for single columns.
    n_projections : int, default=128
        Number of pairs of projections. More lower the variance over directions, in proportion to the time. A variable
        of one column is not projected; if X and y have one column each, a single estimate is made.
    random_state : int, RandomState instance or None, default=None
        Seeds the directions. Pass an int for the same result at every call.
    n_jobs : int, default=None
        Number of threads (as in joblib) over the projections; the result is the same for every value.

    Attributes
    ----------
    mutual_info_ : float
        The estimate of the *sliced* information in nats; not clipped at 0.
    projected_mutual_info_ : ndarray of shape (n_projections,)
        The estimates of the single pairs of projections, in nats.
    pointwise_ : ndarray of shape (n_samples,)
        The terms of each row in nats, averaged over the projections, if the estimator has such terms.
    std_error_ : float
        Root of the sum of two variances, in nats: over rows, of the terms averaged over projections (or the mean
        standard error of the projections, if there are no terms), and over directions.
    ceiling_ : float
        Largest possible estimate on these rows, in nats: the mean of the ceilings of the projections.
    saturated_ : bool
        Whether the estimate is saturated: some projection is, so that the mean is too low.
    estimator_ : estimator
        The estimator that was used, unfitted.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    See Also
    --------
    KSG : Estimates I(X;Y) itself.

    Notes
    -----
    It is **no estimate of I(X;Y)** but a lower bound of it, often a very low one: a vector of four independent
    Gaussian columns has infinite information about itself, and a sliced information of 0.19 nats. It is 0 if and only
    if X and Y are independent, and its error does not grow with the dimension. Use it to rank and to test, and compare
    values of the same dimensions only.

    The expectation does not change under shifts, rotations and a common scale of the columns of a variable. The scale
    of a single column is its weight: use a ``StandardScaler`` first if units differ.

    References
    ----------
    .. [1] Z. Goldfeld, K. Greenewald, "Sliced mutual information: a scalable measure of statistical dependence",
       NeurIPS 2021.

    Examples
    --------
    >>> from skib.datasets import make_gaussian_pair
    >>> from skib.mutual_info import Sliced
    >>> pair = make_gaussian_pair(1000, rho=0.9, dim=2, random_state=0)
    >>> estimate = Sliced(random_state=0).fit(pair.X, pair.y)
    >>> 0 < estimate.mutual_info_ < pair.mutual_info  # I(X;Y) is 1.66 nats
    True
    """

    projected_mutual_info_: Floats
    estimator_: Any

    _parameter_constraints = {
        "estimator": [HasMethods(["fit"]), None],
        "n_projections": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
        "n_jobs": N_JOBS,
    }

    def __init__(
        self,
        estimator: MutualInfoEstimator | None = None,
        n_projections: int = 128,
        *,
        random_state: Seed = None,
        n_jobs: int | None = None,
    ) -> None:
        self.estimator = estimator
        self.n_projections = n_projections
        self.random_state = random_state
        self.n_jobs = n_jobs

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: TableLike, y: TableLike) -> Self:
        """Estimate the sliced mutual information.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of numbers, taken together as one variable.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            The target, taken together as one variable, too.

        Returns
        -------
        self : Sliced
            The fitted estimator.
        """
        x, y = check_pair(self, X, y)
        self.estimator_ = KSG() if self.estimator is None else clone(self.estimator)
        n_projections = self.n_projections if max(x.shape[1], y.shape[1]) > 1 else 1
        x, y = _common_scale(x), _common_scale(y)
        tasks = [(self.estimator_, x, y, rng) for rng in spawn_generators(self.random_state, n_projections)]
        fits = run_tasks(_fit_projections, tasks, n_jobs=self.n_jobs)
        values = self.projected_mutual_info_ = np.array([fit.mutual_info_ for fit in fits])
        variance = self._variance_over_rows(fits)
        if n_projections > 1:
            variance += values.var(ddof=1) / n_projections
        return self._set_estimate(
            values.mean(),
            np.mean([getattr(fit, "ceiling_", np.inf) for fit in fits]),
            len(x),
            std_error=np.sqrt(variance),
            saturated=any(getattr(fit, "saturated_", False) for fit in fits),
        )

    def _variance_over_rows(self, fits):
        """Return the squared standard error over rows, and store the pointwise terms, if there are any."""
        vars(self).pop("pointwise_", None)  # of an earlier fit
        if not all(hasattr(fit, "pointwise_") for fit in fits):
            return np.mean([getattr(fit, "std_error_", np.nan) for fit in fits]) ** 2
        self.pointwise_ = np.mean([fit.pointwise_ for fit in fits], axis=0)
        valid = self.pointwise_[~np.isnan(self.pointwise_)]
        return valid.var(ddof=1) / len(valid) if len(valid) > 1 else np.nan


def _fit_projections(estimator, x, y, rng):
    x, y = _projected(x, rng), _projected(y, rng)
    with warn_once(excluded=SaturatedEstimateWarning):  # one warning of all saturated projections follows
        return fit_information(estimator, x[:, None], y)


def _projected(x, rng):
    direction = rng.standard_normal(x.shape[1])
    return x @ (direction / np.linalg.norm(direction)) if x.shape[1] > 1 else x[:, 0]


def _common_scale(x):
    """Center the columns and divide all by their largest value, so that no sum overflows; except a single column."""
    if x.shape[1] == 1:
        return x
    # Differences of halves of the largest floats do not overflow.
    low, high = x.min(axis=0), x.max(axis=0)
    centered = 0.5 * x - (0.25 * low + 0.25 * high)
    largest = np.abs(centered).max()
    return centered / largest if largest > 0 else centered
