"""Kullback-Leibler divergence of two samples: atoms by their counts, other rows by neighbors that a model assists."""

from typing import NamedTuple

import numpy as np
from scipy.linalg.lapack import dtrtrs
from scipy.optimize import minimize_scalar
from scipy.spatial import cKDTree
from scipy.special import digamma

from skib._copies import row_codes
from skib._typing import Floats

# A list of this many times k / (share of the smaller sample) rows mostly holds k of either, however rows are divided.
_LIST_SLACK, _LONGEST_LIST, _LEAST_SHARE = 5, 128, 0.1
# Share of the pooled covariance in that of each sample, so that no direction has a variance of 0.
_SHRINKAGE = 0.01
_RIDGE = 1e-6


def atoms_of(rows: Floats) -> np.ndarray:
    """Return a code for each row that has an equal one, and -1 for the others."""
    codes = row_codes(rows)
    return np.where(np.bincount(codes)[codes] > 1, codes, -1)


class NeighborDivergence:
    """Divergence between two parts of some rows, however they are divided: nearest neighbors are listed once.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_columns)
        The rows of both samples.
    atoms : ndarray of shape (n_rows,)
        What ``atoms_of`` returns for them.
    n_neighbors : int
        Number of neighbors in each sample.
    share : float
        Share of the first sample in the rows: the smaller the shares of both are, the longer are the lists. If it is
        below a tenth, its neighbors are found anew for every division, in less time than the lists of all rows take.
    """

    def __init__(self, rows, atoms, n_neighbors, share):
        self.atoms, self.single, self.n_neighbors = atoms, atoms < 0, n_neighbors
        self.rows = rows[self.single]
        length = min(int(_LIST_SLACK * n_neighbors / min(share, 1 - share)), _LONGEST_LIST, len(self.rows) - 1)
        self.lists = _lists(self.rows, length) if share >= _LEAST_SHARE and length > 0 else None

    def of(self, is_p, is_q, ratio):
        """Estimate the divergence of the rows `is_p` from the rows `is_q`; `ratio` is their log ratio by a model.

        Of an atom with k rows in p and l in q the term is psi(k) - psi(l + 1), whose mean is right for Poisson counts.
        """
        n, m, single = np.count_nonzero(is_p), np.count_nonzero(is_q), self.single
        k, ball = (np.bincount(self.atoms[side & ~single], minlength=len(single)) for side in (is_p, is_q))
        total = k @ np.where(k > 0, digamma(np.maximum(k, 1)) - digamma(ball + 1), 0.0)
        p, q = is_p[single], is_q[single]
        if min(np.count_nonzero(p), np.count_nonzero(q)) > self.n_neighbors:
            total += self._terms(p, q, ratio[single]).sum()
        else:  # too few rows for neighbors: as if they were equal
            total += np.count_nonzero(p) * (digamma(max(np.count_nonzero(p), 1)) - digamma(np.count_nonzero(q) + 1))
        return total / n + digamma(m + 1) - digamma(n)

    def _terms(self, p, q, ratio):
        """Return the log ratio at each row of p, up to that of the numbers of rows, by trees where a list is short."""
        centers = np.flatnonzero(p)
        if self.lists is None:
            return _terms_of_balls(_balls(self.rows, centers, p, q, self.n_neighbors), ratio, ratio[centers])
        listed, balls = _listed_balls(*(part[centers] for part in self.lists), p, q, self.n_neighbors)
        terms = np.empty(len(centers))
        terms[listed] = _terms_of_balls(balls, ratio, ratio[centers[listed]])
        if not listed.all():
            left = centers[~listed]
            terms[~listed] = _terms_of_balls(_balls(self.rows, left, p, q, self.n_neighbors), ratio, ratio[left])
        return terms


class _Balls(NamedTuple):
    """Balls that hold k neighbors in each of two samples; the row itself is not counted."""

    within: np.ndarray  # distance of the k-th in the row's own sample
    across: np.ndarray  # distance of the k-th in the other
    n_own: np.ndarray  # rows of the own sample in the larger ball
    n_other: np.ndarray
    own: np.ndarray  # the k nearest of the own sample
    other: np.ndarray


