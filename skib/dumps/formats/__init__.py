"""The file formats of dumps: a module per format, which maps the names in a file to its arrays."""

from skib.dumps.formats._headers import Header, blame, check_header
from skib.dumps.formats._npy import NpyFile
from skib.dumps.formats._registry import ARRAYS, CONTAINERS, LONE, pick
from skib.dumps.formats._shards import join, shard_number

__all__ = ["ARRAYS", "CONTAINERS", "LONE", "Header", "NpyFile", "blame", "check_header", "join", "pick", "shard_number"]
