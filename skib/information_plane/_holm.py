"""Holm's correction of p-values for many tests."""

import numpy as np


def holm_adjust(p_values):
    """Holm-adjusted p-values; NaN stays NaN and counts as no test.

    Rejecting where they fall below a level keeps the chance of any false rejection below it, however the tests depend
    on one another: cells of one network share their labels (S. Holm, Scandinavian Journal of Statistics, 1979).
    """
    p_values = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p_values)[: np.sum(~np.isnan(p_values))]
    steps = p_values[order] * np.arange(len(order), 0, -1)
    adjusted = np.full(len(p_values), np.nan)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted
