"""Functions of a variable near a given one: moves of states to other groups, and exchanges of two states.

With f(m) = m log m and groups of masses m_t, H(T) = -sum_t f(m_t). Only the groups that are touched change it.
"""

import numpy as np

from skib._jit import njit

# Bound of the rounding of an entropy, up to which changes are not in order.
_ROUNDING = 1e-14


@njit
def _term(mass):
    return mass * np.log(mass) if mass > 0 else 0.0


@njit
def best_neighbors(first, stop, states, candidates, masses, groups, sums, entropy, limit, values, places):
    """Find the best change of states[first:stop], in place: values[0] and places[0], values[1] and places[1].

    States are moved to other groups, and exchanged with other states: the `candidates` are arrays (group that the state
    goes to, state that it is exchanged for or -1, mass of that or 0, order, starts of runs). The first run has moves
    to groups of rising mass, the second one states that are alone in their groups, and each other one the states of a
    group, all of rising mass. `sums` are the masses of the groups, and a last one of 0 for a new group.

    values[0] is the largest entropy up to `limit`, and values[1] the least entropy above it; both are improved, or
    left. Of equal changes the first state has it, and then the first order. places is (state, group, -1) of a move, and
    (state, group of the other, other state) of an exchange.

    Along a run the entropy rises up to some place, and falls from there: f is convex. In the first and the second run
    it falls. It crosses the limit twice at most, and the best changes are found there, by bisection.
    """
    of, _, less, _, starts = candidates
    earlier, orders = np.empty(2), np.empty(2, np.int64)
    for i in range(first, stop):
        x = states[i]
        a, mass = sums[groups[x]], masses[x]
        orders[:], earlier[:] = -1, values
        for run in range(len(starts) - 1):
            low, high = starts[run], starts[run + 1]
            # A state that is alone moves nothing by an exchange with another one; nor do states of one group.
            if low == high or (run == 1 and a == mass) or (run > 1 and of[low] == groups[x]):
                continue
            top = low
            if run > 1:
                top += np.searchsorted(less[low:high], mass - (a - sums[of[low]]) / 2)
            for begin, end, rises in ((low, top, True), (top, high, False)):
                middle = _crossing(begin, end, rises, a, mass, candidates, sums, entropy, limit)
                row = x, a, mass, groups[x]
                _scan(middle, end, 1, row, candidates, sums, entropy, limit, values, places, earlier, orders)
                _scan(middle - 1, begin - 1, -1, row, candidates, sums, entropy, limit, values, places, earlier, orders)


@njit
def _value(j, a, mass, candidates, sums, entropy):
    """Entropy after change j of a state in a group of mass a."""
    moved, b = mass - candidates[2][j], sums[candidates[0][j]]
    return entropy + _term(a) + _term(b) - _term(a - moved) - _term(b + moved)


@njit
def _crossing(begin, end, rises, a, mass, candidates, sums, entropy, limit):
    """Return the first place of candidates[begin:end] on the other side of the limit, `end` for none."""
    while begin < end:
        middle = (begin + end) // 2
        if (_value(middle, a, mass, candidates, sums, entropy) > limit) == rises:
            end = middle
        else:
            begin = middle + 1
    return begin


@njit
def _scan(j, stop, step, row, candidates, sums, entropy, limit, values, places, earlier, orders):
    """Keep the best changes from place j on, until these are worse than the best by more than rounding."""
    x, a, mass, own = row
    while j != stop:
        b, y = candidates[0][j], candidates[1][j]
        if b != own and (y < 0 or candidates[2][j] != mass):
            value = _value(j, a, mass, candidates, sums, entropy)
            side = 0 if value <= limit else 1
            sign = 1 - 2 * side
            gain = sign * (value - values[side])
            if sign * (value - earlier[side]) <= 0 or gain < -_ROUNDING:
                return
            if gain > 0 or (gain == 0 and candidates[3][j] < orders[side]):
                values[side], orders[side] = value, candidates[3][j]
                places[side, 0], places[side, 1], places[side, 2] = x, b, y
        j += step
