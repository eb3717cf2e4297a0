"""Nearest neighbors and ball counts in few dimensions: point by point, from a point's own leaf of a k-d tree outwards.

The tree is that of ``grow``, with small leaves: leaf i holds the points leaf_starts[i] to leaf_starts[i + 1] - 1, and
leaves[i] their columns, filled up with NaN, which is within no distance. Inner node i is split along axes[i]: its left
child ends at left_ends[i] and its right child begins at right_starts[i]. The distance of a node from a point outside it
is at least the largest gap on the way there.
"""

import numpy as np

from skib._jit import borrowing, inlined

# Up to this length a list of neighbors is updated as a whole, which takes no branch that depends on the data.
_SHORT = 12


@inlined
def _leaf_distances(columns, point, limit, distances):
    """Distances of the points of a leaf from a point; returns how many are at most `limit`.

    Four columns at a time, the last of them again where there are fewer, so that the loop vectorizes; but a last column
    that is left alone is looked at once. When no point is left, the distances are not finished.
    """
    last, within = len(columns) - 1, 0
    for j in range(columns.shape[1]):
        distances[j] = 0.0
    for axis in range(0, last + 1, 4):
        within = 0
        if axis == last:
            a, at_a = columns[axis], point[axis]
            for j in range(columns.shape[1]):
                p = abs(a[j] - at_a)
                p = distances[j] if distances[j] > p else p
                distances[j] = p
                within += p <= limit
            break
        second = axis + 1 if axis + 1 < last else last
        third = axis + 2 if axis + 2 < last else last
        fourth = axis + 3 if axis + 3 < last else last
        a, b, c, d = columns[axis], columns[second], columns[third], columns[fourth]
        at_a, at_b, at_c, at_d = point[axis], point[second], point[third], point[fourth]
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


@inlined
def _offer(distances, first, n_points, itself, best, places, found):
    """Offer the points of a leaf to the k best; returns how many are found within the k-th distance, ties included.

    Of the own leaf, which is first, short lists take every point: at that time most are among the best.
    """
    k, worst = len(best), best[len(best) - 1]
    short = k <= _SHORT
    whole = short and first <= itself < first + n_points
    if whole:
        distances[itself - first] = np.inf
        for j in range(n_points):
            distance, place = distances[j], first + j
            for i in range(k):
                other, other_place = best[i], places[i]
                nearer = distance < other
                best[i], places[i] = distance if nearer else other, place if nearer else other_place
                distance, place = other if nearer else distance, other_place if nearer else place
        for j in range(len(distances)):
            found += distances[j] <= best[k - 1]
        found = found if found < n_points else n_points - 1
    for j in range(0 if whole else n_points):
        distance, place = distances[j], first + j
        if distance > worst or place == itself:
            continue
        if found >= k and distance == worst:
            found += 1
            continue
        if short:
            for i in range(k):
                other, other_place = best[i], places[i]
                nearer = distance < other
                best[i], places[i] = distance if nearer else other, place if nearer else other_place
                distance, place = other if nearer else distance, other_place if nearer else place
        else:
            i = found if found < k else k - 1
            while i > 0 and best[i - 1] > distance:
                best[i], places[i] = best[i - 1], places[i - 1]
                i -= 1
            best[i], places[i] = distance, place
        found = found + 1 if found < k or best[k - 1] == worst else k
        worst = best[k - 1]
    return found


def point_neighbors(first_leaf, last_leaf, leaves, leaf_starts, splits, copies, distances, neighbors, n_within):
    """The k nearest neighbors of the points in leaves first_leaf to last_leaf - 1, as ``tree_neighbors`` finds them.

    A point is offered the other points of its leaf; then it climbs and is offered, at every node, those of the child
    that it does not come from, unless that is too far away.
    """
    space = np.empty(leaves.shape[1]), np.empty(leaves.shape[2]), np.empty(64, np.int64), np.empty(64)
    _find_by_point(first_leaf, last_leaf, leaves, leaf_starts, splits, copies, distances, neighbors, n_within, space)


@borrowing
def _find_by_point(first_leaf, last_leaf, leaves, leaf_starts, splits, copies, distances, neighbors, n_within, space):
    """Do the work of ``point_neighbors`` in working space of its caller."""
    axes, left_ends, right_starts = splits
    n_inner, k, (point, buffer, stack, gaps) = len(axes), distances.shape[1], space
    for leaf in range(first_leaf, last_leaf):
        for i in range(leaf_starts[leaf], leaf_starts[leaf + 1]):
            best, places, found, atom = distances[i], neighbors[i], 0, len(copies) > 0 and copies[i] >= k
            for j in range(k):
                best[j], places[j] = 0.0 if atom else np.inf, -1
            if atom:
                n_within[i] = copies[i]
                continue
            for axis in range(len(point)):
                point[axis] = leaves[leaf, axis, i - leaf_starts[leaf]]
            worst, climbed = np.inf, n_inner + leaf
            stack[0], gaps[0], top = climbed, 0.0, 1
            while top > 0:
                top -= 1
                node, gap = stack[top], gaps[top]
                while node < n_inner and gap <= worst:
                    at, end = np.uintp(node), np.uintp(top)  # unsigned: no test for negative indices
                    value = point[np.uintp(axes[at])]
                    to_left, to_right = value - left_ends[at], right_starts[at] - value
                    is_right = to_right < to_left
                    nearer, farther = (to_right, to_left) if is_right else (to_left, to_right)
                    near, farther = 2 * node + 1 + is_right, farther if farther > gap else gap
                    stack[end], gaps[end] = 4 * node + 3 - near, farther
                    top += farther <= worst
                    node, gap = near, nearer if nearer > gap else gap
                if gap <= worst and _leaf_distances(leaves[node - n_inner], point, worst, buffer) > 0:
                    first = leaf_starts[node - n_inner]
                    n_points = leaf_starts[node - n_inner + 1] - first
                    found = _offer(buffer, first, n_points, i, best, places, found)
                    worst = best[k - 1]
                while top == 0 and climbed > 0:
                    parent = (climbed - 1) >> 1
                    value, right = point[axes[parent]], climbed % 2 == 0
                    gap = value - left_ends[parent] if right else right_starts[parent] - value
                    stack[0], gaps[0] = climbed - 1 if right else climbed + 1, gap
                    top, climbed = np.int64(gap <= worst), parent
            n_within[i] = found


