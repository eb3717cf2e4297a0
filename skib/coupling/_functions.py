"""Functions of a variable whose entropy is close to a bound: a greedy one, and the best that small changes lead to.

A function is an array of groups, the value of each state. Its entropy is its information about the variable.
"""

from typing import NamedTuple

import numpy as np

from skib._kernels.entropy_bounded import best_neighbors
from skib.coupling._distributions import entropy_of

# An entropy exceeds a bound if it does so by more than rounding: log 2 is a bound for the entropy of two halves.
TOLERANCE = 1e-12
# Distance to the bound in nats at which the search ends.
_CLOSE = 1e-6
# Changes that one call of the kernel looks at, well below half a second.
_CHANGES = 5_000_000


class Bracket(NamedTuple):
    """The best function up to a bound of entropy, and the one of least entropy above it."""

    below: np.ndarray
    above: np.ndarray


def greedy_bracket(p, limit):
    """Merge the two heaviest groups until this, or merging the two lightest, brings the entropy to the limit at most.

    This is Algorithm 1 of Ebrahimi et al. (2024), for positive p of entropy above the limit. The function above the
    limit is the last one before.
    """
    order = np.argsort(p, kind="stable")
    rising = p[order]
    # With j + 1 groups, the j lightest states are groups of their own.
    terms = np.r_[0.0, np.cumsum(rising * np.log(rising))]
    heavy = np.r_[np.cumsum(rising[::-1])[::-1][:-1], rising[-1]]
    entropies = -terms[:-1] - heavy * np.log(heavy)
    lightest = rising[:2]
    lost = lightest.sum() * np.log(lightest.sum()) - lightest @ np.log(lightest)
    merged_lightest = np.where(np.arange(len(p)) > 1, entropies - lost, 0.0)
    j = int(np.flatnonzero((entropies <= limit) | (merged_lightest <= limit))[-1])
    above = below = np.minimum(np.arange(len(p)), j)
    if entropies[j] <= limit:
        above = np.minimum(np.arange(len(p)), j + 1)
    else:
        below = np.where(below == 1, 0, below)
    back = np.argsort(order)
    return Bracket(below[back], above[back])


def closest_bracket(p, limit, bracket):
    """Improve both functions by moves of a state to another group and exchanges of two states, best first.

    Changes of either one are tried for both sides of the limit. The search ends within `_CLOSE` of the limit, or where
    no change is better.
    """
    functions = [np.unique(groups, return_inverse=True)[1] for groups in bracket]
    entropies = [entropy_of(np.bincount(groups, p)) for groups in functions]
    is_new = [True, True]
    while any(is_new) and limit - entropies[0] > _CLOSE:
        side = is_new.index(True)
        is_new[side] = False
        start = functions[side]
        for k, place in enumerate(_best_changes(p, start, limit, entropies)):
            groups = _changed(start, place) if place[0] >= 0 else functions[k]
            entropy = entropy_of(np.bincount(groups, p))
            is_better = entropies[0] < entropy <= limit if k == 0 else limit < entropy < entropies[1]
            if is_better:
                functions[k], entropies[k], is_new[k] = groups, entropy, True
    return Bracket(*functions)


def _best_changes(p, groups, limit, entropies):
    """Return the changes of groups that lead closest to the limit from below and above; (-1, ...) for none."""
    sums = np.bincount(groups, p)
    states, targets = distinct_states(p, groups, sums), np.append(first_two(sums), len(sums))
    sums = np.append(sums, 0.0)
    changes, entropy = candidates(states, targets, p, groups, sums), entropy_of(sums)
    values, places = np.array(entropies), np.full((2, 3), -1)
    n_rows = max(_CHANGES // (len(states) + len(targets)), 1)
    for first in range(0, len(states), n_rows):
        stop = min(first + n_rows, len(states))
        best_neighbors(first, stop, states, changes, p, groups, sums, entropy, limit, values, places)
        if limit - values[0] <= _CLOSE:
            break
    return places


def candidates(states, targets, p, groups, sums):
    """Return what a state can be moved to, and exchanged for, as ``best_neighbors`` takes it."""
    own, masses = groups[states], p[states]
    is_alone = sums[own] == masses
    rising = np.argsort(sums[targets], kind="stable")
    by_run = np.lexsort((masses, np.where(is_alone, -1, own)))
    counts = np.bincount(own[~is_alone])
    return (
        np.append(targets[rising], own[by_run]),
        np.append(np.full(len(targets), -1), states[by_run]),
        np.append(np.zeros(len(targets)), masses[by_run]),
        np.append(rising, len(targets) + by_run),
        np.cumsum([0, len(targets), np.sum(is_alone), *counts[counts > 0]]),
    )


def distinct_states(p, groups, sums):
    """Return the states, in order, of which no change of the others differs.

    Of states of one mass in groups of one mass, two in different groups are enough: a change takes two groups.
    """
    order = np.lexsort((groups, p, sums[groups]))
    key = np.column_stack([sums[groups], p, groups])[order]
    states = order[np.append(True, (key[1:] != key[:-1]).any(axis=1))]  # one of each mass in each group
    states = states[np.lexsort((states, p[states], sums[groups[states]]))]
    return np.sort(states[_is_among_first_two(sums[groups[states]], p[states])])


def first_two(sums):
    """Return the groups, in order, of which no more than two have the same mass."""
    order = np.argsort(sums, kind="stable")
    return np.sort(order[_is_among_first_two(sums[order])])


def _is_among_first_two(*columns):
    """Mark the first two of every run of equal entries of sorted columns."""
    is_third = np.ones(max(len(columns[0]) - 2, 0), bool)
    for column in columns:
        is_third &= column[2:] == column[:-2]
    return np.append([True] * min(len(columns[0]), 2), ~is_third)


def _changed(groups, place):
    """Return groups after a move, or an exchange, without a number that has no state."""
    (state, group, other), groups = place, groups.copy()
    if other >= 0:
        groups[other] = groups[state]
    groups[state] = group
    return np.unique(groups, return_inverse=True)[1]
