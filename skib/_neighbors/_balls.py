"""Nearest-neighbor balls: the k-th neighbor of every row, and how many rows each variable has within the ball.

Two columns are searched by strips of the plane, more columns by a k-d tree. Counts never include the row itself. A ball
is *closed*, its boundary counting as inside, where ties require it: around rows that share a value with another row,
and where more than k rows lie within it. (If only the number of rows within the ball decided, the rule would depend on
the outcome: for rounded data, where some balls tie and others do not, estimates are then a tenth of a nat too high.)
A ball of radius 0 is an *atom*: it has no boundary, and its rows are counted whole, the row itself among them, as
classes are.
"""

from typing import NamedTuple

import numpy as np

from skib._copies import NO_COPIES, count_copies
from skib._kernels.planar_neighbors import ball_counts, fill_strips, strip_neighbors, strip_starts
from skib._marginals import tied_rows
from skib._neighbors._counts import ROWS_PER_CALL, scatter, sorted_column_counts, subspace_counts
from skib._neighbors._tree import build_tree, nearest_neighbors
from skib._parallel import blocks

# Strips of half sqrt(n k) rows: a window of three then mostly holds the ball of a query, and little more.
STRIP_SHARE = 0.5


class Balls(NamedTuple):
    """The balls of all rows."""

    n_within: np.ndarray  # rows within the radius: k, or more where distances tie; in atoms, with the row itself
    counts: tuple  # for each subspace, the rows nearer than the radius in it (or within, if closed or an atom)
    closed: np.ndarray


def planar_balls(x, y, n_neighbors):
    """Find the balls of the rows (x, y) of two sorted columns, and their counts in x and in y; in the order of y."""
    n_samples, copies = len(x.values), _planar_copies(x, y)
    starts = strip_starts(x.values, max(int(STRIP_SHARE * np.sqrt(n_samples * n_neighbors)), 1))
    xs, ys, y_ranks = fill_strips(starts, x.values, y.values, x.rank, y.order)
    radius, n_within, n_x = np.empty((1, n_samples)), np.empty((1, n_samples), np.int64), np.empty(n_samples, np.int64)
    ranks, none = np.array([n_neighbors]), np.empty(0, np.int64)
    copies = copies[y.order[y_ranks]] if len(copies) else copies
    for strips in strip_blocks(starts):
        strip_neighbors(strips.start, strips.stop, starts, x.values, (xs, ys), copies, ranks, radius, n_within, none)
    radius, n_within = radius[0], n_within[0]
    closed = (n_within > n_neighbors) | (radius == 0)
    if x.tied or y.tied:
        closed |= (x.tied_rows() | y.tied_rows())[y.order[y_ranks]]
    for rows in blocks(n_samples, ROWS_PER_CALL):
        ball_counts(rows.start, rows.stop, x.values, x.table, xs, radius, closed, n_x)
    radius, n_within, n_x, closed = (scatter(a, y_ranks) for a in (radius, n_within, n_x, closed))
    counts = (n_x, sorted_column_counts(y.values, y.table, radius, closed))
    return Balls(n_within + (radius == 0), counts, closed & (radius > 0))


def tree_balls(points, subspaces, n_neighbors, *, boxes=False):
    """Find the balls of rows in any dimension, and their counts in some subspaces (lists of columns).

    With ``boxes=True`` each subspace has a radius of its own, the smallest that holds the k neighbors (KSG's second
    variant), whose boundary counts as inside.
    """
    tree = build_tree(points)
    distances, places, n_within = nearest_neighbors(tree, n_neighbors, count_copies(tree.points))
    radius = distances[:, -1]
    closed = (n_within > n_neighbors) | (radius == 0) | tied_rows(tree.points)
    counts = []
    for columns in subspaces:
        part = tree.points[:, columns]
        if boxes:
            reach = np.abs(part[places] - part[:, None, :]).max(axis=(1, 2))
            count = subspace_counts(part, np.where(closed, radius, reach), np.ones(len(part), bool))
        else:
            count = subspace_counts(part, radius, closed)
        counts.append(scatter(count, tree.order))
    n_within, closed = n_within + (radius == 0), closed & (radius > 0)
    return Balls(scatter(n_within, tree.order), tuple(counts), scatter(closed, tree.order))


def _planar_copies(x, y):
    """Count the further rows equal to each row of two sorted columns; no two are equal unless both columns tie."""
    return count_copies(np.column_stack([x.by_row(), y.by_row()])) if x.tied and y.tied else NO_COPIES


def strip_blocks(starts):
    strips_per_call = max(ROWS_PER_CALL * (len(starts) - 1) // starts[-1], 1)
    return blocks(len(starts) - 1, int(strips_per_call))
