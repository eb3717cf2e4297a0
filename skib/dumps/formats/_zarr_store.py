"""The place of a zarr store: a folder, or one zip file, in which an array has the path of the file and its key."""

import os
import zipfile
from contextlib import contextmanager
from pathlib import Path

from skib.dumps.formats._extras import import_extra
from skib.dumps.formats._headers import errors_at
from skib.dumps.formats._npz import LARGEST_GROWTH
from skib.dumps.formats._zip import open_archive


def files_of(path, max_bytes):
    """Yield the folders of a store, and the names of the files in each."""
    if path.is_dir():
        for folder, folders, files in os.walk(path):
            links = [name for name in [*folders, *files] if os.path.islink(os.path.join(folder, name))]
            if links:
                raise ValueError(f"{folder}: {links[0]!r} is a link; a store may contain none")
            yield Path(folder), files
        return
    folders = {}
    with open_archive(path) as archive, errors_at(path):
        for info in archive.infolist():
            _check_member(info, max_bytes)
            folder, _, name = info.filename.rpartition("/")
            files = folders.setdefault(folder, [])
            if name in files:
                raise ValueError(f"{info.filename!r} is stored twice; write the file again")
            files.append(name)
    for folder, files in folders.items():
        yield path / folder, files


def _check_member(info, max_bytes):
    if info.compress_type not in LARGEST_GROWTH or info.flag_bits & 1:
        raise ValueError(f"{info.filename!r} is compressed in a way that is not read, or encrypted; store it as it is")
    if info.file_size > min(info.compress_size * LARGEST_GROWTH[info.compress_type], max_bytes):
        raise ValueError(f"{info.compress_size} stored bytes of {info.filename!r} declare {info.file_size}")


def read_text(place, most):
    """Return the first `most` characters of a file of a store."""
    archive_path = _zip_of(place)
    if archive_path is None:
        with open(place, encoding="utf-8") as stream:
            return stream.read(most)
    with open_archive(archive_path) as archive, archive.open(_key(archive_path, place)) as stream:
        return stream.read(4 * most).decode("utf-8")[:most]


@contextmanager
def opened_array(place, version):
    """Open an array of a store by zarr."""
    zarr, archive_path = import_extra("zarr", "zarr"), _zip_of(Path(place))
    if archive_path is None:
        yield zarr.open_array(str(place), mode="r", zarr_format=version)
        return
    with zarr.storage.ZipStore(archive_path, mode="r") as store:
        yield zarr.open_array(store, path=_key(archive_path, place), mode="r", zarr_format=version)


def relative_files(place):
    """Yield the paths of the files of an array, relative to it."""
    archive_path = _zip_of(Path(place))
    if archive_path is None:
        for folder, _, names in os.walk(place):
            yield from (Path(folder, name).relative_to(place).as_posix() for name in names)
        return
    start = f"{_key(archive_path, place)}/"
    with open_archive(archive_path) as archive:
        yield from (name.removeprefix(start) for name in archive.namelist() if name.startswith(start))


def _zip_of(place):
    """Return the zip file that a place is in, None for a folder."""
    return next((path for path in (place, *place.parents) if path.suffix == ".zip" and zipfile.is_zipfile(path)), None)


def _key(archive_path, place):
    return Path(place).relative_to(archive_path).as_posix()
