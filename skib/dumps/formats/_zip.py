"""An untrusted zip archive: its directory is read within bounds, and nothing is extracted."""

import io
import os
import zipfile
from contextlib import contextmanager

from skib.dumps.formats._headers import errors_at

_MAX_DIRECTORY = 2**20  # bytes; some 10 000 members


@contextmanager
def open_archive(path):
    """Open a zip archive; raise if its directory is huge or declares more than the file contains."""
    with _Careful(path) as stream:
        with errors_at(path):
            archive = zipfile.ZipFile(stream)
            packed = sum(info.compress_size for info in archive.infolist())
            size = os.fstat(stream.fileno()).st_size
            if packed > size:
                raise ValueError(f"its members declare {packed} bytes in a file of {size}; write it again")
        stream.largest = size  # after the directory only members are read, whose sizes were checked
        with archive:
            yield archive


class _Careful(io.FileIO):
    """A file with an upper bound on the size of a read: zipfile reads a directory of any declared size at once."""

    largest = _MAX_DIRECTORY

    def read(self, size=-1):
        if size > self.largest:
            raise ValueError(f"no sound zip file: its directory of {size} bytes is above the limit of {self.largest}")
        return super().read(size)
