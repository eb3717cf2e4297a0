"""Coordinate descent for the gains of single columns: each step is the global optimum of one gain, in closed form.

The columns x have unit variance, and T_i = sqrt(d_i) x_i + noise of unit variance. The objective in nats is

    L(d) = sum_i 1/2 log(1 + d_i) - beta / 2 (log|I + D S| - log|I + D C|),

with S the covariance of x and C that of x given y. As a function of one gain,

    log|I + D S| = const + log(1 + d_i a_i),    a_i = [S (I + D_0 S)^-1]_ii,

where D_0 has d_i = 0; likewise b_i of C. Both determinants change by one rank, so that L'(d_i) = 0 is quadratic.
"""

import math

import numpy as np

# Gains d beyond it are cut, at rates of 9.2 nats: rounding would exceed small tolerances.
LARGEST_GAIN = 1e8
# Sweeps of one descent; more are needed only where columns determine y, so that gains have no limit.
_MOST_SWEEPS = 200


class GainDescent:
    """Solver of the gains for one pair of covariances of x and of x given y."""

    def __init__(self, total, rest, tol):
        self._covariances = total, rest
        self._tol = tol

    def rate(self, gains):
        """Return I(X;T) in nats."""
        return self._half_log_det(0, gains, np.flatnonzero(gains))

    def relevance(self, gains):
        """Return I(T;Y) in nats."""
        on = np.flatnonzero(gains)
        return self._half_log_det(0, gains, on) - self._half_log_det(1, gains, on)

    def objective(self, gains, beta):
        """Return the Lagrangian in nats."""
        return 0.5 * np.log1p(gains).sum() - beta * self.relevance(gains)

    def solve(self, gains, beta, closed=None):
        """Descend from some gains to a point where no change of one gain is better; returns gains and convergence.

        The column `closed` remains at 0, where it has to be already.
        """
        gains = gains.copy()
        for _ in range(_MOST_SWEEPS):
            states = [self._state(which, gains) for which in (0, 1)]
            change = self._sweep(gains, states, beta)
            if change <= self._tol and not self._enter(gains, beta, closed):
                return gains, True
        return gains, False

    def refined(self, gains, beta):
        """Improve a solution by leaving out one column after another, which a change of one gain cannot replace."""
        best = self.objective(gains, beta)
        for i in np.flatnonzero(gains):
            without, _ = self.solve(np.where(np.arange(len(gains)) == i, 0.0, gains), beta, closed=i)
            found, _ = self.solve(without, beta)
            value = self.objective(found, beta)
            if value < best - self._tol:
                gains, best = found, value
        return gains

    def _sweep(self, gains, states, beta):
        """Optimize each gain that is not 0 in turn; returns the largest change of a rate."""
        largest = 0.0
        for i in np.flatnonzero(gains):
            free = [_without(state[i, i], gains[i]) for state in states]
            new = best_gain(*free, beta)
            step = new - gains[i]
            if step == 0:
                continue
            largest = max(largest, 0.5 * abs(np.log1p(new) - np.log1p(gains[i])))
            for state in states:
                state -= np.outer(state[:, i], state[i] * (step / (1 + step * state[i, i])))
            gains[i] = new
        return largest

    def _enter(self, gains, beta, closed):
        """Open the column that lowers the objective most, if there is one; the first of equal ones."""
        a, b = (np.diag(self._state(which, gains)).tolist() for which in (0, 1))
        shut = (i for i in np.flatnonzero(gains == 0) if i != closed)
        new = {i: best_gain(a[i], b[i], beta) for i in shut}
        values = {i: round(_lagrangian(gain, a[i], max(b[i], 0.0), beta), 12) for i, gain in new.items() if gain > 0}
        best = min(values, key=values.get, default=None)
        if best is None or values[best] >= -self._tol:
            return False
        gains[best] = new[best]
        return True

    def _state(self, which, gains):
        """Return S (I + D S)^-1, symmetric."""
        covariance, on = self._covariances[which], np.flatnonzero(gains)
        if not len(on):
            return covariance.copy()
        roots = np.sqrt(gains[on])
        scaled = covariance[on] * roots[:, None]
        inner = np.eye(len(on)) + scaled[:, on] * roots
        return covariance - scaled.T @ np.linalg.solve(inner, scaled)

    def _half_log_det(self, which, gains, on):
        roots = np.sqrt(gains[on])
        inner = np.eye(len(on)) + self._covariances[which][np.ix_(on, on)] * np.outer(roots, roots)
        return 0.5 * np.linalg.slogdet(inner)[1]


def best_gain(a, b, beta):
    """Return the gain d >= 0 at which 1/2 log(1 + d) - beta / 2 log((1 + d a) / (1 + d b)) is least.

    The derivative is 0 where ab d^2 + (a + b - beta (a - b)) d + 1 - beta (a - b) = 0; its larger root is a minimum.
    """
    a = max(a, 0.0)
    b = min(max(b, 0.0), a)
    worth = beta * (a - b)
    half = (worth - a - b) / 2
    if half <= 0 and worth <= 1:
        return 0.0
    if half >= LARGEST_GAIN * a * b:  # the square of half may leave the range of floats
        return LARGEST_GAIN
    root = math.sqrt(max(half**2 - a * b * (1 - worth), 0.0))
    # Of the two forms of the larger root, the one that does not subtract numbers of equal size.
    above, below = (half + root, a * b) if half > 0 else (worth - 1, root - half)
    gain = min(above / below, LARGEST_GAIN) if below > 0 else LARGEST_GAIN
    return gain if _lagrangian(gain, a, b, beta) < 0 else 0.0


def _lagrangian(gain, a, b, beta):
    """Return what a gain adds to the objective."""
    return 0.5 * (math.log1p(gain) - beta * (math.log1p(gain * a) - math.log1p(gain * b)))


def _without(diagonal, gain):
    """Return the diagonal element of S (I + D S)^-1 as it is with this gain at 0."""
    return diagonal / max(1 - gain * diagonal, 1 / LARGEST_GAIN)
