"""Bases of a chain of layers, from the last one backwards, and the edges between them."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd

from skib._parallel import blocks, run_tasks, spawn_generators
from skib._warnings import UnreliableEstimateWarning, warn
from skib.bottleneck._interaction_algebra import (
    jacobian_directions,
    largest_null_correlations,
    oriented,
    quartimax,
    squared_canonical_correlations,
    whitening,
)
from skib.bottleneck._interaction_graph import correlation_matrix, edge_table, gaussian_information

# Permutations of a task: some tenths of a second of work for wide layers.
_PER_TASK = 10


class Directions(NamedTuple):
    """Directions of a layer that are kept, and what decided on them."""

    basis: np.ndarray  # (n_directions, d)
    eigenvalues: np.ndarray
    critical_betas: np.ndarray
    beta: float


class InformationChain:
    """Gaussian bottlenecks of each layer against the directions that are kept of the next one."""

    column = "mutual_info"

    def __init__(self, *, beta, rotate, alpha, n_permutations, generator, n_jobs, verbose):
        self._beta, self._rotate, self._alpha = beta, rotate, alpha
        self._n_permutations, self._generator = n_permutations, generator
        self._options = {"n_jobs": n_jobs, "verbose": verbose}

    def directions(self, name, layer, following, next_basis):
        """Return the directions of a critical beta below that of the layer, at least one."""
        of_source = whitening(layer.noisy)
        of_target = whitening(next_basis @ following.noisy @ next_basis.T) @ next_basis
        z, y = layer.rows @ of_source.T, following.rows @ of_target.T
        squared, vectors = squared_canonical_correlations(z.T @ y / len(z))
        beta = self._largest_by_chance(name, z, y) if self._beta is None else self._beta
        with np.errstate(divide="ignore"):
            critical = 1 / squared
        n_kept = int(np.sum(critical < beta))
        if not n_kept:
            warn(
                f"no direction of layer {name!r} is kept at beta={beta:.3g}, since the least critical beta is "
                f"{critical[0]:.3g}; one is kept, for the layers before: pass more rows, or a larger beta",
                UnreliableEstimateWarning,
            )
        basis = vectors[: max(n_kept, 1)] @ of_source
        if self._rotate:
            basis = quartimax(edge_correlations(layer, basis, following, next_basis)) @ basis
        return Directions(basis, 1 - squared, critical, float(beta))

    def edges(self, name, layer, basis, following, next_basis):
        """Return the information on each edge between two bases, in nats."""
        return gaussian_information(edge_correlations(layer, basis, following, next_basis))

    def principal(self, layer, n_components):
        """Return the leading principal components."""
        return np.linalg.eigh(layer.covariance)[1][:, ::-1][:, :n_components].T

    def _largest_by_chance(self, name, z, y):
        """Return the inverse of the largest squared correlation of permuted rows, at level alpha."""
        generators = spawn_generators(self._generator, self._n_permutations)
        tasks = [(z, y, generators[part]) for part in blocks(self._n_permutations, _PER_TASK)]
        parts = run_tasks(largest_null_correlations, tasks, description=f"permutations of {name}", **self._options)
        null = np.sort(np.concatenate(parts))
        place = int(np.ceil((1 - self._alpha) * (len(null) + 1))) - 1  # that of the least value with p <= alpha
        return 1 / null[min(place, len(null) - 1)]


class JacobianChain:
    """The local interaction basis: eigenvectors of the mean squared Jacobians, of whitened layers."""

    column = "strength"

    def __init__(self, jacobians):
        self._jacobians = jacobians

    def directions(self, name, layer, following, next_basis):
        """Return the directions that change the next layer, scaled by the root of how much they do."""
        values, basis = jacobian_directions(layer.covariance, next_basis @ self._per_unit(name, layer, following))
        return Directions(np.sqrt(values)[:, None] * basis, values, np.empty(0), np.nan)

    def edges(self, name, layer, basis, following, next_basis):
        """Return the mean squared change of each target per standard deviation of each source."""
        deviations = np.sqrt(np.einsum("ij,jk,ik->i", basis, layer.covariance, basis))
        sources = layer.covariance @ (basis / deviations[:, None] ** 2).T * deviations
        return np.mean((next_basis @ self._per_unit(name, layer, following) @ sources) ** 2, axis=0).T

    def principal(self, layer, n_components):
        """Return the leading principal components, of unit variance."""
        return whitening(layer.covariance)[:n_components]

    def _per_unit(self, name, layer, following):
        return self._jacobians[name] * (layer.unit / following.unit)


def chain_directions(chain, layers):
    """Return the Directions of each layer but the last, in the order of the layers; the last one keeps its units."""
    names, found = list(layers), {}
    next_basis = np.eye(len(layers[names[-1]].mean))
    for name, following in reversed(list(pairwise(names))):
        directions = chain.directions(name, layers[name], layers[following], next_basis)
        next_basis = oriented(directions.basis, np.sqrt(np.diag(layers[name].covariance)))
        found[name] = directions._replace(basis=next_basis)
    return {name: found[name] for name in names[:-1]}


def principal_bases(chain, layers, bases):
    """Return as many principal components of each layer as there are directions; the last layer keeps its units."""
    *names, last = layers
    return {**{name: chain.principal(layers[name], len(bases[name])) for name in names}, last: bases[last]}


def graph_of(chain, layers, bases):
    """Return the table of all edges between the bases of adjacent layers."""
    tables = []
    for name, following in pairwise(layers):
        weights = chain.edges(name, layers[name], bases[name], layers[following], bases[following])
        tables.append(edge_table(name, following, weights, chain.column))
    return pd.concat(tables, ignore_index=True)


def edge_correlations(layer, basis, following, next_basis):
    """Return the correlations of the coordinates of two layers that are read with noise."""
    coupling = basis @ (layer.rows.T @ following.rows / len(layer.rows)) @ next_basis.T
    variances = (np.einsum("ij,jk,ik->i", b, one.noisy, b) for one, b in ((layer, basis), (following, next_basis)))
    return correlation_matrix(coupling, *variances)
