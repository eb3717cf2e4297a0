"""Maps that differ from a function in one state, a part of whose mass goes to another group.

Theorem 3 of Ebrahimi et al. (2024): among the maps near a function whose entropy is R, the most information at R + eps
has the one that moves mass of a state to a new group, and at R - eps the one that moves mass of a state of the lightest
group to the heaviest. The state is the one of the least share of its group, and of the least mass.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import xlogy

from skib.coupling._distributions import entropy_of

# Halvings of an interval of masses, down to the rounding of float64.
_HALVINGS = 60


class Split(NamedTuple):
    """A map: groups of all states, but of one state, of which some mass goes to another group."""

    groups: np.ndarray
    state: int
    group: int
    mass: float
    mutual_info: float


def best_split(p, limit, bracket):
    """Return the map of most information of entropy up to the limit, of all that split one state as in Theorem 3.

    The finite masses that reach the limit are compared for every state, whose order they may change.
    """
    splits = [_to_new_group(p, limit, bracket.below), _to_heaviest_group(p, limit, bracket.above)]
    return max(splits, key=lambda split: split.mutual_info)


def _to_new_group(p, limit, groups):
    """Move as much mass of a state to a new group as the limit allows."""
    sums = np.bincount(groups, p)
    own, entropy = sums[groups], entropy_of(sums)

    def excess(moved):
        return entropy + _term(own) - _term(own - moved) - _term(moved) - limit

    # The entropy grows up to the half of the group.
    moved = _last_below(excess, np.minimum(p, own / 2))
    gains = _term(own) - _term(own - moved) - _term(p) + _term(p - moved)
    state = int(np.argmax(gains))
    return Split(groups, state, len(sums), float(moved[state]), entropy + float(gains[state]))


def _to_heaviest_group(p, limit, groups):
    """Move as little mass of a state to the heaviest group as brings the entropy to the limit."""
    sums = np.bincount(groups, p)
    heaviest = int(np.argmax(sums))
    own, most, entropy = sums[groups], sums[heaviest], entropy_of(sums)

    def entropy_after(moved):
        return entropy + _term(own) + _term(most) - _term(own - moved) - _term(most + moved)

    # What stays is as large as possible.
    kept = _last_below(lambda kept: entropy_after(p - kept) - limit, p)
    moved = p - kept
    infos = entropy_after(moved) - (_term(p) - _term(moved) - _term(kept))
    infos[(groups == heaviest) | (entropy_after(moved) > limit)] = 0.0
    state = int(np.argmax(infos))
    return Split(groups, state, heaviest, float(moved[state]), float(infos[state]))


def _last_below(excess, most):
    """Return the largest values up to `most` at which a growing function is not positive, by bisection."""
    low, high = np.zeros_like(most), most.copy()
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        fits = excess(middle) <= 0
        low, high = np.where(fits, middle, low), np.where(fits, high, middle)
    return np.where(excess(most) <= 0, most, low)


def _term(mass):
    return xlogy(mass, mass)
