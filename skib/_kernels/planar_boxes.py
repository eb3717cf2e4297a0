"""The smallest rectangle, centered at each point of the plane, that holds what lies within a square around it."""

from skib._jit import njit


@njit
def _entry_of(ys, y, start, stop):
    """First entry of a strip that lies at y or above."""
    while start < stop:
        middle = (start + stop) >> 1
        if ys[middle] < y:
            start = middle + 1
        else:
            stop = middle
    return start


@njit
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
                    entry = _entry_of(ys, y, starts[t], starts[t + 1])
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
