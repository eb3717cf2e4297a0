"""An HDF5 file: groups and datasets, ``/10/fc1`` or ``/10/activations/fc1``."""

import math
import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from skib.dumps.formats._extras import import_extra
from skib.dumps.formats._hdf5_order import ordered_names
from skib.dumps.formats._hdf5_text import Hdf5Text, is_text, type_refusal
from skib.dumps.formats._headers import Header, ScalarError, ValueTypeError, check_header, check_size, errors_at
from skib.dumps.formats._stored import Refused, Stored, check_chunks, row_slices
from skib.dumps.formats._tree import tree_names

_MAX_DEPTH = 8
_MAX_ARRAYS = 10_000
# Names of arrays that may hold text.
_MAY_BE_TEXT = ("y", "ids", "label", "labels", "target", "targets")


class _Place(NamedTuple):
    """Where the values of a dataset lie in a file, one after another and as numpy has them in memory."""

    offset: int
    changed: tuple[int, int]  # when the file was last written, and its size, as they were when it was opened


@dataclass(frozen=True)
class Hdf5Array(Stored):
    """One dataset; the file is opened when it is read."""

    path: str
    key: str
    header: Header
    place: _Place | None = None
    whole_rows: bool = False  # in every chunk: they are read where they belong, not into a cache and copied from there
    ordered: bool = False  # names come back sorted, unless the file stores their order

    @property
    def where(self):
        """The file and the dataset, for errors."""
        return f"{self.path}[{self.key!r}]"

    def load(self):
        """Return the whole dataset, read-only."""
        array = self._values_in_place()
        if array is None:
            array = self._values()
        array.flags.writeable = False
        return array

    def _values_in_place(self):
        """Return the values, read from their place in the file; None if they have none or the file has changed."""
        if self.place is None:
            return None
        with errors_at(self.where), open(self.path, "rb") as stream:
            if _last_change(os.fstat(stream.fileno())) != self.place.changed:
                return None
            stream.seek(self.place.offset)
            return np.fromfile(stream, self.header.dtype, math.prod(self.header.shape)).reshape(self.header.shape)

    def _values(self):
        with self._open() as (h5py, dataset):
            if self.header.dtype.kind in "SU":
                array = dataset[()]
            else:
                array = np.empty(*self.header[:2])
                dataset.id.read(h5py.h5s.ALL, h5py.h5s.ALL, array)
        return array

    def blocks(self):
        """Yield blocks of rows, in whole chunks."""
        with self._open() as (_, dataset):
            for rows in row_slices(self.header, dataset.chunks[0] if dataset.chunks else 1):
                yield dataset[rows]

    @contextmanager
    def _open(self):
        h5py = import_extra("h5py", "hdf5")
        with errors_at(self.where), h5py.File(self.path, "r") as file:
            access = h5py.h5p.create(h5py.h5p.DATASET_ACCESS)
            if self.whole_rows:
                access.set_chunk_cache(1, 0, 0.0)
            dataset = h5py.Dataset(h5py.h5d.open(file.id, self.key.encode(), access))
            if (dataset.shape, dataset.dtype) != self.header[:2]:
                raise ValueError("the file changed after the dump was opened; open the dump again")
            yield h5py, dataset


def hdf5_members(path, max_bytes, *, leave_out=None):
    """Map the names of the datasets, without a group ``activations``, to them; scalars and attributes are ignored.

    Of a name and a dataset `leave_out` tells whether it is none of the dump.
    """
    h5py = import_extra("h5py", "hdf5")
    members, changed = {}, _last_change(os.stat(path))
    with errors_at(path), h5py.File(path, "r") as file:
        datasets = _datasets(h5py, file)
        if leave_out is not None:
            datasets = {key: dataset for key, dataset in datasets.items() if not leave_out(key, dataset)}
        for key, name in tree_names(datasets).items():
            if datasets[key].external or datasets[key].is_virtual:
                raise ValueError(f"the values of {key!r} lie in another file; copy them into this one")
            with suppress(ScalarError), errors_at(repr(key)):
                members[name] = _member(h5py, str(path), key, datasets[key], max_bytes, changed)
        arrays = {name: member.key for name, member in members.items() if isinstance(member, Hdf5Array)}
        ordered = {name: replace(members[name], ordered=True) for name in ordered_names(file, arrays)}
    return ordered | {name: member for name, member in members.items() if name not in ordered}


def _last_change(status):
    return status.st_mtime_ns, status.st_size


def _member(h5py, path, key, dataset, max_bytes, changed):
    header = Header(dataset.shape or (), dataset.dtype)
    try:
        check_header(header)
    except ValueTypeError:
        if not is_text(h5py, dataset) or key.rpartition("/")[2] not in _MAY_BE_TEXT:
            where = f"{path}[{key!r}]"
            return Refused(where, f"{where}: {type_refusal(h5py, dataset.dtype)}")
    check_size(header, max_bytes)
    _check_storage(dataset, header)
    if header.dtype.hasobject:
        return Hdf5Text.peek(path, key, dataset, max_bytes)
    whole_rows = dataset.chunks is not None and dataset.chunks[1:] == dataset.shape[1:]
    return Hdf5Array(path, key, header, _place(h5py, dataset, changed), whole_rows)


def _place(h5py, dataset, changed):
    """Return the place of numbers that are stored in one piece, and in a type that numpy has; otherwise None."""
    offset = dataset.id.get_offset()
    as_in_memory = dataset.dtype.kind in "iuf" and dataset.id.get_type() == h5py.h5t.py_create(dataset.dtype)
    return _Place(offset, changed) if offset is not None and as_in_memory else None


def _datasets(h5py, file):
    """Map the paths of the datasets to them, in the order of the file."""
    datasets, seen, waiting = {}, set(), [(0, "", file)]
    while waiting:
        depth, path, item = waiting.pop()
        if isinstance(item, h5py.Dataset):
            datasets[path] = item
            continue
        # A hard link may lead back to a group that contains it.
        if depth > _MAX_DEPTH or item.id in seen or len(datasets) > _MAX_ARRAYS:
            raise ValueError(f"over {_MAX_DEPTH} levels of groups, over {_MAX_ARRAYS} datasets, or a group in itself")
        seen.add(item.id)
        waiting += [(depth + 1, *child) for child in reversed(list(_children(h5py, path, item)))]
    return datasets


def _children(h5py, path, group):
    """Yield the paths and the objects of the groups and datasets in a group."""
    for name in group:
        child = f"{path}/{name}".removeprefix("/")
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise ValueError(f"{child!r} is a link to another place or file; copy the data there instead")
        item = group[name]
        if isinstance(item, h5py.Group | h5py.Dataset):
            yield child, item


def _check_storage(dataset, header):
    """Raise if values were declared and never written."""
    if dataset.chunks is None:
        complete = dataset.id.get_storage_size() >= header.nbytes
    else:
        check_chunks(header, dataset.chunks)
        grid = [math.ceil(size / chunk) for size, chunk in zip(header.shape, dataset.chunks, strict=True)]
        complete = dataset.id.get_num_chunks() >= math.prod(grid)
    if not complete:
        raise ValueError(f"shape {header.shape} is declared but not all of it was written; write it again")
