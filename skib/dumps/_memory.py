"""An array in memory, with the interface of one in a file."""

from dataclasses import dataclass

import numpy as np

from skib.dumps.formats import Header, Stored, check_header, errors_at


@dataclass(frozen=True, eq=False)
class MemoryArray(Stored):
    """One array of a mapping."""

    where: str
    array: np.ndarray

    @classmethod
    def wrap(cls, values, where):
        """Convert to an array of numbers or strings, as numpy does; masked values raise an error."""
        with errors_at(where):
            if np.ma.is_masked(values):
                raise ValueError("masked values are no data; fill or drop them first")
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
