"""Selective prediction: a threshold on a score with a bound of the error rate among the rows that are kept."""

from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import betainc, betaincinv

from skib._columns import require_same_length
from skib._validation import check_target
from skib._warnings import UnreliableEstimateWarning, warn
from skib.metrics._measurement import Measurement, share_std_error

# Samples drawn from the rows for the error of the coverage, which is then known to 1 part in 20.
_N_RESAMPLES = 200


@dataclass(frozen=True)
class SelectiveRisk:
    """A threshold on a score, and the risk of the predictions above it.

    Attributes
    ----------
    threshold : float
        Predictions with a score above it are kept. Infinite if no threshold keeps the bound: keep none.
    risk : Measurement
        Error rate among the kept rows; its null is that of all rows, which a score without any relation to the errors
        would leave. NaN if none is kept. The standard error is that of a share, with one more row of each kind.
    risk_bound : float
        Upper bound of the true error rate among the kept, at the confidence level; NaN if none is kept.
    coverage : Measurement
        Share of the rows that are kept. The standard error contains that the threshold is chosen anew in every sample.
    curve : DataFrame
        The same for every threshold that was considered: ``threshold``, ``n_kept``, ``coverage``, ``risk`` and
        ``risk_bound``. All bounds of the table hold together at the confidence level.
    """

    threshold: float
    risk: Measurement
    risk_bound: float
    coverage: Measurement
    curve: pd.DataFrame


def selective_risk(
    scores: ArrayLike,
    correct: ArrayLike,
    max_risk: float,
    *,
    confidence_level: float = 0.95,
    n_thresholds: int = 20,
) -> SelectiveRisk:
    r"""Choose the threshold on a score above which predictions err at most at a given rate, with a finite-sample bound.

    Thresholds are the scores at fixed ranks, so that the j-th keeps about j / J of the rows. Among m rows with scores
    above a threshold and k errors, the bound is the b that solves

    .. math:: \sum_{i=0}^{k} \binom{m}{i} b^i (1 - b)^{m - i} = \delta / J,

    (Clopper and Pearson) with :math:`\delta` = 1 - `confidence_level`. Of all thresholds with :math:`b \le`
    `max_risk` the one that keeps most rows is returned. For independent rows,

    .. math:: P\big( R(s) \le b(s) \text{ for all } J \text{ thresholds } s \big) \ge 1 - \delta,

    where R(s) is the probability of an error given a score above s: for any distribution, score and predictor.

    Parameters
    ----------
    scores : array-like of shape (n_samples,)
        Confidence in each prediction, larger is safer: a pointwise V-information that does not know the label, a
        probability, a margin. The score must not have been fitted to these rows.
    correct : array-like of shape (n_samples,)
        Whether each prediction is right.
    max_risk : float
        Largest error rate among the kept rows.
    confidence_level : float, default=0.95
        Probability that the bounds hold.
    n_thresholds : int, default=20
        Number of thresholds J. More of them come nearer to the largest possible coverage, and widen all bounds a little
        (as the square root of log J).

    Returns
    -------
    selection : SelectiveRisk
        The threshold, its bound, and the whole curve of risk over coverage.

    Raises
    ------
    ValueError
        If scores are missing or infinite, `correct` is not bool, 0 or 1, or the lengths differ.

    Warns
    -----
    UnreliableEstimateWarning
        If no threshold keeps the bound.

    Notes
    -----
    Given the score at a fixed rank, the rows above it are independent draws from the distribution above it, and their
    errors are binomial; the J events are joined by their sum. The binary search of [1]_ visits ranks that depend on the
    errors, and its union over the steps does not cover all ranks that might have been visited; the ranks here are
    fixed.

    The standard error of the coverage is the spread over samples drawn from these rows, in each of which the threshold
    is chosen: what a comparison of two scores needs. Future rows that one fixed threshold keeps are known better, to
    :math:`\sqrt{c (1 - c) / n}` for a coverage c. It is 0 where no sample would choose otherwise. The risk at the
    chosen threshold is on the low side, since the threshold was chosen for it; the bound takes that into account.

    Equal scores stay together: at a threshold none of the rows with exactly that score is kept. The bound holds for
    future rows of the same distribution, on average over those that are kept, and not within groups.

    References
    ----------
    .. [1] Y. Geifman, R. El-Yaniv, "Selective classification for deep neural networks", NeurIPS 2017, lemma 3.1 and
       algorithm 1.
    .. [2] C. J. Clopper, E. S. Pearson, "The use of confidence or fiducial limits illustrated in the case of the
       binomial", Biometrika 26, 1934.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.metrics import selective_risk
    >>> rng = np.random.default_rng(0)
    >>> scores = rng.random(5000)
    >>> correct = rng.random(5000) > 0.4 * (1 - scores) ** 2  # risk at coverage c: 0.4 c^2 / 3
    >>> selection = selective_risk(scores, correct, 0.05)
    >>> round(selection.threshold, 2), round(selection.coverage.value, 2)  # 0.61 of the rows have a true risk of 0.05
    (0.5, 0.5)
    >>> selection.risk.value < selection.risk_bound <= 0.05
    True
    """
    scores, correct = _read(scores, correct)
    _check_parameters(max_risk, confidence_level, n_thresholds)
    alpha = (1 - confidence_level) / n_thresholds
    curve = _curve(scores, ~correct, alpha, n_thresholds)
    kept = curve[curve["risk_bound"] <= max_risk]
    risk_of_all, error = float(np.mean(~correct)), _error_of_coverage(curve, len(scores), alpha, max_risk)
    if kept.empty:
        best = curve.loc[curve["risk_bound"].idxmin()]
        warn(
            f"no threshold keeps the risk below max_risk={max_risk:g} at confidence {confidence_level:g}: the least "
            f"bound is {best['risk_bound']:.3g}, at a coverage of {best['coverage']:.2f}; pass more rows, a better "
            "score or a larger max_risk",
            UnreliableEstimateWarning,
        )
        return SelectiveRisk(
            np.inf, Measurement(np.nan, null=risk_of_all), np.nan, Measurement(0.0, error, ceiling=1.0), curve
        )
    best = kept.loc[kept["n_kept"].idxmax()]
    return SelectiveRisk(
        float(best["threshold"]),
        Measurement(float(best["risk"]), share_std_error(best["risk"], best["n_kept"]), risk_of_all, 1.0),
        float(best["risk_bound"]),
        Measurement(float(best["coverage"]), error, ceiling=1.0),
        curve,
    )


