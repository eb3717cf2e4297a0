"""Cubes around rows that extend to their nearest neighbors, and the entropies that follow from their volumes."""

from typing import NamedTuple

import numpy as np
from scipy.special import digamma, gammaln

from skib._copies import NO_COPIES
from skib._linear_algebra import whitened, whitened_about_zero
from skib._neighbors._counts import scatter
from skib._neighbors._tree import build_tree, nearest_neighbors

# Weights of a larger norm multiply the noise of the distances by more than they save in bias.
_LARGEST_NORM = 20.0
# Distances of whitened rows that the subtraction of their center has left few digits of.
_UNRESOLVED = 1e-14


class Cubes(NamedTuple):
    """The cubes around every row that extend to its neighbors of some ranks."""

    log_volumes: np.ndarray  # (n_samples, n_ranks), in the units of the data
    radius: float  # median distance to the farthest of those neighbors, in standard deviations of the data


def cubes_of(x, ranks):
    """Find the cubes around distinct rows, in whitened coordinates, to their neighbors of these ranks (ascending).

    A cube of log volume minus infinity reaches to rows that are distinct and coincide once they are whitened.
    """
    z, log_volume = whitened(x)
    distances = _distances(z, ranks)
    if distances.min() < _UNRESOLVED:  # rows over many orders of magnitude, of which the least are lost in the center
        z, log_volume = whitened_about_zero(x)
        distances = _distances(z, ranks)
    with np.errstate(divide="ignore"):
        log_volumes = x.shape[1] * np.log(2 * distances) + log_volume
    return Cubes(log_volumes, float(np.median(distances[:, -1])))


def _distances(z, ranks):
    """Return the distances of every row to its neighbors of these ranks."""
    tree = build_tree(z)
    distances = nearest_neighbors(tree, int(ranks[-1]), NO_COPIES)[0][:, np.asarray(ranks) - 1]
    return scatter(distances, tree.order)


def weighted_terms(x, n_neighbors=None):
    """Compute the pointwise entropies of distinct rows of full rank, in nats; nothing is validated, no warning issued.

    This is the estimate of Berrett, Samworth and Yuan (2019) with weights that cancel the leading biases.
    """
    ranks, weights = weights_of_ranks(resolve_n_neighbors(n_neighbors, x), x.shape[1])
    return weighted_entropy_terms(cubes_of(x, ranks), ranks, weights)


def weighted_entropy_terms(cubes, ranks, weights):
    """Compute the pointwise entropies, in nats, from cubes of several ranks and the weights of these."""
    return (cubes.log_volumes + digamma(len(cubes.log_volumes)) - digamma(ranks)) @ weights


def weights_of_ranks(n_neighbors, n_features):
    """Return the ranks of the neighbors that count, ascending, and their weights."""
    ranks = np.unique(np.arange(1, n_features + 1) * n_neighbors // n_features)
    ranks = ranks[ranks > 0]
    for n_constraints in range(min(n_features // 4, len(ranks) - 1), -1, -1):
        powers = 2 * np.arange(n_constraints + 1)[:, None] / n_features
        rows = np.exp(gammaln(ranks + powers) - gammaln(ranks) - gammaln(n_neighbors + powers) + gammaln(n_neighbors))
        weights = np.linalg.lstsq(rows, np.eye(n_constraints + 1)[0], rcond=None)[0]
        weights /= weights.sum()
        if np.linalg.norm(weights) <= _LARGEST_NORM:
            break
    return ranks, weights


def resolve_n_neighbors(n_neighbors, x):
    """Return the number of neighbors, which by default grows with the number of columns."""
    return min(max(5, 2 * x.shape[1] - 1), len(x) - 1) if n_neighbors is None else n_neighbors
