"""Bins by their definition."""

from bisect import bisect_right

import numpy as np


def bins(column, edges):
    """The number of the bin [low, high) of each value; the last bin is closed, the outer ones are endless."""
    n_bins = len(edges) - 1
    inside = [(edges[b] <= column) & ((column < edges[b + 1]) | (b == n_bins - 1)) for b in range(n_bins)]
    inside[0] |= column < edges[0]
    assert (np.sum(inside, axis=0) == 1).all()
    return np.argmax(inside, axis=0)


def adaptive_bins(x, n_bins):
    """The bin of each value: among the values other than 0 the last start that it reaches; zeros have their own."""
    values = sorted({value for value in x.ravel().tolist() if value != 0})
    starts = [values[int(k * (len(values) / n_bins))] for k in range(n_bins)] if values else []
    has_zeros = (x == 0).any()
    return [[v != 0 and (has_zeros and v > 0, bisect_right(starts, v)) for v in row] for row in x.tolist()]
