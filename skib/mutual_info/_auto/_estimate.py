"""An estimate as Auto stores it, and the choice between that of neighbors and that of a summary."""

from typing import NamedTuple

import numpy as np

from skib._warnings import UnreliableEstimateWarning, warn

# Beyond so many columns nearest neighbors lose much of the information, unless a model or a summary assists them.
_MAX_UNASSISTED_COLUMNS = 6
# Rows per column from which predictors learn most of what there is to learn of linear dependence.
_ROWS_PER_COLUMN = 2
# A summary is taken where its certificate exceeds the other estimate by so many of its standard errors, or where its
# own estimate exceeds that by so many of both and the certificate is so many of its own above 0.
_CERTAIN, _HIGHER, _POSITIVE = 2.0, 2.5, 2.0
# Share of the information that neighbors among many columns and summaries lose unseen: about the mean on the accuracy
# benchmark.
_UNSEEN_SHARE = 0.05


class Estimate(NamedTuple):
    """An estimate by one method, in nats."""

    method: str
    candidates: dict
    pointwise: np.ndarray
    value: float
    std_error: float  # admits the bias that the candidates show
    ceiling: float
    saturated: bool | None  # None: whether the value is near the ceiling
    certificate: float = np.nan  # of a summary, a lower bound in expectation
    certificate_error: float = np.nan


def neighbor_estimate(method, pointwise, ceiling, *, saturated=None):
    """Return the estimate whose terms are those of nearest neighbors; NaN in rows that are left out."""
    valid = pointwise[~np.isnan(pointwise)]
    value = float(np.mean(valid)) if len(valid) else 0.0
    error = float(np.std(valid, ddof=1) / np.sqrt(len(valid))) if len(valid) > 1 else np.nan
    return Estimate(method, {"neighbors": value}, pointwise, value, error, float(ceiling), saturated)


def with_summary(estimate, summary, sampling_error=None):
    """Return the estimate, or that of a summary if it finds more; with what the other says among the candidates.

    Parameters
    ----------
    estimate : Estimate or None
        The other estimate; None if there is none.
    summary : SummarizedEstimate
        Both of its numbers, the estimate from the summary and its certificate, are lower bounds in expectation.
    sampling_error : float, default=None
        The standard error of the other estimate without its bias, which is downward and does not speak for it.
    """
    found = {"summary": summary.value, "certificate": summary.certificate}
    certificate = {"certificate": summary.certificate, "certificate_error": summary.certificate_error}
    if estimate is not None:
        error = estimate.std_error if sampling_error is None else sampling_error
        found = estimate.candidates | found
        if not _finds_more(summary, estimate.value, error):
            error = _with_unseen(estimate.std_error, estimate.value, summary.ceiling)
            return estimate._replace(candidates=found, std_error=error, **certificate)
    gap = max(summary.certificate, 0.0) - (summary.value - summary.loss)
    # Of predictors that learn nothing the terms have no spread; a correlation of 0 has this error of its information.
    error = float(np.linalg.norm([summary.std_error, gap, np.sqrt(0.5) / len(summary.pointwise)]))
    error = _with_unseen(error, summary.value, summary.ceiling)
    rest = error, summary.ceiling, summary.saturated
    return Estimate(summary.method, found, summary.pointwise, summary.value, *rest, **certificate)


def _with_unseen(error, value, ceiling):
    """Add to a standard error the share of the information that is lost unseen, as far as there is more."""
    return float(np.hypot(error, min(_UNSEEN_SHARE * max(value, 0.0), max(ceiling - value, 0.0))))


def summary_floor(value, error):
    """Return what the certificate must exceed for the summary to be taken, unless it is surely positive."""
    return value + _CERTAIN * error


def _finds_more(summary, value, error):
    if summary.certificate > summary_floor(value, error):
        return True
    higher = summary.value > value + _HIGHER * np.hypot(error, summary.std_error)
    return bool(higher and summary.certificate > _POSITIVE * summary.certificate_error)


def warn_if_many_columns(n_columns):
    """Warn of neighbors among so many columns that they lose much of the information."""
    if n_columns > _MAX_UNASSISTED_COLUMNS:
        warn(
            f"nearest neighbors among {n_columns} columns lose much of the information: a model assists them only if "
            "all columns are continuous, and a summary if one variable is one column of classes or numbers; pass fewer "
            "columns, or compress them first",
            UnreliableEstimateWarning,
        )


def warn_if_few_rows(estimate, n_columns):
    """Warn of an estimate from a summary whose predictors had hardly more rows than columns."""
    n_samples = len(estimate.pointwise)
    if estimate.method.startswith("summary") and n_samples < _ROWS_PER_COLUMN * n_columns:
        warn(
            f"predictors learn little from {n_samples} rows of {n_columns} columns: the estimate "
            f"{estimate.value:.3f}, from their summary, is a lower bound; pass {_ROWS_PER_COLUMN * n_columns} rows or "
            "more, or fewer columns",
            UnreliableEstimateWarning,
        )
