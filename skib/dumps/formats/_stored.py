"""The array of a file, as every format returns it: a checked header now, values when they are used."""

import math
from dataclasses import dataclass

import numpy as np

from skib.dumps.formats._headers import Header

# 16 MiB: long reads from a disk, and little memory compared with the arrays that have several blocks.
BLOCK_BYTES = 2**24


class Stored:
    """One array of a dump: a place and a checked header; methods read the values.

    A format sets `where` (file and key, for errors), `header` and `ordered` (whether the source orders its arrays) and
    overrides `blocks`, if it can read some rows without the others, or else `load`.
    """

    where: str
    header: Header
    ordered: bool = True
    is_sparse: bool = False

    @property
    def nbytes(self):
        """Size of the values as they are read, in bytes."""
        return self.header.nbytes

    def dense(self):
        """Return the whole array as one of numpy, read-only."""
        return self.load()

    def load(self):
        """Return the whole array, read-only; formats that can map the file return a view of it."""
        array = np.empty(self.header.shape, self.header.dtype)
        start = 0
        for block in self.blocks():
            array[start : start + len(block)] = block
            start += len(block)
        array.flags.writeable = False
        return array

    def blocks(self):
        """Yield the rows in order, a block of about `BLOCK_BYTES` at a time."""
        array = self.load()
        for rows in row_slices(self.header):
            yield array[rows]


@dataclass(frozen=True, eq=False)
class MemoryArray(Stored):
    """An array that is in memory already."""

    where: str
    array: np.ndarray

    @property
    def header(self):
        """Shape and dtype."""
        return Header(self.array.shape, self.array.dtype)

    def load(self):
        """Return a read-only view."""
        view = self.array.view()
        view.flags.writeable = False
        return view


@dataclass(frozen=True)
class Refused(Stored):
    """An array of a type that is not read: an error for whoever uses it, and none beside the arrays of a dump."""

    where: str
    reason: str

    @property
    def header(self):
        """Raise: there are no values of a type that is read."""
        raise ValueError(self.reason)


@dataclass(frozen=True)
class LeftOut(Refused):
    """What is none of the arrays of a dump, wherever it stands: a column of text, or of the numbers of the rows."""


def row_slices(header, multiple=1):
    """Yield slices that cover the rows; all but the last are multiples of `multiple` (the rows of a chunk)."""
    n_rows = header.shape[0]
    step = max(1, BLOCK_BYTES * n_rows // max(1, header.nbytes) // multiple) * multiple
    for start in range(0, n_rows, step):
        yield slice(start, min(start + step, n_rows))


def check_chunks(header, chunks):
    """Raise if a chunk is larger than its array: to read one number its whole chunk is unpacked."""
    if math.prod(chunks) * header.dtype.itemsize > max(header.nbytes, 4 * BLOCK_BYTES):
        raise ValueError(f"an array of shape {header.shape} in chunks of {tuple(chunks)}; write smaller chunks")
