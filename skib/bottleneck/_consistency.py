"""How well an encoder satisfies the equations of the information bottleneck, and at which beta."""

from dataclasses import dataclass
from numbers import Real

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, logsumexp, xlogy

from skib._sklearn import BaseEstimator
from skib._typing import Floats, TableLike
from skib.bottleneck._information import affinities, log_centers, solution_of
from skib.bottleneck._joint import normalized, read_joint, read_rows
from skib.bottleneck._rows import distinct_rows

# Ends of the betas that are searched, and the number of first trials between them.
_SMALLEST, _LARGEST, _TRIALS = 1e-3, 1e5, 81
# Difference of residuals, in nats, that counts as none.
_SAME = 1e-12
# What stores the columns that are read, and is named in messages.
_Arguments = type("ib_consistency", (BaseEstimator,), {})


@dataclass(frozen=True)
class IBConsistency:
    """The beta at which an encoder is nearest to a solution of the bottleneck, and the distance that is left.

    Attributes
    ----------
    beta : float
        The beta of least residual. Infinite if the residual is the least at the largest beta, 0 if at the smallest, NaN
        if it is the same for all.
    residual : float
        Mean over p(x) of the divergence of q(t|x) from the q(t|x) of the equations at this beta, in nats: 0 for a
        solution.
    pointwise : ndarray of shape (n_samples,)
        The divergence of each row, in nats.
    rate : float
        I(X;T) of the encoder, in nats: the residual of beta = 0.
    relevance : float
        I(T;Y) of the encoder, in nats.
    explained : float
        1 - residual / rate: 1 for a solution, 0 for an encoder which the equations explain no better than q(t) does.
        NaN for a rate of 0.
    """

    beta: float
    residual: float
    pointwise: Floats
    rate: float
    relevance: float
    explained: float


def ib_consistency(
    encoder: ArrayLike, X: TableLike, *, sample_weight: ArrayLike | None = None, beta: float | None = None
) -> IBConsistency:
    r"""Measure how well an encoder satisfies the self-consistent equations of the information bottleneck.

    .. math:: q(t|x) = \frac{q(t)}{Z(x)} \exp\big[-\beta D(p(y|x) \Vert q(y|t))\big]

    with the q(t) and q(y|t) that follow from the encoder. The right-hand side is computed at each beta, and the beta is
    taken whose result the encoder diverges from least.

    Parameters
    ----------
    encoder : array-like of shape (n_samples, n_clusters)
        Probabilities or counts q(t|x): of a layer, the distribution of its binned or noisy activations for each x.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Counts or probabilities p(y|x).
    sample_weight : array-like of shape (n_samples,), default=None
        Weights p(x), of any sum. None: all rows weigh alike.
    beta : float, default=None
        The beta at which the equations are taken. None: the one of least residual.

    Returns
    -------
    result : IBConsistency
        The beta, and what is left.

    Raises
    ------
    ValueError
        If encoder and X have not one row per x, or hold negative, missing or infinite values; if beta is negative or
        not finite.

    Notes
    -----
    A small residual is necessary for a solution, and not sufficient for the best one: every beta has stationary points
    that are no minima, the constant encoder among them. A deterministic encoder satisfies the equations at no finite
    beta, unless rows of different clusters have disjoint y: its residual falls with beta up to the largest one, or has
    a minimum where assignments to the nearest center disagree with it.

    References
    ----------
    .. [1] N. Tishby, F. C. Pereira, W. Bialek, "The information bottleneck method", Allerton 1999, eq. 28-30.
    .. [2] R. Shwartz-Ziv, N. Tishby, "Opening the black box of deep neural networks via information",
       arXiv:1703.00810, 2017, section 3.4.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.bottleneck import InformationBottleneck, ib_consistency
    >>> X = [[0.9, 0.1], [0.6, 0.4], [0.1, 0.9]]
    >>> solution = InformationBottleneck(beta=4).fit(X)
    >>> found = ib_consistency(solution.encoder_, X)
    >>> round(found.beta, 3), abs(round(found.residual, 6))
    (4.0, 0.0)
    """
    if beta is not None and not (isinstance(beta, Real) and 0 <= beta < np.inf):
        raise ValueError(f"beta must be a finite number of at least 0, got {beta!r}; None finds that of least residual")
    joint = read_joint(_Arguments(), X, sample_weight)
    q, is_empty = normalized(read_rows(_Arguments(), encoder, name="encoder"))
    if len(is_empty) != len(joint.weights):
        raise ValueError(f"X has {len(joint.weights)} rows but encoder has {len(is_empty)}; pass one row of each per x")
    if is_empty.any():
        raise ValueError(f"row {int(np.argmax(is_empty))} of encoder is all zero; pass q(t|x) of every x")
    q = np.asarray(q.todense() if hasattr(q, "todense") else q)
    q = q[:, joint.weights @ q > 0]
    solution = solution_of(joint, q)
    logs, log_prior = log_centers(solution.cluster_centers, joint.groups), np.log(solution.cluster_weights)
    rows, _ = distinct_rows(joint)
    affinity, of_rows = (_from_largest(affinities(one, logs)) for one in (rows.matrix, joint.conditional))
    # Only the partition sums depend on beta otherwise than linearly, and they are those of the distinct rows.
    slope = float(joint.weights @ np.sum(q * of_rows, axis=1))

    def log_partitions(beta):
        return logsumexp(log_prior + beta * affinity, axis=1)

    def residual(log_beta):
        return solution.rate - np.exp(log_beta) * slope + float(rows.weights @ log_partitions(np.exp(log_beta)))

    if beta is None:
        beta = _best_beta(residual)
    finite = beta if np.isfinite(beta) else _LARGEST
    expected = log_softmax(log_prior + finite * of_rows, axis=1)
    pointwise = np.sum(xlogy(q, q) - q * expected, axis=1)
    left = float(joint.weights @ pointwise)
    explained = 1 - left / solution.rate if solution.rate > 0 else np.nan
    return IBConsistency(beta, left, pointwise, solution.rate, solution.relevance, explained)


def _from_largest(affinity):
    """Subtract the largest value of each row, which cancels, so that large betas leave no rounding errors."""
    return affinity - affinity.max(axis=1, keepdims=True)


def _best_beta(residual):
    """Minimize over log beta: the residual is convex in beta, but may fall up to an end."""
    trials = np.linspace(np.log(_SMALLEST), np.log(_LARGEST), _TRIALS)
    values = np.array([residual(trial) for trial in trials])
    if np.ptp(values) <= _SAME:
        return np.nan
    best = int(np.argmin(values))
    if values[-1] <= values[best] + _SAME or best == 0:
        return 0.0 if best == 0 else np.inf
    found = minimize_scalar(residual, bounds=(trials[best - 1], trials[best + 1]), options={"xatol": 1e-8})
    return float(np.exp(found.x))
