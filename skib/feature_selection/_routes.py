"""Sums over the cells of candidates in memory, by the fastest of three ways that give the same sums."""

import numpy as np

from skib._kernels.bit_planes import count_planes
from skib._kernels.grouped_cells import grouped_sums, grouped_weights
from skib._kernels.three_way import count_cells, count_weights
from skib._parallel import blocks
from skib.feature_selection._joint import table_sums

# Cells of the tables of one call of a kernel: they stay in the cache until they are summed.
_CELLS_PER_CALL = 2**16
# Rows times candidates that are counted by groups in one call, a fifth of a second.
_GROUPED_PER_CALL = 10**7
# Likewise, that are added to tables.
_COUNTED_PER_CALL = 2 * 10**8


def by_tables(columns, candidates, shift, context, weights, terms):
    """Add every row to a table with a cell for each value, stratum and class."""
    parts = []
    for part, tables in _parts(candidates, context.n_codes << shift, np.uint32 if weights is None else weights.dtype):
        _count(columns, part, context.narrow_codes, shift, weights, tables)
        parts.append(table_sums(tables, context.free_classes, context.n_classes, terms))
    return np.concatenate(parts)


def pair_tables(columns, candidates, widths, context, weights):
    """Return the table of each candidate, of so many values: rows, or their weight, by value, stratum and class."""
    shift = int(widths.max(initial=1) - 1).bit_length()
    shape = context.n_strata, context.n_classes, 1 << shift
    tables = np.zeros((len(candidates), context.n_codes << shift), np.uint32 if weights is None else weights.dtype)
    for part in blocks(len(candidates), max(_COUNTED_PER_CALL // len(context.codes), 1)):
        _count(columns, candidates[part], context.narrow_codes, shift, weights, tables[part])
    by_value = tables.reshape(-1, *shape).transpose(0, 3, 1, 2).astype(np.float64, order="C")
    return [table[:width] for table, width in zip(by_value, widths, strict=True)]


def by_pairs(columns, candidates, shift, strata, n_strata, weights, terms):
    """Add every row to a table with a cell for each value and stratum; the sums are those over the cells alone."""
    parts, free_classes = [], np.zeros(n_strata, np.int64)
    for part, tables in _parts(candidates, n_strata << shift, np.uint32 if weights is None else weights.dtype):
        _count(columns, part, strata, shift, weights, tables)
        parts.append(table_sums(tables, free_classes, 1, terms)[:, 0])
    return np.concatenate(parts)


def _count(columns, candidates, codes, shift, weights, tables):
    if weights is None:
        count_cells(columns, candidates, codes, shift, tables)
    else:
        count_weights(columns, candidates, codes, shift, weights, tables)


def by_planes(planes, sizes, candidates, shift, context, terms):
    """Count the bits that the planes of candidates, which all have as many values, share with those of a context."""
    parts = []
    for part, tables in _parts(candidates, context.n_codes << shift, np.uint32):
        count_planes(planes, sizes, part, context.planes, context.masses.ravel(), shift, tables)
        parts.append(table_sums(tables, context.free_classes, context.n_classes, terms))
    return np.concatenate(parts)


def by_groups(columns, candidates, n_values, context, weights, terms):
    """Count the values of each group of rows of one stratum and class, and of one stratum."""
    order, codes, strata, free_classes = context.groups
    weights = np.ones(len(order), np.int64) if weights is None else weights[order]
    with_target, without = np.empty((2, len(candidates), 3), terms.dtype)
    for starts, free, out in ((codes, np.zeros(len(codes), np.int64), with_target), (strata, free_classes, without)):
        for part in blocks(len(candidates), max(_GROUPED_PER_CALL // len(order), 1)):
            rows = columns, candidates[part], order, starts, free, weights
            if terms.lookup is None:
                grouped_weights(*rows, np.zeros(n_values), out[part])
            else:
                grouped_sums(*rows, terms.lookup, np.zeros(n_values, np.int64), out[part])
    return np.column_stack([with_target[:, 0], without[:, 0], without[:, 2], with_target[:, 1]])


def _parts(candidates, n_cells, dtype):
    """Yield parts of the candidates, multiples of four, which are counted at once, and their empty tables.

    The memory of the tables is used again for the next part: it stays in the cache.
    """
    size = max(_CELLS_PER_CALL // n_cells // 4, 1) * 4
    memory = np.empty((min(size, len(candidates)), n_cells), dtype)
    for part in blocks(len(candidates), size):
        tables = memory[: part.stop - part.start]
        tables[:] = 0
        yield candidates[part], tables
