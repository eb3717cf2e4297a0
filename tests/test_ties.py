"""Ties broken at random: the order within a tie depends on the rows alone, and tells nothing of any column."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest

from skib._ties import break_ties, has_atom
from tests.strategies import tied_rows


def rounded(rng, n_samples, decimals=1):
    """A pair of dependent columns and a third, rounded."""
    x, y, z = 2 * rng.normal(size=(3, n_samples))
    return np.column_stack([x, x + y, z]).round(decimals)


@given(tied_rows(min_columns=2, max_columns=4), st.integers(0, 2**32 - 1))
def test_order_of_rows_columns_and_variables_and_monotone_maps_change_nothing(rows, seed):
    rng = np.random.default_rng(seed)
    broken = break_ties([rows[:, :1], rows[:, 1:]])
    order = rng.permutation(len(rows))
    y, x = break_ties([np.arctan(rows[order, 1:][:, ::-1] / 1e9), rows[order, :1] ** 3])
    got, expected = np.hstack([x, y[:, ::-1]]), np.hstack(broken)[order]
    ranks = [np.unique(part, axis=0, return_inverse=True)[1] for part in np.hstack([rows, expected]).T]
    mapped = [np.unique(part, return_inverse=True)[1] for part in got.T]
    assert sorted(zip(*mapped, strict=True)) == sorted(zip(*ranks[rows.shape[1] :], strict=True))


@given(tied_rows(min_columns=1, max_columns=4))
def test_ranks_keep_the_order_and_have_no_ties(rows):
    (broken,) = break_ties([rows])
    for column, replaced in zip(rows.T, broken.T, strict=True):
        if len(np.unique(column)) == len(column) or has_atom(column):
            np.testing.assert_array_equal(replaced, column)
        else:
            np.testing.assert_array_equal(np.sort(replaced), np.arange(len(column)))
            assert (np.diff(column[np.argsort(replaced)]) >= 0).all()


def test_columns_without_ties_or_with_an_atom_stay():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 2))
    assert break_ties([x, x])[0] is x
    relu = np.maximum(x, 0)
    assert break_ties([relu])[0] is relu


@pytest.mark.parametrize(("n_equal", "is_atom"), [(9, False), (10, True)])
def test_an_atom_is_a_value_of_surely_more_than_a_twentieth_of_the_rows(n_equal, is_atom):
    column = np.arange(100.0)
    column[:n_equal] = -1
    assert has_atom(np.random.default_rng(0).permutation(column)) == is_atom


@given(st.integers(1, 400), st.integers(1, 60), st.sampled_from([1.0, -1.0, 1e300, 5e-324]), st.integers(0, 2**32 - 1))
def test_an_atom_is_found_on_any_levels(n_samples, n_levels, scale, seed):
    rng = np.random.default_rng(seed)
    column = (rng.integers(n_levels, size=n_samples) - n_levels // 2) * scale
    column[(column == 0) & (rng.random(n_samples) < 0.5)] = -0.0  # equal to 0.0
    expected = n_samples / 20
    most = max(int(expected + 2 * np.sqrt(expected)), 1)
    assert has_atom(column) == (np.unique(column, return_counts=True)[1].max() > most)


def test_distinct_values_are_no_atoms_however_few():
    assert not has_atom(np.arange(3.0))
    assert has_atom(np.array([1.0, 1.0, 2.0]))


def places_in_ties(column, broken):
    """The place of each row within its tie, from 0 to 1."""
    first = np.searchsorted(np.sort(column), column)
    size = np.unique(column, return_counts=True)[1][np.unique(column, return_inverse=True)[1]]
    return ((broken - first) + 0.5) / size, size


def test_places_within_ties_tell_nothing_of_any_column():
    """Correlations with all columns, with the file's order, and between the places of two columns are noise."""
    tested = []
    for seed in range(20):
        rows = rounded(np.random.default_rng(seed), 2000)
        rows = rows[np.lexsort(rows.T)]
        (broken,) = break_ties([rows])
        places, sizes = zip(*map(places_in_ties, rows.T, broken.T), strict=True)
        others = np.column_stack([rows, *places, np.arange(2000)])
        for j, size in enumerate(sizes):
            tested.append(kstest(places[j][size > 20], "uniform").pvalue)
            r = np.corrcoef(others, rowvar=False)[3 + j]
            assert np.abs(np.delete(r, 3 + j)).max() < 5 / np.sqrt(2000)
    assert min(tested) > 1e-4


def test_rows_of_few_levels_in_both_variables_are_not_sorted_by_each_other():
    """A hash of a tied value is the same for all its rows: the rows that are equal in all columns need numbers."""
    rng = np.random.default_rng(0)
    x, y = np.repeat(np.arange(100.0), 50), rng.integers(0, 40, 5000).astype(float)
    (broken, _) = break_ties([x[:, None], y[:, None]])
    place, _ = places_in_ties(x, broken[:, 0])
    within = [place[y == level].var() for level in range(40)]
    assert np.mean(within) == pytest.approx(1 / 12, rel=0.05)  # 125 rows of a level lie anywhere in their ties
    equal = np.abs(np.subtract.outer(place[(x == 7)], place[(x == 7)]))[np.equal.outer(y[x == 7], y[x == 7])]
    assert equal.max() > 0.1


def test_copies_stay_copies():
    rows = rounded(np.random.default_rng(0), 300)
    x, y = break_ties([rows, rows[:, [0, 0, 2]]])
    np.testing.assert_array_equal(x[:, [0, 0, 2]], y)
    apart = break_ties([rows[:, :1], -rows[:, :1]])
    assert (np.sort(apart[0] + apart[1], axis=0) != 299).any()
