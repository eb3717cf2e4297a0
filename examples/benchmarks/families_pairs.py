"""Families of two columns of numbers."""

from functools import partial

import numpy as np
from family_truths import (
    Family,
    clayton_information,
    copula_quadrature,
    correlated,
    grid_values,
    log_scale_information,
    mean_over_draws,
    sampled_sum_information,
    smoothed_information,
    student_information,
)
from scipy import stats
from scipy.special import i0e, k0, logsumexp, xlogy

_GAUSSIAN_ENTROPY = 0.5 * np.log(2 * np.pi * np.e)


def clayton(rng, n, theta, n_columns=2):
    """Uniform columns whose Clayton copula is strong in the lower corner."""
    frailty = rng.gamma(1 / theta, size=(n, 1))
    return (1 + rng.exponential(size=(n, n_columns)) / frailty) ** (-1 / theta)


def clayton_log_density(u, v, theta):
    total = u**-theta + v**-theta - 1
    return np.log1p(theta) - (1 + theta) * np.log(u * v) - (2 + 1 / theta) * np.log(total)


def frank(rng, n, theta):
    u, w = rng.random((2, n))
    v = -np.log1p(w * np.expm1(-theta) / (w + (1 - w) * np.exp(-theta * u))) / theta
    return np.column_stack([u, v])


def frank_log_density(u, v, theta):
    scale = -np.expm1(-theta)
    joint = scale - np.expm1(-theta * u) * np.expm1(-theta * v)
    return np.log(theta * scale) - theta * (u + v) - 2 * np.log(np.abs(joint))


def gumbel(rng, n, theta):
    alpha, angle, unit = 1 / theta, np.pi * rng.random((n, 1)), rng.exponential(size=(n, 1))
    stable = np.sin(alpha * angle) / np.sin(angle) ** theta * (np.sin((1 - alpha) * angle) / unit) ** (theta - 1)
    return np.exp(-((rng.exponential(size=(n, 2)) / stable) ** alpha))


def gumbel_log_density(u, v, theta):
    a, b = -np.log(u), -np.log(v)
    s = (a**theta + b**theta) ** (1 / theta)
    return a + b - s + (theta - 1) * np.log(a * b) + (1 - 2 * theta) * np.log(s) + np.log(s + theta - 1)


def columns(draw):
    """(X, y) from the columns of a sample of pairs."""
    return lambda rng, n: (lambda pair: (pair[:, :1], pair[:, 1]))(draw(rng, n))


def with_noise(function, draw_x, noise):
    """Draw x, and y = function(x) + noise."""

    def draw(rng, n):
        x = draw_x(rng, n)
        return x[:, None], function(x) + noise * rng.normal(size=n)

    return draw


def summed(draw_x, draw_noise):
    """Draw x, and y = x + noise."""

    def draw(rng, n):
        x = draw_x(rng, n)
        return x[:, None], x + draw_noise(rng, n)

    return draw


def levy(rng, n, scale=1.0):
    return scale / rng.normal(size=n) ** 2


def circle(rng, n, noise=0.15):
    angle = 2 * np.pi * rng.random(n)
    x, y = np.cos(angle) + noise * rng.normal(size=n), np.sin(angle) + noise * rng.normal(size=n)
    return x[:, None], y


def circle_information(noise=0.15):
    """2 h(x) - h(x, y), where the joint density depends on the radius only."""
    r = np.linspace(0, 1 + 12 * noise, 20_001)
    density = i0e(r / noise**2) * np.exp(-((r - 1) ** 2) / (2 * noise**2)) / (2 * np.pi * noise**2)
    joint = -np.sum(2 * np.pi * r * xlogy(density, density)) * r[1]
    single = smoothed_information(grid_values(lambda u: np.cos(np.pi * u), lambda u: u), noise)
    return 2 * (single + _GAUSSIAN_ENTROPY + np.log(noise)) - joint


def circle_terms(rng, n, noise=0.15):
    """Log density ratio; the marginal density is a mean over angles."""
    x, y = (part.ravel() for part in circle(rng, n))
    r = np.hypot(x, y)
    joint = np.log(i0e(r / noise**2)) - (r - 1) ** 2 / (2 * noise**2) - np.log(2 * np.pi * noise**2)
    grid = np.linspace(-2.5, 2.5, 2001)
    single = stats.norm.pdf(grid[:, None], np.cos(np.pi * (np.arange(400) + 0.5) / 400), noise).mean(1)
    return joint - sum(np.log(np.interp(np.abs(part), grid, single)) for part in (x, y))


