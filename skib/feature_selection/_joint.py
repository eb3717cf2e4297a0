"""Entropies from sums over the cells of tables: what a selector receives of some candidates."""

from typing import NamedTuple

import numpy as np
from scipy.special import xlogy

from skib._kernels.three_way import cell_sums

# Sums of terms stay below 2 to this power, within whole numbers of 64 bits.
_BITS = 61


class Joint(NamedTuple):
    """Entropies of some candidates X_k with a context X_S, the joint value of some columns, and the target Y.

    Plug-in estimates in nats. The context may be empty: X_S is then a constant, whose entropy is 0.
    """

    with_target: np.ndarray  # H(X_k, X_S, Y) of each candidate
    without: np.ndarray  # H(X_k, X_S) of each candidate
    context_with_target: float  # H(X_S, Y)
    context: float  # H(X_S)
    # Degrees of freedom of I(X_k; Y | X_S): the sum over the values of X_S that occur of
    # (values of X_k there - 1) (values of Y there - 1).
    dof: np.ndarray
    cells: np.ndarray  # number of triples (X_k, X_S, Y) that occur

    @property
    def information(self):
        """I(X_k; Y | X_S) of each candidate."""
        return (self.without - self.context) + (self.context_with_target - self.with_target)


class CountTerms:
    """The terms c log c of counts c, as whole multiples of a tiny unit.

    Their sums are exact: the same for every order of cells, rows, batches and jobs, and the same for columns that
    differ by the names of their values alone, which tie.
    """

    dtype = np.int64

    def __init__(self, total, *, with_lookup=True):
        self.total = total
        self._unit = 2.0 ** -(_BITS - np.frexp(xlogy(total, total))[1])
        self._largest = self.of(total)
        self.lookup = self.of(np.arange(total + 1)) if with_lookup else None  # the terms of 0 to total

    def of(self, counts):
        """Return the term of each count."""
        return np.rint(xlogy(counts, counts) / self._unit).astype(np.int64)

    def entropy(self, sums):
        """Return the entropy of cells whose terms have this sum."""
        return (self._largest - sums) * (self._unit / self.total)


class WeightTerms:
    """The terms w log w of sums of weights w."""

    dtype = np.float64
    lookup = None

    def __init__(self, total):
        self.total = total

    def of(self, weights):
        """Return the term of each weight."""
        return xlogy(weights, weights)

    def entropy(self, sums):
        """Return the entropy of cells whose terms have this sum."""
        return np.log(self.total) - sums / self.total


def table_sums(tables, free_classes, n_classes, terms):
    """Sum the terms over tables of shape (n_candidates, n_cells), laid out as in skib._kernels.three_way.

    Each row of the result holds the sum with the target and without, the degrees of freedom and the number of cells.
    """
    out = np.empty((len(tables), 4), terms.dtype)
    if terms.lookup is not None:
        cell_sums(tables, free_classes, n_classes, terms.lookup, out)
        return out
    merged = tables.reshape(len(tables), len(free_classes), n_classes, -1).sum(axis=2)
    out[:, 0], out[:, 3] = terms.of(tables).sum(axis=1), (tables > 0).sum(axis=1)
    out[:, 1] = terms.of(merged).reshape(len(tables), -1).sum(axis=1)
    out[:, 2] = np.maximum((merged > 0).sum(axis=2) - 1, 0) @ free_classes
    return out


def joint_of(sums, context_sums, terms):
    """Return the Joint of candidates with the sums of ``table_sums``, and of a context with and without the target."""
    with_target, without, dof, cells = sums.T
    context_with_target, context = (float(terms.entropy(total)) for total in context_sums)
    return Joint(
        terms.entropy(with_target),
        terms.entropy(without),
        context_with_target,
        context,
        dof.astype(np.int64),
        cells.astype(np.int64),
    )
