"""What an estimator says of layers that know nothing."""

import numpy as np

from skib._statistics import restrict_to_strata
from skib._warnings import collect_warnings
from skib.mutual_info._base import MutualInfoMixin
from skib.mutual_info._permutation import PermutationTest


def null_of(value, x, quantity, estimator, orders, noise_seed):
    """`null_mean`, `null_std` and `pvalue` of an estimate; shuffled targets by `orders`, or noise for a seed."""
    if noise_seed is None and quantity.all_distinct:
        return {"null_mean": value, "null_std": 0.0 * value, "pvalue": 1.0 + 0.0 * value}  # NaN stays NaN
    if noise_seed is None and quantity.given is not None and quantity.strata is None:
        return {}  # nothing can be shuffled where no two rows have the same condition
    with collect_warnings():  # what is said of layers that know nothing says nothing about the estimate
        if noise_seed is None:
            null = _shuffled(x, quantity, estimator, orders)
        else:
            null = np.array([quantity.fit(estimator, noise).mutual_info_ for noise in _noise(x, noise_seed, orders)])
    p_value = (1 + np.sum(null >= value)) / (1 + len(null))
    test = PermutationTest(value, null, float(p_value))
    undefined = np.isnan(value) or np.isnan(null).any()
    return {
        "null_mean": test.null_mean,
        "null_std": test.null_std,
        "pvalue": np.nan if undefined else test.tail_p_value,
    }


def _shuffled(x, quantity, estimator, orders):
    if quantity.given is not None:
        orders = [restrict_to_strata(quantity.strata, order) for order in orders]
        return np.array([quantity.fit(estimator, x, order).mutual_info_ for order in orders])
    # Its own way, which may share work between the orders, or one clone each for an estimator from elsewhere.
    if hasattr(estimator, "permuted_estimates"):
        return estimator.permuted_estimates(x, quantity.target, orders)
    return MutualInfoMixin.permuted_estimates(estimator, x, quantity.target, orders)


def _noise(x, seed, orders):
    """As many layers of Gaussian noise as there are orders, with the mean and the covariance of the layer."""
    rng = np.random.default_rng(seed)
    mean = np.mean(x, axis=0, dtype=np.float64)
    root = np.linalg.qr(x - mean, mode="r") / np.sqrt(len(x) - 1)
    for _ in orders:
        yield mean + rng.normal(size=(len(x), len(root))) @ root
