"""Text of variable length in HDF5, which h5py writes for ``str``: labels and ids, as an array of one width."""

import os
from dataclasses import dataclass

import numpy as np

from skib.dumps.formats._extras import import_extra
from skib.dumps.formats._headers import Header, check_header, check_size, errors_at, lost_type
from skib.dumps.formats._stored import Stored

_MOST_ROWS = 2**16  # of one read


@dataclass(frozen=True)
class Hdf5Text(Stored):
    """One dataset of text. It is read whole, also for its header: no more than its values shows their width."""

    path: str
    key: str
    header: Header
    max_bytes: float

    ordered = False

    @classmethod
    def peek(cls, path, key, dataset, max_bytes):
        """Read the dataset and keep its header."""
        values = _read(path, dataset, max_bytes)
        return cls(path, key, Header(values.shape, values.dtype), max_bytes)

    @property
    def where(self):
        """The file and the dataset, for errors."""
        return f"{self.path}[{self.key!r}]"

    def load(self):
        """Return the text, read-only."""
        with errors_at(self.where), import_extra("h5py", "hdf5").File(self.path, "r") as file:
            values = _read(self.path, file[self.key], self.max_bytes)
            if (values.shape, values.dtype) != self.header[:2]:
                raise ValueError("the file changed after the dump was opened; open the dump again")
        values.flags.writeable = False
        return values


def is_text(h5py, dataset):
    """Whether a dataset holds one string of variable length per row."""
    return h5py.check_string_dtype(dataset.dtype) is not None and len(dataset.shape) == 1


def type_refusal(h5py, dtype):
    """Return why values of a type are not read."""
    if h5py.check_string_dtype(dtype) is not None:
        return "the dataset is text; activations and X must be numbers, y and ids may be text of one dimension"
    if h5py.check_vlen_dtype(dtype) is not None:
        return "lists of different lengths are refused; pad them, or save one row per token"
    return f"dtype {dtype} is refused{lost_type(dtype)}; save real numbers, or strings for y and ids"


def _read(path, dataset, max_bytes):
    """Return the strings, padded to the longest.

    A read takes as many rows as max_bytes hold if every string is as long as the file: rows may share a string.
    """
    n_rows, width, parts = len(dataset), 1, []
    step = int(max(1, min(_MOST_ROWS, max_bytes // os.path.getsize(path))))
    for start in range(0, n_rows, step):
        rows = dataset.asstr()[start : start + step]
        width = max(width, *map(len, rows))
        check_size(Header((n_rows,), np.dtype(f"U{width}")), max_bytes)
        parts.append(np.array(rows, dtype=str))
    values = np.concatenate(parts) if parts else np.empty(0, "U1")
    check_header(Header(values.shape, values.dtype))
    return values
