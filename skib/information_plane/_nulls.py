"""Null distributions of the estimates of a layer: permuted targets, or layers of noise."""

import numpy as np

from skib._dependence import fit_and_prepare, informed
from skib._statistics import permutation_pvalue
from skib._warnings import collect_warnings
from skib.mutual_info import PermutationTestResult


def fit_with_permutations(x, quantity, estimator, orders):
    """Fit the estimator to the layer x; return it and its estimates for permuted targets, which share the work on x.

    None stands for these where there are no orders, they change nothing, or rows are permuted within classes.
    """
    if not orders or quantity.all_distinct or quantity.given is not None:
        return quantity.fit(estimator, x), None
    fitted, estimates_of = fit_and_prepare(estimator, x, quantity.target)
    with collect_warnings():  # they describe permuted rows
        return informed(fitted, estimator), estimates_of(orders)


def null_of(value, x, quantity, estimator, orders, noise_seed, null=None):
    """Return `null_mean`, `null_std` and `pvalue` of an estimate, from permuted targets or, with a seed, from noise.

    `null` holds the estimates for permuted targets where they are known.
    """
    if noise_seed is None and quantity.all_distinct:
        return {"null_mean": value, "null_std": 0.0 * value, "pvalue": 1.0 + 0.0 * value}  # NaN stays NaN
    if noise_seed is None and quantity.given is not None and quantity.strata is None:
        return {}  # no row can be permuted if no two rows have the same condition
    if null is None:
        with collect_warnings():  # they describe permuted rows or noise, not the estimate
            null = _refitted(x, quantity, estimator, orders, noise_seed)
    result = PermutationTestResult(value, null, permutation_pvalue(value, null))
    return {"null_mean": result.null_mean, "null_std": result.null_std, "pvalue": result.tail_pvalue}


def _refitted(x, quantity, estimator, orders, noise_seed):
    if noise_seed is None:
        return np.array([quantity.fit(estimator, x, order).mutual_info_ for order in orders])
    return np.array([quantity.fit(estimator, noise).mutual_info_ for noise in _noise(x, noise_seed, orders)])


def _noise(x, seed, orders):
    """Yield one layer of Gaussian noise per order, with the mean and the covariance of the layer x."""
    rng = np.random.default_rng(seed)
    mean = np.mean(x, axis=0, dtype=np.float64)
    root = np.linalg.qr(x - mean, mode="r") / np.sqrt(len(x) - 1)
    for _ in orders:
        yield mean + rng.normal(size=(len(x), len(root))) @ root
