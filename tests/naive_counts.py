"""Slow twins of skib.kernels.counts, written from the definitions."""

from collections import Counter
from math import log


def dense_codes(values):
    ranks = {value: rank for rank, value in enumerate(sorted(set(values)))}
    return [ranks[value] for value in values]


def joint_codes(columns):
    return dense_codes(list(zip(*columns, strict=True)))


def contingency_table(x, y, n_x, n_y):
    pairs = Counter(zip(x, y, strict=True))
    return [[pairs[i, j] for j in range(n_y)] for i in range(n_x)]


def joint_counts(x, y):
    pairs = Counter(zip(x, y, strict=True))
    return [pairs[pair] for pair in sorted(pairs)]


def entropy(symbols):
    counts, n = Counter(symbols).values(), len(symbols)
    return -sum(c / n * log(c / n) for c in counts)
