"""Random sets of columns: uniform, within their number of cells, and as many as a coverage takes."""

from itertools import combinations

import numpy as np
import pytest

from skib.feature_selection import _random_starts as starts


def drawn(n_draws, n_columns, size, levels=None, n_cells=10**6):
    levels = np.full(n_columns, 2) if levels is None else np.array(levels)
    generator = np.random.default_rng(0)
    return starts.draw_starts(generator, n_draws, np.arange(n_columns), size, levels, n_cells)


@pytest.mark.parametrize("n_columns, size", [(5, 1), (6, 3), (5, 5)])
def test_all_sets_are_equally_likely(n_columns, size):
    sets, counts = np.unique(drawn(20_000, n_columns, size), axis=0, return_counts=True)
    assert [tuple(row) for row in sets.tolist()] == list(combinations(range(n_columns), size))
    share = 1 / len(sets)
    assert (abs(counts / 20_000 - share) <= 4 * np.sqrt(share * (1 - share) / 20_000)).all()


def test_columns_are_those_given():
    columns = np.array([3, 5, 8, 9])
    found = starts.draw_starts(np.random.default_rng(0), 100, columns, 2, np.full(10, 2), 100)
    assert set(found.ravel().tolist()) == {3, 5, 8, 9}


def test_sets_are_cut_where_they_would_have_too_many_cells():
    levels = [2, 2, 2, 50, 7, 2]
    sets = drawn(500, 6, 4, levels, n_cells=28)
    assert (sets[:, 0] >= 0).all()
    for row in sets:
        columns = row[row >= 0]
        assert row.tolist() == [*np.unique(columns).tolist(), *[-1] * (4 - len(columns))]
        assert len(columns) == 1 or np.prod(np.array(levels)[columns]) <= 28
    assert any(np.prod(np.array(levels)[row[row >= 0]]) == 28 for row in sets)


@pytest.mark.parametrize("n_columns, size, order", [(6, 4, 2), (7, 3, 3), (5, 5, 3), (6, 2, 3)])
def test_share_of_sets_that_hold_given_columns(n_columns, size, order):
    held = [set(range(order)) <= set(columns) for columns in combinations(range(n_columns), size)]
    assert starts.share_drawn(n_columns, size, order) == pytest.approx(np.mean(held))


def test_number_of_draws():
    share = starts.share_drawn(50, 7, 3)
    n_draws = starts.sufficient_draws(50, 7, 3)
    assert (1 - share) ** n_draws <= 0.001 < (1 - share) ** (n_draws - 1)
    assert starts.sufficient_draws(4, 4, 2) == 1
    assert starts.detectable_order(50, 7, n_draws) == 3
    assert starts.detectable_order(50, 7, n_draws - 1) == 2
    assert starts.detectable_order(50, 7, 1) == 1


def test_size_of_a_start():
    many = np.full(50, 2)
    assert starts.start_size(many, 4000, 3, 7) == 7
    assert starts.start_size(many, 4000, 3, 20) == 11  # 2^11 < 4000 < 2^12
    assert starts.start_size(np.full(50, 5), 4000, 3, 7) == 5  # 5^5 < 4000 < 5^6
    assert starts.start_size(np.full(50, 60), 4000, 3, 7) == 3  # the order counts more
    assert starts.start_size(np.full(6, 2), 4000, 3, 7) == 4
    assert starts.start_size(np.full(2, 2), 4000, 2, 7) == 2
