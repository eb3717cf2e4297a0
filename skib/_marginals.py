"""Columns scaled one by one before distances are taken, and columns sorted for the planar kernels."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from skib._kernels.planar_neighbors import bucket_table
from skib._warnings import UnreliableEstimateWarning, warn

# Farther than any two scaled numbers: categories are no nearer to each other than the ends of a numeric column.
_FAR = 1e300
# Rows from which counting sorts of 16 bits beat a sort by comparison, unless more than a share of those in a sample are
# equal or nearly so; and rows of single precision among which some are mostly equal.
_MANY_ROWS, _SAMPLE, _FEW_NEAR, _MANY_SINGLE = 2000, 500, 0.01, 8000
# Rows up to which tables that depend on their number alone are kept for the next estimate.
KEPT_ROWS = 20_000
# Ties that remove more than this share of the variance of normal scores are atoms, not rounding.
_TIED_VARIANCE = 0.01


class SortedColumn(NamedTuple):
    """One scaled column, sorted."""

    values: np.ndarray  # ascending
    order: np.ndarray  # row of each value
    rank: np.ndarray  # place of each row, int32
    table: np.ndarray  # see bucket_table
    tied: bool

    @property
    def constant(self):
        """Whether all values are one."""
        return self.values[0] == self.values[-1]

    def by_row(self):
        """Return the scaled values in the order of the rows."""
        return self.values[self.rank]

    def permuted(self, order):
        """Return the column with its rows in another order."""
        rank = self.rank[order]
        rows = np.empty(len(rank), np.intp)
        rows[rank] = np.arange(len(rank))
        return self._replace(order=rows, rank=rank)


def transform_marginals(x, marginals):
    """Scale every column of x: to normal scores of its ranks ("rank"), to unit variance ("standard"), or not (None)."""
    if marginals is None:
        return x
    scaled = np.empty(x.shape)
    _transform(x.T, scaled.T, marginals)
    return scaled


def normal_score_rows(columns):
    """Return the normal scores of the ranks of some columns, each of which is a row of the result."""
    scores = np.empty((len(columns), len(columns[0])))
    _transform(columns, scores, "rank")
    return scores


def _transform(columns, scaled, marginals):
    """Write some columns as ``transform_marginals`` scales them to the rows of an array."""
    untied_scores = None
    for column, out in zip(columns, scaled, strict=True):
        order, values, tied = _sorted(column)
        if marginals != "rank" or tied:
            out[order] = _scaled(values, marginals)
            continue
        if untied_scores is None:  # those of every column without ties
            untied_scores = normal_scores(values)
        out[order] = untied_scores


def mixed_coordinates(values, nominal, marginals):
    """Scale the numeric columns of `values`, and put the codes of nominal ones at corners of a very large cube.

    Under the maximum norm, different codes are then equally far apart, and farther than any two numbers.
    """
    columns = [
        _corners(values[:, j]) if nominal[j] else transform_marginals(values[:, [j]], marginals)
        for j in range(values.shape[1])
    ]
    return np.hstack([np.empty((len(values), 0)), *columns])


def sort_column(column, marginals, scores_of=None):
    """Scale and sort one column; `scores_of` may be a sorted column of as many rows whose scores are reused."""
    order, values, tied = _sorted(column)
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    if marginals == "rank" and not tied:  # distinct values have the same scores in every column
        shared = scores_of is not None and not scores_of.tied
        scores, table = (scores_of.values, scores_of.table) if shared else _untied_scores(len(column))
        return SortedColumn(scores, order, rank, table, tied)
    values = _scaled(values, marginals)
    return SortedColumn(values, order, rank, bucket_table(values), tied)


def _untied_scores(n_samples):
    """Return the normal scores of distinct values, and their ``bucket_table``."""
    return _kept_scores(n_samples) if n_samples <= KEPT_ROWS else _kept_scores.__wrapped__(n_samples)


@lru_cache(maxsize=4)
def _kept_scores(n_samples):
    scores = normal_scores(np.arange(n_samples))
    return scores, bucket_table(scores)


def _sorted(column):
    """Return the order of ``np.argsort``, the sorted values, and whether any are equal."""
    order = _order_by_counting(column) if len(column) >= _MANY_ROWS else None
    if order is not None:
        values = column[order]
        if (values[1:] <= values[:-1]).any():
            order = order[np.argsort(values, kind="stable")]  # merges its runs
            values = column[order]
        if (values[1:] > values[:-1]).all():
            return order, values, False
    order = np.argsort(column)  # equal values stand in its order
    values = column[order]
    return order, values, bool((values[1:] == values[:-1]).any())


@np.errstate(all="ignore")  # the range may be too large or too small for a quotient
def _order_by_counting(column):
    """Return an order that sorts a column up to differences below 2^-32 of its range; None if a sample has many such.

    numpy counts integers of 16 bits, and is stable: the upper half of 32 bits is sorted after the lower one.
    """
    sample = np.sort(column[:: len(column) // _SAMPLE])
    low = column.min()
    per_unit = (2**32 - 1) / (column.max() - low)
    near = (sample[1:] - sample[:-1]) * (per_unit * len(sample) / len(column)) <= 1
    single = len(column) >= _MANY_SINGLE and (sample == sample.astype(np.float32)).all()
    if single or np.count_nonzero(near) > _FEW_NEAR * len(sample):
        return None
    keys = ((column - low) * per_unit).astype(np.uint32)
    order = np.argsort(keys.astype(np.uint16), kind="stable")
    return order[np.argsort((keys >> 16).astype(np.uint16)[order], kind="stable")]


def sort_columns(columns, marginals):
    """Scale and sort some columns; on the scale of ranks those without ties share their scores."""
    found, scores_of = [], None
    for column in columns:
        found.append(sort_column(column, marginals, scores_of))
        if scores_of is None and not found[-1].tied:
            scores_of = found[-1]
    return found


def is_tied(values):
    """Mark the sorted values that occur more than once."""
    same = values[1:] == values[:-1]
    return np.r_[False, same] | np.r_[same, False]


def tied_rows(x):
    """Mark the rows that share the value of some column with another row."""
    tied = np.zeros(len(x), bool)
    for column in x.T:
        values = np.sort(column)  # several times as fast as argsort, and mostly enough
        # A constant column adds nothing to any distance, so its ties do not count.
        if values[0] != values[-1] and (values[1:] == values[:-1]).any():
            tied[np.argsort(column)] |= is_tied(values)
    return tied


def normal_scores(values):
    """Return the normal quantiles at rank / (n + 1) of sorted values; equal values share the mean of their ranks.

    Those of the upper half are those of the lower half with the other sign, to the last bit: distances, many of which
    are equal, are the same among the scores of -x, whose upper quantiles would else be rounded otherwise.
    """
    n = len(values)
    is_first = np.ones(n, bool)
    is_first[1:] = values[1:] != values[:-1]
    if is_first.all():
        lower = ndtri(np.arange(1, (n + 1) // 2 + 1) / (n + 1))
        return np.concatenate([lower, -lower[n // 2 - 1 :: -1]]) if n > 1 else lower
    first = np.flatnonzero(is_first)
    size = np.diff(first, append=n)
    ranks = first + (size + 1) / 2
    lower = ndtri(np.minimum(ranks, n + 1 - ranks) / (n + 1))
    return np.repeat(np.where(ranks > (n + 1) / 2, -lower, lower), size)


def warn_of_atoms(x, y):
    """Warn of columns of normal scores with so many ties that a Gaussian copula does not describe them."""
    warn_of_atom_columns(count_atoms(x) + count_atoms(y), x.shape[1] + y.shape[1])


def count_atoms(scores):
    """Count the columns of normal scores that ``are_atoms`` marks."""
    ones = np.ones(len(scores)) / len(scores)  # a product with it takes a fraction of the time of a mean of few columns
    return int(np.sum(are_atoms(ones @ scores**2 - (ones @ scores) ** 2, len(scores))))


def are_atoms(spread, n_samples):
    """Mark the columns that are not constant and whose normal scores ties leave a variance, `spread`, too small."""
    untied = ndtri(np.arange(1, n_samples + 1) / (n_samples + 1)).var()
    return (spread > 1e-12) & (spread < (1 - _TIED_VARIANCE) * untied)


def warn_of_atom_columns(n_atoms, n_columns):
    """Warn of so many columns of atoms, if there are any, among those of X and y."""
    if n_atoms:
        warn(
            f"{n_atoms} of {n_columns} columns of X and y have many equal values, which a Gaussian copula does "
            "not describe: the estimate may be too high or too low; use skib.mutual_info.MesnerShalizi",
            UnreliableEstimateWarning,
        )


def _scaled(values, marginals):
    """Scale sorted values; they remain sorted."""
    if marginals == "rank":
        return normal_scores(values)
    return _standardized(values) if marginals == "standard" else values


def _standardized(values):
    # Halved, differences of the largest floats do not overflow; centered before scaled, offsets cost no digits.
    centered = 0.5 * values - 0.5 * values[len(values) // 2]
    largest = np.abs(centered).max()
    centered = centered / largest if largest > 0 else centered
    spread = centered.std()
    return (centered - centered.mean()) / spread if spread > 0 else np.zeros(len(values))


def _corners(codes):
    """Return one corner of a cube, as a row of coordinates 0 or `_FAR`, for each code."""
    n_bits = int(codes.max()).bit_length()
    return _FAR * ((codes[:, None].astype(np.int64) >> np.arange(n_bits)) & 1)
