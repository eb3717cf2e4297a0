"""Mixtures of Gaussians with full covariances, fitted to normal scores.

The log density of a Gaussian is linear in the squares and products of the columns. With these as features, the
densities of all rows under all components, and the moments of all components, are one matrix product each.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri
from scipy.stats import qmc

from skib._parallel import blocks
from skib.mutual_info._auto._copula_models import Scores, conditional

_LOG_2PI = np.log(2 * np.pi)
_COVARIANCE_RIDGE = 1e-4
# Steps of expectation maximization end where the mean log density of the rows rises by less than this. With
# three times as much they take half the time, and estimates of mixtures are a few thousandths of a nat too low.
_TOLERANCE = 1e-3
_MAX_ITER = 1000
# Densities, of rows under components, that are computed at once: half a megabyte.
_DENSITIES_AT_ONCE = 65_536
# Sums of exponentials below, even in single precision, are those of logs less the largest one.
_SMALLEST = 1e-30
# Half the distance of the halves of a component, in its standard deviations; together they have its covariance.
_SPLIT = 0.7
# Draws over which the entropies of a mixture are averaged, as a power of 2: an error of about 0.003 nats.
_LOG2_DRAWS = 13
# For functions of ``_log_sum``, which begins anew where an exponential overflows.
_without_overflow = np.errstate(over="ignore")


class _Components(NamedTuple):
    """The Gaussians of a mixture."""

    weights: np.ndarray  # (n_components,)
    means: np.ndarray  # (n_components, n_columns)
    covariances: np.ndarray  # (n_components, n_columns, n_columns)

    def marginal(self, columns):
        """Return the marginal distribution of some of the columns, which is again a mixture."""
        return _Components(self.weights, self.means[:, columns], self.covariances[:, columns][:, :, columns])


class MixtureScores(Scores):
    """Normal scores that are a mixture of Gaussians with full covariances."""

    name = "mixture"

    def __init__(self, rows, components, seed):
        self.components = _maximized(rows, components)
        self.seed = seed

    @classmethod
    def of_size(cls, rows, n_components, seed):
        """Fit so many components, the first of them around rows drawn at random."""
        chosen = np.random.default_rng(seed).choice(len(rows), n_components, replace=False)
        distances = np.array([((rows - center) ** 2).sum(axis=1) for center in rows[chosen]])
        nearest = (np.argmin(distances, axis=0) == np.arange(n_components)[:, None]).astype(float)
        return cls(rows, _components(nearest @ _quadratic(rows).T), seed)

    def doubled(self, rows):
        """Fit twice as many components: from the two halves of each along its longest axis."""
        weights, means, covariances = self.components
        lengths, axes = np.linalg.eigh(covariances)
        steps = _SPLIT * np.sqrt(lengths[:, -1:]) * axes[:, :, -1]
        covariances = covariances - steps[:, :, None] * steps[:, None, :]
        halves = np.r_[weights, weights] / 2, np.vstack([means - steps, means + steps]), np.r_[covariances, covariances]
        return MixtureScores(rows, _Components(*halves), self.seed)

    def marginal(self, rows, columns):
        """Fit some of the columns, of which these are the rows, from their part of the components on."""
        return MixtureScores(rows, self.components.marginal(columns), self.seed)

    def refitted(self, rows):
        """Fit as many components to other rows, from these on."""
        return MixtureScores(rows, self.components, self.seed)

    @_without_overflow
    def log_density(self, rows, columns):
        """Compute the log density of some columns of the rows."""
        part = self.components.marginal(columns)
        coefficients, features = _log_coefficients(part), _quadratic(rows[:, columns])
        return np.concatenate([_log_sum(coefficients @ some)[0] for some in _parts(features, coefficients)])

    def entropies(self, parts):
        """Compute the entropies of several sets of columns, averaged over draws that are the same for all of them."""
        draws = self._even_draws()
        return [-np.mean(self.log_density(draws, part)) if len(part) else 0.0 for part in parts]

    def _even_draws(self):
        """Draw rows from the model by Sobol's sequence, whose averages have a third of the error of random draws."""
        weights, means, covariances = self.components
        places = qmc.Sobol(1 + means.shape[1], seed=self.seed).random_base2(_LOG2_DRAWS)
        drawn = np.minimum(np.searchsorted(np.cumsum(weights), places[:, 0]), len(weights) - 1)
        normal = ndtri(places[:, 1:] + 2.0**-31)  # of 30 bits each, and so never 0
        return means[drawn] + np.einsum("nij,nj->ni", np.linalg.cholesky(covariances)[drawn], normal)

    def sample(self, n_samples, rng):
        """Draw rows from the model, in random order."""
        weights, means, covariances = self.components
        sizes = rng.multinomial(n_samples, weights)
        rows = [
            mean + rng.standard_normal((size, len(mean))) @ root.T
            for mean, root, size in zip(means, np.linalg.cholesky(covariances), sizes, strict=True)
        ]
        return rng.permutation(np.vstack(rows))

    @_without_overflow
    def sample_given(self, known, rng):
        """Draw the first columns given the others, the last ones: again a mixture."""
        n_known, n_columns = known.shape[1], self.components.means.shape[1]
        part = self.components.marginal(np.arange(n_columns - n_known, n_columns))
        _, shares, scale = _log_sum(_log_coefficients(part) @ _quadratic(known))
        ends = np.cumsum(shares / scale, axis=0)
        drawn = np.minimum((ends < rng.random(len(known))).sum(axis=0), len(part.weights) - 1)
        rows = rng.standard_normal((len(known), n_columns - n_known))
        for k in np.unique(drawn):
            mean, own = self.components.means[k], drawn == k
            slopes, root = conditional(self.components.covariances[k], n_known)
            rows[own] = mean[:-n_known] + (known[own] - mean[-n_known:]) @ slopes + rows[own] @ root.T
        return rows


