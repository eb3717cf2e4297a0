"""The null and the error of an estimate: shuffled companions and complementary halves."""

from dataclasses import dataclass, field

import numpy as np
from scipy import special
from sklearn.base import clone
from sklearn.utils.validation import has_fit_parameter

from skib._parallel import run_tasks, spawn_generators
from skib._statistics import permutation_within
from skib._validation import target_codes


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
        """One-sided p-value from the first three moments of the null.

        Unlike `p_value` it can fall below 1 / (1 + n_permutations), which corrections over many tests need. The
        distance from the null mean is brought to the normal scale by Wilson and Hilferty's cube root, then referred to
        Student's t. The skewness is the sample's plus one standard error sqrt(6 / n_permutations), at least 0: an
        estimate of a positive quantity has its long tail on the right, and too short a tail would be trusted too much.
        """
        n, spread = len(self.null), self.null_std
        if np.isnan(self.mutual_info) or np.isnan(spread):
            return np.nan
        if not spread > 1e-12 * max(1.0, abs(self.null_mean)):  # a null that does not vary cannot be exceeded by noise
            return 1.0 if self.mutual_info <= self.null_mean + 1e-12 else 0.0
        distance = (self.mutual_info - self.null_mean) / (spread * np.sqrt(1 + 1 / n))
        skewness = max(0.0, _skewness(self.null) + np.sqrt(6 / n))
        return float(special.stdtr(n - 1, -_normal_scale(distance, skewness)))


def permutation_test(estimator, X, y, *, given=None, n_permutations=100, random_state=None, n_jobs=None, verbose=0):
    r"""Test independence of X and y by shuffling y, or their independence given Z by shuffling y where Z is the same.

    .. math:: p = \frac{1 + \#\{b : \hat I_b \geq \hat I\}}{1 + B}

    Parameters
    ----------
    estimator : mutual-information estimator
        Estimator of I(X;Y); a clone is fitted.
    X : array-like of shape (n_samples, n_features)
        The rows.
    y : array-like of shape (n_samples,) or (n_samples, n_targets)
        Their companions, shuffled as whole rows.
    given : array-like of shape (n_samples,) or (n_samples, n_conditions), default=None
        What to condition on, discrete: y is shuffled within each stratum of equal rows of it. More strata, and so
        smaller ones, mean less power; a row alone in its stratum keeps its y.
    n_permutations : int, default=100
        The exact p-value is never below 1 / (1 + n_permutations).
    random_state : int, RandomState instance or None, default=None
        Seeds the permutations. Pass an int for the same result at every call.
    n_jobs : int, default=None
        Number of threads (as in joblib) over blocks of permutations; the result is the same for every value.
    verbose : int, default=0
        Above 0, show progress where ``rich`` is installed.

    Returns
    -------
    test : PermutationTest
        The estimate, the null estimates and their p-values.

    Raises
    ------
    ValueError
        If more than half of the rows have a value of `given` of their own: nothing could be shuffled, and the null
        would be the estimate itself.
    TypeError
        If `given` is passed with an estimator that does not condition.

    Notes
    -----
    The p-value is exact in finite samples for rows that are independent draws [1]_: under the null hypothesis every
    order of y (within its stratum) is equally likely. Rows of a time series are not.

    References
    ----------
    .. [1] B. Phipson, G. K. Smyth, "Permutation p-values should never be zero", Statistical Applications in Genetics
       and Molecular Biology 9, 2010.

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
    strata = None if given is None else _strata(estimator, given, len(y))
    value = _value(estimator, X, y, given)
    generators = spawn_generators(random_state, n_permutations)
    # Chunks of permutations share the work on X; their borders do not depend on n_jobs.
    chunks = [generators[i : i + _CHUNK] for i in range(0, n_permutations, _CHUNK)]
    tasks = [(estimator, X, y, given, strata, chunk) for chunk in chunks]
    null = np.concatenate(
        run_tasks(_shuffled_values, tasks, n_jobs=n_jobs, verbose=verbose, description="permutations")
    )
    # Equal values may differ in their last bits, for the null is summed in another order.
    reached = np.sum(null >= value - 1e-10 * max(1.0, abs(value)))
    p_value = (1 + reached) / (1 + n_permutations) if not np.isnan(null).any() else np.nan
    return PermutationTest(value, null, float(p_value))


_CHUNK = 10


def _skewness(values):
    """Sample skewness, corrected for the bias it has on normal values."""
    n, deviation = len(values), values - values.mean()
    biased = np.mean(deviation**3) / np.mean(deviation**2) ** 1.5
    return biased * np.sqrt(n * (n - 1)) / (n - 2) if n > 2 else biased


def _normal_scale(distance, skewness):
    """What a standardised Pearson III variable of that skewness is on the normal scale (Wilson and Hilferty)."""
    if skewness < 1e-6:
        return distance
    return 6 / skewness * (np.cbrt(max(0.0, 1 + skewness * distance / 2)) - 1) + skewness / 6


def _strata(estimator, given, n_samples):
    """Codes of the equal rows of `given`, if there is anything to shuffle within them."""
    _require_given(estimator)
    strata = target_codes(given, n_samples, "given")
    n_alone = np.sum(np.bincount(strata) == 1)
    if n_alone > n_samples / 2:
        raise ValueError(
            f"given has {strata.max() + 1} distinct rows, {n_alone} of them unique among {n_samples}; y is shuffled "
            "within strata of equal rows, so that it would stay as it is. Cut given into a few classes first, for "
            "instance with sklearn.preprocessing.KBinsDiscretizer"
        )
    return strata


def _shuffled_values(estimator, X, y, given, strata, generators):
    orders = [permutation_within(strata, len(y), generator) for generator in generators]
    if given is None:
        return estimator.permuted_estimates(X, y, orders)
    return np.array([_value(estimator, X, y[order], given) for order in orders])


def _value(estimator, X, y, given):
    condition = {} if given is None else {"given": given}
    fitted = clone(estimator).fit(X, y, **condition)
    return fitted.mutual_info_ if hasattr(fitted, "mutual_info_") else fitted.dependence_


def _require_given(estimator):
    if not has_fit_parameter(estimator, "given"):
        raise TypeError(f"{estimator!r} takes no `given` in fit; pass an estimator that conditions, such as KSG()")


def _check_count(name, value, least):
    if not isinstance(value, (int, np.integer)) or value < least:
        raise ValueError(f"{name} must be a whole number of at least {least}, got {value!r}")
