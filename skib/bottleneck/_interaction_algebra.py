"""Linear algebra of interaction bases: noisy whitening, canonical directions, rotations, Jacobians."""

import numpy as np

# Share of the largest variance, or of the largest mean squared Jacobian, below which a direction is rounding.
_ROUNDING = 1e-10
# Steps of a rotation, and the change of its entries below which it has converged.
_STEPS, _TOLERANCE = 1000, 1e-9


def whitening(covariance):
    """Return W of shape (rank, d) such that W C W' is the unit matrix; its rows are in the order of the variances."""
    values, vectors = np.linalg.eigh(covariance)
    values, vectors = values[::-1], vectors[:, ::-1]
    kept = values > _ROUNDING * values[0]
    return (vectors[:, kept] / np.sqrt(values[kept])).T


def squared_canonical_correlations(coupling):
    """Return the squared singular values of the covariance of whitened columns, and the left singular vectors."""
    left, correlations, _ = np.linalg.svd(coupling, full_matrices=False)
    return np.minimum(correlations, 1.0) ** 2, left.T


def largest_null_correlations(x, y, generators):
    """Return the largest squared canonical correlation of whitened rows after each of some permutations."""
    found = []
    for generator in generators:
        coupling = x[generator.permutation(len(x))].T @ y / len(x)
        found.append(np.linalg.norm(coupling, ord=2) ** 2)
    return found


def quartimax(edges):
    """Return the rotation Q, (k, k), for which the sum of the fourth powers of Q @ edges is at a maximum.

    J. O. Neuhaus, C. Wrigley, British Journal of Statistical Psychology 7, 1954. Each step is the orthogonal matrix
    nearest to the gradient, which cannot lower the sum, since it is convex.
    """
    rotation = np.eye(len(edges))
    for _ in range(_STEPS):
        left, _, right = np.linalg.svd((rotation @ edges) ** 3 @ edges.T)
        before, rotation = rotation, left @ right
        if np.abs(rotation - before).max() < _TOLERANCE:
            break
    return rotation


def jacobian_directions(covariance, jacobians):
    """Return the eigenvalues of E[J'J] per standard deviation of the source, and the directions, whitened.

    `jacobians` has the shape (n_samples, n_targets, d), with the targets in their own basis.
    """
    source = whitening(covariance)
    per_deviation = jacobians @ (covariance @ source.T)  # source coordinates are x = covariance @ source.T @ z
    moments = np.einsum("nji,njk->ik", per_deviation, per_deviation, optimize=True) / len(jacobians)
    values, vectors = np.linalg.eigh(moments)
    values, vectors = values[::-1], vectors[:, ::-1]
    kept = values > _ROUNDING * max(values[0], np.finfo(float).tiny)
    return values[kept], vectors[:, kept].T @ source


def oriented(components, deviations):
    """Return the components with signs such that the largest weight of each, per standard deviation, is positive."""
    weights = components * deviations
    largest = np.abs(weights).argmax(axis=1)
    return components * np.where(weights[np.arange(len(weights)), largest] < 0, -1.0, 1.0)[:, None]
