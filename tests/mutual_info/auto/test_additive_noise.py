"""Two columns, one of which is a multiple of the other plus noise: truths, what is refused, and the parts."""

import numpy as np
import pytest
from scipy import stats

from skib import SaturatedEstimateWarning
from skib.datasets import make_benchmark_task
from skib.mutual_info import Auto
from skib.mutual_info._auto import two_column_estimate
from skib.mutual_info._auto._additive_noise import (
    _FEWEST_ROWS,
    _adjacent,
    _dependence,
    _extremes_meet,
    _golden_section,
    _half_span,
    _least_deviations,
    _legendre,
    _spacing_entropies,
    _too_unlikely,
)

# Sampler of x and of the noise, and h(x + noise) - h(noise): the entropies of a triangle and of a trapezoid, and those
# of the stable and of the gamma distribution.
SUMS = {
    "uniform": (lambda rng, n: rng.random((2, n)), 0.5),
    "narrow uniform": (lambda rng, n: rng.random((2, n)) * [[1], [0.2]], np.log(5) + 0.1),
    "very narrow uniform": (lambda rng, n: rng.random((2, n)) * [[1], [0.001]], np.log(1000) + 0.0005),
    "normal": (lambda rng, n: rng.normal(size=(2, n)), 0.5 * np.log(2)),
    "Cauchy": (lambda rng, n: rng.standard_cauchy((2, n)), np.log(2)),
    "exponential": (lambda rng, n: rng.exponential(size=(2, n)), np.euler_gamma),
    "Levy": (lambda rng, n: 1 / rng.normal(size=(2, n)) ** 2, np.log(4)),
}


def draw(name, n_samples, seed):
    """Return x and x + noise."""
    x, noise = SUMS[name][0](np.random.default_rng(seed), n_samples)
    return x, x + noise


@pytest.mark.parametrize("name", SUMS)
def test_truth(name):
    truth = SUMS[name][1]
    estimates = [two_column_estimate(*draw(name, 2000, seed)) for seed in range(20)]
    additive = [estimate for estimate in estimates if estimate.additive_noise is not None]
    assert len(additive) >= 16
    errors = np.array([estimate.value - truth for estimate in additive])
    stated = np.array([estimate.std_error for estimate in additive])
    assert abs(errors.mean()) < 4 * stated.mean() / np.sqrt(len(errors))
    assert np.mean(np.abs(errors) < 2 * stated) >= 0.8
    assert 0.5 < errors.std(ddof=1) / stated.mean() < 1.6  # chi-squared of 19 degrees of freedom
    if name != "normal":  # of which neighbors have no bias
        assert np.abs(errors).mean() < np.mean([abs(estimate.neighbors - truth) for estimate in additive])


def nonadditive(name, rng, n):
    """Return columns that depend, but not by a line and independent noise."""
    x, noise = rng.normal(size=(2, n))
    u, v = rng.random((2, n))
    return {
        "independent": (x, noise),
        "mapped-normal": (np.exp(x), x + noise),
        "mapped-uniform": (u**3, u + v),
        "scale": (x, x + np.exp(0.5 * x) * noise),
        "Student": tuple(np.array([x, noise]) / np.sqrt(rng.chisquare(2, n) / 2)),
        "circle": (np.cos(7 * u) + 0.2 * x, np.sin(7 * u) + 0.2 * noise),
        "steps": (x, np.floor(2 * x) + 0.3 * noise),
        "line-and-waves": (u, 3 * u + 0.3 * np.sin(300 * u) + 0.1 * noise),
        "Frank": (u, -np.log1p(v * np.expm1(-20.0) / (v + (1 - v) * np.exp(-20 * u))) / 20),
    }[name]


KINDS = "independent mapped-normal mapped-uniform scale Student circle steps line-and-waves Frank".split()


