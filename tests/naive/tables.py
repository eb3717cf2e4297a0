"""Slow twins of the kernels that count candidates with a context and a target, written from the definitions."""

from collections import Counter


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
