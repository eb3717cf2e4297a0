"""Column sums of groups of rows of a sparse matrix, of which each stored value counts as one."""

from skib._jit import njit


@njit
def column_sums(indptr, indices, rows, groups, weights, out):
    """Add the weight of each of some rows to the sums of its group, in the columns that it stores."""
    for r in range(len(rows)):
        group, weight = groups[r], weights[rows[r]]
        for place in range(indptr[rows[r]], indptr[rows[r] + 1]):
            out[group, indices[place]] += weight
