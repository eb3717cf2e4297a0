"""Counts of the non-zeros of a sparse matrix."""

from copy import copy
from typing import NamedTuple

import numpy as np

from skib._kernels.counts import dense_codes, joint_codes
from skib._kernels.sparse_counts import column_sums
from skib._parallel import blocks
from skib.feature_selection._contingency import contingency, permuted_within
from skib.feature_selection._joint import joint_of, table_sums
from skib.feature_selection._row_weights import weights_of_rows

# Cells of the tables of one call, 32 megabytes, and stored values that a call of a kernel reads.
_CELLS_PER_CALL, _VALUES_PER_CALL = 2**22, 2**26


class _Sums(NamedTuple):
    """Weights of groups of rows, and of those rows that are not zero in each column.

    Axis 0 has the weights and, if they are no whole numbers, the rows: differences of weights are 0 but for rounding.
    """

    all_rows: np.ndarray  # (1 or 2, n_groups)
    nonzero: np.ndarray  # (1 or 2, n_groups, n_features)

    def less(self, other, n_groups):
        """Subtract the sums of rows that are in the same groups, modulo their number."""
        parts = [part.reshape(len(part), -1, n_groups, *part.shape[2:]).sum(axis=1) for part in other]
        return _Sums(self.all_rows - parts[0], self.nonzero - parts[1])

    def masses(self):
        """Return the weight of each group."""
        return _positive(self.all_rows)

    def tables(self, candidates):
        """Return the weights of the zeros and non-zeros of candidates in each group: (n_candidates, 2 n_groups)."""
        nonzero = self.nonzero[:, :, candidates].swapaxes(1, 2)
        cells = np.stack([self.all_rows[:, None] - nonzero, nonzero], axis=-1)
        return _positive(cells.reshape(len(cells), len(candidates), -1))


def _positive(cells):
    """Return weights that are 0 where there are no rows, and only there."""
    if len(cells) == 1:
        return cells[0]
    return np.where(cells[1] > 0, np.maximum(cells[0], np.finfo(float).tiny), 0.0)


class SparseCounts:
    """Counts of a sparse matrix, whose columns have the values zero and non-zero.

    Only the rows in which some column of the context is not zero are visited: what the others hold follows from the
    sums of all rows by subtraction. These are so few operations that a call of ``joint`` runs in one job.

    Parameters
    ----------
    X : sparse matrix or array of shape (n_samples, n_features)
        Numbers or bools. Zeros that are stored are zeros.
    target : ndarray of shape (n_samples,)
        Whole numbers from 0 that stand for the classes.
    sample_weight : ndarray of shape (n_samples,), default=None
        Weights of the rows, as for ``DenseCounts``.
    """

    def __init__(self, X, target, sample_weight=None):
        weights = None if sample_weight is None else np.asarray(sample_weight, np.float64)
        X, target = X.tocsr() != 0, np.asarray(target)
        if weights is not None and not (weights > 0).all():
            kept = np.flatnonzero(weights > 0)
            X, target, weights = X[kept], target[kept], weights[kept]
        known = weights_of_rows(weights, X.shape[0])
        self.n_samples, self.n_effective, self._terms = known.n_samples, known.n_effective, known.terms()
        self._target = dense_codes(target.astype(np.int64), int(target.max()) + 1)
        self.n_classes = int(self._target.max()) + 1
        weights, ones = known.scaled(weights), np.ones(self.n_samples, self._terms.dtype)
        self._weights = [ones if weights is None else weights, ones][: 1 + (self._terms.dtype == np.float64)]
        self._rows, self._columns = X, X.tocsc()
        n_nonzero = np.diff(self._columns.indptr)
        self.levels = 1 + ((n_nonzero > 0) & (n_nonzero < self.n_samples))
        self._classes = self._sums(np.arange(self.n_samples), self._target, self.n_classes)

    def joint(self, context, candidates, n_jobs=None):
        """Return the Joint of each of some candidates, an array of columns, with a context, a tuple of columns."""
        candidates, (rows, strata) = np.asarray(candidates, np.int64), self._nonzero_rows(context)
        parts, rest = [], self._classes
        size = max(_CELLS_PER_CALL // (2 * self.n_classes * (len(candidates) + self._rows.shape[1])), 1)
        for part in blocks(int(strata.max(initial=-1)) + 1, size):
            inside = (strata >= part.start) & (strata < part.stop)
            codes = (strata[inside] - part.start) * self.n_classes + self._target[rows[inside]]
            counted = self._sums(rows[inside], codes, (part.stop - part.start) * self.n_classes)
            parts.append(self._term_sums(counted, candidates))
            rest = rest.less(counted, self.n_classes)
        parts.append(self._term_sums(rest, candidates))
        sums, context_sums = (sum(part) for part in zip(*parts, strict=True))
        return joint_of(sums, context_sums, self._terms)

    def tables(self, requests):
        """Return the contingency table of each (context, column), an array of three dimensions."""
        weights = None if self._weights[0].dtype == np.int64 and (self._weights[0] == 1).all() else self._weights[0]
        return [contingency(self._strata(context), self._codes_of(k), self._target, weights) for context, k in requests]

    def permuted(self, context, generator):
        """Return the counts of the same columns with a target permuted within the values of a context."""
        twin = copy(self)
        twin._target = permuted_within(self._strata(context), self._target, generator)
        twin._classes = twin._sums(np.arange(twin.n_samples), twin._target, twin.n_classes)
        return twin

    def _strata(self, context):
        return joint_codes([np.zeros(self.n_samples, np.int64), *(self._codes_of(j) for j in context)])

    def _codes_of(self, k):
        """Return 1 for the rows in which a column is not zero, in place of the column."""
        codes = np.zeros(self.n_samples, np.int64)
        codes[self._columns.indices[self._columns.indptr[k] : self._columns.indptr[k + 1]]] = 1
        return codes

    def _term_sums(self, counted, candidates):
        """Return the sums over the cells of candidates in some strata, and over these strata alone."""
        masses = counted.masses().reshape(-1, self.n_classes)
        free_classes = (masses > 0).sum(axis=1) - 1
        sums = table_sums(counted.tables(candidates), free_classes, self.n_classes, self._terms)
        return sums, np.array([self._terms.of(part).sum() for part in (masses, masses.sum(axis=1))])

    def _sums(self, rows, codes, n_codes):
        """Sum the weights of rows by their codes, column by column."""
        out = _Sums(
            np.array([np.bincount(codes, weights[rows], n_codes) for weights in self._weights], self._terms.dtype),
            np.zeros((len(self._weights), n_codes, self._rows.shape[1]), self._terms.dtype),
        )
        size = max(_VALUES_PER_CALL * len(rows) // max(self._rows.nnz, 1), 1)
        for part in blocks(len(rows), size):
            for weights, sums in zip(self._weights, out.nonzero, strict=True):
                column_sums(self._rows.indptr, self._rows.indices, rows[part], codes[part], weights, sums)
        return out

    def _nonzero_rows(self, context):
        """Return the rows in which some column of the context is not zero, and the stratum of each."""
        columns = [self._columns.indices[self._columns.indptr[j] : self._columns.indptr[j + 1]] for j in context]
        rows = np.unique(np.concatenate([np.empty(0, np.int64), *columns]))
        if len(columns) < 2 or not len(rows):
            return rows, np.zeros(len(rows), np.int64)
        marks = [np.isin(rows, column).astype(np.int64) for column in columns]
        return rows, joint_codes([dense_codes(mark, 2) for mark in marks])
