"""The zip archive of a .pt file: its pickle, its byte order, and where the numbers of each storage lie."""

import math
import os
import struct
import zipfile
from itertools import pairwise

from skib.dumps.formats._globals import Tensor
from skib.dumps.formats._headers import errors_at
from skib.dumps.formats._raw import BFLOAT16, FLOAT8, RawArray, are_sizes, extent, stored_dtype
from skib.dumps.formats._unpickle import MAX_PICKLE

_KINDS = {
    "Bool": "?",
    "Byte": "u1",
    "Char": "i1",
    "Short": "i2",
    "Int": "i4",
    "Long": "i8",
    "Half": "f2",
    "BFloat16": BFLOAT16,
    "Float": "f4",
    "Double": "f8",
    "uint16": "u2",
    "uint32": "u4",
    "uint64": "u8",
    **{kind: kind for kind in FLOAT8},
}
_LOCAL_HEADER = struct.Struct("<4s22xHH")


class Storages:
    """The members of an open archive; keys are names in the archive and never paths."""

    def __init__(self, archive):
        self._archive, self._stream, self._ranges = archive, archive.fp, {}
        roots = [name.removesuffix("data.pkl") for name in archive.namelist() if name.split("/")[1:] == ["data.pkl"]]
        if len(roots) != 1:
            raise ValueError("no archive of torch.save: required is one member <name>/data.pkl")
        self._root = roots[0]
        order = self._small("byteorder", 16) if f"{self._root}byteorder" in archive.namelist() else b"little"
        if order not in (b"little", b"big"):
            raise ValueError(f"byteorder is {order!r}, required is little or big")
        self._byteorder = "<" if order == b"little" else ">"

    @property
    def path(self):
        """The file."""
        return self._stream.name

    def pickle(self):
        """Return the bytes of data.pkl."""
        return self._small("data.pkl", MAX_PICKLE)

    def place(self, name, tensor, max_bytes):
        """Return the array of a tensor, after a check that all of it lies in its storage."""
        with errors_at(f"{self._stream.name}[{name!r}]"):
            if not isinstance(tensor, Tensor):
                raise ValueError(f"a list of tensors holds a {type(tensor).__name__}; save tensors alone")
            storage, offset, shape, strides = tensor
            if not (are_sizes((offset,)) and are_sizes(shape) and are_sizes(strides) and len(shape) == len(strides)):
                raise ValueError("offset, shape and strides must be non-negative integers")
            if storage.type not in _KINDS:
                raise ValueError(f"a {storage.type}Storage is refused, required is one of {', '.join(_KINDS)}")
            kind = _KINDS[storage.type]
            if max(math.prod(shape), offset + extent(shape, strides)) > storage.size:
                raise ValueError(
                    f"shape {shape}, strides {strides} and offset {offset} reach beyond the {storage.size} "
                    "stored numbers; if the tensor was expanded, save its .contiguous()"
                )
            itemsize = stored_dtype(kind).itemsize
            start = self._find(storage, itemsize) + offset * itemsize
            layout = {"strides": strides, "byteorder": self._byteorder, "ordered": True}
            return RawArray.place(self._stream, name, kind, shape, start, max_bytes, **layout)

    def check_overlaps(self):
        """Raise if storages share bytes."""
        if any(first[1] > second[0] for first, second in pairwise(sorted(self._ranges.values()))):
            raise ValueError("its storages overlap; the file is damaged, write it again")

    def _find(self, storage, itemsize):
        info = self._info(f"data/{storage.key}")
        if info.file_size != storage.size * itemsize:
            raise ValueError(f"{storage.size} numbers of {itemsize} bytes are stored in {info.file_size} bytes")
        if storage.key not in self._ranges:
            self._ranges[storage.key] = _data_range(self._stream, info)
        return self._ranges[storage.key][0]

    def _small(self, name, limit):
        with self._archive.open(self._info(name, limit)) as stream:
            return stream.read()

    def _info(self, name, limit=math.inf):
        info = self._archive.getinfo(self._root + name)
        if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size or info.file_size > limit:
            raise ValueError(
                f"member {info.filename!r} of {info.file_size} bytes is compressed or above the limit of {limit}; "
                "torch.save does not compress: write it again, a file per epoch"
            )
        return info


def _data_range(stream, info):
    """Return where a stored member's bytes begin and end, from its local header."""
    stream.seek(info.header_offset)
    head = stream.read(_LOCAL_HEADER.size)
    if len(head) < _LOCAL_HEADER.size or not head.startswith(b"PK\x03\x04"):
        raise ValueError(f"member {info.filename!r} is not where the directory places it; the file is damaged")
    _, name_length, extra_length = _LOCAL_HEADER.unpack(head)
    start = info.header_offset + _LOCAL_HEADER.size + name_length + extra_length
    if start + info.file_size > os.fstat(stream.fileno()).st_size:
        raise ValueError(f"member {info.filename!r} ends after the file; it is truncated, write it again")
    return start, start + info.file_size
