"""The number of points in each ball, in a subspace."""

from functools import partial
from typing import NamedTuple

import numpy as np

from skib._kernels.planar_neighbors import ball_counts, bucket_table
from skib._kernels.point_neighbors import point_counts
from skib._kernels.tree_neighbors import tree_counts
from skib._neighbors._tree import COORDINATES_PER_CALL, MOST_COLUMNS, build_tree
from skib._parallel import blocks

# Balls in few columns hold many rows, and so most leaves that they touch lie within them.
_LEAF_SIZE = 256
# Rows of one kernel call: at most about half a second.
ROWS_PER_CALL = 500_000


class Counts(NamedTuple):
    """The other points within a radius of each point."""

    n_within: np.ndarray
    reached: np.ndarray  # whether any lies exactly at the radius; a radius of 0 has no boundary

    def with_boundary(self):
        """Count the points within; one more where none lies on the boundary: those nearer, and at least one there."""
        return self.n_within + ~self.reached


def subspace_counts(points, radius):
    """Count the other points within the radius of each point."""
    return range_counter(points)(radius)


def range_counter(points):
    """Prepare ``subspace_counts`` of some points: a function of `radius`."""
    if points.shape[1] > MOST_COLUMNS:
        return partial(_tree_counts, build_tree(points))
    if points.shape[1] > 1:
        tree = build_tree(points, _LEAF_SIZE)
        return partial(_point_counts, tree, *tree.leaves())
    if (points == points[0]).all():  # every ball holds all points of a constant column, or of none
        return lambda radius: Counts(np.full(len(points), len(points) - 1), np.zeros(len(points), bool))
    order = np.argsort(points[:, 0])
    values = points[order, 0]
    return partial(_column_counts, order, values, bucket_table(values))


def sorted_column_counts(values, table, centers, radius):
    """Count the other values in the balls around some of the sorted values, whose ``bucket_table`` is `table`."""
    counts = _empty_counts(len(centers))
    for rows in blocks(len(centers), ROWS_PER_CALL):
        ball_counts(rows.start, rows.stop, values, table, centers, radius, *counts)
    return counts


def scatter(values, places):
    """Put values[i] at places[i]."""
    out = np.empty_like(values)
    out[places] = values
    return out


def _empty_counts(n_samples):
    return Counts(np.empty(n_samples, np.int64), np.empty(n_samples, bool))


def _column_counts(order, values, table, radius):
    return Counts(*(scatter(part, order) for part in sorted_column_counts(values, table, values, radius[order])))


def _point_counts(tree, leaves, starts, radius):
    radius, counts = radius[tree.order], _empty_counts(len(tree.points))
    for part in tree.leaf_blocks(tree.points.shape[1]):
        point_counts(part.start, part.stop, leaves, starts, tree.nodes, radius, *counts)
    return Counts(*(scatter(part, tree.order) for part in counts))


def _tree_counts(tree, radius):
    points = tree.points
    radius, counts = radius[tree.order], _empty_counts(len(points))
    for rows in blocks(len(points), max(COORDINATES_PER_CALL // points.size, 1)):
        tree_counts(rows.start, rows.stop, points, tree.nodes, radius, *counts)
    return Counts(*(scatter(part, tree.order) for part in counts))
