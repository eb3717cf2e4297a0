"""The distinct rows of a joint distribution, in the form that the kernels take, and the steps over all of them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array

from skib._kernels.bottleneck import log_table, step

# Products of one kernel call: about a third of a second, so that Ctrl-C works.
_PRODUCTS = 3e8
# Share of filled cells from which dense steps are faster.
_DENSE = 0.2


@dataclass(frozen=True)
class Rows:
    """Distinct rows x with p(x) > 0: p(y|x) in CSR form, p(x), and the z of each column."""

    indptr: np.ndarray
    indices: np.ndarray
    data: np.ndarray
    weights: np.ndarray
    groups: np.ndarray

    @cached_property
    def n_groups(self):
        """Number of values of z."""
        return int(self.groups.max()) + 1

    @property
    def matrix(self):
        """p(y|x) as a sparse array."""
        return csr_array((self.data, self.indices, self.indptr), shape=(len(self.weights), len(self.groups)))

    @cached_property
    def dense(self):
        """p(y|x) as a dense array if so many cells are filled that dense steps are faster, and else None."""
        n, m = len(self.weights), len(self.groups)
        if len(self.data) == n * m and (self.indices.reshape(n, m) == np.arange(m, dtype=self.indices.dtype)).all():
            return self.data.reshape(n, m)
        if len(self.data) < _DENSE * n * m:
            return None
        out = np.zeros((n, m))
        out[np.repeat(np.arange(n), np.diff(self.indptr)), self.indices] = self.data
        return out

    @property
    def table(self):
        """p(y|x) as products are faster: dense, or as a sparse array if few cells are filled."""
        dense = self.dense
        return self.matrix if dense is None else dense

    @property
    def arrays(self):
        """The rows as kernels take them: a dense table and None, or None and the parts of a CSR, and the rest."""
        dense = self.dense
        cells = (self.indptr, self.indices, self.data) if dense is None else None
        return dense, cells, self.weights, self.groups, self.n_groups


def distinct_rows(joint):
    """Return the distinct Rows, in an order of their own, and the one of each row of X (-1 for rows without weight)."""
    matrix, used = csr_array(joint.conditional), np.flatnonzero(joint.weights)
    # Sorted by their bytes, so that the result does not depend on the order of the rows of X.
    _, first, number = np.unique(_bytes_of_rows(matrix)[used], return_index=True, return_inverse=True)
    inverse = np.full(matrix.shape[0], -1)
    inverse[used] = number
    weights, matrix = np.bincount(number, joint.weights[used]), matrix[used[first]]
    return Rows(matrix.indptr, matrix.indices, matrix.data, weights, joint.groups), inverse


def _bytes_of_rows(matrix):
    """Return the bytes of the cells of each row of a CSR that are filled, and of their columns if some are not."""
    wide, narrow = matrix.data.itemsize, matrix.indices.itemsize
    if matrix.nnz == matrix.shape[0] * matrix.shape[1]:
        return matrix.data.view(np.dtype((np.void, wide * matrix.shape[1])))
    data, indices = matrix.data.tobytes(), matrix.indices.tobytes()
    cells = zip(matrix.indptr[:-1].tolist(), matrix.indptr[1:].tolist(), strict=True)
    keys = [data[a * wide : b * wide] + indices[a * narrow : b * narrow] for a, b in cells]
    return np.array(keys, dtype=object)


def joint_of_encoder(rows, encoder):
    """Return the table q(y,z,t) of an encoder, shape (n_columns, n_clusters)."""
    return np.ascontiguousarray(rows.table.T @ (rows.weights[:, None] * encoder))


def joint_of_rows(rows):
    """Return the table q(y,z,t) of one cluster for each row."""
    return np.ascontiguousarray((rows.weights[:, None] * rows.matrix.toarray()).T)


def joint_of_labels(rows, labels, n_clusters):
    """Return the table q(y,z,t) of labels of the rows."""
    one_hot = csr_array((rows.weights, labels, np.arange(len(labels) + 1)), shape=(len(labels), n_clusters))
    return np.ascontiguousarray((rows.matrix.T @ one_hot).toarray())


def passes_at_once(rows, n_clusters):
    """Return how often a kernel of all clusters passes all rows in a short time."""
    return int(_PRODUCTS / (n_clusters * (10 * len(rows.weights) + len(rows.data))))


def blocks_of_rows(rows, n_clusters):
    """Yield (first, last) of blocks of rows which a kernel of all clusters passes in a short time."""
    n_rows = len(rows.weights)
    per_row = n_clusters * (10 + len(rows.data) / n_rows)
    size = max(int(_PRODUCTS / per_row), 1)
    yield from ((first, min(first + size, n_rows)) for first in range(0, n_rows, size))


def updated(rows, joint, beta, alpha, encoder):
    """Update the encoder in place from the table q(y,z,t).

    Returns the new table, the free energy of the old table and the largest change of an encoder in total variation.
    """
    arrays, logs, out, log_sum, change = rows.arrays, log_table(joint), np.zeros_like(joint), 0.0, 0.0
    own = kernel_encoder(arrays, encoder)
    for first, last in blocks_of_rows(rows, joint.shape[1]):
        one_sum, one_change = step(first, last, *arrays, joint, logs, beta, alpha, own, out)
        log_sum, change = log_sum + one_sum, max(change, one_change)
    if own is not encoder:
        encoder[:] = own.T
    return out, -alpha * log_sum, change


def kernel_encoder(arrays, encoder):
    """Return an encoder as kernels take it: transposed if the rows are dense."""
    return encoder if arrays[0] is None else np.ascontiguousarray(encoder.T)
