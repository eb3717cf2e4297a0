"""Slow twins of skib._kernels.partitions: every partition is tried."""

from itertools import combinations
from math import log


def information(groups):
    """I(T;Y) in nats of groups of cells, each a list of the masses of the classes, times their total mass."""
    table = [[sum(masses) for masses in zip(*group, strict=True)] for group in groups]
    total = sum(map(sum, table))
    columns = [sum(row[y] for row in table) for y in range(len(table[0]))]
    return sum(m * log(m * total / (sum(row) * columns[y])) for row in table for y, m in enumerate(row) if m > 0)


def set_partitions(cells):
    """Yield every partition of a list into groups."""
    if not cells:
        yield []
        return
    first, *others = cells
    for groups in set_partitions(others):
        yield [[first], *groups]
        for i, group in enumerate(groups):
            yield [*groups[:i], [first, *group], *groups[i + 1 :]]


def runs(cells):
    """Yield every partition of a list into runs of successive cells."""
    for n_cuts in range(len(cells)):
        for cuts in combinations(range(1, len(cells)), n_cuts):
            bounds = [0, *cuts, len(cells)]
            yield [cells[a:b] for a, b in zip(bounds, bounds[1:], strict=False)]


def least_losses(cells, n_groups, partitions):
    """Return the information lost by the best of `partitions(cells)` with at most 1, 2, ..., n_groups groups."""
    best = [-1.0] * n_groups
    for groups in partitions(cells):
        if len(groups) <= n_groups:
            best[len(groups) - 1] = max(best[len(groups) - 1], information(groups))
    return [information([[cell] for cell in cells]) - max(best[: k + 1]) for k in range(n_groups)]
