"""The search for influential sets of columns: drop from random starts, test what is found, and again without it."""

from math import comb
from typing import Any, NamedTuple

import numpy as np

from skib._kernels.counts import joint_codes
from skib._kernels.influence import drop_backward
from skib._parallel import blocks, run_tasks, spawn_generators
from skib.feature_selection._random_starts import draw_starts
from skib.feature_selection._responses import independence_pvalue

# Sets that are tested in each pass, those of the largest scores: one takes a tenth of a millisecond per thousand rows.
_MOST_TESTED = 50
# Sets that are kept of each block of starts: enough for those that are not tested any more.
_MOST_KEPT = 4 * _MOST_TESTED
# Of a block of starts between which Ctrl-C takes effect, and the most starts in one.
_SECONDS_PER_BLOCK, _MOST_PER_BLOCK = 0.1, 8192


class Table(NamedTuple):
    """Codes of the columns, and the target."""

    codes: np.ndarray  # (n_features, n_samples)
    levels: np.ndarray  # (n_features,): the codes of column j are below levels[j]
    response: Any


class Plan(NamedTuple):
    """How sets are searched for."""

    n_draws: int  # in each pass
    size: int  # of a start, in columns
    n_cells: int  # of a start, at most
    alpha: float
    n_jobs: int | None
    verbose: int


class Subset(NamedTuple):
    """A set of columns that was tested."""

    columns: tuple
    score: float
    pvalue: float  # adjusted for all sets of its size, and for all sizes
    accepted: bool


class Search:
    """The sets found so far, and those accepted."""

    def __init__(self, table, plan):
        self.table, self.plan = table, plan
        self.varying = np.flatnonzero(table.levels > 1)
        self.influence = np.zeros(len(table.levels))
        self.found, self.tested = {}, {}

    @property
    def selected(self):
        """The columns of the accepted sets, those of the largest scores first."""
        accepted = [subset for subset in self.subsets() if subset.accepted]
        return list(dict.fromkeys(j for subset in accepted for j in subset.columns))

    def subsets(self):
        """Return the tested sets in the order of their scores."""
        return sorted(self.tested.values(), key=lambda subset: (-subset.score, len(subset.columns), subset.columns))

    def run(self, random_state):
        """Search until a pass accepts nothing: an effect hides weaker ones in all starts that hold its columns."""
        columns = self.varying
        self._add(*best_sets(self.table, columns[:, None], self.plan.n_cells, len(columns)))
        n_accepted = -1
        while len(columns) and n_accepted < len(self.selected):
            n_accepted = len(self.selected)
            self._draw(columns, random_state)
            self._test()
            columns = np.setdiff1d(self.varying, self.selected)

    def _draw(self, columns, random_state):
        plan, size = self.plan, min(self.plan.size, len(columns))
        parts = blocks(plan.n_draws, starts_per_block(self.table, plan))
        generators = spawn_generators(random_state, len(parts))
        tasks = [(generator, part.stop - part.start) for generator, part in zip(generators, parts, strict=True)]

        def draw(generator, n_draws):
            starts = draw_starts(generator, n_draws, columns, size, self.table.levels, plan.n_cells)
            return best_sets(self.table, starts, plan.n_cells, _MOST_KEPT)

        results = run_tasks(
            draw, tasks, n_jobs=plan.n_jobs, verbose=plan.verbose, description="Dropping from random sets"
        )
        for result in results:
            self._add(*result)

    def _add(self, sets, scores, influence):
        for columns, score in zip(sets, scores, strict=True):
            self.found[columns] = max(score, self.found.get(columns, 0.0))
        self.influence = np.maximum(self.influence, influence)

    def _test(self):
        """Test the sets of the largest scores, and all single columns, the best first."""
        ranked = sorted(self.found.items(), key=lambda item: (-item[1], len(item[0]), item[0]))
        larger = [item for item in ranked if len(item[0]) > 1 and item[0] not in self.tested][:_MOST_TESTED]
        chosen = {item[0] for item in larger}
        for columns, score in ranked:
            if columns in self.tested or not (columns in chosen or len(columns) == 1):
                continue
            n_sets = 2 ** len(columns) * comb(len(self.varying), len(columns))
            pvalue = min(1.0, n_sets * self._pvalue(columns, columns))
            accepted = pvalue <= self.plan.alpha and n_sets * self._added_pvalue(columns) <= self.plan.alpha
            self.tested[columns] = Subset(columns, score, pvalue, accepted)
        self.found = dict(ranked[:_MOST_TESTED])

    def _pvalue(self, columns, needed):
        """Return the largest p-value of independence of the target and a needed column given the others."""
        table = self.table
        return max(
            independence_pvalue(table.response, table.codes[j], self._strata([k for k in columns if k != j]))
            for j in needed
        )

    def _added_pvalue(self, columns):
        """Return the p-value of the columns that are not selected, given also the accepted sets that overlap."""
        overlapping = [s.columns for s in self.tested.values() if s.accepted and set(s.columns) & set(columns)]
        others = {j for subset in overlapping for j in subset}
        added = [j for j in columns if j not in others]
        if not overlapping:
            return 0.0
        return self._pvalue(sorted(others | set(columns)), added) if added else 1.0

    def _strata(self, columns):
        if not columns:
            return np.zeros(self.table.codes.shape[1], np.int64)
        return joint_codes([self.table.codes[j].astype(np.int64) for j in columns])


def seconds_per_start(table, plan):
    """Return about how long a start takes on one core; measured on the machine of the benchmarks."""
    n_outputs, n_samples = table.response.outputs.shape
    n_cells = min(plan.n_cells, np.exp(plan.size * np.mean(np.log(np.maximum(table.levels, 2)))))
    return 5e-6 + (4e-10 * plan.size + 1e-9 * n_outputs) * n_samples + 5e-9 * plan.size * n_cells * n_outputs


def starts_per_block(table, plan):
    """Return how many starts make a block, which depends on the data alone."""
    return int(np.clip(_SECONDS_PER_BLOCK / seconds_per_start(table, plan), 1, _MOST_PER_BLOCK))


def best_sets(table, starts, n_cells, n_most):
    """Drop columns from each start, and keep the best set on the way.

    Returns
    -------
    sets : list of tuple of int
        The distinct sets of the n_most largest scores.
    scores : ndarray
        Their scores.
    influence : ndarray of shape (n_features,)
        Largest score of all the sets that have the column, or 0.
    """
    kept, scores = np.empty(starts.shape, bool), np.empty(len(starts))
    response, influence = table.response, np.zeros(len(table.levels))
    drop_backward(table.codes, table.levels, response.outputs, response.means, starts, n_cells, kept, scores)
    scores /= response.variation
    np.maximum.at(influence, starts[kept], np.broadcast_to(scores[:, None], kept.shape)[kept])
    order = np.argsort(-scores, kind="stable")
    first = np.unique(np.where(kept, starts, -1)[order], axis=0, return_index=True)[1]
    best = order[np.sort(first)[:n_most]]
    sets = [tuple(columns[mask].tolist()) for columns, mask in zip(starts[best], kept[best], strict=True)]
    return sets, scores[best], influence
