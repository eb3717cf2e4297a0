"""Rate, relevance and entropy of an encoder q(t|x) of a joint distribution, in nats."""

from typing import NamedTuple

import numpy as np
from scipy.special import entr, xlogy

from skib._typing import Floats


class Solution(NamedTuple):
    """An encoder with the distributions and the informations that follow from it."""

    encoder: Floats  # q(t|x), shape (n, k)
    cluster_weights: Floats  # q(t), shape (k,)
    cluster_centers: Floats  # q(y|t), shape (k, m)
    rate: float  # I(X;T)
    relevance: float  # I(T;Y), or I(T;Y|Z)
    entropy: float  # H(T)


def solution_of(joint, encoder):
    """Return the Solution that has this encoder; every cluster must have a weight."""
    weights = joint.weights @ encoder
    together = np.asarray((joint.conditional.T @ (joint.weights[:, None] * encoder)).T)  # q(t, y)
    entropy = float(entr(weights).sum())
    rate = entropy - float(joint.weights @ entr(encoder).sum(axis=1))
    centers = together / weights[:, None]
    relevance = mutual_information(together)
    if joint.groups.any():
        relevance -= mutual_information(by_group(together, joint.groups))
    return Solution(encoder, weights, centers, rate, relevance, entropy)


def mutual_information(together):
    """Return the mutual information of a joint distribution q(t, y) given as a table of sum 1."""
    margins = together.sum(axis=1, keepdims=True), together.sum(axis=0, keepdims=True)
    expected = margins[0] * margins[1]
    # Divided before the logarithm, so that independence gives terms of exactly log 1. Where the product underflows, a
    # cell has less than 1e-140 nats.
    ratio = np.divide(together, expected, out=np.ones_like(together), where=expected > 0)
    return float(xlogy(together, ratio).sum())


def by_group(table, groups):
    """Return the sums of the columns of each group, shape (k, n_groups)."""
    return table @ (groups[:, None] == np.arange(groups.max() + 1)).astype(np.float64)


def log_centers(centers, groups):
    """Return log q(y|t,z) of centers q(y,z|t), where zeros count as the smallest number.

    The mass of a row outside of the support of a cluster is then compared first, and the divergence inside second.
    """
    tiny = np.finfo(np.float64).tiny
    sums = by_group(centers, groups)[:, groups]
    return np.log(np.divide(centers, sums, out=np.full_like(centers, tiny), where=centers > tiny * sums))


def affinities(conditional, logs):
    """Return the sums of p(y,z|x) log q(y|t,z), shape (n, k): negative divergences but for a term of the row."""
    return np.asarray(conditional @ logs.T)
