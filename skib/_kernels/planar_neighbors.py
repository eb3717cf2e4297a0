"""Nearest neighbors on the line and in the plane, by sorting alone.

The plane is cut into strips of consecutive x, each sorted by y. The window of a strip merges it with the strips on
either side; a query looks outwards from its own y in its own window, and mostly finds its k neighbors there. With
windows of O(sqrt(n k)) points, a query sees O(k) of them. Distances are differences of the given numbers and are
compared as they are, so that counts are exact, ties included.
"""

import numpy as np

from skib._jit import borrowing, inlined, inserted

# Entries of a window above and below each point whose distances are sorted together: with k neighbors LOOK + 1.5 k, or
# MORE + k if these are fewer.
_LOOK, _MORE = 4, 6
# Points that take a step together.
_TOGETHER = 256
# Neighbors up to which all windows around a point are looked at; windows of more slide.
_FEW = 64
# Steps of a table per value: most steps then hold one value at most. In the others the end of a ball is sought by so
# many values, before all are halved.
_STEPS_PER_VALUE, _FEW_STEPS = 2, 8
# For ``strip_neighbors``: all points are looked at.
EVERY_POINT = np.empty(0, bool)


def bucket_table(values):
    """Count the sorted values, not all equal, that lie below each of 2 n + 1 equal steps: where to begin a search.

    The last of the 2 n + 2 numbers is n. ``ball_counts`` checks what it finds, so that rounding costs time only.
    """
    n_steps = _STEPS_PER_VALUE * len(values)
    with np.errstate(all="ignore"):  # the differences of numbers may be too large or too small for a quotient
        steps = np.fmin((values - values[0]) * (n_steps / (values[-1] - values[0])), n_steps).astype(np.int64)
    table = np.zeros(n_steps + 2, np.int32)
    np.cumsum(np.bincount(np.maximum(steps, 0), minlength=n_steps + 1), out=table[1:])
    return table


@inserted
def _end(values, table, center, radius, side):
    """First position beyond the ball if side is 1, first position in it if side is -1.

    A step of the table mostly holds one value at most: that value is compared without a branch, and then the other
    value beside the end that follows from it.
    """
    n, n_steps, least = np.int64(len(values)), np.float64(len(table) - 2), values[0]
    step = (center + side * radius - least) * (n_steps / (values[-1] - least))
    step = step if step < n_steps else n_steps
    end = np.int64(table[np.uint64(np.int64(step if step > 0.0 else 0.0))])
    place = end if end < n else n - 1
    is_before = (end < n) & ((side * (values[np.uint64(place)] - center) <= radius) == (side > 0.0))
    beside = end + 2 * is_before - 1
    end += is_before
    place = beside if beside > 0 else 0
    place = place if place < n else n - 1
    is_moved = (side * (values[np.uint64(place)] - center) <= radius) == (side > 0.0)
    if (beside < 0) | (beside >= n) | (is_moved != is_before):
        return end
    for _ in range(_FEW_STEPS):
        if end < n and (side * (values[end] - center) <= radius) == (side > 0.0):
            end += 1
        elif end > 0 and (side * (values[end - 1] - center) <= radius) != (side > 0.0):
            end -= 1
        else:
            return end
    low, high = np.int64(0), n
    while low < high:
        middle = (low + high) >> 1
        if (side * (values[middle] - center) <= radius) == (side > 0.0):
            low = middle + 1
        else:
            high = middle
    return low


@borrowing
def ball_counts(first, last, values, table, centers, radius, counts, reached):
    """How many other sorted values lie within `radius` of each center, itself a value, and whether any is there.

    A radius of 0 has no boundary that a value could reach. Consecutive centers had better be close to each other, for
    the cache's sake.
    """
    for i in range(first, last):
        center, r = centers[i], radius[i]
        above, below = _end(values, table, center, r, 1.0), _end(values, table, center, r, -1.0)
        counts[i] = above - below - 1
        is_there = (values[np.uint64(above - 1)] - center == r) | (center - values[np.uint64(below)] == r)
        reached[i] = (r > 0.0) & is_there


def strip_starts(x_sorted, size):
    """First position of each strip of about `size` sorted values, then n; equal values stay in one strip."""
    n = len(x_sorted)
    inner = np.arange(size, n, size)
    fresh = np.flatnonzero(x_sorted[1:] != x_sorted[:-1]) + 1  # where a value differs from the one before
    if len(fresh) < n - 1:
        places = np.unique(np.searchsorted(fresh, inner))
        inner = fresh[places[places < len(fresh)]]
    return np.concatenate([[0], inner, [n]])


