"""The path of the gains of single columns over beta, descended from both ends."""

from typing import NamedTuple

import numpy as np

from skib.bottleneck._sparse_gaussian_descent import LARGEST_GAIN, GainDescent

# Rates of all columns, in nats, from which the last beta is solved, too: a low one, where weak columns close at once,
# and a high one, where columns that are of use only together stay open until all of them are.
_FULL_RATES = (1.0, 6.0)


class GainPath(NamedTuple):
    """Solutions along beta, ascending."""

    betas: np.ndarray
    gains: np.ndarray  # (n_betas, n_features), the d_i
    rates: np.ndarray  # I(X;T) in nats
    relevances: np.ndarray  # I(T;Y) in nats
    critical_beta: float  # beyond which the first column is kept
    converged: bool


def gain_path(total, rest, beta, n_betas, tol):
    """Find the gains along a path to beta, from the covariances of x, of unit variances, and of x given y."""
    explained = np.diag(total) - np.diag(rest)
    critical = 1 / explained.max() if explained.max() > 1e-12 else np.inf
    betas = np.array([float(beta)])
    if critical < beta:
        # The first beta is the critical one: a solution without any column, from which the way up starts.
        betas = np.geomspace(critical, beta, n_betas) if n_betas > 1 else betas
    descent = GainDescent(total, rest, tol)
    up, up_converged = _descents(descent, betas, np.zeros(len(total)))
    last = up[-1]
    for rate in _FULL_RATES:
        full, _ = descent.solve(np.where(explained > 0, np.expm1(2 * rate), 0.0), beta)
        last = _better(descent, beta, last, full)
    if last.max() < LARGEST_GAIN / 2:  # else the objective has no lower limit
        last = descent.refined(last, beta)
    down, down_converged = _descents(descent, betas[::-1], last)
    gains = np.array([_better(descent, *pair) for pair in zip(betas, up, down[::-1], strict=True)])
    rates = np.array([descent.rate(row) for row in gains])
    relevances = np.array([descent.relevance(row) for row in gains])
    return GainPath(betas, gains, rates, relevances, float(critical), up_converged and down_converged)


def _descents(descent, betas, gains):
    """Solve for each beta from the solution before it, which is kept where rounding makes the new one worse."""
    found, converged = [], True
    for beta in betas.tolist():
        new, ended = descent.solve(gains, beta)
        gains = _better(descent, beta, new, gains)
        found.append(gains)
        converged = converged and ended
    return found, converged


def _better(descent, beta, one, other):
    """Return the better of two solutions; the one with fewer columns if they are equally good."""
    values = [descent.objective(gains, beta) for gains in (one, other)]
    if abs(values[0] - values[1]) > 1e-10:
        return one if values[0] < values[1] else other
    return one if np.count_nonzero(one) <= np.count_nonzero(other) else other
