"""Whole numbers and bools of a small range: the codes of all columns of one array, found together."""

from typing import NamedTuple

import numpy as np

from skib._columns._codes import renumbered
from skib._columns._foreign import library_of
from skib._kernels.byte_columns import transpose_bytes
from skib._kernels.three_way import count_cells
from skib._parallel import blocks

# A code is one byte.
_MOST_VALUES = 256
# Values of an array that are copied at a time: they stay in the cache.
_COPIED_VALUES = 2**18
# Whole numbers of polars and pyarrow, in lower case.
_WHOLE = {f"{sign}int{size}" for sign in ("", "u") for size in (8, 16, 32, 64)}
# Rows times columns of one kernel call: some ten milliseconds.
_COUNTS_PER_CALL = 30_000_000


class BlockColumn(NamedTuple):
    """The values of a column as codes."""

    codes: np.ndarray  # uint8, dense, in the order of the values
    counts: np.ndarray  # rows of each code


def block_columns(table, n_columns):
    """Return a BlockColumn for every column of a table of one dtype whose values span at most 256, None for others."""
    array = _array_of(table)
    if array is None:
        return [None] * n_columns
    codes = np.empty(array.shape[::-1], np.uint8)
    span = byte_offsets(array, codes)
    narrow = np.flatnonzero(span < _MOST_VALUES)
    if not len(narrow):
        return [None] * n_columns
    counts = _counts(codes, narrow, int(span[narrow].max()) + 1)
    columns = [None] * n_columns
    n_values, n_levels = (span[narrow] + 1).astype(np.int64), np.count_nonzero(counts, axis=1)
    are_dense = (n_levels == n_values).tolist()
    for j, own, width, is_dense in zip(narrow.tolist(), counts, n_values.tolist(), are_dense, strict=True):
        column = BlockColumn(codes[j], own[:width])
        columns[j] = column if is_dense else _renumbered(*column)
    return columns


def _array_of(table):
    """Return the values of an array or frame as an array of whole numbers or bools, None if they are of other types."""
    library = library_of(table)
    if library == "pandas":
        dtype = table.dtypes.iloc[0]
        if not isinstance(dtype, np.dtype) or dtype.kind not in "biu" or not (table.dtypes == dtype).all():
            return None
        table = table.to_numpy()
    elif library in ("polars", "pyarrow"):
        kinds = {str(kind).lower() for kind in (table.dtypes if library == "polars" else table.schema.types)}
        if len(kinds) > 1 or not kinds <= _WHOLE:
            return None
        columns = table.iter_columns() if library == "polars" else table.itercolumns()
        table = np.array([column.to_numpy() for column in columns]).T  # of floats where a value is missing
    is_whole = isinstance(table, np.ndarray) and table.ndim == 2 and table.dtype.kind in "biu"
    return table if is_whole else None


def byte_offsets(array, offsets, rows=None):
    """Write the difference of each value from the smallest of its column, modulo 256, and return the largest ones.

    `array` holds whole numbers or bools, of which the numbers of some rows may be given, and `offsets` has one row for
    each of its columns.
    """
    low = array[0 if rows is None else rows[0]].copy()
    high = low.copy()
    for columns, part in _tiles(array, offsets.shape[1]):
        tile = array[part if rows is None else rows[part], columns]
        if abs(tile.strides[0]) < abs(tile.strides[1]):
            offsets[columns, part] = tile.T
        else:
            tile = tile if tile.strides[1] == tile.itemsize else tile.copy()
            _transpose(tile, offsets[columns, part])
        np.minimum(low[columns], tile.min(axis=0), out=low[columns])
        np.maximum(high[columns], tile.max(axis=0), out=high[columns])
    lowest_bytes = low.astype(np.uint8)
    if lowest_bytes.any():
        offsets -= lowest_bytes[:, None]
    return high.astype(np.uint64) - low.astype(np.uint64)  # modulo 2^64, which no span reaches


def _tiles(array, n_samples):
    """Iterate over parts of so many rows that are next to each other in memory, as slices of columns and of rows."""
    n_columns = array.shape[1]
    if abs(array.strides[0]) < abs(array.strides[1]):
        for columns in blocks(n_columns, max(_COPIED_VALUES // n_samples, 1)):
            yield columns, slice(None)
    else:
        for rows in blocks(n_samples, max(_COPIED_VALUES // n_columns // 8, 1) * 8):
            yield slice(None), rows


def _transpose(tile, columns):
    """Write the lowest bytes of values, whose rows are rows of memory, to columns that are rows of memory."""
    n_rows, n_columns = (size // 8 * 8 for size in tile.shape)
    words = tile[:n_rows, :n_columns].astype(np.uint8, order="C").view(np.uint64)
    transpose_bytes(words, columns[:n_columns, :n_rows].view(np.uint64))
    columns[n_columns:] = tile[:, n_columns:].T
    columns[:n_columns, n_rows:] = tile[n_rows:, :n_columns].T


def _counts(codes, chosen, n_values):
    """Count the rows of each value of some columns."""
    shift, nothing = (n_values - 1).bit_length(), np.zeros(codes.shape[1], np.uint32)
    counts = np.zeros((len(chosen), 1 << shift), np.int64)
    for part in blocks(len(chosen), max(_COUNTS_PER_CALL // len(nothing), 1)):
        count_cells(codes, chosen[part], nothing, shift, counts[part])
    return counts


def _renumbered(codes, counts):
    """Renumber codes so that all of them occur."""
    rank = np.cumsum(counts > 0) - 1
    return BlockColumn(renumbered(codes, rank), counts[counts > 0])