# 1000 rows of the Frank copula may pass for a line, whose value is then within the errors.
@pytest.mark.parametrize("n_samples", [1000, 5000])
@pytest.mark.parametrize("name", KINDS)
def test_other_dependence_is_left_to_neighbors(name, n_samples):
    for seed in range(20):
        estimate = two_column_estimate(*nonadditive(name, np.random.default_rng(seed), n_samples))
        if (name, n_samples) == ("Frank", 1000) and estimate.additive_noise is not None:
            assert estimate.value == pytest.approx(1.1602, abs=3 * estimate.std_error)
        else:
            assert estimate.additive_noise is None


def structured(name, rng, n):
    """Return columns near a line, whose noise depends on x in fine structure."""
    (u, v), noise = rng.random((2, n)), rng.normal(size=n)
    return {
        "levels": (u, np.floor(10 * u) / 10 + 0.015 * v),
        "waves": (u, u + 0.1 * np.sin(24 * np.pi * u) + 0.3 * noise),
        "scale-waves": (u, u + (0.13 + 0.03 * np.sin(16 * np.pi * u)) * noise),
        "integers": (np.floor(400 * u), np.floor(400 * u) + 0.9 * v),  # spacings of 4000 rows do not see the gaps
    }[name]


@pytest.mark.parametrize("name", ["levels", "waves", "scale-waves", "integers"])
def test_fine_structure_is_left_to_neighbors(name):
    for seed in range(20):
        estimate = two_column_estimate(*structured(name, np.random.default_rng(seed), 4000))
        assert estimate.additive_noise is None


def test_wrapped_noise_is_left_to_neighbors():
    for seed in range(20):
        x, noise = np.random.default_rng(seed).random((2, 2000))
        assert two_column_estimate(x, (x + 0.01 * noise) % 1).additive_noise is None  # 10 rows are wrapped


