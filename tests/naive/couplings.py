"""Slow twins of skib.coupling, from the definitions: greedy coupling, bounds, the best function of a variable."""

from itertools import combinations
from math import log

import numpy as np

from tests.naive.partitions import set_partitions


def entropy(masses):
    """H in nats of masses with a sum of 1."""
    return -sum(m * log(m) for m in masses if m > 0)


def greedy_masses(marginals):
    """The masses of the greedy coupling of marginals in whole numbers: again and again the least of the largest."""
    rest, masses = [list(marginal) for marginal in marginals], []
    while any(map(any, rest)):
        amount = min(map(max, rest))
        for marginal in rest:
            marginal[marginal.index(max(marginal))] -= amount
        masses.append(amount)
    return masses


def meet_entropy(marginals):
    """Entropy of the meet in the lattice of majorization: the least sums of the k largest masses, for each k."""
    length = max(map(len, marginals))
    padded = [sorted(marginal, reverse=True) + [0.0] * (length - len(marginal)) for marginal in map(list, marginals)]
    least = [min(sum(marginal[:k]) for marginal in padded) for k in range(length + 1)]
    return entropy([b - a for a, b in zip(least, least[1:], strict=False)])


def profile_entropy(marginals):
    """Integral of max_k F_k(t) / t over t up to 1, where F_k(t) is the mass of states of marginal k up to t."""
    ends = sorted({m for marginal in marginals for m in marginal if m > 0} | {1.0})
    total = 0.0
    for a, b in zip(ends, ends[1:], strict=False):
        total += max(sum(m for m in marginal if m <= a) for marginal in marginals) * log(b / a)
    return total


def least_entropy(p, q):
    """The least entropy of a coupling of two distributions: that of a vertex, a forest of n + m - 1 cells."""
    cells = [(i, j) for i in range(len(p)) for j in range(len(q))]
    sides = np.zeros((len(p) + len(q), len(cells)))
    for c, (i, j) in enumerate(cells):
        sides[i, c] = sides[len(p) + j, c] = 1
    best = np.inf
    for basis in combinations(range(len(cells)), len(p) + len(q) - 1):
        columns = sides[:-1, basis]
        if abs(np.linalg.det(columns)) > 0.5:
            masses = np.linalg.solve(columns, np.r_[p, q][:-1])
            if masses.min() > -1e-12:
                best = min(best, entropy(masses))
    return best


def best_function_entropy(p, max_entropy):
    """The largest entropy up to a bound of all functions of a variable."""
    entropies = [entropy([sum(group) for group in groups]) for groups in set_partitions(list(p))]
    return max(value for value in entropies if value <= max_entropy + 1e-12)
