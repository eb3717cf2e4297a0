"""Weights of rows: which of them are counts, and the terms of their sums."""

from typing import NamedTuple

import numpy as np

from skib.feature_selection._joint import CountTerms, WeightTerms

# Whole numbers of up to this mean count as repeated rows.
_MOST_REPEATED = 64


class RowWeights(NamedTuple):
    """What is known of positive weights of rows."""

    n_samples: int
    total: float
    squares: float  # sum of (weight / largest)^2
    smallest: float
    largest: float
    are_whole: bool

    @property
    def n_effective(self):
        """(sum of weights)^2 / sum of their squares: the rows, if all weights are equal."""
        return float((self.total / self.largest) ** 2 / self.squares)

    @property
    def are_equal(self):
        """Whether weights make no difference."""
        return self.smallest == self.largest

    @property
    def are_counts(self):
        """Whether rows of such weights are rows that are repeated."""
        return self.are_whole and self.total <= _MOST_REPEATED * self.n_samples

    @property
    def dtype(self):
        """The type of sums of weights."""
        return np.int64 if self.are_equal or self.are_counts else np.float64

    def terms(self, *, most_looked_up=np.inf):
        """Return the terms of sums of weights, exact if these are whole numbers or all equal.

        Those of counts are looked up, unless there are more rows than `most_looked_up`.
        """
        if self.dtype == np.float64:
            return WeightTerms(self.total / self.largest)
        total = self.n_samples if self.are_equal else int(self.total)
        return CountTerms(total, with_lookup=total <= most_looked_up)

    def scaled(self, weights):
        """Return weights in the units of the terms; None if all are equal."""
        if self.are_equal:
            return None
        return weights.astype(np.int64) if self.are_counts else weights / self.largest


def weights_of_rows(weights, n_samples):
    """Return what is known of some weights, of which None are ones."""
    if weights is None:
        return RowWeights(n_samples, float(n_samples), float(n_samples), 1.0, 1.0, True)
    largest = float(weights.max())
    return RowWeights(
        len(weights),
        float(weights.sum()),
        float(np.sum((weights / largest) ** 2)),
        float(weights.min()),
        largest,
        bool((weights == np.rint(weights)).all()),
    )


def joined(parts):
    """Return what is known of the weights of several parts of the rows."""
    largest = max(part.largest for part in parts)
    return RowWeights(
        sum(part.n_samples for part in parts),
        sum(part.total for part in parts),
        sum(part.squares * (part.largest / largest) ** 2 for part in parts),
        min(part.smallest for part in parts),
        largest,
        all(part.are_whole for part in parts),
    )
