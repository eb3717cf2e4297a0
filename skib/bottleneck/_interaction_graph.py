"""Edges between the directions of two layers, and how few of them hold the information."""

import numpy as np
import pandas as pd


def correlation_matrix(coupling, of_source, of_target):
    """Return the correlations of two sets of columns from their covariance and their variances; 0 where one is 0."""
    sizes = np.sqrt(np.outer(of_source, of_target))
    return np.divide(coupling, sizes, where=sizes > 0, out=np.zeros_like(coupling))


def gaussian_information(correlations):
    """Return -log(1 - r^2) / 2 nats; infinite for a correlation of 1."""
    with np.errstate(divide="ignore"):
        return -0.5 * np.log1p(-np.minimum(correlations**2, 1.0))


def edge_table(source_layer, target_layer, weights, name):
    """Return a tidy table of all edges between two layers; weights has the shape (n_sources, n_targets)."""
    source, target = np.indices(weights.shape).reshape(2, -1)
    columns = {"source_layer": source_layer, "source": source, "target_layer": target_layer, "target": target}
    return pd.DataFrame({**columns, name: weights.ravel()})


def effective_number(weights):
    """Return exp of the entropy of the shares: the number of edges if all were equally strong."""
    finite = weights[np.isfinite(weights)]
    if len(finite) < len(weights):  # infinite edges share everything
        return float(len(weights) - len(finite))
    shares = finite[finite > 0] / finite.sum()
    return float(np.exp(-np.sum(shares * np.log(shares))))


def sparsity_table(graphs, name):
    """Return for each pair of layers and each basis the sum of its edges, their number, and the effective number."""
    rows = []
    for basis, graph in graphs.items():
        for pair, edges in graph.groupby(["source_layer", "target_layer"], sort=False):
            weights = edges[name].to_numpy()
            rows.append((*pair, basis, weights.sum(), len(weights), effective_number(weights)))
    columns = ["source_layer", "target_layer", "basis", name, "n_edges", "effective_edges"]
    return pd.DataFrame(rows, columns=columns)