@pytest.mark.parametrize("jitter", [0, 1e-12, 1e-6])
def test_a_default_value_is_left_to_neighbors(jitter):
    """Equal spacings, wide and narrow, within the atom: only the residuals are too rare for it."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        x, noise, other = rng.random((3, 2500))
        y = np.where(other < 0.015, 0.5 + jitter * noise, x + 0.2 * noise)
        assert two_column_estimate(x, y).additive_noise is None


def test_noise_over_many_levels_of_whole_numbers():
    errors, stated = [], []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        x = np.floor(400 * rng.random(4000))
        estimate = two_column_estimate(x, x + 20 * rng.random(4000))
        if estimate.additive_noise is not None:
            errors.append(estimate.value - np.log(20) - 0.025)  # x + noise is a trapezoid, but for steps of 1 / 400
            stated.append(estimate.std_error)
    assert len(errors) >= 5
    assert abs(np.mean(errors)) < 4 * np.mean(stated) / np.sqrt(len(errors))


def test_a_few_rows_far_from_the_line():
    """They have the whole error of the difference from the Gaussian copula, which does not speak for it."""
    share, errors, stated = 0.001, [], []
    for seed in range(20):
        x, noise, other = np.random.default_rng(seed).normal(size=(3, 3000))
        y = np.where(np.arange(3000) < 3000 * share, other, x + 0.05 * noise)
        estimate = two_column_estimate(x, y)
        if estimate.additive_noise is not None:
            given_x = (1 - share) * stats.norm.pdf(y, x, 0.05) + share * stats.norm.pdf(y)
            terms = np.log(given_x) - stats.norm.logpdf(y, scale=np.hypot(1, 0.05))
            errors.append(estimate.value - terms.mean())
            stated.append(estimate.std_error)
    assert len(errors) >= 10
    assert max(stated) < 0.03
    assert abs(np.mean(errors)) < 4 * np.mean(stated) / np.sqrt(len(errors))


def test_candidates_are_named():
    auto = Auto()
    x, y = draw("uniform", 2000, 0)
    auto.fit(x[:, None], y)
    assert list(auto.estimates_) == ["neighbors", "gaussian", "additive_noise"]
    assert auto.mutual_info_ == pytest.approx(auto.estimates_["additive_noise"], abs=1e-12)  # the copula is far off
    assert auto.pointwise_.mean() == pytest.approx(auto.mutual_info_, abs=1e-12)


@pytest.mark.parametrize("name", ["uniform", "Cauchy"])
def test_units_rows_and_the_order_of_the_columns_do_not_matter(name):
    x, y = draw(name, 2000, 0)
    once = two_column_estimate(x, y)
    for a, b in ((y, x), (3e-290 * x, 1e280 * y), (x, -y), (x + 100, y - 7)):
        assert two_column_estimate(a, b).value == pytest.approx(once.value, abs=1e-6)
    order = np.random.default_rng(0).permutation(len(x))
    again = two_column_estimate(x[order], y[order])
    assert again.value == pytest.approx(once.value, abs=1e-12)
    np.testing.assert_allclose(again.pointwise, once.pointwise[order], atol=1e-12)


def test_few_rows_and_ties_are_left_to_neighbors():
    for n_samples in (10, 50, _FEWEST_ROWS - 1):
        assert two_column_estimate(*draw("uniform", n_samples, 0)).additive_noise is None
    assert two_column_estimate(*np.round(draw("uniform", 2000, 0), 2)).additive_noise is None


def test_a_function_is_no_noise():
    x = np.random.default_rng(0).normal(size=2000)
    with pytest.warns(SaturatedEstimateWarning):
        auto = Auto().fit(x[:, None], 3 * x + 1)
    assert auto.saturated_
    assert "additive_noise" not in auto.estimates_


def test_more_than_neighbors_can_return_is_saturated():
    x, noise = np.random.default_rng(0).random((2, 1000))
    estimate = two_column_estimate(x, x + 1e-7 * noise)  # 16 nats
    assert estimate.additive_noise == pytest.approx(7 * np.log(10), abs=0.1)
    assert estimate.value == estimate.ceiling
    assert estimate.saturated


@pytest.mark.parametrize("distance", [1e3, 1e20])
def test_one_value_far_out_counts_once(distance):
    x, y = draw("narrow uniform", 2000, 0)
    before = two_column_estimate(x, y)
    y[1000] += distance
    after = two_column_estimate(x, y)
    assert after.additive_noise is not None
    assert abs(after.value - before.value) < 0.01


def test_any_range_of_numbers():
    """No warning, and a number, where squares or differences are beyond what floats hold."""
    x, noise = np.random.default_rng(0).normal(size=(2, 1000))
    for spread in (50, 100, 200):
        wide = np.exp(spread * x)
        for y in (wide * np.exp(noise), wide + np.exp(spread * noise), 1e-200 * wide):
            assert np.isfinite(two_column_estimate(wide, y).value)


def test_the_benchmark_of_edges():
    errors = []
    for name in ("1v1-additive-0.1", "1v1-additive-0.75"):
        tasks = [make_benchmark_task(name, 5000, random_state=seed) for seed in range(10)]
        errors += [two_column_estimate(task.X[:, 0], task.y).value - task.mutual_info for task in tasks]
    assert np.mean(np.abs(errors)) < 0.01  # 0.018 by neighbors, 0.005 by the mean of the true log density ratio


@pytest.mark.parametrize("distribution", [stats.uniform(), stats.norm(), stats.expon()])
def test_spacings_estimate_the_entropy(distribution):
    values = np.sort(distribution.rvs((30, 1000), random_state=0), axis=1)
    errors = np.mean([_spacing_entropies(row) for row in values], axis=1) - distribution.entropy()
    assert abs(errors.mean()) < 0.02  # edges and tails, which are nearly the same in both entropies
    assert errors.std() < 1.3 * max(np.std(distribution.logpdf(values)) / np.sqrt(1000), 0.005)


def test_spacings_end_with_the_column_and_at_gaps():
    values = np.r_[np.arange(100.0), 1e6]
    half = _half_span(len(values))
    entropies = _spacing_entropies(values)
    inner = entropies[2 * half : -2 * half]
    np.testing.assert_allclose(inner, inner[0])
    assert entropies[:-1].max() - inner[0] < 0.5  # fewer spacings, but no wider ones
    assert entropies[-1] > inner[0] + 8


def test_polynomials_are_those_of_legendre():
    t = np.linspace(-1, 1, 11)
    expected = np.polynomial.legendre.legvander(t, 4)[:, 1:] * np.sqrt([3, 5, 7, 9])
    np.testing.assert_allclose(_legendre(t).T, expected, atol=1e-12)


def test_chi_squared_of_independent_residuals():
    rng = np.random.default_rng(0)
    found = [_dependence(rng.normal(size=1000)) for _ in range(500)]
    chi_squared = np.array([part[0] for part in found])
    assert abs(chi_squared.mean() - 16) < 4 * np.sqrt(32 / 500)
    assert stats.kstest(chi_squared, stats.chi2(16).cdf).pvalue > 1e-4
    assert max(part[1] for part in found) < 5  # the largest of some 30 000 normal variables, 1 in 50


def test_blocks_of_a_quarter_of_a_wave_show_the_most():
    """For waves of 160 rows and share w of the variance, blocks of L rows: w sqrt(n L) where L is much shorter."""
    n, share = 64_000, 0.02
    wave = np.sqrt(2 * share) * np.sin(2 * np.pi * np.arange(n) / 160)
    rows = wave + np.sqrt(1 - share) * np.random.default_rng(0).normal(size=(4, 2, n))
    successive, all_lengths = (_adjacent(rows, fewest) for fewest in (n, 32))
    assert successive == pytest.approx(2 * share * np.sqrt(n), abs=4)  # of all rows together
    assert all_lengths > 3 * successive


def test_pointwise_information_is_rarely_far_below_zero():
    x, noise = np.random.default_rng(0).normal(size=(2, 100_000))
    terms = stats.norm.logpdf(noise) - stats.norm.logpdf(x + noise, scale=np.sqrt(2))
    assert not _too_unlikely(terms)
    terms[:14] = -11.0
    assert _too_unlikely(terms)


def test_extremes_meet():
    rng = np.random.default_rng(0)
    assert sum(_extremes_meet(rng.permutation(1000)) for _ in range(4000)) <= 10  # 1 or 2 are expected
    x = np.sort(rng.random(1000))
    residuals = rng.random(1000) - (x > 0.994)
    assert _extremes_meet(np.argsort(residuals))


def test_least_deviations_are_least():
    x, noise = np.random.default_rng(0).standard_cauchy((2, 101))
    x = np.sort(x)
    y = 2 * x + noise
    slope, run, rise = _least_deviations(x, y), x[51:] - x[:50], y[51:] - y[:50]

    def deviations(b):
        return np.abs(rise - b * run).sum()

    assert deviations(slope) == pytest.approx(min(deviations(b) for b in rise / run))


def test_golden_section():
    place, value = _golden_section(lambda b: abs(b - 0.3), -1.0, 1.0)
    assert abs(place - 0.3) < 0.3
    assert value == abs(place - 0.3)


@pytest.mark.parametrize("jitter", [0, 1e-12, 1e-4])
@pytest.mark.parametrize("step", [0.001, 0.005, 0.02, 0.05])
@pytest.mark.parametrize("name", ["uniform", "normal", "exponential"])
def test_rounding_loses_little(name, step, jitter):
    """Also where a little noise breaks the ties of rounded numbers: spacings measure its density, not theirs.

    What neighbors lose of the exact columns is lost where they take over.
    """
    for seed in range(3):
        columns = np.array(draw(name, 1000, seed))
        exact = two_column_estimate(*columns)
        rounded = np.round(columns / step) * step + jitter * np.random.default_rng(seed).normal(size=columns.shape)
        for x, y in (rounded, (rounded[0], columns[1]), (columns[0], rounded[1])):
            estimate = two_column_estimate(x, y)
            errors = 2 * max(estimate.std_error, exact.std_error) + abs(exact.value - exact.neighbors)
            assert abs(estimate.value - exact.value) < 0.03 + errors
            assert estimate.std_error < 0.1
