"""The layouts of a dump: folders, files and mappings, each read as a list of arrays with their epochs and names.

The file formats are in `skib.dumps.formats`; `skib.dumps._catalogue` makes a dump of the list.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from skib.dumps._folders import folder_members, is_empty, warn_of_empty
from skib.dumps._memory import wrap
from skib.dumps._naming import LABELS, PER_SAMPLE, epoch_number
from skib.dumps._paths import check_inside
from skib.dumps.formats import CONTAINER_FORMATS, NpyFile, ScalarError, ValueTypeError, errors_at, pick_format

LAYOUTS = """supported layouts are
  a folder with epoch_00010/<layer>.npy (or .pt), or with parts <layer>_00000.npy, <layer>/part-0.npy, part-0.npz
  a folder with epoch_00010.npz, whose keys are layers
  a file run.npz, whose keys are epoch_00010/<layer>
  a mapping {10: {layer: array}} in memory
where the name of an epoch is epoch, ep, step, iter or ckpt, then its number; instead of .npz also .safetensors, .pt,
.pth, .h5, .hdf5, .zarr, .parquet, .arrow and .feather"""
MAX_META = 2**20  # bytes


class Entry(NamedTuple):
    """One array: layer `name` of an epoch, or an array of all epochs (y, X or ids), which has no epoch."""

    epoch: int | None
    spelling: Any
    name: str
    stored: Any


class Contents(NamedTuple):
    """Contents of a source: its place, its layout, the arrays, the metadata, and every name in it (for errors)."""

    source: str
    layout: str
    entries: list[Entry]
    meta: dict
    names: list[str]


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
    of_epochs = pick_format([path for path in paths if _epoch(path) is not None], ("", ".npz"), root)
    last = max(map(_epoch, of_epochs), default=None)
    for path in of_epochs:
        check_inside(path, root)
        members = _members(path, max_bytes, is_last=_epoch(path) == last)
        entries += [Entry(_epoch(path), path.name, name, stored) for name, stored in members.items()]
    meta = _read_meta(root / "meta.json", root) if root / "meta.json" in paths else {}
    names = meta.get("file_names", {})  # of layers whose names are no names of files; see convert
    if not isinstance(names, dict) or not all(isinstance(name, str) for name in names.values()):
        raise ValueError(f"{root / 'meta.json'}: 'file_names' must map names of files to names of layers")
    entries = [entry._replace(name=names.get(entry.name, entry.name)) for entry in entries]
    layout = " and ".join(f"{kind} per epoch" for kind in sorted({_kind(path) for path in of_epochs}))
    return Contents(str(root), layout, entries, meta, [path.name for path in paths])


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


def _epoch(path):
    """Return the epoch of a folder or of a file of a supported format, or None."""
    if path.suffix in CONTAINER_FORMATS:
        return epoch_number(path.stem)
    return epoch_number(path.name) if path.is_dir() else None


def read_file(path, max_bytes):
    """Read one file with keys ``epoch/layer``, split at the first slash, and keys y, X and ids."""
    if path.suffix not in CONTAINER_FORMATS:
        raise ValueError(f"{path} is no dump: {LAYOUTS}")
    entries = []
    members = CONTAINER_FORMATS[path.suffix](path, max_bytes)
    for key, stored in members.items():
        spelling, slash, layer = key.partition("/")
        if not slash:
            entries.append(Entry(None, None, key, stored))
        elif layer and (epoch := _key_epoch(spelling)) is not None:
            entries.append(Entry(epoch, spelling, layer, stored))
        else:
            raise ValueError(f"{stored.where}: the key names no epoch and layer; {LAYOUTS}")
    layout = f"one {path.suffix} {'store' if path.is_dir() else 'file'} with keys epoch/layer"
    return Contents(str(path), layout, entries, {}, list(members))


def _key_epoch(spelling):
    # Keys may be bare numbers: HDF5 groups, the integers of a torch dict or of JSON.
    bare = spelling.isascii() and spelling.isdigit() and len(spelling) <= 18
    return epoch_number(int(spelling) if bare else spelling)


def read_mapping(mapping):
    """Read ``{epoch: {layer: array}}``, with keys y, X, ids and meta at the level of the epochs."""
    entries = []
    for key, value in mapping.items():
        epoch = _key_epoch(key) if isinstance(key, str) else epoch_number(key)
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
