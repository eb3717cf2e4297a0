"""Residuals of points from the straight line between the points before and after them."""

import numpy as np

from skib._jit import njit


@njit
def residual_means(x, y, edges):
    """Mean squared residual of y, given in the order of ascending x, in each window of consecutive inner points.

    Window w holds the inner points edges[w] to edges[w + 1] - 1, of which point 0 has one point before it. Squares are
    divided by the variance that a residual has if the y are independent and of variance 1. Where the points before and
    after have one x, the line is taken to halve the step between them.
    """
    means = np.empty(len(edges) - 1)
    for w in range(len(means)):
        total = 0.0
        for i in range(edges[w], edges[w + 1]):
            spacing = x[i + 2] - x[i]
            before = (x[i + 2] - x[i + 1]) / spacing if spacing > 0 else 0.5
            after = 1 - before
            residual = before * y[i] + after * y[i + 2] - y[i + 1]
            total += residual * residual / (before * before + after * after + 1)
        means[w] = total / (edges[w + 1] - edges[w])
    return means
