"""Columns of text and of categories on few levels: codes that are found without a look at every cell in Python.

Of such a column most cells are equal, and often even the same object. Its codes are those of the addresses of its
objects, of the numbers that its library keeps in their place, or of the memory of its text; only the few values that
differ are then looked at. Whatever else a column holds, such as missing values or numbers, is left to the reader of all
columns.
"""

from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from skib._columns._foreign import arrow_of, library_of, one_chunk
from skib._columns._kinds import most_levels
from skib._kernels.appearance_codes import (
    appearance_codes,
    are_as_first,
    keys_of_rows,
    words_of_cells,
    words_of_text,
)
from skib._parallel import blocks

# Objects that are looked at for each level that a column of classes may have: equal text may be several objects.
_OBJECTS_PER_LEVEL = 4
# Cells of text of numpy that are read at once, which stay in the cache, and the last of its characters that are.
_CELLS_AT_ONCE, _MOST_OF_A_BYTE = 2**17, 255
# Bytes of text that are compared word by word.
_LONGEST = 127
_TEXT = {str, np.str_}


class Repeated(NamedTuple):
    """The codes of a column of classes, and what they stand for."""

    codes: np.ndarray  # whole numbers, dense
    labels: np.ndarray  # of each code
    counts: np.ndarray  # rows of each code, int64
    category: bool = False

    @property
    def dtype(self):
        """The dtype of the values."""
        return np.dtype(object) if self.category else self.labels.dtype

    def values(self):
        """Return the value of every row, as the reader of all columns does."""
        values = self.labels[self.codes]
        if self.category:
            from pandas import Categorical

            return Categorical(values)
        return values


def repeated_classes(column):
    """Return a column of text or categories as ``Repeated``, None of any other, and of one of more levels.

    The codes are those of ``Column.codes``: text of numpy, and categories that are numbers, in their order, other text
    in the order in which it first occurs.
    """
    library, found = library_of(column), None
    if library in ("polars", "pyarrow"):
        found = _of_polars(column) if library == "polars" else _of_arrow(column)
    elif isinstance(getattr(column, "dtype", None), np.dtype):
        found = _of_array(np.asarray(column))
    elif hasattr(column, "dtype"):
        found = _of_pandas(column)
    return None if found is None or len(found.labels) > most_levels(len(found.codes)) else found


def _of_pandas(column):
    kind, array = type(column.dtype).__name__, getattr(column, "array", column)
    if kind == "CategoricalDtype":
        return _of_numbers(array.codes, lambda rows: np.asarray(array.categories)[array.codes[rows]])
    if kind == "ArrowDtype" or (kind == "StringDtype" and column.dtype.storage == "pyarrow"):
        return _of_arrow(arrow_of(column))
    return _of_array(np.asarray(column)) if kind == "StringDtype" else None


