"""The layouts of a dump: folders, files and mappings, each read as a list of arrays with their epochs and names.

The file formats are in `skib.dumps.formats`; `skib.dumps._catalogue` makes a dump of the list.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from skib.dumps._folders import folder_members, is_empty, layer_cells, warn_of_empty
from skib.dumps._memory import wrap
from skib.dumps._naming import LABELS, PER_SAMPLE, epoch_number, epoch_numbers, key_epoch, split_key, split_keys
from skib.dumps._nearest import has_epochs, runs_in
from skib.dumps._paths import check_inside
from skib.dumps.formats import (
    CONTAINER_FORMATS,
    LeftOut,
    NpyFile,
    Refused,
    ScalarError,
    ValueTypeError,
    errors_at,
    format_of_file,
    pick_format,
    shard_number,
    shard_total,
)

LAYOUTS = (
    "supported layouts are a folder with epoch_00010/<layer>.npy (or .pt), whole or in parts (<layer>_00000.npy, "
    "<layer>/part-0.npy, part-0.npz); a folder with <layer>/epoch_00010.npy (or .pt); a folder with epoch_00010.npz, "
    "whose keys are layers; a file run.npz, whose keys are epoch_00010/<layer>; a file or folder of layers alone, "
    "which is one epoch; and a mapping {10: {layer: array}} in memory. The name of an epoch is epoch, ep, step, iter "
    "or ckpt and its number. Instead of .npz, files may be .safetensors, .pt, .pth, .h5, .hdf5, .nc, .mat (7.3), "
    ".zarr, .parquet, .arrow or .feather; one file may be a .zarr.zip"
)
MAX_META = 2**20  # bytes


class Entry(NamedTuple):
    """One array: layer `name` of an epoch, or an array of all epochs (y, X or ids), which has no epoch."""

    epoch: int | None
    spelling: Any
    name: str
    stored: Any


class Contents(NamedTuple):
    """Contents of a source: its place, its layout, the arrays, the metadata, and every name in it (for errors).

    Names in `left_out` have the reason why the array is none of the dump.
    """

    source: str
    layout: str
    entries: list[Entry]
    meta: dict
    names: list[str]
    left_out: Mapping[str, str] = MappingProxyType({})


def read_folder(root, max_bytes):
    """Read one folder or one file per epoch, with y.npy, X.npy, ids.npy and meta.json in the same folder."""
    paths = sorted(root.iterdir())
    entries = []
    for path in paths:
        if path.suffix == ".npy" and path.stem in PER_SAMPLE:
            check_inside(path, root)
            entries.append(Entry(None, None, path.stem, NpyFile.peek(path, max_bytes)))
        elif path.suffix == ".npy" and path.stem in LABELS:
            check_inside(path, root)
            with suppress(ScalarError, ValueTypeError):  # names of classes, for instance
                entries.append(Entry(None, None, path.stem, NpyFile.peek(path, max_bytes)))
    epochs = _epochs(paths)
    layout, of_epochs = (_by_epoch if epochs else _by_layer)(root, paths, epochs, max_bytes)
    left_out = {entry.name: entry.stored.reason for entry in of_epochs if isinstance(entry.stored, LeftOut)}
    entries += [entry for entry in of_epochs if not isinstance(entry.stored, LeftOut)]
    meta = _read_meta(root / "meta.json", root) if root / "meta.json" in paths else {}
    names = meta.get("file_names", {})  # of layers whose names are no names of files; see convert
    if not isinstance(names, dict) or not all(isinstance(name, str) for name in names.values()):
        raise ValueError(f"{root / 'meta.json'}: 'file_names' must map names of files to names of layers")
    entries = [entry._replace(name=names.get(entry.name, entry.name)) for entry in entries]
    return Contents(str(root), layout, entries, meta, [path.name for path in paths], left_out)


def _by_epoch(root, paths, epochs, max_bytes):
    """Return the layout and the entries of a folder or a file per epoch."""
    paths = [path for path in paths if path in epochs]
    usual = [path for path in paths if path.suffix == ".npz" or path.suffix not in CONTAINER_FORMATS]
    entries, picked = [], usual or pick_format(paths, (), root)
    last = max(map(epochs.get, picked), default=None)
    for path in picked:
        check_inside(path, root)
        members = _members(path, max_bytes, is_last=epochs[path] == last)
        entries += [Entry(epochs[path], path.name, name, stored) for name, stored in members.items()]
    return " and ".join(f"{kind} per epoch" for kind in sorted({_kind(path) for path in picked})), entries


def _by_layer(root, paths, _, max_bytes):
    """Return the layout and the entries of a folder per layer or else, of files of layers, those of epoch 0."""
    entries = []
    for folder in paths:
        if folder.is_dir() and folder.suffix not in CONTAINER_FORMATS:
            check_inside(folder, root)
            entries += [Entry(*cell) for cell in layer_cells(folder, root, max_bytes)]
    if entries:
        return "a folder of files per layer", entries
    members = {} if runs_in(root) else folder_members(root, max_bytes, root=root)
    if any(split_key(name)[1] is not None for name in members):
        members = {}  # a file of a run, which the error that follows names
    entries = [Entry(0, None, name, stored) for name, stored in members.items() if name not in (*PER_SAMPLE, *LABELS)]
    return "a folder of one epoch", entries


def _members(path, max_bytes, *, is_last):
    """Map the names in the folder or file of an epoch to arrays; files of the last one may be empty."""
    if path.suffix not in CONTAINER_FORMATS:
        return folder_members(path, max_bytes, is_last=is_last)
    if is_last and is_empty(path):
        warn_of_empty([path])
        return {}
    return CONTAINER_FORMATS[path.suffix](path, max_bytes)


def _kind(path):
    """Describe the file or folder of an epoch."""
    if path.suffix not in CONTAINER_FORMATS:
        return "a folder of files"
    return f"a {path.suffix} {'store' if path.is_dir() else 'file'}"


def _epochs(paths):
    """Map the folders and the files of a supported format whose names spell epochs to their epochs."""
    names = {path: path.stem for path in paths if path.suffix in CONTAINER_FORMATS}
    names |= {path: path.name for path in paths if path.is_dir() and path not in names}
    # A folder 3 with epochs of its own is the third run.
    names = {path: name for path, name in names.items() if not (name.isdigit() and path.is_dir() and has_epochs(path))}
    for path, name in names.items():
        epoch = epoch_number(shard_number(name)[0]) if shard_total(name) else None
        if epoch is not None:
            raise ValueError(f"{path} is a shard of an epoch; move its shards into a folder epoch_{epoch}")
    numbers = epoch_numbers(list(names.values()))
    return {path: numbers[name] for path, name in names.items() if name in numbers}


def read_file(path, max_bytes):
    """Read one file with keys ``epoch/layer``, split at the first slash, and keys y, X and ids."""
    read = format_of_file(path)
    if read is None:
        raise ValueError(f"{path} is no dump: {LAYOUTS}")
    found = read(path, max_bytes)
    members = {key: stored for key, stored in found.items() if not isinstance(stored, LeftOut)}
    cells = split_keys(members)
    kind = f"one {path.suffix} {'store' if path.is_dir() else 'file'}"
    if all(epoch is None for _, epoch, _ in cells.values()):
        refused = {key: stored for key, stored in found.items() if isinstance(stored, Refused)}
        return Contents(
            str(path), f"{kind} of one epoch", _one_epoch(path, members), {}, list(found), _left_out(refused)
        )
    entries = []
    for key, (spelling, epoch, layer) in cells.items():
        if epoch is None and "/" in key:
            raise ValueError(f"{members[key].where}: the key names no epoch and layer; {LAYOUTS}")
        entries.append(Entry(epoch, spelling, layer, members[key]))
    unread = {key: stored for key, stored in found.items() if key not in cells or cells[key][1] is None}
    return Contents(str(path), f"{kind} with keys epoch/layer", entries, {}, list(found), _left_out(unread))


def _left_out(members):
    """Map the names of what is neither a layer nor y, X or ids to the reason."""
    return {
        key: getattr(stored, "reason", "of no epoch").removeprefix(f"{stored.where}: ")
        for key, stored in members.items()
        if key not in (*PER_SAMPLE, *LABELS)
    }


def _one_epoch(path, members):
    """List the arrays of a file without epochs: those of the epoch in its name, or else of epoch 0."""
    epoch = epoch_numbers([path.stem]).get(path.stem, 0)
    for key, stored in members.items():
        if key and {"", ".", ".."}.intersection(key.split("/")):
            raise ValueError(f"{stored.where}: the key names no epoch and layer; {LAYOUTS}")
    return [
        Entry(None if key in (*PER_SAMPLE, *LABELS) else epoch, None, key or path.stem, stored)
        for key, stored in members.items()
        if not isinstance(stored, Refused)
    ]


def read_mapping(mapping):
    """Read ``{epoch: {layer: array}}``, with keys y, X, ids and meta at the level of the epochs."""
    entries = []
    for key, value in mapping.items():
        epoch = key_epoch(key) if isinstance(key, str) else epoch_number(key)
        if key in (*PER_SAMPLE, *LABELS):
            entries.append(Entry(None, None, key, wrap(value, f"source[{key!r}]")))
        elif epoch is not None and isinstance(value, Mapping):
            for layer, array in value.items():
                with suppress(ScalarError):
                    entries.append(Entry(epoch, key, str(layer), wrap(array, f"source[{key!r}][{layer!r}]")))
        elif not (key == "meta" and isinstance(value, Mapping)):
            raise ValueError(f"source[{key!r}] is no epoch with a mapping of layers, nor y, X, ids or meta; {LAYOUTS}")
    names = [str(key) for key in mapping]
    return Contents("memory", "a mapping in memory", entries, dict(mapping.get("meta", {})), names)


def read_source(source, max_bytes):
    """List the arrays of a path or a mapping."""
    if isinstance(source, Mapping):
        return read_mapping(source)
    # Absolute, for a worker process that is started in another folder.
    path = Path(source).absolute()
    if not path.exists():
        raise FileNotFoundError(f"no dump at {path}")
    if path.is_dir() and path.suffix not in CONTAINER_FORMATS:
        return read_folder(path, max_bytes)
    # The path itself comes from the user and may be a link; links inside a dump are checked.
    check_inside(path, path.resolve().parent)
    return read_file(path, max_bytes)


def _read_meta(path, root):
    check_inside(path, root)
    with open(path, encoding="utf-8") as stream, errors_at(path):
        text = stream.read(MAX_META + 1)
        if len(text) > MAX_META:
            raise ValueError(f"longer than {MAX_META} characters")
        meta = json.loads(text)
        if not isinstance(meta, dict):
            raise ValueError(f"expected a JSON object, got {type(meta).__name__}")
    return meta
