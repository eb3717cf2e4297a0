"""Sums of polynomial-exponential kernels over sorted points, exact and in linear time."""

import numpy as np

from skib._jit import njit

# Steps that narrow the interval between two points: halvings alone would reach the last bit of a float.
_STEPS = 60
# Relative width of an interval that is narrow enough.
_NARROW = 4e-16


@njit
def moments_before(points, masses, width, order):
    """Return the moments m_j(i) = sum over k <= i of masses[k] u^j / j! exp(-u), u = (points[i] - points[k]) / width.

    The points ascend. Every term is positive, so that no digits cancel.
    """
    moments = np.zeros((len(points), order + 1))
    for i in range(len(points)):
        if i > 0:
            _shift(moments[i - 1], (points[i] - points[i - 1]) / width, moments[i])
        moments[i, 0] += masses[i]
    return moments


@njit
def _shift(moments, distance, shifted):
    """Write the moments as seen from a place further on, by the binomial theorem."""
    decay = np.exp(-distance)
    for j in range(len(moments)):
        total, power = 0.0, 1.0
        for k in range(j + 1):
            total += moments[j - k] * power
            power *= distance / (k + 1)
        shifted[j] = decay * total if decay > 0 else 0.0


@njit
def sums_on_both_sides(places, n_before, points, before, after, width, factors):
    """Return sum_j factors[j] m_j of the points up to each place, and of those beyond it.

    `n_before` counts the points up to each place; `after` holds the moments of the points from each one on.
    """
    low, high = np.zeros(len(places)), np.zeros(len(places))
    shifted = np.empty(len(factors))
    for p in range(len(places)):
        i = n_before[p]
        if i > 0:
            low[p] = _sum_from(before[i - 1], (places[p] - points[i - 1]) / width, factors, shifted)
        if i < len(points):
            high[p] = _sum_from(after[i], (points[i] - places[p]) / width, factors, shifted)
    return low, high


@njit
def _sum_from(moments, distance, factors, shifted):
    _shift(moments, distance, shifted)
    total = 0.0
    for j in range(len(factors)):
        total += factors[j] * shifted[j]
    return total


@njit
def places_of_levels(levels, n_before, points, masses_before, before, after, width, factors):
    """Find the place between two points where masses_before - low + high, as above, is each level.

    Level k lies between points n_before[k] - 1 and n_before[k]. Newton's method takes the density for the slope, the
    sum of the moments times the last of the factors, and halves the interval where a step would leave it.
    """
    places = np.empty(len(levels))
    below, beyond = np.empty(len(factors)), np.empty(len(factors))
    for k in range(len(levels)):
        i = n_before[k]
        start, end = points[i - 1], points[i]
        place = 0.5 * (start + end)
        for _ in range(_STEPS):
            low = _sum_from(before[i - 1], (place - points[i - 1]) / width, factors, below)
            high = _sum_from(after[i], (points[i] - place) / width, factors, beyond)
            excess = masses_before[i] - low + high - levels[k]
            if excess < 0:
                start = place
            else:
                end = place
            step = place - excess * width / (factors[-1] * (below.sum() + beyond.sum()))
            new = step if start < step < end else 0.5 * (start + end)
            close = np.abs(new - place) <= _NARROW * np.abs(place)
            place = new
            if close:
                break
        places[k] = place
    return places
