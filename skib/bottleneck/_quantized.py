"""Cells of rows of a binary Y, which lose little of the information about it."""

import numpy as np
from scipy.sparse import csr_array

from skib.bottleneck._information import mutual_information
from skib.bottleneck._rows import Rows


def quantized(rows, n_cells):
    """Put rows of a binary Y into at most `n_cells` cells of similar p(y|x).

    The angle of p(y|x), whose squared steps are divergences, is cut so that cells are small where rows are many: the
    sizes go with the cube root of the density, as is best for many cells. Returns the cells as Rows, the cell of each
    row, and the information that is lost.
    """
    p = rows.matrix.toarray()
    order = np.argsort(p[:, 1], kind="stable")
    angle = np.arcsin(np.sqrt(p[order, 1]))
    steps = np.cbrt(rows.weights[order][1:] * np.diff(angle) ** 2)
    position = np.concatenate([[0.0], np.cumsum(steps)])
    cells = np.minimum((position / position[-1] * n_cells).astype(np.int64), n_cells - 1)
    inverse = np.empty(len(order), np.int64)
    inverse[order] = np.unique(cells, return_inverse=True)[1]
    joint = csr_array((rows.weights, inverse, np.arange(len(order) + 1))).T @ p
    weights = joint.sum(axis=1)
    lost = mutual_information(rows.weights[:, None] * p) - mutual_information(joint)
    table = csr_array(joint / weights[:, None])
    return Rows(table.indptr, table.indices, table.data, weights, rows.groups), inverse, max(lost, 0.0)
