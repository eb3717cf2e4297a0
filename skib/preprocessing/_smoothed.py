"""Kernel density estimates of one column: distribution function, its inverse, and density."""

from typing import NamedTuple

import numpy as np
from scipy.special import binom

from skib._kernels.smooth_steps import moments_before, places_of_levels, sums_on_both_sides

# The kernel is proportional to sum_j |u|^j / j! exp(-|u|) up to this power: with four it is nearly Gaussian.
_ORDER = 4
# Standard deviation of the kernel in units of u: its variance is (order + 2) (order + 3) / 3.
_UNIT = np.sqrt((_ORDER + 2) * (_ORDER + 3) / 3)
# The kernel is 1 / (2 (order + 1)) of the sum of the moments; its integral beyond u adds up what remains of each power.
_DENSITY = np.full(_ORDER + 1, 0.5 / (_ORDER + 1))
_TAIL = np.arange(_ORDER + 1, 0, -1) * _DENSITY[0]
# Integral of the squared kernel of unit variance (that of a Gaussian is 0.282).
_POWERS = np.arange(_ORDER + 1)
_SUMS = _POWERS + _POWERS[:, None]
_ROUGHNESS = 2 * _UNIT * _DENSITY[0] ** 2 * np.sum(binom(_SUMS, _POWERS) / 2.0 ** (_SUMS + 1))


class Smoothed(NamedTuple):
    """The mean of one kernel at each of the points, weighted by their masses, which sum to 1."""

    points: np.ndarray  # distinct, ascending
    masses: np.ndarray
    bandwidth: float  # standard deviation of the kernel

    def distribution(self, places):
        """Return the distribution function at places."""
        n_before = np.searchsorted(self.points, places, side="right")
        low, high = self._sums(places, n_before, _TAIL)
        return self._masses_before()[n_before] - low + high

    def density(self, places):
        """Return the density at places."""
        low, high = self._sums(places, np.searchsorted(self.points, places, side="right"), _DENSITY)
        return (low + high) / self._width

    def density_std_error(self, density, n_samples):
        """Return the standard error of such densities, estimated from independent rows."""
        return np.sqrt(density * _ROUGHNESS / (n_samples * self.bandwidth))

    def quantiles(self, levels):
        """Return the places where the distribution function is `levels`; outside of the points, the nearest point."""
        at_points = self.distribution(self.points)
        levels = np.clip(levels, at_points[0], at_points[-1])
        n_before = np.clip(np.searchsorted(at_points, levels, side="right"), 1, len(self.points) - 1)
        sums = *self._moments(), self._width, _TAIL
        places = places_of_levels(levels, n_before, self.points, self._masses_before(), *sums)
        places = np.where(levels <= at_points[0], self.points[0], places)
        return np.where(levels >= at_points[-1], self.points[-1], places)

    @property
    def _width(self):
        return self.bandwidth / _UNIT

    def _sums(self, places, n_before, factors):
        return sums_on_both_sides(places, n_before, self.points, *self._moments(), self._width, factors)

    def _moments(self):
        before = moments_before(self.points, self.masses, self._width, _ORDER)
        after = moments_before(-self.points[::-1], self.masses[::-1], self._width, _ORDER)
        return before, after[::-1]

    def _masses_before(self):
        return np.concatenate([[0.0], np.cumsum(self.masses)])


def smoothed(values, bandwidth):
    """Return the density estimate of values, of which some may be equal."""
    points, counts = np.unique(values, return_counts=True)
    return Smoothed(points, counts / len(values), bandwidth)
