"""A .parquet file, or an Arrow file or stream (.arrow, .feather): a column per layer, of numbers or of equal lists."""

import math
from dataclasses import dataclass

import numpy as np

from skib.dumps.formats._extras import import_extra
from skib.dumps.formats._headers import Header, check_header, check_size, errors_at
from skib.dumps.formats._stored import BLOCK_BYTES, LeftOut, Stored

_MAX_FOOTER = 2**22  # bytes
# Columns that may hold text, and others that number the rows of a table: no layers.
_MAY_BE_TEXT = ("y", "ids", "label", "labels", "target", "targets")
_INDEXES = ("id", "idx", "index", "__index_level_0__")


@dataclass(frozen=True)
class ArrowColumn(Stored):
    """One column."""

    path: str
    key: str
    header: Header
    is_parquet: bool

    @property
    def where(self):
        """The file and the column, for errors."""
        return f"{self.path}[{self.key!r}]"

    def blocks(self):
        """Yield the batches of rows that the file is made of; no other column is read."""
        n_rows, *inner = self.header.shape
        with errors_at(self.where):
            for batch in _parquet_batches(self) if self.is_parquet else _arrow_batches(self.path, self.key):
                n_rows -= len(batch)
                if n_rows < 0:
                    break
                yield _numbers(batch, len(batch) * math.prod(inner)).reshape(len(batch), *inner)
            if n_rows:
                raise ValueError("the file changed after the dump was opened, or is damaged; open the dump again")


@dataclass(frozen=True)
class ArrowText(Stored):
    """One column of text. It is read whole, also for its header: no more than its values shows their width."""

    path: str
    key: str
    header: Header
    is_parquet: bool
    max_bytes: float

    @classmethod
    def peek(cls, path, key, is_parquet, max_bytes):
        """Read the column and keep its header."""
        values = _text(path, key, is_parquet, max_bytes)
        return cls(path, key, Header(values.shape, values.dtype), is_parquet, max_bytes)

    @property
    def where(self):
        """The file and the column, for errors."""
        return f"{self.path}[{self.key!r}]"

    def load(self):
        """Return the text, read-only."""
        with errors_at(self.where):
            values = _text(self.path, self.key, self.is_parquet, self.max_bytes)
            if (values.shape, values.dtype) != self.header[:2]:
                raise ValueError("the file changed after the dump was opened; open the dump again")
        values.flags.writeable = False
        return values


def parquet_members(path, max_bytes):
    """Map the columns of a .parquet file to their places; the footer alone is read."""
    parquet = import_extra("pyarrow.parquet", "arrow")
    with open(path, "rb") as stream, errors_at(path):
        size = stream.seek(0, 2)
        stream.seek(max(0, size - 8))
        tail = stream.read(8)
        if tail[4:] != b"PAR1" or int.from_bytes(tail[:4], "little") > min(size, _MAX_FOOTER):
            raise ValueError(f"no whole .parquet file with a footer of at most {_MAX_FOOTER} bytes; write it again")
        metadata = parquet.ParquetFile(stream).metadata
        schema = metadata.schema.to_arrow_schema()
        if len(metadata.schema) != len(schema):
            raise ValueError("columns of records are refused; save numbers or lists of numbers")
        groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]

        def width(i):
            return sum(group.column(i).num_values for group in groups) // max(1, metadata.num_rows)

        return _columns(path, schema, metadata.num_rows, width, max_bytes, True)


def arrow_members(path, max_bytes):
    """Map the columns of an Arrow file or stream to their places; of a column of lists the first row is read."""
    with errors_at(path), _arrow_reader(path) as reader:
        schema = reader.schema
        n_rows = sum(len(batch) for batch in _arrow_batches(path, schema.names[0]))

        def width(i):
            return next(len(batch[0]) for batch in _arrow_batches(path, schema.names[i]) if len(batch))

        return _columns(path, schema, n_rows, width, max_bytes, False)


def _columns(path, schema, n_rows, width, max_bytes, is_parquet):
    if len(set(schema.names)) < len(schema.names):
        raise ValueError("two columns have one name; write it again")
    columns = {}
    for i, field in enumerate(schema):
        name = field.name.rpartition("/")[2]
        if _is_text(field.type) and name in _MAY_BE_TEXT:
            with errors_at(f"column {field.name!r}"):
                columns[field.name] = ArrowText.peek(str(path), field.name, is_parquet, max_bytes)
            continue
        is_text = _is_text(field.type) and "/" not in field.name  # with a slash it is a layer of an epoch, and an error
        if is_text or (name in _INDEXES and not field.type.num_fields):
            reason = "text" if is_text else "numbers of the rows by its name"
            columns[field.name] = LeftOut(f"{path}[{field.name!r}]", reason)
            continue
        with errors_at(f"column {field.name!r}"):
            inner, kind = _inner_shape(field.type, lambda i=i: width(i))
            header = Header((n_rows, *inner), np.dtype(kind.to_pandas_dtype()))
            check_header(header)
            check_size(header, max_bytes)
        columns[field.name] = ArrowColumn(str(path), field.name, header, is_parquet)
    return columns