def _maximized(rows, components):
    """Maximize the likelihood by expectation maximization (Dempster, Laird and Rubin, 1977).

    Single precision takes half the time. Its rounding is less than a hundredth of the ridge, so that covariances remain
    positive definite.
    """
    features, previous = _quadratic(rows).astype(np.float32), -np.inf
    for _ in range(_MAX_ITER):
        value, components = _step(features, components)
        if value - previous < _TOLERANCE:
            break
        previous = value
    return components


@_without_overflow
def _step(features, components):
    """Return the mean log density of the rows, and the components after one step."""
    coefficients = _log_coefficients(components).astype(features.dtype, copy=False)
    total, sums = 0.0, np.zeros((len(coefficients), len(features)))
    for some in _parts(features, coefficients):
        logs, shares, scale = _log_sum(coefficients @ some)
        shares /= scale
        total += logs.sum(dtype=float)
        sums += shares @ some.T
    return total / features.shape[1], _components(sums)


def _parts(features, coefficients):
    """Yield the features of some rows at a time, whose densities under all components fit the cache."""
    for some in blocks(features.shape[1], _DENSITIES_AT_ONCE // len(coefficients)):
        yield features[:, some]


def _quadratic(rows):
    """Return 1, the columns, and their squares and products, one feature a line: long lines vectorize."""
    n_samples, d = rows.shape
    features = np.empty((1 + d + d * (d + 1) // 2, n_samples))
    features[0], features[1 : d + 1] = 1, rows.T
    for feature, i, j in zip(features[d + 1 :], *_products(d).columns, strict=True):
        np.multiply(features[1 + i], features[1 + j], out=feature)
    return features


class _Products(NamedTuple):
    """The products of two columns, in their order among the features."""

    columns: tuple  # the two
    upper: np.ndarray  # place in a flattened matrix
    of_matrix: np.ndarray  # product at each place of it
    factors: np.ndarray  # how often half of it is in a quadratic form


@cache
def _products(n_columns):
    """Return what numpy finds in a third of the time of a step."""
    i, j = np.triu_indices(n_columns)
    of_matrix = np.empty((n_columns, n_columns), np.intp)
    of_matrix[i, j] = of_matrix[j, i] = np.arange(len(i))
    return _Products((i, j), i * n_columns + j, of_matrix.ravel(), np.where(i == j, 1.0, 2.0))


def _log_coefficients(components):
    """Return the coefficients of the quadratic features in the log density of each component, its weight included."""
    weights, means, covariances = components
    d = means.shape[1]
    precisions = np.linalg.inv(covariances)
    linear = (precisions @ means[:, :, None])[:, :, 0]
    constant = d * _LOG_2PI + np.linalg.slogdet(covariances)[1] + np.sum(linear * means, axis=1)
    products = _products(d)
    quadratic = -0.5 * products.factors * precisions.reshape(len(weights), d * d).take(products.upper, axis=1)
    return np.column_stack([np.log(weights) - 0.5 * constant, linear, quadratic])


def _components(sums):
    """Return the components of these moments: sums of the features of the rows, weighted by their shares in each."""
    sizes = sums[:, :1] + 10 * np.finfo(float).eps
    d = int((np.sqrt(8 * sums.shape[1] + 1) - 3) / 2)
    means, products = sums[:, 1 : d + 1] / sizes, sums[:, d + 1 :] / sizes
    covariances = products.take(_products(d).of_matrix, axis=1).reshape(len(sums), d, d)
    covariances += _COVARIANCE_RIDGE * np.eye(d) - means[:, :, None] * means[:, None, :]
    return _Components(sizes[:, 0] / sizes.sum(), means, covariances)


def _log_sum(logs):
    """Return the log of the sum of exponentials in every column, these exponentials, and their sum, to one scale."""
    exponentials = np.exp(logs)
    sums = exponentials.sum(axis=0)
    if _SMALLEST < sums.min() and sums.max() < np.inf:
        return np.log(sums), exponentials, sums
    largest = logs.max(axis=0)
    exponentials = np.exp(logs - largest)
    sums = exponentials.sum(axis=0)
    return largest + np.log(sums), exponentials, sums
