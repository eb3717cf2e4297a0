"""Nearest neighbors of bits, from the definition."""

import numpy as np


def neighbors(queries, bits, n_neighbors, itself=None):
    """The rows of `bits` that differ from each query in the fewest bits, by (distance, row); `itself` is left out."""
    distances, rows = [], []
    for i, query in enumerate(queries):
        found = sorted((int((query != row).sum()), j) for j, row in enumerate(bits) if itself is None or j != itself[i])
        distances.append([distance for distance, _ in found[:n_neighbors]])
        rows.append([j for _, j in found[:n_neighbors]])
    return np.array(distances), np.array(rows)
