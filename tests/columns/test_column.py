"""Single columns: what kind they are, and the key of their null distribution."""

import numpy as np
import pandas as pd
import pytest

from skib import ConstantInputWarning, UnreliableEstimateWarning
from skib._columns import column_of, columns_of, warn_of_columns
from skib._columns._column import ContinuousColumn

N = 100
RNG = np.random.default_rng(0)


def test_a_column_keeps_its_name_and_its_values():
    values = pd.Series(RNG.normal(size=N))
    column = column_of(values, "height")
    assert (column.kind, column.name, column.n_samples) == ("continuous", "height", N)
    np.testing.assert_array_equal(column.values, values)
    np.testing.assert_array_equal(column.raw, values)


def test_codes_and_counts():
    column = column_of(np.array(["b", "a", "b", "c"] * 25), "letter")
    assert (column.kind, column.nominal, column.constant) == ("discrete", True, False)
    np.testing.assert_array_equal(column.codes[:4], [1, 0, 1, 2])
    np.testing.assert_array_equal(column.counts, [25, 50, 25])
    assert column_of(np.full(N, 7), "seven").constant


def test_ranks_of_levels_as_numbers():
    column = column_of(np.array([0.5, 20.0, 3.0, 3.0] * 25), "x")
    assert (column.kind, column.nominal) == ("discrete", False)
    np.testing.assert_array_equal(column.as_numbers.values[:4], [0, 2, 1, 1])


@pytest.mark.parametrize("text", [False, True])
def test_null_keys_of_discrete_columns(text):
    """Categories have no order, so that the numbers of rows per level are a set; levels of numbers have one."""

    def key(levels):
        return column_of(np.char.add("level ", levels.astype(str)) if text else levels, "x").null_key

    one = np.repeat([0, 1, 2], [20, 30, 50])
    assert key(one) == key(RNG.permutation(one))
    assert key(one) != key(np.repeat([0, 1, 2], [20, 20, 60]))
    assert (key(one) == key(np.repeat([0, 1, 2], [50, 30, 20]))) == text


def test_null_keys_of_continuous_columns():
    x, relu = RNG.normal(size=(2, N))
    relu = np.maximum(relu, 0)
    assert column_of(x, "x").null_key == column_of(np.exp(x), "y").null_key
    assert column_of(relu, "x").null_key == column_of(RNG.permutation(relu) ** 3, "y").null_key
    assert column_of(relu, "x").null_key != column_of(x, "x").null_key
    assert column_of(x, "x").untied and not column_of(relu, "x").untied


@pytest.mark.parametrize(
    "values",
    [RNG.normal(size=N), np.maximum(RNG.normal(size=N), 0), RNG.integers(4, size=N), RNG.choice(list("abc"), N)],
)
def test_a_representative_has_the_same_null_key(values):
    column = column_of(values, "x")
    assert column.null_representative().null_key == column.null_key
    assert column.permuted(RNG.permutation(N)).null_key == column.null_key


def test_permuted_rows():
    order = RNG.permutation(N)
    numbers, letters = RNG.normal(size=N), RNG.choice(list("abc"), N)
    np.testing.assert_array_equal(column_of(numbers, "x").permuted(order).values, numbers[order])
    np.testing.assert_array_equal(column_of(letters, "x").permuted(order).codes, column_of(letters[order], "x").codes)


def test_columns_of_a_frame_and_of_an_array():
    frame = pd.DataFrame({"x": RNG.normal(size=N), "letter": RNG.choice(list("abc"), N)})
    assert [(column.name, column.kind) for column in columns_of(frame)] == [("x", "continuous"), ("letter", "discrete")]
    assert [column.name for column in columns_of(RNG.normal(size=(N, 3)))] == [0, 1, 2]


def test_repeated_names_are_two_columns():
    frame = pd.DataFrame(RNG.normal(size=(N, 2)), columns=["x", "x"])
    first, second = columns_of(frame)
    assert first.name == second.name == "x"
    np.testing.assert_array_equal([first.values, second.values], frame.to_numpy().T)


def test_warnings_name_the_columns():
    constant, identifier = column_of(np.full(N, 7.5), "c"), column_of(RNG.permutation(N), "id")
    with pytest.warns(ConstantInputWarning, match=r"columns \['c'\] are constant"):
        warn_of_columns([constant])
    with pytest.warns(UnreliableEstimateWarning, match="column 'id' holds whole numbers of which no two"):
        warn_of_columns([identifier])


@pytest.mark.parametrize("decimals", [0, 1, 12])
def test_a_permuted_column_has_the_scores_of_its_rows(decimals):
    rng = np.random.default_rng(0)
    column, order = ContinuousColumn(rng.normal(size=200).round(decimals)), rng.permutation(200)
    permuted, fresh = column.permuted(order), ContinuousColumn(column.values[order])
    for name in ("complete", "constant", "is_continuous"):
        assert getattr(permuted, name) == getattr(fresh, name)
    assert permuted.sorted.tied == fresh.sorted.tied
    assert permuted.sorted.values[permuted.sorted.rank].tolist() == fresh.sorted.values[fresh.sorted.rank].tolist()
    assert permuted.values[permuted.sorted.order].tolist() == np.sort(column.values).tolist()
