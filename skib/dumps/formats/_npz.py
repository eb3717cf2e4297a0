"""A .npz file: a zip archive of .npy members, each read alone and never extracted to disk.

What `scipy.sparse.save_npz` wrote is one matrix.
"""

import math
import zipfile
from contextlib import suppress
from dataclasses import dataclass

from numpy.lib import format as npy_format

from skib.dumps.formats._headers import Header, ScalarError, ValueTypeError, errors_at, read_header
from skib.dumps.formats._sparse_npz import is_sparse, sparse_matrix
from skib.dumps.formats._stored import Refused, Stored
from skib.dumps.formats._zip import open_archive

# Two bits of deflate encode at most 258 bytes, so that no valid member grows by a larger factor than this.
LARGEST_GROWTH = {zipfile.ZIP_STORED: 1, zipfile.ZIP_DEFLATED: 1032}


@dataclass(frozen=True)
class NpzMember(Stored):
    """One array of a .npz file; `load` reads that member alone. Its key is a name, never a path."""

    path: str
    key: str
    header: Header

    @property
    def where(self):
        """The file and the key, for errors."""
        return f"{self.path}[{self.key!r}]"

    def load(self):
        """Return the array, read-only."""
        with open_archive(self.path) as archive, errors_at(self.where):
            info = archive.getinfo(f"{self.key}.npy")
            if _peek(archive, info) != self.header:
                raise ValueError("the file changed after the dump was opened; open the dump again")
            with archive.open(info) as stream:
                array = npy_format.read_array(stream, allow_pickle=False)
        array.flags.writeable = False
        return array


def npz_members(path, max_bytes):
    """Map the keys of a .npz file, in the file's order, to its arrays; scalars and what is no .npy are ignored.

    A matrix of scipy, of which the keys are parts, has the name "".
    """
    members = {}
    with open_archive(path) as archive:
        may_be_empty = is_sparse(_keys(archive))  # of a matrix of zeros there are no values
        for info in archive.infolist():
            if not info.filename.endswith(".npy"):
                continue
            key = info.filename.removesuffix(".npy")
            where = f"{path}[{key!r}]"
            with suppress(ScalarError), errors_at(where):
                if key in members:
                    raise ValueError("the key is stored twice; write the file again")
                members[key] = _member(str(path), key, where, archive, info, max_bytes, may_be_empty)
        return {"": sparse_matrix(path, archive, members, max_bytes)} if may_be_empty else members


def is_sparse_npz(path):
    """Whether a .npz file holds one matrix of scipy, rather than layers."""
    with open_archive(path) as archive:
        return is_sparse(_keys(archive))


def _keys(archive):
    return {name.removesuffix(".npy") for name in archive.namelist()}


def _member(path, key, where, archive, info, max_bytes, may_be_empty):
    try:
        return NpzMember(path, key, _peek(archive, info, max_bytes, may_be_empty=may_be_empty))
    except ValueTypeError as error:
        return Refused(where, f"{where}: {error}")


def _peek(archive, info, max_bytes=math.inf, *, may_be_empty=True):
    if info.compress_type not in LARGEST_GROWTH:
        raise ValueError("compressed in a way that numpy does not write; use numpy.savez or numpy.savez_compressed")
    if info.file_size > info.compress_size * LARGEST_GROWTH[info.compress_type]:
        raise ValueError(f"{info.compress_size} stored bytes cannot hold the {info.file_size} that are declared")
    with archive.open(info) as stream:
        return read_header(stream, info.file_size, max_bytes, may_be_empty=may_be_empty)
