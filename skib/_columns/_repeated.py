"""Columns of text and of categories on few levels: codes that are found without a look at every cell in Python.

Of such a column most cells are equal, and often even the same object. Its codes are those of the addresses of its
objects, of the numbers that its library keeps in their place, or of the bytes of its text; only the few values that
differ are then looked at. Whatever else a column holds, such as missing values or numbers, is left to the reader of all
columns.
"""

from functools import partial
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from skib._columns._codes import renumbered
from skib._columns._foreign import arrow_of, library_of, one_chunk
from skib._columns._kinds import most_levels
from skib._columns._typed import Column, Decoded
from skib._kernels.appearance_codes import (
    EMPTY,
    codes_of_cells,
    codes_of_character_columns,
    codes_of_characters,
    codes_of_numbers,
    codes_of_pairs,
    codes_of_words,
)
from skib._parallel import blocks

# Objects that are looked at for each level that a column of classes may have: equal text may be several objects.
_OBJECTS_PER_LEVEL = 4
# Codes have one byte where that holds them, else two. The characters of a cell that two words hold.
_BYTE_CODES, _MOST_CODES, _MOST_CHARACTERS = 2**8, 2**16 - 1, 15
# Of more rows than these, the levels of the first rows are sorted before all rows are numbered.
_MANY_ROWS, _FIRST_ROWS = 2**15, 2**11
# Columns of text that are read together, and cells whose words stay in the cache meanwhile.
_COLUMNS, _CELLS = 64, 2**12
# Numbers up to this one, or up to so many for each row, are the places of a table.
_LARGEST, _LARGEST_PER_ROW = 2**16, 4
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

    def column(self):
        """Return the Column that the reader of all columns makes of it."""
        values, labels = self.codes.astype(np.float64), Decoded(self.labels, self.codes)
        return Column(values, "category", labels=labels) if self.category else Column(values, "text", text=labels)

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
    return _if_few(found)


def repeated_columns(table, n_columns):
    """Return those columns of a table as ``Repeated`` that are read faster together, None for each other column."""
    columns = [None] * n_columns
    if library_of(table) == "polars" and hasattr(table, "get_columns"):
        _read_categories(table, columns)
    elif isinstance(table, np.ndarray) and table.dtype.kind == "U" and table.ndim == 2:
        if table.strides[1] == table.itemsize < table.strides[0] and 0 < table.itemsize // 4 <= _MOST_CHARACTERS:
            for part in blocks(n_columns, _COLUMNS):
                columns[part] = map(_if_few, _of_characters(table[:, part]))
    return columns


def _read_categories(table, columns):
    """Read the categories of polars, which plans a query for their numbers that takes as long as 20 000 rows do."""
    import polars as pl

    parts = table.get_columns()
    places = [j for j, part in enumerate(parts) if part.dtype in (pl.Categorical, pl.Enum) and not part.null_count()]
    if places:
        numbers = table.select(pl.col([parts[j].name for j in places]).to_physical()).get_columns()
        for j, of_part in zip(places, numbers, strict=True):
            columns[j] = _if_few(_of_numbers(of_part.to_numpy(), partial(_items, parts[j])))


