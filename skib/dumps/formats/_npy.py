"""A folder of .npy files: one array per file, memory-mapped."""

import os
from dataclasses import dataclass

import numpy as np

from skib.dumps._stored import Stored
from skib.dumps.formats._headers import Header, blame, read_header


@dataclass(frozen=True)
class NpyFile(Stored):
    """One .npy file; `load` maps it read-only, so that only the rows that are used are read."""

    where: str
    header: Header

    ordered = False  # a folder has no order of its own

    @classmethod
    def peek(cls, path, max_bytes):
        """Read the header alone."""
        with open(path, "rb") as stream, blame(path):
            return cls(str(path), read_header(stream, os.fstat(stream.fileno()).st_size, max_bytes))

    def load(self):
        """Return a read-only memory map."""
        with open(self.where, "rb") as stream, blame(self.where):
            header = read_header(stream, os.fstat(stream.fileno()).st_size)
            if header != self.header:
                raise ValueError("the file changed after the dump was opened; open the dump again")
            order = "F" if header.fortran_order else "C"
            return np.memmap(stream, header.dtype, "r", header.offset, header.shape, order)
