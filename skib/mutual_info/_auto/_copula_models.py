"""Joint densities of normal scores whose information is known: Gaussian, Student t, and Gaussian mixtures.

Each model is fitted to rows of normal scores. It returns the log density of some of the columns, their entropy up to a
constant per column (which cancels in any mutual information), and samples.
"""

from functools import partial

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import digamma, gammaln, ndtr, ndtri, stdtr, stdtrit
from sklearn.mixture import GaussianMixture

from skib._linear_algebra import log_det_bias

_LOG_2PI = np.log(2 * np.pi)
# Added to the diagonal of a correlation matrix: columns that determine each other leave it invertible.
RIDGE = 1e-9
# Range of the degrees of freedom. With more, a Student t is practically Gaussian.
_DOF = 0.5, 50.0
_TOLERANCE = 1e-5
_MAX_ITER = 100
_MAX_STUDENT_COLUMNS = 64  # beyond, each step takes seconds
_N_COMPONENTS = 2, 4, 8, 16, 32
_MAX_MIXTURE_COLUMNS = 12
# Parameters of a mixture per row, at most.
_PARAMETER_SHARE = 0.25
_COVARIANCE_RIDGE = 1e-4
# Draws over which the entropies of a mixture are averaged: an error of about 0.006 nats.
_DRAWS = 30_000
_TRAIN_SHARE = 0.7


class _Scores:
    """Base of the models: information from their entropies and log densities."""

    def information(self, columns):
        """Compute I(X;Y|Z) from the positions of the columns of x, y and z, in nats."""
        x, y, z = columns
        parts = np.r_[x, z], np.r_[y, z], z, np.r_[x, y, z]
        xz, yz, z, xyz = (self.entropy(part) for part in parts)
        return float(xz + yz - z - xyz)

    def pointwise(self, rows, columns):
        """Compute the pointwise information of some rows, in nats."""
        x, y, z = columns
        parts = np.r_[x, y, z], z, np.r_[x, z], np.r_[y, z]
        xyz, z, xz, yz = (self.log_density(rows, part) if len(part) else 0.0 for part in parts)
        return xyz + z - xz - yz


class GaussianScores(_Scores):
    """Normal scores that are jointly Gaussian: the Gaussian copula."""

    name = "gaussian"

    def __init__(self, rows):
        self.n_samples = len(rows)
        self.correlation = _regular(np.corrcoef(rows, rowvar=False))

    def log_density(self, rows, columns):
        """Compute the log density of some columns of the rows."""
        part = _part(self.correlation, columns)
        return -0.5 * (_log_det(part) + _squared_norms(rows[:, columns], part) + len(columns) * _LOG_2PI)

    def entropy(self, columns):
        """Compute the entropy of some columns, its bias removed."""
        return 0.5 * _log_det(_part(self.correlation, columns)) - log_det_bias(self.n_samples, len(columns))

    def sample(self, n_samples, rng):
        """Draw rows from the model."""
        return rng.standard_normal((n_samples, len(self.correlation))) @ np.linalg.cholesky(self.correlation).T


class StudentScores(_Scores):
    """Normal scores whose copula is that of a multivariate Student t."""

    name = "student"

    def __init__(self, rows):
        self.n_samples = len(rows)
        u = ndtr(rows)

        def loss(log_dof):
            self._fit_dispersion(u, np.exp(log_dof))
            return -np.mean(self.log_density(rows, np.arange(rows.shape[1])))

        best = minimize_scalar(loss, bounds=np.log(_DOF), method="bounded", options={"xatol": 0.05}).x
        self._fit_dispersion(u, np.exp(best))

    def _fit_dispersion(self, u, dof):
        """Maximize the likelihood of the dispersion by iterated reweighting; the marginals are known."""
        t = stdtrit(dof, u)
        dispersion = _regular(np.corrcoef(ndtri(u), rowvar=False))
        for _ in range(_MAX_ITER):
            weights = (dof + t.shape[1]) / (dof + _squared_norms(t, dispersion))
            scatter = (t * weights[:, None]).T @ t
            scale = np.sqrt(np.diag(scatter))
            previous, dispersion = dispersion, _regular(scatter / np.outer(scale, scale))
            if np.abs(dispersion - previous).max() < _TOLERANCE:
                break
        self.dof, self.dispersion = dof, dispersion

    def log_density(self, rows, columns):
        """Compute the log density of some columns of the rows."""
        z, part, dof, d = rows[:, columns], _part(self.dispersion, columns), self.dof, len(columns)
        t = stdtrit(dof, ndtr(z))
        joint = _t_constant(dof, d) - 0.5 * _log_det(part) - (dof + d) / 2 * np.log1p(_squared_norms(t, part) / dof)
        marginal = _t_constant(dof, 1) - (dof + 1) / 2 * np.log1p(t**2 / dof)
        return joint - np.sum(marginal + 0.5 * (z**2 + _LOG_2PI), axis=1)

    def entropy(self, columns):
        """Compute the entropy of some columns on the scale of the Student t."""
        dof, d = self.dof, len(columns)
        shape = (dof + d) / 2 * (digamma((dof + d) / 2) - digamma(dof / 2)) - _t_constant(dof, d)
        return shape + 0.5 * _log_det(_part(self.dispersion, columns)) - log_det_bias(self.n_samples, d)

    def sample(self, n_samples, rng):
        """Draw rows from the model."""
        normal = rng.standard_normal((n_samples, len(self.dispersion))) @ np.linalg.cholesky(self.dispersion).T
        t = normal / np.sqrt(rng.chisquare(self.dof, (n_samples, 1)) / self.dof)
        return ndtri(np.clip(stdtr(self.dof, t), 1e-300, 1 - 1e-16))


