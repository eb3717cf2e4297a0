"""The rows of a context and a target: their strata, classes, masses, groups and planes of bits."""

from functools import cached_property

import numpy as np

# Tables of up to this many cells per row are counted faster than rows are sorted into groups.
_CELLS_PER_ROW = 2


def is_wide(n_cells, n_samples):
    """Whether a table of so many cells has far more of them than there are rows."""
    return n_cells > _CELLS_PER_ROW * max(n_samples, 64)


def planes_of(codes, columns, n_values):
    """Return the bits of the rows of some columns that have each value from 1: (n_columns, n_values - 1, n_words)."""
    values = np.arange(1, n_values, dtype=codes.dtype)[:, None]
    return np.array([_bits(codes[j] == values) for j in columns])


def _bits(masks):
    packed = np.packbits(masks, axis=1, bitorder="little")
    words = np.zeros((len(masks), -(-masks.shape[1] // 64)), "<u8")
    words.view(np.uint8)[:, : packed.shape[1]] = packed
    return words.astype(np.uint64, copy=False)


class Context:
    """A code per row of the joint value of some columns, the stratum, and of the target.

    Parameters
    ----------
    strata : ndarray of shape (n_samples,)
        The stratum of each row, below `n_strata`; not all need to occur.
    n_strata : int
    target : ndarray of shape (n_samples,)
        The class of each row, below `n_classes`.
    n_classes : int
    weights : ndarray of shape (n_samples,) or None
    terms : CountTerms or WeightTerms
    """

    def __init__(self, strata, n_strata, target, n_classes, weights, terms):
        self.codes = strata * np.int64(n_classes) + target
        self.n_strata, self.n_classes = n_strata, n_classes
        self._weights, self._terms = weights, terms

    @property
    def n_codes(self):
        """Number of pairs of a stratum and a class, whether they occur or not."""
        return self.n_strata * self.n_classes

    def is_wide(self, n_values):
        """Whether tables of so many values would have far more cells than there are rows."""
        return is_wide(self.n_codes * n_values, len(self.codes))

    @cached_property
    def narrow_codes(self):
        """The codes in as few bytes as kernels take."""
        return self.codes.astype(np.uint16 if self.n_codes <= 2**16 else np.uint32)

    @cached_property
    def masses(self):
        """Rows or weight of each stratum and class (n_strata, n_classes)."""
        masses = np.bincount(self.codes, self._weights, minlength=self.n_codes)
        return masses.reshape(self.n_strata, self.n_classes).astype(self._terms.dtype)

    @cached_property
    def free_classes(self):
        """Number of classes less one of each stratum."""
        return (self.masses > 0).sum(axis=1) - 1

    @cached_property
    def groups(self):
        """Groups of equal codes and of equal strata.

        A tuple of the rows in the order of their codes, the places in it where each code starts, those where each
        stratum starts, both with the end, and the number of classes less one of each stratum that occurs.
        """
        order = np.argsort(self.codes, kind="stable")
        codes = self.codes[order]
        starts, strata = (_starts(values) for values in (codes, codes // self.n_classes))
        return order, starts, strata, np.diff(np.searchsorted(starts, strata)) - 1

    @cached_property
    def planes(self):
        """Planes of bits of every code but the last."""
        return _bits(self.codes == np.arange(self.n_codes - 1)[:, None])

    @cached_property
    def sums(self):
        """Sums of the terms over the strata and classes, and over the strata."""
        if not self.is_wide(1):
            return tuple(self._terms.of(masses).sum() for masses in (self.masses, self.masses.sum(axis=1)))
        order, *starts, _ = self.groups
        weights = np.ones(len(order), np.int64) if self._weights is None else self._weights[order]
        return tuple(self._terms.of(np.add.reduceat(weights, places[:-1])).sum() for places in starts)


def _starts(values):
    return np.r_[0, np.flatnonzero(values[1:] != values[:-1]) + 1, len(values)]
