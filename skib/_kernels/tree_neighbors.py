"""Nearest neighbors and ball counts in any dimension: a balanced k-d tree under the maximum norm.

Node i has children 2 i + 1 and 2 i + 2 and holds the consecutive points starts[i] to stops[i] - 1 of the reordered
data, with their bounding box. Box bounds are data values and the norm takes a maximum of differences, so that pruning
is exact to the last bit, ties included.
"""

import numpy as np

from skib._jit import borrowing, inlined, njit


@borrowing
def _part(keys, order, start, stop, limit):
    """Move the keys below the limit to the front; returns where they end. No branch depends on the data."""
    end = start
    for i in range(start, stop):
        key, row = keys[i], order[i]
        keys[i], order[i] = keys[end], order[end]
        keys[end], order[end] = key, row
        end += key < limit
    return end


@inlined
def _select(keys, order, start, stop, nth):
    """Reorder keys[start:stop], and `order` with them, so that the nth stands where sorting would put it."""
    while stop - start > 1:
        first, middle, last = keys[start], keys[(start + stop) >> 1], keys[stop - 1]
        limit = max(min(first, middle), min(max(first, middle), last))
        end = _part(keys, order, start, stop, limit)
        if end == start:  # the limit is the least key: those equal to it come first
            end = _part(keys, order, start, stop, np.nextafter(limit, np.inf))
            if nth < end:
                break
        if nth < end:
            stop = end
        else:
            start = end


@inlined
def _widest_axis(points, order, start, stop):
    """The axis along which some points extend farthest; of many points, some tell."""
    widest, extent, step = 0, -1.0, max((stop - start) >> 5, 1)
    for axis in range(points.shape[1]):
        low = high = points[order[start], axis]
        for i in range(start + step, stop, step):
            low, high = min(low, points[order[i], axis]), max(high, points[order[i], axis])
        if high - low > extent:
            widest, extent = axis, high - low
    return widest


