"""The checkpoint of a long run: a file that only grows, a line per finished cell, whole even after kill -9."""

import json
import os
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: two runs on one file are not noticed
    fcntl = None

_KIND = "skib checkpoint 1"
_REMEDY = "pass another path, or delete the file to start again"


class Checkpoint:
    """Finished cells of an information plane, kept in a file of JSON lines.

    The first line holds the fingerprint of the run, every further one the rows of a cell, written and synchronised with
    the disk before :meth:`append` returns. Floats come back with the same bits (NaN and the infinities included: the
    lines are JSON as Python and pandas read it). A last line that is torn, because the run was killed while it wrote,
    is cut off when the file is opened again.

    Parameters
    ----------
    path : str or path
        The file; made if there is none.
    fingerprint : dict
        Everything that the results depend on, as JSON values: parameters, seed, identity of the data.

    Attributes
    ----------
    finished : dict
        {(epoch, layer): rows} of all cells in the file. Rows just appended have passed through JSON, too, so that
        they do not differ, not even in type, from those of a resumed run.

    Raises
    ------
    ValueError
        If the file is no checkpoint, is damaged in the middle, or has another fingerprint: which entries differ.
    RuntimeError
        If another process writes to it.
    """

    def __init__(self, path, fingerprint):
        self.path = Path(path)
        self.finished = {}
        self._file = open(self.path, "a+b")
        try:
            self._lock()
            self._read(fingerprint)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def close(self):
        """Close the file, which lets another run open it."""
        self._file.close()

    def append(self, epoch, layer, rows):
        """Write the rows (a list of dicts) of one cell; on return they are on the disk."""
        self._keep(self._write({"epoch": epoch, "layer": layer, "rows": rows}))

    def _write(self, record):
        line = _line(record)
        self._file.write(line)
        self._file.flush()
        os.fsync(self._file.fileno())
        return json.loads(line)

    def _keep(self, record):
        self.finished[record["epoch"], record["layer"]] = record["rows"]

    def _lock(self):
        # Of the process, not of the open file: worker processes that outlive a killed run do not inherit it.
        if fcntl is None:
            return
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            raise RuntimeError(f"checkpoint {self.path} is being written by another run; pass another path") from None
        except OSError:  # a file system without locks
            pass

    def _read(self, fingerprint):
        header = {"kind": _KIND, "fingerprint": fingerprint}
        self._file.seek(0)
        first = self._file.readline()
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
            self._keep(self._record(line, number))
            end += len(line)

    def _compare(self, first, expected):
        try:
            header = json.loads(first)
            known = header["fingerprint"] if header["kind"] == _KIND else None
        except (ValueError, TypeError, KeyError):
            known = None
        if not isinstance(known, dict):
            raise ValueError(f"{self.path} is no checkpoint of this version of skib, and is left alone; {_REMEDY}")
        names = [name for name in known | expected if _line(known.get(name)) != _line(expected.get(name))]
        if names:
            differences = "; ".join(f"{n} was {known.get(n)!r} and is now {expected.get(n)!r}" for n in names)
            raise ValueError(f"checkpoint {self.path} belongs to another run: {differences}; {_REMEDY}")

    def _record(self, line, number):
        try:
            record = json.loads(line)
            return {"epoch": record["epoch"], "layer": record["layer"], "rows": list(record["rows"])}
        except (ValueError, TypeError, KeyError):
            raise ValueError(f"checkpoint {self.path} is damaged in line {number}; delete that line") from None


def _line(record):
    """One line of JSON; Python writes the shortest digits that give a float back bit by bit."""
    return json.dumps(record, default=_builtin, sort_keys=True).encode() + b"\n"


def _builtin(value):
    """What JSON can write of a numpy scalar or array."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"a checkpoint holds numbers, text and lists of them, got {value!r} of type {type(value).__name__}")


class Kept:
    """The rows of finished cells, in memory: what a run has that keeps no checkpoint."""

    def __init__(self):
        self.finished = {}

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def append(self, epoch, layer, rows):
        """Keep the rows of one cell."""
        self.finished[epoch, layer] = rows
