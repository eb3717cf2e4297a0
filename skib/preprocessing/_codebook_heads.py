"""One head of a codebook bottleneck: its projection, its codes, and the codes of rows."""

import numpy as np
from scipy.sparse import csr_array
from sklearn.cluster import KMeans, MiniBatchKMeans

from skib._kernels.codebook import row_products, scalar_runs
from skib._parallel import blocks, one_blas_thread, one_openmp_thread

# Rows from which k-means takes batches: all rows at every step take longer, and lose hardly less.
_MOST_ROWS, _BATCH = 20_000, 2048
# Steps with the codes nearest to a row, and then with those that are nearest to what is left of it. The first find the
# summands of well separated codes; the second lower the error by up to a factor of ten.
_FIRST_STEPS, _STEPS = 20, 30
# Rows by which codes that hardly any row has are held where they are.
_RIDGE = 1e-3
# Products of one kernel call: a tenth of a second.
_PRODUCTS_PER_CALL = 2**29


def orthonormal_projections(n_features, n_heads, n_components, generator):
    """Draw one projection per head, (n_heads, n_components, n_features).

    Their rows are orthonormal, those of different heads too as long as there are no more of them than columns; further
    ones are of another rotation.
    """
    n_rows, parts = n_heads * n_components, []
    while n_rows > 0:
        n_drawn = min(n_rows, n_features)
        parts.append(np.linalg.qr(generator.normal(size=(n_features, n_drawn)))[0].T)
        n_rows -= n_drawn
    return np.concatenate(parts).reshape(n_heads, n_components, n_features)


def products(rows, matrix):
    """Multiply rows by a matrix, so that equal rows have equal bits."""
    rows, matrix = np.ascontiguousarray(rows), np.ascontiguousarray(matrix)
    out = np.empty((len(rows), matrix.shape[1]))
    for part in blocks(len(rows), max(_PRODUCTS_PER_CALL // max(matrix.size, 1), 1)):
        row_products(part.start, part.stop, rows, matrix, out)
    return out


def scalar_codes(column, n_codes):
    """Find the codes of least squared distance from numbers, (n_found, 1), in rising order."""
    values, counts = np.unique(column, return_counts=True)
    starts = scalar_runs(values, counts.astype(np.float64), min(n_codes, len(values)))[:-1]
    return (np.add.reduceat(values * counts, starts) / np.add.reduceat(counts, starts))[:, None]


def vector_codes(rows, n_codes, n_active, seed):
    """Find codes whose sums of n_active are near the rows, (n_codes, n_components); one active code is k-means."""
    batches = {"batch_size": _BATCH} if len(rows) > _MOST_ROWS else {}
    k_means = (MiniBatchKMeans if batches else KMeans)(n_codes, n_init=1, random_state=seed, **batches)
    with one_openmp_thread(), one_blas_thread():
        codes = k_means.fit(rows).cluster_centers_
        if n_active > 1:
            codes, _ = _best_of_steps(rows, codes / n_active, n_active, nearest_codes, _FIRST_STEPS)
            codes, _ = _best_of_steps(rows, codes, n_active, active_codes, _STEPS)
    return codes


def _best_of_steps(rows, codes, n_active, encode, n_steps):
    """Alternate between the active codes of rows and the least-squares codes of these; return the best, and its loss.

    A step may increase the loss, because the active codes are a greedy choice.
    """
    best, least = codes, np.inf
    for _ in range(n_steps):
        active = one_hot([encode(rows, codes, n_active)], [len(codes)])
        loss = np.sum((rows - active @ codes) ** 2)
        if loss < least:
            best, least = codes, loss
        gram = (active.T @ active).toarray() + _RIDGE * np.eye(len(codes))
        codes = np.linalg.solve(gram, active.T @ rows + _RIDGE * codes)
    return best, least


def nearest_codes(rows, codes, n_active):
    """Return the n_active codes nearest to each row, sorted, (n_samples, n_active)."""
    return np.sort(np.argsort(-_closeness(rows, codes), axis=1, kind="stable")[:, :n_active], axis=1)


def active_codes(rows, codes, n_active):
    """Return the active codes of each row, sorted, (n_samples, n_active).

    The first is the code nearest to the row, the next the one nearest to what the first leaves of it, and so on; no
    code is active twice.
    """
    closeness, each = _closeness(rows, codes), np.arange(len(rows))
    active = np.empty((len(rows), n_active), np.int64)
    gram = products(codes, codes.T) if n_active > 1 else None
    for k in range(n_active):
        active[:, k] = np.argmax(closeness, axis=1)
        if k < n_active - 1:
            closeness -= gram[active[:, k]]
            closeness[each, active[:, k]] = -np.inf
    return np.sort(active, axis=1)


def _closeness(rows, codes):
    """Half the squared length of each row, less half its squared distance from each code."""
    return products(rows, codes.T) - np.sum(codes**2, axis=1) / 2


def scalar_levels(column, codes):
    """Return the number of the code nearest to each number, (n_samples, 1); halfway it is the lower one."""
    middles = (codes[1:, 0] + codes[:-1, 0]) / 2
    return np.searchsorted(middles, column)[:, None]


def one_hot(active, n_codes):
    """Mark the active codes of each row, head by head: a sparse array (n_samples, sum of n_codes) of ones."""
    offsets = np.cumsum([0, *n_codes])
    columns = np.column_stack([codes + offset for codes, offset in zip(active, offsets[:-1], strict=True)])
    n_samples, n_each = columns.shape
    indptr = np.arange(0, n_samples * n_each + 1, n_each)
    return csr_array((np.ones(columns.size), columns.ravel(), indptr), shape=(n_samples, int(offsets[-1])))
