"""A lower bound on the information of two columns: how well y is interpolated from the neighboring rows along x."""

import numpy as np

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
    spacing = x[2:] - x[:-2]
    before = np.divide(x[2:] - x[1:-1], spacing, out=np.full(len(spacing), 0.5), where=spacing > 0)
    after = 1 - before
    squares = (before * y[:-2] + after * y[2:] - y[1:-1]) ** 2 / (before**2 + after**2 + 1)
    # Windows cover all rows: one window of 50 of 98 residuals would leave half of them out, and the bound vary more.
    edges = np.linspace(0, len(squares), max(len(squares) // _WINDOW, 1) + 1).astype(int)
    means = np.add.reduceat(squares, edges[:-1]) / np.diff(edges)
    return float(-0.5 * np.mean(np.log(np.maximum(means, np.finfo(float).tiny))))
