"""A sparse layer, such as the codes of a sparse autoencoder: read as rows of scipy, dense in blocks of rows only."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csr_array, vstack

from skib.dumps.formats._headers import Header, check_header, check_size, errors_at
from skib.dumps.formats._raw import are_sizes
from skib.dumps.formats._stored import BLOCK_BYTES, Stored, row_slices

# The places of the values: row and column of each; ends of the rows, and columns; ends of the columns, and rows.
LAYOUTS = ("coo", "csr", "csc")


class Sparse(Stored):
    """A sparse matrix; `load` returns a csr_array in canonical format, without zeros, and `blocks` dense rows."""

    is_sparse = True

    def dense(self):
        """Return the whole matrix as a dense array, read-only."""
        return Stored.load(self)

    def blocks(self):
        """Yield dense rows, a block at a time."""
        matrix = self.load()
        for rows in row_slices(self.header):
            yield matrix[rows].toarray()


@dataclass(frozen=True)
class SparseMatrix(Sparse):
    """Values and the arrays of their places, each of them stored as any other array of the file."""

    where: str
    header: Header
    layout: str
    places: tuple[Stored, ...]
    values: Stored
    sums: bool = False  # values of one place are to be summed, as torch does, rather than refused
    ordered: bool = True

    @classmethod
    def place(cls, where, layout, places, values, shape, max_bytes, *, sums=False, ordered=True):
        """Check the shape of the matrix and those of its parts."""
        with errors_at(where):
            stored_bytes = values.header.nbytes + sum(part.header.nbytes for part in places)
            header = sparse_header(shape, values.header.dtype, stored_bytes, max_bytes)
            sizes = [part.header.shape for part in (*places, values)]
            if len(sizes[-1]) != 1 or sizes[:-1] != _required_sizes(layout, shape, sizes[-1][0], len(places)):
                raise ValueError(
                    f"values of shape {sizes[-1]} and places of shapes {sizes[:-1]} do not match for a matrix "
                    f"{header.shape} in format {layout}; the file is damaged, write it again"
                )
            if not all(part.header.dtype.kind in "iu" for part in places):
                raise ValueError("the indices of a sparse matrix must be integers; write it with scipy.sparse.save_npz")
        return cls(where, header, layout, tuple(places), values, sums, ordered)

    @property
    def nbytes(self):
        """Size of what is stored."""
        return self.values.header.nbytes + sum(part.header.nbytes for part in self.places)

    def load(self):
        """Return the matrix as rows (csr_array), read-only."""
        with errors_at(self.where):
            rows, columns = self._coordinates()
            return rows_of(rows, columns, self.values.load(), self.header, sums=self.sums)

    def _coordinates(self):
        """Return the row and the column of every value."""
        places = [part.load() for part in self.places]
        if self.layout == "coo":
            return places if len(places) == 2 else places[0]
        ends, others = places
        repeated = _expanded(ends, len(others))
        return (repeated, others) if self.layout == "csr" else (others, repeated)


@dataclass(frozen=True, eq=False)
class MemoryMatrix(Sparse):
    """A sparse matrix of scipy that is in memory already."""

    where: str
    matrix: csr_array

    @classmethod
    def place(cls, where, matrix):
        """Check a matrix of scipy in any of its formats."""
        coordinates = coo_array(matrix)
        if coordinates.ndim != 2:
            raise ValueError(f"{where}: a sparse array of shape {coordinates.shape} is no matrix")
        with errors_at(where):
            header = sparse_header(coordinates.shape, coordinates.dtype, float("inf"), float("inf"))
            return cls(where, rows_of(*coordinates.coords, coordinates.data, header))

    @property
    def header(self):
        """Shape and dtype."""
        return Header(self.matrix.shape, self.matrix.dtype)

    @property
    def nbytes(self):
        """Size of the arrays of the matrix."""
        return self.matrix.data.nbytes + self.matrix.indices.nbytes + self.matrix.indptr.nbytes

    def load(self):
        """Return the matrix, read-only."""
        return self.matrix


@dataclass(frozen=True)
class SparseShards(Sparse):
    """Sparse matrices that differ in their number of rows alone, one below the other."""

    where: str
    header: Header
    parts: tuple[Sparse, ...]
    ordered: bool

    @property
    def nbytes(self):
        """Size of what is stored."""
        return sum(part.nbytes for part in self.parts)

    def load(self):
        """Return the parts as one csr_array, read-only."""
        return _read_only(csr_array(vstack([part.load() for part in self.parts], "csr", self.header.dtype)))


def sparse_header(shape, dtype, stored_bytes, max_bytes):
    """Return the checked header of a sparse matrix. Half precision is read as float32: scipy has none."""
    if not are_sizes(shape) or len(shape) != 2:
        raise ValueError(f"a sparse array of shape {tuple(shape)} is no matrix; save rows of samples, or a dense array")
    header = Header(tuple(shape), np.dtype("f4") if dtype == np.float16 else dtype)
    check_header(header)
    if header.dtype.kind not in "biuf":
        raise ValueError(f"a sparse matrix of {header.dtype} is refused; save numbers or bools")
    # The ends of the rows are allocated however few values are stored, and a dense row by those who want one.
    ends = Header((shape[0],), np.dtype("i8"))
    if ends.nbytes > max(stored_bytes, 4 * BLOCK_BYTES):
        raise ValueError(f"a sparse matrix of {shape[0]} rows in {stored_bytes} bytes is refused; leave out empty rows")
    check_size(Header((shape[1],), np.dtype("i8")), max_bytes)
    return header


def rows_of(rows, columns, values, header, *, sums=False):
    """Return values at their rows and columns as a csr_array without zeros, read-only.

    Raises
    ------
    ValueError
        If a value is NaN or infinite, lies outside of the matrix, or (unless `sums`) shares its place with another.
    """
    values = np.asarray(values, header.dtype)
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise ValueError(f"{np.sum(~np.isfinite(values))} of {len(values)} sparse values are NaN or infinite")
    filled = values != 0  # a place without a value fills a row of fixed length, and may be -1
    rows, columns, values = np.asarray(rows)[filled], np.asarray(columns)[filled], values[filled]
    for name, places, size in zip(("row", "column"), (rows, columns), header.shape, strict=True):
        outside = (places < 0) | (places >= size)
        if outside.any():
            raise ValueError(
                f"{name} {places[outside][0]} lies outside of a matrix {header.shape}: the file is damaged, or indices "
                "were counted from 1"
            )
    matrix = coo_array((values, (rows.astype(np.int64), columns.astype(np.int64))), header.shape).tocsr()
    if not sums and matrix.nnz < len(values):
        raise ValueError(
            f"{len(values) - matrix.nnz} of {len(values)} sparse values share their row and column with another; save "
            "each once (in scipy, matrix.sum_duplicates() adds them up)"
        )
    if sums:
        matrix.eliminate_zeros()
    return _read_only(matrix)


def _read_only(matrix):
    for part in (matrix.data, matrix.indices, matrix.indptr):
        part.flags.writeable = False
    return matrix


def _required_sizes(layout, shape, n_values, n_places):
    if layout == "coo":
        return [(n_values,)] * 2 if n_places == 2 else [(2, n_values)]
    return [(shape[layout == "csc"] + 1,), (n_values,)]


def _expanded(ends, n_values):
    """Return the row (or column) of every value from the ends of the rows."""
    ends = ends.astype(np.int64)
    steps = np.diff(ends)
    if ends[0] != 0 or ends[-1] != n_values or (steps < 0).any():
        raise ValueError(
            "the ends of the rows (indptr) of a sparse matrix are out of order, or do not end with the number of its "
            "values; the file is damaged"
        )
    return np.repeat(np.arange(len(steps)), steps)
