"""An uncompressed array at some offset of a file: a tensor of a .safetensors or .pt file."""

import math
import os
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import as_strided

from skib.dumps.formats._headers import MAX_DIMENSIONS, Header, check_header, check_size, errors_at
from skib.dumps.formats._stored import Stored, row_slices

BFLOAT16 = "bfloat16"  # the upper half of a float32, which numpy has no type for
FLOAT8 = ("float8_e4m3fn", "float8_e5m2")  # one byte each, which numpy has no type for


@dataclass(frozen=True)
class RawArray(Stored):
    """Numbers from `header.offset` on, `strides` items apart; lower precision is widened to float32, which is exact."""

    path: str
    key: str
    header: Header
    dtype: np.dtype  # as stored; of bfloat16 and float8 unsigned integers
    strides: tuple[int, ...]
    stamp: tuple[int, int]
    kind: str
    ordered: bool

    @classmethod
    def place(cls, stream, key, kind, shape, offset, max_bytes, *, strides=None, byteorder="<", ordered):
        """Describe the array of type `kind` at `offset` and check its header; the caller checks its end."""
        dtype = stored_dtype(kind, byteorder)
        header = Header(tuple(shape), np.dtype("f4") if kind in (BFLOAT16, "f2", *FLOAT8) else dtype, False, offset)
        check_header(header)
        check_size(header, max_bytes)
        strides = tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape))) if strides is None else strides
        return cls(str(stream.name), key, header, dtype, tuple(strides), stamp(stream), kind, ordered)

    @property
    def where(self):
        """The file and the key, for errors."""
        return f"{self.path}[{self.key!r}]"

    def load(self):
        """Return a read-only view of the mapped file, or a widened copy of half precision."""
        return self._widen(self._map())

    def blocks(self):
        """Yield blocks of rows; no others are read."""
        mapped = self._map()
        for rows in row_slices(self.header):
            yield self._widen(mapped[rows])

    def _map(self):
        with open(self.path, "rb") as stream, errors_at(self.where):
            if stamp(stream) != self.stamp:
                raise ValueError("the file changed after the dump was opened; open the dump again")
            flat = np.memmap(stream, self.dtype, "r", self.header.offset, (extent(self.header.shape, self.strides),))
        strides = [step * self.dtype.itemsize for step in self.strides]
        return as_strided(flat, self.header.shape, strides, subok=True, writeable=False)

    def _widen(self, array):
        if self.kind == BFLOAT16:
            array = (array.astype("u4") << 16).view("f4")
        elif self.kind in FLOAT8:
            array = _float8_values(self.kind)[array]
        elif array.dtype != self.header.dtype or not array.flags.aligned:
            array = array.astype(self.header.dtype)
        array.flags.writeable = False
        return array


def _float8_values(kind):
    """Return the numbers that the 256 bytes of a type of eight bits stand for."""
    codes = np.arange(256, dtype="u2")
    if kind == "float8_e5m2":  # the upper half of a float16
        return (codes << 8).view("f2").astype("f4")
    exponent, fraction = (codes >> 3) & 15, codes & 7
    size = np.where(exponent, np.ldexp(1 + fraction / 8, exponent.astype(int) - 7), np.ldexp(fraction / 8, -6))
    values = np.where(codes & 128, -size, size).astype("f4")
    values[(codes & 127) == 127] = np.nan  # the others of the largest exponent are numbers: there is no infinity
    return values


def stored_dtype(kind, byteorder="<"):
    """Return the numpy type in which numbers of a kind lie in the file."""
    return np.dtype(byteorder + {BFLOAT16: "u2", **dict.fromkeys(FLOAT8, "u1")}.get(kind, kind))


def are_sizes(numbers):
    """Check whether these are non-negative integers that fit 64 bits, and no more than numpy has axes."""
    return (
        isinstance(numbers, (list, tuple))
        and len(numbers) <= MAX_DIMENSIONS
        and all(type(number) is int and 0 <= number < 2**63 for number in numbers)
    )


def extent(shape, strides):
    """Return how many items lie between the first and the last of a strided array, both included."""
    return 1 + sum((size - 1) * step for size, step in zip(shape, strides, strict=True))


def stamp(stream):
    """Return size and time of change, to detect whether a file is still the one that was opened."""
    status = os.fstat(stream.fileno())
    return status.st_size, status.st_mtime_ns
