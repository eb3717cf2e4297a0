"""A zarr store of version 2 or 3: a folder or zip file of arrays, ``10/fc1`` or ``10/activations/fc1``.

The metadata are read here, with their limits, and zarr itself reads the chunks: some of its codecs unpickle.
"""

import json
import math
import re
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from skib._warnings import warn
from skib.dumps.formats._extras import import_extra
from skib.dumps.formats._headers import (
    Header,
    ScalarError,
    ValueTypeError,
    check_header,
    check_size,
    errors_at,
)
from skib.dumps.formats._incomplete import IncompleteDumpWarning
from skib.dumps.formats._raw import are_sizes
from skib.dumps.formats._stored import Refused, Stored, check_chunks, row_slices
from skib.dumps.formats._tree import tree_names
from skib.dumps.formats._zarr_store import files_of, opened_array, read_text, relative_files

_MAX_METADATA = 2**18  # characters
_FILES = {"zarr.json": 3, ".zarray": 2}
_KINDS = {"bool", *(f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)), "float16"}
_KINDS |= {"float32", "float64"}
_REQUIRED = "save real numbers, or strings for y and ids"
_NO_TEXT = f"strings of any length are read as y and ids of one dimension alone; {_REQUIRED}"
# Text of any length: its types of both versions, and its codec.
_ANY_LENGTH, _TEXT_CODEC = ("|O", "string"), "vlen-utf8"
_MAY_BE_TEXT = ("y", "ids", "label", "labels", "target", "targets")
# Text of one width, in bytes or in characters of four bytes each.
_TEXT = {"null_terminated_bytes": ("S", 1), "fixed_length_utf32": ("U", 4)}
_CODECS = {"blosc", "bz2", "gzip", "lz4", "lzma", "shuffle", "zlib", "zstd"}
_CODECS |= {"bytes", "crc32c", "sharding_indexed", "transpose"}
_CHUNK = re.compile(r"(c[./])?\d+([./]\d+)*", re.ASCII)  # the file of a chunk, or of a shard


@dataclass(frozen=True)
class ZarrArray(Stored):
    """One array of a store."""

    where: str
    header: Header
    version: int
    chunks: tuple[int, ...]

    ordered = False  # a folder has no order of its own

    def load(self):
        """Return the whole array, read-only."""
        with self._open() as array:
            values = array[:]
        values.flags.writeable = False
        return values

    def blocks(self):
        """Yield blocks of rows, in whole chunks."""
        with self._open() as array:
            for rows in row_slices(self.header, (array.shards or array.chunks)[0]):
                yield array[rows]

    @contextmanager
    def _open(self):
        with errors_at(self.where):
            if _peek(Path(self.where), self.version) != self:
                raise ValueError("the file changed after the dump was opened; open the dump again")
            with opened_array(self.where, self.version) as array:
                yield array


@dataclass(frozen=True)
class ZarrText(Stored):
    """One array of text of any length. It is read whole, also for its header: only its values show their width."""

    where: str
    header: Header
    version: int
    chunks: tuple[int, ...]
    max_bytes: float

    ordered = False

    @classmethod
    def peek(cls, folder, version, max_bytes):
        """Read the array and keep its header."""
        values, chunks = _text(folder, version, max_bytes)
        return cls(str(folder), Header(values.shape, values.dtype), version, chunks, max_bytes)

    def load(self):
        """Return the text, read-only."""
        with errors_at(self.where):
            values, _ = _text(Path(self.where), self.version, self.max_bytes)
            if (values.shape, values.dtype) != self.header[:2]:
                raise ValueError("the file changed after the dump was opened; open the dump again")
        values.flags.writeable = False
        return values


def _text(folder, version, max_bytes):
    """Return the text of an array, padded to the longest, and the sizes of its chunks."""
    n_rows, n_chunk = _peek(folder, version, of_text=True)
    parts, width = [], 1
    with opened_array(folder, version) as array:
        for start in range(0, n_rows, n_chunk):
            rows = array[start : start + n_chunk].tolist()
            width = max(width, *map(len, rows))
            check_size(Header((n_rows,), np.dtype(f"U{width}")), max_bytes)
            parts.append(np.array(rows, dtype=str))
    return np.concatenate(parts), (n_chunk,)


def zarr_members(path, max_bytes):
    """Map the names of the arrays to the arrays; scalars and attributes are ignored."""
    import_extra("zarr", "zarr")
    arrays = {}
    for folder, files in files_of(path, max_bytes):
        # One that was brought to version 3 may still have its metadata of version 2.
        version = next((version for name, version in _FILES.items() if name in files), None)
        if version is not None:
            with suppress(ScalarError), errors_at(folder):
                array = _array(folder, version, max_bytes)
                if array:
                    arrays[folder.relative_to(path).as_posix()] = array
    members = {name: arrays[key] for key, name in tree_names(arrays).items()}
    _warn_of_absent_chunks([array for array in members.values() if not isinstance(array, Refused)])
    return members