def _of_array(array):
    if array.dtype.kind == "O":
        return _of_objects(array)
    if array.dtype.kind != "U":
        return None
    (found,) = _numbered_characters(array[:, None])
    if found is None:
        size = max(array.dtype.itemsize // 4, 1)  # a field of a table may have room for no character
        found = _appearance(array.astype(f"U{size + size % 2}", copy=False))  # whole words
    return None if found is None else _in_order(found, array[found.firsts])


def repeated_text(table, n_columns):
    """Return every column of an array of text as ``Repeated``, None for others, and for those of a table of others."""
    if not (isinstance(table, np.ndarray) and table.ndim == 2 and table.dtype.kind == "U"):
        return [None] * n_columns
    columns = []
    for part in blocks(n_columns, max(_CELLS_AT_ONCE // len(table), 1)):
        found = _numbered_characters(table[:, part])
        columns += [
            None if f is None else _in_order(f, column[f.firsts])
            for f, column in zip(found, table.T[part], strict=True)
        ]
    return columns


def _numbered_characters(table):
    """Number the equal cells of each column of text of numpy by its characters, one byte of each; None if one has more.

    Numpy has four bytes for each character, and zeros after the last one.
    """
    (n_samples, n_columns), size = table.shape, table.dtype.itemsize // 4
    if not size:
        return [None] * n_columns
    table = table.astype(table.dtype.newbyteorder("="), copy=False)
    by_column = abs(table.strides[0]) < abs(table.strides[1])
    lines = table.T if by_column else table
    lines = lines if lines.strides[1] == lines.itemsize else np.ascontiguousarray(lines)
    characters = lines.view(np.uint32)
    if characters.max() > _MOST_OF_A_BYTE:
        return [None] * n_columns
    raw = np.zeros(characters.size // 8 + 2, np.uint64)
    raw.view(np.uint8)[: characters.size].reshape(characters.shape)[:] = characters
    words = np.empty((n_columns, n_samples, -(-size // 8)), np.uint64)
    steps = np.array([size, n_samples * size] if by_column else [n_columns * size, size], np.uint64)
    words_of_cells(raw, *steps, np.uint64(size), words)
    return [_appearance(column) for column in words]


def _of_objects(array):
    """Return text in an array of objects, whose cells hold the addresses of few objects as a rule."""
    interface = {name: array.__array_interface__[name] for name in ("data", "shape", "strides", "version")}
    addresses = np.asarray(SimpleNamespace(__array_interface__=interface | {"typestr": np.dtype(np.uint64).str}))
    found = _appearance(addresses, _OBJECTS_PER_LEVEL)
    if found is not None:
        return _merged(found, array[found.firsts])
    from pandas import factorize
    from pandas.api.types import infer_dtype

    if infer_dtype(array, skipna=False) != "string":
        return None
    codes, labels = factorize(array)
    return Repeated(codes, labels, np.bincount(codes))


def _of_polars(column):
    import polars as pl

    if column.null_count() or column.dtype not in (pl.String, pl.Categorical, pl.Enum):
        return None
    is_text = column.dtype == pl.String
    found = _of_views(_views_of_polars(column)) if is_text else None
    if found is not None:
        return found
    numbers = (column.cast(pl.Categorical) if is_text else column).to_physical().to_numpy()
    return _of_numbers(numbers, lambda rows: _items(column, rows), category=not is_text)


def _items(column, rows):
    labels = np.empty(len(rows), object)
    labels[:] = [column[row] for row in rows.tolist()]
    return labels


def _views_of_polars(column):
    """Return a column of text as pyarrow has it, nothing of it copied; None without pyarrow, or by polars 1.0."""
    try:
        from polars import CompatLevel

        return column.to_arrow(compat_level=CompatLevel.newest())
    except ImportError:
        return None


def _of_views(column):
    """Return text of pyarrow by the 16 bytes of every cell: its length, and up to 12 bytes or the place of more."""
    if column is None:
        return None
    cells = np.frombuffer(column.buffers()[1], np.uint64, 2 * len(column), 16 * column.offset)
    found = _appearance(cells.reshape(-1, 2), _OBJECTS_PER_LEVEL)
    return None if found is None else _merged(found, _texts(column, found.firsts))


def _texts(column, rows):
    labels = np.empty(len(rows), object)
    labels[:] = [column[row].as_py() for row in rows.tolist()]
    return labels


def _of_arrow(column):
    import pyarrow as pa

    is_dictionary = pa.types.is_dictionary(column.type)
    kind = column.type.value_type if is_dictionary else column.type
    if column.null_count or not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        return None
    column = one_chunk(column)
    if is_dictionary:
        numbers = column.indices.to_numpy()
        return _of_numbers(numbers, lambda rows: column.take(rows).dictionary_decode().to_numpy(zero_copy_only=False))
    found = _of_bytes(column, np.dtype(np.int32 if pa.types.is_string(kind) else np.int64))
    if found is not None:
        return found
    encoded = column.dictionary_encode()
    if len(encoded.dictionary) > most_levels(len(column)):
        return None
    codes = encoded.indices.to_numpy()
    return Repeated(codes, encoded.dictionary.to_numpy(zero_copy_only=False), np.bincount(codes))


def _of_bytes(column, kind_of_ends):
    """Return text of pyarrow by its bytes, which stand one text after the other; None if one of them is long."""
    _, ends, raw = column.buffers()
    ends = np.frombuffer(ends, kind_of_ends, len(column) + 1, column.offset * kind_of_ends.itemsize)
    start, n_bytes = int(ends[0]), int(ends[-1] - ends[0])
    text = np.zeros(n_bytes // 8 + 2, np.uint64)
    if n_bytes:
        text.view(np.uint8)[:n_bytes] = np.frombuffer(raw, np.uint8, n_bytes, start)
    ends, n_words, longest = ends.astype(np.uint64), 0, 0
    while longest // 8 >= n_words:  # at most twice
        n_words = longest // 8 + 1
        if longest > _LONGEST:
            return None
        words = np.empty((len(column), n_words), np.uint64)
        longest = int(words_of_text(text, ends, words))
    found = _appearance(words)
    return None if found is None else Repeated(found.codes, _texts(column, found.firsts), found.counts)


def _of_numbers(numbers, labels_of, *, category=True):
    """Return a column of whole numbers that stand for labels, negative where one is missing; `labels_of` takes rows."""
    found = None if numbers.min() < 0 else _appearance(numbers.astype(np.uint64))
    if found is None:
        return None
    labels = labels_of(found.firsts)
    if category and labels.dtype.kind in "biu":
        return _in_order(found, labels, category=True)
    return _merged(found, labels, category=category)


class _Appearance(NamedTuple):
    """Codes in the order in which they first occur."""

    codes: np.ndarray  # uint32
    firsts: np.ndarray  # first row of each code
    counts: np.ndarray  # rows of each code


def _appearance(cells, per_level=1):
    """Number equal cells; None if there are too many that differ, `per_level` for each level of a column of classes."""
    n_samples, n_most = len(cells), int(most_levels(len(cells))) * per_level
    words = np.ascontiguousarray(cells).view(np.uint64).reshape(n_samples, -1)
    keys = words.reshape(-1)
    if words.shape[1] > 1:
        keys = np.empty(n_samples, np.uint64)
        keys_of_rows(words, keys)
    (known, firsts), counts = np.empty((2, n_most), np.uint64), np.zeros(n_most, np.uint64)
    codes, slots = np.empty(n_samples, np.uint32), np.zeros(4 << n_most.bit_length(), np.uint64)
    n_codes = appearance_codes(keys, slots, known, firsts, counts, codes)
    if n_codes > n_most or (words.shape[1] > 1 and not are_as_first(words, firsts, codes)):
        return None
    return _Appearance(codes, firsts[:n_codes].astype(np.int64), counts[:n_codes].astype(np.int64))


def _in_order(found, labels, *, category=False):
    """Renumber codes in the order of their labels, all of which differ."""
    order = np.argsort(labels)
    rank = np.empty(len(order), np.uint32)
    rank[order] = np.arange(len(order))
    return Repeated(rank.take(found.codes), labels[order], found.counts[order], category)


def _merged(found, labels, *, category=False):
    """Give one code to equal labels, if all of them are text."""
    if labels.dtype != object or not set(map(type, labels)) <= _TEXT:
        return None
    merged, distinct = [], {}
    for label in labels:
        merged.append(distinct.setdefault(label, len(distinct)))
    if len(distinct) == len(labels):
        return Repeated(found.codes, labels, found.counts, category)
    counts = np.bincount(merged, found.counts).astype(np.int64)
    return Repeated(np.array(merged)[found.codes], np.array([*distinct], object), counts, category)
