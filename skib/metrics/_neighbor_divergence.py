"""Kullback-Leibler divergence of two samples: atoms by their counts, other rows by neighbors that a model assists."""

import numpy as np
from scipy.linalg import solve_triangular
from scipy.optimize import minimize_scalar
from scipy.spatial import cKDTree
from scipy.special import digamma, logsumexp

from skib._typing import Floats
from skib.metrics._measurement import Measurement

# Share of the pooled covariance in that of each sample, so that no direction has a variance of 0.
_SHRINKAGE = 0.01
_RIDGE = 1e-6


def atoms_of(rows: Floats) -> np.ndarray:
    """Return a code for each row that has an equal one, and -1 for the others."""
    _, codes, counts = np.unique(rows, axis=0, return_inverse=True, return_counts=True)
    codes = codes.ravel()
    return np.where(counts[codes] > 1, codes, -1)


def neighbor_divergence(rows, atoms, ratio, is_p, is_q, n_neighbors):
    """Estimate the divergence of the rows `is_p` from the rows `is_q`, each with a log ratio by a model, `ratio`.

    Of an atom with k rows in p and l in q the term is psi(k) - psi(l + 1), whose mean is right for Poisson counts.
    """
    n, m, single = np.count_nonzero(is_p), np.count_nonzero(is_q), atoms < 0
    k, ball = (np.bincount(atoms[side & ~single], minlength=len(rows)) for side in (is_p, is_q))
    total = k @ np.where(k > 0, digamma(np.maximum(k, 1)) - digamma(ball + 1), 0.0)
    p, q = is_p & single, is_q & single
    if min(np.count_nonzero(p), np.count_nonzero(q)) > n_neighbors:
        total += _terms(rows[p], rows[q], ratio[p], ratio[q], n_neighbors).sum()
    else:  # too few rows for neighbors: as if they were equal
        total += np.count_nonzero(p) * (digamma(max(np.count_nonzero(p), 1)) - digamma(np.count_nonzero(q) + 1))
    return total / n + digamma(m + 1) - digamma(n)


def _terms(p, q, ratio_p, ratio_q, n_neighbors):
    """Return the log ratio at each row of p, up to that of the numbers of rows.

    The share of p in a ball is the ratio at its center if that is constant inside. That of the model is not: the term
    is corrected by the center's log ratio less that of the ball, from the neighbors in the sample that has no others.
    """
    tree_p, tree_q = cKDTree(p), cKDTree(q)
    within, own = (found[:, 1:] for found in tree_p.query(p, n_neighbors + 1))
    across, other = (found.reshape(len(p), -1) for found in tree_q.query(p, n_neighbors))
    within, across = within[:, -1], across[:, -1]
    radii = np.maximum(within, across) * (1 + 1e-12)  # the row at that distance is inside, despite rounding
    k = tree_p.query_ball_point(p, radii, return_length=True) - 1 + (within < across)
    ball = tree_q.query_ball_point(p, radii, return_length=True) + (across < within)
    correction = np.where(within < across, -_log_mean(ratio_q[other]), _log_mean(-ratio_p[own]))
    return digamma(k) - digamma(ball) + correction + ratio_p


def _log_mean(logs):
    """Return the log of the mean exponential of each row, without its bias for few columns."""
    largest = logs.max(axis=1)
    values = np.exp(logs - largest[:, None])
    means = values.mean(axis=1)
    bias = values.var(axis=1) / means**2 / 2 / max(logs.shape[1] - 1, 1)
    return largest + np.log(means) + bias


def modeled_ratio(rows: Floats, is_p: np.ndarray, group: np.ndarray) -> tuple[Floats, Measurement]:
    """Return log p / q of the rows by normal distributions, and the lower bound of the divergence that follows.

    Those of a row are fitted to the rows of other groups, and their log ratio is multiplied by the factor, at most 1,
    that makes the bound of Donsker and Varadhan largest: near 0 where the samples are not normal.
    """
    ratio = _normal_ratio(rows, is_p, group)
    p, q = ratio[is_p] - ratio.mean(), ratio[~is_p] - ratio.mean()

    def bound(factor):
        return factor * p.mean() - logsumexp(factor * q) + np.log(len(q))

    factor = minimize_scalar(lambda factor: -bound(factor), bounds=(0, 1), options={"xatol": 1e-4}).x
    factor = factor if bound(factor) > 0 else 0.0
    weights = np.exp(factor * (q - q.max()))
    error = np.hypot(factor * p.std() / np.sqrt(len(p)), weights.std() / weights.mean() / np.sqrt(len(q)))
    return factor * ratio, Measurement(float(bound(factor)), float(error))


def _normal_ratio(rows, is_p, group):
    """Return the log ratio of normal distributions with the moments of both samples, without the row's group."""
    samples = [[_sums(rows[side & (group == part)]) for part in range(group.max() + 1)] for side in (is_p, ~is_p)]
    ratio = np.empty(len(rows))
    for part in range(group.max() + 1):
        sums = [sum(_without(sample, part)) for sample in samples]
        pooled, some = _moments(sum(sums))[1], rows[group == part]
        pooled += _RIDGE * np.trace(pooled) * np.eye(len(pooled))
        first, second = (_log_density(some, *_moments(one), pooled) for one in sums)
        ratio[group == part] = first - second
    return ratio


def _sums(rows):
    """Return the products of rows and of a column of ones: their number, sums, and sums of squares."""
    rows = np.column_stack([np.ones(len(rows)), rows])
    return rows.T @ rows


def _without(parts, left_out):
    return [one for part, one in enumerate(parts) if part != left_out]


def _moments(sums):
    mean = sums[0, 1:] / sums[0, 0]
    return mean, sums[1:, 1:] / sums[0, 0] - np.outer(mean, mean)


def _log_density(rows, mean, covariance, pooled):
    factor = np.linalg.cholesky((1 - _SHRINKAGE) * covariance + _SHRINKAGE * pooled)
    return (
        -0.5 * (solve_triangular(factor, (rows - mean).T, lower=True) ** 2).sum(axis=0) - np.log(np.diag(factor)).sum()
    )
