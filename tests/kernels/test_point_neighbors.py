"""The search point by point, with leaves of any size, equals its naive twin exactly, ties included."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skib._kernels.point_neighbors import point_counts, point_neighbors
from skib._kernels.tree_neighbors import grow
from skib._neighbors._tree import Tree
from tests.naive import neighbors as naive
from tests.strategies import tied_rows

any_rows = tied_rows(min_columns=1, max_columns=7)
leaf_sizes = st.sampled_from([2, 3, 5, 16, 512])  # at least 2: no leaf is empty then


def grown(rows, leaf_size):
    order, *nodes = grow(rows, leaf_size)
    return Tree(np.asfortranarray(rows[order]), order, tuple(nodes))


def found_neighbors(tree, k, copies):
    """Distances, places and n_within of the kernel, one leaf a call."""
    n_samples = len(tree.points)
    found = np.empty((n_samples, k)), np.empty((n_samples, k), np.int64), np.empty(n_samples, np.int64)
    leaves, starts = tree.leaves()
    for leaf in range(tree.n_leaves):
        point_neighbors(leaf, leaf + 1, leaves, starts, tree.splits(), copies, *found)
    return found


@settings(max_examples=200)
@given(any_rows, st.integers(1, 16), leaf_sizes, st.booleans())
def test_neighbors_equal_naive_for_leaves_of_any_size(rows, k, leaf_size, with_copies):
    tree, k = grown(rows, leaf_size), min(k, len(rows) - 1)
    truth = naive.max_norm(tree.points)
    copies = (truth == 0).sum(axis=1) if with_copies else np.empty(0, np.int64)
    distances, places, n_within = found_neighbors(tree, k, copies)
    expected = np.sort(truth, axis=1)[:, :k]
    np.testing.assert_array_equal(distances, expected)
    np.testing.assert_array_equal(n_within, (truth <= expected[:, -1:]).sum(axis=1))
    found = places >= 0
    np.testing.assert_array_equal(found.all(axis=1), copies < k if with_copies else np.ones(len(rows), bool))
    np.testing.assert_array_equal(np.take_along_axis(truth, places, axis=1)[found], expected[found])
    for of_point in places[found.all(axis=1)]:
        assert len(set(of_point)) == k  # no neighbor twice


@pytest.mark.parametrize("n_columns", [2, 3, 5])
@pytest.mark.parametrize("k", [3, 40])  # a short list, and a long one
def test_neighbors_of_many_points_equal_naive(n_columns, k):
    rows = np.random.default_rng(n_columns).normal(size=(900, n_columns))
    rows[:300, 0] = 0.0
    tree = grown(rows, 16)
    distances, places, n_within = found_neighbors(tree, k, np.empty(0, np.int64))
    truth = naive.max_norm(tree.points)
    np.testing.assert_array_equal(distances, np.sort(truth, axis=1)[:, :k])
    np.testing.assert_array_equal(np.take_along_axis(truth, places, axis=1), distances)
    np.testing.assert_array_equal(n_within, naive.within(tree.points, distances[:, -1]))


@given(any_rows, leaf_sizes)
def test_constant_columns_and_one_atom_are_found(rows, leaf_size):
    rows = np.column_stack([np.ones(len(rows)), rows])
    for points in (rows, np.ones_like(rows)):
        tree = grown(points, leaf_size)
        truth = np.sort(naive.max_norm(tree.points), axis=1)[:, :3]
        distances, _, n_within = found_neighbors(tree, 3, np.empty(0, np.int64))
        np.testing.assert_array_equal(distances, truth)
        np.testing.assert_array_equal(n_within, naive.within(tree.points, truth[:, -1]))


@settings(max_examples=150)
@given(any_rows, leaf_sizes, st.integers(0, 2**32 - 1))
def test_counts_equal_naive(rows, leaf_size, seed):
    tree, rng = grown(rows, leaf_size), np.random.default_rng(seed)
    truth = naive.max_norm(tree.points)
    np.fill_diagonal(truth, 0)
    radius = truth[np.arange(len(rows)), rng.integers(0, len(rows), len(rows))]
    radius[rng.random(len(rows)) < 0.2] *= 1.1  # no point at it, as a rule
    counts, reached = np.empty(len(rows), np.int64), np.empty(len(rows), bool)
    for leaf in range(tree.n_leaves):
        point_counts(leaf, leaf + 1, *tree.leaves(), tree.nodes, radius, counts, reached)
    np.testing.assert_array_equal(counts, naive.within(tree.points, radius))
    np.testing.assert_array_equal(counts + ~reached, naive.counts(tree.points, radius))