def _is_text(kind):
    """Whether a type is text, or a dictionary of text."""
    types = import_extra("pyarrow", "arrow").types
    kind = kind.value_type if types.is_dictionary(kind) else kind
    return types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)


def _text(path, name, is_parquet, max_bytes):
    """Return a column of text, padded to the longest."""
    parts, width, n_rows = [], 1, 0
    for batch in _text_batches(path, name, is_parquet):
        batch.validate(full=True)
        if batch.null_count:
            raise ValueError(f"{batch.null_count} values are missing; fill or drop them before saving")
        values = batch.to_pylist()
        n_rows, width = n_rows + len(values), max(width, *map(len, values), 1)
        check_size(Header((n_rows,), np.dtype(f"U{width}")), max_bytes)
        parts.append(np.array(values, dtype=str))
    values = np.concatenate(parts) if parts else np.empty(0, "U1")
    check_header(Header(values.shape, values.dtype))
    return values


def _text_batches(path, name, is_parquet):
    if not is_parquet:
        return _arrow_batches(path, name)
    dataset = import_extra("pyarrow.dataset", "arrow")
    scanner = dataset.dataset(path, format="parquet").scanner({"column": dataset.field(name)}, use_threads=False)
    return (batch.column(0) for batch in scanner.to_batches())


def _inner_shape(kind, width):
    """Return the shape of one row of an Arrow type, and the type of its numbers; `width` is the length of a list."""
    types = import_extra("pyarrow", "arrow").types
    if getattr(kind, "extension_name", "") == "arrow.fixed_shape_tensor":
        if kind.permutation not in (None, list(range(len(kind.shape)))):
            raise ValueError("tensors with permuted axes are refused; save them in the order of their axes")
        return tuple(kind.shape), kind.value_type
    if types.is_fixed_size_list(kind):
        inner, numbers = _inner_shape(kind.value_type, None)
        return (kind.list_size, *inner), numbers
    if width and (types.is_list(kind) or types.is_large_list(kind)):
        inner, numbers = _inner_shape(kind.value_type, None)
        return (width() // max(1, math.prod(inner)), *inner), numbers
    if not (types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind)):
        raise ValueError(f"values of {kind} are refused; save numbers, or lists of numbers of one length")
    return (), kind


def _numbers(batch, size):
    """Return the numbers of a batch, flat, after checks of its structure."""
    batch.validate(full=True)
    types = import_extra("pyarrow", "arrow").types
    while True:
        batch = getattr(batch, "storage", batch)
        if batch.null_count:
            raise ValueError(f"{batch.null_count} values are missing; fill or drop them before saving")
        if not (types.is_fixed_size_list(batch.type) or types.is_list(batch.type) or types.is_large_list(batch.type)):
            break
        if not types.is_fixed_size_list(batch.type) and len(batch.value_lengths().unique()) > 1:
            raise ValueError("the lists differ in length; pad them, or save one row per token")
        batch = batch.flatten()
    if len(batch) != size:
        raise ValueError(f"{len(batch)} numbers where the header declares {size}; the lists differ in length")
    return batch.to_numpy(zero_copy_only=False)


def _parquet_batches(column):
    dataset = import_extra("pyarrow.dataset", "arrow")
    rows = max(1, BLOCK_BYTES * column.header.shape[0] // column.header.nbytes)
    scanner = dataset.dataset(column.path, format="parquet").scanner(
        {"column": dataset.field(column.key)},
        batch_size=rows,
        batch_readahead=1,
        fragment_readahead=1,
        use_threads=False,
    )
    yield from (batch.column(0) for batch in scanner.to_batches())


def _arrow_batches(path, name):
    with _arrow_reader(path) as reader:
        index = reader.schema.get_field_index(name)
    with _arrow_reader(path, [index]) as reader:
        numbered = range(reader.num_record_batches) if hasattr(reader, "num_record_batches") else None
        batches = reader if numbered is None else map(reader.get_batch, numbered)
        yield from (batch.column(0) for batch in batches)


def _arrow_reader(path, fields=None):
    pyarrow, ipc = import_extra("pyarrow", "arrow"), import_extra("pyarrow.ipc", "arrow")
    options = ipc.IpcReadOptions(included_fields=fields)
    with open(path, "rb") as stream:
        is_file = stream.read(6) == b"ARROW1"
    return (ipc.open_file if is_file else ipc.open_stream)(pyarrow.memory_map(str(path)), options=options)
