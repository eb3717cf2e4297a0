"""The file formats of dumps: a module per format, which maps the names in a file to its arrays."""

from skib.dumps.formats._headers import Header, ScalarError, ValueTypeError, check_header, check_size, errors_at
from skib.dumps.formats._incomplete import IncompleteDumpWarning
from skib.dumps.formats._npy import NpyFile
from skib.dumps.formats._npz import is_sparse_npz
from skib.dumps.formats._registry import (
    ARRAY_FORMATS,
    CONTAINER_FORMATS,
    MAY_BE_UNNAMED,
    format_of_file,
    pick_format,
)
from skib.dumps.formats._shards import join_shards, shard_number, shard_total
from skib.dumps.formats._sparse import MemoryMatrix, Sparse, rows_of, sparse_header
from skib.dumps.formats._stored import LeftOut, MemoryArray, Refused, Stored

__all__ = [
    "ARRAY_FORMATS",
    "CONTAINER_FORMATS",
    "MAY_BE_UNNAMED",
    "Header",
    "IncompleteDumpWarning",
    "LeftOut",
    "MemoryArray",
    "MemoryMatrix",
    "NpyFile",
    "Refused",
    "ScalarError",
    "Sparse",
    "Stored",
    "ValueTypeError",
    "check_header",
    "check_size",
    "errors_at",
    "format_of_file",
    "is_sparse_npz",
    "join_shards",
    "pick_format",
    "rows_of",
    "shard_number",
    "shard_total",
    "sparse_header",
]
