"""Joint densities of normal scores whose information is known: Gaussian and Student t copulas.

Each model is fitted to rows of normal scores. It returns the log density of some of the columns, their entropy up to a
constant per column (which cancels in any mutual information), and samples.
"""

from functools import cache

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.linalg import solve_triangular
from scipy.special import digamma, gammaln, ndtr, ndtri, stdtr, stdtrit

from skib._linear_algebra import log_det_bias

_LOG_2PI = np.log(2 * np.pi)
# Added to the diagonal of a correlation matrix: columns that determine each other leave it invertible.
RIDGE = 1e-9
# Degrees of freedom that are looked at first. With more, a Student t is practically Gaussian.
_DOF = np.array([50.0, 16.0, 6.0, 2.5, 1.0, 0.5])
# Steps of the dispersion end where no correlation changes by more; its error changes the likelihood by its square.
_TOLERANCE, _SEARCH_TOLERANCE = 1e-5, 1e-3
_MAX_ITER = 100
# Rows, in random order, by which the degrees of freedom are found; the dispersion is that of all.
_SEARCH_ROWS = 2500
# The loss is nearly a parabola in this power of the degrees of freedom; the step of it at which their search ends, and
# the most parabolas.
_DOF_POWER, _SEARCH_STEP, _MAX_PARABOLAS = -0.75, 0.002, 8
# Table of Student quantiles: the logarithm of their ratio to the normal ones is smooth, and even in these.
_SMALLEST_SCORE, _TABLE_SIZE = 1e-3, 256
# Columns beyond which the distinct scores are looked for, though they are used once.
_MANY_COLUMNS = 12
# Table of the normal scores of draws. One of 10^16 lies beyond.
_LARGEST_SCORE, _N_SCORES = 8.2, 2000


class Scores:
    """Base of the models: information from their entropies and log densities."""

    def information(self, columns):
        """Compute I(X;Y|Z) from the positions of the columns of x, y and z, in nats."""
        x, y, z = columns
        parts = np.r_[x, z], np.r_[y, z], z, np.r_[x, y, z]
        xz, yz, z, xyz = self.entropies(parts)
        return float(xz + yz - z - xyz)

    def entropies(self, parts):
        """Compute the entropies of several sets of columns, up to a constant per column."""
        return [self.entropy(part) for part in parts]

    def pointwise(self, rows, columns):
        """Compute the pointwise information of some rows, in nats."""
        x, y, z = columns
        parts = np.r_[x, y, z], z, np.r_[x, z], np.r_[y, z]
        xyz, z, xz, yz = (self.log_density(rows, part) if len(part) else 0.0 for part in parts)
        return xyz + z - xz - yz


class GaussianScores(Scores):
    """Normal scores that are jointly Gaussian: the Gaussian copula."""

    name = "gaussian"

    def __init__(self, rows):
        self.n_samples = len(rows)
        self.correlation = _regular(np.atleast_2d(np.corrcoef(rows, rowvar=False)))

    def log_density(self, rows, columns):
        """Compute the log density of some columns of the rows."""
        part = _part(self.correlation, columns)
        return -0.5 * (_log_det(part) + _squared_norms(rows[:, columns], part) + len(columns) * _LOG_2PI)

    def entropy(self, columns):
        """Compute the entropy of some columns, its bias removed."""
        return 0.5 * _log_det(_part(self.correlation, columns)) - log_det_bias(self.n_samples, len(columns))

    def marginal(self, rows, columns):
        """Fit some of the columns, of which these are the rows."""
        return GaussianScores(rows)

    def sample(self, n_samples, rng):
        """Draw rows from the model."""
        return rng.standard_normal((n_samples, len(self.correlation))) @ np.linalg.cholesky(self.correlation).T

    def sample_given(self, known, rng):
        """Draw the first columns given the others, the last ones."""
        slopes, root = conditional(self.correlation, known.shape[1])
        return known @ slopes + rng.standard_normal((len(known), len(root))) @ root.T


