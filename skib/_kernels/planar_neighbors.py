"""Nearest neighbors on the line and in the plane, by sorting alone.

The plane is cut into strips of consecutive x, each sorted by y. The window of a strip merges it with the strips on
either side; a query looks outwards from its own y in its own window, and mostly finds its k neighbors there. With
windows of O(sqrt(n k)) points, a query sees O(k) of them. Distances are differences of the given numbers and are
compared as they are, so that counts are exact, ties included.
"""

import numpy as np

from skib._jit import njit


@njit
def bucket_table(values):
    """For each of n equal steps of the n sorted values, the first position at or above it: where to begin a search."""
    n = len(values)
    table = np.empty(n + 1, np.int64)
    step, position = (values[-1] - values[0]) / n, 0
    for b in range(n):
        while position < n and values[position] < values[0] + b * step:
            position += 1
        table[b] = position
    table[n] = n
    return table


@njit
def _end_above(values, value, limit, guess):
    """First position whose value lies `limit` or more above `value`: gallop from a guess, then bisect."""
    low = high = guess
    step = 1
    while high < len(values) and values[high] - value < limit:
        low = high + 1
        high = min(high + step, len(values))
        step *= 2
    step = 1
    while low > 0 and values[low - 1] - value >= limit:
        high = low - 1
        low = max(low - step, 0)
        step *= 2
    while low < high:
        middle = (low + high) >> 1
        if values[middle] - value < limit:
            low = middle + 1
        else:
            high = middle
    return low


@njit
def _end_below(values, value, limit, guess):
    """First position whose value lies less than `limit` below `value`: gallop from a guess, then bisect."""
    low = high = guess
    step = 1
    while high < len(values) and value - values[high] >= limit:
        low = high + 1
        high = min(high + step, len(values))
        step *= 2
    step = 1
    while low > 0 and value - values[low - 1] < limit:
        high = low - 1
        low = max(low - step, 0)
        step *= 2
    while low < high:
        middle = (low + high) >> 1
        if value - values[middle] >= limit:
            low = middle + 1
        else:
            high = middle
    return low


@njit
def ball_counts(first, last, values, table, centers, radius, counts, reached):
    """How many other sorted values lie within `radius` of each center, itself a value, and whether any is there.

    A radius of 0 has no boundary that a value could reach. Consecutive centers had better be close to each other, for
    the cache's sake.
    """
    n = len(values)
    per_step = n / (values[-1] - values[0])
    for i in range(first, last):
        r, over = radius[i], np.nextafter(radius[i], np.inf)
        above = int(min((centers[i] + r - values[0]) * per_step, n))
        below = int(max((centers[i] - r - values[0]) * per_step, 0))
        above = _end_above(values, centers[i], over, table[max(min(above, n), 0)])
        below = _end_below(values, centers[i], over, table[max(min(below, n), 0)])
        counts[i] = above - below - 1
        reached[i] = r > 0.0 and (values[above - 1] - centers[i] == r or centers[i] - values[below] == r)


