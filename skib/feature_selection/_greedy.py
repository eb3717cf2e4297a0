"""The greedy search: the best candidate of each step, until a stop ends it."""

from math import comb
from typing import Any, NamedTuple

import numpy as np

from skib.feature_selection._counts import best_pair
from skib.feature_selection._criteria import Formula
from skib.feature_selection._pool import extended, first_pool, given_all, without
from skib.feature_selection._terms import Decision, Step

# Scores that differ by less, relative to 1 nat or to the best, differ by the order of their sums only: ties.
_ROUNDING = 1e-12


class Search(NamedTuple):
    """What a greedy search is given."""

    counts: Any  # Counts
    formula: Formula
    candidates: np.ndarray
    n_most: int  # columns to select at most
    tested: Any = None  # counts whose information a test of independence takes
    stop: Any = None  # ends the search; None: n_most does
    test: Any = None  # gives the p-values where there is no stop
    included: tuple = ()  # columns that are selected first, in order
    pair: bool = False  # whether the search starts with the best pair of columns
    n_jobs: int | None = None


class Pick(NamedTuple):
    """A column that was selected, with its terms when it was."""

    column: int
    score: float
    relevance: float
    redundancy: float  # mean over the columns selected before it
    synergy: float  # of I(k;j|Y), likewise
    pvalue: float


def greedy_path(search):
    """Return the picks in order, and why there are no more of them."""
    pool = first_pool(search.counts, search.candidates, search.n_jobs)
    state = State(search, pool)
    for j in search.included:
        state.take((j,), np.nan, np.nan)
    while True:
        if len(state.picks) >= search.n_most:
            return state.picks, f"{search.n_most} are selected, as many as n_features_to_select asks for"
        if not len(state.pool.candidates):
            return state.picks, "no candidate is left"
        step = state.step()
        decision = _decision(search, step)
        if decision.reason is not None:
            return state.picks, decision.reason
        if decision.instead is not None:
            step = step.taking(decision.instead)
        state.take(step.best, step.score, decision.pvalue)


class State:
    """The picks so far, and the pool with the terms of all of them but those that are yet to be added."""

    def __init__(self, search, pool):
        self.search, self.pool, self.picks = search, pool, []
        self.waiting = []  # (column, entropy): the last pick of all needs no tables

    def step(self):
        """Score the candidates."""
        self._extend()
        search, pool = self.search, self.pool
        if search.pair and not self.picks and len(pool.candidates) > 1:
            i, j, score = best_pair(search.counts, pool.candidates, search.n_jobs)
            best, scores, n_choices = (i, j), None, comb(len(pool.candidates), 2)
        else:
            scores = search.formula.score(pool.terms) if self.picks else pool.terms.relevance
            place = first_of_best(scores)
            best, score, n_choices = (int(pool.candidates[place]),), float(scores[place]), len(scores)
        selected, past = tuple(pick.column for pick in self.picks), tuple(pick.score for pick in self.picks)
        return Step(search.tested, selected, best, pool.candidates, n_choices, pool.terms, scores, score, past)

    def take(self, columns, score, pvalue):
        """Select columns."""
        for column in columns:
            self._extend()
            terms, place = self.pool.terms, int(np.flatnonzero(self.pool.candidates == column)[0])
            n_selected = max(terms.n_selected, 1)
            redundancy, synergy = terms.redundancy[place], terms.conditional_redundancy[place]
            numbers = score, terms.relevance[place], redundancy / n_selected, synergy / n_selected, pvalue
            self.picks.append(Pick(column, *map(float, numbers)))
            self.waiting.append((column, self.pool.entropy[place]))
            self.pool = without(self.pool, [column])

    def _extend(self):
        for column, entropy in self.waiting:
            self.pool = extended(self.pool, self.search.counts, column, entropy, self.search.n_jobs)
        if self.waiting and self.search.formula.needs_context:
            selected = tuple(pick.column for pick in self.picks)
            self.pool = given_all(self.pool, self.search.counts, selected, self.search.n_jobs)
        self.waiting = []


def first_of_best(scores):
    """Return the place of the largest score; the first of those that are equal but for rounding."""
    best = scores.max()
    return int(np.argmax(scores >= best - _ROUNDING * max(1.0, abs(best))))


def _decision(search, step):
    if search.stop is not None:
        return search.stop.decide(step)
    return Decision(None, np.nan if search.test is None else search.test.pvalue(step))
