"""Nearest-neighbour balls: the k-th neighbour of every row, and how many rows each side of it holds.

In the plane (two columns) by strips, else by a k-d tree. Counts never include the row itself. A ball is *closed*, its
boundary counting as inside, where ties require it: around rows that share a value with another row, and where more than
k rows lie within it. (Asking the ball alone would be asking the outcome: rounded data, where some balls tie and others
do not, then come out a tenth of a nat too high.) A ball of radius 0 is an *atom*: it has no boundary, and its rows are
counted whole, the row itself among them, as classes are.
"""

from functools import partial
from typing import NamedTuple

import numpy as np
from scipy.special import digamma

from skib._parallel import blocks, run_tasks
from skib.entropy._trees import COORDINATES_PER_CALL, nearest, tree_of
from skib.kernels.neighbors import ball_counts, bucket_table, fill_strips, strip_neighbors, strip_starts
from skib.kernels.tree import tree_counts
from skib.mutual_info._margins import tied_rows

# Strips of half sqrt(n k) rows: a window of three then mostly holds the ball of a query, and little more.
_STRIP_SHARE = 0.5
# Rows of one kernel call: at most about half a second.
_ROWS_PER_CALL = 500_000
# Rows times columns of a task of ``score_features``: some ten milliseconds, which threads are worth.
_ROWS_PER_TASK = 100_000


class Balls(NamedTuple):
    """The balls of all rows."""

    n_within: np.ndarray  # rows within the radius: k, or more where distances tie; in atoms, with the row itself
    counts: tuple  # for each subspace, the rows nearer than the radius in it (or within, if closed or an atom)
    closed: np.ndarray


def planar_balls(x, y, n_neighbors, copies):
    """Balls of the rows (x, y) of two Lines and their counts along either; in order of y.

    `copies` counts the further rows equal to each, or is empty where there are none.
    """
    n_samples = len(x.values)
    starts = strip_starts(x.values, max(int(_STRIP_SHARE * np.sqrt(n_samples * n_neighbors)), 1))
    xs, ys, y_ranks = fill_strips(starts, x.values, y.values, x.rank, y.order)
    radius, n_within, n_x = np.empty(n_samples), np.empty(n_samples, np.int64), np.empty(n_samples, np.int64)
    copies = copies[y.order[y_ranks]] if len(copies) else copies
    for strips in _strip_blocks(starts):
        strip_neighbors(strips.start, strips.stop, starts, x.values, (xs, ys), copies, n_neighbors, radius, n_within)
    closed = (n_within > n_neighbors) | (radius == 0)
    if x.tied or y.tied:
        closed |= (x.tied_rows() | y.tied_rows())[y.order[y_ranks]]
    for rows in blocks(n_samples, _ROWS_PER_CALL):
        ball_counts(rows.start, rows.stop, x.values, x.table, xs, radius, closed, n_x)
    radius, n_within, n_x, closed = (_scattered(a, y_ranks) for a in (radius, n_within, n_x, closed))
    counts = (n_x, _line_counts(y.values, y.table, radius, closed))
    return Balls(n_within + (radius == 0), counts, closed & (radius > 0))


def tree_balls(points, subspaces, n_neighbors, copies, *, boxes=False):
    """Balls of rows in any dimension, with their counts in some subspaces (lists of columns); in order of rows.

    With ``boxes=True`` each subspace has a radius of its own, the smallest that holds the k neighbours (KSG's second
    variant), whose boundary counts as inside.
    """
    tree = tree_of(points)
    distances, places, n_within = nearest(tree, n_neighbors, copies[tree.order] if len(copies) else copies)
    radius = distances[:, -1]
    closed = (n_within > n_neighbors) | (radius == 0) | tied_rows(tree.points)
    counts = []
    for columns in subspaces:
        part = tree.points[:, columns]
        if boxes:
            sides = np.abs(part[places] - part[:, None, :]).max(axis=(1, 2))
            found = subspace_counts(part, np.where(closed, radius, sides), np.ones(len(part), bool))
        else:
            found = subspace_counts(part, radius, closed)
        counts.append(_scattered(found, tree.order))
    n_within, closed = n_within + (radius == 0), closed & (radius > 0)
    return Balls(_scattered(n_within, tree.order), tuple(counts), _scattered(closed, tree.order))


def digamma_table(n_samples):
    """digamma(0), which no term needs, to digamma(n_samples): counts look it up instead of calling it."""
    return np.r_[np.nan, digamma(np.arange(1, n_samples + 1))]


def each_column(score, x, *, n_jobs):
    """``score(column)`` for every column of x, in tasks of several columns."""
    columns = np.ascontiguousarray(x.T)  # a column at a time is read, often
    parts = blocks(len(columns), max(_ROWS_PER_TASK // len(x), 1))
    scores = run_tasks(lambda part: [score(column) for column in columns[part]], [(p,) for p in parts], n_jobs=n_jobs)
    return np.concatenate(scores) if scores else np.empty(0)


def subspace_counts(points, radius, closed):
    """How many other points each ball holds."""
    return subspace(points)(radius, closed)


def subspace(points):
    """A function of `radius` and `closed` that returns how many other points each ball holds."""
    if points.shape[1] > 1:
        return partial(_tree_counts, tree_of(points))
    order = np.argsort(points[:, 0])
    values = points[order, 0]
    if values[0] == values[-1]:  # a constant column holds everything in every ball
        return lambda radius, closed: np.full(len(points), len(points) - 1)
    return partial(_column_counts, order, values, bucket_table(values))


def _column_counts(order, values, table, radius, closed):
    return _scattered(_line_counts(values, table, radius[order], closed[order]), order)


def _tree_counts(tree, radius, closed):
    points = tree.points
    radius, closed, counts = radius[tree.order], closed[tree.order], np.empty(len(points), np.int64)
    for rows in blocks(len(points), max(COORDINATES_PER_CALL // points.size, 1)):
        tree_counts(rows.start, rows.stop, points, tree.nodes, radius, closed, counts)
    return _scattered(counts, tree.order)


def _line_counts(values, table, radius, closed):
    counts = np.empty(len(values), np.int64)
    for rows in blocks(len(values), _ROWS_PER_CALL):
        ball_counts(rows.start, rows.stop, values, table, values, radius, closed, counts)
    return counts


def _strip_blocks(starts):
    strips_per_call = max(_ROWS_PER_CALL * (len(starts) - 1) // starts[-1], 1)
    return blocks(len(starts) - 1, int(strips_per_call))


def _scattered(values, places):
    """Put values[i] at places[i]."""
    out = np.empty_like(values)
    out[places] = values
    return out
