"""The convex program of the frontier, by linear programs over tangents of the terms of both disparities."""

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import block_array, csr_array, diags_array, eye_array, kron
from scipy.special import rel_entr

from skib._kernels.counts import dense_codes

# Ratios of the tangents of the first program.
_FIRST_RATIOS = (0.1, 0.5, 0.8, 1.0, 1.25, 2.0)
# A prediction that a group never has has a tangent of infinite slope; this one is below it by a negligible amount.
_LEAST_RATIO = 1e-9
# What a disparity may exceed its limit by, in nats: about the rounding of the linear programs.
_ROUNDING = 1e-9
# A predictor outside of the limits is mixed with the best one so far and these parts of the constant one. The best one
# is close to the optimum but at the edge of the limits; the constant one is far within.
_CONSTANT_PARTS = 0.0, 1e-4, 1e-2, 1.0
_PRECISION = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}


class FrontierProgram:
    """Predictors p(k|y,z,s) as flat vectors over the (y, z, s) that occur and the predictions k.

    A disparity is a sum of terms a log(a/b) of two linear functions of the predictor: of the probability a of a group
    and a prediction, and the product b of both of their probabilities, over all clients or within each.
    """

    def __init__(self, shares):
        self._shape = shares.shape
        self._cells = np.argwhere(shares > 0)
        self._mass = shares[shares > 0]
        self._n_classes = shares.shape[0]
        self._cost = np.repeat(self._mass, self._n_classes)
        self._cost[np.arange(len(self._mass)) * self._n_classes + self._cells[:, 0]] = 0
        everywhere = np.zeros(len(self._cells), np.int64)
        self._terms = [self._linear(everywhere), self._linear(self._cells[:, 2])]
        self._tangents = [[np.repeat(ratio, a.shape[0]) for ratio in _FIRST_RATIOS] for a, _ in self._terms]
        self._known = [self._constant()]

    def faultless(self):
        """Return the predictor without errors."""
        return np.eye(self._n_classes)[self._cells[:, 0]].ravel()

    def error(self, channel):
        """Return the rate of wrong predictions."""
        return float(self._cost @ channel)

    def disparities(self, channel):
        """Return the global and the local disparity, in nats."""
        return np.array([rel_entr(a @ channel, b @ channel).sum() for a, b in self._terms])

    def table(self, channel):
        """Return the predictor over all (y, z, s), NaN where these do not occur."""
        table = np.full((*self._shape, self._n_classes), np.nan)
        table[tuple(self._cells.T)] = channel.reshape(len(self._cells), -1)
        return table

    def solve(self, limits, tol, max_iter):
        """Return the best predictor found within both limits, and how much less error one could have at most."""
        best, bound = min((c for c in self._known if self._is_within(c, limits)), key=self.error), 0.0
        for _ in range(max_iter):
            relaxed = self._relaxed(limits)
            if relaxed is None:
                break
            value, channel = relaxed
            bound = max(bound, value)
            feasible = min((self._mixed(best, w, channel, limits) for w in _CONSTANT_PARTS), key=self.error)
            best = min(best, feasible, key=self.error)
            if self.error(best) - bound <= tol:
                break
            self._add_tangents(channel)
            self._add_tangents(feasible)
        self._known.append(best)
        return best, max(self.error(best) - bound, 0.0)

    def _constant(self):
        """Return the predictor of the most frequent class."""
        most = np.bincount(self._cells[:, 0], self._mass).argmax()
        return np.tile(np.eye(self._n_classes)[most], len(self._cells))

    def _linear(self, part):
        """Return the sparse matrices of a and b for the groups within each part of the cells."""
        n_groups = self._cells[:, 1].max() + 1
        of_group = dense_codes(part * n_groups + self._cells[:, 1], (part.max() + 1) * n_groups)
        first = np.unique(of_group, return_index=True)[1]
        masses, totals = np.bincount(of_group, self._mass), np.bincount(part, self._mass)
        share = masses / totals[part[first]]
        own = (of_group == np.arange(len(first))[:, None]) * self._mass
        all_groups = (part == part[first, None]) * self._mass * share[:, None]
        each = eye_array(self._n_classes)
        return tuple(kron(csr_array(rows), each, format="csr") for rows in (own, all_groups))

    def _is_within(self, channel, limits):
        return (self.disparities(channel) <= np.asarray(limits) + _ROUNDING).all()

    def _mixed(self, best, weight, channel, limits):
        """Return a predictor within the limits, with as little as needed of a mixture of the best and the constant."""
        inside = best + weight * (self._known[0] - best)
        low, high = 0.0, 0.0 if self._is_within(channel, limits) else 1.0
        for _ in range(40 if high else 0):
            middle = (low + high) / 2
            within = self._is_within(channel + middle * (inside - channel), limits)
            low, high = (low, middle) if within else (middle, high)
        return channel + high * (inside - channel)

    def _add_tangents(self, channel):
        """Add the tangents of all terms at a predictor."""
        for (a, b), ratios in zip(self._terms, self._tangents, strict=True):
            below, above = a @ channel, b @ channel
            ratios.append(np.maximum(np.divide(below, above, out=np.ones(len(below)), where=above > 0), _LEAST_RATIO))

    def _relaxed(self, limits):
        """Solve the linear program of the tangents so far; returns its value and its predictor, None if it fails."""
        n_cells, n_channel = len(self._cells), len(self._cost)
        sizes = [a.shape[0] for a, _ in self._terms]
        equal = [[kron(eye_array(n_cells), np.ones((1, self._n_classes))), *(csr_array((n_cells, n)) for n in sizes)]]
        below, most = [], []
        for number, limit in enumerate(limits):
            rows, right = self._of_disparity(number, sizes, limit)
            if limit == 0:
                equal += rows
            else:
                below, most = below + rows, [*most, *right]
        n_equal = sum(row[0].shape[0] for row in equal)
        result = linprog(
            np.r_[self._cost, np.zeros(sum(sizes))],
            block_array(below, format="csr") if below else None,
            most or None,
            block_array(equal, format="csr"),
            np.r_[np.ones(n_cells), np.zeros(n_equal - n_cells)],
            [(0, 1)] * n_channel + [(None, None)] * sum(sizes),
            options=_PRECISION,
        )
        if result.x is None:
            return None
        channel = np.clip(result.x[:n_channel].reshape(n_cells, -1), 0, 1)
        return result.fun, (channel / channel.sum(axis=1, keepdims=True)).ravel()

    def _of_disparity(self, number, sizes, limit):
        """Return the blocks of rows for the limit of one disparity, and their right sides; for the limit 0, a = b."""
        (a, b), tangents = self._terms[number], self._tangents[number]
        if limit == 0:
            return [[a - b, *(csr_array((len(tangents[0]), n)) for n in sizes)]], []
        rows = []
        for ratios in tangents:
            # a log(a / b) >= a (log r + 1) - b r, with equality where a = b r
            slopes = diags_array(np.log(ratios) + 1) @ a - diags_array(ratios) @ b
            terms = [-eye_array(n) if i == number else csr_array((len(ratios), n)) for i, n in enumerate(sizes)]
            rows.append([slopes, *terms])
        total = [csr_array(np.full((1, n), float(i == number))) for i, n in enumerate(sizes)]
        rows.append([csr_array((1, len(self._cost))), *total])
        return rows, [*np.zeros(len(tangents) * sizes[number]), limit]
