"""Confidence interval of an estimate, from complementary halves of the rows."""

from dataclasses import dataclass
from numbers import Integral

import numpy as np
from scipy import special
from sklearn.utils import check_scalar

from skib._columns import indexable, opened, take_rows, warn_of_indexes, warn_of_series
from skib._dependence import fit_value, require_estimator, require_given, seed_estimator
from skib._kernels.counts import codes_by_appearance
from skib._parallel import run_tasks, spawn_generators
from skib._typing import DependenceEstimator, MutualInfoEstimator, Seed, TableLike
from skib._validation import target_codes
from skib._warnings import collect_warnings, warn
from skib.mutual_info._group_bias import warn_of_group_bias


@dataclass(frozen=True)
class IntervalEstimate:
    """An estimate with its bias, its standard error and a confidence interval; in nats if it is an information.

    Attributes
    ----------
    estimate : float
        The estimate on all rows.
    bias : float
        Its bias, as far as it stands out from noise. The center of the interval is `estimate` - `bias`.
    std_error : float
        Standard error of the center.
    low, high : float
        The ends of the interval; not clipped at 0.
    confidence_level : float
        The nominal coverage.
    """

    estimate: float
    bias: float
    std_error: float
    low: float
    high: float
    confidence_level: float


def confidence_interval(
    estimator: MutualInfoEstimator | DependenceEstimator,
    X: TableLike,
    y: TableLike,
    *,
    given: TableLike | None = None,
    groups: TableLike | None = None,
    confidence_level: float = 0.95,
    n_subsamples: int = 20,
    random_state: Seed = None,
    n_jobs: int | None = None,
    verbose: int = 0,
) -> IntervalEstimate:
    r"""Compute a confidence interval of an estimate, from estimates on complementary halves of the rows.

    The rows are split R times at random into two halves of n/2 rows, whose estimates are :math:`A_r` and :math:`B_r`,
    with means :math:`M_r` whose variance over the splits is :math:`s_M^2`. Then

    .. math::
        \hat\sigma^2 = \frac{1}{4R} \sum_r (A_r - B_r)^2, \qquad
        b = \bar M - \hat I, \qquad
        w = \max\!\left(0, 1 - \frac{4 s_M^2}{b^2}\right)

    are the variance of the estimate :math:`\hat I` on all rows, its bias (a bias of c/n is 2c/n on halves) and the
    share of it that stands out from noise. The interval is
    :math:`\hat I - w b \pm t_R \sqrt{\hat\sigma^2 + (1 - w)^2 b^2}`. No row is in a half twice: resampling with
    replacement repeats rows, which ruins nearest-neighbor and plug-in estimates alike.

    Parameters
    ----------
    estimator : mutual-information estimator
        Estimator of I(X;Y); a clone is fitted. Any estimator will do whose ``fit`` stores `mutual_info_`, or
        `dependence_` such as :class:`skib.metrics.HSIC`.
    X : array-like of shape (n_samples, n_features)
        The rows.
    y : array-like of shape (n_samples,) or (n_samples, n_targets)
        The target.
    given : array-like of shape (n_samples,) or (n_samples, n_conditions), default=None
        The variable to condition on, if the estimator can.
    groups : array-like of shape (n_samples,), default=None
        Labels of groups of dependent rows, such as the tokens of one text or the visits of one patient. Each group goes
        to one of the two halves as a whole, so that the error is that of independent groups.
    confidence_level : float, default=0.95
        Nominal coverage.
    n_subsamples : int, default=20
        Number of halves, 2R; an odd number is rounded up. The width is a quantile of Student's t with R degrees of
        freedom, so that more halves make the interval shorter and steadier.
    random_state : int, RandomState instance or None, default=None
        Seeds the halves, and an `estimator` whose own ``random_state`` is None. Pass an int for the same result at
        every call.
    n_jobs : int, default=None
        Number of threads (as in joblib) over the halves; the result is the same for every value.
    verbose : int, default=0
        Above 0, show progress on stderr: a bar where ``rich`` is installed, lines of text elsewhere.

    Returns
    -------
    interval : IntervalEstimate
        The estimate and its interval, which covers sampling error and a bias that falls as 1/n, as that of plug-in
        estimates does.

    Raises
    ------
    ValueError
        If `n_subsamples` or `confidence_level` is out of range, or there are fewer than four groups.
    TypeError
        If `estimator` is no estimator of a dependence, or does not condition and `given` is passed.

    Notes
    -----
    A bias that hardly falls from n/2 to n rows is not detected: that of nearest neighbors in ten dimensions, or of a
    model that does not hold. The user guide has the measured coverage. Near independence intervals of discrete data
    cover more often than their level, because the error of the estimate then shrinks as 1/n.

    An ``UnreliableEstimateWarning`` is issued if no `groups` are passed and successive rows are alike in both X and y,
    as those of a time series are: pass blocks of successive rows as groups, longer than the memory of the series.

    Groups make the error right, not the estimate: nearest neighbors of rows that are nearly equal to the others of
    their group, in both X and y, are of the same group, and the estimate is far too high. With `groups` (and without
    `given`) six estimates are therefore made with whole groups of y exchanged, as far as they have a size in common. An
    ``UnreliableEstimateWarning`` is issued if their mean exceeds by 0.05 nats, and three standard errors, both the bias
    and what exchanged single rows give: average the rows of each group, or pass one of them.

    Other warnings are those of the estimate on all rows. One that only halves issue is issued once, with their number.

    References
    ----------
    .. [1] D. N. Politis, J. P. Romano, "Large sample confidence regions based on subsamples under minimal
       assumptions", Annals of Statistics 22, 1994.
    .. [2] M. H. Quenouille, "Notes on bias in estimation", Biometrika 43, 1956.

    Examples
    --------
    >>> from skib.datasets import make_gaussian_pair
    >>> from skib.mutual_info import KSG, confidence_interval
    >>> pair = make_gaussian_pair(1000, rho=0.6, random_state=0)
    >>> interval = confidence_interval(KSG(), pair.X, pair.y, random_state=0)
    >>> bool(interval.low < pair.mutual_info < interval.high)  # 0.223 nats
    True
    """
    require_estimator(estimator)
    check_scalar(n_subsamples, "n_subsamples", Integral, min_val=2)
    if not 0 < confidence_level < 1:
        raise ValueError(f"confidence_level must lie strictly between 0 and 1, got {confidence_level!r}")
    X, y = indexable("X", X), opened("y", y)
    if given is not None:
        require_given(estimator)
        given = opened("given", given)
    warn_of_indexes(X=X, y=y, given=given, groups=groups)
    groups = None if groups is None else _check_groups(groups, len(y))
    n_splits = (n_subsamples + 1) // 2
    *generators, generator, exchanging = spawn_generators(random_state, n_splits + 2)
    with collect_warnings() as records:
        value = fit_value(seed_estimator(estimator, generator), X, y, given)
    for category, message in records:
        warn(message, category)
    if groups is None:
        warn_of_series(X, y, shifts=False)
    halves = [(rows, generator) for generator in generators for rows in _halves(len(y), groups, generator)]
    tasks = [(seed_estimator(estimator, generator), X, y, given, rows) for rows, generator in halves]
    results = run_tasks(_value_on_rows, tasks, n_jobs=n_jobs, verbose=verbose, description="halves")
    values, records_of_halves = zip(*results, strict=True)
    _warn_of_halves(records_of_halves, {record.category for record in records})
    bias, std_error = _bias_and_error(value, np.reshape(values, (n_splits, 2)))
    if groups is not None and given is None:
        warn_of_group_bias(estimator, X, y, groups, bias, exchanging, n_jobs)
    width = float(special.stdtrit(n_splits, 0.5 + confidence_level / 2)) * std_error
    return IntervalEstimate(value, bias, std_error, value - bias - width, value - bias + width, confidence_level)


