r"""Two columns: nearest neighbors, and fewer of them where the estimate drifts with their number.

An estimate with k neighbors smooths the density over balls of k rows. Where that loses information, it falls with k: by
:math:`c \sqrt{k / n}` for densities with edges, in proportion to k / n or faster for smooth ones. The drift is seen
without knowing the truth, and the estimate extrapolated to k = 0 along the power of k that it follows.
"""

from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq

from skib._neighbors import Ladder

N_NEIGHBORS = 5
# Numbers of neighbors of all rows, those that show the drift, and what the strips of the search are made for.
_NEAR, _WIDE, _TYPICAL = [1, 2, 3, N_NEIGHBORS], [10, 20], 8
# One row of so many is looked at first: nearly free, and so far apart that their terms hardly depend on each other.
_FIRST_STEP = 4
# Standard errors of the drift from 2 neighbors to 5, and from there to 20, beyond which more rows are looked at, by how
# many of them have been: one of 4 (that of 1 in 20 smooth pairs), one of 2, all.
_LOOKS = {_FIRST_STEP: (2.5, 1.75), 2: (3.5, 3.0), 1: (0.0, 0.0)}
# The same of all rows, whose terms depend on those of their neighbors: nominal errors are too small by a third. They
# are less so of rows farther apart: by so much each time that half of the rows are left out.
_DRIFT, _EDGE_DRIFT, _SURE_DRIFT, _LONE_DRIFT = 4.0, 4.5, 5.0, 7.0
_FAR_APART = 1.1
# Standard error of an extrapolated estimate, by the drift from one neighbor to 5: candidates may agree by chance.
_SHARE_OF_DRIFT = 0.25
# Fewest rows whose drift is looked at, among which 20 neighbors are few, and of which a quarter is enough to decide.
_FEWEST_ROWS, _ENOUGH_ROWS, _MANY_ROWS = 100, 1000, 4000
# The lowest power of k along which estimates are extrapolated: that of edges. Lower ones amount to guessing.
_LOWEST_POWER, _HIGHEST_POWER = 0.5, 4.0
# Along the root of k, the drift from none to 5 neighbors by that from 10 to 20, which shares little of the noise of 5.
# The least noisy combination of 5, 10 and 20 neighbors hardly differs.
_OF_ROOT = np.sqrt(N_NEIGHBORS) / (np.sqrt(20) - np.sqrt(10))
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
    additive: bool = False  # whether the terms are those of additive noise


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
    near = _Near(source, target, psi)
    if near.n_samples < _FEWEST_ROWS:
        return NeighborEstimate(near.terms(N_NEIGHBORS), 0.0, near.mean(N_NEIGHBORS))
    drift, many = _Drift(near), near.n_samples >= _MANY_ROWS
    for step in _LOOKS if many else (_FIRST_STEP, 1):
        drift.look_at_every(step)
        if not drift.is_suspect():
            break
        found = _extrapolated(drift) if many or step == 1 else None
        if found is not None:
            return found
    wide = drift.between(5, 20)
    bias = np.sqrt(max(wide.value**2 - wide.error**2, 0.0)) if wide.value > 0 else 0.0
    return NeighborEstimate(near.terms(N_NEIGHBORS), float(bias), near.mean(N_NEIGHBORS))


class _Mean:
    """The mean of some terms, its nominal standard error, and their ratio."""

    def __init__(self, terms):
        self.value = terms.sum() / len(terms)
        self.error = np.sqrt(max(terms @ terms / len(terms) - self.value**2, 0.0) / len(terms))
        self.z = self.value / self.error if self.error > 0 else 0.0


class _Near:
    """The estimates with up to 5 neighbors, from all rows; what has been computed is kept."""

    def __init__(self, source, target, psi):
        self.n_samples = len(source.values)
        self.ladder = Ladder(source, target, psi, _TYPICAL)
        self.ladder.find(_NEAR if self.n_samples >= _FEWEST_ROWS else _NEAR[-1:])
        self.by_place, self._by_row, self._means = {}, {}, {}

    def terms(self, k):
        """Return the terms with k neighbors."""
        if k not in self._by_row:
            self.by_place[k] = self.ladder.terms(k)
            self._by_row[k] = self.ladder.in_rows(self.by_place[k])
            self._means[k] = float(self._by_row[k].mean())
        return self._by_row[k]

    def mean(self, k):
        """Return the estimate with k neighbors."""
        self.terms(k)
        return self._means[k]


