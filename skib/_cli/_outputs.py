"""Files that a command writes: tried before the work, and written whole or not at all."""

import os
import shutil
import sys
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryFile
from uuid import uuid4

_WRITERS = {
    ".csv": lambda table, path: table.to_csv(path, index=False),
    ".parquet": lambda table, path: table.to_parquet(path, index=False, engine="pyarrow"),
}
_COMPRESSED = ".csv.gz", ".csv.bz2", ".csv.xz", ".csv.zip"  # by pandas


def require_outputs(table, picture, source, force):
    """Raise, before the work, if one of the files could not be written or is the table that is read."""
    require_format(table)
    paths = [table] if picture is None else [table, picture]
    for path in paths:
        require_other_file(path, source)
    require_new(paths, force)
    for path in paths:
        require_writable(path)


def require_format(table):
    """Raise, before the work, if tables are not written in the format of a path's suffix."""
    if format_of(table) not in _WRITERS:
        raise ValueError(f"cannot write {table}: tables are written as {', '.join([*_WRITERS, *_COMPRESSED])}")
    if format_of(table) == ".parquet" and find_spec("pyarrow") is None:
        raise ImportError(f"{table} needs pyarrow, which is not installed: pip install pyarrow, or name a .csv file")


def format_of(table):
    """Return the suffix that stands for the format of a path; a device, or a file without a suffix, takes CSV."""
    name = table.name.lower()
    return ".csv" if name.endswith(_COMPRESSED) else Path(name).suffix or ".csv"


def require_writable(path):
    """Raise, before the work, if a file could not be written; its folders are created."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            open(path, "ab").close()
        else:
            TemporaryFile(dir=path.parent).close()
    except OSError as error:
        raise OSError(f"{path} cannot be written: {error.strerror or error}; name another file") from error


def require_new(paths, force):
    """Ask, before the work, whether to write over a table or a picture that is there; off a terminal refuse it."""
    there = " and ".join(str(path) for path in paths if path.is_file())
    if not there or force:
        return
    if sys.stdin.isatty() and sys.stderr.isatty():
        print(f"skib: {there} would be written over; go on? [y/N] ", end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip().lower() in ("y", "yes"):
            return
    raise FileExistsError(f"{there} would be written over; pass --force, or name another file")


def require_other_file(path, source):
    """Refuse to write over the file that is read."""
    path, source = path.resolve(), Path(source).resolve()
    if path == source:
        raise ValueError(f"{path} is the table that is read, and would be written over; name another file")


def table_writer(path, table):
    """Return a function ``write(part)`` for `write_whole`: a table in the format of the path's suffix."""
    return partial(_WRITERS[format_of(path)], table)


def write_whole(path, write):
    """Call ``write(part)`` with the path of a new file of the same suffixes, which then takes the place of `path`.

    A device or a pipe is written itself.
    """
    if path.exists() and not path.is_file():
        write(path)
        return
    path = path.resolve()  # of a link, the file that it points at is replaced
    part = path.with_name(f".{uuid4().hex}{''.join(path.suffixes)}")
    try:
        write(part)
        if path.exists():
            shutil.copymode(path, part)
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
