"""A zarr store of version 2 or 3: a folder of arrays, ``10/fc1`` or ``10/activations/fc1``.

The metadata are read here, with their limits, and zarr itself reads the chunks: some of its codecs unpickle.
"""

import json
import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from skib.dumps.formats._extras import import_extra
from skib.dumps.formats._headers import Header, check_header, check_size, errors_at
from skib.dumps.formats._raw import are_sizes
from skib.dumps.formats._stored import Stored, check_chunks, row_slices
from skib.dumps.formats._tree import tree_names

_MAX_METADATA = 2**18  # characters
_FILES = {"zarr.json": 3, ".zarray": 2}
_KINDS = {"bool", *(f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)), "float16"}
_KINDS |= {"float32", "float64"}
_CODECS = {"blosc", "bz2", "gzip", "lz4", "lzma", "shuffle", "zlib", "zstd"}
_CODECS |= {"bytes", "crc32c", "sharding_indexed", "transpose"}


@dataclass(frozen=True)
class ZarrArray(Stored):
    """One array of a store."""

    where: str
    header: Header
    version: int

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
            if _peek(Path(self.where), self.version) != self.header:
                raise ValueError("the file changed after the dump was opened; open the dump again")
            yield import_extra("zarr", "zarr").open_array(self.where, mode="r", zarr_format=self.version)


def zarr_members(path, max_bytes):
    """Map the names of the arrays to the arrays; attributes are ignored."""
    import_extra("zarr", "zarr")
    arrays = {}
    for folder, folders, files in os.walk(path):
        links = [name for name in [*folders, *files] if os.path.islink(os.path.join(folder, name))]
        if links:
            raise ValueError(f"{folder}: {links[0]!r} is a link; a store may contain none")
        for name in _FILES.keys() & set(files):
            with errors_at(folder):
                header = _peek(Path(folder), _FILES[name])
                if header:
                    check_size(header, max_bytes)
                    arrays[Path(folder).relative_to(path).as_posix()] = ZarrArray(folder, header, _FILES[name])
    return {name: arrays[key] for key, name in tree_names(arrays).items()}


def _peek(folder, version):
    """Read the metadata of an array and check them; None for a group."""
    with open(folder / {number: name for name, number in _FILES.items()}[version], encoding="utf-8") as stream:
        text = stream.read(_MAX_METADATA + 1)
    if len(text) > _MAX_METADATA:
        raise ValueError(f"metadata longer than {_MAX_METADATA} characters")
    metadata = json.loads(text)
    if version == 3 and metadata["node_type"] == "group":
        return None
    kind, chunks, codecs = (_version_3 if version == 3 else _version_2)(metadata)
    if not are_sizes(metadata["shape"]) or not are_sizes(chunks) or len(chunks) != len(metadata["shape"]):
        raise ValueError("shape and chunks must be lists of non-negative integers")
    refused = codecs - _CODECS
    if refused:
        raise ValueError(f"the codec {min(refused)!r} is refused, required is one of {', '.join(sorted(_CODECS))}")
    header = Header(tuple(metadata["shape"]), np.dtype(kind))
    check_header(header)
    check_chunks(header, chunks)
    return header


def _version_2(metadata):
    if not isinstance(metadata["dtype"], str):
        raise ValueError("a dtype of records is refused; save real numbers")
    codecs = [metadata["compressor"], *(metadata["filters"] or [])]
    return metadata["dtype"], metadata["chunks"], {str(codec["id"]) for codec in codecs if codec}


def _version_3(metadata):
    if metadata["data_type"] not in _KINDS or metadata["chunk_grid"]["name"] != "regular":
        raise ValueError(
            f"data_type {metadata['data_type']!r} in such a grid is refused; save numbers in regular chunks"
        )
    if metadata.get("storage_transformers"):
        raise ValueError("storage_transformers are refused")
    chunks = metadata["chunk_grid"]["configuration"]["chunk_shape"]
    return metadata["data_type"], chunks, set(_codec_names(metadata["codecs"]))


def _codec_names(codecs):
    """Yield the names of codecs, and of those inside a sharding codec."""
    for codec in codecs:
        yield str(codec["name"])
        configuration = codec.get("configuration", {})
        for inner in ("codecs", "index_codecs"):
            yield from _codec_names(configuration.get(inner, []))
