"""Families of rounded columns, of kinds mixed in one table, and of tables of letters."""

from functools import partial

import numpy as np
import pandas as pd
from families_classes import shift_posterior, shifted
from families_columns import gaussian_pairs, ridge_heteroscedastic
from families_pairs import clayton, columns
from family_truths import (
    Family,
    binary_entropy,
    clayton_information,
    correlated,
    drawn_values,
    entropy,
    grid_values,
    label_information,
    posterior_of,
    smoothed_information,
    table_information,
)
from scipy import stats
from scipy.special import expit, ndtr, xlogy


def rounded(draw, decimals):
    """Draw, and round all columns."""
    return lambda rng, n: tuple(np.round(part, decimals) for part in draw(rng, n))


def as_float32(draw):
    """Draw, and store in single precision."""
    return lambda rng, n: tuple(part.astype(np.float32).astype(float) for part in draw(rng, n))


def rounded_correlated(rho, step, step_y=None):
    """Information of a Gaussian pair in steps; below 0.01 what is lost shrinks with the square of the step."""
    if step < 0.01:
        return correlated(rho) - (step / 0.01) ** 2 * (correlated(rho) - rounded_correlated(rho, 0.01))
    step_y = step_y or step
    nodes, weights = np.polynomial.legendre.leggauss(3)
    x, y = (np.arange(-np.ceil(6.5 / s), np.ceil(6.5 / s) + 1) * s for s in (step, step_y))
    edges = np.append(y - step_y / 2, y[-1] + step_y / 2)
    joint = 0
    for node, weight in zip(nodes, weights, strict=True):
        inner = x + node * step / 2
        below = ndtr((edges - rho * inner[:, None]) / np.sqrt(1 - rho**2))
        joint = joint + 0.5 * step * weight * stats.norm.pdf(inner)[:, None] * np.diff(below)
    return table_information(joint / joint.sum())


def rounded_clayton(theta, n_levels):
    """Information of a Clayton pair cut into equal cells, from the differences of its distribution function."""
    u = np.arange(1, n_levels + 1) / n_levels
    below = np.zeros((n_levels + 1, n_levels + 1))
    below[1:, 1:] = (u[:, None] ** -theta + u**-theta - 1) ** (-1 / theta)
    return table_information(np.maximum(np.diff(np.diff(below, axis=0), axis=1), 0))


def cut_clayton(rng, n, theta, n_levels):
    return np.ceil(clayton(rng, n, theta) * n_levels) / n_levels


def rounded_scales(spread, step):
    """I(X; y rounded), y = e exp(spread s): entropy of the cells, less its mean for given s."""
    s = stats.norm.ppf((np.arange(2000) + 0.5) / 2000)
    edges = np.arange(-40, 40 + step, step) - step / 2
    total, conditional = 0, 0
    for scale in np.exp(spread * s):
        cells = np.diff(ndtr(edges / scale))
        total, conditional = total + cells / len(s), conditional + entropy(cells) / len(s)
    return entropy(total) - conditional


def one_rounded(rng, n):
    x, y = gaussian_pairs(rng, n, 0.7, 3)
    x[:, 0] = np.round(x[:, 0], 2)
    return x, y


def rounded_linear(rng, n):
    x, y = shifted(_CENTERS, 10)(rng, n)
    return np.round(x, 1), y


_CENTERS = np.random.default_rng([7, 10, 6]).normal(size=(6, 6)) * 0.6
_TOWNS = np.array([-1.5, -0.4, 0.0, 0.8, 1.9])
_EFFECTS = np.random.default_rng([7, 40]).normal(size=40)
_WEIGHTS = np.array([0.3, 0.5, 0.7, 0.9, 1.1, 0.2])
_LABEL_MEANS = np.random.default_rng([7, 50]).normal(size=(50, 3)) * 3


def town_and_age(rng, n):
    town, age = rng.integers(5, size=n), rng.normal(size=n)
    y = _TOWNS[town] + 0.6 * age + 0.5 * rng.normal(size=n)
    return pd.DataFrame({"age": 40 + 10 * age, "town": pd.Categorical.from_codes(town, list("abcde"))}), y


def town_and_age_values():
    age = grid_values(lambda z: 0.6 * z, stats.norm.ppf, 40_001)
    return np.concatenate([age + town for town in _TOWNS])