class StudentScores(Scores):
    """Normal scores whose copula is that of a multivariate Student t."""

    name = "student"

    def __init__(self, rows, dof=None):
        self.n_samples = len(rows)
        self.dispersion = _regular(np.corrcoef(rows, rowvar=False))
        dof = self._fit_dof(rows[:_SEARCH_ROWS]) if dof is None else dof
        self._fit_dispersion(_once(rows), dof, _TOLERANCE)

    def marginal(self, rows, columns):
        """Fit some of the columns, of which these are the rows: they have the same degrees of freedom."""
        return StudentScores(rows, self.dof)

    def refitted(self, rows):
        """Fit more rows, of which these were the first: by as many as are searched the same degrees would be found."""
        return StudentScores(rows, self.dof if self.n_samples >= _SEARCH_ROWS else None)

    def _fit_dof(self, rows):
        scores = _Distinct(rows)

        def loss(place):
            t = self._fit_dispersion(scores, place ** (1 / _DOF_POWER), _SEARCH_TOLERANCE)
            return -np.mean(self._log_density(rows, t, np.arange(rows.shape[1])))

        return _minimum(loss, _DOF**_DOF_POWER) ** (1 / _DOF_POWER)

    def _fit_dispersion(self, scores, dof, tolerance):
        """Maximize the likelihood of the dispersion by reweighting, from the last one on; return the rows as t."""
        t = scores.of(dof)
        for _ in range(_MAX_ITER):
            weights = (dof + t.shape[1]) / (dof + _squared_norms(t, self.dispersion))
            scatter = (t * weights[:, None]).T @ t
            scale = np.sqrt(np.diag(scatter))
            previous, self.dispersion = self.dispersion, _regular(scatter / np.outer(scale, scale))
            if np.abs(self.dispersion - previous).max() < tolerance:
                break
        self.dof = dof
        return t

    def log_density(self, rows, columns):
        """Compute the log density of some columns of the rows."""
        part = rows[:, columns]
        return self._log_density(part, _quantiles(part, self.dof), columns)

    def pointwise(self, rows, columns):
        """Compute the pointwise information of some rows, in nats; the quantiles of all columns are found once."""
        x, y, z = columns
        t = _quantiles(rows, self.dof)
        parts = np.r_[x, y, z], z, np.r_[x, z], np.r_[y, z]
        xyz, z, xz, yz = (self._log_density(rows[:, p], t[:, p], p) if len(p) else 0.0 for p in parts)
        return xyz + z - xz - yz

    def _log_density(self, z, t, columns):
        part, dof, d = _part(self.dispersion, columns), self.dof, len(columns)
        # np.log1p takes five times as long; where the logarithm is small, an error of 1e-16 is of no account.
        joint = _t_constant(dof, d) - 0.5 * _log_det(part) - (dof + d) / 2 * np.log(1 + _squared_norms(t, part) / dof)
        marginal = _t_constant(dof, 1) - (dof + 1) / 2 * np.log(1 + t**2 / dof)
        return joint - np.sum(marginal + 0.5 * (z**2 + _LOG_2PI), axis=1)

    def entropy(self, columns):
        """Compute the entropy of some columns on the scale of the Student t."""
        dof, d = self.dof, len(columns)
        shape = (dof + d) / 2 * (digamma((dof + d) / 2) - digamma(dof / 2)) - _t_constant(dof, d)
        return shape + 0.5 * _log_det(_part(self.dispersion, columns)) - log_det_bias(self.n_samples, d)

    def sample(self, n_samples, rng):
        """Draw rows from the model."""
        normal = rng.standard_normal((n_samples, len(self.dispersion))) @ np.linalg.cholesky(self.dispersion).T
        return self._scores(normal / np.sqrt(rng.chisquare(self.dof, (n_samples, 1)) / self.dof))

    def sample_given(self, known, rng):
        """Draw the first columns given the others, the last ones: again a Student t."""
        n_known = known.shape[1]
        t, dof = _quantiles(known, self.dof), self.dof + n_known
        slopes, root = conditional(self.dispersion, n_known)
        norms = _squared_norms(t, self.dispersion[-n_known:, -n_known:])
        scale = np.sqrt((self.dof + norms) / rng.chisquare(dof, len(known)))
        return self._scores(t @ slopes + scale[:, None] * (rng.standard_normal((len(known), len(root))) @ root.T))

    def _scores(self, t):
        """Return the normal scores of draws on the scale of t: by a table, to 5 digits and in the same order."""
        largest = np.arcsinh(-stdtrit(self.dof, ndtr(-_LARGEST_SCORE)))
        scores = -ndtri(stdtr(self.dof, -np.sinh(np.linspace(0, largest, _N_SCORES + 1))))
        places = np.minimum(np.arcsinh(np.abs(t)) * (_N_SCORES / largest), np.nextafter(_N_SCORES, 0))
        steps = places.astype(np.intp)
        below = scores[steps]
        return np.copysign(below + (places - steps) * (scores[steps + 1] - below), t)


