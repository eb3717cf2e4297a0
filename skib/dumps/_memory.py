"""An array in memory, behind the same interface as one in a file."""

from dataclasses import dataclass

import numpy as np

from skib.dumps._stored import Stored
from skib.dumps.formats import Header, blame, check_header


@dataclass(frozen=True, eq=False)
class MemoryArray(Stored):
    """One array of a mapping; `load` returns a read-only view."""

    where: str
    array: np.ndarray

    @classmethod
    def wrap(cls, values, where):
        """Take anything numpy takes as an array of numbers or strings, except masked values."""
        with blame(where):
            if np.ma.is_masked(values):
                raise ValueError("masked values would be read as data; fill or drop them first")
            wrapped = cls(where, np.asarray(values))
            check_header(wrapped.header)
        return wrapped

    @property
    def header(self):
        """Shape and dtype."""
        return Header(self.array.shape, self.array.dtype)

    def load(self):
        """Return a read-only view."""
        view = self.array.view()
        view.flags.writeable = False
        return view
