"""Slow twin of the counts of skib.feature_selection, written from the definitions."""

from collections import Counter, defaultdict
from math import log

import numpy as np

from skib.feature_selection._counts import Joint


class NaiveCounts:
    """Counts of columns, lists of any hashable values, with a target, one row at a time."""

    def __init__(self, columns, target, sample_weight=None):
        weights = [1] * len(target) if sample_weight is None else list(sample_weight)
        kept = [i for i, weight in enumerate(weights) if weight > 0]
        self.columns = [[column[i] for i in kept] for column in columns]
        self.target = [target[i] for i in kept]
        self.weights = [weights[i] for i in kept]
        self.n_samples = len(kept)
        self.n_effective = sum(self.weights) ** 2 / sum(weight**2 for weight in self.weights)
        self.levels = np.array([len(set(column)) for column in self.columns])
        self.n_classes = len(set(self.target))

    def joint(self, context, candidates, n_jobs=None):
        strata = [tuple(self.columns[j][i] for j in context) for i in range(self.n_samples)]
        rows = [self._candidate(strata, self.columns[k]) for k in candidates]
        with_target, without, dof, cells = (np.array([row[part] for row in rows]) for part in range(4))
        both = zip(strata, self.target, strict=True)
        return Joint(with_target, without, self._entropy(both), self._entropy(strata), dof, cells)

    def _candidate(self, strata, column):
        triples = list(zip(column, strata, self.target, strict=True))
        values, classes = defaultdict(set), defaultdict(set)
        for value, stratum, label in triples:
            values[stratum].add(value)
            classes[stratum].add(label)
        dof = sum((len(values[stratum]) - 1) * (len(classes[stratum]) - 1) for stratum in values)
        pairs = zip(column, strata, strict=True)
        return self._entropy(triples), self._entropy(pairs), dof, len(set(triples))

    def _entropy(self, symbols):
        masses = Counter()
        for symbol, weight in zip(symbols, self.weights, strict=True):
            masses[symbol] += weight
        total = sum(masses.values())
        return -sum(mass / total * log(mass / total) for mass in masses.values())
