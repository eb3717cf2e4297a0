"""Families of several columns of numbers against one or several."""

from functools import partial

import numpy as np
from families_pairs import clayton, clayton_terms, regime_terms, regimes, scale_quadrature, student_terms
from family_truths import (
    Family,
    chunks,
    clayton_information,
    convolved_information,
    correlated,
    drawn_values,
    gaussian_information,
    grid_values,
    log_scale_information,
    mean_over_draws,
    orthogonal,
    sampled_sum_information,
    smoothed_information,
    student_information,
)
from scipy import stats
from scipy.ndimage import gaussian_filter
from scipy.special import k0, logsumexp

_GAUSSIAN_ENTROPY = 0.5 * np.log(2 * np.pi * np.e)


def split(draw, n_x):
    """(X, y) from the columns of one sample."""
    return lambda rng, n: (lambda rows: (rows[:, :n_x], rows[:, n_x:]))(draw(rng, n))


def gaussian_pairs(rng, n, rho, n_pairs):
    x, e = rng.normal(size=(2, n, n_pairs))
    return x, rho * x + np.sqrt(1 - rho**2) * e


def factor_correlation(n_columns):
    """A full correlation matrix of three common factors."""
    loadings = np.random.default_rng([7, n_columns]).normal(size=(n_columns, 3))
    covariance = loadings @ loadings.T + np.eye(n_columns)
    scale = np.sqrt(np.diag(covariance))
    return covariance / scale / scale[:, None]


def factors(rng, n, n_columns):
    return rng.normal(size=(n, n_columns)) @ np.linalg.cholesky(factor_correlation(n_columns)).T


def student(rng, n, n_columns, df):
    return rng.normal(size=(n, n_columns)) * np.sqrt(df / rng.chisquare(df, (n, 1)))


def noisy_sum(function, n_columns, noise, draw_x=None):
    """Draw X, and y = function(X) + noise."""

    def draw(rng, n):
        x = rng.normal(size=(n, n_columns)) if draw_x is None else draw_x(rng, (n, n_columns))
        return x, function(x) + noise * rng.normal(size=n)

    return draw


def rotated_sums(draw_column, noise_column, n_columns):
    """Sums of independent columns, y_j = x_j + e_j, both sides rotated."""

    def draw(rng, n):
        x = draw_column(rng, (n, n_columns))
        y = x + noise_column(rng, (n, n_columns))
        return x @ orthogonal(n_columns, 0), y @ orthogonal(n_columns, 1)

    return draw


def friedman(x):
    return 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4]


def friedman_quadrature():
    """The same from points of low discrepancy."""
    return smoothed_information(friedman(stats.qmc.Sobol(5, seed=0).random(2**20)), 1.5)


def ridge(n_columns):
    """sin(3 w x) with w of length one."""
    w = np.random.default_rng([7, 8]).normal(size=n_columns)
    w /= np.linalg.norm(w)
    return lambda x: np.sin(3 * x @ w)


def absolute_density(s, n_columns=10):
    """Density of the sum of absolute normals, by repeated convolution on a grid."""
    grid = np.arange(0, 30, 0.005) + 0.0025
    single = 2 * stats.norm.pdf(grid) * 0.005
    transform = np.fft.rfft(single, 2**16) ** n_columns
    total = np.fft.irfft(transform, 2**16) / 0.005
    return np.interp(s, (np.arange(2**16) + n_columns / 2) * 0.005, total)


def ridge_heteroscedastic(rng, n, n_columns, spread):
    x = rng.normal(size=(n, n_columns))
    return x, np.exp(spread * x.sum(1) / np.sqrt(n_columns)) * rng.normal(size=n)


_TANH = np.random.default_rng([7, 3]).normal(size=(10, 2)) / np.sqrt(10)
_TANH_NOISE = 0.3


def tanh_layer(rng, n):
    x = rng.normal(size=(n, 10))
    return x, np.tanh(2 * x @ _TANH) + _TANH_NOISE * rng.normal(size=(n, 2))


