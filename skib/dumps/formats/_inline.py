"""Arrays of NumPy in a .pt file: their values lie in the pickle."""

from skib.dumps.formats._headers import check_header, check_size, errors_at
from skib.dumps.formats._stored import MemoryArray


def inline_array(where, array, max_bytes):
    """Keep an array of NumPy, which is small, after a look at its header."""
    stored = MemoryArray(where, array)
    with errors_at(where):
        check_header(stored.header)
        check_size(stored.header, max_bytes)
    return stored
