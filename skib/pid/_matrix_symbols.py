"""Columns of a frame as symbols: classes as they are, numbers cut at their quantiles, and missing numbers as -1."""

import numpy as np

from skib._columns import digitize, quantile_edges

# Rows per cell of two cut columns and the target, and the range of bins that are tried.
_ROWS_PER_CELL = 5
_FEWEST_BINS, _MOST_BINS = 2, 5


def default_n_bins(target):
    """Return the largest number of bins that leaves enough rows to each cell of two cut columns and the target."""
    n_classes = len(target.counts) if target.kind == "discrete" else None
    for n_bins in range(_MOST_BINS, _FEWEST_BINS, -1):
        n_cells = n_bins**2 * (n_bins if n_classes is None else n_classes)
        if _ROWS_PER_CELL * n_cells <= target.n_samples:
            return n_bins
    return _FEWEST_BINS


def symbols_of(column, n_bins):
    """Return the code of each row of a column; numbers on more than `n_bins` levels are cut, also if they are few."""
    if column.kind == "continuous":
        return _cut(column.values, n_bins)
    if column.nominal or len(column.counts) <= n_bins:
        return column.codes
    return _cut(column.codes.astype(np.float64), n_bins)


def symbols_of_target(target, n_bins):
    """Return the code of each row of the target, whose classes are never merged."""
    return _cut(target.values, n_bins) if target.kind == "continuous" else target.codes


def _cut(values, n_bins):
    known = ~np.isnan(values)
    codes = np.full(len(values), -1)
    if known.any():
        codes[known] = digitize(values[known], quantile_edges(values[known], n_bins))
    return codes
