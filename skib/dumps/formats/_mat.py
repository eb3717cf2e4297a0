"""A .mat file of version 7.3: HDF5, with the axes of every array in the opposite order."""

from dataclasses import dataclass

from skib.dumps.formats._hdf5 import hdf5_members
from skib.dumps.formats._headers import Header, check_header, errors_at
from skib.dumps.formats._stored import Refused, Stored

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_OFFSETS = (0, 512, 1024, 2048)  # after the text with which MATLAB begins


@dataclass(frozen=True)
class Transposed(Stored):
    """A dataset with its axes in the opposite order."""

    stored: Stored

    ordered = False

    @property
    def where(self):
        """The file and the dataset, for errors."""
        return self.stored.where

    @property
    def header(self):
        """Shape and dtype."""
        return Header(self.stored.header.shape[::-1], self.stored.header.dtype)

    def load(self):
        """Return the array, read-only."""
        return self.stored.load().T


def mat_members(path, max_bytes):
    """Map the names of the arrays of a .mat file to them, as MATLAB shows them; a row or column of y is a vector."""
    with open(path, "rb") as stream, errors_at(path):
        head = stream.read(_OFFSETS[-1] + len(_SIGNATURE))
        if not any(head.startswith(_SIGNATURE, offset) for offset in _OFFSETS):
            raise ValueError(
                "no .mat file of version 7.3, which is HDF5: write it with save(..., '-v7.3'), or read it by "
                "scipy.io.loadmat and pass a mapping {epoch: {layer: array}}"
            )
    members = {}
    for name, stored in hdf5_members(path, max_bytes).items():
        if name.startswith("#"):  # what cells refer to
            continue
        if not isinstance(stored, Refused):
            stored = Transposed(stored)
            check_header(stored.header)
        members[name] = stored
    return members
