"""Nearest-neighbor formulas of mutual information: arrays in, pointwise information in nats out.

The mean of the terms is the estimate. Nothing is validated here, and no warning is issued: rows are finite, more than
`n_neighbors`, and no variable is constant. Functions that end in ``_of_balls`` take balls that the caller prepared,
and `psi`, the ``digamma_table`` of the number of rows; they serve callers that share work between estimates.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy.special import digamma

from skib._kernels.tied_orders import expected_at_rank
from skib._marginals import KEPT_ROWS, sort_column, transform_marginals
from skib._neighbors._balls import planar_balls, tree_balls, tree_boxes
from skib._neighbors._boxes import planar_boxes
from skib._neighbors._class_balls import prepare_class_balls
from skib._neighbors._counts import scatter
from skib._parallel import blocks
from skib._statistics import SATURATION

# Given Z an estimate is saturated if it falls short of its ceiling by fewer nats: of the rows that are as near as the k
# neighbors in (x, z), or in (y, z), about 70 % are these neighbors then. Gaussian triples are estimated too low by 0.3
# nats or more there, and by 0.1 where it falls short by twice as much.
_SHORTFALL = np.log(2)
_SHARE = 0.5  # of the ceiling, where that is low
# Ranks of tied rows that one kernel call may sum over: at most about half a second.
_RANKS_PER_CALL = 30_000_000
# Expectations over the orders of tied rows that are remembered, a power of 2.
_N_REMEMBERED = 2048


class BoundedTerms(NamedTuple):
    """Terms, the largest value that their mean can have, and whether it is so near that the truth may be far larger.

    Given Z it is the mean of psi(n_z) - psi(k): a row is compared with the n_z rows near in z, not with all n.
    """

    terms: np.ndarray
    ceiling: float
    saturated: bool


def digamma_table(n_samples):
    """Tabulate digamma(0), which no term uses, to digamma(n_samples): counts are looked up instead of evaluated."""
    return _kept_table(n_samples) if n_samples <= KEPT_ROWS else _kept_table.__wrapped__(n_samples)


@lru_cache(maxsize=4)
def _kept_table(n_samples):
    return np.r_[np.nan, digamma(np.arange(1, n_samples + 1))]


def ksg_terms(x, y, n_neighbors, *, variant=1, marginals=None):
    """Compute the terms of I(X;Y) for continuous variables: Kraskov et al. (2004), equation (8) or (9).

    Parameters
    ----------
    x : ndarray of shape (n_samples, n_features)
        Rows of the first variable.
    y : ndarray of shape (n_samples, n_targets)
        Rows of the second.
    n_neighbors : int
        k.
    variant : {1, 2}, default=1
        Squares around the k neighbors, or rectangles.
    marginals : {"rank", "standard", None}, default=None
        How columns are scaled, as in ``transform_marginals``.

    Returns
    -------
    terms : ndarray of shape (n_samples,)
        Pointwise information in nats, in the order of the rows.
    """
    psi = digamma_table(len(x))
    if x.shape[1] == y.shape[1] == 1:
        source = sort_column(x[:, 0], marginals)
        target = sort_column(y[:, 0], marginals, scores_of=source)
        return scatter(planar_ksg_terms(source, target, n_neighbors, psi, variant=variant), target.order)
    rows, of_x, of_y = _joined([x, y], marginals)
    if variant == 1:
        return ksg_terms_of_balls(tree_balls(rows, [of_x, of_y], n_neighbors), psi)
    balls, boxed = tree_boxes(rows, [of_x, of_y], n_neighbors)
    return ksg_terms_of_balls(balls, psi) - boxed / n_neighbors


def planar_ksg_terms(source, target, n_neighbors, psi, *, variant=1):
    """Compute the terms for two sorted columns, in the order of the sorted target."""
    if variant == 1:
        return ksg_terms_of_balls(planar_balls(source, target, n_neighbors), psi)
    balls, boxed = planar_boxes(source, target, n_neighbors)
    return ksg_terms_of_balls(balls, psi) - boxed / n_neighbors


def ksg_terms_of_balls(balls, psi):
    """Compute the terms of variant 1 from the balls of the joint rows and their counts in x and in y."""
    n_x, n_y = balls.counts
    return psi[-1] + psi[balls.n_within] - psi[n_x] - psi[n_y]


def ksg_terms_given(x, y, z, n_neighbors, *, marginals=None):
    """Compute the terms of I(X;Y|Z) for continuous variables, and their ceiling: Frenzel and Pompe (2007).

    Parameters
    ----------
    x, y, z : ndarray of shape (n_samples, n_columns)
        Rows of the two variables and of the condition, which may have no columns.
    n_neighbors : int
        k.
    marginals : {"rank", "standard", None}, default=None
        How columns are scaled.

    Returns
    -------
    result : BoundedTerms
        Pointwise conditional information in nats, the ceiling of its mean, and whether that is saturated.
    """
    rows, of_x, of_y, of_z = _joined([x, y, z], marginals)
    balls = tree_balls(rows, [np.r_[of_x, of_z], np.r_[of_y, of_z], of_z], n_neighbors)
    psi = digamma_table(len(x))
    n_xz, n_yz, n_z = (psi[n] for n in balls.counts)
    terms, untied = psi[balls.n_within] - n_xz - n_yz + n_z, balls.n_within == n_neighbors
    return _bounded(terms, n_z, untied, psi[n_neighbors], (x, y))


def ross_terms(x, codes, n_neighbors, *, marginals=None):
    """Compute the terms of I(X;Y) for class labels y: Ross (2014), equation (2), with the class sizes inside the mean.

    Parameters
    ----------
    x : ndarray of shape (n_samples, n_features)
        Rows of numbers.
    codes : ndarray of int64 of shape (n_samples,)
        Dense class codes; every class has two rows or more.
    n_neighbors : int
        k, lowered to the other rows of the class in smaller classes.
    marginals : {"rank", "standard", None}, default=None
        How columns are scaled.

    Returns
    -------
    terms : ndarray of shape (n_samples,)
        Pointwise information in nats.
    """
    class_balls = prepare_class_balls(x, np.bincount(codes), n_neighbors, marginals)
    return scatter(ross_terms_of_balls(class_balls, codes, digamma_table(len(x))), class_balls.order)


def ross_terms_of_balls(class_balls, codes, psi):
    """Compute the terms of prepared rows for one labeling of them, in the order ``class_balls.order``."""
    codes = codes[class_balls.order]
    sizes = np.bincount(codes)
    of_class = psi[-1] - psi[sizes] + psi[np.minimum(class_balls.n_neighbors, sizes - 1)]
    return of_class[codes] - _expected_at_rank(class_balls.balls(codes), psi)


def _bounded(terms, psi_z, untied, psi_k, variables):
    """Return the terms given Z and what follows from them; more neighbors would not resolve rows of tied distances.

    Near the ceiling the truth may be far larger, unless that would exceed the entropy of one of the variables.
    """
    ceiling, value = float(np.mean(psi_z - psi_k)), np.mean(terms)
    margin = max(min(_SHORTFALL * np.mean(untied), _SHARE * ceiling), (1 - SATURATION) * ceiling)
    saturated = value > ceiling - margin and min(map(_entropy_of_rows, variables)) > value + _SHORTFALL
    return BoundedTerms(terms, ceiling, bool(saturated))


def _entropy_of_rows(rows):
    """Compute the entropy of the distinct rows: log n if no two are equal."""
    counts = np.unique(rows, axis=0, return_counts=True)[1]
    return np.log(len(rows)) - np.mean(np.repeat(np.log(counts), counts))


def _expected_at_rank(balls, psi):
    """Return the digamma of the rank of the k-th neighbor of the own class; its mean over random orders of tied rows.

    At independence the digamma of that rank has mean psi(n) - psi(N) + psi(k) in any order of the other rows that does
    not depend on their classes, and so the terms have mean 0; counts of whole ties would have another mean.
    """
    n_nearer, n_at, n_own, n_wanted = balls
    expected = psi[n_nearer + n_wanted]  # where all that tie are of one class, as a single row is
    several = np.flatnonzero(n_at > n_own)
    if not len(several):
        return expected
    n_nearer, n_at, n_own, n_wanted = (part[several] for part in balls)
    of_several = psi[n_wanted] + psi[n_at + 1] - psi[n_own + 1]  # where no row is nearer
    single = np.flatnonzero((n_nearer > 0) & (n_own == 1))  # of which all ranks are equally likely
    sums, before, at = np.r_[0.0, np.cumsum(psi[1:])], n_nearer[single], n_at[single]
    of_several[single] = (sums[before + at] - sums[before]) / at
    among = np.flatnonzero((n_nearer > 0) & (n_own > 1))
    of_several[among] = _means_at_rank(*(part[among] for part in (n_nearer, n_at, n_own, n_wanted)), psi)
    expected[several] = of_several
    return expected


def _means_at_rank(n_before, n_tied, n_marked, wanted, psi):
    means = np.empty(len(n_before))
    known = np.zeros((_N_REMEMBERED, 4), np.int64), np.empty(_N_REMEMBERED)  # no rows of 0 tied points come
    for rows in blocks(len(means), max(_RANKS_PER_CALL // len(psi), 1)):
        expected_at_rank(rows.start, rows.stop, n_before, n_tied, n_marked, wanted, psi, *known, means)
    return means


def _joined(variables, marginals):
    """Return the scaled columns of several variables in one array, and the positions of each variable's columns."""
    rows = np.hstack([transform_marginals(part, marginals) for part in variables])
    ends = np.cumsum([part.shape[1] for part in variables])
    return rows, *np.split(np.arange(ends[-1]), ends[:-1])