class MixtureScores(_Scores):
    """Normal scores that are a mixture of Gaussians with full covariances."""

    name = "mixture"

    def __init__(self, rows, n_components, seed):
        # A thousand steps of at least `tol` nats a row exceed what any start can gain: the fit always converges.
        self.mixture = GaussianMixture(
            n_components,
            reg_covar=_COVARIANCE_RIDGE,
            max_iter=1000,
            init_params="random_from_data",
            random_state=seed,
        ).fit(rows)
        self.draws = self.sample(_DRAWS, np.random.default_rng(seed))

    def log_density(self, rows, columns):
        """Compute the log density of some columns of the rows."""
        return _marginal(self.mixture, columns).score_samples(rows[:, columns])

    def entropy(self, columns):
        """Compute the entropy of some columns, averaged over draws that are the same for all columns."""
        return -np.mean(self.log_density(self.draws, columns)) if len(columns) else 0.0

    def sample(self, n_samples, rng):
        """Draw rows from the model, in random order."""
        sizes = rng.multinomial(n_samples, self.mixture.weights_)
        parts = zip(self.mixture.means_, self.mixture.covariances_, sizes, strict=True)
        rows = [
            mean + rng.standard_normal((size, len(mean))) @ np.linalg.cholesky(covariance).T
            for mean, covariance, size in parts
        ]
        return rng.permutation(np.vstack(rows))


def select_model(rows, rng, selection_errors=1.0):
    """Select the simplest model whose log-likelihood of held-out rows is within some standard errors of the best.

    Returns that model fitted to all rows, and the best mixture (None where every mixture has too many parameters).
    """
    rows = rng.permutation(rows)
    n_train = int(_TRAIN_SHARE * len(rows))
    seed = int(rng.integers(2**31))
    kinds = [GaussianScores, StudentScores][: 1 + (rows.shape[1] <= _MAX_STUDENT_COLUMNS)]
    kinds += [partial(MixtureScores, n_components=k, seed=seed) for k in _component_numbers(*rows.shape)]
    fitted = [kind(rows[:n_train]) for kind in kinds]
    every = np.arange(rows.shape[1])
    scores = np.array([model.log_density(rows[n_train:], every) for model in fitted])
    best = np.argmax(scores.mean(axis=1))
    behind = scores[best] - scores
    errors = behind.std(axis=1) / np.sqrt(behind.shape[1])
    chosen = int(np.flatnonzero(behind.mean(axis=1) <= selection_errors * errors)[0])
    mixtures = np.flatnonzero([isinstance(model, MixtureScores) for model in fitted])
    best_mixture = fitted[mixtures[np.argmax(scores[mixtures].mean(axis=1))]] if len(mixtures) else None
    return kinds[chosen](rows), best_mixture


def _component_numbers(n_samples, n_columns):
    if n_columns > _MAX_MIXTURE_COLUMNS:
        return []
    per_component = n_columns * (n_columns + 3) / 2
    return [k for k in _N_COMPONENTS if k * per_component < _PARAMETER_SHARE * n_samples]


def _regular(correlation):
    return (correlation + RIDGE * np.eye(len(correlation))) / (1 + RIDGE)


def _part(matrix, columns):
    return matrix[np.ix_(columns, columns)]


def _log_det(matrix):
    return np.linalg.slogdet(matrix)[1] if len(matrix) else 0.0


def _squared_norms(rows, matrix):
    """Compute the squared norms r' M^-1 r of the rows r."""
    return np.sum(rows * np.linalg.solve(matrix, rows.T).T, axis=1)


def _t_constant(dof, d):
    return gammaln((dof + d) / 2) - gammaln(dof / 2) - d / 2 * np.log(dof * np.pi)


def _marginal(mixture, columns):
    """Return the marginal distribution of some of the columns, which is again a mixture."""
    part = GaussianMixture(mixture.n_components)
    part.weights_, part.means_ = mixture.weights_, mixture.means_[:, columns]
    part.covariances_ = mixture.covariances_[:, columns][:, :, columns]
    eye = np.eye(len(columns))
    part.precisions_cholesky_ = np.linalg.solve(np.linalg.cholesky(part.covariances_), eye).transpose(0, 2, 1)
    return part
