"""One array in several parts, as a network that is run batch by batch writes it, joined along the samples."""

import re
from dataclasses import dataclass

import numpy as np

from skib.dumps.formats._headers import Header, check_size, errors_at
from skib.dumps.formats._sparse import SparseShards
from skib.dumps.formats._stored import Stored

# Five digits, so that the layers conv_1 and conv_2 stay two layers.
_SHARD = re.compile(r"(?:(?P<layer>.+)_(?P<number>\d{5,18})|part[-_]?(?P<part>\d{1,18}))", re.ASCII)
# The shards of a set whose size is in every name, as acts-00001-of-00002.
_OF = re.compile(r"(?P<layer>.+)-(?P<number>\d{5})-of-(?P<total>\d{5})", re.ASCII)


@dataclass(frozen=True)
class Shards(Stored):
    """Arrays that differ in their number of rows alone."""

    where: str
    header: Header
    parts: tuple[Stored, ...]
    ordered: bool

    def blocks(self):
        """Yield the blocks of one part after the other."""
        for part in self.parts:
            yield from part.blocks()


def shard_number(stem):
    """Split the stem of a file into layer and number: ``fc1_00002`` is ("fc1", 2), ``part-3`` is ("", 3).

    ``acts-00001-of-00002`` is ("acts", 1), and any other stem is itself and None.
    """
    if match := _OF.fullmatch(stem):
        return match["layer"], int(match["number"])
    match = _SHARD.fullmatch(stem)
    return (match["layer"] or "", int(match["number"] or match["part"])) if match else (stem, None)


def shard_total(stem):
    """Return the 2 of ``acts-00001-of-00002``, or None."""
    match = _OF.fullmatch(stem)
    return int(match["total"]) if match else None


def join_shards(name, numbered, max_bytes):
    """Join the parts ``{number: stored}``, of which none may be missing; the number of a whole array is None."""
    if list(numbered) == [None]:
        return numbered[None]
    if None in numbered:
        raise ValueError(f"{numbered[None].where}: {name!r} is stored both whole and in parts; remove one")
    numbers = sorted(numbered)
    parts = tuple(numbered[number] for number in numbers)
    where = parts[0].where if len(parts) == 1 else f"{parts[0].where} to {parts[-1].where}"
    with errors_at(where):
        first = min(numbers[0], 1)
        missing = [number for number in range(first, first + len(numbers)) if number not in numbered]
        if missing:
            raise ValueError(
                f"part {missing[0]} of {name!r} is missing; write it, or number the parts from 0 without gaps"
            )
        header = _common_header(parts)
        check_size(header, max_bytes)
    if len(parts) == 1:
        return parts[0]
    return (SparseShards if parts[0].is_sparse else Shards)(where, header, parts, parts[0].ordered)


def _common_header(parts):
    first = parts[0].header
    for part in parts:
        if part.header.shape[1:] != first.shape[1:] or part.header.dtype.kind != first.dtype.kind:
            raise ValueError(
                f"{part.where} has shape {part.header.shape} of {part.header.dtype}, but {parts[0].where} has "
                f"{first.shape} of {first.dtype}; the parts of a layer may differ in their number of rows alone"
            )
        if part.is_sparse != parts[0].is_sparse:
            raise ValueError(f"of {part.where} and {parts[0].where} one is sparse; save all parts of a layer alike")
    rows = sum(part.header.shape[0] for part in parts)
    return Header((rows, *first.shape[1:]), np.result_type(*(part.header.dtype for part in parts)))
