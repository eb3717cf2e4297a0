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
    *sums, pvalues = _tests_and_sums(search.counts, pool, places)
    pvalues = np.where(np.isnan(scores), np.nan, np.minimum(1.0, n_choices * pvalues))  # columns of `include` have none
    redundancy, synergy = sums / np.maximum(np.arange(len(places)), 1)
    numbers = zip(scores, pool.terms.relevance[places], redundancy, synergy, pvalues, strict=True)
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


def _tests_and_sums(counts, pool, places):
    """Return the sums of I(k;j) and of I(k;j|Y) over the picks j before each pick k, and the p-value of each."""
    columns, entropy, relevance = pool.candidates[places].tolist(), pool.entropy[places], pool.terms.relevance[places]
    with_class, numbers = np.empty(len(places)), np.empty((3, len(places)))
    for picks in _blocks_of_picks(counts, columns):
        entropies, numbers[2, picks] = _tests(counts, columns, picks)
        earlier = np.arange(picks[-1])
        tables = np.zeros((2, len(picks), len(earlier) + 1))
        tables[:, np.arange(len(earlier) + 1) <= picks[:, None]] = entropies
        with_class[picks] = tables[0, :, 0]  # the first table of a pick is its own
        with_target, without = tables[:, :, 1:]
        redundancy = entropy[picks, None] + entropy[earlier] - without
        conditional = (without - entropy[earlier]) + (with_class[earlier] - with_target)
        synergy = redundancy + conditional - relevance[picks, None]
        tables[:, :, 0] = 0
        tables[:, :, 1:] = np.where(earlier < picks[:, None], (redundancy, synergy), 0.0)
        numbers[:2, picks] = tables.cumsum(axis=2)[:, :, -1]  # in the order of the picks
    return numbers


def _blocks_of_picks(counts, columns):
    """Divide the picks so that the tables of each part are few, or those of one pick."""
    levels = counts.levels[columns]
    number = np.cumsum(levels * np.cumsum(levels) * counts.n_classes) // _CELLS_PER_BLOCK
    return np.split(np.arange(len(columns)), np.flatnonzero(np.diff(number)) + 1)


def _tests(counts, columns, picks):
    """Return H(X_k, X_j, Y) and H(X_k, X_j) of picks k, with no j and with those before, and the p-value of each."""
    requests = [(context, columns[i]) for i in picks for context in [(), *((j,) for j in columns[:i])]]
    tables = counts.tables(requests)
    stacks = stacked(tables)
    ratios = stacked_ratios(stacks, counts.n_effective / tables[0].sum())
    return counts.entropies(stacks), independence_pvalues(ratios, picks + 1)
