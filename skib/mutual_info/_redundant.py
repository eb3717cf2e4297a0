"""Columns of a variable that its other columns, or the condition, determine: they add no information."""

from typing import NamedTuple

import numpy as np
from scipy.linalg import qr

from skib._equations import undetermined_columns
from skib._marginals import transform_marginals

# Length of the residual of a column's normal scores on those of others, as a share of their own.
_REDUNDANT = 1e-6
# On those of the condition, the residual of ranks that rounding or noise has exchanged, which resolve nothing: 2 / n.
_MOST_UNRESOLVED = 0.01
# The sums of the parts of a composition in float32 differ by roundings, as a share of the range of the parts.
_SUM_TOLERANCE = 1e-5
_COEFFICIENT_TOLERANCE = 1e-3


class Reduced(NamedTuple):
    """The columns of a variable that no others determine."""

    columns: np.ndarray
    curved: bool  # whether their rows, with those of the condition, lie on a curve or surface


def without_determined(x, given=None):
    """Leave out the columns that the others, or those of `given`, determine by their values; see ``Reduced``.

    The parts of a composition, which are positive and have one sum, are replaced by the logarithms of the ratios to one
    of them. These are one-to-one with the parts, and as near to a Gaussian copula as the logits are if it is a softmax;
    without one part, the others have a copula of another shape (Aitchison, "The statistical analysis of compositional
    data", Journal of the Royal Statistical Society B 44, 1982).
    """
    kept, curved = undetermined_columns(x, given)
    if kept.all():
        return Reduced(x, curved)
    ratios = []
    for parts in _compositions(x, kept):
        kept[parts] = False
        ratios.append(_log_ratios(x[:, parts]))
    return Reduced(np.hstack([x[:, kept], *ratios]), curved)


def _compositions(x, kept):
    """Return the columns of each composition: a column that is a constant less the sum of some that are kept."""
    found, free = [], np.flatnonzero(kept & (x != x[0]).any(axis=0))
    for j in np.flatnonzero(~kept):
        with np.errstate(over="ignore", invalid="ignore"):
            scaled = (x - x.mean(axis=0)) / np.ptp(x, axis=0)[j]
        parts = np.r_[j, free[_have_coefficient_minus_one(scaled[:, free], scaled[:, j])]]
        if len(parts) > 2 and _are_composition(x[:, parts]):
            found.append(parts)
            free = np.setdiff1d(free, parts)
    return found


def _have_coefficient_minus_one(columns, target):
    """Mark the columns whose coefficient in the linear equation of the target is -1."""
    if not (columns.size and np.isfinite(columns).all() and np.isfinite(target).all()):
        return np.zeros(columns.shape[1], bool)
    sizes = np.linalg.norm(columns, axis=0)
    coefficients = np.linalg.lstsq(columns / sizes, target, rcond=None)[0] / sizes
    return np.abs(coefficients + 1) < _COEFFICIENT_TOLERANCE


def _are_composition(parts):
    return bool((parts > 0).all() and np.ptp(parts.sum(axis=1)) <= _SUM_TOLERANCE * np.ptp(parts, axis=0).max())


def _log_ratios(parts):
    """Divide by the part of the largest mean logarithm, whatever the order of the columns."""
    logs = np.log(parts)
    largest = np.argmax(logs.sum(axis=0))
    return np.delete(logs, largest, axis=1) - logs[:, [largest]]


def without_redundant(x, given=None):
    """Leave out the columns that the others, or those of `given`, determine, by their values or by their normal scores.

    Parameters
    ----------
    x : ndarray of shape (n_samples, n_columns)
        Columns of numbers, none of them constant.
    given : ndarray of shape (n_samples, n_conditions), default=None
        The condition, without redundant columns of its own; it may have no columns.

    Returns
    -------
    reduced : Reduced
        The array x itself if no column is redundant; of a composition the log ratios, as of ``without_determined``.
    """
    given = None if given is None or not given.shape[1] else given
    n_columns = x.shape[1] + (0 if given is None else given.shape[1])
    # Of as many columns as rows, the rows alone make each a combination of the others.
    if n_columns < 2 or given is None and n_columns >= len(x) - 1:
        return Reduced(x, False)
    x, curved = without_determined(x, given)
    kept = _independent_scores(x, given)
    return Reduced(x if kept.all() else x[:, kept], curved)


def condition_without_redundant(z):
    """Leave out the columns of a condition that its others determine; see ``Reduced``.

    The parts of a composition stay as they are, for the columns of others that equal one of them to be found.
    """
    if z.shape[1] < 2:
        return Reduced(z, False)
    kept, curved = undetermined_columns(z)
    z = z[:, kept]
    return Reduced(z[:, _independent_scores(z, None)], curved)


def _independent_scores(x, given):
    """Mark the columns whose normal scores are no linear combination of those of others."""
    kept = np.zeros(x.shape[1], bool)
    if given is None and x.shape[1] < 2 or not x.shape[1]:
        return ~kept
    scores, shortest = _unit_scores(x), _REDUNDANT
    if given is not None:
        basis, shortest = np.linalg.qr(_unit_scores(given))[0], min(2 / len(x), _MOST_UNRESOLVED)
        scores = scores - basis @ (basis.T @ scores)
    factor, order = qr(scores, mode="r", pivoting=True)
    diagonal = np.abs(np.diag(factor))
    kept[order[: len(diagonal)][diagonal > shortest]] = True
    return kept


def _unit_scores(x):
    scores = transform_marginals(x, "rank")
    return scores / np.linalg.norm(scores, axis=0)
