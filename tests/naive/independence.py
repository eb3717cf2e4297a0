"""Slow twin of the tests of independence of skib.feature_selection, written from the definitions."""

from collections import Counter
from math import log

import numpy as np
from scipy import stats


def likelihood_ratio(x, y):
    """G, its degrees of freedom, and its mean over all permutations of y, from hypergeometric probabilities."""
    n, pairs, left, right = len(x), Counter(zip(x, y, strict=True)), Counter(x), Counter(y)
    dof = (len(left) - 1) * (len(right) - 1)
    if not dof:
        return 0.0, 0, 0.0
    statistic = 2 * sum(c * log(c * n / (left[a] * right[b])) for (a, b), c in pairs.items())
    mean = 2 * sum(_mean(a, b, n) for a in left.values() for b in right.values())
    return statistic, dof, mean


def _mean(a, b, n):
    counts = np.arange(1, min(a, b) + 1)
    return stats.hypergeom.pmf(counts, n, a, b) @ (counts * np.log(counts * n / (a * b)))


def pvalue(columns, y, k, selected):
    """P-value of the independence of column k and y, given none and each of the selected columns, combined."""
    pvalues = []
    for context in [[0] * len(y), *(columns[j] for j in selected)]:
        parts = []
        for value in set(context):
            rows = [i for i, v in enumerate(context) if v == value]
            parts.append(likelihood_ratio([columns[k][i] for i in rows], [y[i] for i in rows]))
        statistic, dof, mean = np.sum(parts, axis=0)
        if dof:
            pvalues.append(min(stats.chi2.sf(statistic / max(1, mean / dof), dof), 0.99))
    return stats.cauchy.sf(np.mean(stats.cauchy.isf(pvalues))) if pvalues else 1.0