def _read(scores, correct):
    """Return the scores as float64 and what is right as bools."""
    scores = check_target(scores, len(scores), "scores")
    correct = check_target(correct, len(correct), "correct")
    require_same_length(len(scores), len(correct), "correct", "scores")
    if scores.shape[1] > 1 or correct.shape[1] > 1:
        raise ValueError(f"scores and correct need one value per row, got shapes {scores.shape} and {correct.shape}")
    if not np.isin(correct, (0, 1)).all():
        raise ValueError("correct must be True or False (1 or 0): whether each prediction is right, not its label")
    return scores[:, 0], correct[:, 0] == 1


def _check_parameters(max_risk, confidence_level, n_thresholds):
    for name, value in (("max_risk", max_risk), ("confidence_level", confidence_level)):
        if not (isinstance(value, Real) and 0 < value < 1):
            raise ValueError(f"{name} must lie between 0 and 1, got {value!r}")
    if not isinstance(n_thresholds, Integral) or n_thresholds < 1:
        raise ValueError(f"n_thresholds must be a positive int, got {n_thresholds!r}")


def _curve(scores, wrong, alpha, n_thresholds):
    """Return the risk and its bound at thresholds of fixed ranks; the last one keeps all rows."""
    n_samples = len(scores)
    order = np.argsort(-scores, kind="stable")
    ranks = n_samples * np.arange(1, n_thresholds) // n_thresholds  # of the first row that is not kept
    thresholds = np.append(scores[order][ranks], -np.inf)
    n_kept = np.searchsorted(-scores[order], -thresholds, side="left")
    n_wrong = np.append(0, np.cumsum(wrong[order]))[n_kept]
    bound = np.ones(n_thresholds)
    some = n_wrong < n_kept
    bound[some] = betaincinv(n_wrong[some] + 1, n_kept[some] - n_wrong[some], 1 - alpha)
    with np.errstate(invalid="ignore"):
        risk = n_wrong / n_kept
    return pd.DataFrame(
        {
            "threshold": thresholds,
            "n_kept": n_kept,
            "coverage": n_kept / n_samples,
            "risk": risk,
            "risk_bound": bound,
        }
    )


def _error_of_coverage(curve, n_samples, alpha, max_risk):
    """Return the spread of the coverage over samples drawn from the rows, in each of which the threshold is chosen.

    The rows between two thresholds are alike: they are drawn as numbers of right and of wrong ones.
    """
    n_kept = np.diff(curve["n_kept"], prepend=0)
    n_wrong = np.diff(np.rint(curve["risk"].fillna(0) * curve["n_kept"]), prepend=0)
    shares = np.concatenate([n_kept - n_wrong, n_wrong]) / n_samples
    drawn = np.random.default_rng(0).multinomial(n_samples, shares, _N_RESAMPLES).reshape(_N_RESAMPLES, 2, -1)
    n_kept, n_wrong = drawn.sum(axis=1).cumsum(axis=1), drawn[:, 1].cumsum(axis=1)
    some = n_wrong < n_kept
    holds = some & (betainc(n_wrong + 1, np.where(some, n_kept - n_wrong, 1), max_risk) >= 1 - alpha)
    return float(np.std(np.max(n_kept * holds, axis=1), ddof=1) / n_samples)