class _Drift:
    """The drift of an estimate with the number of neighbors among some of the rows; what has been computed is kept."""

    def __init__(self, near):
        self.near, self._terms, self._places = near, {}, np.empty(0, np.int64)
        near.terms(N_NEIGHBORS)

    def look_at_every(self, step):
        """Look at every step-th row."""
        ladder, self.step, self._means = self.near.ladder, step, {}
        fresh = ladder.every(step)
        fresh[self._places] = False
        ladder.find(_WIDE, fresh)
        self._places = np.concatenate([self._places, np.flatnonzero(fresh)])

    def terms(self, k):
        """Return the terms with k neighbors."""
        if k in self.near.by_place:
            return self.near.by_place[k][self._places]
        known = self._terms.get(k, np.empty(0))
        if len(known) < len(self._places):
            self._terms[k] = np.concatenate([known, self.near.ladder.terms(k, self._places[len(known) :])])
        return self._terms[k]

    def between(self, few, many):
        """Return the drift between two numbers of neighbors."""
        if (few, many) not in self._means:
            self._means[few, many] = _Mean(self.terms(few) - self.terms(many))
        return self._means[few, many]

    def is_suspect(self):
        """Whether the drift is so large that it may count if more rows are looked at."""
        fine, wide = _LOOKS[self.step]
        return self.between(2, 5).z > fine or self.between(5, 20).z > wide

    def exceeds(self, few, many, errors):
        """Whether the drift between two numbers of neighbors exceeds so many standard errors, as of all rows."""
        return self.between(few, many).z > errors * _FAR_APART ** -np.log2(self.step)

    def steepness(self):
        """Return by how many standard errors the drift from 5 to 10 to 20 neighbors is steeper than the root of k."""
        first, second = self.terms(5) - self.terms(10), self.terms(10) - self.terms(20)
        return -_Mean(first - np.sqrt(0.5) * second).z

    def mean(self, k):
        """Return the estimate with k neighbors, by its drift from 5 where it is not known of all rows."""
        return self.near.mean(k) if k in self.near.by_place else self.near.mean(5) - self.between(5, k).value

    def beyond(self, *ranks):
        """Return what the estimate extrapolated to k = 0 from three numbers of neighbors has beyond the first."""
        means = [self.mean(k) for k in ranks]
        return _factor(means, ranks) * (means[0] - means[2])


def _extrapolated(drift):
    """Return the estimate extrapolated to k = 0, or None if it does not drift enough."""
    near, steps = drift.near, (drift.between(5, 10).value, drift.between(10, 20).value)
    is_fine = drift.exceeds(2, 10, _DRIFT) and (
        drift.exceeds(5, 20, _SURE_DRIFT) or drift.exceeds(2, 10, _LONE_DRIFT) or drift.exceeds(1, 5, _LONE_DRIFT)
    )
    resolved = 20 * np.exp(near.mean(5)) < _RESOLVED * near.n_samples
    # Fine structure drifts along some power of k; along the root, 5 to 20 neighbors are less noisy than 1 and 2.
    flattest = -_STEEP if is_fine else -np.inf
    along_root = resolved and drift.exceeds(5, 20, _EDGE_DRIFT) and flattest < drift.steepness() < _STEEP
    if is_fine and not along_root:
        return _finely_extrapolated(drift, lost=steps[0] > _LOST * steps[1])
    if along_root:
        beyond = _OF_ROOT * steps[1]
    elif drift.exceeds(5, 20, _SURE_DRIFT) and steps[0] > _LINEAR * steps[1] and near.n_samples >= _ENOUGH_ROWS:
        beyond = drift.beyond(5, 10, 20)
    else:
        return None
    return NeighborEstimate(near.terms(5) + beyond, float(0.5 * abs(beyond)), near.mean(5), near.mean(1))


def _finely_extrapolated(drift, lost):
    """Return the estimate from 1 to 10 neighbors; `lost` says that with 10 the structure is lost."""
    near, nearest = drift.near, drift.near.mean(1)
    terms = near.terms(1) if lost else 0.5 * (near.terms(1) + near.terms(2))
    beyond = drift.beyond(2, 5, 10), drift.beyond(1, 3, 10)
    values = drift.mean(2) + beyond[0], nearest + beyond[1], nearest
    bias = np.hypot(0.5 * (max(values) - min(values)), _SHARE_OF_DRIFT * (nearest - near.mean(5)))
    terms = terms + (beyond[1] if lost else 0.5 * beyond[0])
    return NeighborEstimate(terms, float(bias), near.mean(5), nearest, drift.exceeds(1, 5, _DRIFT))


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
