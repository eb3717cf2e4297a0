"""Stores of finished cells: a file that survives the end of the process, or the memory of the process.

They are two classes because a run without a checkpoint should not pay for one: its rows pass through neither JSON nor a
file, so that there is nothing to lock, to compare or to repair.
"""

import json
import os
import re
import threading
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: two runs on one file are not detected
    fcntl = None

# The number grows when the columns of the rows change: older files are refused.
_KIND = "skib checkpoint 3"
_REMEDY = "pass another path, or delete the file to start again"
_MAX_HEADER = 2**24  # bytes
# Of the parameters of an estimator or of an array, in a fingerprint.
_DIGEST = re.compile(r"[0-9a-f]{16}|[0-9a-f]{32}")
# Files that checkpoints of this process write: the lock of the file keeps out other processes alone.
_open_files = set()
_registry = threading.Lock()


class Checkpoint:
    """Finished cells of an information plane in a file of JSON lines, which only grows.

    The first line holds the fingerprint of the run, every further one the rows of a cell, written and synchronized with
    the disk before :meth:`append` returns. Floats are read back with the same bits (NaN and the infinities included:
    the lines are JSON as Python and pandas read it). An incomplete last line, of a run that was killed while it wrote,
    is cut off when the file is opened again.

    Parameters
    ----------
    path : str or path
        The file; created if it does not exist.
    fingerprint : dict
        Everything that the results depend on, as JSON values: parameters, seed, identity of the data.

    Attributes
    ----------
    finished : dict
        {(epoch, layer): rows} of all cells in the file. Appended rows have passed through JSON as well, so that they
        have the types that a resumed run reads.

    Raises
    ------
    ValueError
        If the file is no checkpoint, is damaged before its last line, or has another fingerprint; the message lists the
        entries that differ.
    RuntimeError
        If another process, or another thread, has the file open.
    """

    def __init__(self, path, fingerprint):
        self.path = Path(path)
        self.finished = {}
        with _registry:
            self._file, self._key = self._open()
        try:
            self._lock()
            self._read(fingerprint)
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def close(self):
        """Close the file and release its lock."""
        self._file.close()
        _open_files.discard(self._key)

    def append(self, epoch, layer, rows):
        """Write the rows (a list of dicts) of one cell; on return they are on the disk."""
        self._add(self._write({"epoch": epoch, "layer": layer, "rows": rows}))

    def _write(self, record):
        line = _line(record)
        self._file.write(line)
        self._file.flush()
        os.fsync(self._file.fileno())
        return json.loads(line)

    def _add(self, record):
        self.finished[record["epoch"], record["layer"]] = record["rows"]

    def _open(self):
        """Open the file once in this process: closing it a second time would release the lock of the first."""
        if self.path.exists():
            if not self.path.is_file():
                raise ValueError(f"checkpoint {self.path} is no file; pass another path")
            if _key(self.path.stat()) in _open_files:
                raise self._busy()
        file = open(self.path, "a+b")
        key = _key(os.fstat(file.fileno()))
        _open_files.add(key)
        return file, key

    def _busy(self):
        return RuntimeError(f"checkpoint {self.path} is being written by another run; pass another path")

    def _lock(self):
        # A lock of the process, not of the open file: worker processes that outlive a killed run do not inherit it.
        if fcntl is None:
            return
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            raise self._busy() from None
        except OSError:  # a file system without locks
            pass

    def _read(self, fingerprint):
        header = {"kind": _KIND, "fingerprint": fingerprint}
        self._file.seek(0)
        first = self._file.readline(_MAX_HEADER)  # any other file may have no ends of lines
        if _line(header).startswith(first) and not first.endswith(b"\n"):  # empty, or killed in the first line
            self._file.truncate(0)
            self._write(header)
            return
        self._compare(first, json.loads(_line(fingerprint)))
        end = self._file.tell()
        for number, line in enumerate(self._file, start=2):
            if not line.endswith(b"\n"):
                self._file.truncate(end)
                break
            self._add(self._record(line, number))
            end += len(line)

    def _compare(self, first, expected):
        try:
            header = json.loads(first)
            stored = header["fingerprint"] if header["kind"] == _KIND else None
        except (ValueError, TypeError, KeyError):
            stored = None
        if not isinstance(stored, dict):
            raise ValueError(f"{self.path} is no checkpoint of this version of skib, and is left alone; {_REMEDY}")
        names = [name for name in stored | expected if _line(stored.get(name)) != _line(expected.get(name))]
        if names:
            differences = "; ".join(_difference(name, stored.get(name), expected.get(name)) for name in names)
            raise ValueError(f"checkpoint {self.path} belongs to another run: {differences}; {_REMEDY}")

    def _record(self, line, number):
        try:
            record = json.loads(line)
            return {"epoch": record["epoch"], "layer": record["layer"], "rows": list(record["rows"])}
        except (ValueError, TypeError, KeyError):
            raise ValueError(f"checkpoint {self.path} is damaged in line {number}; delete that line") from None


def _key(status):
    """Return what identifies an open file; a child of a fork has opened none."""
    return os.getpid(), status.st_dev, status.st_ino


def _line(record):
    """Return one line of JSON; Python writes the shortest digits from which a float is read back with the same bits."""
    return json.dumps(record, default=_builtin, sort_keys=True).encode() + b"\n"


def _builtin(value):
    """Convert a numpy scalar or array to what JSON can hold."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"a checkpoint holds numbers, text and lists of them, got {value!r} of type {type(value).__name__}")


class MemoryStore:
    """Finished cells of a run without a checkpoint, with the interface of :class:`Checkpoint`."""

    def __init__(self):
        self.finished = {}

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def append(self, epoch, layer, rows):
        """Store the rows of one cell."""
        self.finished[epoch, layer] = rows


def _difference(name, was, now):
    """Return how two values of a fingerprint differ, without the digests beside texts that differ themselves."""
    texts = _without_digests(was), _without_digests(now)
    if texts[0] == texts[1]:
        texts = was, now
    return f"{name} was {texts[0]!r} and is now {texts[1]!r}"


def _without_digests(value):
    """Return the text of an estimator that stands before digests of its parameters and data; else the value itself."""
    while isinstance(value, list) and len(value) > 1 and all(map(_is_digest, value[1:])):
        value = value[0]
    return value


def _is_digest(value):
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None
