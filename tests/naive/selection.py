"""Slow twin of the greedy selection: entropies from their definition, criteria from their formulas, each step anew.

The formulas are those of G. Brown, A. Pocock, M.-J. Zhao, M. Lujan, JMLR 13, 2012, table 1 and section 4.
"""

from collections import Counter
from math import log


def entropy(weights, *columns):
    mass = Counter()
    for row, weight in zip(zip(*columns, strict=True), weights, strict=True):
        mass[row] += weight
    total = sum(weights)
    return -sum(m / total * log(m / total) for m in mass.values() if m > 0)


class Naive:
    """Information of the columns of X (rows of codes) about y."""

    def __init__(self, X, y, weights=None):
        self.columns = list(zip(*X, strict=True))
        self.y = list(y)
        self.weights = [1.0] * len(self.y) if weights is None else list(weights)

    def h(self, *columns):
        return entropy(self.weights, *columns)

    def relevance(self, k):
        x = self.columns[k]
        return self.h(x) + self.h(self.y) - self.h(x, self.y)

    def redundancy(self, k, j):
        x, z = self.columns[k], self.columns[j]
        return self.h(x) + self.h(z) - self.h(x, z)

    def conditional_redundancy(self, k, j):
        """I(k;j|Y)."""
        x, z, y = self.columns[k], self.columns[j], self.y
        return self.h(x, y) + self.h(z, y) - self.h(x, z, y) - self.h(y)

    def conditional(self, k, selected):
        """I(k;Y|S)."""
        x, s = self.columns[k], [self.columns[j] for j in selected]
        return self.h(x, *s) + self.h(self.y, *s) - self.h(x, self.y, *s) - (self.h(*s) if s else 0.0)

    def joint(self, k, j):
        """I(kj;Y)."""
        x, z = self.columns[k], self.columns[j]
        return self.h(x, z) + self.h(self.y) - self.h(x, z, self.y)

    def symmetrical(self, k, j):
        whole = self.h(self.columns[k], self.columns[j], self.y)
        return self.joint(k, j) / whole if whole > 0 else 0.0

    def score(self, criterion, k, selected):
        relevance, n = self.relevance(k), len(selected)
        if not n:
            return relevance
        red = sum(self.redundancy(k, j) for j in selected)
        cond = sum(self.conditional_redundancy(k, j) for j in selected)
        return {
            "mim": lambda: relevance,
            "mifs": lambda: relevance - red,
            "mrmr": lambda: relevance - red / n,
            "mrmr_quotient": lambda: relevance / max(red / n, 1e-3),
            "jmi": lambda: relevance - red / n + cond / n,
            "cife": lambda: relevance - red + cond,
            "cmim": lambda: min(relevance, *(self.conditional(k, [j]) for j in selected)),
            "icap": lambda: (
                relevance - sum(max(0.0, self.redundancy(k, j) - self.conditional_redundancy(k, j)) for j in selected)
            ),
            "disr": lambda: sum(self.symmetrical(k, j) for j in selected),
            "jmim": lambda: min(self.joint(k, j) for j in selected),
            "njmim": lambda: min(self.symmetrical(k, j) for j in selected),
            "cmi": lambda: self.conditional(k, selected),
        }[criterion]()


def greedy(X, y, criterion, n_most, weights=None, start=()):
    """Return the columns in order, and their scores; scores that differ by rounding are ties, which the first wins."""
    table, selected, scores = Naive(X, y, weights), list(start), []
    while len(selected) < n_most:
        left = [k for k in range(len(table.columns)) if k not in selected]
        found = [table.score(criterion, k, selected) for k in left]
        best = max(found)
        place = next(i for i, value in enumerate(found) if value >= best - 1e-11)
        selected.append(left[place])
        scores.append(found[place])
    return selected, scores
