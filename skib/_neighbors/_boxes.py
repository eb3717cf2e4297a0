"""Boxes of the rows of two columns: KSG's second variant in the plane, by strips as the balls are found."""

import numpy as np

from skib._kernels.planar_neighbors import box_reaches
from skib._marginals import is_tied
from skib._neighbors._balls import Balls, planar_search, strip_blocks
from skib._neighbors._counts import scatter, sorted_column_counts


def planar_boxes(x, y, n_neighbors):
    """Find the boxes of the rows (x, y) of two sorted columns, as ``tree_boxes`` does; in the order of y."""
    found = planar_search(x, y, n_neighbors)
    boxed = (found.n_within == n_neighbors) & (found.radius > 0)
    if x.tied:
        boxed &= ~is_tied(x.values)[x.rank[y.order[found.y_ranks]]]
    if y.tied:
        boxed &= ~is_tied(y.values)[found.y_ranks]
    reach_x, reach_y = np.empty(len(boxed)), np.empty(len(boxed))
    for part in strip_blocks(found.starts):
        points = found.xs, found.ys, found.radius
        box_reaches(part.start, part.stop, found.starts, x.values, *points, reach_x, reach_y)
    n_x = _counts(x, found.xs, reach_x, found.radius, boxed)
    radius, n_within, n_x, reach_y, boxed = (
        scatter(part, found.y_ranks) for part in (found.radius, found.n_within, n_x, reach_y, boxed)
    )
    n_y = _counts(y, y.values, reach_y, radius, boxed)
    return Balls(n_within + (radius == 0), (n_x, n_y)), boxed


def _counts(column, centers, reach, radius, boxed):
    """Count the other values within the reach of the centers that have a box, and of the others within the radius."""
    counts = sorted_column_counts(column.values, column.table, centers, np.where(boxed, reach, radius))
    return np.where(boxed, counts.n_within, counts.with_boundary())