@inlined
def _count_many(columns, point, limit, distances):
    """The same of five to ten columns, five a time, the last of them again where there are fewer."""
    last = len(columns) - 1
    a, b, c, d, e = columns[0], columns[1], columns[2], columns[3], columns[4]
    at_a, at_b, at_c, at_d, at_e = point[0], point[1], point[2], point[3], point[4]
    for j in range(len(distances)):
        p, q, r, s, t = abs(a[j] - at_a), abs(b[j] - at_b), abs(c[j] - at_c), abs(d[j] - at_d), abs(e[j] - at_e)
        p, r = p if p > q else q, r if r > s else s
        p = p if p > r else r
        distances[j] = p if p > t else t
    first, second = 5 if last > 5 else last, 6 if last > 6 else last
    third, fourth = 7 if last > 7 else last, 8 if last > 8 else last
    a, b, c, d, e = columns[first], columns[second], columns[third], columns[fourth], columns[last]
    at_a, at_b, at_c, at_d, at_e = point[first], point[second], point[third], point[fourth], point[last]
    within = at = 0
    for j in range(len(distances)):
        p, q, r, s, t = abs(a[j] - at_a), abs(b[j] - at_b), abs(c[j] - at_c), abs(d[j] - at_d), abs(e[j] - at_e)
        p, r, t = p if p > q else q, r if r > s else s, t if t > distances[j] else distances[j]
        p = p if p > r else r
        p = p if p > t else t
        within += p <= limit
        at += p == limit
    return within, at


@inlined
def _count(columns, point, limit, distances):
    """How many points of a leaf lie within a distance, and how many exactly at it; `distances` is working space."""
    last, within, at = len(columns) - 1, 0, 0
    second, third, fourth = 1 if last > 1 else last, 2 if last > 2 else last, 3 if last > 3 else last
    a, b, c, d = columns[0], columns[second], columns[third], columns[fourth]
    at_a, at_b, at_c, at_d = point[0], point[second], point[third], point[fourth]
    if last < 2:
        for j in range(columns.shape[1]):
            p, q = abs(a[j] - at_a), abs(b[j] - at_b)
            p = p if p > q else q
            within += p <= limit
            at += p == limit
    elif last < 4:
        for j in range(columns.shape[1]):
            p, q, r, s = abs(a[j] - at_a), abs(b[j] - at_b), abs(c[j] - at_c), abs(d[j] - at_d)
            p, r = p if p > q else q, r if r > s else s
            p = p if p > r else r
            within += p <= limit
            at += p == limit
    else:
        within, at = _count_many(columns, point, limit, distances)
    return within, at


def point_counts(first_leaf, last_leaf, leaves, leaf_starts, nodes, radius, counts, reached):
    """How many other points lie within `radius` of those in some leaves, as ``tree_counts`` finds them.

    The points of a leaf pass over the nodes together and stop at those that lie in all of their balls, or in none.
    """
    space = np.empty(leaves.shape[1]), np.empty(leaves.shape[2]), np.empty(64, np.int64)
    _count_by_point(first_leaf, last_leaf, leaves, leaf_starts, nodes, radius, counts, reached, space)


@borrowing
def _count_by_point(first_leaf, last_leaf, leaves, leaf_starts, nodes, radius, counts, reached, space):
    """Do the work of ``point_counts`` in working space of its caller."""
    starts, stops, low, high = nodes
    n_inner, (point, buffer, stack) = len(starts) // 2, space
    for leaf in range(first_leaf, last_leaf):
        first, last, own, smallest, largest = leaf_starts[leaf], leaf_starts[leaf + 1], n_inner + leaf, np.inf, 0.0
        for i in range(first, last):
            counts[i], reached[i] = -1, False
            smallest = radius[i] if radius[i] < smallest else smallest
            largest = radius[i] if radius[i] > largest else largest
        stack[0], top, common = 0, 1, 0
        while top > 0:
            top -= 1
            node, nearest, farthest = stack[top], 0.0, 0.0
            for axis in range(len(point)):
                below, above = high[node, axis] - low[own, axis], high[own, axis] - low[node, axis]
                near, far = (-above, below) if below > above else (-below, above)
                nearest, farthest = near if near > nearest else nearest, far if far > farthest else farthest
            if nearest > largest:
                continue
            if farthest < smallest:
                common += stops[node] - starts[node]
            elif node < n_inner:
                stack[top], stack[top + 1] = 2 * node + 1, 2 * node + 2
                top += 2
            else:
                for i in range(first, last):
                    limit, nearest = radius[i], 0.0
                    for axis in range(len(point)):
                        value = leaves[leaf, axis, i - first]
                        point[axis] = value
                        beyond, before = value - high[node, axis], low[node, axis] - value
                        gap = beyond if beyond > before else before
                        nearest = gap if gap > nearest else nearest
                    if nearest <= limit:
                        within, at = _count(leaves[node - n_inner], point, limit, buffer)
                        counts[i] += within
                        reached[i] |= at > 0 and limit > 0.0
        for i in range(first, last):
            counts[i] += common
