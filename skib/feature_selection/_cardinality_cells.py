"""Cells of the tables of columns and a target, which can be added to, and their information less its mean by chance."""

from typing import NamedTuple

import numpy as np
from scipy.special import xlogy

from skib._kernels.permuted_information import permuted_sum
from skib.feature_selection._cardinality_codes import CODE_BITS

_MASK = 2**CODE_BITS - 1
# Tables of up to this many cells per row are counted faster than rows are sorted, and likewise keys.
_CELLS_PER_ROW = 4


class Cells(NamedTuple):
    """The rows of each triple of codes that occurs: of two columns, or of one and 0, and of the target."""

    keys: np.ndarray  # ascending
    counts: np.ndarray

    @property
    def first(self):
        """The code of the first column in each cell."""
        return self.keys >> 2 * CODE_BITS

    @property
    def second(self):
        """The code of the second column in each cell."""
        return (self.keys >> CODE_BITS) & _MASK

    @property
    def columns(self):
        """The code of both columns jointly in each cell."""
        return self.keys >> CODE_BITS

    @property
    def target(self):
        """The code of the target in each cell."""
        return self.keys & _MASK


class Estimate(NamedTuple):
    """The plug-in information of two variables, its mean over permutations, and its degrees of freedom."""

    information: float
    expected: float
    dof: int
    n_samples: int

    @property
    def score(self):
        """What the information exceeds its mean by, in nats."""
        return self.information - self.expected

    @property
    def likelihood_ratio(self):
        """G, its degrees of freedom and its mean over permutations."""
        return 2 * self.n_samples * self.information, self.dof, 2 * self.n_samples * self.expected


def count_cells(first, second, target):
    """Count the cells of rows of codes; `second` may be 0."""
    shape = [int(np.max(codes)) + 1 for codes in (first, second, target)]
    if np.prod(shape, dtype=np.float64) > _CELLS_PER_ROW * len(target):
        return Cells(*np.unique(_keys(first, second, target), return_counts=True))
    counts = np.bincount((first * shape[1] + second) * shape[2] + target)
    places = np.flatnonzero(counts)
    return Cells(_keys(*np.unravel_index(places, shape)), counts[places])


def _keys(first, second, target):
    return (first << 2 * CODE_BITS) | (second << CODE_BITS) | target


def merged(cells, other):
    """Add the rows of two Cells of the same columns."""
    return Cells(*_sums(np.concatenate([cells.keys, other.keys]), np.concatenate([cells.counts, other.counts])))


def permutation_adjusted(counts, x, y, strata=None):
    """Return the Estimate of I(X;Y), or of I(X;Y|Z), of cells with the labels x, y and z.

    The mean is that over all permutations of the rows of y, within the rows of each value of z if there is one.
    """
    strata = np.zeros(len(counts), np.int64) if strata is None else np.unique(strata, return_inverse=True)[1]
    totals = np.bincount(strata, counts).astype(np.int64)
    cells = _sums_within(strata, _dense(x) * (y.max() + 1) + y, counts)[1]
    x_strata, x_sums = _sums_within(strata, x, counts)
    y_strata, y_sums = _sums_within(strata, y, counts)
    free = [np.bincount(part, minlength=len(totals)) - 1 for part in (x_strata, y_strata)]
    n_samples, dof = int(totals.sum()), int(free[0] @ free[1])
    if not dof:
        return Estimate(0.0, 0.0, 0, n_samples)
    mean = permuted_sum(*_repeated(x_strata, x_sums, len(totals)), *_repeated(y_strata, y_sums, len(totals)), totals)
    margins = _sum(totals) - _sum(x_sums) - _sum(y_sums)
    return Estimate((_sum(cells) + margins) / n_samples, (mean + margins) / n_samples, dof, n_samples)


def _dense(labels):
    """Renumber labels so that there are not far more of them than cells."""
    return labels if labels.max() <= _CELLS_PER_ROW * len(labels) else np.unique(labels, return_inverse=True)[1]


def _sum(counts):
    return xlogy(counts, counts).sum()


def _sums_within(strata, labels, counts):
    """Return the stratum of each label that occurs in one, and the sum of its counts."""
    dense = _dense(labels)
    n_labels = dense.max() + 1
    keys, sums = _sums(strata * n_labels + dense, counts)
    return keys // n_labels, sums


def _sums(keys, counts):
    """Return the keys that occur, ascending, and the sum of the counts of each."""
    if keys.max() <= _CELLS_PER_ROW * len(keys):
        sums = np.bincount(keys, counts).astype(np.int64)
        keys = np.flatnonzero(sums)
        return keys, sums[keys]
    keys, places = np.unique(keys, return_inverse=True)
    return keys, np.bincount(places, counts).astype(np.int64)


def _repeated(strata, sums, n_strata):
    """Return the different sums of each stratum, how often each occurs, and where each stratum starts."""
    most = int(sums.max()) + 1
    keys, times = np.unique(strata * most + sums, return_counts=True)
    return keys % most, times, np.searchsorted(keys // most, np.arange(n_strata + 1))
