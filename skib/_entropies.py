"""Entropies of arrays of counts, and pairwise bounds on entropies under Gaussian noise."""

import numpy as np
from scipy.special import digamma

from skib._kernels import gram
from skib._parallel import blocks


def log_of_counts(counts):
    """Compute G(n), which takes the place of log n for positive counts n."""
    # By the duplication formula of the digamma function, G(n) is that of the largest even number up to n.
    return np.log(2) + digamma(counts // 2 + 0.5)


def log_of_weights(weights):
    """Compute G at sums of weights, that of the counts for whole numbers and linear between these (and below 1)."""
    below = np.maximum(np.floor(weights), 1)
    low, high = log_of_counts(below), log_of_counts(below + 1)
    return low + (weights - below) * (high - low)


def alphabet_size(n_categories, n_seen):
    """Return the declared number of symbols, by default the number seen; refuse fewer than were seen."""
    if n_categories is None:
        return n_seen
    if n_categories < n_seen:
        raise ValueError(
            f"n_categories={n_categories}, but {n_seen} distinct rows were seen; "
            f"pass n_categories >= {n_seen}, or None for the number seen"
        )
    return int(n_categories)


def log_mean_overlaps(x, noise_variance):
    """Compute the log mean over j of exp(-|x_i - x_j|^2 / (c noise_variance)), for c = 8 and c = 2: (2, n_samples).

    Minus its mean over i is a bound of the information between a row plus noise and the number of the row; for the rows
    of one class, of that within the class.
    """
    sums = overlap_sums(in_units_of_noise(x, 8 * noise_variance))
    return np.log((1 + sums[:, [0, 2]].T) / len(x))


def in_units_of_noise(x, noise_variance):
    """Divide rows by the standard deviation of a noise; refuse values that are too large for it."""
    with np.errstate(over="ignore"):
        scaled = x / np.sqrt(noise_variance)
    if not np.isfinite(scaled).all():
        raise ValueError(
            f"values up to {np.abs(x).max():.3g} are too large for distances in units of a noise of variance "
            f"{noise_variance:.3g}; rescale the rows, or assume more noise"
        )
    return scaled


def information_within(x, codes):
    """Bound the information between a row plus noise of variance 1 and its number within its class: (2, n_samples).

    The means are the bounds of the entropy given the class, less that of the noise; a row alone in its class has 0.
    """
    information = np.zeros((2, len(x)))
    sizes = np.bincount(codes)
    for rows in np.split(np.argsort(codes, kind="stable"), np.cumsum(sizes)[:-1]):
        if len(rows) > 1:
            information[:, rows] = -log_mean_overlaps(x[rows], 1.0)
    return information


def overlap_sums(x, n_powers=3):
    """Sum q = exp(-|x_i - x_j|^2), q^2, q^4, ... over all other rows j of every row: (n_samples, n_powers)."""
    n, tiles, sums = len(x), gram.in_tiles(x), gram.no_sums(len(x), n_powers)
    for rows in blocks(n, gram.rows_per_call(*x.shape)):
        gram.add_overlaps(rows.start, rows.stop, n, tiles, sums)
    return gram.out_of_tiles(sums, n).T
