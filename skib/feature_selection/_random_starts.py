"""Random sets of columns, to drop columns from, and how many of them hold every set of a given size."""

from math import ceil, comb, log, log1p, log2

import numpy as np

# Probability with which a given set of columns shall be in one of the starts.
COVERAGE = 0.999
# Cells of a start per row. More of them hardly hold two rows each, which a score compares.
_CELLS_PER_ROW = 4


def most_cells(n_samples):
    """Return the largest number of cells of a start."""
    return max(_CELLS_PER_ROW * n_samples, 2)


def start_size(levels, n_cells, order, wanted):
    """Return the number of columns per start: as wanted, but no more than have n_cells cells on average.

    Few columns have smaller starts, for a start gives one set only: that of the strongest effect in it.
    """
    by_cells = int(log(n_cells) / np.mean(np.log(levels)) + 1e-9)
    return min(len(levels), max(order, min(wanted, by_cells, len(levels) // 2 + 1)))


def share_drawn(n_columns, size, order):
    """Return the probability that a given set of `order` columns is in a random set of `size`."""
    return comb(n_columns - order, size - order) / comb(n_columns, size) if order <= size else 0.0


def sufficient_draws(n_columns, size, order):
    """Return how many random sets contain a given set of `order` columns with a probability of 0.999."""
    share = share_drawn(n_columns, size, order)
    return 1 if share == 1 else ceil(log(1 - COVERAGE) / log1p(-share))


def detectable_order(n_columns, size, n_draws):
    """Return the largest order of which each given set of columns is in n_draws random sets with that probability."""
    orders = range(2, size + 1)
    return max((r for r in orders if n_draws >= sufficient_draws(n_columns, size, r)), default=1)


def draw_starts(generator, n_draws, columns, size, levels, n_cells):
    """Return random sets of some columns, each in ascending order.

    They are drawn without replacement (R. W. Floyd, Communications of the ACM 30, 1987, p. 754). At the end, -1 stands
    for columns with which a set would have more than n_cells cells.
    """
    places = np.empty((n_draws, size), np.int64)
    for a, last in enumerate(range(len(columns) - size, len(columns))):
        drawn = generator.integers(last + 1, size=n_draws)
        taken = (places[:, :a] == drawn[:, None]).any(axis=1)
        places[:, a] = np.where(taken, last, drawn)
    starts = columns[generator.permuted(places, axis=1)]
    n_bits = np.log2(levels[starts]).cumsum(axis=1)
    absent = np.iinfo(np.int64).max
    starts[:, 1:][n_bits[:, 1:] > log2(n_cells) + 1e-9] = absent
    starts.sort(axis=1)
    return np.where(starts == absent, -1, starts)
