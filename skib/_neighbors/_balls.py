"""Nearest-neighbor balls: the k-th neighbor of every row, and how many rows each variable has within the ball.

Two columns are searched by strips of the plane, more columns by a k-d tree. Counts never include the row itself, with
one exception: a ball of radius 0 is an *atom*, whose rows are counted whole, as classes are.

Within a ball of positive radius some row lies on the boundary, the k-th neighbor, but on the boundary of x, of y, or of
both. A variable without a row there counts one more: without ties these are Kraskov's n_x + 1 for both variables, of
which one is a row and the other is not. With ties, of rows or of distances, more than k rows may lie within, and more
than one on the boundary; all are counted. Nothing depends on whether a ball has ties, as a rule for tied balls alone
would: where some balls tie and others do not, that makes estimates a tenth of a nat too high.
"""

from functools import reduce
from typing import NamedTuple

import numpy as np

from skib._copies import NO_COPIES, count_copies
from skib._kernels.planar_neighbors import EVERY_POINT, fill_strips, strip_neighbors, strip_starts
from skib._neighbors._counts import ROWS_PER_CALL, scatter, sorted_column_counts, subspace_counts
from skib._neighbors._tree import build_tree, nearest_neighbors
from skib._parallel import blocks

# Strips of (a sqrt(k) + b) sqrt(n) rows: a window of three then mostly holds the ball of a query, and little more. The
# more neighbors, the less do the sizes of balls vary.
_STRIP_SHARE, _STRIP_SPREAD = 0.4, 0.7


class Balls(NamedTuple):
    """The balls of all rows."""

    n_within: np.ndarray  # rows within the radius: k, or more where distances tie; in atoms, with the row itself
    counts: tuple  # for each subspace, the rows within the radius in it, and one more if none is on the boundary


class PlanarSearch(NamedTuple):
    """Neighbors of the points of two sorted columns, strip after strip."""

    starts: np.ndarray  # first point of each strip
    xs: np.ndarray
    ys: np.ndarray
    y_ranks: np.ndarray  # place of each point among the sorted values of y
    radius: np.ndarray
    n_within: np.ndarray  # other points within the radius


def planar_balls(x, y, n_neighbors):
    """Find the balls of the rows (x, y) of two sorted columns, and their counts in x and in y; in the order of y."""
    found = planar_search(x, y, n_neighbors)
    n_x = sorted_column_counts(x.values, x.table, found.xs, found.radius).with_boundary()
    radius, n_within, n_x = (scatter(a, found.y_ranks) for a in (found.radius, found.n_within, n_x))
    n_y = sorted_column_counts(y.values, y.table, y.values, radius).with_boundary()
    return Balls(n_within + (radius == 0), (n_x, n_y))


def planar_search(x, y, n_neighbors):
    """Find the k-th neighbor of every row of two sorted columns, by strips."""
    n_samples, copies = len(x.values), _planar_copies(x, y)
    starts, xs, ys, y_ranks = strips(x, y, n_neighbors)
    radius, n_within = np.empty((1, n_samples)), np.empty((1, n_samples), np.int64)
    ranks = np.array([n_neighbors])
    copies = copies[y.order[y_ranks]] if len(copies) else copies
    for part in strip_blocks(starts):
        part = part.start, part.stop, starts, x.values, (xs, ys)
        strip_neighbors(*part, copies, EVERY_POINT, ranks, radius, n_within)
    return PlanarSearch(starts, xs, ys, y_ranks, radius[0], n_within[0])


def tree_balls(points, subspaces, n_neighbors):
    """Find the balls of rows in any dimension, and their counts in some subspaces (lists of columns)."""
    tree = build_tree(points)
    distances, _, n_within = nearest_neighbors(tree, n_neighbors, count_copies(tree.points))
    radius = distances[:, -1]
    counts = (subspace_counts(tree.points[:, columns], radius).with_boundary() for columns in subspaces)
    counts = tuple(scatter(n, tree.order) for n in counts)
    return Balls(scatter(n_within + (radius == 0), tree.order), counts)


def tree_boxes(points, subspaces, n_neighbors):
    """Find the boxes of rows in any dimension: each subspace has the least radius that holds the k neighbors.

    This is KSG's second variant. The boundary counts as inside. Around rows that repeat in a subspace, and where
    distances tie, there is a ball in place of a box. Returns both as ``Balls``, and which rows have a box.
    """
    tree = build_tree(points)
    parts = [tree.points[:, columns] for columns in subspaces]
    copies = [count_copies(part) for part in parts]
    # Rows that all differ in a subspace have no copies.
    of_rows = count_copies(tree.points) if all(map(len, copies)) else NO_COPIES
    distances, places, n_within = nearest_neighbors(tree, n_neighbors, of_rows)
    radius = distances[:, -1]
    boxed = (n_within == n_neighbors) & (radius > 0)
    for n_copies in copies:
        boxed &= n_copies == 0 if len(n_copies) else True
    counts = []
    for part in parts:
        in_part = subspace_counts(part, np.where(boxed, _reach(part, places), radius))
        counts.append(scatter(np.where(boxed, in_part.n_within, in_part.with_boundary()), tree.order))
    return Balls(scatter(n_within + (radius == 0), tree.order), tuple(counts)), scatter(boxed, tree.order)


def _reach(points, places):
    """Return the distance from every point to the farthest of its neighbors, column by column."""
    with np.errstate(over="ignore"):
        distances = (np.abs(column[places] - column[:, None]).max(axis=1) for column in points.T)
        return reduce(np.maximum, distances)


def _planar_copies(x, y):
    """Count the further rows equal to each row of two sorted columns; no two are equal unless both columns tie."""
    return count_copies(np.column_stack([x.by_row(), y.by_row()])) if x.tied and y.tied else NO_COPIES


def strips(x, y, n_neighbors):
    """Divide the rows of two sorted columns into strips: where these start, x, y, and the rank in y of every row."""
    size = (_STRIP_SHARE * np.sqrt(n_neighbors) + _STRIP_SPREAD) * np.sqrt(len(x.values))
    starts = strip_starts(x.values, max(int(size), 1))
    return starts, *fill_strips(starts, x.values, y.values, x.rank, y.order)


def strip_blocks(starts):
    """Return slices of strips, the work of one kernel call each."""
    strips_per_call = max(ROWS_PER_CALL * (len(starts) - 1) // starts[-1], 1)
    return blocks(len(starts) - 1, int(strips_per_call))
