"""Statistics that several packages share: saturation, standard errors, p-values, shrinkage."""

import numpy as np

# Beyond this share of its ceiling, log(n_samples) for an entropy, an estimate reflects the number of rows.
SATURATION = 0.9


def is_saturated(counts):
    """Whether nearly every row is a symbol of its own, by the plug-in entropy of the counts."""
    n_samples = counts.sum()
    return bool(np.dot(counts, np.log(n_samples / counts)) > SATURATION * n_samples * np.log(n_samples))


def mean_std_error(values, counts):
    """Return the standard error of the mean over rows, of which `counts` have each of the values."""
    n_samples = counts.sum()
    if n_samples == 1:
        return np.nan
    deviations = values - np.dot(counts, values) / n_samples
    return np.sqrt(np.dot(counts, deviations**2) / (n_samples - 1) / n_samples)


def shrinkage_weight(difference, error):
    """Return the weight max(0, 1 - (error / difference)^2) of a difference with this standard error."""
    return max(0.0, 1 - (error / difference) ** 2) if difference else 0.0


def holm_adjust(pvalues):
    """Adjust p-values by Holm's method; NaN stays NaN and counts as no test.

    Rejecting those below alpha keeps the probability of any false rejection below alpha, however the tests depend on
    each other: cells of one network share their labels (S. Holm, Scandinavian Journal of Statistics, 1979).
    """
    pvalues = np.asarray(pvalues, dtype=np.float64)
    order = np.argsort(pvalues)[: np.sum(~np.isnan(pvalues))]
    steps = pvalues[order] * np.arange(len(order), 0, -1)
    adjusted = np.full(len(pvalues), np.nan)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def benjamini_hochberg_adjust(pvalues):
    """Adjust p-values by the method of Benjamini and Hochberg; NaN stays NaN and counts as no test.

    Rejecting those up to alpha keeps the expected share of false ones among the rejected up to alpha, if the tests do
    not depend on each other, or positively (Y. Benjamini, Y. Hochberg, Journal of the Royal Statistical Society B 57,
    1995).
    """
    pvalues = np.asarray(pvalues, dtype=np.float64)
    order = np.argsort(pvalues)[: np.sum(~np.isnan(pvalues))]
    steps = pvalues[order] * (len(order) / np.arange(1, len(order) + 1))
    adjusted = np.full(len(pvalues), np.nan)
    adjusted[order] = np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1.0)
    return adjusted


def significant_pairs(pvalues, alpha):
    """Return which pairs of a symmetric matrix of p-values are at most alpha, corrected for the number of pairs."""
    rows, columns = np.triu_indices(len(pvalues), 1)
    significant = np.zeros(pvalues.shape, bool)
    significant[rows, columns] = benjamini_hochberg_adjust(pvalues[rows, columns]) <= alpha
    return significant | significant.T


def permutation_pvalue(value, null):
    """Return (1 + number of null values at or above the value) / (1 + number of null values), or NaN."""
    if np.isnan(value):
        return np.nan
    return permutation_pvalues(np.array([value]), null)[0]


def permutation_pvalues(values, null):
    """Return the p-values of some values with one null distribution, as ``permutation_pvalue``."""
    if np.isnan(null).any():
        return np.full(np.shape(values), np.nan)
    # Equal values may differ in their last bits: permuted rows are summed in another order.
    least = values - 1e-10 * np.maximum(1.0, np.abs(values))
    reached = len(null) - np.searchsorted(np.sort(null), least, side="left")
    return (1 + reached) / (1 + len(null))
