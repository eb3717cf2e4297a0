"""Kernels of single columns, as energies: -log K(x, x') times the squared bandwidth h, whose mean over all pairs is 1.

The product of the kernels of all columns is then exp(-E / h^2), where E is the sum of their energies. The pairs are
those of the fitted rows with their weights, rows with themselves included.
"""

from typing import NamedTuple

import numpy as np

from skib._columns import as_keys, distinct, few_levels, require_like_keys

# Standard deviations from which on a row is equally far from all landmarks: their energies, and those of any bandwidth
# that is allowed, are finite.
_FAR = 1e50


class GaussianEnergy(NamedTuple):
    """(x - x')^2 / 2 sigma^2: a Gaussian kernel of standard deviation h sigma."""

    name = "gaussian"
    origin: object  # smallest value, from which dates are counted
    sigma: float

    def codes(self, column):
        """Return values as float64 numbers since the origin."""
        return np.clip(_numbers(column, self.origin), -_FAR * self.sigma, _FAR * self.sigma)

    def energies(self, codes, landmarks):
        """Return the energy of each pair of a row and a landmark, given by their codes."""
        return ((codes[:, None] - landmarks) / (np.sqrt(2) * self.sigma)) ** 2

    def bandwidth(self, h):
        """Return the standard deviation of the kernel."""
        return h * self.sigma


class OrderedEnergy(NamedTuple):
    """|i - j| of the ranks of levels, in units of its mean: the kernel nu^|i - j| of Li and Racine."""

    name = "ordered"
    levels: object  # in ascending order: numbers, or a dict of the rank of each category
    mean: float

    def codes(self, column):
        """Return the ranks of values; those between two levels have a fraction."""
        if isinstance(self.levels, dict):
            return _looked_up(column, self.levels)
        return np.interp(_numbers(column, self.levels[0]), _since(self.levels, self.levels[0]), range(len(self.levels)))

    def energies(self, codes, landmarks):
        """Return the energy of each pair; a category that was not there at fit is equally far from all."""
        return np.nan_to_num(np.abs(codes[:, None] - landmarks) / self.mean)

    def bandwidth(self, h):
        """Return nu, the kernel of neighboring levels."""
        return float(np.exp(-1 / (h**2 * self.mean)))


class NominalEnergy(NamedTuple):
    """Whether x and x' differ, in units of the share of pairs that do: the kernel of Aitchison and Aitken."""

    name = "nominal"
    levels: dict
    mean: float

    def codes(self, column):
        """Return the codes of values; NaN for a value that was not there at fit."""
        return _looked_up(column, self.levels)

    def energies(self, codes, landmarks):
        """Return the energy of each pair."""
        return (codes[:, None] != landmarks) / self.mean

    def bandwidth(self, h):
        """Return lambda, the probability of any other level."""
        others = (len(self.levels) - 1) * np.exp(-1 / (h**2 * self.mean))
        return float(others / (1 + others))


def energy_of(column, weights):
    """Return the energy of a column for its rows with these weights, of sum 1; None if it is constant.

    Numbers and dates are Gaussian, or ordered if they take few levels; categories are nominal, or ordered if their
    type has an order.
    """
    values, rows = column.values[weights > 0], weights[weights > 0]
    levels, codes = distinct(values)
    if len(levels) == 1:
        return None
    shares = np.bincount(codes, rows)
    if column.kind == "category" and column.order is None:
        keys = sorted(as_keys(levels), key=repr)  # in an order that does not depend on that of the rows
        return NominalEnergy({key: i for i, key in enumerate(keys)}, float(shares @ (1 - shares)))
    if column.kind == "category":
        ranks = {key: float(rank) for rank, key in enumerate(as_keys(np.array(column.order, object)))}
        return OrderedEnergy(ranks, _mean_distance(np.array([ranks[key] for key in as_keys(levels)]), shares))
    if few_levels(values):
        return OrderedEnergy(levels, _mean_distance(np.arange(len(levels)), shares))
    numbers = _since(values, levels[0])
    largest = numbers.max()  # divided first, so that squares neither overflow nor vanish
    deviations = numbers / largest - rows @ (numbers / largest)
    return GaussianEnergy(levels[0], float(largest * np.sqrt(rows @ deviations**2)))


def _mean_distance(ranks, shares):
    return float(shares @ np.abs(ranks[:, None] - ranks) @ shares)


def _since(values, origin):
    """Return numbers, dates and durations as float64 numbers since the origin."""
    if values.dtype.kind in "mM":
        return (values - origin) / np.timedelta64(1, "s")
    if values.dtype.kind == "f":
        return values - np.float64(origin)
    # Modulo 2^64, so that neither the last bit is lost, nor a difference overflows.
    above = values.astype(np.uint64) - np.uint64(int(origin) % 2**64)
    return np.where(values < origin, -(-above).astype(np.float64), above.astype(np.float64))


def _numbers(column, origin):
    """Return the values of a column of numbers or dates, which must be of the kind that was fitted."""
    if column.kind != {"M": "date", "m": "duration"}.get(np.asarray(origin).dtype.kind, "number"):
        raise ValueError(f"{column.where} holds a {column.kind} per row, which it did not when it was fitted")
    return _since(column.values, origin)


def _looked_up(column, levels):
    found, codes = distinct(column.values)
    keys = as_keys(found)
    require_like_keys(column.where, keys, levels)
    return np.array([levels.get(key, np.nan) for key in keys])[codes]
