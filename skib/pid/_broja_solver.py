"""The joint distribution of least information with given pairs, and a certificate of how near it is to the optimum."""

from typing import NamedTuple

import numpy as np
from scipy.special import xlogy

from skib._kernels.broja import project

# Sweeps between two certificates, and cells of all sweeps of one call: below half a second.
_SWEEPS, _CALL_CELLS = 50, 1e8


class LeastInformation(NamedTuple):
    """The smallest information of both sources about the target that their pairs with it allow."""

    local: np.ndarray  # for each pair of symbols and each of the target, to be averaged over these
    value: float  # of a distribution that has these pairs exactly
    gap: float
    n_iter: int


def least_information(p1, p2, tol, max_iter):
    """Minimize I_Q(S; X1, X2) over all Q with the pairs p1[x1, s] and p2[x2, s], up to a gap of tol nats."""
    p = p1.sum(axis=0)
    r = (p1 / p) @ p2.T  # the sources independent of each other, given the target
    a, b = p1 / r.sum(axis=1)[:, None], (p2 / p) / r.sum(axis=0)[:, None]
    entropy = -xlogy(p, p).sum()
    least, greatest, local, n_iter = np.inf, -np.inf, None, 0
    while n_iter < max_iter and not least - greatest <= tol:
        n_sweeps = int(min(_SWEEPS, max_iter - n_iter, max(1, _CALL_CELLS // (r.size * len(p)))))
        project(r, a, b, p1, p2, n_sweeps)
        n_iter += n_sweeps
        least = min(least, entropy + _conditional(r, a, b, p1, p2))
        log_a, log_b = _feasible_logs(a, b, p1, p2)
        bound = entropy + (p1 * log_a).sum() + (p2 * log_b).sum()
        if bound > greatest:
            greatest, local = bound, log_a[:, None] + log_b - np.log(p)
    return LeastInformation(local, least, max(least - greatest, 0.0), n_iter)


def _conditional(r, a, b, p1, p2):
    """Return -H_Q(S | X1, X2) of a distribution Q near r a b that has the pairs exactly.

    Q is scaled down wherever it exceeds a pair, and what is then missing is added as a product (Altschuler, Weed,
    Rigollet, NeurIPS 2017, algorithm 2).
    """
    q = r[:, :, None] * a[:, None] * b
    q *= _at_most_one(p1, q.sum(axis=1))[:, None]
    q *= _at_most_one(p2, q.sum(axis=0))
    missing_1, missing_2 = np.maximum(p1 - q.sum(axis=1), 0.0), np.maximum(p2 - q.sum(axis=0), 0.0)
    missing = missing_1.sum(axis=0)
    q += missing_1[:, None] * np.divide(missing_2, missing, out=np.zeros_like(p2), where=missing > 0)
    pairs = q.sum(axis=2)
    return xlogy(q, q).sum() - xlogy(pairs, pairs).sum()


def _at_most_one(wanted, found):
    return np.minimum(np.divide(wanted, found, out=np.ones_like(wanted), where=found > 0), 1.0)


def _feasible_logs(a, b, p1, p2):
    """Return the logarithms of a and b, scaled so that sum_s a b <= 1 for every pair of symbols; 0 where p is 0.

    The dual problem is to maximize sum p1 log a + sum p2 log b under this constraint (Makkeh, Theis, Vicente, Entropy
    20, 2018), so that the scalings of the projections are a lower bound.
    """
    shared = a @ b.T
    largest_1 = shared.max(axis=1)
    largest_2 = (shared / largest_1[:, None]).max(axis=0)
    log_a = np.log(a / largest_1[:, None], out=np.zeros_like(a), where=p1 > 0)
    return log_a, np.log(b / largest_2[:, None], out=np.zeros_like(b), where=p2 > 0)
