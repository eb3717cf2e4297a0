"""The least error of any predictor whose global and local disparity stay within limits."""

from dataclasses import dataclass, field
from numbers import Integral, Real

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_scalar

from skib._columns import require_finite
from skib._typing import Floats, TableLike
from skib._warnings import warn
from skib.pid._fairness import codes_of
from skib.pid._fairness_program import FrontierProgram

# Limits of each disparity between 0 and that of a predictor without errors, where none are given.
_N_LIMITS = 6
# A disparity of so many nats is a rounding of 0, which is the one limit then.
_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class FairnessFrontier:
    """The least error for pairs of limits of the global and the local disparity.

    Attributes
    ----------
    points : DataFrame
        One row per pair of limits, with the columns:

        - ``global_limit``, ``local_limit``: the limits, in nats;
        - ``error``: rate of wrong predictions of the best predictor found, which is within the limits;
        - ``gap``: bound of what it misses: no predictor within the limits has an error below ``error - gap``;
        - ``global_disparity``, ``local_disparity``: those of this predictor, in nats.
    predictors : ndarray of shape (n_points, n_classes, n_groups, n_clients, n_classes)
        Probability of each prediction (last axis) given the class, the sensitive group and the client, in their sorted
        order; NaN for combinations that do not occur.
    global_disparity : float
        Global disparity :math:`I(Z;Y)` of a predictor without errors, in nats.
    local_disparity : float
        Local disparity :math:`I(Z;Y|S)` of a predictor without errors, in nats.
    """

    points: pd.DataFrame
    predictors: Floats = field(repr=False)
    global_disparity: float
    local_disparity: float

    def errors(self) -> pd.DataFrame:
        """Return the errors as a table, global limits in rows and local limits in columns.

        Returns
        -------
        errors : DataFrame of shape (n_global_limits, n_local_limits)
            Rates of wrong predictions.
        """
        return self.points.pivot_table("error", "global_limit", "local_limit", aggfunc="first")


def fairness_frontier(
    y: TableLike,
    sensitive: TableLike,
    client: TableLike,
    *,
    global_limits: ArrayLike | None = None,
    local_limits: ArrayLike | None = None,
    tol: float = 1e-5,
    max_iter: int = 30,
) -> FairnessFrontier:
    r"""Compute the least error of any predictor whose global and local disparity stay within limits.

    .. math::
        \min_{p(\hat y \mid y, z, s)} P(\hat Y \neq Y) \quad \text{such that} \quad
        I(Z;\hat Y) \le \epsilon_g, \quad I(Z;\hat Y \mid S) \le \epsilon_l

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        Classes Y that are to be predicted.
    sensitive : array-like of shape (n_samples,) or (n_samples, n_attributes)
        Sensitive attribute Z; several columns are taken as one.
    client : array-like of shape (n_samples,) or (n_samples, n_attributes)
        Client S of each row, of any number of clients of any shares; several columns are taken as one.
    global_limits : array-like of shape (n_global_limits,), default=None
        Limits of the global disparity, in nats. ``None`` means six between 0 and that of a predictor without errors, or
        0 alone if that has none.
    local_limits : array-like of shape (n_local_limits,), default=None
        Limits of the local disparity, in nats. ``None`` means six between 0 and that of a predictor without errors, or
        0 alone if that has none.
    tol : float, default=1e-5
        Largest gap of the error at which a point of the frontier counts as found.

    max_iter : int, default=30
        Largest number of linear programs for a point.

    Returns
    -------
    frontier : FairnessFrontier
        The least error for each pair of limits, and a predictor that has it.

    Raises
    ------
    ValueError
        If a limit is negative or not finite, a value is missing, or the lengths differ.

    Warns
    -----
    ConvergenceWarning
        If the gap of a point exceeds `tol`.

    See Also
    --------
    fairness_decomposition : The disparities of given predictions.

    Notes
    -----
    The error is linear in the channel from (Y, Z, S) to the prediction, and both disparities are convex in it, so that
    the frontier is convex and no other local minimum exists. Each disparity is a sum of terms of two probabilities, and
    each term is bounded from below by its tangents. The linear programs of ever more tangents bound the error from
    below; what violates a limit by a rounding is mixed with a predictor within the limits, which bounds it from above.

    The predictor knows the class: the frontier is that of the data, which no training on them exceeds. It treats the
    shares of rows as probabilities, and cells of few rows as if they were known.

    References
    ----------
    .. [1] F. Hamman, S. Dutta, "Demystifying local and global fairness trade-offs in federated learning using partial
       information decomposition", International Conference on Learning Representations, 2024, section 4 (the accuracy
       and global-local fairness optimality problem).

    Examples
    --------
    >>> from skib.pid import fairness_frontier
    >>> y = sex = [0, 1] * 100  # the class is the sensitive attribute
    >>> client = [0, 0, 1, 1] * 50
    >>> frontier = fairness_frontier(y, sex, client, global_limits=[0, 0.1927, 0.6932], local_limits=[0.6932])
    >>> frontier.points["error"].round(3).abs().tolist()  # 1/2, 1/5 (log 2 less the entropy of 1/5), 0
    [0.5, 0.2, 0.0]
    """
    check_scalar(tol, "tol", Real, min_val=0, include_boundaries="neither")
    check_scalar(max_iter, "max_iter", Integral, min_val=1)
    program = FrontierProgram(_shares(*codes_of(y=y, sensitive=sensitive, client=client)))
    whole = program.disparities(program.faultless())
    limits = [
        _limits("global_limits", global_limits, whole[0]),
        _limits("local_limits", local_limits, whole[1]),
    ]
    points, predictors = [], []
    for pair in ((first, second) for first in limits[0] for second in limits[1]):
        channel, gap = program.solve(pair, tol, max_iter)
        points.append((*pair, program.error(channel), gap, *program.disparities(channel)))
        predictors.append(program.table(channel))
    names = ["global_limit", "local_limit", "error", "gap", "global_disparity", "local_disparity"]
    table = pd.DataFrame(points, columns=names)
    _warn_of_gaps(table["gap"].to_numpy(), tol, max_iter)
    return FairnessFrontier(table, np.array(predictors), *map(float, whole))


def _shares(labels, groups, clients):
    """Return the share of the rows of each class, group and client."""
    shares = np.zeros([int(codes.max()) + 1 for codes in (labels, groups, clients)])
    np.add.at(shares, (labels, groups, clients), 1 / len(labels))
    return shares


def _limits(name, values, largest):
    if values is None:
        return np.linspace(0, largest, _N_LIMITS) if largest > _ROUNDING else np.zeros(1)
    values = np.atleast_1d(np.asarray(values, dtype=np.float64))
    require_finite(name, values)
    if values.ndim > 1 or not len(values) or (values < 0).any():
        raise ValueError(f"{name} must be a list of numbers of at least 0, in nats, got {values.tolist()}")
    return values


def _warn_of_gaps(gaps, tol, max_iter):
    if (gaps > tol).any():
        warn(
            f"{np.sum(gaps > tol)} of {len(gaps)} points of the frontier have a gap of up to {gaps.max():.2g} in the "
            f"error, more than tol={tol:g}, after max_iter={max_iter} linear programs; raise max_iter or tol",
            ConvergenceWarning,
        )
