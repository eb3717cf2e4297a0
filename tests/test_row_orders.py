"""Orders of rows keep what they promise, and every order that does is equally likely."""

from itertools import permutations

import numpy as np
import pytest

from skib._row_orders import check_shuffle, row_shuffler


def orders(n_samples, n_orders=2000, **how):
    draw, generator = row_shuffler(n_samples, **how), np.random.default_rng(0)
    return [tuple(draw(generator).tolist()) for _ in range(n_orders)]


def assert_uniform(drawn, expected):
    """Each of the expected orders is drawn, and none more often than chance allows (4 standard errors)."""
    assert set(drawn) == set(expected)
    share = np.array([drawn.count(order) for order in expected]) / len(drawn)
    p = 1 / len(expected)
    assert np.abs(share - p).max() < 4 * np.sqrt(p * (1 - p) / len(drawn))


def test_free_rows():
    assert_uniform(orders(4), list(permutations(range(4))))


def test_rows_stay_within_their_stratum():
    assert_uniform(
        orders(5, strata=np.array([1, 0, 1, 0, 0])),
        [(x[0], y[0], x[1], y[1], y[2]) for x in permutations([0, 2]) for y in permutations([1, 3, 4])],
    )


def test_groups_are_exchanged_whole():
    groups = np.array([2, 0, 1, 0, 1, 2])
    rows = [(1, 3), (2, 4), (0, 5)]
    expected = [(c[0], a[0], b[0], a[1], b[1], c[1]) for a, b, c in permutations(rows)]
    assert_uniform(orders(6, groups=groups), expected)


def test_groups_of_other_sizes_stay():
    groups = np.array([0, 0, 1, 2, 2, 3, 3, 3])
    assert_uniform(orders(8, groups=groups), [(0, 1, 2, 3, 4, 5, 6, 7), (3, 4, 2, 0, 1, 5, 6, 7)])


def test_groups_keep_their_strata():
    groups, strata = np.array([0, 0, 1, 1, 2, 2, 3, 3]), np.array([0, 1, 0, 1, 1, 0, 1, 0])
    expected = [(*a, *b) for a in permutations([(0, 1), (2, 3)]) for b in permutations([(4, 5), (6, 7)])]
    assert_uniform(orders(8, groups=groups, strata=strata), [tuple(np.ravel(pairs).tolist()) for pairs in expected])


def test_a_series_is_shifted():
    assert_uniform(orders(5, circular=True), [tuple((i + k) % 5 for i in range(5)) for k in range(1, 5)])


def test_groups_of_one_row_are_free():
    assert_uniform(orders(4, groups=np.arange(4)), list(permutations(range(4))))


def test_one_group_stays():
    assert set(orders(6, groups=np.zeros(6, np.int64))) == {(0, 1, 2, 3, 4, 5)}


def test_groups_that_cannot_be_exchanged_are_refused():
    with pytest.raises(ValueError, match="only 40% of the rows .*: 4 groups have 1 to 5 rows"):
        check_shuffle(10, groups=np.array(list("aabbcddddd")))
    check_shuffle(8, groups=np.array(list("aabbcddd")))


@pytest.mark.parametrize("other", [{"groups": np.arange(5)}, {"strata": np.zeros(5, np.int64)}])
def test_a_series_has_neither_groups_nor_strata(other):
    with pytest.raises(ValueError, match="shuffle='circular' shifts the rows as one series"):
        check_shuffle(5, shuffle="circular", **other)


def test_unknown_shuffle():
    with pytest.raises(ValueError, match="shuffle must be 'rows' or 'circular', got 'blocks'"):
        check_shuffle(5, shuffle="blocks")
