"""Columns put on a scale of their own before distances are taken, and columns sorted for the planar kernels."""

from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from skib._kernels.planar_neighbors import bucket_table


class SortedColumn(NamedTuple):
    """One column on its scale, sorted."""

    values: np.ndarray  # ascending
    order: np.ndarray  # row of each value
    rank: np.ndarray  # place of each row, int32
    table: np.ndarray  # see bucket_table
    tied: bool

    def tied_rows(self):
        """Which rows share their value with another row; in order of rows."""
        return is_tied(self.values)[self.rank]


def transform_marginals(x, marginals):
    """Columns of x on the scale named by `marginals`: normal scores of their ranks, standardised, or as they are."""
    if marginals is None:
        return x
    return np.column_stack([_scaled_sorted(column, marginals) for column in x.T])


def sort_column(column, marginals, scores_of=None):
    """Sort one column and put it on its scale; `scores_of`: any sorted column of as many distinct values."""
    order = np.argsort(column)
    values = column[order]
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    tied = bool((values[1:] == values[:-1]).any())
    if marginals == "rank" and scores_of is not None and not tied and not scores_of.tied:
        return SortedColumn(
            scores_of.values, order, rank, scores_of.table, tied
        )  # distinct values have the same scores in every column
    values = _on_scale(values, marginals)
    return SortedColumn(values, order, rank, bucket_table(values), tied)


def is_tied(values):
    """Which of some sorted values occur more than once."""
    same = values[1:] == values[:-1]
    return np.r_[False, same] | np.r_[same, False]


def tied_rows(x):
    """Which rows share the value of some column with another row."""
    tied = np.zeros(len(x), bool)
    for column in x.T:
        values = np.sort(column)  # several times as fast as argsort, and mostly enough
        # A constant column ties nothing: it is not there.
        if values[0] != values[-1] and (values[1:] == values[:-1]).any():
            tied[np.argsort(column)] |= is_tied(values)
    return tied


def _scaled_sorted(column, marginals):
    order = np.argsort(column)
    scores = np.empty(len(column))
    scores[order] = _on_scale(column[order], marginals)
    return scores


def _on_scale(values, marginals):
    """Sorted values on their scale, which keeps them sorted."""
    if marginals == "rank":
        return normal_scores(values)
    return _standardised(values) if marginals == "standard" else values


def normal_scores(values):
    """Normal quantiles at rank / (n + 1) of sorted values; equal values share the mean of their ranks."""
    n = len(values)
    first = np.flatnonzero(np.r_[True, values[1:] != values[:-1]])
    size = np.diff(np.r_[first, n])
    return np.repeat(ndtri((first + (size + 1) / 2) / (n + 1)), size)


def _standardised(values):
    # Halved, the differences of the largest floats do not overflow; centred before scaled, offsets cost no digits.
    centred = 0.5 * values - 0.5 * values[len(values) // 2]
    largest = np.abs(centred).max()
    centred = centred / largest if largest > 0 else centred
    spread = centred.std()
    return (centred - centred.mean()) / spread if spread > 0 else np.zeros(len(values))
