"""Coders of columns that are read in parts: values, or bins of numbers, as whole numbers from 0."""

from typing import Any, NamedTuple

import numpy as np

from skib._columns import quantile_edges, words_among_numbers
from skib._kernels.quantile_codes import bin_codes
from skib.feature_selection._summaries import as_numbers, offsets_of


class LevelCoder(NamedTuple):
    """One code per value that occurs."""

    levels: Any  # Index of pandas
    n_values: int  # with the code of missing values, if there are any
    low: int | None = None  # the levels are offsets from it, if float64 rounds them

    def codes(self, column):
        """Return the codes of an IncompleteColumn."""
        values = column.values if column.kind == "category" else _numbers(column, self.low)
        return _spread(self.levels.get_indexer(values), column.complete, len(self.levels))


class BinCoder(NamedTuple):
    """One code per bin; a value equal to a cut belongs to the bin above it."""

    cuts: np.ndarray
    n_values: int
    low: int | None = None  # likewise

    def codes(self, column):
        """Return the codes of an IncompleteColumn."""
        n_cuts = np.array([len(self.cuts)])
        starts = np.full((1, -(-max(len(self.cuts), 1) // 4) * 4), np.inf)
        starts[0, : len(self.cuts)] = self.cuts
        bins = np.empty((1, len(column.values)), np.uint16)
        bin_codes(_numbers(column, self.low).astype(np.float64)[None], starts, n_cuts, bins, np.empty(1, np.int64))
        return _spread(bins[0], column.complete, len(self.cuts) + 1)


def _numbers(column, low):
    return as_numbers(column) if low is None else offsets_of(column, low)


def _spread(codes, complete, of_missing):
    spread = np.full(len(complete), of_missing, np.uint16)
    spread[complete] = codes
    return spread


def coder_of(summary, n_bins):
    """Return the coder of a column: of classes by their values, of numbers by quantile bins of the sample."""
    extra = int(summary.n_missing > 0)
    low = int(summary.low) if summary.is_wide and summary.is_whole else None
    if holds_classes(summary):
        from pandas import Index

        if summary.kind == "category":
            return LevelCoder(Index(list(summary.levels), dtype=object), len(summary.levels) + extra)
        levels = np.array(sorted(int(level) - low if low is not None else float(level) for level in summary.levels))
        levels = levels.astype(np.float64 if low is None else np.uint64)
        return LevelCoder(Index(levels), len(levels) + extra, low)
    sample = summary.sample if low is None else [int(value) - low for value in summary.sample]
    cuts = quantile_edges(np.array(sample, np.float64), n_bins)[1:-1]
    return BinCoder(cuts, len(cuts) + 1 + extra, low)


def holds_classes(summary):
    """Whether a column is counted by its values."""
    if summary.kind in ("category", None):
        return True
    return summary.levels is not None and len(summary.levels) <= max(2.0, np.sqrt(summary.n_samples))


def why_left_out(summary):
    """Return why a column cannot be ranked; None if it can."""
    n_known = summary.n_samples - summary.n_missing
    if n_known == 0:
        return "all values are missing"
    if summary.levels is not None and len(summary.levels) == 1 and not summary.n_missing:
        return "constant"
    if summary.kind == "category":
        if summary.levels is None:
            return "more values than are counted: text or identifiers"
        single = sum(count == 1 for count in summary.levels.values())
        return _of_single_values(summary) if 2 * single > n_known else None
    return "identifiers: whole numbers of which no two are equal" if _numbers_rows(summary, n_known) else None


def _of_single_values(summary):
    """Return the reason to leave out text of which most values occur once: a word among numbers, or identifiers."""
    words = words_among_numbers(list(summary.levels))
    if not words:
        return "identifiers: most values occur once"
    return f"numbers, but words among them as well (first {str(words[0])!r}); make missing values of the words"


def _numbers_rows(summary, n_known):
    """Whether a column holds as many distinct whole numbers as their range has, one per row."""
    if not summary.is_whole or summary.kind != "number" or holds_classes(summary):
        return False
    return summary.high - summary.low < 2 * n_known and len(np.unique(summary.sample)) == len(summary.sample)
