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
    relevance: float  # I(T;Y)
    entropy: float  # H(T)


def solution_of(joint, encoder):
    """Return the Solution that has this encoder; every cluster must have a weight."""
    weights = joint.weights @ encoder
    together = np.asarray((joint.conditional.T @ (joint.weights[:, None] * encoder)).T)  # q(t, y)
    entropy = float(entr(weights).sum())
    rate = entropy - float(joint.weights @ entr(encoder).sum(axis=1))
    centers = together / weights[:, None]
    return Solution(encoder, weights, centers, rate, mutual_information(together), entropy)


def mutual_information(together):
    """Return the mutual information of a joint distribution q(t, y) given as a table of sum 1."""
    margins = together.sum(axis=1, keepdims=True), together.sum(axis=0, keepdims=True)
    # Divided before the logarithm, so that independence gives terms of exactly log 1.
    ratio = np.divide(together, margins[0] * margins[1], out=np.ones_like(together), where=together > 0)
    return float(xlogy(together, ratio).sum())


def log_centers(centers):
    """Return log q(y|t), where zeros count as the smallest number.

    The mass of a row outside of the support of a cluster is then compared first, and the divergence inside second.
    """
    return np.log(np.maximum(centers, np.finfo(np.float64).tiny))


def affinities(conditional, logs):
    """Return the sum over y of p(y|x) log q(y|t), shape (n, k): the negative divergence but for a term of the row."""
    return np.asarray(conditional @ logs.T)
