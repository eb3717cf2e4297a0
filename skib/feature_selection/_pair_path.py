"""The greedy search for a number of columns by tables of two columns: tables with the target are those of its picks.

The scores are made of I(k;Y) and I(k;j) alone, and no stop asks for a test: the synergies and the p-values of the path
are computed at its end, for the picks in place of all candidates, and of all picks at once.
"""

import numpy as np

from skib.feature_selection._contingency import stacked, stacked_ratios
from skib.feature_selection._independence import independence_pvalues
from skib.feature_selection._picks import Pick, first_of_best, reason_of_number

# Cells of tables that are in memory at once, but for those of one pick: 2 megabytes.
_CELLS_PER_BLOCK = 2**18


def pair_path(search, pool):
    """Return the picks in order, and why there are no more of them."""
    places, scores, n_choices = _search(search, pool)
    reason = "no candidate is left"
    if len(places) >= search.n_most:
        reason = reason_of_number(len(places), search.n_most)
    pairs, pvalues = _terms_of_pairs(search.counts, pool, places)
    pvalues = np.where(np.isnan(scores), np.nan, np.minimum(1.0, n_choices * pvalues))  # columns of `include` have none
    means = [part.cumsum(axis=1)[:, -1] / np.maximum(np.arange(len(places)), 1) for part in pairs]
    numbers = zip(scores, pool.terms.relevance[places], *means, pvalues, strict=True)
    columns = pool.candidates[places].tolist()
    return [Pick(column, *map(float, part)) for column, part in zip(columns, numbers, strict=True)], reason


def _search(search, pool):
    """Return the places of the picks in the pool, their scores, and the number of choices of each."""
    redundancy, left, picks = np.zeros(len(pool.candidates)), np.arange(len(pool.candidates)), []
    included = np.searchsorted(pool.candidates, search.included).tolist()
    while len(picks) < search.n_most and len(left):
        if picks and search.formula.needs_pairs:
            j = picks[-1][0]
            joint = search.counts.pair_entropies(int(pool.candidates[j]), pool.candidates[left], search.n_jobs)
            redundancy[left] += pool.entropy[left] + pool.entropy[j] - joint
        if len(picks) < len(included):
            place, score = included[len(picks)], np.nan
        else:
            terms = pool.terms._replace(relevance=pool.terms.relevance[left], redundancy=redundancy[left])
            scores = search.formula.score(terms._replace(n_selected=len(picks))) if picks else terms.relevance
            best = first_of_best(scores)
            place, score = int(left[best]), float(scores[best])
        picks.append((place, score, max(int(pool.varies[left].sum()), 1)))
        left = left[left != place]
    return [np.array(part) for part in zip(*picks, strict=True)]


def _terms_of_pairs(counts, pool, places):
    """Return I(k;j) and I(k;j|Y) of each pick k and those j before it, 0 for others, and the p-value of each pick."""
    columns, entropy = pool.candidates[places].tolist(), pool.entropy[places]
    parts = [_tests(counts, columns, picks) for picks in _blocks_of_picks(counts, columns)]
    with_target, without, pvalues = (np.concatenate(part) for part in zip(*parts, strict=True))
    # The first request of each pick has no context: its entropies are those of the column itself.
    shape = len(places), len(places) + 1
    tables = np.zeros((2, *shape))
    tables[:, *np.tril_indices(*shape[:1], m=shape[1])] = with_target, without
    own, (with_target, without) = tables[0, :, 0], tables[:, :, 1:]
    redundancy = entropy[:, None] + entropy - without
    conditional = (without - entropy) + (own - with_target)
    synergy = redundancy + conditional - pool.terms.relevance[places, None]
    return np.tril((redundancy, synergy), -1), pvalues


def _blocks_of_picks(counts, columns):
    """Divide the picks so that the tables of each part are few, or those of one pick."""
    levels = counts.levels[columns]
    number = np.cumsum(levels * np.cumsum(levels) * counts.n_classes) // _CELLS_PER_BLOCK
    return np.split(np.arange(len(columns)), np.flatnonzero(np.diff(number)) + 1)


def _tests(counts, columns, picks):
    """Return H(X_k, X_j, Y), H(X_k, X_j) of picks k with none and with those j before, and the p-values."""
    requests = [(context, columns[i]) for i in picks for context in [(), *((j,) for j in columns[:i])]]
    tables = counts.tables(requests)
    stacks = stacked(tables)
    ratios = stacked_ratios(stacks, counts.n_effective / tables[0].sum())
    return *counts.entropies(stacks), independence_pvalues(ratios, picks + 1)
