"""Distributions of classes in levels of few rows, drawn towards that of all rows."""

import numpy as np


def shrunken(masses, smooth):
    """Return masses (n_levels, n_classes) whose shares in each level are shrunken, with the same sum of each level.

    With n rows of which n_y have class y, a level has the share (n_y + m p(y)) / (n + m), the posterior mean under a
    Dirichlet prior with `smooth` = m pseudo-rows.
    """
    whole = masses.sum(axis=0)
    prior, totals = whole / whole.sum(), masses.sum(axis=1, keepdims=True)
    return totals * (masses + smooth * prior) / (totals + smooth)


def pseudo_rows(masses):
    """Estimate the m of the Dirichlet prior by moments: infinite if levels differ less than by chance.

    The counts of a level have the variance of n draws times 1 + (n - 1) / (m + 1), summed over the classes.
    """
    whole = masses.sum(axis=0)
    prior, totals = whole / whole.sum(), masses.sum(axis=1)
    variance = np.sum(prior * (1 - prior))
    excess = np.sum((masses - np.outer(totals, prior)) ** 2) - totals.sum() * variance
    expected = np.sum(totals * np.maximum(totals - 1, 0)) * variance
    if excess <= 1e-12 * expected:
        return np.inf
    return max(expected / excess - 1, 0.0)
