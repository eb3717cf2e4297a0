"""Numbers that look like labels: two values, identifiers, and labels that occur once."""

import numpy as np
import pytest

from skib import UnreliableEstimateWarning
from skib._columns import read_columns, two_valued_as_bools, warn_of_labels

N = 400


def warn_of(values):
    warn_of_labels([("y", column) for column in read_columns("y", values)])


@pytest.mark.parametrize("first", [0, 1, 10**6, 2**60])
@pytest.mark.parametrize("step", [1, 3, 10])
def test_distinct_whole_numbers_in_a_narrow_range_are_identifiers(first, step):
    identifiers = first + step * np.random.default_rng(0).permutation(N)
    with pytest.warns(UnreliableEstimateWarning, match="y holds whole numbers of which no two are equal, as id"):
        warn_of(identifiers)


def test_identifiers_of_copied_rows_are_identifiers():
    """Draws from the same range would be equal far more often."""
    identifiers = np.concatenate([np.arange(1000, 1000 + N), np.arange(1000, 1000 + N // 20)])
    with pytest.warns(UnreliableEstimateWarning, match="y holds whole numbers of which hardly any two are"):
        warn_of(identifiers)
    rng = np.random.default_rng(0)
    warn_of(rng.integers(0, N, N))  # draws
    warn_of(np.concatenate([rng.choice(10**9, N, replace=False)] * 2)[: N + N // 20])  # amounts of copied rows
    warn_of(np.tile(np.arange(N), 3))  # a panel


def test_distinct_amounts_are_numbers():
    rng = np.random.default_rng(0)
    warn_of(rng.choice(10**9, N, replace=False))
    warn_of(np.arange(N) + 0.5)
    warn_of(1e200 * rng.normal(size=N))  # beyond 2^53 all floats are whole
    warn_of(np.arange(10))  # so few may be distinct by chance
    warn_of(np.arange(N).astype("datetime64[D]"))


def test_single_values_beside_frequent_ones_are_rare_labels():
    labels = np.repeat([1, 2], N // 2)
    labels[:60] = np.arange(10, 70)
    with pytest.warns(UnreliableEstimateWarning, match="60 whole numbers that occur once beside 2 frequent ones"):
        warn_of(labels)
    warn_of(np.random.default_rng(0).poisson(50.0, size=N))


def test_numbers_of_two_values_are_bools():
    few, many, constant = read_columns("X", np.column_stack([np.arange(N) % 2 * 3.5, np.arange(N), np.ones(N)]))
    two, *others = two_valued_as_bools([few, many, constant])
    assert two.source == "bool" and two.label(0) == 0.0 and two.label(1) == 3.5
    np.testing.assert_array_equal(two.values, np.arange(N) % 2)
    assert others[0] is many and others[1] is constant
