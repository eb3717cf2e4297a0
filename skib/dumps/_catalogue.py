"""The cells of a dump from the arrays of its source: their order, and the agreement of their rows and ids."""

from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from skib._warnings import warn
from skib.dumps._codes import with_codes
from skib.dumps._layouts import LAYOUTS
from skib.dumps._naming import PER_SAMPLE, layer_key
from skib.dumps._nearest import nearest_guess
from skib.dumps._targets import AmbiguousTargetWarning, with_targets
from skib.dumps.formats import check_size


class MissingIdsWarning(UserWarning):
    """A dump has no ids, or repeated ones: the order of its rows cannot be checked."""


class NoEpochsError(ValueError):
    """A source holds no epoch with a layer: it is no dump, but may be a folder of them."""


class Catalogue(NamedTuple):
    """The checked contents of a dump: headers and places, no values."""

    source: str
    layout: str
    cells: dict[tuple[int, str], Any]
    layers: tuple[str, ...]
    per_sample: dict[str, Any]
    meta: dict
    left_out: dict[str, str]


def build_catalogue(contents, max_bytes):
    """Sort the arrays by epoch and layer, and check that all of them describe the same rows."""
    # Arrays of all epochs come first, then the epochs in their order.
    entries, doubts = with_targets(with_codes(contents.entries, contents.meta, max_bytes))
    entries = sorted(entries, key=lambda entry: -1 if entry.epoch is None else entry.epoch)
    cells = _cells(entries)
    if not cells:
        names = ", ".join(contents.names[:10]) + (", ..." if len(contents.names) > 10 else "")
        guess = nearest_guess(contents.source, contents.names)
        raise NoEpochsError(
            f"{contents.source} has no epoch with a layer: it contains {names or 'nothing'}{guess}; {LAYOUTS}"
        )
    per_sample = {name: [entry.stored for entry in entries if entry.name == name] for name in PER_SAMPLE}
    _check_rows([*cells.values(), *chain(*per_sample.values())])
    for stored in chain(*per_sample.values()):
        if stored.is_sparse:  # and read as a dense array
            check_size(stored.header, max_bytes)
    _check_kinds([*cells.values(), *per_sample["X"]], per_sample["y"], per_sample["ids"])
    for name in ("ids", "y"):
        if len(per_sample[name]) > 1:
            _check_agreement(name, per_sample[name])
    if per_sample["ids"]:
        _check_ids(per_sample["ids"][0])
    layers = _layer_order(cells, contents.meta)
    for doubt in doubts:  # an error that follows would make them no news
        warn(doubt, AmbiguousTargetWarning)
    rank = {layer: i for i, layer in enumerate(layers)}
    cells = {key: cells[key] for key in sorted(cells, key=lambda key: (key[0], rank[key[1]]))}
    first = {name: copies[0] for name, copies in per_sample.items() if copies}
    return Catalogue(contents.source, contents.layout, cells, layers, first, contents.meta, dict(contents.left_out))


def _cells(entries):
    cells, spellings = {}, {}
    for entry in entries:
        if entry.epoch is None or entry.name in PER_SAMPLE:
            continue
        if spellings.setdefault(entry.epoch, entry.spelling) != entry.spelling:
            raise ValueError(
                f"{spellings[entry.epoch]!r} and {entry.spelling!r} are both epoch {entry.epoch}; "
                f"rename one ({entry.stored.where})"
            )
        if (entry.epoch, entry.name) in cells or not (entry.name and entry.name.isprintable()):
            raise ValueError(f"{entry.stored.where}: layer names must be printable and unique, got {entry.name!r}")
        cells[entry.epoch, entry.name] = entry.stored
    return cells


def _layer_order(cells, meta):
    names = list(dict.fromkeys(layer for _, layer in cells))
    if not all(stored.ordered for stored in cells.values()):
        names.sort(key=layer_key)
    first = meta.get("layers", [])
    if not isinstance(first, (list, tuple)):
        raise ValueError(f"meta: 'layers' must be a list of layer names, got {type(first).__name__}")
    return tuple(dict.fromkeys([name for name in first if name in names] + names))


def _check_rows(arrays):
    first, *others = arrays
    for other in others:
        if other.header.shape[0] != first.header.shape[0]:
            raise ValueError(
                f"{other.where} has {other.header.shape[0]} samples but {first.where} has {first.header.shape[0]}; "
                "every layer, y, X and ids must describe the same samples in the same order"
            )


def _check_kinds(numbers, labels, ids):
    for stored in numbers:
        if stored.header.dtype.kind in "US":
            raise ValueError(f"{stored.where}: dtype {stored.header.dtype} is text; activations and X must be numbers")
    for largest, arrays in ((2, labels), (1, ids)):
        for stored in arrays:
            if len(stored.header.shape) > largest:
                raise ValueError(f"{stored.where}: shape {stored.header.shape} has more than {largest} dimension(s)")


def _check_ids(stored):
    """Raise if ids are missing; warn if they repeat, for equal ids do not tell the rows apart."""
    ids = stored.dense()
    missing = ids != ids
    if missing.any():
        raise ValueError(f"{stored.where}: {missing.sum()} of {len(ids)} ids are NaN; save the samples' numbers")
    n_distinct = len(np.unique(ids))
    if n_distinct < len(ids):
        warn(
            f"{stored.where}: {n_distinct} distinct ids for {len(ids)} rows; the order of rows with equal ids cannot "
            "be checked. Save the samples' numbers as ids",
            MissingIdsWarning,
        )


def _check_agreement(name, copies):
    first = copies[0].dense()
    for other in copies[1:]:
        second = other.dense()
        if first.shape != second.shape:
            raise ValueError(f"{copies[0].where} and {other.where} differ in shape: {first.shape} and {second.shape}")
        differ = np.flatnonzero(np.any((first != second).reshape(len(first), -1), axis=1))
        if len(differ):
            row = differ[0]
            raise ValueError(
                f"{name} disagree: {copies[0].where} and {other.where} differ in {len(differ)} of {len(first)} rows, "
                f"first in row {row} ({first[row]} and {second[row]}); the rows come in different orders, as from a "
                "loader that shuffles: dump with shuffling off, or sort every array by its ids"
            )