def _lists(rows, length):
    """Return the distances of the nearest others of each row, and which these are."""
    distances, places = cKDTree(rows).query(rows, length + 1)
    return distances[:, 1:], places[:, 1:].astype(np.int32)


def _listed_balls(distances, places, p, q, k):
    """Find the balls of rows of p from their lists: which rows have lists that are long enough, and their balls."""
    in_p, in_q = p[places], q[places]
    n_p, n_q = (np.cumsum(side, axis=1, dtype=np.int16) for side in (in_p, in_q))
    last, rows = distances.shape[1] - 1, np.arange(len(distances))
    within, across = (distances[rows, np.minimum(np.sum(n < k, axis=1), last)] for n in (n_p, n_q))
    radii = _beyond(within, across)
    listed = (n_p[:, -1] >= k) & (n_q[:, -1] >= k) & ((distances[:, -1] > radii) | (last == len(p) - 2))
    rows, end = rows[listed], np.sum(distances <= radii[:, None], axis=1)[listed] - 1
    own, other = (places[(side & (n <= k)) & listed[:, None]].reshape(-1, k) for side, n in ((in_p, n_p), (in_q, n_q)))
    return listed, _Balls(within[listed], across[listed], n_p[rows, end], n_q[rows, end], own, other)


def _balls(rows, centers, p, q, k):
    """Find the balls of some rows of p by trees of both samples."""
    points, p, q = rows[centers], np.flatnonzero(p), np.flatnonzero(q)
    tree_p, tree_q = cKDTree(rows[p]), cKDTree(rows[q])
    within, own = (found[:, 1:] for found in tree_p.query(points, k + 1))
    across, other = (found.reshape(len(points), -1) for found in tree_q.query(points, k))
    within, across = within[:, -1], across[:, -1]
    radii = _beyond(within, across)
    n_own, n_other = (tree.query_ball_point(points, radii, return_length=True) for tree in (tree_p, tree_q))
    return _Balls(within, across, n_own - 1, n_other, p[own], q[other])


def _beyond(within, across):
    """Return the larger distance, and a little more: the row at that distance is inside, despite rounding."""
    return np.maximum(within, across) * (1 + 1e-12)


def _terms_of_balls(balls, ratio, at_center):
    """Return the log ratio at the centers of balls.

    The share of p in a ball is the ratio at its center if that is constant inside. That of the model is not: the term
    is corrected by the center's log ratio less that of the ball, from the neighbors in the sample that has no others.
    """
    by_q = balls.within < balls.across
    correction = np.where(by_q, -_log_mean(ratio[balls.other]), _log_mean(-ratio[balls.own]))
    k, ball = balls.n_own + by_q, balls.n_other + (balls.across < balls.within)
    return digamma(k) - digamma(ball) + correction + at_center


def _log_mean(logs):
    """Return the log of the mean exponential of each row, without its bias for few columns."""
    largest = logs.max(axis=1)
    values = np.exp(logs - largest[:, None])
    means = values.mean(axis=1)
    bias = values.var(axis=1) / means**2 / 2 / max(logs.shape[1] - 1, 1)
    return largest + np.log(means) + bias


def modeled_ratio(rows: Floats, is_p: np.ndarray, group: np.ndarray) -> tuple[Floats, float]:
    """Return log p / q of the rows by normal distributions, and the lower bound of the divergence that follows.

    Those of a row are fitted to the rows of other groups, and their log ratio is multiplied by the factor, at most 1,
    that makes the bound of Donsker and Varadhan largest: near 0 where the samples are not normal.
    """
    ratio = _normal_ratio(rows, is_p, group)
    largest = ratio[~is_p].max()
    p, q = ratio[is_p] - largest, ratio[~is_p] - largest

    def bound(factor):
        return factor * p.mean() - np.log(np.mean(np.exp(factor * q)))

    factor = minimize_scalar(lambda factor: -bound(factor), bounds=(0, 1), options={"xatol": 1e-4}).x
    factor = factor if bound(factor) > 0 else 0.0
    return factor * ratio, bound(factor)


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
    return -0.5 * (dtrtrs(factor, (rows - mean).T, lower=True)[0] ** 2).sum(axis=0) - np.log(np.diag(factor)).sum()