class _Quantiles:
    """The quantiles of Student's t in place of normal scores, by a table that serves any degrees of freedom."""

    def __init__(self, scores):
        self.scores, sizes = scores, np.abs(scores)
        self.places, step = np.linspace(_SMALLEST_SCORE, sizes.max(), _TABLE_SIZE, retstep=True)
        self.tails = ndtr(-self.places)
        share = (sizes - _SMALLEST_SCORE) / step
        self.steps = np.clip(share.astype(np.intp), 0, _TABLE_SIZE - 2)
        share -= self.steps
        rest = 1 - share
        self.weights = rest**2 * (1 + 2 * share), rest**2 * share, share**2 * (1 + 2 * rest), -(share**2) * rest

    def of(self, dof):
        """Return the quantiles to 9 digits."""
        ratios = np.log(-stdtrit(dof, self.tails) / self.places)
        ends = np.stack([ratios, _knot_slopes() @ ratios])
        (low, slope), (high, last_slope) = ends[:, self.steps], ends[:, self.steps + 1]
        a, b, c, d = self.weights
        return self.scores * np.exp(a * low + b * slope + c * high + d * last_slope)


class _Distinct:
    """The quantiles of the distinct scores alone: columns without ties have the same ones."""

    def __init__(self, rows):
        scores, self.index = np.unique(rows, return_inverse=True)
        self.quantiles = _Quantiles(scores)

    def of(self, dof):
        """Return the quantiles in place of all scores."""
        return self.quantiles.of(dof)[self.index]


def _quantiles(rows, dof):
    return _once(rows).of(dof)


def _once(rows):
    """Prepare the quantiles for one number of degrees: of few columns, a sort takes longer than what it saves."""
    return (_Distinct if rows.shape[1] > _MANY_COLUMNS else _Quantiles)(rows)


@cache
def _knot_slopes():
    """Return the matrix that leads from the values at the places of a table to a cubic spline's slopes per step."""
    knots = np.arange(_TABLE_SIZE)
    return CubicSpline(knots, np.eye(_TABLE_SIZE))(knots, 1)


def conditional(covariance, n_known):
    """Return the slopes of Gaussian columns on the known ones, which are the last, and the root of their covariance."""
    n_unknown = len(covariance) - n_known
    shared = covariance[:n_unknown, n_unknown:]
    slopes = np.linalg.solve(covariance[n_unknown:, n_unknown:], shared.T)
    return slopes, np.linalg.cholesky(covariance[:n_unknown, :n_unknown] - shared @ slopes)


def _regular(correlation):
    return (correlation + RIDGE * np.eye(len(correlation))) / (1 + RIDGE)


def _part(matrix, columns):
    return matrix[np.ix_(columns, columns)]


def _log_det(matrix):
    return np.linalg.slogdet(matrix)[1] if len(matrix) else 0.0


def _squared_norms(rows, matrix):
    """Compute the squared norms r' M^-1 r of the rows r."""
    if not len(matrix):
        return np.zeros(len(rows))
    whitened = rows @ solve_triangular(np.linalg.cholesky(matrix), np.eye(len(matrix)), lower=True).T
    return np.einsum("ij,ij->i", whitened, whitened)


def _minimum(function, places):
    """Find the minimum of a function that falls, then rises, along the places; the first of them if it rises there.

    Parabolas through the lowest value and those on its sides lead to it (Brent 1973, chapter 5).
    """
    values = {}
    for last, place in enumerate(places):
        values[place] = function(place)
        if last and values[place] > values[places[last - 1]]:
            break
    lowest = min(values, key=values.get)
    if lowest == places[0]:
        return lowest
    if lowest == places[last]:
        middle = (places[last] + places[last - 1]) / 2
        values[middle] = function(middle)
    for _ in range(_MAX_PARABOLAS):
        known = sorted(values)
        i = known.index(min(known, key=values.get))
        if i in (0, len(known) - 1):
            return known[i]
        lowest = _vertex([(place, values[place]) for place in known[i - 1 : i + 2]])
        if abs(lowest - known[i]) < _SEARCH_STEP:
            break
        values[lowest] = function(lowest)
    return lowest


def _vertex(points):
    """Return where the parabola through three points, of which the middle one is the lowest, has its minimum."""
    (a, f_a), (b, f_b), (c, f_c) = points
    left, right = (b - a) * (f_c - f_b), (c - b) * (f_a - f_b)
    return b - ((b - a) * left - (c - b) * right) / (2 * (left + right))


def _t_constant(dof, d):
    return gammaln((dof + d) / 2) - gammaln(dof / 2) - d / 2 * np.log(dof * np.pi)
