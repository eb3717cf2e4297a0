"""What an estimate from a summary consists of."""

from typing import NamedTuple

import numpy as np


class SummarizedEstimate(NamedTuple):
    """An estimate from a summary, and the held-out bound beside it."""

    value: float
    pointwise: np.ndarray
    std_error: float
    ceiling: float
    saturated: bool
    certificate: float  # mean held-out gain, a lower bound in expectation
    certificate_error: float
    predictor: str
    method: str  # "summary + Ross", "summary + KSG", or "summary" if the value is the certificate
    statistic: np.ndarray  # (n_samples, n_components), by predictors fitted to the other folds
    loss: float  # nats in `value` for what the predictors lose because directions are estimated from few rows


def mean_and_error(terms):
    """Return the mean of terms and its standard error; NaN terms are left out."""
    terms = terms[~np.isnan(terms)]
    if len(terms) < 2:
        return (float(terms[0]) if len(terms) else 0.0), np.nan
    return float(np.mean(terms)), float(np.std(terms, ddof=1) / np.sqrt(len(terms)))
