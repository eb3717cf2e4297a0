"""Permutation tests of independence."""

from dataclasses import dataclass, field
from functools import partial
from numbers import Integral

import numpy as np
from scipy import special
from sklearn.utils import check_scalar

from skib._columns import opened, take_rows, warn_of_indexes, warn_of_series
from skib._cost import repeated
from skib._dependence import fit_and_prepare, fit_value, require_estimator, require_given, seed_estimator, value_of
from skib._parallel import blocks, run_tasks, spawn_generators
from skib._row_orders import check_shuffle
from skib._statistics import permutation_pvalue
from skib._typing import DependenceEstimator, Floats, MutualInfoEstimator, Seed, Shuffle, TableLike
from skib._validation import target_codes
from skib._warnings import collect_warnings

# Their number does not depend on n_jobs, and so neither do the results.
_PERMUTATIONS_PER_TASK = 10


@dataclass(frozen=True)
class PermutationTestResult:
    """An estimate and its null distribution, under permutations of y.

    Attributes
    ----------
    statistic : float
        The estimate: mutual information in nats, or the value of a measure of dependence.
    null_distribution : ndarray of shape (n_permutations,)
        The estimates with y permuted.
    pvalue : float
        (1 + number of null values at or above the estimate) / (1 + n_permutations): exact under exchangeability.
    """

    statistic: float
    null_distribution: Floats = field(repr=False)
    pvalue: float

    @property
    def null_mean(self) -> float:
        """Mean of the null distribution: the bias at independence."""
        return float(np.mean(self.null_distribution))

    @property
    def null_std(self) -> float:
        """Standard deviation of the null distribution."""
        return float(np.std(self.null_distribution, ddof=1))

    @property
    def tail_pvalue(self) -> float:
        """One-sided p-value from the first three moments of the null distribution.

        Unlike `pvalue` it can fall below 1 / (1 + n_permutations), which corrections over many tests need. The distance
        from the null mean is transformed to the normal scale by Wilson and Hilferty's cube root, then referred to
        Student's t. The skewness is that of the sample plus one standard error sqrt(6 / n_permutations), at least 0: an
        estimate of a positive quantity has its long tail on the right, and p-values would be too small if that tail
        were taken for shorter than it is.
        """
        n, spread = len(self.null_distribution), self.null_std
        if np.isnan(self.statistic) or np.isnan(spread):
            return np.nan
        if not spread > 1e-12 * max(1.0, abs(self.null_mean)):  # a null that does not vary cannot be exceeded by noise
            return 1.0 if self.statistic <= self.null_mean + 1e-12 else 0.0
        distance = (self.statistic - self.null_mean) / (spread * np.sqrt(1 + 1 / n))
        skewness = max(0.0, _skewness(self.null_distribution) + np.sqrt(6 / n))
        return float(special.stdtr(n - 1, -_normal_scale(distance, skewness)))