@njit
def strip_starts(x_sorted, size):
    """First position of each strip of about `size` sorted values, then n; equal values stay in one strip."""
    n = len(x_sorted)
    starts = np.zeros(n // size + 2, np.int64)
    count, position = 1, size
    while position < n:
        while position < n and x_sorted[position] == x_sorted[position - 1]:
            position += 1
        if position < n:
            starts[count] = position
            count += 1
        position += size
    starts[count] = n
    return starts[: count + 1]


@njit
def fill_strips(starts, x_sorted, y_sorted, x_rank, y_order):
    """Deal the points, taken in order of y, to their strips, which so come out sorted by y.

    Returns the x and the y values and the ranks of y, strip after strip.
    """
    n = len(x_sorted)
    strip_of_rank = np.empty(n, np.int32)
    for s in range(len(starts) - 1):
        for rank in range(starts[s], starts[s + 1]):
            strip_of_rank[rank] = s
    free = starts.copy()
    xs, ys, y_ranks = np.empty(n), np.empty(n), np.empty(n, np.int32)
    for y_rank in range(n):
        rank = x_rank[y_order[y_rank]]
        s = strip_of_rank[rank]
        point = free[s]
        free[s] = point + 1
        xs[point], ys[point], y_ranks[point] = x_sorted[rank], y_sorted[y_rank], y_rank
    return xs, ys, y_ranks


@njit
def _merge(ax, ay, bx, by, wx, wy, entries):
    """Merge two sets of points sorted by y into wx, wy; entries[i] is where point i of the first set went."""
    i = j = t = 0
    while i < len(ay) and j < len(by):
        first = ay[i] <= by[j]  # no branch follows from it, so there is none to mispredict
        wx[t] = ax[i] if first else bx[j]
        wy[t] = ay[i] if first else by[j]
        entries[i] = t
        i += first
        j += not first
        t += 1
    while i < len(ay):
        wx[t], wy[t], entries[i] = ax[i], ay[i], t
        i, t = i + 1, t + 1
    while j < len(by):
        wx[t], wy[t] = bx[j], by[j]
        j, t = j + 1, t + 1


@njit
def _offer(best, distance, ties):
    """Put a distance, at most the k-th best, among the sorted k best; returns how many points tie with the k-th."""
    for i in range(len(best)):  # a sorting network: no branch to predict
        smaller = min(best[i], distance)
        distance = max(best[i], distance)
        best[i] = smaller
    return ties + 1 if distance == best[-1] else 0


@njit
def _bisect(ys, y, start, stop):
    """First entry of a strip that lies at y or above."""
    while start < stop:
        middle = (start + stop) >> 1
        if ys[middle] < y:
            start = middle + 1
        else:
            stop = middle
    return start


@njit
def _scan(best, ties, x, y, xs, ys, low, high, start, stop):
    """Offer the points of a window or strip, going out from entries `high` (upwards) and `low` (downwards)."""
    while high < stop and ys[high] - y <= best[-1]:
        distance = max(ys[high] - y, abs(xs[high] - x))
        if distance <= best[-1]:
            ties = _offer(best, distance, ties)
        high += 1
    while low >= start and y - ys[low] <= best[-1]:
        distance = max(y - ys[low], abs(xs[low] - x))
        if distance <= best[-1]:
            ties = _offer(best, distance, ties)
        low -= 1
    return ties


@njit
def _scan_other(best, ties, x, y, xs, ys, start, stop):
    """Offer the points of a strip that the query is not part of: bisect for its y, then go out from there."""
    low = _bisect(ys, y, start, stop)
    return _scan(best, ties, x, y, xs, ys, low - 1, low, start, stop)


@njit
def _merge_window(s, starts, xs, ys, spare, window):
    """Merge strip s with its neighbors into `window`; returns how many points that makes."""
    a, b = starts[max(s - 1, 0)], starts[s]
    c, d = starts[s + 1], starts[min(s + 2, len(starts) - 1)]
    _merge(xs[a:b], ys[a:b], xs[c:d], ys[c:d], spare[0], spare[1], window[2])
    beside = b - a + d - c
    _merge(xs[b:c], ys[b:c], spare[0][:beside], spare[1][:beside], window[0], window[1], window[2])
    return d - a


@njit
def _scan_beyond(best, ties, x, y, s, starts, x_sorted, xs, ys):
    """Offer the points of the strips beyond the window of strip s, as far as the k-th best reaches."""
    for side in (1, -1):
        t = s + 2 * side
        while 0 <= t < len(starts) - 1:
            gap = x_sorted[starts[t]] - x if side > 0 else x - x_sorted[starts[t + 1] - 1]
            if gap > best[-1]:
                break
            ties = _scan_other(best, ties, x, y, xs, ys, starts[t], starts[t + 1])
            t += side
    return ties


@njit
def _count(radius, x, y, xs, ys, low, high, start, stop):
    """Count the points within `radius` in a window or strip, going out from entries `high` and `low`."""
    count = 0
    while high < stop and ys[high] - y <= radius:
        count += abs(xs[high] - x) <= radius
        high += 1
    while low >= start and y - ys[low] <= radius:
        count += abs(xs[low] - x) <= radius
        low -= 1
    return count


@njit
def _count_beyond(radius, x, y, s, starts, x_sorted, xs, ys):
    """Count them in the strips beyond the window of strip s."""
    count = 0
    for side in (1, -1):
        t = s + 2 * side
        while 0 <= t < len(starts) - 1:
            gap = x_sorted[starts[t]] - x if side > 0 else x - x_sorted[starts[t + 1] - 1]
            if gap > radius:
                break
            high = _bisect(ys, y, starts[t], starts[t + 1])
            count += _count(radius, x, y, xs, ys, high - 1, high, starts[t], starts[t + 1])
            t += side
    return count


@njit
def _count_twice(s, starts, x_sorted, xs, ys, window, stop, radius, looked, n_twice):
    """Count the points within twice the radius of the points of a strip that are looked at."""
    for point in range(starts[s], starts[s + 1]):
        if looked[point]:
            x, y, twice, entry = xs[point], ys[point], 2 * radius[point], window[2][point - starts[s]]
            count = _count(twice, x, y, window[0], window[1], entry - 1, entry + 1, 0, stop)
            n_twice[point] = count + _count_beyond(twice, x, y, s, starts, x_sorted, xs, ys)


@njit
def _within(best, ties, rank):
    """How many points lie in the closed ball that just reaches the neighbor of this rank, given the k best."""
    count = rank
    while count < len(best) and best[count] == best[rank - 1]:
        count += 1
    return count + ties if count == len(best) else count


@njit
def strip_neighbors(first, last, starts, x_sorted, strips, copies, ranks, radius, n_within, looked, n_twice):
    """Neighbors in the plane of the points of strips first to last - 1.

    For each point and each of some ascending `ranks` k: `radius`, the max-norm distance to its k-th neighbor, and
    `n_within`, how many points lie in that closed ball; both have one row a rank. For the points that are `looked` at,
    which may be empty: `n_twice`, how many lie within twice the largest radius. The point itself is never counted. The
    results stand in the order of `strips`, which come from `fill_strips`. `copies`, in that order too, counts the
    further rows equal to each, which saves the visits to heavy atoms; it is empty where no two rows are equal.
    """
    xs, ys = strips
    largest = 0
    for s in range(len(starts) - 1):
        largest = max(largest, starts[s + 1] - starts[s])
    spare = (np.empty(2 * largest), np.empty(2 * largest))
    window = (np.empty(3 * largest), np.empty(3 * largest), np.empty(2 * largest, np.int64))
    best = np.empty(ranks[-1])
    for s in range(first, last):
        stop = _merge_window(s, starts, xs, ys, spare, window)
        x_before = x_sorted[starts[s - 1] - 1] if s > 1 else -np.inf
        x_after = x_sorted[starts[s + 2]] if s + 2 < len(starts) - 1 else np.inf
        for point in range(starts[s], starts[s + 1]):
            x, y = xs[point], ys[point]
            if len(copies) and copies[point] >= ranks[-1]:
                radius[:, point], n_within[:, point] = 0.0, copies[point]
                continue
            for i in range(len(best)):
                best[i] = np.inf
            entry = window[2][point - starts[s]]
            ties = _scan(best, 0, x, y, window[0], window[1], entry - 1, entry + 1, 0, stop)
            if x - x_before <= best[-1] or x_after - x <= best[-1]:
                ties = _scan_beyond(best, ties, x, y, s, starts, x_sorted, xs, ys)
            for i in range(len(ranks)):
                radius[i, point], n_within[i, point] = best[ranks[i] - 1], _within(best, ties, ranks[i])
        if len(looked):
            _count_twice(s, starts, x_sorted, xs, ys, window, stop, radius[-1], looked, n_twice)


@njit
def _n_nearer(values, center, r, below, above):
    """How many other values are nearer than r > 0, of those from `below` to `above` - 1, which are within r."""
    if values[above - 1] - center == r:
        above = above - 1 if values[above - 2] - center < r else _end_above(values, center, r, above - 1)
    if center - values[below] == r:
        below = below + 1 if center - values[below + 1] < r else _end_below(values, center, r, below + 1)
    return above - below - 1


@njit
def class_balls(values, members, class_starts, n_neighbors, n_nearer, n_at, n_own, n_wanted):
    """The distance to the k-th neighbor of one's own class on the line, and how many points are nearer and as far.

    `values` is sorted; `members` lists the positions in it, class after class and ascending in each; every class has
    two points at least. For every position, which is not counted itself: `n_nearer`, the points of any class nearer
    than the k-th of its own; `n_at`, those exactly as far, of which `n_own` are of its own class; and `n_wanted`, how
    many of these are needed to make k.
    """
    for c in range(len(class_starts) - 1):
        ranks = members[class_starts[c] : class_starts[c + 1]]
        own = values[ranks]
        k = min(n_neighbors, len(ranks) - 1)
        a = 0
        for i in range(len(ranks)):
            # The k nearest and the point itself are k + 1 consecutive values, whose first slides upwards with i.
            a = max(a, i - k)
            r = max(own[i] - own[a], own[a + k] - own[i])
            while a < i and a + k + 1 < len(own) and max(own[i] - own[a + 1], own[a + k + 1] - own[i]) <= r:
                a += 1
                r = max(own[i] - own[a], own[a + k] - own[i])
            p, over = ranks[i], np.nextafter(r, np.inf)
            below, above = _end_below(own, own[i], over, a), _end_above(own, own[i], over, a + k)
            own_nearer = _n_nearer(own, own[i], r, below, above) if r > 0.0 else 0
            n_own[p], n_wanted[p] = above - below - 1 - own_nearer, k - own_nearer
            below = _end_below(values, own[i], over, ranks[a])
            above = _end_above(values, own[i], over, ranks[a + k])
            n_nearer[p] = _n_nearer(values, own[i], r, below, above) if r > 0.0 else 0
            n_at[p] = above - below - 1 - n_nearer[p]
