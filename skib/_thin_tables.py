r"""What the estimate of mutual information from a table owes to thin cells, and what is left without it.

With Grassberger's entropies the estimate I of a table is too high by the sum of p E_1(2 n p) over its cells, p being
their probability, less that of its margins, with the exponential integral E_1. This is nothing where every cell holds
some rows, but 0.2 nats where two columns of 100 levels have half a row per cell.

*At independence* the bias is the mean I_0 of the estimate over all permutations of the rows, which follows from the
rows per level alone. *Elsewhere* it is smaller, as the rows gather in fewer, fuller cells. The cells of one row (f_1 of
them) and of two (f_2) tell how thin they are: if all of these had mean m = 2 f_2 / f_1, the bias would be

    B = f_1 / n  e^m E_1(2 m),

less the same of the margins. Cells of different means add more than that (e^m E_1(2 m) is convex in m, so that B is too
low by Jensen's inequality); the factor I_0 / B_0 makes up for it, where B_0 is B of the expected numbers of such cells
in permuted rows. It neither lowers B nor raises it above I_0. The estimate without the bias is

    (I - I_0) + w (I_0 - B),   w = max(0, 1 - (se / (I - I_0))^2) where I > I_0, else 0.

The weight keeps an estimate at I - I_0, which has mean 0 at independence, as long as the data show no dependence.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy.special import exp1

from skib._entropies import log_of_counts
from skib._kernels.counts import joint_codes
from skib._kernels.thin_cells import permuted_cells, rare_cells
from skib._warnings import UnreliableEstimateWarning, listed, warn

# Where every cell is expected to hold so many rows, or there are so many rows per cell, there is hardly any bias.
_FULL_CELL, _ROWS_PER_CELL = 4, 10
# Where fewer rows are alone in their cell, at most 0.005 nats of bias are left alone, too.
_LEAST_ALONE = 0.005
# A table of two bools, of fewer than 40 rows, is left as it is: other routes count bools without their cells.
_FEWEST_CELLS = 5
# Levels of more rows than the first number count as alike if the logarithms to base 2 agree to 1 / the second one.
_EXACT_COUNTS, _COUNTS_PER_OCTAVE = 32, 16
# Beyond this mean, a cell has no bias.
_MOST_ROWS = 50.0
# A bias of so many nats, and of so many standard errors, is warned of.
_LEAST_BIAS, _LEAST_ERRORS = 0.05, 3.0


class Thinness(NamedTuple):
    """Sums over the cells of a table, or of several: one within each class of a condition."""

    by_chance: float = 0.0  # n times the mean estimate over all permutations
    rare: np.ndarray = np.zeros(2)  # cells of one row, and of two
    rare_by_chance: np.ndarray = np.zeros(2)  # the same on average over all permutations
    rare_levels: np.ndarray = np.zeros((2, 2))  # levels of x, and of y, with one row and with two

    def __add__(self, other):
        return Thinness(*(a + b for a, b in zip(self, other, strict=True)))


class Levels(NamedTuple):
    """What a table's thinness needs of a column: its rows per level, those of about as many rows taken together."""

    n_samples: int
    counts: np.ndarray
    times: np.ndarray
    rare: np.ndarray  # levels of one row, and of two
    excess: float  # sum of c log c - c G(c) over the levels of c rows


def levels_of(counts):
    """Return the Levels of a column from the rows of each of its levels, none of which is empty."""
    return _levels(counts.tobytes())


@lru_cache(maxsize=256)
def _levels(shares):
    counts = np.frombuffer(shares, np.int64)
    rounded = _EXACT_COUNTS + np.rint(_COUNTS_PER_OCTAVE * np.log2(counts / _EXACT_COUNTS))
    like = np.where(counts < _EXACT_COUNTS, counts, rounded)
    _, codes, times = np.unique(like, return_inverse=True, return_counts=True)
    values = np.rint(np.bincount(codes, counts) / times).astype(np.int64)
    excess = np.dot(counts, np.log(counts) - log_of_counts(counts))
    return Levels(int(counts.sum()), values, times, _rare(counts), excess)


def _rare(counts):
    return np.array([np.sum(counts == 1), np.sum(counts == 2)], np.float64)


def has_thin_cells(x_counts, y_counts):
    """Whether a table may hold cells so thin that its estimate is biased, from the rows per level of its columns."""
    n_samples, n_cells = x_counts.sum(), len(x_counts) * len(y_counts)
    if not are_many_cells(n_cells, n_samples) or min(len(x_counts), len(y_counts)) < 2 or n_cells < _FEWEST_CELLS:
        return False
    return bool(x_counts.min() * y_counts.min() < _FULL_CELL * n_samples)


def are_many_cells(n_cells, n_samples):
    """Whether a table, or the tables within all classes of a condition, may have thin cells."""
    return _ROWS_PER_CELL * n_cells > n_samples


def may_be_thin(columns, given=None):
    """Mark the pairs of columns whose tables, within the classes of `given`, may have thin cells."""
    discrete = [column.kind == "discrete" and not column.constant for column in columns]
    levels, fewest = np.zeros(len(columns)), np.zeros(len(columns))
    for j in np.flatnonzero(discrete):
        levels[j], fewest[j] = len(columns[j].counts), columns[j].counts.min()
    n_samples, n_cells = columns[0].n_samples, np.multiply.outer(levels, levels)
    if given is not None:
        return are_many_cells(n_cells * len(given.counts), n_samples)
    few_rows = np.multiply.outer(fewest, fewest) < _FULL_CELL * n_samples
    return are_many_cells(n_cells, n_samples) & few_rows & (n_cells >= _FEWEST_CELLS)


