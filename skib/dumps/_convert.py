"""Any dump as the canonical folder of .npy files."""

import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.lib import format as npy_format
from scipy.sparse import save_npz

from skib._typing import AnyPath
from skib.dumps._dump import Dump, open_dump
from skib.dumps._layouts import MAX_META
from skib.dumps._reduce import Reduction
from skib.dumps.formats import shard_number


def convert(
    source: AnyPath | Mapping[Any, Any] | Dump,
    target: AnyPath,
    *,
    reduce: Reduction = None,
    max_bytes: float = 8 * 2**30,
) -> Path:
    """Write a dump as a folder of ``epoch_00010/<layer>.npy``, the layout that is read the fastest and by any program.

    Sparse layers stay so, in files ``<layer>.npz`` of :func:`scipy.sparse.save_npz`.

    Parameters
    ----------
    source : path, mapping or Dump
        Source of `open_dump`.
    target : path
        The folder to create. It must not exist.
    reduce : {"flatten", "gap", "mean_tokens", "last_token"} or dict, default=None
        How layers above two dimensions become tables, as in `open_dump`. With None they are written unchanged, and a
        `reduce` can still be passed when the folder is opened.
    max_bytes : int, default=8 GiB
        Largest size of one array in a file, as in `open_dump`.

    Returns
    -------
    folder : pathlib.Path
        The folder, as an absolute path.

    Raises
    ------
    FileExistsError
        If `target` exists.
    ValueError
        If `open_dump` raises one, or if the `meta` of the source cannot be written as JSON.

    Notes
    -----
    Arrays are copied in blocks of rows of about 16 MiB, so that memory is bounded for all formats that can be read in
    part; a member of a .npz file is read whole, and so is a sparse layer, without its zeros. The folder appears under
    its name when all of it is written, or not at all.

    The folder contains all of the dump: every value with its dtype (half precision of .pt and .safetensors as float32,
    which is exact), y, X, ids, the metadata, and the names and order of the layers. Names that are no file names are
    listed in ``meta.json``.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from skib.dumps import convert, open_dump
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = convert({3: {"block/conv": np.ones((4, 2))}, "ids": range(4)}, Path(folder) / "run")
    ...     open_dump(path)[3, "block/conv"].shape  # as in the source
    (4, 2)
    """
    target = Path(target).absolute()
    if os.path.lexists(target):
        raise FileExistsError(f"{target} exists; name a new folder, nothing is overwritten")
    dump = open_dump(source, reduce=reduce, max_bytes=max_bytes)
    stems = _stems(dump.layers)
    meta = _meta(dump, stems)
    partial = target.with_name(f".{target.name}.{uuid4().hex}")
    partial.mkdir(parents=True)
    try:
        _write(dump, stems, meta, partial)
        os.rename(partial, target)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return target


def _write(dump, stems, meta, folder):
    (folder / "meta.json").write_text(meta, encoding="utf-8")
    for epoch, name, stored in dump.stored():
        stem = folder / (name if epoch is None else f"epoch_{epoch:05d}/{stems[name]}")
        stem.parent.mkdir(exist_ok=True)
        if stored.is_sparse and epoch is not None:
            _write_sparse(stored, stem.with_name(f"{stem.name}.npz"))
        else:
            _write_npy(stored, stem.with_name(f"{stem.name}.npy"))


def _write_sparse(stored, path):
    with open(path, "wb") as stream:
        save_npz(stream, stored.load(), compressed=False)
        stream.flush()
        os.fsync(stream.fileno())


def _write_npy(stored, path):
    shape, dtype, *_ = stored.header
    with open(path, "wb") as stream:
        description = {"descr": npy_format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
        npy_format.write_array_header_1_0(stream, description)
        n_rows = 0
        for block in stored.blocks():
            np.ascontiguousarray(block, dtype).tofile(stream)
            n_rows += len(block)
        if n_rows != shape[0]:
            raise ValueError(f"{stored.where}: {n_rows} rows were read of {shape[0]}; open the dump again")
        stream.flush()
        os.fsync(stream.fileno())  # the source may be deleted next


def _meta(dump, stems):
    renamed = {stem: layer for layer, stem in stems.items() if stem != layer}
    meta = {**dump.meta, "layers": list(dump.layers)}
    meta.pop("file_names", None)
    try:
        text = json.dumps(meta | ({"file_names": renamed} if renamed else {}), indent=1)
    except (TypeError, ValueError) as error:
        raise ValueError(f"the meta of {dump!r} cannot be written as JSON: {error}; pass plain values") from error
    if len(text) > MAX_META:
        raise ValueError(f"the meta of {dump!r} takes {len(text)} characters, above the limit of {MAX_META}")
    return text


def _stems(layers):
    """Map layers to stems of files: their own names, if these are valid on every system and no names of parts."""
    stems, taken = {}, set()
    for layer in layers:
        if _is_file_name(layer) and layer.casefold() not in taken:
            stems[layer] = layer
            taken.add(layer.casefold())
    for i, layer in enumerate(layers):
        if layer not in stems:
            stem = f"{re.sub('[^A-Za-z0-9]+', '.', layer)[:40].strip('.')}-{i}"
            while stem.casefold() in taken:
                stem += "-"
            stems[layer] = stem
            taken.add(stem.casefold())
    return stems


def _is_file_name(layer):
    is_plain = re.fullmatch(r"[\w(][\w ().,+=@-]*", layer) and not layer.endswith((" ", "."))
    return bool(is_plain) and len(os.fsencode(layer)) <= 200 and shard_number(layer)[1] is None
