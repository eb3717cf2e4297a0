"""A .npz file of `scipy.sparse.save_npz`: one matrix, whose members are its parts."""

from contextlib import suppress

from numpy.lib import format as npy_format

from skib.dumps.formats._headers import errors_at
from skib.dumps.formats._sparse import SparseMatrix

# Names of the places of the values in each format; the last is that of scipy for more than two axes.
_PLACES = {"csr": [("indptr", "indices")], "csc": [("indptr", "indices")], "coo": [("row", "col"), ("coords",)]}
_LONGEST_NAME = 1000  # bytes of the member "format"


def is_sparse(names):
    """Whether these are the keys of a matrix of scipy, perhaps of a damaged one, rather than of layers."""
    return "data" in names and ({"indices", "indptr"} <= set(names) or {"format", "shape"} <= set(names))


def sparse_matrix(path, archive, members, max_bytes):
    """Return the matrix whose parts are the `members` of an open file."""
    with errors_at(path):
        layout = _layout(archive)
        if layout not in _PLACES:
            raise ValueError(f"a sparse matrix in format {layout!r} is refused; save matrix.tocsr() or matrix.tocoo()")
        choices = _PLACES[layout]
        places = next((names for names in choices if set(names) <= set(members)), choices[0])
        if missing := [name for name in ("shape", "data", *places) if name not in members]:
            raise ValueError(f"the sparse matrix lacks {', '.join(missing)}; write it with scipy.sparse.save_npz")
        if len(members["shape"].header.shape) != 1 or members["shape"].header.shape[0] != 2:
            raise ValueError(f"the shape of a sparse matrix is {members['shape'].header.shape[0]} numbers, not 2")
        shape = [int(size) for size in members["shape"].load()]
    parts = [members[name] for name in places]
    return SparseMatrix.place(str(path), layout, parts, members["data"], shape, max_bytes, ordered=False)


def _layout(archive):
    """Return the text in the member "format", which is no array with an axis; "" if there is none."""
    with suppress(KeyError):
        info = archive.getinfo("format.npy")
        if info.file_size > _LONGEST_NAME:
            raise ValueError(f"the name of the format takes {info.file_size} bytes; the file is no matrix of scipy")
        with archive.open(info) as stream:
            text = npy_format.read_array(stream, allow_pickle=False).item()
        return text.decode("ascii", "replace") if isinstance(text, bytes) else str(text)
    return ""