def town_age_label(rng, n):
    town, age = rng.integers(5, size=n), rng.normal(size=n)
    y = (rng.random(n) < expit(2 * (_TOWNS[town] * age))).astype(int)
    return pd.DataFrame({"age": age, "town": pd.Categorical.from_codes(town, list("abcde"))}), y


def town_age_posterior(rng, n):
    p = expit(2 * _TOWNS[rng.integers(5, size=n)] * rng.normal(size=n))
    return np.column_stack([1 - p, p])


def category(rng, n):
    level = rng.integers(40, size=n)
    return pd.DataFrame({"level": pd.Categorical(level)}), _EFFECTS[level] + 0.7 * rng.normal(size=n)


def bools(rng, n):
    x = rng.random((n, 6)) < 0.5
    return pd.DataFrame(x).add_prefix("b"), x @ _WEIGHTS + 0.4 * rng.normal(size=n)


def bool_values():
    return ((np.arange(64)[:, None] >> np.arange(6)) % 2) @ _WEIGHTS


def zero_inflated(rng, n):
    x = np.where(rng.random(n) < 0.4, 0, rng.gamma(2, size=n))
    return x[:, None], x + 0.5 * rng.normal(size=n)


def zero_inflated_information():
    values = grid_values(lambda x: x, stats.gamma(2).ppf, 100_001)
    weights = np.append(np.full(len(values), 0.6 / len(values)), 0.4)
    return smoothed_information(np.append(values, 0.0), 0.5, weights)


def zero_together(rng, n, rho=0.6):
    x, y = gaussian_pairs(rng, n, rho, 1)
    on = rng.random((n, 1)) < 0.7
    return np.where(on, x, 0), np.where(on, y, 0)[:, 0]


def gamma_poisson(rng, n):
    rate = rng.gamma(2, 4, size=n)
    return rate[:, None], rng.poisson(rate)


def gamma_poisson_information():
    """H(Y) of the negative binomial, less that of the Poisson for given rate."""
    y = np.arange(400)
    rates = stats.gamma(2, scale=4).ppf((np.arange(4000) + 0.5) / 4000)
    conditional = np.mean(entropy(stats.poisson.pmf(y[:200], rates[:, None])))
    return entropy(stats.nbinom.pmf(y, 2, 1 / 5)) - conditional


def clipped_sum(rng, n):
    x = rng.normal(size=(n, 2))
    return x, np.clip(x.sum(1) + 0.7 * rng.normal(size=n), -1, 1)


def clipped_information():
    """From the table of the sum (equally likely values) against the two atoms and fine cells between."""
    s = np.sqrt(2) * stats.norm.ppf((np.arange(4000) + 0.5) / 4000)
    edges = np.r_[-np.inf, np.linspace(-1, 1, 1001), np.inf]
    return table_information(np.diff(ndtr((edges - s[:, None]) / 0.7)) / len(s))


def clipped_terms():
    """Entropies of the atoms and of the density between, for y and for given sum."""
    s = np.sqrt(2) * stats.norm.ppf((np.arange(4000) + 0.5) / 4000)
    t = np.linspace(-1, 1, 2001)
    low, high = ndtr((-1 - s) / 0.7), ndtr((s - 1) / 0.7)
    density = stats.norm.pdf(t, s[:, None], 0.7)

    def total(a, b, p):
        return -xlogy(a, a) - xlogy(b, b) - np.trapezoid(xlogy(p, p), t)

    return total(low.mean(), high.mean(), density.mean(0)) - np.mean(total(low, high, density))


def many_labels(rng, n):
    y = rng.integers(50, size=n)
    return _LABEL_MEANS[y] + rng.normal(size=(n, 3)), y


def many_labels_posterior(rng, n):
    x = many_labels(rng, n)[0]
    return posterior_of(x @ _LABEL_MEANS.T - 0.5 * (_LABEL_MEANS**2).sum(1))


_HOURS = 1.2 * np.sin(2 * np.pi * np.arange(24) / 24) + np.outer([0, 0.8], np.cos(4 * np.pi * np.arange(24) / 24))
_SEASONS = np.array([-0.5, 0.1, 0.4, 0.0])
_TEMPERATURES = np.round(np.arange(-3.6, 3.7, 0.2), 1)
_COUNT_NOISE = 0.35


