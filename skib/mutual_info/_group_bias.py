"""Whether rows that are alike within groups inflate an estimate: whole groups of y exchanged, it would be 0."""

import numpy as np

from skib._columns import take_rows
from skib._dependence import permuted_estimates, seed_estimator
from skib._parallel import run_tasks
from skib._row_orders import cycled_groups, exchangeable_rows
from skib._warnings import UnreliableEstimateWarning, collect_warnings, warn

# Estimates with groups exchanged, and as many with rows exchanged.
_N_ORDERS = 6
# A bias of so many nats is warned of, if it is as many standard errors from 0.
_LEAST_BIAS = 0.05
_LEAST_ERRORS = 3.0
# Share of the rows that must be in groups which can be exchanged.
_LEAST_EXCHANGED = 0.5


def warn_of_group_bias(estimator, X, y, groups, bias, generator, n_jobs=None):
    """Warn if an estimate stays far from 0 when whole groups of y are exchanged, which makes X and y independent.

    `bias` is what the caller subtracts from the estimate: that of plug-in estimates is no news, nor is a mean that
    single rows reach which are exchanged freely. Groups of a size of their own are left out; if most are, there is no
    check.
    """
    rows = exchangeable_rows(groups)
    if len(rows) < _LEAST_EXCHANGED * len(groups):
        return
    data = seed_estimator(estimator, generator), take_rows(X, rows), take_rows(y, rows)
    draw = cycled_groups(groups[rows])
    whole = _null(data, [draw(generator) for _ in range(_N_ORDERS)], n_jobs)
    if not _exceeds(whole, np.array([max(0.0, bias)])):
        return
    single = _null(data, [generator.permutation(len(rows)) for _ in range(_N_ORDERS)], n_jobs)
    if _exceeds(whole, single):
        warn(
            "with whole groups of y exchanged, which leaves no dependence, the estimate is still "
            f"{whole.mean():.2g} on average ({single.mean():.2g} with single rows exchanged): rows of one group are "
            "alike in both X and y, and the estimate is too high, so that the interval may miss the truth. Average the "
            "rows of each group, or pass one row per group; permutation_test(groups=...) is right",
            UnreliableEstimateWarning,
        )


def _null(data, orders, n_jobs):
    return np.concatenate(run_tasks(_estimates, [(*data, [order]) for order in orders], n_jobs=n_jobs))


def _estimates(estimator, X, y, orders):
    with collect_warnings():  # they describe exchanged rows
        return permuted_estimates(estimator, X, y, orders)


def _exceeds(values, reference):
    """Whether the mean of some values is far above that of others."""
    error = np.sqrt(sum(np.var(v, ddof=1) / len(v) for v in (values, reference) if len(v) > 1))
    return values.mean() - reference.mean() > max(_LEAST_BIAS, _LEAST_ERRORS * error)
