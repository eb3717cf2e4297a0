"""The information of a summary and y."""

from typing import NamedTuple

import numpy as np
from scipy.special import digamma

from skib._neighbors import ksg_terms, ross_terms
from skib._statistics import SATURATION
from skib.mutual_info._summary._summarize import summarize_classes, summarize_number

_N_NEIGHBORS = 5


class SummarizedEstimate(NamedTuple):
    """An estimate from a summary, and the held-out bound beside it."""

    value: float
    pointwise: np.ndarray
    std_error: float
    ceiling: float
    saturated: bool
    certificate: float
    certificate_error: float
    predictor: str
    method: str


def summarized_classes(x, codes, **run):
    """Estimate I(X;Y) for dense class codes, of two rows or more each."""
    summary = summarize_classes(x, codes, **run)
    terms = ross_terms(summary.statistic, codes, _N_NEIGHBORS, marginals="rank")
    ceiling = digamma(len(codes)) - np.mean(digamma(np.bincount(codes)[codes]))
    return _estimate(summary, terms, ceiling, False, "summary + Ross")


def summarized_number(x, y, **run):
    """Estimate I(X;Y) for one column of numbers."""
    summary = summarize_number(x, y, **run)
    terms = ksg_terms(summary.statistic, y[:, None], _N_NEIGHBORS, marginals="rank")
    ceiling = digamma(len(y)) - digamma(_N_NEIGHBORS)
    return _estimate(summary, terms, ceiling, bool(np.mean(terms) > SATURATION * ceiling), "summary + KSG")


def _estimate(summary, terms, ceiling, saturated, method):
    value, error = _mean_and_error(terms)
    certificate, certificate_error = _mean_and_error(summary.log_gain)
    return SummarizedEstimate(
        value, terms, error, float(ceiling), saturated, certificate, certificate_error, summary.predictor, method
    )


def _mean_and_error(terms):
    return float(np.mean(terms)), float(np.std(terms, ddof=1) / np.sqrt(len(terms)))