def permutation_test(
    estimator: MutualInfoEstimator | DependenceEstimator,
    X: TableLike,
    y: TableLike,
    *,
    given: TableLike | None = None,
    groups: TableLike | None = None,
    shuffle: Shuffle = "rows",
    n_permutations: int = 100,
    random_state: Seed = None,
    n_jobs: int | None = None,
    verbose: int = 0,
) -> PermutationTestResult:
    r"""Test independence of X and y by permutations of y, or independence given Z by permutations within equal Z.

    .. math:: p = \frac{1 + \#\{b : \hat I_b \geq \hat I\}}{1 + B}

    Parameters
    ----------
    estimator : mutual-information estimator
        Estimator of I(X;Y); a clone is fitted. Any estimator will do whose ``fit`` stores `mutual_info_`, or
        `dependence_` such as :class:`skib.metrics.HSIC`.
    X : array-like of shape (n_samples, n_features)
        The rows.
    y : array-like of shape (n_samples,) or (n_samples, n_targets)
        The target, whose rows are permuted.
    given : array-like of shape (n_samples,) or (n_samples, n_conditions), default=None
        The variable to condition on, discrete: y is permuted within each stratum of equal rows of it. More strata, and
        so smaller ones, mean less power; a row alone in its stratum keeps its y.
    groups : array-like of shape (n_samples,), default=None
        Labels of groups of dependent rows, such as the tokens of one text or the visits of one patient. Each group of
        rows of y is exchanged as a whole with another one of the same size, whose rows have the same values of `given`.
    shuffle : {"rows", "circular"}, default="rows"
        How y is permuted.

        - ``"rows"``: every order of the rows, or of the groups, is equally likely;
        - ``"circular"``: the rows are a time series, and y is shifted against X by a random number of rows, the end
          coming before the beginning. No `given` and no `groups` then.
    n_permutations : int, default=100
        The exact p-value is never below 1 / (1 + n_permutations).
    random_state : int, RandomState instance or None, default=None
        Seeds the permutations, and an `estimator` whose own ``random_state`` is None, which then draws the same numbers
        for every permutation. Pass an int for the same result at every call.
    n_jobs : int, default=None
        Number of threads (as in joblib) over blocks of permutations; the result is the same for every value.
    verbose : int, default=0
        Above 0, show progress on stderr: a bar where ``rich`` is installed, lines of text elsewhere.

    Returns
    -------
    result : PermutationTestResult
        The estimate, its null distribution and p-values.

    Raises
    ------
    ValueError
        If more than half of the rows have a value of `given` of their own, or are in groups of a size of their own:
        hardly any row could be permuted, and the null would be the estimate itself.
    TypeError
        If `estimator` is no estimator of a dependence, or does not condition and `given` is passed.

    Notes
    -----
    The p-value is exact in finite samples for rows that are independent draws [1]_: under the null hypothesis every
    order of y (within its stratum, of whole groups) is equally likely. Rows of a time series are not independent draws:
    two independent autoregressive series of 500 rows with coefficient 0.9 have p <= 0.05 in two of three cases. An
    ``UnreliableEstimateWarning`` is issued if successive rows are alike in both X and y; with ``shuffle="circular"``
    the level is right for stationary series, up to the seam at which the end meets the beginning [2]_.

    Warnings are those of the estimate on the data as they are; warnings about permuted rows are not issued. A
    ``CostWarning`` before the work counts all permutations.

    References
    ----------
    .. [1] B. Phipson, G. K. Smyth, "Permutation p-values should never be zero", Statistical Applications in Genetics
       and Molecular Biology 9, 2010.
    .. [2] G. Lancaster, D. Iatsenko, A. Pidde, V. Ticcinelli, A. Stefanovska, "Surrogate data for hypothesis testing of
       physical systems", Physics Reports 748, 2018 (time-shifted surrogates).

    Examples
    --------
    >>> from skib.datasets import make_gaussian_pair
    >>> from skib.mutual_info import KSG, permutation_test
    >>> pair = make_gaussian_pair(300, rho=0.6, random_state=0)
    >>> permutation_test(KSG(), pair.X, pair.y, random_state=0).pvalue < 0.01  # dependent
    True
    """
    require_estimator(estimator)
    check_scalar(n_permutations, "n_permutations", Integral, min_val=2)
    y = opened("y", y)
    warn_of_indexes(X=X, y=y, given=given, groups=groups)
    strata = None if given is None else _strata(estimator, given, len(y))
    draw = check_shuffle(len(y), strata=strata, groups=groups, shuffle=shuffle)
    *generators, generator = spawn_generators(random_state, n_permutations + 1)
    estimator = seed_estimator(estimator, generator)
    with repeated(1 + n_permutations // 2):  # an estimate on permuted rows takes about half as long
        if given is None:
            fitted, estimates_of = fit_and_prepare(estimator, X, y)
            value = value_of(fitted, estimator)
        else:
            value = fit_value(estimator, X, y, given)
            estimates_of = partial(_conditional_estimates, estimator, X, y, given)
    if groups is None and shuffle == "rows":
        warn_of_series(X, y)
    tasks = [(estimates_of, draw, generators[part]) for part in blocks(n_permutations, _PERMUTATIONS_PER_TASK)]
    null = np.concatenate(run_tasks(_null, tasks, n_jobs=n_jobs, verbose=verbose, description="permutations"))
    return PermutationTestResult(value, null, float(permutation_pvalue(value, null)))


def _skewness(values):
    """Compute the sample skewness, corrected for its bias on normal values."""
    n, deviation = len(values), values - values.mean()
    biased = np.mean(deviation**3) / np.mean(deviation**2) ** 1.5
    return biased * np.sqrt(n * (n - 1)) / (n - 2) if n > 2 else biased


def _normal_scale(distance, skewness):
    """Transform a standardized Pearson III variable of that skewness to the normal scale (Wilson and Hilferty)."""
    if skewness < 1e-6:
        return distance
    return 6 / skewness * (np.cbrt(max(0.0, 1 + skewness * distance / 2)) - 1) + skewness / 6


def _strata(estimator, given, n_samples):
    """Return the codes of the rows of `given`; refuse codes within which hardly any row can be permuted."""
    require_given(estimator)
    strata = target_codes(given, n_samples, "given")
    n_alone = np.sum(np.bincount(strata) == 1)
    if n_alone > n_samples / 2:
        raise ValueError(
            f"given has {strata.max() + 1} distinct rows, {n_alone} of them unique among {n_samples}; y is permuted "
            "within strata of equal rows, so that it would stay as it is. Cut given into a few classes first, for "
            "instance with sklearn.preprocessing.KBinsDiscretizer"
        )
    return strata


def _conditional_estimates(estimator, X, y, given, orders):
    return np.array([fit_value(estimator, X, take_rows(y, order), given) for order in orders])


def _null(estimates_of, draw, generators):
    orders = [draw(generator) for generator in generators]
    with collect_warnings():  # they would repeat those of the estimate, or describe permuted rows
        return estimates_of(orders)
