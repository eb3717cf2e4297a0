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
from skib._kernels.appearance_codes import appearance_codes

# Objects that are looked at for each level that a column of classes may have: equal text may be several objects.
_OBJECTS_PER_LEVEL = 4
_TEXT = {str, np.str_}


class Repeated(NamedTuple):
    """The codes of a column of classes, and what they stand for."""

    codes: np.ndarray  # int64, dense
    labels: np.ndarray  # of each code
    category: bool

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
    size = max(array.dtype.itemsize // 4, 1)  # a field of a table may have room for no character
    found = _appearance(array.astype(f"U{size + size % 2}", copy=False))  # whole words
    return None if found is None else _in_order(found[0], array[found[1]])


def _of_objects(array):
    """Return text in an array of objects, whose cells hold the addresses of few objects as a rule."""
    interface = {name: array.__array_interface__[name] for name in ("data", "shape", "strides", "version")}
    addresses = np.asarray(SimpleNamespace(__array_interface__=interface | {"typestr": np.dtype(np.uint64).str}))
    found = _appearance(addresses, _OBJECTS_PER_LEVEL)
    if found is not None:
        return _merged(found[0], array[found[1]])
    from pandas import factorize
    from pandas.api.types import infer_dtype

    if infer_dtype(array, skipna=False) != "string":
        return None
    codes, labels = factorize(array)
    return Repeated(codes.astype(np.int64), labels, False)


def _of_polars(column):
    import polars as pl

    if column.null_count() or column.dtype not in (pl.String, pl.Categorical, pl.Enum):
        return None
    is_text = column.dtype == pl.String
    numbers = (column.cast(pl.Categorical) if is_text else column).to_physical().to_numpy()
    return _of_numbers(numbers, lambda rows: _items(column, rows), category=not is_text)


def _items(column, rows):
    labels = np.empty(len(rows), object)
    labels[:] = [column[row] for row in rows.tolist()]
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
    encoded = column.dictionary_encode()
    if len(encoded.dictionary) > most_levels(len(column)):
        return None
    labels = encoded.dictionary.to_numpy(zero_copy_only=False)
    return Repeated(encoded.indices.to_numpy().astype(np.int64), labels, False)


def _of_numbers(numbers, labels_of, *, category=True):
    """Return a column of whole numbers that stand for labels, negative where one is missing; `labels_of` takes rows."""
    found = None if numbers.min() < 0 else _appearance(numbers.astype(np.uint64))
    if found is None:
        return None
    codes, labels = found[0], labels_of(found[1])
    if category and labels.dtype.kind in "biu":
        return _in_order(codes, labels, category=True)
    return _merged(codes, labels, category=category)


def _appearance(cells, per_level=1):
    """Return the codes of equal cells, and the first row of each code; None if there are too many of them."""
    n_samples = len(cells)
    words = np.ascontiguousarray(cells).view(np.uint64).reshape(n_samples, -1)
    firsts, codes = np.empty(int(most_levels(n_samples)) * per_level, np.int64), np.empty(n_samples, np.int64)
    slots = np.full(4 << len(firsts).bit_length(), -1)
    n_codes = appearance_codes(words, slots, firsts, codes)
    return (codes, firsts[:n_codes]) if n_codes <= len(firsts) else None


def _in_order(codes, labels, *, category=False):
    """Renumber codes in the order of their labels, all of which differ."""
    order = np.argsort(labels)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return Repeated(rank[codes], labels[order], category)


def _merged(codes, labels, *, category=False):
    """Give one code to equal labels, if all of them are text."""
    if labels.dtype != object or not set(map(type, labels)) <= _TEXT:
        return None
    merged, distinct = [], {}
    for label in labels:
        merged.append(distinct.setdefault(label, len(distinct)))
    if len(distinct) < len(labels):
        codes, labels = np.array(merged)[codes], np.array([*distinct], object)
    return Repeated(codes, labels, category)
