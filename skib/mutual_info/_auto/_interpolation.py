"""A lower bound on the information of two columns: how well y is interpolated from the neighboring rows along x."""

from functools import lru_cache

import numpy as np

from skib._kernels.interpolation import residual_means

# Rows at least whose squared residuals are averaged: their number of degrees of freedom leaves the log nearly unbiased.
_WINDOW = 50


def interpolation_bound(x, y):
    """Return a lower bound on I(X;Y) from normal scores y in the order of ascending x; -inf for too few rows.

    The residual of y from the straight line between the rows before and after has the variance of y given x, or more
    where the curve bends (Gasser, Sroka and Jennen-Steinmetz 1986). As a normal variable has the largest entropy of its
    variance, I >= -1/2 <log var(Y|X)>.
    """
    if len(x) < 2 * _WINDOW:
        return -np.inf
    means = np.maximum(residual_means(x, y, _edges(len(x) - 2)), np.finfo(float).tiny)
    return float(-0.5 * np.mean(np.log(means)))


@lru_cache(maxsize=1)  # the same along both columns
def _edges(n_residuals):
    """Return where windows begin that cover all rows.

    One window of 50 of 98 residuals would leave half of them out, and the bound vary more.
    """
    return np.linspace(0, n_residuals, max(n_residuals // _WINDOW, 1) + 1).astype(np.int64)
