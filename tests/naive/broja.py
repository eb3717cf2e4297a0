"""The least information with given pairs, by the definitions."""

import numpy as np


def projected(r, b, p1, p2):
    """One sweep: for each symbol of the target scale the table r b to the pairs p1, then p2; sum the results."""
    shared, a, scaled = np.zeros_like(r), np.zeros_like(p1), np.zeros_like(p2)
    for s in range(p1.shape[1]):
        for i in range(len(p1)):
            if p1[i, s] > 0:
                a[i, s] = p1[i, s] / sum(r[i, j] * b[j, s] for j in range(len(p2)))
        for j in range(len(p2)):
            if p2[j, s] > 0:
                scaled[j, s] = p2[j, s] / sum(r[i, j] * a[i, s] for i in range(len(p1)))
        shared += r * np.outer(a[:, s], scaled[:, s])
    return shared / shared.sum(), a, scaled


def least_information_2x2(p):
    """The minimum for binary sources on a grid: given the target, one number is free (q of both symbols 0)."""
    p1, p2, ps = p.sum(axis=1), p.sum(axis=0), p.sum(axis=(0, 1))
    free = [np.linspace(max(0.0, p1[0, s] + p2[0, s] - ps[s]), min(p1[0, s], p2[0, s]), 401) for s in range(p.shape[2])]
    grids = np.meshgrid(*free, indexing="ij")
    cells = [np.array([g, p1[0, s] - g, p2[0, s] - g, ps[s] - p1[0, s] - p2[0, s] + g]) for s, g in enumerate(grids)]
    q = np.clip(np.stack(cells), 0.0, None)
    pairs = q.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.nan_to_num(q * np.log(q / (pairs * ps[:, None, None, None])))
    return terms.sum(axis=(0, 1)).min()