def tanh_information(n_draws=20_000, n_nodes=60):
    """h(y) - h(e); the density of y is a Gauss-Hermite mean over the two pre-activations."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(n_nodes)
    pairs = np.array(np.meshgrid(nodes, nodes)).reshape(2, -1).T
    centers = np.tanh(2 * pairs @ np.linalg.cholesky(_TANH.T @ _TANH).T)
    log_weights = np.log(np.outer(weights, weights).ravel() / weights.sum() ** 2)
    y = tanh_layer(np.random.default_rng(0), n_draws)[1]
    squares = (y**2).sum(1)[:, None] - 2 * y @ centers.T + (centers**2).sum(1)
    log_density = logsumexp(log_weights - squares / (2 * _TANH_NOISE**2), 1) - np.log(2 * np.pi * _TANH_NOISE**2)
    return -log_density.mean() - 2 * (_GAUSSIAN_ENTROPY + np.log(_TANH_NOISE))


def tanh_histogram():
    """The same from a histogram of a million rows of y, smoothed by the noise."""
    y = np.concatenate([np.tanh(2 * rng.normal(size=(n, 10)) @ _TANH) for rng, n in chunks()])
    width = _TANH_NOISE / 16
    mass = np.histogram2d(*y.T, np.round(6 / width).astype(int), ((-3, 3), (-3, 3)))[0]
    density = gaussian_filter(mass / mass.sum(), _TANH_NOISE / width, mode="constant", truncate=7) / width**2
    return -np.sum(density * np.log(np.maximum(density, 1e-300))) * width**2 - 2 * (
        _GAUSSIAN_ENTROPY + np.log(_TANH_NOISE)
    )


_CENTERS = np.random.default_rng([7, 6]).normal(size=(2, 6, 2)) * 2


def linked_clusters(rng, n):
    """Both sides have six clusters, of the same index."""
    index = rng.integers(6, size=n)
    return tuple(side[index] + rng.normal(size=(n, 2)) for side in _CENTERS)


def linked_terms(rng, n):
    x, y = (_log_clusters(side, centers) for side, centers in zip(linked_clusters(rng, n), _CENTERS, strict=True))
    return logsumexp(x + y, 1) - logsumexp(x, 1) - logsumexp(y, 1) + np.log(6)


def _log_clusters(rows, centers):
    return -0.5 * ((rows[:, None] - centers) ** 2).sum(2)


def curved(rng, n):
    """Two Gaussian pairs, each side bent by an invertible map."""
    x, y = gaussian_pairs(rng, n, 0.95, 2)
    bend = [np.column_stack([side[:, 0], side[:, 1] + side[:, 0] ** 2]) for side in (x, y)]
    return np.column_stack([bend[0][:, 0] + np.tanh(bend[0][:, 1]), bend[0][:, 1]]), bend[1]


def chosen_column(x):
    """x_1 where x_3 is positive, else x_2: normal."""
    return np.where(x[:, 2] > 0, x[:, 0], x[:, 1])


def cauchy(rng, n):
    x = rng.standard_cauchy((n, 5))
    return x, x.sum(1) + rng.standard_cauchy(n)


def _radial(x):
    return (x**2).sum(1)


def _parity(x):
    return np.sign(x[:, :3]).prod(1)


def _product(x):
    return x[:, 0] * x[:, 1]


def _absolute(x):
    return np.abs(x[:, :10]).sum(1)


def _uniform(rng, shape):
    return rng.random(shape)


def _exponential(rng, shape):
    return rng.exponential(size=shape)


def _noisy(name, function, n_columns, noise, *, n_active=None, draw_x=None, compute=None):
    """Return noise added to function(X); the truth by the smoothed histogram of a million values, or a formula."""
    draw = noisy_sum(function, n_columns, noise, draw_x)

    def values(rng, n):
        shape = n, n_active or n_columns
        return function(rng.normal(size=shape) if draw_x is None else draw_x(rng, shape))

    def drawn():
        return smoothed_information(drawn_values(values), noise)

    return Family(name, "columns", draw, compute or drawn, drawn if compute else None)


def _family(name, draw, compute, check=None):
    return Family(name, "columns", draw, compute, check)


COLUMNS = [
    _family("gaussian 5+5", partial(gaussian_pairs, rho=0.8, n_pairs=5), lambda: 5 * correlated(0.8)),
    _family(
        "factors 4+4", split(partial(factors, n_columns=8), 4), lambda: gaussian_information(factor_correlation(8), 4)
    ),
    _family(
        "student 3+3",
        split(partial(student, n_columns=6, df=2), 3),
        lambda: student_information(3, 3, 2),
        lambda: mean_over_draws(partial(student_terms, n_x=3, n_y=3, df=2)),
    ),
    _family(
        "student 5+5",
        split(partial(student, n_columns=10, df=3), 5),
        lambda: student_information(5, 5, 3),
        lambda: mean_over_draws(partial(student_terms, n_x=5, n_y=5, df=3)),
    ),
    _family(
        "clayton 3+3",
        split(partial(clayton, theta=1.5, n_columns=6), 3),
        lambda: clayton_information(1.5, 3, 3),
        lambda: mean_over_draws(partial(clayton_terms, theta=1.5, n_x=3, n_y=3)),
    ),
    _family(
        "clayton 6+2",
        split(partial(clayton, theta=4.0, n_columns=8), 6),
        lambda: clayton_information(4.0, 6, 2),
        lambda: mean_over_draws(partial(clayton_terms, theta=4.0, n_x=6, n_y=2)),
    ),
    _family(
        "clayton 5+1",
        split(partial(clayton, theta=2.0, n_columns=6), 5),
        lambda: clayton_information(2.0, 5, 1),
        lambda: mean_over_draws(partial(clayton_terms, theta=2.0, n_x=5, n_y=1)),
    ),
    _family(
        "heteroscedastic 5+1",
        partial(ridge_heteroscedastic, n_columns=5, spread=1.2),
        lambda: log_scale_information(1.2),
        lambda: scale_quadrature(1.2),
    ),
    _family(
        "regimes 3+3",
        partial(regimes, rho=0.9, n_columns=3),
        lambda: mean_over_draws(partial(regime_terms, rho=0.9, n_columns=3)),
    ),
    _noisy(
        "product 5+1",
        _product,
        5,
        0.4,
        compute=lambda: convolved_information(lambda v: k0(np.abs(v)) / np.pi, 0.4, -20, 20),
    ),
    _noisy(
        "radial 5+1",
        _radial,
        5,
        1.0,
        compute=lambda: convolved_information(lambda v: stats.chi2.pdf(v, 5), 1.0, 0, 60),
    ),
    _noisy(
        "maximum 5+1",
        lambda x: x.max(1),
        5,
        0.05,
        draw_x=_uniform,
        compute=lambda: convolved_information(lambda v: 5 * v**4, 0.05, 0, 1),
    ),
    _noisy(
        "ridge sine 8+1",
        ridge(8),
        8,
        0.3,
        compute=lambda: smoothed_information(grid_values(lambda s: np.sin(3 * s), stats.norm.ppf), 0.3),
    ),
    _noisy(
        "absolute sum 30+1",
        _absolute,
        30,
        0.9,
        n_active=10,
        compute=lambda: convolved_information(absolute_density, 0.9, 0, 29),
    ),
    _noisy("friedman 10+1", friedman, 10, 1.5, n_active=5, draw_x=_uniform, compute=friedman_quadrature),
    _noisy(
        "parity 10+1",
        _parity,
        10,
        0.4,
        n_active=3,
        compute=lambda: smoothed_information(np.array([-1.0, 1.0]), 0.4),
    ),
    _noisy("chosen column 8+1", chosen_column, 8, 0.5, n_active=3, compute=lambda: 0.5 * np.log(5)),
    _noisy("signed 6+1", lambda x: x[:, 0] * np.sign(x[:, 1]), 6, 0.5, n_active=2, compute=lambda: 0.5 * np.log(5)),
    _noisy("weak sum 50+1", lambda x: x.sum(1) / np.sqrt(50), 50, 1.0, compute=lambda: 0.5 * np.log(2)),
    _family(
        "cauchy 5+1",
        cauchy,
        lambda: np.log(6),
        lambda: sampled_sum_information(cauchy, stats.cauchy, stats.cauchy(scale=6)),
    ),
    _family("uniform sums 3+3", rotated_sums(_uniform, _uniform, 3), lambda: 1.5),
    _family("exponential sums 3+3", rotated_sums(_exponential, _exponential, 3), lambda: 3 * np.euler_gamma),
    _family("tanh layer 10+2", tanh_layer, tanh_information, tanh_histogram),
    _family("linked clusters 2+2", linked_clusters, lambda: mean_over_draws(linked_terms)),
    _family("curved 2+2", curved, lambda: 2 * correlated(0.95)),
]
