r"""The union information of two Gaussian channels: the least information that any dependence of their noises leaves.

The channels are :math:`X_i = H_i Y + Z_i`, with Y and the noises :math:`Z_i` standard normal. With the covariance S of
the noises, N of unit diagonal blocks and S beside them, and H the stack of both,

.. math:: f(S) = I(X_1, X_2; Y) = \tfrac12 \log\det(N + H H^T) - \tfrac12 \log\det N

is convex on the matrices of spectral norm up to 1 (the information of a Gaussian channel is convex in the covariance of
its noise). Its minimum is found by Newton steps with a barrier, :math:`f - \tfrac{\mu}{2} \log\det N`, the systems of
which are solved by conjugate gradients, for ever smaller :math:`\mu`.

*Gap.* By convexity f is nowhere below :math:`f(S) + \langle G, T - S \rangle` with the gradient G, whose least value
over all T of spectral norm up to 1 is :math:`f(S) - \langle G, S \rangle - |G|_*` with the nuclear norm: a lower bound
of the minimum. On the path of the barrier, it is below f(S) by at most :math:`\mu / 2` for each direction.
"""

from typing import NamedTuple

import numpy as np
from scipy.sparse.linalg import LinearOperator, cg

# Barriers of the path, and the gap at which it ends: below the errors of any sample.
_BARRIERS, _SMALL_GAP = 10.0 ** -np.arange(1, 10), 1e-8
# Newton steps, and steps of conjugate gradients, of one barrier.
_MOST_STEPS, _MOST_DIRECTIONS = 60, 200
# Share of the decrease that the gradient promises which a step must attain, and the shortest step.
_SUFFICIENT, _SHORTEST = 0.1, 1e-10
# Decrease, in units of the barrier, below which its minimum is reached, and rounding of f.
_REACHED, _ROUNDING = 1e-3, 1e-14
# Rounding of the eigenvalues of a difference of two matrices, relative to the largest.
_DEGRADED = 1e-12


class UnionInformation(NamedTuple):
    """The least information, in nats, and how far below it the minimum may lie."""

    value: float
    gap: float


def union_information(first, second):
    """Compute the union information of two channels: (n_outputs, n_inputs) each, with standard normal noise."""
    if not first.size or not second.size:
        return UnionInformation(max(map(_information, (first, second))), 0.0)
    strengths = first.T @ first, second.T @ second
    informations = [_information(first), _information(second)]
    larger = int(np.argmax(informations))
    spectrum = np.linalg.eigvalsh(strengths[larger] - strengths[1 - larger])
    if spectrum[0] >= -_DEGRADED * max(spectrum[-1], np.trace(strengths[larger])):
        # The other channel is this one with more noise, as always if the target has one dimension.
        return UnionInformation(informations[larger], 0.0)
    found = _least_information(_Channels(first, second))
    # The minimum is no less than either information.
    return found._replace(gap=max(min(found.gap, found.value - informations[larger]), 0.0))


def _information(channel):
    """Return the information of one channel."""
    return 0.5 * np.linalg.slogdet(np.eye(len(channel)) + channel @ channel.T)[1]


class _Channels:
    """The information f(S) of two channels, and its derivatives."""

    def __init__(self, first, second):
        self.shape = len(first), len(second)
        stacked = np.vstack([first, second])
        self.signal = stacked @ stacked.T

    def noise(self, s):
        """Return the covariance matrix of both noises."""
        n_first, covariance = self.shape[0], np.eye(sum(self.shape))
        covariance[:n_first, n_first:], covariance[n_first:, :n_first] = s, s.T
        return covariance

    def objective(self, s, barrier):
        """Return f with a barrier."""
        noise = self.noise(s)
        return 0.5 * (np.linalg.slogdet(noise + self.signal)[1] - (1 + barrier) * np.linalg.slogdet(noise)[1])

    def inverses(self, s):
        """Return the inverse covariance matrices of the outputs and of the noises."""
        noise = self.noise(s)
        return np.linalg.inv(noise + self.signal), np.linalg.inv(noise)

    def gradient(self, inverses, barrier):
        """Return the derivative by S."""
        of_outputs, of_noise = (self._cross(inverse) for inverse in inverses)
        return of_outputs - (1 + barrier) * of_noise

    def hessian(self, inverses, barrier):
        """Return the second derivative by S as an operator on flat directions."""

        def product(direction):
            d = direction.reshape(self.shape)
            of_outputs, of_noise = (self._twice(inverse, d) for inverse in inverses)
            return ((1 + barrier) * of_noise - of_outputs).ravel()

        size = self.shape[0] * self.shape[1]
        return LinearOperator((size, size), matvec=product)

    def _cross(self, matrix):
        return matrix[: self.shape[0], self.shape[0] :]

    def _twice(self, inverse, d):
        """Return the block beside the diagonal of the inverse times the symmetric direction times the inverse."""
        n_first = self.shape[0]
        first, cross, second = inverse[:n_first, :n_first], inverse[:n_first, n_first:], inverse[n_first:, n_first:]
        return first @ d @ second + cross @ d.T @ cross


def _least_information(channels):
    """Follow the path of the barrier; returns the least value and its gap."""
    s, upper, lower = np.zeros(channels.shape), np.inf, -np.inf
    for barrier in _BARRIERS:
        s = _barrier_minimum(channels, s, barrier)
        value, gradient = channels.objective(s, 0.0), channels.gradient(channels.inverses(s), 0.0)
        slack = np.sum(gradient * s) + np.linalg.svd(gradient, compute_uv=False).sum()
        improves = value - slack > lower
        upper, lower = min(upper, value), max(lower, value - slack)
        # Where noises are nearly equal, rounding ends the path.
        if upper - lower < _SMALL_GAP or not improves:
            break
    return UnionInformation(upper, upper - lower)


def _barrier_minimum(channels, s, barrier):
    """Minimize f with a barrier by Newton steps from s."""
    for _ in range(_MOST_STEPS):
        inverses = channels.inverses(s)
        gradient = channels.gradient(inverses, barrier)
        precision = min(0.1, np.sqrt(np.linalg.norm(gradient)))
        hessian = channels.hessian(inverses, barrier)
        step, _ = cg(hessian, -gradient.ravel(), rtol=precision, maxiter=_MOST_DIRECTIONS)
        step = step.reshape(channels.shape)
        decrease = -np.sum(gradient * step)
        length = _line_search(channels, s, step, decrease, barrier)
        s = s + length * step
        if decrease < _REACHED * barrier or length == 0:
            break
    return s


def _line_search(channels, s, step, decrease, barrier):
    """Return the largest of the lengths 1, 1/2, 1/4, ... that stays inside and decreases f enough; 0 if none does."""
    start, length = channels.objective(s, barrier), 1.0
    while length > _SHORTEST:
        trial = s + length * step
        if np.linalg.norm(trial, 2) < 1:
            allowed = start - _SUFFICIENT * length * decrease + _ROUNDING
            if channels.objective(trial, barrier) <= allowed:
                return length
        length /= 2
    return 0.0
