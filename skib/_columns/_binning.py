"""Edges of bins: equal widths, quantiles, fixed widths, adaptive; and the codes of binned values."""

import numpy as np

from skib._kernels.counts import dense_codes

# A narrower bin_width is a mistake of unit: this many edges take 8 MB per column.
_MOST_BINS = 10**6


def uniform_edges(low, high, n_bins):
    """Edges of bins of equal width, fewer where floats between `low` and `high` are scarce."""
    # Powers of 2 divide exactly, and keep the largest floats from overflowing.
    unit = 2.0**64 if max(-low, high) > 1e300 else 1.0
    step = np.arange(1, n_bins)
    inner = np.unique(unit * (low / unit + (high / unit - low / unit) * step / n_bins))
    return np.r_[low, inner[(inner > low) & (inner <= high)], high]


def quantile_edges(column, n_bins):
    """Edges of bins of equally many values; those that would part equal values move to the nearer end of the tie."""
    values = np.sort(column)
    n = len(values)
    wanted = n * np.arange(1, n_bins) / n_bins
    tied = values[wanted.astype(int)]
    first, end = np.searchsorted(values, tied, side="left"), np.searchsorted(values, tied, side="right")
    cuts = np.where(wanted - first <= end - wanted, first, end)
    inner = np.unique(cuts[(cuts > 0) & (cuts < n)])
    return np.r_[values[0], values[inner], values[-1]]


def spaced_edges(column, width):
    """Edges at those multiples of `width` that enclose all values."""
    low, high = float(column.min()) / width, float(column.max()) / width
    if not high - low <= _MOST_BINS:
        raise ValueError(
            f"bin_width={width:g} cuts a column of X, from {column.min():g} to {column.max():g}, into more than "
            f"{_MOST_BINS} bins; pass a larger bin_width, or rescale X"
        )
    return width * np.arange(np.floor(low), np.floor(high) + 2)


def adaptive_edges(x, n_bins):
    """Edges for all columns: equally many distinct values in each bin, and zeros in one of their own."""
    levels = np.unique(x)
    others = levels[levels != 0]
    starts = others[np.arange(n_bins if len(others) else 0) * len(others) // n_bins]
    if len(others) < len(levels):
        starts = np.r_[starts, 0.0, others[others > 0][:1]]
    starts = np.unique(starts)
    return np.r_[levels[0], starts[starts > levels[0]], levels[-1]]


def digitize(column, edges):
    """Dense number of the bin of each value; values outside belong to the outer bins."""
    inner = edges[1:-1]
    return dense_codes(np.searchsorted(inner, column, side="right"), len(inner) + 1)