def _bias_and_error(value, halves):
    """Return the bias, as far as it stands out, and the error of the rest, from (n_splits, 2) estimates on halves."""
    means = halves.mean(axis=1)
    drift = means.mean() - value
    noise = 4 * np.var(means, ddof=1) if len(means) > 1 else np.inf  # the drift varies about as the means do
    bias = drift * (1 - min(1.0, noise / drift**2)) if drift else drift
    variance = np.mean(np.diff(halves) ** 2) / 4
    return float(bias), float(np.sqrt(variance + (drift - bias) ** 2))


def _check_groups(groups, n_samples):
    groups = codes_by_appearance(target_codes(groups, n_samples, "groups"))  # whatever their names are
    if groups.max() < 3:
        raise ValueError(
            f"groups has {groups.max() + 1} distinct labels, which give no two halves of several groups each; pass 4 "
            "groups or more, or shorter blocks of rows"
        )
    return groups


def _halves(n_samples, groups, generator):
    """Split the rows at random into two halves; each group is in one of them."""
    order = generator.permutation(n_samples if groups is None else groups.max() + 1)
    halves = np.sort(order[: len(order) // 2]), np.sort(order[len(order) // 2 :])
    return halves if groups is None else tuple(np.flatnonzero(np.isin(groups, half)) for half in halves)


def _value_on_rows(estimator, X, y, given, rows):
    """Return the estimate on some rows, and the warnings that it would issue."""
    given = None if given is None else take_rows(given, rows)
    with collect_warnings() as records:
        return fit_value(estimator, take_rows(X, rows), take_rows(y, rows), given), records


def _warn_of_halves(records_of_halves, issued):
    """Issue the first warning of each category of which the estimate on all rows issued none."""
    first = {}
    for records in records_of_halves:
        for category, message in records:
            first.setdefault(category, message)
    for category, message in first.items():
        if category not in issued:
            n_halves = sum(any(record.category is category for record in records) for records in records_of_halves)
            warn(f"on {n_halves} of {len(records_of_halves)} halves of the rows, first: {message}", category)
