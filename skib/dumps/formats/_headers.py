"""Array headers, read and checked before any array is: what a file declares must be what it stores.

The source of a dump may be untrusted. A header is parsed from its first 10 kB, by numpy, without any pickle; a file
that declares more than it contains, or more than the reader allows, is refused before that size is allocated.
"""

import math
import threading
from contextlib import contextmanager
from io import BytesIO
from typing import NamedTuple

import numpy as np
from numpy.lib import format as npy_format

MAX_DIMENSIONS = 32
_REQUIRED = "save real numbers, or strings for y, ids and groups (array.astype(str))"
_MAX_HEADER = 10_000  # bytes, numpy's own limit; checked here first because numpy checks after reading
_PARSERS = {(1, 0): npy_format.read_array_header_1_0, (2, 0): npy_format.read_array_header_2_0}
# Python 3.11 counts the depth of literals once for all threads: of several that parse, one may fail (gh-106905).
_parser = threading.Lock()


class Header(NamedTuple):
    """Shape and type of a stored array; its values start `offset` bytes into the file."""

    shape: tuple[int, ...]
    dtype: np.dtype
    fortran_order: bool = False
    offset: int = 0

    @property
    def nbytes(self):
        """Size of the values in bytes, in integers that cannot overflow."""
        return math.prod(self.shape) * self.dtype.itemsize


class ScalarError(ValueError):
    """An array without an axis: a loss or an epoch's number beside the layers, which readers pass over."""


class ValueTypeError(ValueError):
    """An array of another type than numbers and text of one width: an error if it is a layer, y, X or ids."""


@contextmanager
def errors_at(where):
    """Turn any error that a damaged file causes in a reader into a ValueError that names the file."""
    try:
        yield
    except (MemoryError, ImportError):
        raise
    except (ScalarError, ValueTypeError) as error:
        raise type(error)(f"{where}: {error}") from error
    except Exception as error:
        raise ValueError(f"{where}: {str(error) or type(error).__name__}") from error


def read_header(stream, stored_bytes, max_bytes=math.inf, *, may_be_empty=False):
    """Read the .npy header at the start of `stream`, whose whole length is `stored_bytes`, and check it.

    Raises
    ------
    ValueError
        If the header is damaged, fails `check_header`, declares another size than is stored, or exceeds `max_bytes`.
    """
    header = _parse(BytesIO(stream.read(_MAX_HEADER + 12)))
    check_header(header, may_be_empty=may_be_empty)
    check_size(header, max_bytes)
    if header.offset + header.nbytes != stored_bytes:
        raise ValueError(
            f"shape {header.shape} of {header.dtype} needs {header.offset + header.nbytes} bytes but {stored_bytes} "
            "are stored; the file is truncated or damaged, write it again"
        )
    return header


def check_header(header, *, may_be_empty=False):
    """Raise if an array is no table of numbers or labels: objects, records, complex, 0-d, empty, negative sizes."""
    if header.shape == ():
        raise ScalarError("shape () has no valid sample axis; save arrays of shape (n_samples, n_units)")
    if header.dtype.kind not in "biufUS":
        hint = " (pickled objects can run code)" if header.dtype.hasobject else lost_type(header.dtype)
        raise ValueTypeError(f"dtype {header.dtype} is refused{hint}; {_REQUIRED}")
    if not 0 < len(header.shape) <= MAX_DIMENSIONS or any(size < 0 for size in header.shape):
        raise ValueError(f"shape {header.shape} has no valid sample axis; save arrays of shape (n_samples, n_units)")
    if header.nbytes == 0 and not may_be_empty:
        raise ValueError(f"shape {header.shape} of {header.dtype} contains no values")


def lost_type(dtype):
    """Return in parentheses what one or two bytes without a type may be; "" for other types."""
    if dtype.kind == "V" and dtype.names is None and dtype.itemsize <= 2:
        return " (numpy and h5py write bfloat16 and float8 so, without their type: save array.astype('float32'))"
    return ""


def check_size(header, max_bytes):
    """Raise if an array is larger than the reader allows."""
    if header.nbytes > max_bytes:
        raise ValueError(
            f"shape {header.shape} of {header.dtype} takes {header.nbytes} bytes, above the limit of {max_bytes}; "
            "if you trust the file, raise max_bytes"
        )


def _parse(head):
    try:
        version = npy_format.read_magic(head)
        with _parser:
            shape, fortran_order, dtype = _PARSERS[version](head, max_header_size=_MAX_HEADER)
    # The literal parser raises many errors on hostile text (SyntaxError, RecursionError, MemoryError, TypeError ...).
    except Exception as error:
        raise ValueError("no valid .npy header; save the array with numpy.save or numpy.savez") from error
    return Header(shape, dtype, fortran_order, head.tell())
