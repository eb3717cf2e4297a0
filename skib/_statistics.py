"""Statistics that several packages share: saturation, standard errors, p-values, shrinkage, permutations."""

import numpy as np

# Beyond this share of its ceiling, log(n_samples) for an entropy, an estimate says how many rows there are.
SATURATION = 0.9


def is_saturated(counts):
    """Whether nearly every row is a symbol of its own, as the plug-in entropy of the counts tells."""
    n_samples = counts.sum()
    return bool(np.dot(counts, np.log(n_samples / counts)) > SATURATION * n_samples * np.log(n_samples))


def mean_std_error(values, counts):
    """Standard error of the mean over rows, of which `counts` have each of the values."""
    n_samples = counts.sum()
    if n_samples == 1:
        return np.nan
    deviations = values - np.dot(counts, values) / n_samples
    return np.sqrt(np.dot(counts, deviations**2) / (n_samples - 1) / n_samples)


def shrinkage_weight(difference, error):
    """Weight max(0, 1 - (error / difference)^2) of a difference whose standard error is known."""
    return max(0.0, 1 - (error / difference) ** 2) if difference else 0.0


def holm_adjust(p_values):
    """Holm-adjusted p-values; NaN stays NaN and counts as no test.

    Rejecting where they fall below a level keeps the chance of any false rejection below it, however the tests depend
    on one another: cells of one network share their labels (S. Holm, Scandinavian Journal of Statistics, 1979).
    """
    p_values = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p_values)[: np.sum(~np.isnan(p_values))]
    steps = p_values[order] * np.arange(len(order), 0, -1)
    adjusted = np.full(len(p_values), np.nan)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def permutation_pvalue(value, null):
    """(1 + number of null values at or above the value) / (1 + their number)."""
    # Equal values may differ in their last bits, for the null is summed in another order.
    reached = np.sum(null >= value - 1e-10 * max(1.0, abs(value)))
    return np.nan if np.isnan(value) or np.isnan(null).any() else (1 + reached) / (1 + len(null))


def permutation_within(strata, n_samples, generator):
    """A random order of the rows; each row stays within its stratum."""
    if strata is None:
        return generator.permutation(n_samples)
    order = np.empty(n_samples, np.int64)
    order[np.argsort(strata, kind="stable")] = np.lexsort((generator.random(n_samples), strata))
    return order


def restrict_to_strata(strata, order):
    """The order of rows in which each stays within its stratum and is otherwise where `order` puts it."""
    shuffled = np.empty_like(order)
    shuffled[np.argsort(strata, kind="stable")] = order[np.argsort(strata[order], kind="stable")]
    return shuffled
