"""Slow twins of skib._kernels.counts and of the entropies of counts, written from the definitions."""

from collections import Counter
from math import log

import numpy as np
from scipy.special import digamma, gammaln, polygamma


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


def grassberger(counts):
    def g(n):
        return digamma(n) + (-1) ** n / 2 * (digamma((n + 1) / 2) - digamma(n / 2))

    return log(sum(counts)) - sum(n * g(n) for n in counts) / sum(counts)


def chao_shen(counts):
    n = sum(counts)
    singletons = counts.count(1) if counts.count(1) < n else n - 1
    p = [(1 - singletons / n) * c / n for c in counts]
    return -sum(q * log(q) / (1 - (1 - q) ** n) for q in p)


def james_stein(counts, n_categories):
    n, target = sum(counts), 1 / n_categories
    p = [c / n for c in counts] + [0.0] * (n_categories - len(counts))
    shrinkage = (1 - sum(q**2 for q in p)) / ((n - 1) * sum((target - q) ** 2 for q in p))
    shrunk = [min(shrinkage, 1) * target + (1 - min(shrinkage, 1)) * q for q in p]
    return -sum(q * log(q) for q in shrunk if q > 0)


def nsb(counts, n_categories, log_beta):
    """Posterior mean and standard deviation, integrated over equal steps of log(beta)."""
    n, b = sum(counts), np.exp(log_beta)
    counts = counts + [0] * (n_categories - len(counts))
    total = n + n_categories * b
    log_likelihood = gammaln(n_categories * b) - gammaln(total) + sum(gammaln(c + b) - gammaln(b) for c in counts)
    prior = n_categories * polygamma(1, n_categories * b + 1) - polygamma(1, b + 1)
    weights = np.exp(log_likelihood - log_likelihood.max()) * prior * b
    weights /= weights.sum()
    mean = digamma(total + 1) - sum((c + b) * digamma(c + b + 1) for c in counts) / total
    trigamma = polygamma(1, total + 2)
    terms = [(c + b) * (digamma(c + b + 1) - digamma(total + 2)) for c in counts]
    pairs = sum(terms) ** 2 - sum(term**2 for term in terms)
    pairs = pairs - trigamma * (total**2 - sum((c + b) ** 2 for c in counts))
    steps = [(digamma(c + b + 2) - digamma(total + 2)) ** 2 + polygamma(1, c + b + 2) - trigamma for c in counts]
    second = pairs + sum((c + b) * (c + b + 1) * step for c, step in zip(counts, steps, strict=True))
    second = second / (total * (total + 1))
    return weights @ mean, np.sqrt(weights @ second - (weights @ mean) ** 2)
