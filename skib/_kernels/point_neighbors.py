"""Nearest neighbors and ball counts in few dimensions: point by point, from a point's own leaf of a k-d tree outwards.

The tree is that of ``grow``, with small leaves: leaf i holds the points leaf_starts[i] to leaf_starts[i + 1] - 1, and
leaves[i] their columns, filled up with NaN, which is within no distance. Inner node i is split along axes[i], its left
child ends at left_ends[i] and its right child begins at right_starts[i].
"""

import numpy as np

from skib._jit import njit

# A list of no more neighbors is updated as a whole, without a branch that depends on the data.
_SHORT = 12


@njit
def _leaf_distances(columns, point, limit, distances):
    """Distances of the points of a leaf from a point; returns how many are at most `limit`.

    Four columns at a time, the last of them again where there are fewer, so that the loop vectorizes; once no point is
    left, the distances are not finished.
    """
    last, within = len(columns) - 1, 0
    for j in range(columns.shape[1]):
        distances[j] = 0.0
    for axis in range(0, last + 1, 4):
        second, third, fourth = min(axis + 1, last), min(axis + 2, last), min(axis + 3, last)
        a, b, c, d = columns[axis], columns[second], columns[third], columns[fourth]
        at_a, at_b, at_c, at_d = point[axis], point[second], point[third], point[fourth]
        within = 0
        for j in range(columns.shape[1]):
            p, q, r, s = abs(a[j] - at_a), abs(b[j] - at_b), abs(c[j] - at_c), abs(d[j] - at_d)
            p, r = p if p > q else q, r if r > s else s
            p = p if p > r else r
            p = distances[j] if distances[j] > p else p
            distances[j] = p
            within += p <= limit
        if within == 0:
            break
    return within


@njit
def _insert(distance, place, best, places, found):
    """Put a neighbor into the sorted lists, of which `found` are filled."""
    if len(best) <= _SHORT:
        for i in range(len(best)):
            other, other_place = best[i], places[i]
            nearer = distance < other
            best[i], places[i] = distance if nearer else other, place if nearer else other_place
            distance, place = other if nearer else distance, other_place if nearer else place
        return
    i = min(found, len(best) - 1)
    while i > 0 and best[i - 1] > distance:
        best[i], places[i] = best[i - 1], places[i - 1]
        i -= 1
    best[i], places[i] = distance, place


@njit
def _search(i, leaf, leaves, leaf_starts, axes, left_ends, right_starts, point, best, places, buffer, stack, gaps):
    """Find the neighbors of point i of a leaf; returns how many lie within the distance of the last."""
    n_inner, last, found = len(axes), len(best) - 1, 0
    stack[0], gaps[0], top, climbed = n_inner + leaf, 0.0, 1, n_inner + leaf
    while True:
        while top == 0 and climbed > 0:
            parent = (climbed - 1) >> 1
            value = point[axes[parent]]
            gaps[0] = right_starts[parent] - value if climbed % 2 else value - left_ends[parent]
            stack[0] = climbed + 1 if climbed % 2 else climbed - 1
            top, climbed = int(gaps[0] <= best[last]), parent
        if top == 0:
            return found
        top -= 1
        node, gap = stack[top], gaps[top]
        while node < n_inner and gap <= best[last]:
            value = point[axes[node]]
            to_left, to_right = value - left_ends[node], right_starts[node] - value
            near = 2 * node + 1 + (to_right < to_left)
            stack[top], gaps[top] = 4 * node + 3 - near, max(gap, max(to_left, to_right))
            top += gaps[top] <= best[last]
            node, gap = near, max(gap, min(to_left, to_right))
        if gap > best[last] or _leaf_distances(leaves[node - n_inner], point, best[last], buffer) == 0:
            continue
        first = leaf_starts[node - n_inner]
        for j in range(leaf_starts[node - n_inner + 1] - first):
            worst, place = best[last], first + j
            if buffer[j] > worst or place == i:
                continue
            if buffer[j] < worst or found <= last:
                _insert(buffer[j], place, best, places, found)
            found = found + 1 if best[last] == worst or found <= last else last + 1


@njit
def point_neighbors(first_leaf, last_leaf, leaves, leaf_starts, splits, copies, distances, neighbors, n_within):
    """The k nearest neighbors of the points in leaves first_leaf to last_leaf - 1, as ``tree_neighbors`` finds them.

    A point is offered the other points of its leaf; then it climbs and is offered, at every node, those of the child
    that it does not come from, unless that is too far away.
    """
    axes, left_ends, right_starts = splits
    k, point, buffer = distances.shape[1], np.empty(leaves.shape[1]), np.empty(leaves.shape[2])
    stack, gaps = np.empty(64, np.int64), np.empty(64)
    for leaf in range(first_leaf, last_leaf):
        for i in range(leaf_starts[leaf], leaf_starts[leaf + 1]):
            atom = len(copies) > 0 and copies[i] >= k
            for j in range(k):
                distances[i, j], neighbors[i, j] = 0.0 if atom else np.inf, -1
            if atom:
                n_within[i] = copies[i]
                continue
            for axis in range(len(point)):
                point[axis] = leaves[leaf, axis, i - leaf_starts[leaf]]
            n_within[i] = _search(
                i,
                leaf,
                leaves,
                leaf_starts,
                axes,
                left_ends,
                right_starts,
                point,
                distances[i],
                neighbors[i],
                buffer,
                stack,
                gaps,
            )


@njit
def _count_below(node, point, radius, leaves, boxes, n_below, buffer, stack):
    """How many points below a node lie within the radius of a point, and whether any lies exactly at it."""
    low, high = boxes
    n_inner, within, reached, top = len(low) // 2, 0, False, 1
    stack[0] = node
    while top > 0:
        top -= 1
        node = stack[top]
        nearest = farthest = 0.0
        for axis in range(len(point)):
            below, above = point[axis] - low[node, axis], high[node, axis] - point[axis]
            nearest, farthest = max(nearest, -min(below, above)), max(farthest, max(below, above))
        if nearest > radius:
            continue
        if farthest < radius:
            within += n_below[node]
        elif node < n_inner:
            stack[top], stack[top + 1] = 2 * node + 1, 2 * node + 2
            top += 2
        else:
            in_leaf = _leaf_distances(leaves[node - n_inner], point, radius, buffer)
            within += in_leaf
            if in_leaf > 0 and not reached:
                n_at = 0
                for j in range(len(buffer)):
                    n_at += buffer[j] == radius
                reached = n_at > 0
    return within, reached


@njit
def point_counts(first_leaf, last_leaf, leaves, leaf_starts, boxes, n_below, radius, counts, reached):
    """How many other points lie within `radius` of those in some leaves, as ``tree_counts`` does."""
    point, buffer, stack = np.empty(leaves.shape[1]), np.empty(leaves.shape[2]), np.empty(64, np.int64)
    for leaf in range(first_leaf, last_leaf):
        for i in range(leaf_starts[leaf], leaf_starts[leaf + 1]):
            for axis in range(len(point)):
                point[axis] = leaves[leaf, axis, i - leaf_starts[leaf]]
            within, at = _count_below(0, point, radius[i], leaves, boxes, n_below, buffer, stack)
            counts[i], reached[i] = within - 1, at and radius[i] > 0.0
