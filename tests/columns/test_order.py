"""Which whole numbers are labels: those whose order tells nothing."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from skib._columns import (
    Variable,
    are_unordered,
    read_labels,
    repeated_levels,
    scores_of_classes,
    scores_of_numbers,
    target_columns,
)

N = 1000
SEEDS = range(5)


def labels(rng, spread=2.0):
    """Fifty classes of arbitrary means."""
    y = rng.integers(0, 50, N)
    return (rng.normal(0, spread, (50, 3))[y] + rng.normal(size=(N, 3))), y


def ages(rng):
    y = rng.integers(18, 91, N)
    return np.sin(y / 15) + 0.5 * rng.normal(size=N), y


def counts(rng):
    rate = 30 * np.exp(0.2 * rng.normal(size=N))
    return rate, rng.poisson(rate)


def years(rng):
    y = rng.integers(1950, 2024, N)
    return y / 30 + rng.normal(size=N), y


def sensor(rng):
    x = rng.normal(size=N)
    return x, np.rint(12 * (0.8 * x + 0.6 * rng.normal(size=N))).astype(int)


def near_function(rng):
    x = rng.normal(size=N)
    return x + 0.01 * rng.normal(size=N), (80 * norm.cdf(x)).astype(int)


def independent(rng):
    return rng.normal(size=N), rng.integers(0, 60, N)


def parity(rng):
    y = rng.integers(0, 60, N)
    return y % 2 + 0.5 * rng.normal(size=N), y


def spread(rng):
    y = rng.integers(0, 50, N)
    return rng.uniform(0.3, 3, 50)[y] * rng.normal(size=N), y


def variables(x, y):
    return Variable(target_columns(x, N)), Variable(target_columns(y, N))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("draw", [labels, parity, spread])
def test_labels(draw, seed):
    x, y = variables(*draw(np.random.default_rng(seed)))
    assert not y.is_classes
    same, read = read_labels(x, y)
    assert same is x and read.is_classes and read.nominal.all()
    np.testing.assert_array_equal(read.codes, y.codes)
    assert read.label(3) == y.label(3)
    assert read_labels(y, x)[0].is_classes


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("draw", [ages, counts, years, sensor, near_function, independent])
def test_numbers(draw, seed):
    x, y = variables(*draw(np.random.default_rng(seed)))
    assert repeated_levels(y.values[:, 0]) is not None
    assert read_labels(x, y) == (x, y)


def test_other_types_are_what_they_say():
    x, y = labels(np.random.default_rng(0))
    for other in (y + 0.5, y.astype("datetime64[D]"), np.char.add("label ", y.astype(str))):
        variable = Variable(
            target_columns(pd.Series(other).astype("category") if other.dtype.kind == "U" else other, N)
        )
        assert read_labels(*variables(x, y)[:1], variable)[1] is variable
    two = Variable(target_columns(np.column_stack([y, y + np.arange(N) % 7]), N))
    assert read_labels(Variable(target_columns(x, N)), two)[1] is two


def test_labels_of_classes():
    """With classes on both sides of so many cells that they would be numbers."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 25, N)
    x = np.where(rng.random(N) < 0.5, rng.permutation(25)[y], rng.integers(0, 25, N))
    assert are_unordered(y, scores_of_classes(x))
    assert all(variable.nominal.all() for variable in read_labels(*variables(x, y)))
    assert not are_unordered(y, scores_of_classes(rng.integers(0, 25, N)))
    number = Variable(target_columns(rng.normal(size=N), N))
    assert not read_labels(number, variables(x, y)[1])[1].nominal.any()  # few levels are classes with numbers anyway


def test_rare_classes_show_no_order():
    """Counts that follow smoothly what 300 joint classes tell."""
    fired = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        codes = rng.integers(0, 300, 3000)
        y = rng.poisson(25 * np.exp(0.3 * np.sin(codes / 30)))
        fired += are_unordered(repeated_levels(y.astype(float)), scores_of_classes(codes))
    assert fired == 0


def test_counts_whose_noise_depends_on_the_level():
    """Rentals by the hour: the low counts are those of the night, and many."""
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        hour = rng.integers(0, 24, 8000)
        rate = 3 + 150 * np.maximum(np.sin((hour - 6) / 18 * np.pi), 0) ** 2
        y = rng.poisson(rate * rng.gamma(2.0, 0.5, 8000))
        assert not are_unordered(repeated_levels(y.astype(float)), scores_of_classes(hour))


def test_few_rows_per_level():
    assert repeated_levels(np.repeat(np.arange(20.0), 5)) is not None
    assert repeated_levels(np.repeat(np.arange(20.0), 5)[1:]) is None
    assert not are_unordered(np.arange(100) % 50, scores_of_numbers(np.random.default_rng(0).normal(size=(100, 1))))
