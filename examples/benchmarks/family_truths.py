"""Families of samples whose mutual information is known, and how it is computed: closed forms, quadrature, or the mean
of a log density ratio over a million draws of a fixed seed. Nats throughout.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from scipy import stats
from scipy.ndimage import gaussian_filter1d
from scipy.special import digamma, gammaln, ndtr, xlogy

N_DRAWS = 1_000_000
_CHUNK = 50_000
_GAUSSIAN_ENTROPY = 0.5 * np.log(2 * np.pi * np.e)


@dataclass(frozen=True)
class Family:
    """A sampler of known information: ``family(n_samples, seed)`` returns (X, y, truth)."""

    name: str
    kind: str
    draw: Callable  # (rng, n_samples) -> X, y
    compute: Callable  # () -> nats
    check: Callable | None = None  # () -> nats, in a second way

    @cached_property
    def truth(self):
        """The information, in nats."""
        return float(self.compute())

    def __call__(self, n_samples, seed):
        """Draw (X, y), and return them with the truth."""
        return *self.draw(np.random.default_rng([seed, zlib.crc32(self.name.encode())]), n_samples), self.truth


def chunks():
    """Generators of fixed seeds, each for one chunk of the draws, and its size."""
    return ((np.random.default_rng([2026, i]), _CHUNK) for i in range(N_DRAWS // _CHUNK))


def mean_over_draws(terms):
    """Mean of terms(rng, n_samples) over a million draws."""
    return np.mean([np.mean(terms(rng, size)) for rng, size in chunks()])


def gaussian_information(correlation, n_x):
    """Information of Gaussian columns: the first `n_x` against the others."""
    blocks = correlation, correlation[:n_x, :n_x], correlation[n_x:, n_x:]
    joint, x, y = (np.linalg.slogdet(block)[1] for block in blocks)
    return 0.5 * (x + y - joint)


def correlated(rho):
    """Information of one Gaussian pair."""
    return -0.5 * np.log1p(-(rho**2))


def student_entropy(n_columns, df):
    """Differential entropy of the multivariate Student distribution of unit scale matrix."""
    half = 0.5 * (df + n_columns)
    return (
        gammaln(0.5 * df)
        - gammaln(half)
        + 0.5 * n_columns * np.log(df * np.pi)
        + half * (digamma(half) - digamma(0.5 * df))
    )


def student_information(n_x, n_y, df):
    """Information of uncorrelated Student columns, which share their scale."""
    return student_entropy(n_x, df) + student_entropy(n_y, df) - student_entropy(n_x + n_y, df)


def clayton_information(theta, n_x, n_y):
    """E log c(x, y) - E log c(x) - E log c(y), by the frailty that the columns share."""

    def mean_log_density(d):
        if d == 1:
            return 0.0
        mean_log_sum = digamma(1 / theta + d) - digamma(1 / theta)
        return np.log1p(theta * np.arange(1, d)).sum() + (1 + theta) * d - (d + 1 / theta) * mean_log_sum

    return mean_log_density(n_x + n_y) - mean_log_density(n_x) - mean_log_density(n_y)


def copula_quadrature(log_density, n_nodes=1200, limit=7.5):
    """Integral of c log c, by the trapezoidal rule on the normal scores of both coordinates."""
    z = np.linspace(-limit, limit, n_nodes)
    weight = stats.norm.pdf(z) * (z[1] - z[0])
    u = ndtr(z)
    log_c = log_density(u[:, None], u[None])
    return np.sum(weight[:, None] * weight * np.exp(log_c) * log_c)


def smoothed_information(values, noise, weights=None):
    """I(X; f(X) + noise) for draws of f, or its equally likely values, by their smoothed histogram."""
    width = noise / 64
    weights = np.ones(len(values)) if weights is None else weights
    place = (values - values.min()) / width + 640
    left = place.astype(int)
    mass = np.bincount(left, weights * (left + 1 - place), minlength=left.max() + 640)
    mass[1:] += np.bincount(left, weights * (place - left), minlength=len(mass))[:-1]
    density = gaussian_filter1d(mass / mass.sum(), noise / width, mode="constant", truncate=9) / width
    return -np.sum(xlogy(density, density)) * width - _GAUSSIAN_ENTROPY - np.log(noise)


def drawn_values(function):
    """Values of function(rng, n_samples) for a million draws."""
    return np.concatenate([function(rng, size) for rng, size in chunks()])


def grid_values(function, quantile, n_nodes=400_001):
    """Values of a function of one variable at equally likely points."""
    return function(quantile((np.arange(n_nodes) + 0.5) / n_nodes))


def convolved_information(density, noise, low, high):
    """I(X; f(X) + noise) from the density of f(X) on an interval."""
    width = noise / 40
    grid = low + width * (np.arange(-10 * noise / width, (high - low + 10 * noise) / width).round() + 0.5)
    inside = (grid > low) & (grid < high)
    cells = np.zeros(len(grid))
    cells[inside] = np.maximum(density(grid[inside]), 0)
    smooth = gaussian_filter1d(cells / (cells.sum() * width), noise / width, mode="constant", truncate=9)
    return -np.sum(xlogy(smooth, smooth)) * width - _GAUSSIAN_ENTROPY - np.log(noise)


def log_scale_information(spread):
    """I(s; e exp(spread s)) of normal s and e: a convolution in log |e|, as the sign tells nothing."""
    width = 0.002
    t = np.arange(-45, 15, width)
    noise = 2 * stats.norm.pdf(np.exp(t)) * np.exp(t)
    total = gaussian_filter1d(noise, spread / width, mode="constant", truncate=9)
    return width * (np.sum(xlogy(noise, noise)) - np.sum(xlogy(total, total)))


def table_information(joint):
    """Information of a table of probabilities."""
    independent = joint.sum(1, keepdims=True) * joint.sum(0, keepdims=True)
    return np.sum(xlogy(joint, np.divide(joint, independent, out=np.ones_like(joint), where=independent > 0)))


def entropy(probabilities, axis=-1):
    """Entropy along an axis."""
    return -np.sum(xlogy(probabilities, probabilities), axis)


def label_information(draw_posterior):
    """H(Y) - E H(Y|x) from draws of p(y|x)."""
    means, conditional = zip(
        *((p.mean(0), entropy(p).mean()) for p in (draw_posterior(rng, size) for rng, size in chunks())), strict=True
    )
    return entropy(np.mean(means, 0)) - np.mean(conditional)


def sampled_information(draw, posterior, n_samples=200_000):
    """Mean of log p(y|x) - log p(y) over rows of the sampler itself: a check of sampler and formula together."""
    terms, size = [], 10_000
    for i in range(n_samples // size):
        x, y = draw(np.random.default_rng([11, i]), size)
        terms.append(np.column_stack([posterior(x), y]))
    terms = np.concatenate(terms)
    p, y = terms[:, :-1], terms[:, -1].astype(int)
    return np.mean(np.log(np.maximum(p[np.arange(len(p)), y], 1e-300)) - np.log(p.mean(0)[y]))


def sampled_sum_information(draw, noise, total):
    """Mean of log p(y|x) - log p(y) over a million rows of y = sum of x + noise; distributions of scipy.stats."""

    def terms(rng, n):
        x, y = draw(rng, n)
        y = y.reshape(n, -1)
        return (noise.logpdf(y - x.sum(1, keepdims=True)) - total.logpdf(y)).sum(1)

    return mean_over_draws(terms)


def draw_labels(rng, posterior):
    """A label of each row of p(y|x)."""
    return (rng.random((len(posterior), 1)) > np.cumsum(posterior, 1)[:, :-1]).sum(1)


def posterior_of(log_densities, prior=None):
    """p(y|x) from log p(x|y), (n_samples, n_classes)."""
    scores = log_densities if prior is None else log_densities + np.log(prior)
    scores = np.exp(scores - scores.max(1, keepdims=True))
    return scores / scores.sum(1, keepdims=True)


def flipped(posterior, noise):
    """The posterior of labels of which a share `noise` is drawn anew from all classes."""
    return (1 - noise) * posterior + noise / posterior.shape[1]


def binary_entropy(p):
    """Entropy of a coin."""
    return entropy(np.array([p, 1 - p]))


def binary_shift_information(shift):
    """I(X;Y) of two equally likely normal classes whose means are `shift` standard deviations apart."""
    z = np.linspace(-12 - shift, 12 + shift, 20_001)
    density = 0.5 * (stats.norm.pdf(z, shift / 2) + stats.norm.pdf(z, -shift / 2))
    return -np.sum(xlogy(density, density)) * (z[1] - z[0]) - _GAUSSIAN_ENTROPY


@cache
def orthogonal(n_columns, seed):
    """A fixed rotation."""
    return np.linalg.qr(np.random.default_rng([7, seed]).normal(size=(n_columns, n_columns)))[0]
