"""Rows in a k-d tree, and the nearest neighbors of every one of them."""

from typing import NamedTuple

import numpy as np

from skib._kernels.point_neighbors import point_neighbors
from skib._kernels.tree_neighbors import grow, tree_neighbors
from skib._parallel import blocks, run_aside

# Columns up to which points search one by one; in more columns, those of a large leaf search together.
MOST_COLUMNS = 10
_LARGE_LEAF = 512
# Rows of a leaf for searches one by one, up to a number of columns: the more columns, the more leaves a ball meets.
_SMALL_LEAVES = {3: 32, 6: 64, MOST_COLUMNS: 128}
# Rows times the coordinates they may meet, of one kernel call: at most about half a second.
COORDINATES_PER_CALL = 1_000_000_000
# Rows times the columns and neighbors of each, of one kernel call: at most about half a second.
_STEPS_PER_CALL = 500_000
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

    def leaf_blocks(self, steps):
        """Return slices of leaves, the work of one kernel call each, if every row takes that many steps."""
        return blocks(self.n_leaves, max(_STEPS_PER_CALL * self.n_leaves // (steps * len(self.points)), 1))

    def leaves(self):
        """Return where leaves start and their columns, a number of rows that is a multiple of 8, the rest NaN."""
        starts, stops = (ends[self.n_leaves - 1 :] for ends in self.nodes[:2])
        width = -(-(stops - starts).max() // 8) * 8
        places = starts[:, None] + np.arange(width)
        columns = self.points.T[:, np.minimum(places, len(self.points) - 1)]
        columns[:, places >= stops[:, None]] = np.nan
        return np.ascontiguousarray(columns.swapaxes(0, 1)), np.append(starts, len(self.points))

    def splits(self):
        """Return the axis that separates the children of each inner node, the left's end and the right's start."""
        low, high = self.nodes[2:]
        left = np.arange(1, 2 * self.n_leaves - 1, 2)
        axes = np.argmax(low[left + 1] - high[left], axis=1)
        return axes, high[left, axes], low[left + 1, axes]


def _leaf_size(n_columns):
    return next((size for most, size in _SMALL_LEAVES.items() if n_columns <= most), _LARGE_LEAF)


def build_tree(points, leaf_size=None):
    """Build the k-d tree of some rows; leaves have the size that suits a search for neighbors unless it is given."""
    size, points = leaf_size or _leaf_size(points.shape[1]), np.ascontiguousarray(points)
    order, *nodes = run_aside(grow, points, size) if len(points) > _ROWS_AT_ONCE else grow(points, size)
    return Tree(np.asfortranarray(points.take(order, axis=0)), order, tuple(nodes))


def nearest_neighbors(tree, n_neighbors, copies):
    """Find the k nearest neighbors of every point of a tree under the maximum norm.

    `copies` counts the further points equal to each point, or is ``NO_COPIES``; it saves time only, but points with k
    copies or more have no places (-1). Returns sorted distances and places, (n_samples, k) each, and the number of
    other points within the k-th distance.
    """
    n_samples, n_features = tree.points.shape
    distances, places = np.empty((n_samples, n_neighbors)), np.empty((n_samples, n_neighbors), np.int64)
    n_within = np.empty(n_samples, np.int64)
    found = copies, distances, places, n_within
    if n_features <= MOST_COLUMNS:
        leaves, starts, splits = *tree.leaves(), tree.splits()
        for part in tree.leaf_blocks(n_features + n_neighbors):
            point_neighbors(part.start, part.stop, leaves, starts, splits, *found)
        return distances, places, n_within
    space = np.empty(128, np.int64), np.empty(128), np.empty(tree.nodes[1][-1] - tree.nodes[0][-1])
    for part in blocks(tree.n_leaves, max(COORDINATES_PER_CALL // (n_samples * n_features * _LARGE_LEAF), 1)):
        tree_neighbors(part.start, part.stop, tree.points, tree.nodes, *found, space)
    np.minimum(n_within, n_samples - 1, out=n_within)  # infinite distances tie with the places that are not filled
    return distances, places, n_within
