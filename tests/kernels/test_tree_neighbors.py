"""The k-d tree, with leaves of any size, equals its naive twin exactly, ties included."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from skib._kernels.tree_neighbors import grow, listed_class_balls, tree_counts, tree_neighbors
from tests.naive import neighbors as naive
from tests.strategies import tied_rows

any_rows = tied_rows(min_columns=1, max_columns=5)
leaf_sizes = st.sampled_from([2, 3, 5, 512])  # at least 2: no leaf is empty then


def grown(rows, leaf_size):
    """The points in the order of the tree, by columns, that order, and the nodes."""
    order, *nodes = grow(rows, leaf_size)
    return np.asfortranarray(rows[order]), order, tuple(nodes)


@given(any_rows, leaf_sizes)
def test_nodes_bound_their_points(rows, leaf_size):
    points, order, (starts, stops, low, high) = grown(rows, leaf_size)
    np.testing.assert_array_equal(np.sort(order), np.arange(len(rows)))
    for node in range(len(starts)):
        part = points[starts[node] : stops[node]]
        np.testing.assert_array_equal(low[node], part.min(axis=0))
        np.testing.assert_array_equal(high[node], part.max(axis=0))
    n_inner = len(starts) // 2
    assert (stops[n_inner:] - starts[n_inner:]).max() <= leaf_size
    assert (stops[n_inner:] - starts[n_inner:]).sum() == len(rows)


@settings(max_examples=100)
@given(any_rows, st.integers(1, 7), leaf_sizes, st.booleans())
def test_neighbors_equal_naive_for_leaves_of_any_size(rows, k, leaf_size, with_copies):
    points, _, nodes = grown(rows, leaf_size)
    truth = naive.max_norm(points)
    copies = (truth == 0).sum(axis=1) if with_copies else np.empty(0, np.int64)
    distances, places = np.empty((len(rows), k)), np.empty((len(rows), k), np.int64)
    n_within = np.empty(len(rows), np.int64)
    space = np.empty(128, np.int64), np.empty(128), np.empty(leaf_size)
    for leaf in range((len(nodes[0]) + 1) // 2):  # one leaf a call
        tree_neighbors(leaf, leaf + 1, points, nodes, copies, distances, places, n_within, space)
    expected = np.sort(truth, axis=1)[:, :k]
    np.testing.assert_array_equal(distances, expected)
    np.testing.assert_array_equal(n_within, (truth <= expected[:, -1:]).sum(axis=1))
    found = places >= 0
    np.testing.assert_array_equal(found.all(axis=1), copies < k if with_copies else np.ones(len(rows), bool))
    np.testing.assert_array_equal(np.take_along_axis(truth, places, axis=1)[found], expected[found])


@settings(max_examples=100)
@given(tied_rows(min_columns=2, max_columns=5), leaf_sizes, st.integers(1, 90), st.integers(0, 2**32 - 1))
def test_counts_equal_naive_in_blocks_of_any_size(rows, leaf_size, size, seed):
    points, _, nodes = grown(rows, leaf_size)
    rng, truth = np.random.default_rng(seed), naive.max_norm(points)
    np.fill_diagonal(truth, 0)
    radius = truth[np.arange(len(rows)), rng.integers(0, len(rows), len(rows))]
    counts, reached = np.empty(len(rows), np.int64), np.empty(len(rows), bool)
    for first in range(0, len(rows), size):
        tree_counts(first, min(first + size, len(rows)), points, nodes, radius, counts, reached)
    np.testing.assert_array_equal(counts, naive.within(points, radius))
    np.testing.assert_array_equal(counts + ~reached, naive.counts(points, radius))


@settings(max_examples=60)
@given(any_rows, st.integers(1, 5), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_class_balls_from_lists_equal_naive(rows, n_neighbors, n_classes, seed):
    codes = np.random.default_rng(seed).permutation(np.arange(len(rows)) % n_classes)
    truth = naive.max_norm(rows)
    places = np.argsort(truth, axis=1, kind="stable")[:, :-1]
    listed = np.empty((4, len(rows)), np.int64)
    k = np.minimum(n_neighbors, np.bincount(codes) - 1)
    lists = np.take_along_axis(truth, places, axis=1)
    listed_class_balls(lists, places, codes, k, *listed)
    np.testing.assert_array_equal(listed, naive.class_balls(rows, codes, n_neighbors))
