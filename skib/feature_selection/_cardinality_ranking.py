"""Relevance of columns and pairs of them, less its mean by chance, and the ranking of 3MR."""

from functools import cache
from itertools import chain
from typing import NamedTuple

import numpy as np

from skib._parallel import blocks, run_tasks
from skib.feature_selection._cardinality_cells import count_cells, merged, permutation_adjusted
from skib.feature_selection._independence import independence_pvalues

# Tables of a task, each of which takes a fraction of a millisecond in a thousand rows.
_PER_TASK = 20


class PairEstimates(NamedTuple):
    """Estimates of a pair of columns and the target."""

    joint: tuple  # I(X_i, X_j; Y)
    first: tuple  # I(X_i; Y | X_j)
    second: tuple  # I(X_j; Y | X_i)


class Relevance(NamedTuple):
    """What each column tells about the target, alone or given another one, and the p-value of that."""

    scores: np.ndarray
    partners: np.ndarray  # the column given which, or -1
    pvalues: np.ndarray


class TableCells:
    """The cells of all columns with a target, and of all pairs of columns where they are asked for."""

    def __init__(self, n_features, *, pairs):
        self.n_features = n_features
        self.pairs = [(i, j) for i in range(n_features) for j in range(i + 1, n_features)] if pairs else []
        self._cells = {}

    def add(self, codes, target, n_jobs=None, verbose=0):
        """Add the rows of a batch."""
        of_tables = [(k,) for k in range(self.n_features)] + self.pairs
        tasks = [
            (codes, target, [(columns, self._cells.get(columns)) for columns in of_tables[part]])
            for part in blocks(len(of_tables), _PER_TASK)
        ]
        cells = run_tasks(_added, tasks, n_jobs=n_jobs, verbose=verbose, description="tables")
        self._cells = dict(zip(of_tables, chain.from_iterable(cells), strict=True))

    @property
    def target_is_constant(self):
        """Whether all rows are of one class."""
        return len(np.unique(self._cells[(0,)].target)) < 2

    def of_columns(self, n_jobs=None):
        """Return the Estimate of I(X_k;Y) of each column."""
        cells = [self._cells[(k,)] for k in range(self.n_features)]
        tasks = [(cells[part],) for part in blocks(len(cells), _PER_TASK)]
        return list(chain.from_iterable(run_tasks(_single, tasks, n_jobs=n_jobs)))

    def of_pairs(self, n_jobs=None, verbose=0):
        """Return the PairEstimates of each pair."""
        tasks = [(self._cells[pair],) for pair in self.pairs]
        return run_tasks(_pair, tasks, n_jobs=n_jobs, verbose=verbose, description="pairs of columns")

    def joint_score(self, i, j):
        """Return the score of I(X_i, X_j; Y)."""
        cells = self._cells[min(i, j), max(i, j)]
        return permutation_adjusted(cells.counts, cells.columns, cells.target).score

    def redundancy(self, i, j):
        """Return the score of I(X_i; X_j)."""
        cells = self._cells[min(i, j), max(i, j)]
        return permutation_adjusted(cells.counts, cells.first, cells.second).score


def _added(codes, target, tables):
    return [_with_rows(codes, target, columns, known) for columns, known in tables]


def _with_rows(codes, target, columns, known):
    second = codes[columns[1]] if len(columns) > 1 else np.int64(0)
    cells = count_cells(codes[columns[0]], second, target)
    return cells if known is None else merged(known, cells)


def _single(of_columns):
    return [permutation_adjusted(cells.counts, cells.first, cells.target) for cells in of_columns]


def _pair(cells):
    first, second, target = cells.first, cells.second, cells.target
    return PairEstimates(
        permutation_adjusted(cells.counts, cells.columns, target),
        permutation_adjusted(cells.counts, first, target, second),
        permutation_adjusted(cells.counts, second, target, first),
    )


def relevance_of_columns(estimates):
    """Return the Relevance of columns alone."""
    scores = np.array([estimate.score for estimate in estimates])
    return Relevance(scores, np.full(len(scores), -1), _pvalues(estimates))


def relevance_with_partners(alone, pairs, of_pairs):
    """Return the Relevance of columns alone or given another one, whichever is larger.

    The p-value is the least one, times the number of those.
    """
    scores, partners, pvalues = (part.copy() for part in alone)
    given = [(i, j, estimates.first) for (i, j), estimates in zip(pairs, of_pairs, strict=True)]
    given += [(j, i, estimates.second) for (i, j), estimates in zip(pairs, of_pairs, strict=True)]
    own = _pvalues([estimate for *_, estimate in given])
    for (k, partner, estimate), pvalue in zip(given, own, strict=True):
        pvalues[k] = min(pvalues[k], pvalue)
        if estimate.score > scores[k]:
            scores[k], partners[k] = estimate.score, partner
    return Relevance(scores, partners, np.minimum(1.0, len(scores) * pvalues))


def _pvalues(estimates):
    """Return the p-value of each Estimate, by the test of ``ChiSquareStop``."""
    if not estimates:
        return np.empty(0)
    ratios = np.array([estimate.likelihood_ratio for estimate in estimates], np.float64)
    return independence_pvalues(ratios, np.ones(len(ratios), np.int64))


def rank_3mr(relevance, cells, candidates, n_most, *, redundancy_weight, relation_weight):
    """Return candidates in the order of 3MR: relevance, less redundancy, plus relation.

    Both are medians over the columns that come before; of equal scores the first column wins.
    """
    left, picks = list(candidates), []
    redundancy, relation = cache(cells.redundancy), cache(cells.joint_score)
    while left and len(picks) < n_most:
        scores = relevance[left].copy()
        if picks:
            scores -= redundancy_weight * np.median([[redundancy(j, k) for k in left] for j in picks], axis=0)
            scores += relation_weight * np.median([[relation(j, k) for k in left] for j in picks], axis=0)
        picks.append(left.pop(int(np.argmax(scores))))
    return picks
