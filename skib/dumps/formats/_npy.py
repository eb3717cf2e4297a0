"""A .npy file: one array, memory-mapped."""

import os
from dataclasses import dataclass

import numpy as np

from skib.dumps.formats._headers import Header, errors_at, read_header
from skib.dumps.formats._stored import Stored


@dataclass(frozen=True)
class NpyFile(Stored):
    """One .npy file; `load` maps it read-only, so that the rows that are used are read and no others."""

    where: str
    header: Header

    ordered = False  # a folder has no order of its own

    @classmethod
    def peek(cls, path, max_bytes):
        """Read and check the header."""
        with open(path, "rb") as stream, errors_at(path):
            return cls(str(path), read_header(stream, os.fstat(stream.fileno()).st_size, max_bytes))

    def load(self):
        """Return a read-only memory map."""
        with open(self.where, "rb") as stream, errors_at(self.where):
            header = read_header(stream, os.fstat(stream.fileno()).st_size)
            if header != self.header:
                raise ValueError("the file changed after the dump was opened; open the dump again")
            order = "F" if header.fortran_order else "C"
            return np.memmap(stream, header.dtype, "r", header.offset, header.shape, order)


def npy_members(path, max_bytes):
    """Map "", for an array without a name, to the array of a .npy file."""
    return {"": NpyFile.peek(path, max_bytes)}
