"""A .safetensors file: eight bytes of length, a JSON header of that length, then the tensors end to end."""

import json
import math
import os
from contextlib import suppress
from itertools import pairwise

from skib.dumps.formats._headers import ScalarError, errors_at
from skib.dumps.formats._raw import BFLOAT16, RawArray, are_sizes

MAX_HEADER = 2**20  # bytes; about 9000 tensors
_KINDS = {
    "BOOL": "?",
    "BF16": BFLOAT16,
    "F8_E4M3": "float8_e4m3fn",
    "F8_E5M2": "float8_e5m2",
    **{f"{name}{8 * size}": f"{kind}{size}" for name, kind in (("I", "i"), ("U", "u")) for size in (1, 2, 4, 8)},
    **{f"F{8 * size}": f"f{size}" for size in (2, 4, 8)},
}


def safetensors_members(path, max_bytes):
    """Map the names of the tensors to their places in the file; scalars are ignored."""
    members = {}
    with open(path, "rb") as stream:
        with errors_at(path):
            start, header, layers = _read_header(stream)
            _check_ranges(header, os.fstat(stream.fileno()).st_size - start)
        for name in dict.fromkeys([*(name for name in layers if name in header), *header]):
            with suppress(ScalarError):
                members[name] = _place(stream, name, header[name], start, max_bytes, ordered=bool(layers))
    return members


def _read_header(stream):
    length = int.from_bytes(stream.read(8), "little")
    if not 2 <= length <= MAX_HEADER:
        raise ValueError(
            f"a header of {length} bytes, required are 2 to {MAX_HEADER}; the file is damaged or no .safetensors, or "
            "holds too many tensors: write a file per epoch"
        )
    text = stream.read(length)
    if len(text) < length or not text.startswith(b"{"):
        raise ValueError("the header is cut off or no JSON object; the file is damaged, write it again")
    # A tensor has three brackets and fifty characters; millions of empty lists would take a second and 50 MB to parse.
    if text.count(b"[") + text.count(b"{") > 10 + length // 10:
        raise ValueError("no header of tensors: too many brackets for its length; the file is damaged")
    header = json.loads(text.decode(), object_pairs_hook=_unique, parse_constant=_refuse, parse_float=_refuse)
    return 8 + length, header, _listed(header.pop("__metadata__", None))


def _listed(metadata):
    """Return the names that the metadata list as "layers", in JSON: they are all text."""
    text = metadata.get("layers", "") if isinstance(metadata, dict) else ""
    if not (isinstance(text, str) and text.startswith("[")):
        return []
    names = json.loads(text)
    return names if all(isinstance(name, str) for name in names) else []


def _unique(pairs):
    unique = dict(pairs)
    if len(unique) < len(pairs):
        raise ValueError("a name occurs twice in the header")
    return unique


def _refuse(number):
    raise ValueError(f"{number[:20]} occurs in the header, which may contain integers only")


def _check_ranges(header, n_bytes):
    """Check that the tensors fill the file without holes and overlaps, as the format requires."""
    for name, entry in header.items():
        if not isinstance(entry, dict) or not entry.keys() >= {"dtype", "shape", "data_offsets"}:
            raise ValueError(f"{name!r} has no dtype, shape and data_offsets")
        if not (are_sizes(entry["shape"]) and are_sizes(entry["data_offsets"]) and len(entry["data_offsets"]) == 2):
            raise ValueError(f"{name!r}: shape and data_offsets must be lists of non-negative integers")
    ranges = sorted(tuple(entry["data_offsets"]) for entry in header.values())
    if any(second[0] != first[1] for first, second in pairwise([(0, 0), *ranges, (n_bytes, n_bytes)])):
        raise ValueError(
            f"the data_offsets overlap, leave holes or do not end with the {n_bytes} bytes that are stored; the file "
            "is truncated or damaged, write it again"
        )


# Writers sort tensors by dtype and name, so the order in the file is not that of the layers,
# unless the metadata list them.
def _place(stream, name, entry, start, max_bytes, *, ordered):
    with errors_at(f"{stream.name}[{name!r}]"):
        if entry["dtype"] not in _KINDS:
            raise ValueError(f"dtype {entry['dtype']!r} is refused, required is one of {', '.join(_KINDS)}")
        begin, end = entry["data_offsets"]
        kind, shape = _KINDS[entry["dtype"]], entry["shape"]
        array = RawArray.place(stream, name, kind, shape, start + begin, max_bytes, ordered=ordered)
        if math.prod(shape) * array.dtype.itemsize != end - begin:
            raise ValueError(f"shape {array.header.shape} of {entry['dtype']} does not take {end - begin} bytes")
    return array
