"""Picks of a greedy search: which candidate is the best, what is recorded of it, and why no more are taken."""

from typing import NamedTuple

import numpy as np

# Scores that differ by less, relative to 1 nat or to the best, differ by the order of their sums only: ties.
_ROUNDING = 1e-12


class Pick(NamedTuple):
    """A column that was selected, with its terms when it was."""

    column: int
    score: float
    relevance: float
    redundancy: float  # mean over the columns selected before it
    synergy: float  # of I(k;j|Y), likewise
    pvalue: float


def first_of_best(scores):
    """Return the place of the largest score; the first of those that are equal but for rounding."""
    best = scores.max()
    return int(np.argmax(scores >= best - _ROUNDING * max(1.0, abs(best))))


def reason_of_number(n_picks, n_most):
    """Return why so many columns are selected, and no more."""
    if n_picks > n_most:
        return f"{n_picks} are selected, the pair of init='pair', though n_features_to_select asks for {n_most}"
    return f"{n_picks} are selected, as many as n_features_to_select asks for"
