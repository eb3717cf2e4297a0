"""Solutions along beta: descent from many clusters, ascent from one where it may be better, and the gaps."""

from typing import NamedTuple

import numpy as np

from skib.bottleneck._dual import binary_excess, found_excess, log_dual_weights
from skib.bottleneck._fixed_point import fixed_point
from skib.bottleneck._information import Solution, solution_of
from skib.bottleneck._rows import joint_of_encoder
from skib.bottleneck._starts import merged_joint

# Weight of each cluster that is added, and how often clusters are added at one beta.
_NEW_WEIGHT, _ROUNDS = 1e-3, 8
# Gap in nats below which no cluster is added, and a descent needs no ascent beside it.
_SMALL_GAP = 1e-6
# Tolerance of solutions to which clusters are added.
_ROUGH = 1e-7
# Shares of what cells have lost which the gap of a solution, its tolerance and the bound may add without harm.
_GAP_OF_LOST, _TOL_OF_LOST, _EXCESS_OF_LOST = 0.3, 1e-4, 0.03
# Precision of bounds of the dual where nothing is lost.
_EXCESS = 1e-7


class Point(NamedTuple):
    """A solution at one beta."""

    beta: float
    joint: np.ndarray  # q(y,z,t)
    solution: Solution
    gap: float  # the Lagrangian is at most this much above the least one, as far as known, or that of the other anneal
    converged: bool

    @property
    def objective(self):
        """The Lagrangian."""
        return self.solution.rate - self.beta * self.solution.relevance


class Path:
    """Solver of one set of distinct rows at many betas.

    Parameters
    ----------
    rows : Rows
        The distinct rows.
    joint : Joint
        The same, as ``solution_of`` takes them.
    binary : bool
        Whether Y has two values and there is no condition, so that gaps are certified.
    lost : float
        Information in nats that the rows have lost, because they are cells of other rows.
    n_clusters : int or None
        Largest number of clusters.
    options : dict
        Options of ``fixed_point``.
    """

    def __init__(self, rows, joint, *, binary, lost, n_clusters, options):
        self.rows, self.joint, self.binary, self.lost = rows, joint, binary, lost
        self.limit = n_clusters or len(rows.weights)
        self.options = {**options, "tol": max(options["tol"], _TOL_OF_LOST * lost)}

    def between(self, beta, below, above):
        """Return the point at beta from the tables of a smaller and a larger one."""
        return self._improved(self.descend(beta, above), below)

    def rough(self, beta, joint):
        """Return the point at beta that the table of a larger one leads to, with the precision of a drawing."""
        return self._point(beta, self._fixed_point(joint if beta > 1 else self._single(), beta, rough=True))

    def at(self, betas, top):
        """Return the points at rising betas; `top` is the table from which the descent starts."""
        downs, points = [], []
        for beta in betas[::-1]:
            downs.append(self._below(beta, downs[-1]) if downs else self.descend(beta, top))
        below = self._single()
        for down in downs[::-1]:
            points.append(self._improved(down, below))
            below = points[-1].joint
        return points

    def descend(self, beta, joint):
        """Return the point at beta that the table of a larger one leads to; up to 1 a single cluster."""
        found = self._fixed_point(joint if beta > 1 else self._single(), beta)
        if found.joint.shape[1] > self.limit:
            found = self._fixed_point(merged_joint(self.rows, found.joint, self.limit), beta)
        point = self._point(beta, found)
        return point._replace(gap=self.gap(point, joint))

    def _below(self, beta, above):
        """Return the point of the descent at beta that follows on one at a larger beta.

        A single cluster that is best there is best here, too: its gap, the largest of beta I(T;Y) - I(X;T), rises with
        beta. That of the information which cells have lost is proportional to beta.
        """
        found = above.gap - above.beta * self.lost
        if above.joint.shape[1] > 1 or found > self._small_gap(above.beta):
            return self.descend(beta, above.joint)
        return above._replace(beta=beta, gap=found + beta * self.lost)

    def ascend(self, beta, joint):
        """Return the point at beta that the table of a smaller one leads to, with new clusters where they pay."""
        return self._point(beta, self._with_new_clusters(joint, beta))

    def gap(self, point, near=None):
        """Return how far the Lagrangian of a point may be above the least one.

        This is a bound for a binary Y, and otherwise what the search for the largest G has found, also from the centers
        of a table `near`.
        """
        log_duals = log_dual_weights(self.rows, point.joint, point.beta)
        excess = self._excess(log_duals, point.beta, point.joint[:, :0] if near is None else near)
        return excess.bound + self._shift(point, log_duals) + point.beta * self.lost

    def better(self, one, other):
        """Return the better of two points at one beta, after a search for new clusters, with its gap."""
        best, worse = sorted((one, other), key=lambda point: point.objective)
        difference = worse.objective - best.objective
        if difference > _SMALL_GAP or self.binary:
            beyond = self.ascend(best.beta, best.joint)
            best = min(best, beyond, key=lambda point: point.objective)
        if best is not one:  # of the rough ascent
            best = self._point(best.beta, self._fixed_point(best.joint, best.beta))
        return best._replace(gap=self.gap(best) if self.binary else difference)

    def _improved(self, point, below):
        """Return the better of a point of the descent and that of the ascent from a table of a smaller beta."""
        small = point.gap - point.beta * self.lost <= self._small_gap(point.beta)
        return point if small else self.better(point, self.ascend(point.beta, below))

    def _small_gap(self, beta):
        """The gap below which nothing is to be gained, beside what cells have lost."""
        return max(_SMALL_GAP, _GAP_OF_LOST * beta * self.lost)

    def _with_new_clusters(self, joint, beta):
        """Add clusters where G exceeds 1, as often as there are some; the solution is rough."""
        found = self._fixed_point(joint, beta, rough=True)
        for _ in range(_ROUNDS):
            excess = self._excess(log_dual_weights(self.rows, found.joint, beta), beta, joint[:, :0])
            n_new = min(len(excess.centers), self.limit - found.joint.shape[1])
            if excess.bound < self._small_gap(beta) or n_new <= 0 or beta <= 1:
                break
            new = _NEW_WEIGHT * excess.centers[:n_new].T
            found = self._fixed_point(np.hstack([found.joint * (1 - n_new * _NEW_WEIGHT), new]), beta, rough=True)
        return found

    def _single(self):
        return joint_of_encoder(self.rows, np.ones((len(self.rows.weights), 1)))

    def _fixed_point(self, joint, beta, *, rough=False):
        tol = max(self.options["tol"], _ROUGH) if rough else self.options["tol"]
        return fixed_point(self.rows, joint, beta, 1.0, **{**self.options, "tol": tol})

    def _point(self, beta, found):
        return Point(beta, found.joint, solution_of(self.joint, found.encoder), np.nan, found.converged)

    def _excess(self, log_duals, beta, near):
        if self.binary:
            precision = max(_EXCESS, _EXCESS_OF_LOST * beta * self.lost)
            return binary_excess(self.rows, log_duals, beta, precision)
        return found_excess(self.rows, log_duals, beta, near)

    def _shift(self, point, log_duals):
        """The free energy of the encoder less that of the table, of which the dual is a bound."""
        free_energy = float(self.rows.weights @ (log_duals - np.log(self.rows.weights)))
        margin = point.solution.cluster_weights @ point.solution.cluster_centers
        entropy = -float(np.sum(margin[margin > 0] * np.log(margin[margin > 0])))
        return max(point.objective + point.beta * entropy - free_energy, 0.0)
