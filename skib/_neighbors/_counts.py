"""The number of points in each ball, in a subspace."""

from functools import partial

import numpy as np

from skib._kernels.planar_neighbors import ball_counts, bucket_table
from skib._kernels.tree_neighbors import tree_counts
from skib._neighbors._tree import COORDINATES_PER_CALL, build_tree
from skib._parallel import blocks

# Rows of one kernel call: at most about half a second.
ROWS_PER_CALL = 500_000


def subspace_counts(points, radius, closed):
    """Count the other points nearer than the radius to each point, or within it where the ball is closed."""
    return range_counter(points)(radius, closed)


def range_counter(points):
    """Prepare ``subspace_counts`` of some points: a function of `radius` and `closed`."""
    if points.shape[1] > 1:
        return partial(_tree_counts, build_tree(points))
    order = np.argsort(points[:, 0])
    values = points[order, 0]
    if values[0] == values[-1]:  # every ball holds all points of a constant column
        return lambda radius, closed: np.full(len(points), len(points) - 1)
    return partial(_column_counts, order, values, bucket_table(values))


def sorted_column_counts(values, table, radius, closed):
    """Count the other values in the ball of each of some sorted values, whose ``bucket_table`` is `table`."""
    counts = np.empty(len(values), np.int64)
    for rows in blocks(len(values), ROWS_PER_CALL):
        ball_counts(rows.start, rows.stop, values, table, values, radius, closed, counts)
    return counts


def scatter(values, places):
    """Put values[i] at places[i]."""
    out = np.empty_like(values)
    out[places] = values
    return out


def _column_counts(order, values, table, radius, closed):
    return scatter(sorted_column_counts(values, table, radius[order], closed[order]), order)


def _tree_counts(tree, radius, closed):
    points = tree.points
    radius, closed, counts = radius[tree.order], closed[tree.order], np.empty(len(points), np.int64)
    for rows in blocks(len(points), max(COORDINATES_PER_CALL // points.size, 1)):
        tree_counts(rows.start, rows.stop, points, tree.nodes, radius, closed, counts)
    return scatter(counts, tree.order)
