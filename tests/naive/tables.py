"""Slow twins of the kernels that count cells of tables, written from the definitions."""

from collections import Counter
from math import log

from scipy.stats import hypergeom


def table(column, codes, n_codes, width):
    """How often each value occurs with each code of the context and the target, in rows of `width` cells."""
    pairs = Counter(zip(codes, column, strict=True))
    return [pairs[z, x] for z in range(n_codes) for x in range(width)]


def sums(column, strata, target, term):
    """Sums of the terms with the target and without, degrees of freedom, and number of cells."""
    triples, pairs = Counter(zip(strata, target, column, strict=True)), Counter(zip(strata, column, strict=True))
    values, classes = Counter(s for s, _ in pairs), Counter(s for s, _ in set(zip(strata, target, strict=True)))
    dof = sum((values[s] - 1) * (classes[s] - 1) for s in values)
    return [sum(map(term, triples.values())), sum(map(term, pairs.values())), dof, len(triples)]


def group_sums(column, groups, free, term):
    """Sum of the terms of the values in each group, number of cells, and sum of free values times those of groups."""
    pairs = Counter(zip(groups, column, strict=True))
    values = Counter(group for group, _ in pairs)
    return [sum(map(term, pairs.values())), len(pairs), sum((values[g] - 1) * free[g] for g in values)]


def permuted_cells(x_counts, y_counts, n_samples, score):
    """Sum E[c G(c)] - E[c] log E[c], P(c = 1) and P(c = 2) over the cells of a table of permuted rows."""
    totals = [0.0, 0.0, 0.0]
    for a in x_counts:
        for b in y_counts:
            law, mean = hypergeom(n_samples, a, b), a * b / n_samples
            mean_score = sum(law.pmf(c) * c * score(c) for c in range(1, min(a, b) + 1))
            for k, value in enumerate((mean_score - mean * log(mean), law.pmf(1), law.pmf(2))):
                totals[k] += value
    return totals
