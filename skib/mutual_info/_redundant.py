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


class Reduced(NamedTuple):
    """The columns of a variable that no others determine."""

    columns: np.ndarray
    curved: bool  # whether their rows, with those of the condition, lie on a curve or surface


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
        The array x itself if no column is redundant.
    """
    given = None if given is None or not given.shape[1] else given
    if x.shape[1] + (0 if given is None else given.shape[1]) < 2:
        return Reduced(x, False)
    kept, curved = undetermined_columns(x, given)
    x = x if kept.all() else x[:, kept]
    kept = _independent_scores(x, given)
    return Reduced(x if kept.all() else x[:, kept], curved)


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