def rentals(rng, n, kind):
    """Hour, season, working day and temperature in steps, against a count; `kind` of the first three."""
    hour, season, working = rng.integers(24, size=n), rng.integers(4, size=n), rng.integers(2, size=n)
    temperature = np.clip(np.round(5 * rng.normal(size=n)) / 5, -3.6, 3.6)
    y = rental_count(_HOURS[working, hour] + _SEASONS[season] + 0.3 * temperature, rng.normal(size=n))
    table = pd.DataFrame({"hour": hour, "season": season, "working": working})
    return table.astype(kind).assign(temperature=temperature), y


def rental_count(level, noise):
    return np.round(np.exp(4 + level + _COUNT_NOISE * noise)).astype(int)


def rental_information(hours_only=False):
    """H(Y) - H(Y|columns), summed over all levels of the columns and all counts."""
    steps = np.diff(ndtr(np.r_[-np.inf, _TEMPERATURES[:-1] + 0.1, np.inf]))
    rest = (_SEASONS[:, None] + 0.3 * _TEMPERATURES).ravel()
    weights = np.repeat(steps[None] / 4, 4, 0).ravel()
    edges = (np.log(np.arange(4000) + 0.5) - 4) / _COUNT_NOISE
    total, conditional, by_hour = 0, 0, np.zeros((24, 4000))
    for hour, level in enumerate(_HOURS.T):
        for working in (0, 1):
            below = ndtr(edges - (level[working] + rest)[:, None] / _COUNT_NOISE)
            cells = np.diff(below, axis=1, prepend=0)
            by_hour[hour] += weights @ cells / 2
            conditional += weights @ entropy(cells) / 48
    total = entropy(by_hour.mean(0))
    return total - (entropy(by_hour).mean() if hours_only else conditional)


def hour_and_noise(rng, n):
    """The hour, and a category of 400 levels that tells nothing."""
    x, y = rentals(rng, n, "category")
    return pd.DataFrame({"hour": x.hour, "store": pd.Categorical(rng.integers(400, size=n))}), y


def letters(codes):
    """A column of text."""
    return pd.DataFrame({"x": np.char.add("v", codes.astype(str))})


def channel(n_letters, share, weights=None):
    """Draw letters x, and y = x with probability `share`, else a letter drawn anew."""
    p = np.full(n_letters, 1 / n_letters) if weights is None else weights / weights.sum()

    def draw(rng, n):
        x, other = rng.choice(n_letters, size=(2, n), p=p)
        y = np.where(rng.random(n) < share, x, other)
        return letters(x), letters(y)["x"].to_numpy()

    return draw, lambda: table_information(share * np.diag(p) + (1 - share) * np.outer(p, p))


def zipf(n_letters):
    return 1 / np.arange(1, n_letters + 1)


def channel_entropies(n_letters, share):
    """H(Y) - H(Y|X) of uniform letters."""
    hit = share + (1 - share) / n_letters
    miss = (1 - share) / n_letters
    return np.log(n_letters) + xlogy(hit, hit) + (n_letters - 1) * xlogy(miss, miss)


def thinned_poisson(rng, n):
    x = rng.poisson(20, n)
    return x[:, None], rng.binomial(x, 0.5)


def thinned_information():
    x = np.arange(80)
    joint = stats.poisson.pmf(x[:, None], 20) * stats.binom.pmf(x, x[:, None], 0.5)
    return table_information(joint)


def thinned_entropies():
    """Both y and x - y are Poisson(10) and independent: H(Y) - H(Y|X) with the binomial."""
    x = np.arange(80)
    conditional = stats.poisson.pmf(x, 20) @ entropy(stats.binom.pmf(x, x[:, None], 0.5))
    return entropy(stats.poisson.pmf(x, 10)) - conditional


def modular_sum(rng, n):
    """Two columns of ten digits, y their sum modulo ten, of which 30 % are drawn anew."""
    x = rng.integers(10, size=(n, 2))
    return x.astype(float), np.where(rng.random(n) < 0.3, rng.integers(10, size=n), x.sum(1) % 10)


def _mixture_entropy(means, scale, noise):
    """The information of normal classes of one spread about means, by the density of their mixture."""
    t = np.linspace(means.min() - 10 * scale, means.max() + 10 * scale, 20_001)
    density = stats.norm.pdf(t, means[:, None], scale).mean(0)
    return -np.trapezoid(xlogy(density, density), t) - 0.5 * np.log(2 * np.pi * np.e * noise**2)


def _rounded_pairs(rho, n_pairs, decimals):
    return Family(
        f"gaussian {n_pairs}+{n_pairs}, {decimals} decimals",
        "rounded",
        rounded(partial(gaussian_pairs, rho=rho, n_pairs=n_pairs), decimals),
        lambda: n_pairs * rounded_correlated(rho, 10.0**-decimals),
    )


