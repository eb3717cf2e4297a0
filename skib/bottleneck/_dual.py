r"""The dual of the bottleneck: bounds of the Lagrangian from below, and clusters that would lower it.

For an encoder with the partition sums Z(x), a cluster of the center C lowers the Lagrangian if and only if

.. math:: G(C) = \sum_x \frac{p(x)}{Z(x)} \exp\Big(\beta \sum_y p(y|x) \log C(y)\Big) > 1,

and no encoder has a Lagrangian below the free energy minus the logarithm of the largest G. Clusters of a fixed point
have G = 1.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import expit

from skib._kernels.bottleneck import dual_on_intervals, log_conditionals
from skib._kernels.cluster_moves import equal_clusters

# Rows that are tried as centers, those of them from which a climb starts, its largest number of steps, and the change
# of a center that ends it.
_CANDIDATES, _STARTS, _STEPS, _SETTLED = 512, 100, 20, 1e-4
# Largest difference of the cells of two centers of which one is enough.
_APART = 0.02
# Intervals of the log odds of a binary center for each of its standard deviations and for each unit, the largest number
# of them, the excess that ends their division, and the c at both ends that is bounded apart.
_INTERVALS, _MOST_INTERVALS, _EXCESS, _END = (0.9, 0.5), 20_000, 1e-7, 1e-12
# Log odds between these ends, and their distances from the first in standard deviations for a beta of 1.
_LOG_ODDS = np.linspace(np.log(_END), -np.log(_END), 513)
_DEVIATIONS = 2 * np.arctan(np.exp(_LOG_ODDS / 2))


class Excess(NamedTuple):
    """The largest log G: a bound from above, or the largest that was found, and the centers where G exceeds 1."""

    bound: float
    centers: np.ndarray  # shape (n_centers, n_columns)


def log_dual_weights(rows, joint, beta):
    """Return log p(x) - log Z(x) for the clusters of a table q(y,z,t)."""
    logs, log_prior = log_conditionals(joint, rows.groups, rows.n_groups)
    scores = log_prior + beta * (rows.table @ logs)
    largest = scores.max(axis=1)
    return np.log(rows.weights) - largest - np.log(np.exp(scores - largest[:, None]).sum(axis=1))


def found_excess(rows, log_duals, beta, near):
    """Climb to local maxima of G from the rows whose p(y|x) has the largest G; the bound is the largest one found.

    The centers of a table `near` are starts, too. Each step sets C to the mean of p(y|x) under the terms of G, which
    never lowers G.
    """
    matrix = rows.table
    candidates = np.argsort(-rows.weights, kind="stable")[:_CANDIDATES]
    tables = rows.matrix[candidates].toarray().T
    values, _ = _climbed(rows, matrix, log_duals, beta, tables)
    tables = np.hstack([tables[:, np.argsort(-values, kind="stable")[:_STARTS]], near / near.sum(axis=0)])
    values, moving = np.empty(tables.shape[1]), np.arange(tables.shape[1])
    for _ in range(_STEPS):
        before = tables[:, moving]
        values[moving], tables[:, moving] = _climbed(rows, matrix, log_duals, beta, before)
        moving = moving[np.abs(tables[:, moving] - before).max(axis=0) > _SETTLED]
        if not len(moving):
            break
    order = np.argsort(-values, kind="stable")
    order = order[values[order] > _EXCESS]
    number = equal_clusters(tables, np.ones(len(values)), order, _APART)
    first = [int(order[number[order] == t][0]) for t in range(number.max() + 1)]
    return Excess(float(max(values.max(), 0.0)), tables.T[first])


def _climbed(rows, matrix, log_duals, beta, tables):
    """Return log G of centers, the columns of a table, and the centers after one step."""
    logs, _ = log_conditionals(np.ascontiguousarray(tables), rows.groups, rows.n_groups)
    terms = log_duals[:, None] + beta * (matrix @ logs)
    largest = terms.max(axis=0)
    terms = np.exp(terms - largest)
    sums = terms.sum(axis=0)
    return largest + np.log(sums), matrix.T @ (terms / sums)


def binary_excess(rows, log_duals, beta, precision=_EXCESS):
    """Bound G over all centers (1 - c, c) of a binary Y, by intervals of the log odds of c that are divided.

    The bound is above the largest G by the relative `precision` at most, unless there are too many intervals.
    """
    p = np.ascontiguousarray(rows.table[:, 1])
    edges = _first_edges(beta)
    left, right, largest, n_intervals = edges[:-1], edges[1:], 1.0, 0
    found, rest = [], _at_the_ends(p, log_duals, beta)
    while len(left) and n_intervals < _MOST_INTERVALS:
        places, values, bounds = np.empty((3, len(left)))
        dual_on_intervals(p, log_duals, beta, left, right, places, values, bounds)
        n_intervals += len(left)
        found.append((places, values))
        largest = max(largest, values.max())
        coarse = bounds > largest * (1 + precision)
        rest = max(rest, bounds[~coarse].max(initial=0.0))
        middle = (left[coarse] + right[coarse]) / 2
        left, right = np.append(left[coarse], middle), np.append(middle, right[coarse])
    rest = max(rest, bounds[coarse].max(initial=0.0), largest)
    places, found = np.hstack(found)
    order = np.argsort(places)
    c = expit(_peaks(places[order], found[order]))
    return Excess(float(np.log(rest)), np.stack([1 - c, c], axis=1))


def _first_edges(beta):
    """Return log odds of c that divide it into intervals about as wide as its standard deviation for p = c allows."""
    numbers = _INTERVALS[0] * np.sqrt(beta) * _DEVIATIONS + _INTERVALS[1] * _LOG_ODDS
    n_first = min(int(numbers[-1] - numbers[0]) + 1, _MOST_INTERVALS // 4)
    return np.interp(np.linspace(numbers[0], numbers[-1], n_first + 1), numbers, _LOG_ODDS)


def _at_the_ends(p, log_duals, beta):
    """Bound G where c or 1 - c is next to 0, and the logarithm of the other one at most 0."""
    with np.errstate(over="ignore"):  # an infinite bound is one, too
        return max(float(np.exp(log_duals + beta * np.log(_END) * side).sum()) for side in (p, 1 - p))


def _peaks(places, values):
    """Return the places of the local maxima above 1."""
    padded = np.concatenate([[-np.inf], values, [-np.inf]])
    peak = (values >= padded[:-2]) & (values >= padded[2:]) & (values > 1 + 2 * _EXCESS)
    return places[peak]