def fill_strips(starts, x_sorted, y_sorted, x_rank, y_order):
    """Deal the points, taken in order of y, to their strips, which so come out sorted by y.

    Returns the x and the y values and the ranks of y, strip after strip.
    """
    n_strips = len(starts) - 1
    kind = np.uint16 if n_strips <= 2**16 else np.int64  # small integers are sorted in linear time
    strip_of_rank = np.repeat(np.arange(n_strips, dtype=kind), np.diff(starts))
    x_ranks = x_rank[y_order]
    y_ranks = np.argsort(strip_of_rank[x_ranks], kind="stable")
    return x_sorted[x_ranks[y_ranks]], y_sorted[y_ranks], y_ranks.astype(np.int32)


@inlined
def _merge_window(start, own_start, own_stop, stop, xs, ys, pad, window_x, window_y, entries):
    """Merge three strips sorted by y: of points `start` to `stop` - 1, the middle one from own_start to own_stop - 1.

    The first goes to entry `pad` of the window, point own_start + i to entries[i]. Where an entry comes from is
    computed in whole numbers: of a choice the compiler makes a branch, which is often mispredicted.
    """
    i, own, j = start, own_start, own_stop
    for entry in range(pad, pad + stop - start):
        y_before = ys[i] if i < own_start else np.inf
        y_own = ys[own] if own < own_stop else np.inf
        y_after = ys[j] if j < stop else np.inf
        is_other = np.int64(y_own > y_before) | np.int64(y_own > y_after)
        is_before = is_other & np.int64(y_before <= y_after)
        is_after = is_other - is_before
        point = own + (i - own) * is_before + (j - own) * is_after
        least = y_before if y_before < y_after else y_after
        window_x[entry], window_y[entry] = xs[np.uint64(point)], least if least < y_own else y_own
        entries[own - own_start] = entry
        own += 1 - is_other
        i += is_before
        j += is_after


@inlined
def _first_at(ys, y, start, stop):
    """First entry of a strip that lies at y or above."""
    while start < stop:
        middle = (start + stop) >> 1
        if ys[middle] < y:
            start = middle + 1
        else:
            stop = middle
    return start


@borrowing
def _scan(best, ties, x, y, xs, ys, low, high, start, stop):
    """Offer the points start to stop - 1 of a window or strip, going out from `high` (upwards) and `low` (downwards).

    Returns how many points tie with the last of the sorted k best.
    """
    last, place, step = len(best) - 1, high, 1
    while True:
        if not start <= place < stop or abs(ys[place] - y) > best[last]:
            if step < 0:
                return ties
            place, step = low, -1
            continue
        dx, dy, farthest = abs(xs[place] - x), abs(ys[place] - y), best[last]
        distance = dx if dx > dy else dy
        place += step
        if distance <= farthest:
            for i in range(last, 0, -1):  # no branch to predict, and no step waits for the one before
                least = best[i - 1] if best[i - 1] > distance else distance
                best[i] = least if least < best[i] else best[i]
            best[0] = distance if distance < best[0] else best[0]
            ties = ties + 1 if farthest == best[last] else 0


@inlined
def _within(best, ties, rank):
    """How many points lie in the closed ball that just reaches the neighbor of this rank, given the k best."""
    count = rank
    while count < len(best) and best[count] == best[rank - 1]:
        count += 1
    return count + ties if count == len(best) else count


@borrowing
def _nearest_in_window(n_points, look, xs, ys, entries, window_x, window_y, nearest, below, above):
    """Sort the distances of some points to those of `look` entries above and below in their window.

    The points have an x, a y and an entry; column i of `nearest` is of point i, and as many distances are kept
    as it has rows, a multiple of three. All points take a step together: the loops have no branch, and are run for
    several points at once. Beyond its ends the window is infinite.
    """
    for i in range(len(nearest)):
        for q in range(n_points):
            nearest[i, q] = np.inf
    for step in range(1, look + 1):
        for q in range(n_points):
            x, y, entry = xs[q], ys[q], entries[q]
            dx, dy = abs(window_x[entry - step] - x), abs(window_y[entry - step] - y)
            below[q] = dx if dx > dy else dy
            dx, dy = abs(window_x[entry + step] - x), abs(window_y[entry + step] - y)
            above[q] = dx if dx > dy else dy
        for i in range(0, len(nearest) if len(nearest) < 2 * step else 2 * step, 3):
            for q in range(n_points):
                u, v, a, b, c = below[q], above[q], nearest[i, q], nearest[i + 1, q], nearest[i + 2, q]
                a, u = a if a < u else u, u if a < u else a
                b, u = b if b < u else u, u if b < u else b
                c, u = c if c < u else u, u if c < u else c
                a, v = a if a < v else v, v if a < v else a
                b, v = b if b < v else v, v if b < v else b
                c, v = c if c < v else v, v if c < v else c
                nearest[i, q], nearest[i + 1, q], nearest[i + 2, q], below[q], above[q] = a, b, c, u, v


