"""Series are recognized by the likeness of successive rows in both variables, and sorted rows are no series."""

import warnings

import numpy as np
import pytest

from skib._columns import warn_of_series
from skib._warnings import UnreliableEstimateWarning


def series(phi, n_samples, rng):
    noise = rng.normal(size=n_samples)
    values = np.empty(n_samples)
    values[0] = noise[0] / np.sqrt(1 - phi**2)
    for i in range(1, n_samples):
        values[i] = phi * values[i - 1] + noise[i]
    return values


def warned(x, y):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn_of_series(x, y)
    return [warning.category for warning in caught] == [UnreliableEstimateWarning]


@pytest.mark.parametrize("phi", [0.5, 0.9, 0.98])
def test_two_series(phi):
    rng = np.random.default_rng(0)
    x, y = series(phi, 400, rng), series(phi, 400, rng)
    assert warned(x, y)
    assert warned(np.column_stack([rng.normal(size=400), x]), y)
    assert phi == 0.5 or warned(x, np.where(y > 0, "up", "down"))  # two classes show less of it
    assert not warned(x, rng.normal(size=400))
    assert not warned(rng.permutation(x), y)


def test_independent_rows_are_not_warned_of():
    rng = np.random.default_rng(0)
    pairs = [(rng.normal(size=(200, 5)), rng.integers(0, 3, 200).astype(str)) for _ in range(200)]
    assert not any(warned(x + (y == "1")[:, None], y) for x, y in pairs)


def test_sorted_rows_are_no_series():
    rng = np.random.default_rng(0)
    y = np.repeat(["b", "a", "c"], 50)
    x = rng.normal(size=150) + 3 * (y == "a")
    assert not warned(x, y)
    assert not warned(np.sort(x), np.sort(x) + rng.normal(size=150))


def test_rows_sorted_by_a_third_column_are_no_series():
    rng = np.random.default_rng(0)
    level = np.repeat([0.0, 3.0, 6.0], 100)
    assert not warned(level + rng.normal(size=300), level + rng.normal(size=300))
    assert not warned(level + rng.normal(size=300), np.where(rng.random(300) < 0.1 + level / 8, "up", "down"))


def test_groups_of_equal_rows_are_alike():
    rng = np.random.default_rng(0)
    assert warned(rng.normal(size=60).repeat(5), rng.integers(0, 3, 60).repeat(5).astype(str))


def test_a_constant_column_is_no_series():
    assert not warned(np.zeros(100), series(0.9, 100, np.random.default_rng(0)))


def test_the_advice_is_what_the_caller_can_take():
    """Intervals have no shuffle, and shuffled rows of patients only hide that they are dependent."""
    rng = np.random.default_rng(0)
    x, y = series(0.9, 400, rng), series(0.9, 400, rng)
    patients = "sorted by patient, text or site need that label as groups: shuffling them hides"
    with pytest.warns(UnreliableEstimateWarning, match=f"p-values .* test with shuffle='circular'. Rows .*{patients}"):
        warn_of_series(x, y)
    with pytest.warns(UnreliableEstimateWarning, match=f"blocks of successive rows as groups. .*{patients}") as issued:
        warn_of_series(x, y, shifts=False)
    assert "shuffle=" not in str(issued[0].message)
