"""Picks of a greedy search: which candidate is the best, what is recorded of it, and why no more are taken."""

from numbers import Integral
from typing import NamedTuple

import numpy as np

from skib._warnings import SkibWarning, warn

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


def number_to_select(wanted, n_columns):
    """Return how many of the columns are to be selected: a number, a share of them, or None for half of them."""
    n_wanted = wanted if isinstance(wanted, Integral) else int((0.5 if wanted is None else wanted) * n_columns)
    if n_wanted > n_columns:
        warn(f"n_features_to_select={wanted} exceeds the {n_columns} columns of X; all of them are taken", SkibWarning)
    return min(max(int(n_wanted), 1), n_columns)
