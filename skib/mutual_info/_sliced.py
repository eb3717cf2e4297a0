"""Mutual information averaged over random one-dimensional projections of both sides."""

from numbers import Integral

import numpy as np
from sklearn.base import BaseEstimator, clone

from skib._parallel import run_tasks, spawn_generators
from skib._sklearn import HasMethods, Interval, fit_context
from skib._validation import check_pair
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
        More projections lower the variance over directions and cost as much more. A side of one column is not
        projected; where neither side is, one pair is all.
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
        The terms of each row, averaged over the projections, where the estimator has such terms.
    std_error_ : float
        Root of the sum of two variances: over rows, of the terms averaged over projections (or the mean standard error
        of the projections, where there are no terms), and over directions.
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
    if X and Y are independent, and its error does not grow with the dimension, which makes it a measure for ranking
    and for testing: compare values of the same dimensions, and nothing else.

    Shifts, rotations and a common scale of the columns of a side change nothing (but for the directions drawn); a
    column's scale is its weight. Put a ``StandardScaler`` in front where units differ.

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

    _parameter_constraints = {
        "estimator": [HasMethods(["fit"]), None],
        "n_projections": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
    }

    def __init__(self, estimator=None, n_projections=128, *, random_state=None, n_jobs=None):
        self.estimator = estimator
        self.n_projections = n_projections
        self.random_state = random_state
        self.n_jobs = n_jobs

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y):
        """Estimate the sliced mutual information.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of numbers, taken together as one variable.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Their companions, taken together too.

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
        fitted = run_tasks(_fit_projections, tasks, n_jobs=self.n_jobs)
        values = self.projected_mutual_info_ = np.array([f.mutual_info_ for f in fitted])
        variance = self._variance_over_rows(fitted)
        if n_projections > 1:
            variance += values.var(ddof=1) / n_projections
        return self._set_estimate(
            values.mean(),
            np.mean([f.ceiling_ for f in fitted]),
            len(x),
            std_error=np.sqrt(variance),
            saturated=any(f.saturated_ for f in fitted),
        )

    def _variance_over_rows(self, fitted):
        """Squared standard error over rows; keeps the pointwise terms, if there are any."""
        if not all(hasattr(f, "pointwise_") for f in fitted):
            return np.mean([f.std_error_ for f in fitted]) ** 2
        self.pointwise_ = np.mean([f.pointwise_ for f in fitted], axis=0)
        told = self.pointwise_[~np.isnan(self.pointwise_)]
        return told.var(ddof=1) / len(told) if len(told) > 1 else np.nan


def _fit_projections(estimator, x, y, rng):
    x, y = _projected(x, rng), _projected(y, rng)
    return clone(estimator).fit(x[:, None], y)


def _projected(x, rng):
    direction = rng.standard_normal(x.shape[1])
    return x @ (direction / np.linalg.norm(direction)) if x.shape[1] > 1 else x[:, 0]


def _common_scale(x):
    """Columns in the middle and within 1, so that no sum overflows; a single column stays as it is."""
    if x.shape[1] == 1:
        return x
    # Halved, the differences of the largest floats do not overflow.
    low, high = x.min(axis=0), x.max(axis=0)
    centred = 0.5 * x - (0.25 * low + 0.25 * high)
    largest = np.abs(centred).max()
    return centred / largest if largest > 0 else centred
