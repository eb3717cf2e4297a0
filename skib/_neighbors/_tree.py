"""Rows in a k-d tree, and the nearest neighbors of every one of them."""

from typing import NamedTuple

import numpy as np

from skib._kernels.tree_neighbors import grow, tree_neighbors
from skib._parallel import blocks, run_aside

# Large enough that the loops over the points of a leaf vectorize.
_LEAF_SIZE = 512
# Rows times the coordinates they may meet, of one kernel call: at most about half a second.
COORDINATES_PER_CALL = 1_000_000_000
# Rows of which a tree grows in some tens of milliseconds; of more it grows in a thread, so that Ctrl-C takes effect.
_ROWS_AT_ONCE = 50_000


class Tree(NamedTuple):
    """Rows in the order of a k-d tree."""

    points: np.ndarray
    order: np.ndarray  # row of each point
    nodes: tuple

    @property
    def n_leaves(self):
        """Number of leaves."""
        return (len(self.nodes[0]) + 1) // 2


def build_tree(points):
    """Build the k-d tree of some rows."""
    order, *nodes = run_aside(grow, points, _LEAF_SIZE) if len(points) > _ROWS_AT_ONCE else grow(points, _LEAF_SIZE)
    return Tree(np.asfortranarray(points[order]), order, tuple(nodes))


def nearest_neighbors(tree, n_neighbors, copies):
    """Find the k nearest neighbors of every point of a tree under the maximum norm.

    `copies` counts the further points equal to each point, or is ``NO_COPIES``; it saves time only, but points with k
    copies or more have no places (-1). Returns sorted distances and places, (n_samples, k) each, and the number of
    other points within the k-th distance.
    """
    n_samples, n_features = tree.points.shape
    distances, places = np.empty((n_samples, n_neighbors)), np.empty((n_samples, n_neighbors), np.int64)
    n_within = np.empty(n_samples, np.int64)
    per_call = max(COORDINATES_PER_CALL // (n_samples * n_features * _LEAF_SIZE), 1)
    for leaves in blocks(tree.n_leaves, per_call):
        tree_neighbors(leaves.start, leaves.stop, tree.points, tree.nodes, copies, distances, places, n_within)
    return distances, places, n_within
