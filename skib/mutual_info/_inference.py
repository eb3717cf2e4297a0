"""The null and the error of an estimate: label permutations and subsampling."""

from dataclasses import dataclass, field

import numpy as np
from scipy import stats
from sklearn.base import clone

from skib._parallel import run_tasks, spawn_generators
from skib._validation import safe_indexing


@dataclass(frozen=True)
class PermutationTest:
    """An estimate beside what the same estimator says when y is shuffled.

    Attributes
    ----------
    mutual_info : float
        The estimate on the data as they are, in nats.
    null : ndarray of shape (n_permutations,)
        The estimates with y shuffled, in nats.
    p_value : float
        (1 + number of null values at or above the estimate) / (1 + n_permutations): exact under exchangeability.
    """

    mutual_info: float
    null: np.ndarray = field(repr=False)
    p_value: float

    @property
    def null_mean(self):
        """Mean of the null, in nats: the bias at independence."""
        return float(np.mean(self.null))

    @property
    def null_std(self):
        """Standard deviation of the null, in nats."""
        return float(np.std(self.null, ddof=1))

    @property
    def tail_p_value(self):
        """One-sided p-value of a Gaussian null with estimated mean and variance (Student's t).

        Unlike `p_value` it can fall below 1 / (1 + n_permutations), which corrections over many tests need.
        """
        n, spread = len(self.null), self.null_std
        if np.isnan(self.mutual_info) or np.isnan(spread):
            return np.nan
        if not spread > 1e-12 * max(1.0, abs(self.null_mean)):  # a null that does not vary cannot be exceeded by noise
            return 1.0 if self.mutual_info <= self.null_mean + 1e-12 else 0.0
        return float(stats.t.sf((self.mutual_info - self.null_mean) / (spread * np.sqrt(1 + 1 / n)), n - 1))


@dataclass(frozen=True)
class ConfidenceInterval:
    """An estimate with its error.

    Attributes
    ----------
    mutual_info, std_error, low, high : float
        The estimate, its standard error and the ends of the interval, in nats.
    level : float
        The nominal coverage.
    """

    mutual_info: float
    std_error: float
    low: float
    high: float
    level: float


def permutation_test(estimator, X, y, *, n_permutations=100, random_state=None, n_jobs=None, verbose=0):
    r"""Test independence of X and y by shuffling y.

    Parameters
    ----------
    estimator : mutual-information estimator
        Cloned, not fitted in place.
    X : array-like of shape (n_samples, n_features)
        The rows.
    y : array-like of shape (n_samples,) or (n_samples, n_targets)
        Their companions, shuffled as whole rows.
    n_permutations : int, default=100
        The exact p-value is never below 1 / (1 + n_permutations).
    random_state : int, RandomState or None, default=None
        The permutations follow from it; they are the same for every `n_jobs`.
    n_jobs : int, default=None
        As in joblib.
    verbose : int, default=0
        Above 0, show progress where ``rich`` is installed.

    Returns
    -------
    test : PermutationTest
        The estimate, the null estimates and their p-values.

    Examples
    --------
    >>> from skib.datasets import make_gaussian_pair
    >>> from skib.mutual_info import KSG, permutation_test
    >>> pair = make_gaussian_pair(300, rho=0.6, random_state=0)
    >>> permutation_test(KSG(), pair.X, pair.y, random_state=0).p_value < 0.01  # dependent
    True
    """
    _check_count("n_permutations", n_permutations, 2)
    y = np.asarray(y)
    value = clone(estimator).fit(X, y).mutual_info_
    generators = spawn_generators(random_state, n_permutations)
    # Chunks of permutations share the work on X; their borders do not depend on n_jobs.
    chunks = [generators[i : i + _CHUNK] for i in range(0, n_permutations, _CHUNK)]
    tasks = [(estimator, X, y, chunk) for chunk in chunks]
    null = np.concatenate(
        run_tasks(_shuffled_values, tasks, n_jobs=n_jobs, verbose=verbose, description="permutations")
    )
    # Equal values may differ in their last bits, for the null is summed in another order.
    reached = np.sum(null >= value - 1e-10 * max(1.0, abs(value)))
    p_value = (1 + reached) / (1 + n_permutations) if not np.isnan(null).any() else np.nan
    return PermutationTest(value, null, float(p_value))


def confidence_interval(estimator, X, y, *, level=0.95, n_subsamples=20, random_state=None, n_jobs=None, verbose=0):
    r"""Confidence interval of an estimate by subsampling without replacement.

    The spread of the estimates on halves of the rows gives the standard error on all of them: for subsamples of m of
    the n rows, Var(half) is close to sigma^2 (1/m - 1/n), which at m = n/2 is sigma^2 / n itself. Resampling with
    replacement would repeat rows, which ruins nearest-neighbour and plug-in estimates alike.

    Parameters
    ----------
    estimator : mutual-information estimator
        Cloned, not fitted in place.
    X : array-like of shape (n_samples, n_features)
        The rows.
    y : array-like of shape (n_samples,) or (n_samples, n_targets)
        Their companions.
    level : float, default=0.95
        Nominal coverage.
    n_subsamples : int, default=20
        Number of halves; Student's t with n_subsamples - 1 degrees of freedom gives the width.
    random_state : int, RandomState or None, default=None
        The halves follow from it; they are the same for every `n_jobs`.
    n_jobs : int, default=None
        As in joblib.
    verbose : int, default=0
        Above 0, show progress where ``rich`` is installed.

    Returns
    -------
    interval : ConfidenceInterval
        It covers sampling error, not the bias of the estimator.

    References
    ----------
    .. [1] D. N. Politis, J. P. Romano, "Large sample confidence regions based on subsamples under minimal
       assumptions", Annals of Statistics, 1994.

    Examples
    --------
    >>> from skib.datasets import make_gaussian_pair
    >>> from skib.mutual_info import KSG, confidence_interval
    >>> pair = make_gaussian_pair(1000, rho=0.6, random_state=0)
    >>> interval = confidence_interval(KSG(), pair.X, pair.y, random_state=0)
    >>> bool(interval.low < pair.mutual_info < interval.high)  # 0.223 nats
    True
    """
    _check_count("n_subsamples", n_subsamples, 2)
    if not 0 < level < 1:
        raise ValueError(f"level must lie strictly between 0 and 1, got {level!r}")
    value = clone(estimator).fit(X, y).mutual_info_
    n_samples = len(y)
    half = n_samples // 2
    rows = [np.sort(g.permutation(n_samples)[:half]) for g in spawn_generators(random_state, n_subsamples)]
    tasks = [(estimator, X, y, r) for r in rows]
    values = run_tasks(_value_on_rows, tasks, n_jobs=n_jobs, verbose=verbose, description="subsamples")
    std_error = float(np.std(values, ddof=1) * np.sqrt(half / (n_samples - half)))
    width = float(stats.t.ppf(0.5 + level / 2, n_subsamples - 1)) * std_error
    return ConfidenceInterval(value, std_error, value - width, value + width, level)


_CHUNK = 10


def _shuffled_values(estimator, X, y, generators):
    permutations = [generator.permutation(len(y)) for generator in generators]
    return estimator._permuted_mutual_info(X, y, permutations)


def _value_on_rows(estimator, X, y, rows):
    return clone(estimator).fit(safe_indexing(X, rows), safe_indexing(y, rows)).mutual_info_


def _check_count(name, value, least):
    if not isinstance(value, (int, np.integer)) or value < least:
        raise ValueError(f"{name} must be a whole number of at least {least}, got {value!r}")