def scale_quadrature(spread=1.0):
    """h(y) - E h(y|x) of normal y with the scale exp(spread x), the density of y by Gauss-Hermite quadrature."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    t = np.arange(-30, 8, 0.002)  # log |y|
    density = stats.norm.pdf(np.exp(t)[:, None], scale=np.exp(spread * nodes)) @ (weights / weights.sum())
    return -np.sum(2 * xlogy(density, density) * np.exp(t)) * 0.002 - _GAUSSIAN_ENTROPY


def student_terms(rng, n, n_x, n_y, df):
    """Log density ratio of uncorrelated Student columns."""
    d = n_x + n_y
    rows = rng.normal(size=(n, d)) * np.sqrt(df / rng.chisquare(df, (n, 1)))
    parts = (slice(0, d), 1), (slice(0, n_x), -1), (slice(n_x, d), -1)
    return sum(
        sign * stats.multivariate_t(shape=np.eye(rows[:, part].shape[1]), df=df).logpdf(rows[:, part])
        for part, sign in parts
    )


def clayton_terms(rng, n, theta, n_x, n_y):
    """Log density ratio of the Clayton copula of several columns."""
    rows = clayton(rng, n, theta, n_x + n_y)

    def log_density(u):
        d = u.shape[1]
        total = (u**-theta).sum(1) - d + 1
        constant = np.log1p(theta * np.arange(1, d)).sum()
        return constant - (1 + theta) * np.log(u).sum(1) - (d + 1 / theta) * np.log(total)

    return log_density(rows) - log_density(rows[:, :n_x]) - log_density(rows[:, n_x:])


def checkerboard(rng, n, n_cells):
    """Uniform on the cells of a board that are black."""
    i = rng.integers(n_cells, size=n)
    j = 2 * rng.integers(n_cells // 2, size=n) + i % 2
    return ((i + rng.random(n)) / n_cells)[:, None], (j + rng.random(n)) / n_cells


def multiplied(rng, n):
    x = rng.normal(size=n)
    return x[:, None], x * rng.normal(size=n)


def multiplied_information():
    """h(y) - h(e) - E log |x|, with the density K_0(|y|) / pi of y."""
    t = np.arange(-40, 4.5, 0.001)
    density = 2 * k0(np.exp(t)) / np.pi  # of |y|; the integral is over log |y|
    entropy = -np.sum(xlogy(density, density / 2) * np.exp(t)) * 0.001
    return entropy - _GAUSSIAN_ENTROPY + 0.5 * (np.euler_gamma + np.log(2))


def multiplied_terms(rng, n):
    x, y = (part.ravel() for part in multiplied(rng, n))
    return stats.norm.logpdf(y, scale=np.abs(x)) - np.log(k0(np.abs(y)) / np.pi)


def heteroscedastic(rng, n, spread):
    x = rng.normal(size=n)
    return x[:, None], np.exp(spread * x) * rng.normal(size=n)


def crossing_lines(rng, n, noise=0.2):
    x = rng.normal(size=n)
    return x[:, None], rng.choice([-1, 1], n) * x + noise * rng.normal(size=n)


def crossing_terms(rng, n, noise=0.2):
    x, y = (part.ravel() for part in crossing_lines(rng, n, noise))
    lines = [stats.norm.logpdf(y, sign * x, noise) - np.log(2) for sign in (-1, 1)]
    return logsumexp(lines, 0) - stats.norm.logpdf(y, scale=np.hypot(1, noise))


def crossing_quadrature(noise=0.2):
    x, y = np.linspace(-8, 8, 2401)[:, None], np.linspace(-10, 10, 3001)
    conditional = 0.5 * (stats.norm.pdf(y, x, noise) + stats.norm.pdf(y, -x, noise))
    inner = np.sum(xlogy(conditional, conditional), 1) * (y[1] - y[0])
    return (
        np.sum(stats.norm.pdf(x[:, 0]) * inner) * (x[1, 0] - x[0, 0]) + _GAUSSIAN_ENTROPY + np.log(np.hypot(1, noise))
    )


def regimes(rng, n, rho=0.95, n_columns=1):
    """Half of the rows correlated, half independent."""
    x, e = rng.normal(size=(2, n, n_columns))
    on = rng.random((n, 1)) < 0.5
    y = np.where(on, rho * x + np.sqrt(1 - rho**2) * e, e)
    return x, y[:, 0] if n_columns == 1 else y


def regime_terms(rng, n, rho=0.95, n_columns=1):
    x, y = regimes(rng, n, rho, n_columns)
    y = y.reshape(n, -1)
    free = stats.norm.logpdf(y).sum(1)
    return np.logaddexp(stats.norm.logpdf(y, rho * x, np.sqrt(1 - rho**2)).sum(1), free) - np.log(2) - free


def regime_quadrature(rho=0.95):
    rows = np.linspace(-8, 8, 2401)
    x, y = rows[:, None], rows
    ratio = 0.5 + 0.5 * stats.norm.pdf(y, rho * x, np.sqrt(1 - rho**2)) / stats.norm.pdf(y)
    return np.sum(stats.norm.pdf(x) * stats.norm.pdf(y) * xlogy(ratio, ratio)) * (rows[1] - rows[0]) ** 2


def student_pair(rng, n, df):
    scale = np.sqrt(df / rng.chisquare(df, (n, 1)))
    return scale * rng.normal(size=(n, 2))


def sine_information(noise=0.2):
    return smoothed_information(grid_values(lambda u: np.sin(2 * np.pi * u), lambda u: u), noise)


def _copula(name, draw, log_density, theta, closed=None):
    quadrature = partial(copula_quadrature, partial(log_density, theta=theta))

    def drawn():
        return mean_over_draws(lambda rng, n: log_density(*draw(rng, n, theta).T, theta))

    truth, check = (quadrature, drawn) if closed is None else (closed, quadrature)
    return Family(f"{name} {theta:g}", "pairs", columns(lambda rng, n: draw(rng, n, theta)), truth, check)


def _normal(rng, n):
    return rng.normal(size=n)


def _uniform(rng, n):
    return rng.random(n)


def _noisy(name, function, noise, check=None):
    """Return noise added to a function of a normal column."""
    values = partial(grid_values, function, stats.norm.ppf)
    return Family(
        name, "pairs", with_noise(function, _normal, noise), lambda: smoothed_information(values(), noise), check
    )


def _wave(n_periods):
    def wave(x):
        return np.sin(2 * np.pi * n_periods * x)

    def check():
        return smoothed_information(np.sin(2 * np.pi * np.random.default_rng(0).random(2_000_000)), 0.2)

    return Family(f"sine {n_periods}", "pairs", with_noise(wave, _uniform, 0.2), sine_information, check)


_CAUCHY = summed(lambda rng, n: rng.standard_cauchy(n), lambda rng, n: 0.5 * rng.standard_cauchy(n))
_LEVY = summed(levy, partial(levy, scale=0.25))
_EXPONENTIAL = summed(lambda rng, n: rng.exponential(size=n), lambda rng, n: rng.exponential(size=n))

PAIRS = [
    Family(
        "gaussian 0.6",
        "pairs",
        summed(_normal, lambda rng, n: 4 / 3 * rng.normal(size=n)),
        lambda: correlated(0.6),
    ),
    _copula("clayton", clayton, clayton_log_density, 1.0, lambda: clayton_information(1.0, 1, 1)),
    _copula("clayton", clayton, clayton_log_density, 5.0, lambda: clayton_information(5.0, 1, 1)),
    _copula("frank", frank, frank_log_density, 5.0),
    _copula("frank", frank, frank_log_density, 20.0),
    _copula("gumbel", gumbel, gumbel_log_density, 1.5),
    _copula("gumbel", gumbel, gumbel_log_density, 4.0),
    Family(
        "student 2",
        "pairs",
        columns(partial(student_pair, df=2)),
        lambda: student_information(1, 1, 2),
        lambda: mean_over_draws(partial(student_terms, n_x=1, n_y=1, df=2)),
    ),
    Family(
        "heteroscedastic",
        "pairs",
        partial(heteroscedastic, spread=1.0),
        lambda: log_scale_information(1.0),
        scale_quadrature,
    ),
    Family("multiplied", "pairs", multiplied, multiplied_information, lambda: mean_over_draws(multiplied_terms)),
    Family("circle", "pairs", circle, circle_information, lambda: mean_over_draws(circle_terms)),
    Family("crossing lines", "pairs", crossing_lines, crossing_quadrature, lambda: mean_over_draws(crossing_terms)),
    Family("regimes", "pairs", regimes, regime_quadrature, lambda: mean_over_draws(regime_terms)),
    _noisy(
        "parabola", np.square, 0.5, lambda: smoothed_information(np.random.default_rng(0).chisquare(1, 2_000_000), 0.5)
    ),
    _noisy("steps", lambda x: np.floor(2 * x), 0.3),
    _wave(2),
    _wave(5),
    _wave(25),
    Family("checkerboard 4", "pairs", partial(checkerboard, n_cells=4), lambda: np.log(2)),
    Family("checkerboard 12", "pairs", partial(checkerboard, n_cells=12), lambda: np.log(2)),
    Family(
        "cauchy sum",
        "pairs",
        _CAUCHY,
        lambda: np.log(3),
        lambda: sampled_sum_information(_CAUCHY, stats.cauchy(scale=0.5), stats.cauchy(scale=1.5)),
    ),
    Family(
        "levy sum",
        "pairs",
        _LEVY,
        lambda: 2 * np.log(3),
        lambda: sampled_sum_information(_LEVY, stats.levy(scale=0.25), stats.levy(scale=2.25)),
    ),
    Family(
        "exponential sum",
        "pairs",
        _EXPONENTIAL,
        lambda: np.euler_gamma,
        lambda: sampled_sum_information(_EXPONENTIAL, stats.expon, stats.gamma(2)),
    ),
    Family(
        "uniform sum",
        "pairs",
        summed(_uniform, _uniform),
        lambda: 0.5,
        lambda: sampled_sum_information(summed(_uniform, _uniform), stats.uniform, stats.triang(0.5, 0, 2)),
    ),
    Family(
        "near function",
        "pairs",
        summed(_uniform, lambda rng, n: 0.001 * rng.random(n)),
        lambda: 0.0005 - np.log(0.001),
    ),
]
