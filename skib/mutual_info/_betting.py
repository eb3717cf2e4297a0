"""Bets against a null hypothesis under which payoffs are symmetric about 0, and the payoffs of two kernels."""

from typing import NamedTuple

import numpy as np
from scipy.spatial.distance import cdist
from scipy.special import logsumexp

# Widths of the kernels in bandwidths, and shares of the wealth that are staked: of each combination one bettor.
_WIDTHS = np.array([1.0, 0.4])
_STAKES = np.array([0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
# Bandwidths are medians of the differences between so many rows and each of the rows at these distances from it.
_BANDWIDTH_ROWS, _LAGS = 200, (1, 2, 3, 4)


class Wealth:
    """The mean wealth of bettors, each of which stakes a constant share on payoffs of one width of the kernels."""

    def __init__(self):
        self._logs = np.zeros((len(_WIDTHS), len(_STAKES)))

    def bet(self, payoffs):
        """Bet on payoffs of shape (n_widths, n) in [-1, 1], one after the other; return the log of the mean wealth."""
        gains = np.log1p(_STAKES[None, :, None] * payoffs[:, None, :])
        paths = self._logs[:, :, None] + np.cumsum(gains, axis=2)
        self._logs = paths[:, :, -1]
        return logsumexp(paths, axis=(0, 1)) - np.log(self._logs.size)


class Distances(NamedTuple):
    """Squared distances to reference rows, in bandwidths and divided by the number of columns."""

    references: np.ndarray
    metric: str  # "sqeuclidean", or "hamming" for labels

    def to(self, rows):
        """Return the distances of rows to all references."""
        return cdist(rows, self.references, self.metric)


class Variable(NamedTuple):
    """References of one variable and its bandwidths."""

    distances: Distances
    unit: np.ndarray

    @classmethod
    def of(cls, rows, *, labels=False):
        """Take reference rows, of numbers or of labels of classes."""
        unit = np.ones(rows.shape[1]) if labels else _bandwidths(rows) * np.sqrt(rows.shape[1])
        return cls(Distances(rows / unit, "hamming" if labels else "sqeuclidean"), unit)

    def kernel(self, rows):
        """Return exp(-d / 2 w^2) for each width w, row and reference."""
        return np.exp(-0.5 * self.distances.to(rows / self.unit) / _WIDTHS[:, None, None] ** 2)


class PairWitness(NamedTuple):
    """The covariance of two kernels over the references, by which two rows are compared with the same two swapped."""

    x: Variable
    y: Variable

    def payoffs(self, x, y):
        """Return half the covariance of k(., x_1) - k(., x_2) and l(., y_1) - l(., y_2), for each pair of rows.

        Exchanging y_1 and y_2, which are equally likely to belong to x_1 under independence, changes the sign only.
        """
        k, q = self.x.kernel(x), self.y.kernel(y)
        a, b = k[:, ::2] - k[:, 1::2], q[:, ::2] - q[:, 1::2]
        return 0.5 * (np.mean(a * b, axis=2) - a.mean(axis=2) * b.mean(axis=2))


class DrawnWitness(NamedTuple):
    """The difference of two mean embeddings, of rows as they are and of rows whose x was drawn anew."""

    x: Variable
    drawn: Variable
    y: Variable
    y_means: np.ndarray  # of the kernel of y between each reference and the others, of shape (n_widths, n_references)
    given: Variable | None

    def payoffs(self, x, y, drawn, given):
        """Return what the witness is larger by at (x, y, z) than at (drawn x, y, z), of each row.

        The kernel of y is centered over the references: where x and the drawn x differ in distribution whatever y is,
        since they are drawn from another distribution than that of x, nothing is gained by it.
        """
        difference = self.x.kernel(x) - self.drawn.kernel(x) - self.x.kernel(drawn) + self.drawn.kernel(drawn)
        weight = self.y.kernel(y)
        centers = self.y_means - self.y_means.mean(axis=1, keepdims=True)
        weight -= weight.mean(axis=2, keepdims=True) + centers[:, None, :]
        if self.given is not None:
            weight *= self.given.kernel(given)
        return np.mean(difference * weight, axis=2)


def drawn_witness(x, y, drawn, given, labels):
    """Take reference rows, and those whose x was drawn anew, in the same units."""
    own = Variable.of(x)
    other = own._replace(distances=own.distances._replace(references=drawn / own.unit))
    target = Variable.of(y, labels=labels)
    means = target.kernel(y).mean(axis=1)
    return DrawnWitness(own, other, target, means, None if given is None else Variable.of(given))


def _bandwidths(rows):
    """Return for each column the median of the positive differences of rows, 1 for a constant column."""
    rows = rows[-_BANDWIDTH_ROWS:]
    differences = np.concatenate([np.abs(rows[lag:] - rows[:-lag]) for lag in _LAGS if lag < len(rows)])
    medians = np.median(differences, axis=0)
    for j in np.flatnonzero(medians == 0):
        positive = differences[differences[:, j] > 0, j]
        medians[j] = np.median(positive) if len(positive) else 1.0
    return medians
