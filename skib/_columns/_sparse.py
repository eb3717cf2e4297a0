"""Columns of a sparse matrix as bools: whether an entry is other than zero."""

import numpy as np
from scipy.sparse import csr_array

from skib._columns._column import DiscreteColumn, warn_of_constant_columns


class SparseColumns:
    """The columns of a sparse matrix, each of which holds the bools "other than zero"."""

    def __init__(self, name, matrix):
        by_row = _without_zeros(name, matrix)
        matrix = by_row.tocsc()
        self.n_samples, self.n_columns = matrix.shape
        self.rows, self.starts = matrix.indices, matrix.indptr
        self.by_row = by_row.indptr, by_row.indices  # where each row starts, and its columns other than zero
        self.counts = np.diff(matrix.indptr).astype(np.int64)  # of rows other than zero
        self.names = range(self.n_columns)
        self.constant = (self.counts == 0) | (self.counts == self.n_samples)

    def __len__(self):
        return self.n_columns

    def __getitem__(self, j):
        """Return a column as a DiscreteColumn."""
        bools = np.zeros(self.n_samples, bool)
        bools[self.rows[self.starts[j] : self.starts[j + 1]]] = True
        codes = np.zeros(self.n_samples, np.int64) if self.constant[j] else bools.astype(np.int64)
        return DiscreteColumn(codes, True, j, bools)

    def __iter__(self):
        """Iterate over the columns as DiscreteColumns."""
        return map(self.__getitem__, range(self.n_columns))

    def taken(self, rows):
        """Return some rows (a mask, or their numbers) as SparseColumns."""
        row_starts, columns = self.by_row
        matrix = csr_array((np.ones(len(columns), bool), columns, row_starts), shape=(self.n_samples, self.n_columns))
        return SparseColumns("X", matrix[rows])

    @property
    def fewest(self):
        """Rows of the rarer of the two levels of every column."""
        return np.minimum(self.counts, self.n_samples - self.counts)

    def null_keys(self):
        """Return the null keys of the columns, as those of the DiscreteColumns."""
        n_samples, fewest = self.n_samples, self.fewest
        keys = {0: ("discrete", True, n_samples, np.array([n_samples]).tobytes())}
        for count in np.unique(fewest[fewest > 0]):
            keys[count] = "discrete", True, n_samples, np.array([count, n_samples - count]).tobytes()
        return [keys[count] for count in fewest]


def sparse_columns_of(matrix, name):
    """Validate a sparse matrix; returns its SparseColumns."""
    columns = SparseColumns(name, matrix)
    warn_of_constant_columns(np.flatnonzero(columns.constant).tolist())
    return columns


def _without_zeros(name, matrix):
    """Return a matrix in rows (csr) whose stored entries are other than zero, each stored once."""
    if min(matrix.shape) == 0:
        raise ValueError(f"{name} has shape {matrix.shape}, but at least one row and one column are required")
    if matrix.format in ("lil", "dok"):  # whose entries are no array
        matrix = csr_array(matrix)
    if matrix.dtype.kind not in "biuf":
        raise ValueError(f"{name} holds entries of type {matrix.dtype}; pass bools or numbers")
    if matrix.dtype.kind == "f" and not np.isfinite(matrix.data).all():
        raise ValueError(
            f"{name} has entries that are NaN or infinite, and counts as bools, other than zero or not; set them to 0, "
            f"or pass {name}.toarray(), whose columns count as numbers"
        )
    matrix = csr_array(matrix)
    if not matrix.has_canonical_format or not matrix.data.all():
        matrix = matrix.copy()
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
    return matrix
