"""Functions of a variable near a given one: moves of states to other groups, and exchanges of two states.

With f(m) = m log m and groups of masses m_t, H(T) = -sum_t f(m_t). Only the groups that are touched change it.
"""

import numpy as np

from skib._jit import njit


@njit
def _term(mass):
    return mass * np.log(mass) if mass > 0 else 0.0


@njit
def best_neighbors(first, stop, states, targets, masses, groups, sums, entropy, limit, values, places):
    """Find the best change of states[first:stop], in place: values[0] and places[0], values[1] and places[1].

    States are moved to the groups of `targets`, and exchanged with other ones of `states`. `sums` are the masses of the
    groups, and a last one of 0 for a new group. values[0] is the largest entropy up to `limit`, and values[1] the least
    entropy above it; both are improved, or left. places is (state, group, -1) of a move, and (state, group of the
    other, other state) of an exchange.
    """
    for i in range(first, stop):
        x = states[i]
        a = groups[x]
        for b in targets:
            if b != a:
                change = _change(sums[a], sums[b], masses[x])
                _keep(entropy + change, limit, x, b, -1, values, places)
        for k in range(i + 1, len(states)):
            y = states[k]
            b = groups[y]
            if b != a and masses[y] != masses[x]:
                change = _change(sums[a], sums[b], masses[x] - masses[y])
                _keep(entropy + change, limit, x, b, y, values, places)


@njit
def _change(a, b, moved):
    """Change of the entropy if a mass moves from a group of mass a to one of mass b."""
    return _term(a) + _term(b) - _term(a - moved) - _term(b + moved)


@njit
def _keep(value, limit, x, b, y, values, places):
    side = 0 if value <= limit else 1
    if (side == 0 and value > values[0]) or (side == 1 and value < values[1]):
        values[side] = value
        places[side, 0], places[side, 1], places[side, 2] = x, b, y