def _of_characters(table):
    """Iterate over the columns of an array of short text, whose rows are rows of memory.

    None stands for those that are to be read alone, of more than 256 levels or of characters beyond the first 256.
    """
    (n_samples, n_columns), n_most = table.shape, min(int(most_levels(len(table))), _BYTE_CODES)
    (firsts, counts), codes = np.zeros((2, n_columns, n_most), np.uint64), np.empty((n_columns, n_samples), np.uint8)
    slots, n_codes = np.full((n_columns, 8 << n_most.bit_length()), EMPTY), np.zeros(n_columns, np.uint64)
    cells = _spanned(table), np.uint64(table.strides[0]), np.uint64(table.itemsize // 4)
    codes_of_character_columns(*cells, np.empty((_CELLS, 2), np.uint64), slots, firsts, counts, codes, n_codes)
    for j, k in enumerate(n_codes.tolist()):
        found = _Appearance(codes[j], firsts[j, :k].astype(np.int64), counts[j, :k].astype(np.int64))
        yield _in_order(found, table[found.firsts, j]) if k <= n_most else None


def _if_few(found):
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
    found = _numbered_text(array) if array.dtype.kind == "U" else None
    return None if found is None else _in_order(found, array[found.firsts])


def _of_objects(array):
    """Return text in an array of objects, whose cells hold the addresses of few objects as a rule."""
    addresses = np.asarray(_memory(array, shape=array.shape, strides=array.strides, typestr="<u8"))
    found = _numbered_words(addresses, _OBJECTS_PER_LEVEL)
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

    dtype = column.dtype
    if column.null_count() or dtype not in (pl.String, pl.Categorical, pl.Enum):
        return None
    is_text = dtype == pl.String
    stored = None if dtype == pl.Categorical else _stored_by_polars(column)  # of a Categorical, polars copies the rows
    found = _of_views(stored) if is_text and stored is not None else None
    if found is not None:
        return found
    if stored is not None and not is_text:
        return _of_dictionary(stored)
    numbers = (column.cast(pl.Categorical) if is_text else column).to_physical().to_numpy()
    return _of_numbers(numbers, lambda rows: _items(column, rows), category=not is_text)


def _items(column, rows):
    labels = np.empty(len(rows), object)
    labels[:] = [column[row] for row in rows.tolist()]
    return labels


def _stored_by_polars(column):
    """Return text or an Enum as pyarrow has it, nothing of it copied; None without pyarrow, or by polars 1.0."""
    try:
        from polars import CompatLevel

        return column.to_arrow(compat_level=CompatLevel.newest())
    except ImportError:
        return None


def _of_views(column):
    """Return text of pyarrow by the 16 bytes of every cell: its length, and up to 12 bytes or the place of more."""
    views = np.frombuffer(column.buffers()[1], np.uint64, 2 * len(column), 16 * column.offset).reshape(-1, 2)
    found = _appearance(codes_of_pairs, (_read_only(views),), len(column), _OBJECTS_PER_LEVEL)
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
        return _of_dictionary(column)
    _, ends, raw = column.buffers()
    kind_of_ends = np.dtype(np.int32 if pa.types.is_string(kind) else np.int64)
    ends = np.frombuffer(ends, kind_of_ends, len(column) + 1, column.offset * kind_of_ends.itemsize)
    raw, nothing = _bytes(raw), np.uint64(0)
    found = _appearance(codes_of_cells, (raw, _read_only(ends), nothing, nothing), len(column))
    if found is None:
        return None
    labels = np.empty(len(found.firsts), object)
    places = zip(ends[found.firsts].tolist(), ends[found.firsts + 1].tolist(), strict=True)
    text = memoryview(raw)
    labels[:] = [str(text[begin:end], "utf-8") for begin, end in places]
    return Repeated(found.codes, labels, found.counts)


def _of_dictionary(column):
    numbers = column.indices.to_numpy()
    return _of_numbers(numbers, lambda rows: _texts(column.dictionary, numbers[rows]))


def _bytes(buffer):
    return _read_only(np.frombuffer(b"" if buffer is None else buffer, np.uint8))


def _of_numbers(numbers, labels_of, *, category=True):
    """Return a column of whole numbers that stand for labels, negative where one is missing; `labels_of` takes rows."""
    if numbers.min() < 0:
        return None
    largest = int(numbers.max())
    if largest < max(_LARGEST, _LARGEST_PER_ROW * len(numbers)):
        places = np.ascontiguousarray(numbers.view(np.uint32) if numbers.itemsize == 4 else numbers, np.uint32)
        found = _appearance(codes_of_numbers, (_read_only(places),), len(numbers), largest=largest)
    else:
        found = _numbered_words(numbers.astype(np.uint64))
    if found is None:
        return None
    labels = labels_of(found.firsts)
    if category and labels.dtype.kind in "biu":
        return _in_order(found, labels, category=True)
    return _merged(found, labels, category=category)


class _Appearance(NamedTuple):
    """Codes in the order in which they first occur."""

    codes: np.ndarray  # uint8, or uint16
    firsts: np.ndarray  # first row of each code
    counts: np.ndarray  # rows of each code


def _numbered_words(words, per_level=1):
    """Number equal words, as ``_appearance`` does."""
    return _appearance(codes_of_words, (_read_only(np.ascontiguousarray(words)),), len(words), per_level)


def _numbered_text(array):
    """Number the equal cells of an array of text, as ``_appearance`` does."""
    array = array if array.strides[0] >= 0 else array.copy()
    n_characters = array.dtype.itemsize // 4
    raw, step = _spanned(array), np.uint64(array.strides[0])
    if 0 < n_characters <= _MOST_CHARACTERS:
        if found := _appearance(partial(_codes_in_order, array), (raw, step, np.uint64(n_characters)), len(array)):
            return found  # of characters that are one byte
    return _appearance(codes_of_cells, (raw, None, step, np.uint64(array.dtype.itemsize)), len(array))


def _codes_in_order(array, raw, step, size, slots, firsts, counts, codes):
    """As ``codes_of_characters``, but the levels of the first of many rows are sorted before all rows are numbered.

    Most columns have no other level, and their codes are in the order of the labels then.
    """
    n_codes = np.uint64(0)
    if len(codes) > _MANY_ROWS:
        n_codes = codes_of_characters(raw, step, size, slots, firsts, counts, codes[:_FIRST_ROWS], n_codes)
        if n_codes > len(firsts):
            return n_codes
        rows, numbers = firsts[:n_codes], slots[2::4]
        order = np.argsort(array[rows])
        rows[:], numbers[:] = rows[order], np.argsort(order).take(numbers.astype(np.intp), mode="clip")
        counts[:] = 0
    return codes_of_characters(raw, step, size, slots, firsts, counts, codes, np.uint64(n_codes))


def _spanned(array):
    """Return the bytes from the first row of an array to the end of the last one."""
    n_bytes = (len(array) - 1) * array.strides[0] + array[:1].nbytes
    return _read_only(np.asarray(_memory(array, shape=(n_bytes,), typestr="|u1")))


def _memory(array, **layout):
    """Return what numpy reads as another view of the memory of an array; itself it gives none of objects."""
    return SimpleNamespace(__array_interface__={"data": array.__array_interface__["data"], "version": 3, **layout})


def _read_only(array):
    """Return a view that cannot be written, for which alone the kernels are compiled."""
    if not array.flags.writeable:
        return array
    array = array.view()
    array.flags.writeable = False
    return array


def _appearance(kernel, cells, n_samples, per_level=1, *, largest=None):
    """Number equal cells; None if there are too many that differ, `per_level` for each level of a column of classes.

    `largest` is that of numbers, which are the places of a table.
    """
    n_most = min(int(most_levels(n_samples)) * per_level, _MOST_CODES)
    found = _numbered(kernel, cells, n_samples, min(n_most, _BYTE_CODES), largest, np.uint8)
    if found is None and n_most > _BYTE_CODES:
        found = _numbered(kernel, cells, n_samples, n_most, largest, np.uint16)
    return found


def _numbered(kernel, cells, n_samples, n_most, largest, dtype):
    (firsts, counts), codes = np.zeros((2, n_most), np.uint64), np.empty(n_samples, dtype)
    table = np.full(8 << n_most.bit_length(), EMPTY) if largest is None else np.zeros(largest + 1, np.uint16)
    n_codes = kernel(*cells, table, firsts, counts, codes)
    if n_codes > n_most:
        return None
    return _Appearance(codes, firsts[:n_codes].astype(np.int64), counts[:n_codes].astype(np.int64))


def _in_order(found, labels, *, category=False):
    """Renumber codes in the order of their labels, all of which differ."""
    if (labels[1:] > labels[:-1]).all():
        return Repeated(found.codes, labels, found.counts, category)
    order = np.argsort(labels)
    rank = np.empty(len(order), np.uint16)
    rank[order] = np.arange(len(order))
    return Repeated(renumbered(found.codes, rank), labels[order], found.counts[order], category)


def _merged(found, labels, *, category=False):
    """Give one code to equal labels, if all of them are text."""
    if labels.dtype != object or not set(map(type, labels)) <= _TEXT:
        return None
    distinct = dict.fromkeys(labels.tolist())
    if len(distinct) == len(labels):
        return Repeated(found.codes, labels, found.counts, category)
    distinct = {label: code for code, label in enumerate(distinct)}
    merged = np.array([distinct[label] for label in labels], np.uint16)
    counts = np.bincount(merged, found.counts).astype(np.int64)
    return Repeated(renumbered(found.codes, merged), np.array([*distinct], object), counts, category)