def _array(folder, version, max_bytes):
    """Return an array that can be read, or one that is refused; None for a group."""
    try:
        array = _peek(folder, version)
        if isinstance(array, _Text):
            if folder.name not in _MAY_BE_TEXT:
                raise ValueTypeError(_NO_TEXT)
            return ZarrText.peek(folder, version, max_bytes)
    except ValueTypeError as error:
        return Refused(str(folder), f"{folder}: {error}")
    if array:
        check_size(array.header, max_bytes)
    return array


class _Text(NamedTuple):
    """An array of text of any length: its rows, and those of a chunk."""

    n_rows: int
    n_chunk: int


def _peek(folder, version, *, of_text=False):
    """Read the metadata of an array, check them and return the array, or a _Text; None for a group.

    With `of_text` anything but text is an error.
    """
    text = read_text(folder / {number: name for name, number in _FILES.items()}[version], _MAX_METADATA + 1)
    if len(text) > _MAX_METADATA:
        raise ValueError(f"metadata longer than {_MAX_METADATA} characters")
    metadata = json.loads(text)
    if version == 3 and metadata["node_type"] == "group":
        return None
    if metadata["shape"] == []:
        raise ScalarError("shape () has no valid sample axis")
    kind, chunks, codecs = (_version_3 if version == 3 else _version_2)(metadata)
    if not are_sizes(metadata["shape"]) or not are_sizes(chunks) or len(chunks) != len(metadata["shape"]):
        raise ValueError("shape and chunks must be lists of non-negative integers")
    is_text = kind in _ANY_LENGTH and _TEXT_CODEC in codecs
    refused = codecs - _CODECS - ({_TEXT_CODEC} if is_text else set())
    if refused:
        raise ValueTypeError(f"the codec {min(refused)!r} is refused, required is one of {', '.join(sorted(_CODECS))}")
    if is_text and len(chunks) == 1 and metadata["shape"][0] and chunks[0]:
        # At least one byte of text, or of the number of its bytes, for each row.
        check_chunks(Header(tuple(metadata["shape"]), np.dtype("u1")), chunks)
        return _Text(metadata["shape"][0], chunks[0])
    if is_text or of_text or kind == "string":
        raise ValueTypeError(_NO_TEXT)
    header = Header(tuple(metadata["shape"]), np.dtype(kind))
    check_header(header)
    check_chunks(header, chunks)
    return ZarrArray(str(folder), header, version, tuple(chunks))


def _warn_of_absent_chunks(arrays):
    """Warn of chunks without a file, which zarr reads as its fill value: nothing but zeros, or never written."""
    absent = [(array.where, _n_written(array), _n_chunks(array)) for array in arrays]
    absent = [(where, n_chunks - n_written, n_chunks) for where, n_written, n_chunks in absent if n_written < n_chunks]
    if absent:
        where, n_absent, n_chunks = absent[0]
        others = f", as are chunks of {len(absent) - 1} other arrays" if len(absent) > 1 else ""
        warn(
            f"{n_absent} of {n_chunks} chunks of {where} are not there and are read as the fill value, 0 as a "
            f"rule{others}: either they hold nothing else, or they were never written",
            IncompleteDumpWarning,
        )


def _n_chunks(array):
    return math.prod(-(-size // max(chunk, 1)) for size, chunk in zip(array.header.shape, array.chunks, strict=True))


def _n_written(array):
    return sum(_CHUNK.fullmatch(name) is not None for name in relative_files(array.where))


def _version_2(metadata):
    if not isinstance(metadata["dtype"], str):
        raise ValueTypeError("a dtype of records is refused; save real numbers")
    codecs = [metadata["compressor"], *(metadata["filters"] or [])]
    return metadata["dtype"], metadata["chunks"], {str(codec["id"]) for codec in codecs if codec}


def _version_3(metadata):
    if metadata["chunk_grid"]["name"] != "regular":
        raise ValueError(f"a grid of {metadata['chunk_grid']['name']!r} chunks is refused; save regular chunks")
    if metadata.get("storage_transformers"):
        raise ValueError("storage_transformers are refused")
    chunks = metadata["chunk_grid"]["configuration"]["chunk_shape"]
    return _kind(metadata["data_type"]), chunks, set(_codec_names(metadata["codecs"]))


def _kind(data_type):
    """Return numpy's name of a data type of version 3, which has a name and, if it is text, a width in bytes."""
    name, width = data_type, 0
    if isinstance(data_type, dict):
        name, width = str(data_type["name"]), data_type.get("configuration", {}).get("length_bytes", 0)
    if name in _TEXT and isinstance(width, int) and 0 < width <= _MAX_METADATA:
        letter, size = _TEXT[name]
        return f"{letter}{width // size}"
    if name in _KINDS or name == "string":
        return name
    raise ValueTypeError(f"data_type {name!r} is refused; {_REQUIRED}")


def _codec_names(codecs):
    """Yield the names of codecs, and of those inside a sharding codec."""
    for codec in codecs:
        yield str(codec["name"])
        configuration = codec.get("configuration", {})
        for inner in ("codecs", "index_codecs"):
            yield from _codec_names(configuration.get(inner, []))
