"""Closed forms of the Gaussian information bottleneck, from the squared canonical correlations of X and y."""

import numpy as np

# Points of the default grid, how near the first critical beta it begins, and how far beyond the last it ends.
_N_BETAS, _BEFORE, _BEYOND = 100, 1 - 1e-3, 100.0
# Directions of smaller squared correlation have no part in the default grid.
_LEAST_SQUARED = 1e-4
# A direction whose share of variance beyond y is smaller is taken for this: y determines it.
LEAST_SHARE = 1e-10


def eigenvalues_of(squared):
    """Return the shares of the variance of the canonical directions of X that y leaves."""
    return np.maximum(1 - squared, LEAST_SHARE)


def critical_betas_of(squared):
    """Return the beta above which each direction is kept; infinite for a direction that y is unrelated to."""
    with np.errstate(divide="ignore", over="ignore"):
        return 1 / squared


def information_of(squared):
    """Return the information between each direction and y, in nats."""
    return -0.5 * np.log(eigenvalues_of(squared))


def gains_of(squared, beta):
    """Return the gains of the directions that are kept, for noise of unit variance; theorem 3.1 of Chechik et al."""
    return np.sqrt((beta * squared - 1) / eigenvalues_of(squared))


def rates_of(squared, beta):
    """Return the rate of each direction that is kept, in nats."""
    return 0.5 * np.log1p(gains_of(squared, beta) ** 2)


def relevances_of(squared, beta):
    """Return the relevance of each direction that is kept, in nats."""
    power = gains_of(squared, beta) ** 2
    return 0.5 * (np.log1p(power) - np.log1p(power * eigenvalues_of(squared)))


def default_betas(squared):
    """Return a geometric grid of beta over all phases of the curve."""
    related = squared[squared > _LEAST_SQUARED]
    if not len(related):
        return np.ones(1)
    return np.geomspace(_BEFORE / related[0], _BEYOND / related[-1], _N_BETAS)
