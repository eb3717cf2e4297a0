"""The cells of a table of sources and a target, with the log probabilities of all their marginals."""

from itertools import combinations

import numpy as np
from scipy.special import digamma

from skib._entropies import log_of_counts
from skib._kernels.counts import joint_codes

# Counts from which G(n), which alternates between odd and even n, is replaced by its mean: no bias is left to correct.
_LARGE = 30


class Cells:
    """The combinations of symbols that occur, by their codes, and how often each does.

    `weights` are counts or probabilities. With `corrected` counts, log n is replaced by the G(n) of Grassberger, whose
    mean over rows has less bias.
    """

    def __init__(self, sources, target, weights, *, corrected=False):
        self.sources, self.target, self.weights = sources, target, weights
        self.total = weights.sum()
        self.shares = weights / self.total
        self._corrected = corrected
        self._codes, self._masses, self._logs = {}, {}, {}

    @property
    def n_sources(self):
        """Number of sources."""
        return len(self.sources)

    def plain(self):
        """Return the same cells without the correction."""
        return Cells(self.sources, self.target, self.weights)

    def codes(self, group, with_target):
        """Return the code of the marginal symbol of a group of sources, for each cell."""
        key = group, with_target
        if key not in self._codes:
            columns = [self.sources[i] for i in sorted(group)] + [self.target] * with_target
            self._codes[key] = joint_codes(columns) if columns else np.zeros(len(self.weights), np.int64)
        return self._codes[key]

    def masses(self, group, with_target):
        """Return the mass of each marginal symbol of a group of sources."""
        key = group, with_target
        if key not in self._masses:
            self._masses[key] = np.bincount(self.codes(group, with_target), self.weights)
        return self._masses[key]

    def log_share(self, group, with_target):
        """Return the log probability of the marginal symbol of a group of sources, for each cell."""
        key = group, with_target
        if key not in self._logs:
            self._logs[key] = self._log(self.masses(group, with_target))[self.codes(group, with_target)]
        return self._logs[key]

    def log_share_of_any(self, groups, with_target):
        """Return the log probability that any of the groups has its symbol, for each cell, by inclusion-exclusion."""
        return self._log(self.sum_over_any(groups, with_target, self.weights))

    def sum_over_any(self, groups, with_target, values):
        """Sum values over all cells in which any of the groups has the symbol of a cell, for each cell."""
        total = 0.0
        for size in range(1, len(groups) + 1):
            for some in combinations(groups, size):
                codes = self.codes(frozenset().union(*some), with_target)
                total = total - (-1) ** size * np.bincount(codes, values)[codes]
        return total

    def mean_given(self, group, with_target, values):
        """Average values over all cells in which a group has the symbol of a cell, for each cell."""
        codes = self.codes(group, with_target)
        return (np.bincount(codes, self.weights * values) / self.masses(group, with_target))[codes]

    def information(self, group):
        """Return the information of a group of sources about the target, for each cell."""
        nothing = frozenset()
        return self.log_share(group, True) - self.log_share(group, False) - self.log_share(nothing, True)

    def degrees_of_freedom(self, group):
        """Return how many degrees of freedom the information of a group has, by the symbols that occur."""
        sizes = [len(self.masses(*key)) for key in ((group, True), (group, False), (frozenset(), True))]
        return abs(sizes[0] - sizes[1] - sizes[2] + 1)

    def _log(self, masses):
        if not self._corrected:
            return np.log(masses / self.total)
        logs = np.where(masses < _LARGE, log_of_counts(masses), digamma(masses))
        return np.where(masses < self.total, logs - np.log(self.total), 0.0)  # a constant is known


def cells_of_rows(sources, target, *, corrected=False):
    """Count the codes of the rows; returns the Cells, and the cell of each row."""
    places = joint_codes([*sources, target])
    first = np.unique(places, return_index=True)[1]
    counts = np.bincount(places).astype(np.float64)
    return Cells([codes[first] for codes in sources], target[first], counts, corrected=corrected), places