def _mixed(name, draw, compute, check=None):
    return Family(name, "mixed", draw, compute, check)


def _channel(name, n_letters, share, weights=None, check=None):
    return Family(name, "tables", *channel(n_letters, share, weights), check)


ROUNDED = [
    *(_rounded_pairs(0.8, 5, decimals) for decimals in (3, 2, 1)),
    *(_rounded_pairs(0.7, 3, decimals) for decimals in (3, 2, 1)),
    *(_rounded_pairs(0.8, 1, decimals) for decimals in (2, 1)),
    Family(
        "gaussian 3+3, one rounded",
        "rounded",
        one_rounded,
        lambda: 2 * correlated(0.7) + rounded_correlated(0.7, 0.01, 0.01),
    ),
    Family(
        "gaussian 1+1, whole",
        "rounded",
        rounded(partial(gaussian_pairs, rho=0.8, n_pairs=1), 0),
        lambda: rounded_correlated(0.8, 1),
    ),
    Family(
        "clayton 1+1, 50 levels",
        "rounded",
        columns(partial(cut_clayton, theta=2.0, n_levels=50)),
        lambda: rounded_clayton(2.0, 50),
    ),
    Family(
        "clayton 3+3, float32",
        "rounded",
        as_float32(lambda rng, n: np.hsplit(clayton(rng, n, 1.5, 6), 2)),
        lambda: clayton_information(1.5, 3, 3),
    ),
    Family(
        "heteroscedastic 5+1, y to 0.1",
        "rounded",
        lambda rng, n: (lambda x, y: (x, np.round(y, 1)))(*ridge_heteroscedastic(rng, n, 5, 0.7)),
        lambda: rounded_scales(0.7, 0.1),
    ),
    Family(
        "6 linear classes in 10, 1 decimal",
        "rounded",
        rounded_linear,
        lambda: label_information(shift_posterior(_CENTERS / np.sqrt(1 + 0.01 / 12))),
    ),
]

MIXED = [
    _mixed(
        "town and age",
        town_and_age,
        lambda: smoothed_information(town_and_age_values(), 0.5),
        lambda: _mixture_entropy(_TOWNS, np.hypot(0.6, 0.5), 0.5),
    ),
    _mixed("town and age, label", town_age_label, lambda: label_information(town_age_posterior)),
    _mixed(
        "category of 40",
        category,
        lambda: smoothed_information(_EFFECTS, 0.7),
        lambda: _mixture_entropy(_EFFECTS, 0.7, 0.7),
    ),
    _mixed(
        "six bools",
        bools,
        lambda: smoothed_information(bool_values(), 0.4),
        lambda: _mixture_entropy(bool_values(), 0.4, 0.4),
    ),
    _mixed(
        "zero-inflated",
        zero_inflated,
        zero_inflated_information,
        lambda: smoothed_information(drawn_values(lambda rng, n: zero_inflated(rng, n)[0].ravel()), 0.5),
    ),
    _mixed("zero together", zero_together, lambda: binary_entropy(0.3) + 0.7 * correlated(0.6)),
    _mixed("gamma-Poisson", gamma_poisson, gamma_poisson_information),
    _mixed("clipped sum", clipped_sum, clipped_information, clipped_terms),
    _mixed("50 labels in 3", many_labels, lambda: label_information(many_labels_posterior)),
    _mixed("rentals, categories", partial(rentals, kind="category"), rental_information),
    _mixed("rentals, numbers", partial(rentals, kind="int64"), rental_information),
    _mixed("hour and a random store", hour_and_noise, partial(rental_information, hours_only=True)),
]

TABLES = [
    _channel("5 letters", 5, 0.5, check=lambda: channel_entropies(5, 0.5)),
    _channel("30 letters", 30, 0.5, check=lambda: channel_entropies(30, 0.5)),
    _channel("100 letters", 100, 0.5, check=lambda: channel_entropies(100, 0.5)),
    _channel("Zipf(1000)", 1000, 0.35, zipf(1000)),
    _channel("Zipf(100)", 100, 0.2, zipf(100)),
    Family("thinned Poisson", "tables", thinned_poisson, thinned_information, thinned_entropies),
    Family("sum modulo ten", "tables", modular_sum, lambda: channel_entropies(10, 0.7)),
]
