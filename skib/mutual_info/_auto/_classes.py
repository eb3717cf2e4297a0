"""Classes in one variable and numbers in the other: neighbors within the classes, and a summary of many columns."""

import numpy as np

from skib._columns import as_codes
from skib._copies import warn_if_copied, warn_if_matched
from skib._neighbors import digamma_table, prepare_class_balls, ross_terms_of_balls
from skib.mutual_info._auto._drift import N_NEIGHBORS
from skib.mutual_info._auto._estimate import neighbor_estimate, summary_floor, warn_if_few_rows, with_summary
from skib.mutual_info._ross import class_ceiling, shares_class
from skib.mutual_info._summary import permuted_summarized_classes

# Among so few columns neighbors need no summary; beyond so many they find too little to be worth their time.
_FEW_COLUMNS, _MANY_COLUMNS = 3, 128
# Rows of a class from which a predictor learns, and the largest share of the rows in smaller ones.
_LEAST_ROWS, _MOST_RARE = 8, 0.5


def class_estimate(x, codes, *, marginals="rank", random_state=0, n_jobs=None):
    """Estimate I(X;Y) for rows of numbers and dense class codes, neither of which is constant.

    Rows that are alone in their class are left out: their terms are NaN.
    """
    run = {"marginals": marginals, "random_state": random_state, "n_jobs": n_jobs}
    warn_if_copied(x, codes, classes=True)
    warn_if_matched(x, codes)
    estimate = _estimate_of_shared(x, codes, run)
    warn_if_few_rows(estimate, x.shape[1])
    return estimate


def permuted_class_values(x, codes, orders, *, marginals="rank", random_state=0, n_jobs=None):
    """Return the values of ``class_estimate(x, codes[order])`` for several orders; they share the work on x."""
    run = {"marginals": marginals, "random_state": random_state, "n_jobs": n_jobs}
    if shares_class(codes).all():
        return np.array([estimate.value for estimate in _estimates(x, codes, orders, run, values_only=True)])
    return np.array([_estimate_of_shared(x, codes[order], run).value for order in orders])


def _estimate_of_shared(x, codes, run):
    """Estimate from the rows that share their class with another row."""
    used = shares_class(codes)
    rows, codes = (x, codes) if used.all() else (x[used], codes[used])
    if not used.any() or (rows == rows[0]).all() or (codes == codes[0]).all():
        return neighbor_estimate("Ross", np.where(used, 0.0, np.nan), 0.0, saturated=False)
    estimate = _estimates(rows, as_codes(codes), [np.arange(len(codes))], run)[0]
    pointwise = np.full(len(x), np.nan)
    pointwise[used] = estimate.pointwise
    return estimate._replace(pointwise=pointwise)


def _estimates(x, codes, orders, run, *, values_only=False):
    """Estimate for every order of the codes, as if it were the only one.

    For the values alone, summaries that cannot exceed the neighbors are not evaluated.
    """
    few = x.shape[1] <= _FEW_COLUMNS or np.mean(np.bincount(codes)[codes] < _LEAST_ROWS) > _MOST_RARE
    neighbors = [None for _ in orders]
    if few or x.shape[1] <= _MANY_COLUMNS:
        neighbors = _neighbor_estimates(x, codes, orders, run["marginals"])
    if few:
        return neighbors
    known = values_only and neighbors[0] is not None
    floors = [summary_floor(estimate.value, estimate.std_error) for estimate in neighbors] if known else None
    summaries = permuted_summarized_classes(x, codes, orders, floors=floors, **run)
    return [with_summary(*pair) for pair in zip(neighbors, summaries, strict=True)]


def _neighbor_estimates(x, codes, orders, marginals):
    class_balls = prepare_class_balls(x, np.bincount(codes), N_NEIGHBORS, marginals)
    psi, estimates = digamma_table(len(x)), []
    ceiling, saturated = class_ceiling(codes)
    for order in orders:
        terms = np.empty(len(x))
        terms[class_balls.order] = ross_terms_of_balls(class_balls, codes[order], psi)
        estimates.append(neighbor_estimate("Ross", terms, ceiling, saturated=saturated))
    return estimates
