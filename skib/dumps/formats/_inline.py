"""Arrays of a .pt file whose values are not in a storage of their own: of NumPy, in the pickle, and sparse ones."""

import math
from dataclasses import dataclass

import numpy as np

from skib.dumps.formats._headers import Header, check_header, check_size, errors_at
from skib.dumps.formats._raw import are_sizes
from skib.dumps.formats._stored import MemoryArray, Stored


def inline_array(where, array, max_bytes):
    """Keep an array of NumPy, which is small, after a look at its header."""
    stored = MemoryArray(where, array)
    with errors_at(where):
        check_header(stored.header)
        check_size(stored.header, max_bytes)
    return stored


@dataclass(frozen=True)
class SparseArray(Stored):
    """A sparse matrix, dense when it is loaded: rows and columns of the values, or the ends of rows and the columns."""

    where: str
    header: Header
    layout: str
    indices: tuple[Stored, ...]
    values: Stored

    @classmethod
    def place(cls, where, layout, indices, values, shape, max_bytes):
        """Check the header of the dense matrix and the shapes of the parts."""
        with errors_at(where):
            if not are_sizes(shape) or len(shape) != 2:
                raise ValueError("a sparse tensor that is no matrix is refused; save tensor.to_dense()")
            header = Header(tuple(shape), values.header.dtype)
            check_header(header)
            check_size(header, max_bytes)
            n_values = values.header.shape
            expected = [(2, *n_values)] if layout == "coo" else [(shape[0] + 1,), n_values]
            integers = all(part.header.dtype.kind in "iu" for part in indices)
            if len(n_values) != 1 or [part.header.shape for part in indices] != expected or not integers:
                raise ValueError("indices and values of a sparse tensor do not match; save tensor.to_dense()")
        return cls(where, header, layout, tuple(indices), values)

    def load(self):
        """Return the dense matrix, read-only."""
        dense, values = np.zeros(math.prod(self.header.shape), self.header.dtype), self.values.load()
        with errors_at(self.where):
            rows, columns = self._places(len(values))
            for places, size in zip((rows, columns), self.header.shape, strict=True):
                if len(places) and not (0 <= places.min() and places.max() < size):
                    raise ValueError("indices of a sparse tensor lie outside of it; the file is damaged")
            # Values of one place are summed, as torch does.
            np.add.at(dense, rows * self.header.shape[1] + columns, values)
        dense.flags.writeable = False
        return dense.reshape(self.header.shape)

    def _places(self, n_values):
        if self.layout == "coo":
            return self.indices[0].load().astype(np.int64)
        ends, columns = (part.load().astype(np.int64) for part in self.indices)
        if ends[0] != 0 or ends[-1] != n_values or np.any(np.diff(ends) < 0):
            raise ValueError("the ends of the rows of a sparse tensor are out of order; the file is damaged")
        return np.repeat(np.arange(len(ends) - 1), np.diff(ends)), columns
