"""A zip archive from a stranger: its table of contents is read within bounds, and nothing is extracted."""

import io
import os
import zipfile
from contextlib import contextmanager

from skib.dumps.formats._headers import blame

_MAX_DIRECTORY = 2**20  # bytes; some 10 000 members


@contextmanager
def open_archive(path):
    """Open a zip archive, refusing one whose directory is huge or claims more than the file holds."""
    with _Careful(path) as stream:
        with blame(path):
            archive = zipfile.ZipFile(stream)
            packed = sum(info.compress_size for info in archive.infolist())
            size = os.fstat(stream.fileno()).st_size
            if packed > size:
                raise ValueError(f"its members claim {packed} bytes in a file of {size}; write it again")
        stream.largest = size  # the directory is read; from here on it is members, whose sizes were checked
        with archive:
            yield archive


class _Careful(io.FileIO):
    """A file that is read in pieces of bounded size, since zipfile reads a directory of any declared size at once."""

    largest = _MAX_DIRECTORY

    def read(self, size=-1):
        if size > self.largest:
            raise ValueError(f"no sound zip file: its directory of {size} bytes is above the limit of {self.largest}")
        return super().read(size)
