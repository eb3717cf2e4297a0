r"""Two columns: nearest neighbors, and fewer of them where the estimate drifts with their number.

An estimate with k neighbors smooths the density over balls of k rows. Where that loses information, it falls with k: by
:math:`c \sqrt{k / n}` for densities with edges, in proportion to k / n or faster for smooth ones. The drift is seen
without knowing the truth, and the estimate extrapolated to k = 0 along the power of k that it follows.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq

from skib._neighbors import planar_ladder

N_NEIGHBORS = 5
# Numbers of neighbors that every pair of columns is looked at with, and those that drifting pairs are.
_LOOK = np.array([2, N_NEIGHBORS])
_LADDER = np.array([1, 2, 3, N_NEIGHBORS, 10, 20])
# One row of so many is looked at: nearly free, and so far apart that their terms hardly depend on each other.
_STEP = 4
# Standard errors of either drift, from 2 neighbors and to twice the radius, beyond which a pair is looked at closely:
# 1 of 40 smooth pairs. In tails, where balls are wide, the second is slightly negative.
_FIRST_LOOK = 2.5, 1.75
# The same of all rows, whose terms depend on those of their neighbors: nominal errors are too small by a third.
_DRIFT, _EDGE_DRIFT, _SURE_DRIFT, _LONE_DRIFT = 4.0, 4.5, 5.0, 7.0
# The bias of 5 neighbors at edges, by the drift from their ball to that of twice the radius: 1.4 times as measured.
_BIAS_OF_DRIFT = 1.5
# Standard error of an extrapolated estimate, by the drift from one neighbor to 5: candidates may agree by chance.
_SHARE_OF_DRIFT = 0.25
# Fewest rows whose drift is looked at, and among which 20 neighbors are few.
_FEWEST_ROWS, _ENOUGH_ROWS = 100, 1000
# The lowest power of k along which estimates are extrapolated: that of edges. Lower ones amount to guessing.
_LOWEST_POWER, _HIGHEST_POWER = 0.5, 4.0
# Beyond this ratio of the steps from 5 to 10 and to 20 neighbors the drift slows down: with 10 the structure is lost.
_LOST = 1.0
# The ratio of the same steps where the drift is linear in k.
_LINEAR = 0.5
# Share of the rows below which 20 exp(I) of them must be for the drift to be that of edges, unless it is too steep by
# so many standard errors. A ball of k rows is wide as the conditional density is where k exp(I) rows are all.
_RESOLVED, _STEEP = 0.05, 2.0


class NeighborEstimate(NamedTuple):
    """Estimate from neighbors, and what its drift with their number tells."""

    terms: np.ndarray  # pointwise, in the order of the rows
    bias: float  # standard error that stands for the bias
    neighbors: float  # with 5 neighbors
    nearest: float | None = None  # with one neighbor, if the estimate was extrapolated
    unresolved: bool = False  # whether the estimate drifts even from 5 neighbors to one


def neighbor_estimate(source, target, psi):
    """Estimate the information of two sorted columns without ties from their nearest neighbors.

    Parameters
    ----------
    source, target : SortedColumn
        The columns.
    psi : ndarray
        The ``digamma_table`` of the number of rows.

    Returns
    -------
    estimate : NeighborEstimate
        Its terms are those of 5 neighbors, unless they drift.
    """
    n_samples = len(source.values)
    if n_samples < _FEWEST_ROWS:
        ladder = planar_ladder(source, target, _LOOK[1:], psi)
        terms = ladder.in_rows(ladder.terms(0))
        return NeighborEstimate(terms, 0.0, float(terms.mean()))
    ladder = planar_ladder(source, target, _LOOK, psi, step=_STEP)
    places = ladder.terms(1)
    looked = places[ladder.looked]
    fine, coarse = _Mean(ladder.terms(0, ladder.looked) - looked), _Mean(looked - ladder.terms_of_twice())
    terms = ladder.in_rows(places)
    if fine.z > _FIRST_LOOK[0] or coarse.z > _FIRST_LOOK[1]:
        extrapolated = _extrapolated(_Ladder(planar_ladder(source, target, _LADDER, psi), terms))
        if extrapolated is not None:
            return extrapolated
    drift = np.sqrt(max(coarse.value**2 - coarse.error**2, 0.0)) if coarse.value > 0 else 0.0
    return NeighborEstimate(terms, float(_BIAS_OF_DRIFT * drift), float(terms.mean()))


class _Mean:
    """The mean of some terms, its nominal standard error, and their ratio."""

    def __init__(self, terms):
        self.value, self.error = np.mean(terms), np.std(terms) / np.sqrt(len(terms))
        self.z = self.value / self.error if self.error > 0 else 0.0


class _Ladder:
    """The estimates with the numbers of neighbors in `_LADDER`, computed as they are asked for; that of 5 is known."""

    def __init__(self, ladder, known):
        ranks = _LADDER.tolist()
        self.terms = cache(lambda k: known if k == N_NEIGHBORS else ladder.in_rows(ladder.terms(ranks.index(k))))
        self.mean = cache(lambda k: float(self.terms(k).mean()))
        self.n_samples = len(ladder.rows)

    def drift(self, few, many):
        """Return the drift between two numbers of neighbors, in standard errors."""
        return _Mean(self.terms(few) - self.terms(many)).z

    def steepness(self):
        """Return by how many standard errors the drift from 5 to 10 to 20 neighbors is steeper than the root of k."""
        first, second = self.terms(5) - self.terms(10), self.terms(10) - self.terms(20)
        return -_Mean(first - np.sqrt(0.5) * second).z

    def extrapolated(self, *ranks):
        """Return the terms extrapolated to k = 0 from three numbers of neighbors."""
        few, many = self.terms(ranks[0]), self.terms(ranks[2])
        return few + _factor([self.mean(k) for k in ranks], ranks) * (few - many)


def _extrapolated(ladder):
    """Return the estimate extrapolated to k = 0, or None if it does not drift enough."""
    wide, fine = ladder.drift(5, 20), ladder.drift(2, 10)
    steps = ladder.mean(5) - ladder.mean(10), ladder.mean(10) - ladder.mean(20)
    is_fine = fine > _DRIFT and (wide > _SURE_DRIFT or max(fine, ladder.drift(1, 5)) > _LONE_DRIFT)
    resolved = 20 * np.exp(ladder.mean(5)) < _RESOLVED * ladder.n_samples
    # Fine structure drifts along some power of k; along the root, 5 and 20 neighbors are less noisy than 1 and 2.
    flattest = -_STEEP if is_fine else -np.inf
    along_root = resolved and wide > _EDGE_DRIFT and flattest < ladder.steepness() < _STEEP
    if is_fine and not along_root:
        return _finely_extrapolated(ladder, lost=steps[0] > _LOST * steps[1])
    if along_root:
        terms = 2 * ladder.terms(5) - ladder.terms(20)
    elif wide > _SURE_DRIFT and steps[0] > _LINEAR * steps[1] and ladder.n_samples >= _ENOUGH_ROWS:
        terms = ladder.extrapolated(5, 10, 20)
    else:
        return None
    neighbors = ladder.mean(5)
    return NeighborEstimate(terms, float(0.5 * abs(terms.mean() - neighbors)), neighbors, ladder.mean(1))


def _finely_extrapolated(ladder, lost):
    """Return the estimate from 1 to 10 neighbors; `lost` says that with 10 the structure is lost."""
    candidates = [ladder.extrapolated(2, 5, 10), ladder.extrapolated(1, 3, 10), ladder.terms(1)]
    values = [candidate.mean() for candidate in candidates]
    terms = candidates[1] if lost else 0.5 * (candidates[0] + candidates[2])
    nearest, neighbors = ladder.mean(1), ladder.mean(5)
    bias = np.hypot(0.5 * (max(values) - min(values)), _SHARE_OF_DRIFT * (nearest - neighbors))
    return NeighborEstimate(terms, float(bias), neighbors, nearest, bool(ladder.drift(1, 5) > _DRIFT))


def _factor(means, ranks):
    """Return the multiple of the drift from the first to the last number of neighbors that leads from the first to 0.

    The ratio of the two steps between estimates I - C k^p with a, b and c neighbors gives p, and
    :math:`I = I_a + (I_a - I_c) a^p / (c^p - a^p)`.
    """
    a, b, c = map(float, ranks)
    first, second = means[0] - means[1], means[1] - means[2]
    if not (first > 0 and second > 0):
        return 0.0

    def excess(p):
        return (b**p - a**p) / (c**p - b**p) - first / second

    if excess(_HIGHEST_POWER) >= 0:
        power = _HIGHEST_POWER
    elif excess(_LOWEST_POWER) <= 0:
        power = _LOWEST_POWER
    else:
        power = brentq(excess, _LOWEST_POWER, _HIGHEST_POWER)
    return a**power / (c**power - a**power)
