"""Codebooks, from their definitions."""

from itertools import combinations, product

import numpy as np


def least_scalar_loss(values, weights, n_codes):
    """The least weighted sum of squared distances of values from the mean of their run, over all runs of values."""
    order = np.argsort(values)
    values, weights = np.asarray(values, float)[order], np.asarray(weights, float)[order]
    best = np.inf
    for n_runs in range(1, min(n_codes, len(values)) + 1):
        for inner in combinations(range(1, len(values)), n_runs - 1):
            bounds = [0, *inner, len(values)]
            runs = [slice(i, j) for i, j in zip(bounds, bounds[1:], strict=False)]
            best = min(best, sum(squares(values[run], weights[run]) for run in runs))
    return best


def least_loss_of_any_clusters(values, n_codes):
    """The same over all clusters, which need not be runs."""
    values = np.asarray(values, float)
    labels = (np.array(label) for label in product(range(n_codes), repeat=len(values)))
    return min(sum(squares(values[t == k], np.ones((t == k).sum())) for k in range(n_codes)) for t in labels)


def squares(values, weights):
    """Weighted squared distances from the weighted mean."""
    return weights @ (values - np.average(values, weights=weights)) ** 2 if len(values) else 0.0


def row_products(rows, matrix):
    """The product of each row and the matrix, term by term in the order of the columns."""
    out = np.zeros((len(rows), matrix.shape[1]))
    for i, row in enumerate(rows):
        for j, value in enumerate(row):
            out[i] = out[i] + value * matrix[j]
    return out


def active_codes(row, codes, n_active):
    """The code nearest to a row, then the one nearest to what is left of it, and so on; each code once; sorted."""
    rest, active = np.array(row, float), []
    for _ in range(n_active):
        distances = [np.inf if c in active else ((rest - code) ** 2).sum() for c, code in enumerate(codes)]
        active.append(int(np.argmin(distances)))
        rest = rest - codes[active[-1]]
    return sorted(active)
