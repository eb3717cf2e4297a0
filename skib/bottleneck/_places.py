"""Places of a table: rows that stand for where other rows are, by a product of the kernels of its columns."""

from typing import NamedTuple

import numpy as np
from scipy.special import entr, softmax, xlogy

from skib._parallel import blocks
from skib.bottleneck._energies import energy_of

# Rows by which a bandwidth is chosen.
_MOST_ROWS = 500
# Cells of a block of energies: 16 MB.
_CELLS = 2**21
# The range of bandwidths, and how often its logarithm is halved: to a relative precision of 2e-5.
_RANGE, _N_HALVINGS = (1e-4, 1e4), 20
# Smoothed rows are rounded, so that the order of sums is without effect: rows of weight 2 are two rows.
_DECIMALS = 12
# Share of the largest possible information that a chosen bandwidth leaves at most.
LARGEST_SHARE = 0.9


class Places(NamedTuple):
    """Landmarks y, and the energies of the columns that vary."""

    rows: np.ndarray  # numbers of the fitted rows that are landmarks
    energies: list  # of each column; None for a constant one
    order: list  # the columns that vary, in an order that does not depend on where they stand
    codes: np.ndarray  # of the landmarks, shape (n_landmarks, n_varying), in that order
    log_weights: np.ndarray

    def codes_of(self, columns):
        """Return the codes of rows, one column for each column that varies."""
        return _codes(self.energies, columns, self.order)

    def smoothed(self, codes, bandwidth):
        """Return p(y|x) of rows of these codes, shape (n, n_landmarks)."""
        out = np.empty((len(codes), len(self.codes)))
        for part in blocks(len(codes), max(_CELLS // out.shape[1], 1)):
            out[part] = _conditional(self._summed(codes[part]), self.log_weights, bandwidth)
        return np.round(out, _DECIMALS, out=out)

    def information(self, conditional, weights):
        """Return I(X;Y) of smoothed rows of these weights, and the largest possible one, H(Y) of the landmarks."""
        margin, total = weights @ conditional, 0.0
        for part in blocks(len(conditional), max(_CELLS // len(margin), 1)):
            ratio = np.divide(conditional[part], margin, out=np.ones_like(conditional[part]), where=margin > 0)
            total += weights[part] @ xlogy(conditional[part], ratio).sum(axis=1)
        shares = softmax(self.log_weights)
        return float(total), float(entr(shares).sum())

    def neighborhoods(self, conditional):
        """Return the share of all weight that is near each smoothed row: exp of minus its divergence from p(y)."""
        out = np.empty(len(conditional))
        for part in blocks(len(out), max(_CELLS // conditional.shape[1], 1)):
            out[part] = np.exp(entr(conditional[part]).sum(axis=1) + conditional[part] @ self.log_weights)
        return out

    def informative_bandwidth(self, codes, weights, nats, generator):
        """Return the bandwidth at which rows have so many nats about the landmarks, or nearly all that they can."""
        rows = drawn(np.flatnonzero(weights), _MOST_ROWS, generator)
        energies, shares = self._summed(codes[rows]), weights[rows] / weights[rows].sum()

        def information(bandwidth):
            conditional = _conditional(energies, self.log_weights, bandwidth)
            return entr(shares @ conditional).sum() - shares @ entr(conditional).sum(axis=1)

        low, high = _RANGE
        nats = min(nats, LARGEST_SHARE * information(low))
        for _ in range(_N_HALVINGS):
            middle = np.sqrt(low * high)
            low, high = (middle, high) if information(middle) > nats else (low, middle)
        return float(np.sqrt(low * high))

    def _summed(self, codes):
        """Return the sum of the energies of all columns, of each row with each landmark."""
        total = np.zeros((len(codes), len(self.codes)))
        for j, column, landmarks in zip(self.order, codes.T, self.codes.T, strict=True):
            total += self.energies[j].energies(column, landmarks)
        return total


def places_of(columns, weights, n_landmarks, generator):
    """Return the Places of a table, and the codes of its rows. Equal rows are one place of their common weight."""
    energies = [energy_of(column, weights) for column in columns]
    varying = [j for j, energy in enumerate(energies) if energy is not None]
    codes, rows = _codes(energies, columns, varying), drawn(np.flatnonzero(weights), n_landmarks, generator)
    distinct = np.sort(np.unique(codes[rows], axis=0, return_index=True)[1])
    places = _sorted_columns([energies[j].name for j in varying], codes[rows[distinct]])
    codes, order = codes[:, places], [varying[i] for i in places]
    _, first, place_of = np.unique(codes[rows], axis=0, return_index=True, return_inverse=True)
    sums = np.bincount(place_of.ravel(), weights[rows])
    return Places(rows[first], energies, order, codes[rows[first]], np.log(sums)), codes


def drawn(rows, most, generator):
    """Return all rows, or so many of them at random, in their order."""
    return rows if len(rows) <= most else np.sort(generator.choice(rows, most, replace=False))


def _codes(energies, columns, order):
    parts = [energies[j].codes(columns[j]) for j in order]
    return np.column_stack([np.empty((len(columns[0].values), 0)), *parts])


def _sorted_columns(names, codes):
    """Return the columns in an order that follows from what they hold, so that their places change no result.

    It is that of their kinds, and of the ranks of their values, which no unit changes. Rows are first put into an
    order of their own, by their sorted ranks; as they come they are compared only where all else is equal.
    """
    ranks = [np.unique(column, return_inverse=True)[1] for column in codes.T]
    looks = np.unique(np.sort(np.array(ranks), axis=0), axis=1, return_inverse=True)[1].ravel() if ranks else None

    def key(j):
        by_look = np.lexsort((codes[:, j], looks))
        return names[j], ranks[j][by_look].tolist(), codes[by_look, j].tolist(), codes[:, j].tolist()

    return sorted(range(len(names)), key=key)


def _conditional(energies, log_weights, bandwidth):
    return softmax(log_weights - energies / bandwidth**2, axis=1)
