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
    codes: np.ndarray  # of the landmarks, shape (n_landmarks, n_varying)
    log_weights: np.ndarray

    def codes_of(self, columns):
        """Return the codes of rows, one column for each column that varies."""
        return _codes(self.energies, columns)

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
        varying = [energy for energy in self.energies if energy is not None]
        for energy, column, landmarks in zip(varying, codes.T, self.codes.T, strict=True):
            total += energy.energies(column, landmarks)
        return total


def places_of(columns, weights, n_landmarks, generator):
    """Return the Places of a table, and the codes of its rows. Equal rows are one place of their common weight."""
    energies = [energy_of(column, weights) for column in columns]
    codes, rows = _codes(energies, columns), drawn(np.flatnonzero(weights), n_landmarks, generator)
    _, first, place_of = np.unique(codes[rows], axis=0, return_index=True, return_inverse=True)
    sums = np.bincount(place_of.ravel(), weights[rows])
    return Places(rows[first], energies, codes[rows[first]], np.log(sums)), codes


def drawn(rows, most, generator):
    """Return all rows, or so many of them at random, in their order."""
    return rows if len(rows) <= most else np.sort(generator.choice(rows, most, replace=False))


def _codes(energies, columns):
    varying = [(energy, column) for energy, column in zip(energies, columns, strict=True) if energy is not None]
    parts = [energy.codes(column) for energy, column in varying]
    return np.column_stack([np.empty((len(columns[0].values), 0)), *parts])


def _conditional(energies, log_weights, bandwidth):
    return softmax(log_weights - energies / bandwidth**2, axis=1)