def strip_neighbors(first, last, starts, x_sorted, strips, copies, looked, ranks, radius, n_within):
    """Neighbors in the plane of the points of strips first to last - 1, or of those `looked` at, unless that is empty.

    For each point and each of some ascending `ranks` k: `radius`, the max-norm distance to its k-th neighbor, and
    `n_within`, how many points lie in that closed ball; both have one row a rank. The point itself is never counted.
    The results stand in the order of `strips`, which come from `fill_strips`. `copies`, in that order too, counts the
    further rows equal to each, which saves the visits to heavy atoms; it is empty where no two rows are equal.
    """
    k, points = int(ranks[-1]), slice(starts[first], starts[last])
    if len(copies):
        looked = looked.copy() if len(looked) else np.ones(len(x_sorted), bool)
        atoms = points.start + np.flatnonzero(looked[points] & (copies[points] >= k))
        looked[atoms], radius[:, atoms], n_within[:, atoms] = False, 0.0, copies[atoms]
    look, widest = min(_LOOK + 3 * k // 2, _MORE + k), 3 * int(np.diff(starts).max())
    windows = np.empty(widest + 2 * (look + 1)), np.empty(widest + 2 * (look + 1))
    windows[0][: look + 1], windows[1][: look + 1] = np.inf, -np.inf
    together = *(np.empty(_TOGETHER) for _ in range(4)), np.empty(_TOGETHER, np.int64), np.empty(_TOGETHER, np.int64)
    space = np.empty(widest, np.int64), *together, np.empty((3 * (k // 3 + 1), _TOGETHER)), np.empty(k)
    _find_by_strip(first, last, starts, x_sorted, *strips, looked, look, *windows, *space, ranks, radius, n_within)


@borrowing
def _find_by_strip(
    first, last, starts, x_sorted, xs, ys, looked, look, window_x, window_y, entries, own_x, own_y, below, above,
    places, own_entries, nearest, best, ranks, radius, n_within,
):  # fmt: skip
    """Do the work of ``strip_neighbors`` but for atoms, in working space of its caller, for which nothing is compiled.

    The entries of a window begin behind a padding of `look` + 1 infinite ones, and end before another.
    """
    k, pad, n_strips = len(best), look + 1, len(starts) - 1
    for s in range(first, last):
        begin, end = starts[s - 1 if s > 0 else 0], starts[s + 2 if s + 2 < n_strips else n_strips]
        stop, n_together = pad + end - begin, 0
        _merge_window(begin, starts[s], starts[s + 1], end, xs, ys, pad, window_x, window_y, entries)
        for i in range(stop, stop + pad):
            window_x[i], window_y[i] = np.inf, np.inf
        x_below = x_sorted[begin - 1] if begin > 0 else -np.inf
        x_above = x_sorted[end] if end < len(x_sorted) else np.inf
        for candidate in range(starts[s], starts[s + 1]):
            if len(looked) == 0 or looked[candidate]:
                places[n_together], own_entries[n_together] = candidate, entries[candidate - starts[s]]
                own_x[n_together], own_y[n_together] = xs[candidate], ys[candidate]
                n_together += 1
            if n_together < _TOGETHER and candidate < starts[s + 1] - 1:
                continue
            _nearest_in_window(n_together, look, own_x, own_y, own_entries, window_x, window_y, nearest, below, above)
            for q in range(n_together):
                point, x, y, entry, r = places[q], own_x[q], own_y[q], own_entries[q], nearest[k - 1, q]
                in_y = (window_y[entry + pad] - y > r) & (y - window_y[entry - pad] > r)
                is_sorted = nearest[k, q] > r
                # Of distances that tie, k placeholders at the k-th give way to all points, which are looked at again.
                for i in range(k):
                    best[i] = nearest[i, q] if is_sorted else r
                ties, beside = (0, pad) if is_sorted else (-k, 1)
                if not in_y & is_sorted:
                    ties = _scan(best, ties, x, y, window_x, window_y, entry - beside, entry + beside, pad, stop)
                strip, step = s + 2, 1
                while (x_above - x <= best[k - 1]) | (x - x_below <= best[k - 1]):
                    if step > 0 and not (strip < n_strips and x_sorted[starts[strip]] - x <= best[k - 1]):
                        strip, step = s - 2, -1
                    if step < 0 and not (strip >= 0 and x - x_sorted[starts[strip + 1] - 1] <= best[k - 1]):
                        break
                    place = _first_at(ys, y, starts[strip], starts[strip + 1])
                    ties = _scan(best, ties, x, y, xs, ys, place - 1, place, starts[strip], starts[strip + 1])
                    strip += step
                for i in range(len(ranks)):
                    radius[i, point], n_within[i, point] = best[ranks[i] - 1], _within(best, ties, ranks[i])
            n_together = 0


@borrowing
def box_reaches(first, last, starts, x_sorted, xs, ys, radius, reach_x, reach_y):
    """Half the sides of the rectangles of the points of strips first to last - 1.

    The strips, consecutive in x and each sorted by y, come from `fill_strips`; `radius` is half the side of each
    point's square, whose boundary is a part of it. A rectangle extends to the farthest point in x, and to the farthest
    in y, within the square.
    """
    n_strips = len(starts) - 1
    for s in range(first, last):
        before, after = starts[max(s - 1, 0)], starts[s + 1]  # entries of the strips on either side, which y moves up
        for point in range(starts[s], starts[s + 1]):
            x, y, r = xs[point], ys[point], radius[point]
            while before < starts[s] and ys[before] < y:
                before += 1
            while after < starts[min(s + 2, n_strips)] and ys[after] < y:
                after += 1
            left, right = s, s + 1
            while left > 0 and x - x_sorted[starts[left] - 1] <= r:
                left -= 1
            while right < n_strips and x_sorted[starts[right]] - x <= r:
                right += 1
            width = height = 0.0
            for t in range(left, right):
                entry = point if t == s else before if t == s - 1 else after
                if abs(t - s) > 1:
                    entry = _first_at(ys, y, starts[t], starts[t + 1])
                for at in range(entry, starts[t + 1]):
                    if ys[at] - y > r:
                        break
                    step = abs(xs[at] - x)
                    if step <= r:
                        width, height = max(width, step), max(height, ys[at] - y)
                for at in range(entry - 1, starts[t] - 1, -1):
                    if y - ys[at] > r:
                        break
                    step = abs(xs[at] - x)
                    if step <= r:
                        width, height = max(width, step), max(height, y - ys[at])
            reach_x[point], reach_y[point] = width, height


@borrowing
def _end_from(guess, values, center, limit, side):
    """First position that lies `limit` or more above the center if side is 1, or less than that below it if it is -1.

    Gallop from a guess, then bisect.
    """
    low = high = guess
    step = 1
    while high < len(values) and (side * (values[high] - center) < limit) == (side > 0):
        low = high + 1
        high = min(high + step, len(values))
        step *= 2
    step = 1
    while low > 0 and (side * (values[low - 1] - center) < limit) != (side > 0):
        high = low - 1
        low = max(low - step, 0)
        step *= 2
    while low < high:
        middle = (low + high) >> 1
        if (side * (values[middle] - center) < limit) == (side > 0):
            low = middle + 1
        else:
            high = middle
    return low


@borrowing
def _count_tied(values, center, r, below, above):
    """How many values but the center lie within r and how many of them exactly there; the ball ends near two places."""
    farther = np.nextafter(r, np.inf)
    below, above = _end_from(below, values, center, farther, -1.0), _end_from(above, values, center, farther, 1.0)
    at = within = above - below - 1
    if r > 0.0:
        high, low = values[above - 1] - center == r, center - values[below] == r
        at = np.int64(high) + np.int64(low)
        if high & (values[above - 2] - center == r) | low & (center - values[below + 1] == r):  # several on one side
            at = above - below - (_end_from(above, values, center, r, 1.0) - _end_from(below, values, center, r, -1.0))
    return within, at


@inlined
def _nearest_of_class(own, first, n_points, k, reach, farthest):
    """Distance of n_points points, from `first` on, to their k-th neighbor in a sorted column, and where that stands.

    A point and its k nearest are k + 1 consecutive entries of `own`, whose k entries at either end are infinite. All
    such windows are looked at, one after the other, by all points together and without a branch; long ones slide.
    """
    point, start = own[first : first + n_points], first - k
    for i in range(n_points):
        reach[i], farthest[i] = np.inf, 0.0
    for entry in range(k + 1 if k <= _FEW else 0):
        low, high = own[start + entry : start + entry + n_points], own[first + entry : first + entry + n_points]
        for i in range(n_points):
            down, up, least, place = point[i] - low[i], high[i] - point[i], reach[i], farthest[i]
            distance, end = up if up > down else down, np.float64(entry if up > down else entry - k)
            reach[i], farthest[i] = distance if distance < least else least, end if distance < least else place
    for i in range(n_points if k > _FEW else 0):
        start = start if start > first + i - k else first + i - k
        down, up = point[i] - own[start], own[start + k] - point[i]
        reach[i] = up if up > down else down
        while start < first + i:
            if (point[i] - own[start + 1] > reach[i]) | (own[start + k + 1] - point[i] > reach[i]):
                break
            start += 1
            down, up = point[i] - own[start], own[start + k] - point[i]
            reach[i] = up if up > down else down
        farthest[i] = start - first - i + (k if up > down else 0)


@inlined
def _members(codes, sizes, members, ends):
    """The positions of the points, class after class and ascending in each, and where the classes end."""
    start = 0
    for c in range(len(sizes)):
        ends[c] = start
        start += sizes[c]
    for i in range(len(codes)):
        members[ends[codes[i]]] = i
        ends[codes[i]] += 1


def class_balls(values, table, codes, sizes, n_neighbors, n_nearer, n_at, n_own, n_wanted):
    """The distance to the k-th neighbor of one's own class on the line, and how many points are nearer and as far.

    `values` is sorted, `table` its ``bucket_table``; `codes` holds the class of each, and `sizes` the number of points
    of each class, two at least. For every position, which is not counted itself:
    `n_nearer`, the points of any class nearer than the k-th of its own; `n_at`, those exactly as far, of which `n_own`
    are of its own class; and `n_wanted`, how many of these are needed to make k.
    """
    n, most = len(values), min(n_neighbors, len(values) - 1)
    n_at[:], n_own[:], n_wanted[:] = 1, 1, 1
    line = np.concatenate([[-np.inf], values, np.full(3, np.inf)])
    together = np.empty(max(_TOGETHER, most)), np.empty(max(_TOGETHER, most))
    space = np.empty(n + 2 * most), *together, np.empty(n, np.int64), np.empty(len(sizes), np.int64)
    _find_by_class(line, table, codes, sizes, n_neighbors, *space, n_nearer, n_at, n_own, n_wanted)


@borrowing
def _find_by_class(
    line, table, codes, sizes, n_neighbors, own, reach, farthest, members, ends, n_nearer, n_at, n_own, n_wanted
):
    """Do the work of ``class_balls`` in working space of its caller; the values lie between infinite ones.

    The k-th neighbor is one end of the ball, and the table leads to the other. Unless no other point is as far, all is
    counted anew, but for points that are equal.
    """
    values, n_steps, one = line[1 : len(codes) + 1], np.float64(len(table) - 2), np.uintp(1)
    steps_per_unit = n_steps / (values[-1] - values[0])
    _members(codes, sizes, members, ends)
    for c in range(len(sizes)):
        places = members[ends[c] - sizes[c] : ends[c]]
        k = n_neighbors if n_neighbors < len(places) else len(places) - 1
        for i in range(k):
            own[i], own[k + len(places) + i] = -np.inf, np.inf
        for i in range(len(places)):
            own[k + i] = values[places[i]]
        for i in range(len(places)):
            q = i % len(reach)
            if q == 0:
                n_left = len(places) - i
                _nearest_of_class(own, k + i, n_left if n_left < len(reach) else len(reach), k, reach, farthest)
            p, center, r, is_above = places[i], own[k + i], reach[q], farthest[q] > 0
            last, end = places[i + int(farthest[q])], -r if is_above else r
            step = (center + end - values[0]) * steps_per_unit
            step = step if step < n_steps else n_steps
            place = np.uintp(table[np.int64(step if step > 0.0 else 0.0)])  # unsigned: no test for negative indices
            place += np.uintp(line[place + one] - center <= end)
            place += np.uintp(line[place + one] - center <= end)
            alone = (line[last] - center < -end) & (line[last + 2] - center > -end)
            other = np.intp(place)
            if alone & (line[place] - center < end) & (line[place + one] - center > end):
                n_nearer[p] = last - other - 1 if is_above else other - last - 2
            elif center == own[k + i - 1]:
                before = places[i - 1]
                n_nearer[p], n_at[p] = n_nearer[before], n_at[before]
                n_own[p], n_wanted[p] = n_own[before], n_wanted[before]
            else:
                low, high = (last, other) if last < other else (other, last + 1)
                within, n_at[p] = _count_tied(values, center, r, low, high)
                n_nearer[p] = within - n_at[p]
                if n_at[p] > 1:
                    within, n_own[p] = _count_tied(own[: len(places) + 2 * k], center, r, k + i, k + i + 1)
                    n_wanted[p] = k - (within - n_own[p])
