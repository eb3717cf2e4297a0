"""The path of the gains of single columns over beta, descended from both ends."""

from typing import NamedTuple

import numpy as np

from skib.bottleneck._gaussian_moments import whitening
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
    critical_beta: float  # beyond which the first column is kept by itself
    converged: bool


def gain_path(total, rest, beta, n_betas, tol):
    """Find the gains along a path to beta, from the covariances of x, of unit variances, and of x given y."""
    explained = np.diag(total) - np.diag(rest)
    critical = 1 / explained.max() if explained.max() > 1e-12 else np.inf
    descent = GainDescent(total, rest, tol)
    path = _path(descent, _betas(critical, beta, n_betas), explained, critical)
    if path.gains[0].any():  # columns that are of use only together
        path = _path(descent, _betas(_least_beta(total, rest), beta, n_betas), explained, critical)
    return path


def _betas(first, beta, n_betas):
    """Return betas from the first one, of a solution without any column, from which the way up starts."""
    return np.geomspace(first, beta, n_betas) if first < beta and n_betas > 1 else np.array([float(beta)])


def _least_beta(total, rest):
    """Return the critical beta of the best mixture of all columns, below which nothing is worth its rate."""
    of_x = whitening(total)
    return 1 / (1 - np.linalg.eigvalsh(of_x.T @ rest @ of_x)[0])


def _path(descent, betas, explained, critical):
    beta = float(betas[-1])
    up, up_converged = _descents(descent, betas, np.zeros(len(explained)))
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
