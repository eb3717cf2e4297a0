"""Lists of nearest neighbors from the k-d tree."""

import numpy as np
import pytest

from skib._copies import NO_COPIES, count_copies
from skib._neighbors import build_tree, nearest_neighbors
from tests.naive import neighbors as naive


@pytest.mark.parametrize("n_samples", [200, 1500])  # one leaf, and four
def test_lists_are_sorted_and_true(n_samples):
    rows = np.random.default_rng(1).normal(size=(n_samples, 4))
    tree = build_tree(rows)
    np.testing.assert_array_equal(tree.points, rows[tree.order])
    distances, places, n_within = nearest_neighbors(tree, 9, NO_COPIES)
    truth = naive.max_norm(tree.points)
    np.testing.assert_array_equal(distances, np.sort(truth, axis=1)[:, :9])
    np.testing.assert_array_equal(np.take_along_axis(truth, places, axis=1), distances)
    np.testing.assert_array_equal(n_within, 9)


def test_a_tree_that_grows_in_a_thread_is_the_same(monkeypatch):
    rows = np.random.default_rng(1).normal(size=(1500, 3))
    here = build_tree(rows)
    monkeypatch.setattr("skib._neighbors._tree._ROWS_AT_ONCE", 100)
    aside = build_tree(rows)
    for one, other in zip(
        (here.points, here.order, *here.nodes), (aside.points, aside.order, *aside.nodes), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_copies_save_visits_and_change_no_number():
    rng = np.random.default_rng(0)
    rows = np.repeat(rng.normal(size=(150, 2)), rng.integers(1, 9, 150), axis=0)
    tree = build_tree(rows)
    copies = count_copies(tree.points)
    plain, spared = nearest_neighbors(tree, 3, NO_COPIES), nearest_neighbors(tree, 3, copies)
    np.testing.assert_array_equal(spared[0], plain[0])
    np.testing.assert_array_equal(spared[2], plain[2])
    heavy = copies >= 3
    assert heavy.any() and not heavy.all()
    assert (spared[1][heavy] == -1).all()
    assert (spared[1][~heavy] >= 0).all()


@pytest.mark.parametrize("n_columns", [5, 11])
def test_a_ball_of_infinite_radius_holds_all_other_points(n_columns):
    rows = np.sign(np.random.default_rng(0).normal(size=(20, n_columns))) * 1e308
    distances, _, n_within = nearest_neighbors(build_tree(rows), 3, NO_COPIES)
    assert np.isinf(distances[:, -1]).all()
    np.testing.assert_array_equal(n_within, 19)