@borrowing
def _split(points, order, keys, starts, stops):
    """Reorder the rows of all inner nodes, the upper first: each half lies on its side of the widest axis."""
    for node in range(len(starts) // 2):
        start, stop = starts[node], stops[node]
        axis, middle = _widest_axis(points, order, start, stop), (start + stop) >> 1
        for i in range(start, stop):
            keys[i] = points[order[i], axis]
        _select(keys, order, start, stop, middle)
        starts[2 * node + 1], stops[2 * node + 1] = start, middle
        starts[2 * node + 2], stops[2 * node + 2] = middle, stop


def grow(points, leaf_size):
    """Build the tree: order of the points, starts and stops of the nodes, lower and upper corners of their boxes."""
    n, n_leaves = len(points), 1
    while n_leaves * leaf_size < n:
        n_leaves *= 2
    order, starts, stops = np.arange(n), np.zeros(2 * n_leaves - 1, np.int64), np.full(2 * n_leaves - 1, n)
    _split(points, order, np.empty(n), starts, stops)
    rows, leaves = points.take(order, axis=0), starts[n_leaves - 1 :]
    corners = [_corners(end.reduceat(rows, leaves, axis=0), end) for end in (np.minimum, np.maximum)]
    return order, starts, stops, *corners


def _corners(of_leaves, end):
    """Extend corners of the boxes of leaves to those of all nodes, from the leaves upwards."""
    levels = [of_leaves]
    while len(levels[0]) > 1:
        levels.insert(0, end(levels[0][::2], levels[0][1::2]))
    return np.concatenate(levels)


@borrowing
def _box_distance(points, i, low, high, node, limit):
    """Distance from a point to the box of a node, or any value above `limit` once it is beyond that."""
    distance = 0.0
    for axis in range(points.shape[1]):
        value = points[i, axis]
        below, above = low[node, axis] - value, value - high[node, axis]
        gap = below if below > above else above
        distance = gap if gap > distance else distance
        if distance > limit:
            break
    return distance


@inlined
def _boxes_distance(low, high, a, b, limit):
    """Distance between two boxes, or any value above `limit` once it is beyond that."""
    distance = 0.0
    for axis in range(low.shape[1]):
        below, above = low[a, axis] - high[b, axis], low[b, axis] - high[a, axis]
        gap = below if below > above else above
        distance = gap if gap > distance else distance
        if distance > limit:
            break
    return distance


@borrowing
def _leaf_distances(points, i, start, stop, limit, distances):
    """Distances of points start to stop - 1 from point i; returns how many are at most `limit`.

    Four columns at a time, the last of them again where there are fewer, so that the loop over the points vectorizes;
    once no point is left, the distances are not finished.
    """
    columns, last, within, n_points = points.T, points.shape[1] - 1, 0, stop - start
    for j in range(n_points):
        distances[j] = 0.0
    for axis in range(0, last + 1, 4):
        second = axis + 1 if axis + 1 < last else last
        third = axis + 2 if axis + 2 < last else last
        fourth = axis + 3 if axis + 3 < last else last
        a, b = columns[axis, start:stop], columns[second, start:stop]
        c, d = columns[third, start:stop], columns[fourth, start:stop]
        at_a, at_b, at_c, at_d = points[i, axis], points[i, second], points[i, third], points[i, fourth]
        within = 0
        for j in range(n_points):
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
def _offer(distances, first, n_points, itself, best, places, ties):
    """Offer points at some distances to the sorted k best; returns how many tie with the k-th."""
    last = len(best) - 1
    for j in range(n_points):
        distance, place = distances[j], last
        if distance > best[last] or first + j == itself:
            continue
        worst = best[last]
        if distance == worst:
            ties += 1
            continue
        while place > 0 and best[place - 1] > distance:
            best[place], places[place] = best[place - 1], places[place - 1]
            place -= 1
        best[place], places[place] = distance, first + j
        ties = ties + 1 if best[last] == worst else 0
    return ties


@borrowing
def tree_neighbors(first_leaf, last_leaf, points, tree, copies, distances, neighbors, n_within, space):
    """The k nearest neighbors of the points in leaves first_leaf to last_leaf - 1 (counted from the first leaf).

    The points of a leaf search together: in their own leaf first, then climbing, visiting at every step the sibling
    that they have not seen, the nearer child first. The k sorted distances and the neighbors' positions go to the rows
    of `distances` and `neighbors`, and to `n_within` how many points lie within the k-th distance. `copies` counts the
    further rows equal to each and saves the visits to heavy atoms, whose rows keep distance 0 and no neighbors; it is
    empty where no two rows are equal. Points stored by columns (Fortran order) are read fastest. `space` is working
    space.
    """
    starts, stops, low, high = tree
    stack, reach, buffer = space
    n_inner, k = len(starts) // 2, distances.shape[1]
    for leaf in range(n_inner + first_leaf, n_inner + last_leaf):
        for i in range(starts[leaf], stops[leaf]):
            atom = len(copies) > 0 and copies[i] >= k
            n_within[i] = copies[i] if atom else k
            for j in range(k):
                distances[i, j], neighbors[i, j] = 0.0 if atom else np.inf, -1
        stack[0], reach[0], limit, climbed, top = leaf, 0.0, np.inf, leaf, 1
        while top > 0:
            top -= 1
            node = stack[top]
            if reach[top] <= limit and node >= n_inner:
                limit = 0.0
                for i in range(starts[leaf], stops[leaf]):
                    best, start, stop = distances[i], starts[node], stops[node]
                    worst = best[k - 1]
                    if len(copies) > 0 and copies[i] >= k:
                        continue
                    if _box_distance(points, i, low, high, node, worst) <= worst:
                        if _leaf_distances(points, i, start, stop, worst, buffer) > 0:
                            ties = n_within[i] - k
                            n_within[i] = k + _offer(buffer, start, stop - start, i, best, neighbors[i], ties)
                    limit = best[k - 1] if best[k - 1] > limit else limit
            elif reach[top] <= limit:
                for child in range(2 * node + 2, 2 * node, -1):
                    stack[top], reach[top] = child, _boxes_distance(low, high, leaf, child, limit)
                    top += 1
                if reach[top - 2] < reach[top - 1]:
                    stack[top - 2], stack[top - 1] = stack[top - 1], stack[top - 2]
                    reach[top - 2], reach[top - 1] = reach[top - 1], reach[top - 2]
            while top == 0 and climbed > 0:
                stack[0] = climbed - 1 if climbed % 2 == 0 else climbed + 1
                reach[0] = _boxes_distance(low, high, leaf, stack[0], limit)
                top, climbed = 1 if reach[0] <= limit else 0, (climbed - 1) >> 1


@inlined
def _leaf_counts(points, i, start, stop, radius, distances):
    """How many of the points start to stop - 1 lie within the radius of point i, and whether any lies exactly at it."""
    within, reached = _leaf_distances(points, i, start, stop, radius, distances), 0
    for j in range(stop - start if within > 0 else 0):
        reached += distances[j] == radius
    return within, reached > 0


@inlined
def _count_together(points, leaf, rows, radius, tree, stack, buffer, counts, reached):
    """Count the points within its radius of each of some rows of a leaf, the row itself included."""
    starts, stops, low, high = tree
    smallest, largest = np.inf, 0.0
    for i in range(rows[0], rows[1]):
        smallest, largest = min(smallest, radius[i]), max(largest, radius[i])
    common, top = 0, 1
    stack[0] = 0
    while top > 0:
        top -= 1
        node = stack[top]
        nearest = farthest = 0.0
        for axis in range(points.shape[1]):
            farthest = max(farthest, high[node, axis] - low[leaf, axis], high[leaf, axis] - low[node, axis])
            nearest = max(nearest, low[node, axis] - high[leaf, axis], low[leaf, axis] - high[node, axis])
            if nearest > largest:
                break
        if nearest > largest:
            continue
        if farthest < smallest:
            common += stops[node] - starts[node]
        elif node < len(starts) // 2:
            stack[top], stack[top + 1] = 2 * node + 1, 2 * node + 2
            top += 2
        else:
            for i in range(rows[0], rows[1]):
                if _box_distance(points, i, low, high, node, radius[i]) <= radius[i]:
                    within, at = _leaf_counts(points, i, starts[node], stops[node], radius[i], buffer)
                    counts[i] += within
                    reached[i] |= at
    for i in range(rows[0], rows[1]):
        counts[i] += common


@njit
def tree_counts(first, last, points, tree, radius, counts, reached):
    """How many other points lie within `radius` of points first to last - 1, and whether any lies exactly at it.

    A radius of 0 has no boundary that a point could reach. There are two columns at least.
    """
    starts, stops = tree[:2]
    stack, n_inner = np.empty(128, np.int64), len(starts) // 2
    buffer = np.empty(stops[-1] - starts[-1])  # no leaf is larger than the last
    for leaf in range(n_inner, len(starts)):
        rows = max(first, starts[leaf]), min(last, stops[leaf])
        if rows[0] < rows[1]:
            for i in range(rows[0], rows[1]):
                counts[i], reached[i] = -1, False
            _count_together(points, leaf, rows, radius, tree, stack, buffer, counts, reached)
            for i in range(rows[0], rows[1]):
                reached[i] &= radius[i] > 0.0


@borrowing
def listed_class_balls(distances, neighbors, codes, n_neighbors, n_nearer, n_at, n_own, n_wanted):
    """As `class_balls` does on the line, from lists of each point's nearest neighbors, sorted by distance.

    `n_neighbors` holds k for each class. Where a list ends too soon for the count, n_at is -1.
    """
    n, length = distances.shape
    for i in range(n):
        k = n_neighbors[codes[i]]
        found = nearer = own_nearer = place = 0
        while place < length and neighbors[i, place] >= 0:
            if place > 0 and distances[i, place] > distances[i, place - 1]:
                if found >= k:
                    break
                nearer, own_nearer = place, found
            found += codes[neighbors[i, place]] == codes[i]
            place += 1
        complete = found >= k and (place == n - 1 or (place < length and neighbors[i, place] >= 0))
        n_nearer[i], n_at[i] = nearer, place - nearer if complete else -1
        n_own[i], n_wanted[i] = found - own_nearer, k - own_nearer