def table_thinness(x, y, rare):
    """Return the Thinness of a table from the Levels of its columns, and its cells of one row and of two."""
    scores = _scores(int(min(x.counts.max(), y.counts.max())).bit_length())
    excess, *rare_by_chance = permuted_cells(x.counts, x.times, y.counts, y.times, x.n_samples, scores)
    by_chance = max(excess + x.excess + y.excess, 0.0)
    return Thinness(by_chance, np.asarray(rare, np.float64), np.array(rare_by_chance), np.array([x.rare, y.rare]))


@lru_cache(maxsize=32)
def _scores(n_bits):
    """Return G of 0 (not used) to the largest count of so many bits."""
    return np.r_[0.0, log_of_counts(np.arange(1, 2**n_bits))]


def codes_thinness(x, y, z=None):
    """Sum the Thinness of the tables of x and y within the classes of z; None if hardly any cell is thin."""
    total = _thinness_of_rows(x, y) if z is None else _thinness_of_strata(x, y, z)
    return total if total is not None and _are_alone(total.rare[0], len(x)) else None


def _are_alone(n_alone, n_samples):
    return n_alone >= _LEAST_ALONE * n_samples


def _thinness_of_rows(x, y):
    counts = _counts(x), _counts(y)
    return _rows_thinness(x, y, *counts) if has_thin_cells(*counts) else None


def _thinness_of_strata(x, y, z):
    if not are_many_cells(np.prod([codes.max() + 1.0 for codes in (x, y, z)]), len(x)):
        return None
    total = None
    for rows in np.split(np.argsort(z, kind="stable"), np.cumsum(np.bincount(z))[:-1]):
        counts = _counts(x[rows]), _counts(y[rows])
        if min(map(len, counts)) > 1 and counts[0].min() * counts[1].min() < _FULL_CELL * len(rows):
            total = (total or Thinness()) + _rows_thinness(x[rows], y[rows], *counts)
    return total


def _rows_thinness(x, y, x_counts, y_counts):
    return table_thinness(levels_of(x_counts), levels_of(y_counts), _rare(_counts(joint_codes([x, y]))))


def _counts(codes):
    counts = np.bincount(codes)
    return counts[counts > 0]


class Unbiased(NamedTuple):
    """An estimate without the bias of thin cells."""

    mutual_info: float
    std_error: float
    by_chance: float  # mean of the biased estimate over all permutations
    is_thin: bool  # whether much rests on the correction: what it subtracts, or may leave


def without_thin_cells(mutual_info, std_error, thinness, n_samples):
    """Subtract the bias of thin cells from an estimate; its error then covers what the subtraction may leave.

    Of a bias that is I_0 or 0, and B on average, the standard deviation is sqrt(B (I_0 - B)); B > I_0 is as
    uncertain.
    """
    by_chance = thinness.by_chance / n_samples
    margins = sum(_bias(rare, n_samples) for rare in thinness.rare_levels)
    bias, expected = (_bias(r, n_samples) - margins for r in (thinness.rare, thinness.rare_by_chance))
    bias = max(bias, 0.0)
    if expected > 0:
        bias = max(bias, min(bias * by_chance / expected, by_chance))
    beyond = mutual_info - by_chance
    weight = max(0.0, 1 - (std_error / beyond) ** 2) if beyond > 0 else 0.0
    value = beyond + weight * (by_chance - bias)
    left = weight * np.sqrt(bias * abs(by_chance - bias))
    is_thin = max(mutual_info - value, left) > max(_LEAST_BIAS, _LEAST_ERRORS * std_error)
    return Unbiased(float(value), float(np.hypot(std_error, left)), by_chance, is_thin)


def _bias(rare, n_samples):
    """Return the bias B of cells, f_1 of which have one row and f_2 two."""
    singles, doubles = rare
    if not singles:
        return 0.0
    mean = min(2 * doubles / singles if doubles else 1 / singles, _MOST_ROWS)
    return singles / n_samples * np.exp(mean) * exp1(2 * mean)


def without_thin_pairs(column, others, mutual_info, std_error):
    """Correct the estimates of a column of classes with others whose tables have thin cells.

    Parameters
    ----------
    column : DiscreteColumn
        The one column.
    others : list of DiscreteColumn
        The other columns.
    mutual_info, std_error : ndarray of shape (n_others,)
        The estimates, which are changed in place.

    Returns
    -------
    is_thin : ndarray of bool of shape (n_others,)
        Marks those of which much rests on the correction.
    """
    is_thin, order = np.zeros(len(others), bool), None
    for j, other in enumerate(others):
        if not has_thin_cells(column.counts, other.counts):
            continue
        if order is None:
            order, starts = np.argsort(column.codes, kind="stable"), np.r_[0, np.cumsum(column.counts)]
            levels = levels_of(column.counts)
        rare = rare_cells(order, starts, other.codes, np.zeros(len(other.counts), np.int64))
        if not _are_alone(rare[0], column.n_samples):
            continue
        thinness = table_thinness(levels, levels_of(other.counts), rare)
        corrected = without_thin_cells(mutual_info[j], std_error[j], thinness, column.n_samples)
        mutual_info[j], std_error[j], is_thin[j] = corrected.mutual_info, corrected.std_error, corrected.is_thin
    return is_thin


def warn_of_thin_tables(names, n_tables):
    """Warn of estimates, called by what they are of, of which much rests on the correction for thin cells."""
    if names:
        warn(
            f"{len(names)} of {n_tables} tables ({listed(names)}) hold so few rows per cell that permuted rows would "
            "show a good part of the information: it was subtracted, and what is left is uncertain (see std_error); "
            "merge rare levels, or pass more rows",
            UnreliableEstimateWarning,
        )
