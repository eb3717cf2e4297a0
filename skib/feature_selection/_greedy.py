"""The greedy search: the best candidate of each step, until a stop ends it."""

from math import comb
from typing import Any, NamedTuple

import numpy as np

from skib.feature_selection._counts import best_pair
from skib.feature_selection._criteria import Formula
from skib.feature_selection._pair_path import pair_path
from skib.feature_selection._picks import Pick, first_of_best, reason_of_number
from skib.feature_selection._pool import extended, first_pool, given_all, only, relevance_alone
from skib.feature_selection._terms import Decision, Step


class Search(NamedTuple):
    """What a greedy search is given."""

    counts: Any  # Counts
    formula: Formula
    candidates: np.ndarray
    n_most: float  # columns to select at most
    tested: Any = None  # counts whose information a test of independence takes
    stop: Any = None  # ends the search; None: n_most does
    test: Any = None  # gives the p-values where there is no stop
    included: tuple = ()  # columns that are selected first, in order
    pair: bool = False  # whether the search starts with the best pair of columns
    n_jobs: int | None = None


def greedy_path(search):
    """Return the picks in order, and why there are no more of them."""
    _require_room(search)
    pool = first_pool(search.counts, search.candidates, search.n_jobs)
    if _waits_for_nothing(search):
        return pair_path(search, pool)
    state = State(search, pool)
    for j in search.included:
        state.take((j,), np.nan, np.nan)
    while True:
        if len(state.picks) >= search.n_most:
            return state.picks, reason_of_number(len(state.picks), search.n_most)
        if not len(state.pool.candidates):
            return state.picks, "no candidate is left"
        step = state.step()
        decision = _decision(search, step)
        if decision.reason is not None:
            return state.picks, decision.reason
        if decision.instead is not None:
            step = step.taking(decision.instead)
        state.take(step.best, step.score, decision.pvalue)


def _waits_for_nothing(search):
    """Whether scores and the end depend on tables of two columns alone, so that the other ones can wait for the end."""
    is_free = search.stop is None and search.test is not None and not search.pair
    return is_free and search.formula.is_of_pairs and getattr(search.counts, "are_exact", False)


def _require_room(search):
    """Refuse columns to start with that exclude each other, or are too many."""
    n_included = len(search.included)
    if search.pair and n_included:
        raise ValueError("init='pair' starts with two columns of its own, but include names others; pass one of them")
    if n_included > search.n_most:
        raise ValueError(
            f"include names {n_included} columns or groups, but n_features_to_select asks for {search.n_most}; include "
            "fewer, or select more"
        )


class State:
    """The picks so far, and the candidates with the terms of all picks but the last, which may need no tables."""

    def __init__(self, search, pool):
        self.search, self.pool, self.picks, self.entropies, self.n_added = search, pool, [], [], 0

    def step(self):
        """Score the candidates."""
        self._extend()
        search, pool = self.search, self.pool
        if search.pair and not self.picks and len(pool.candidates) > 1:
            i, j, score = best_pair(search.counts, pool.candidates, search.n_jobs)
            best, scores, n_choices = (i, j), None, comb(int(pool.varies.sum()), 2)
        else:
            scores = search.formula.score(pool.terms) if self.picks else pool.terms.relevance
            place = first_of_best(scores)
            best, score, n_choices = (int(pool.candidates[place]),), float(scores[place]), int(pool.varies.sum())
        n_choices = max(n_choices, 1)
        terms = pool.terms if search.formula.needs_pairs else relevance_alone(pool.terms, len(self.picks))
        past = tuple(pick.score for pick in self.picks)
        return Step(search.tested, self._selected(), best, pool.candidates, n_choices, terms, scores, score, past)

    def take(self, columns, score, pvalue):
        """Select columns."""
        for column in columns:
            self._extend()
            is_taken, n_before = self.pool.candidates == column, max(len(self.picks), 1)
            taken = only(self.pool, is_taken)
            self.pool = only(self.pool, ~is_taken)
            if not self.search.formula.needs_pairs:
                taken = self._added(taken, 0)
            relevance, redundancy, synergy = (part[0] for part in taken.terms[:3])
            numbers = score, relevance, redundancy / n_before, synergy / n_before, pvalue
            self.picks.append(Pick(column, *map(float, numbers)))
            self.entropies.append(taken.entropy[0])

    def _extend(self):
        """Add the terms of the last picks to those of the candidates."""
        if self.n_added == len(self.picks):
            return
        if self.search.formula.needs_pairs:
            self.pool = self._added(self.pool, self.n_added)
        if self.search.formula.needs_context:
            self.pool = given_all(self.pool, self.search.counts, self._selected(), self.search.n_jobs)
        self.n_added = len(self.picks)

    def _added(self, pool, n_added):
        for pick, entropy in zip(self.picks[n_added:], self.entropies[n_added:], strict=True):
            pool = extended(pool, self.search.counts, pick.column, entropy, self.search.n_jobs)
        return pool

    def _selected(self):
        return tuple(pick.column for pick in self.picks)


def _decision(search, step):
    if search.stop is not None:
        return search.stop.decide(step)
    return Decision(None, np.nan if search.test is None else search.test.pvalue(step))
