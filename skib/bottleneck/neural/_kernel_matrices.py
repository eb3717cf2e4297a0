"""Gaussian kernel matrices of a batch, and the derivative of what is computed from them by the rows."""

import numpy as np

from skib._gram import median_distance


def squared_distances(a, b=None):
    """Return the squared distances of the rows of `a` to those of `b`, by default to each other."""
    center = a.mean(axis=0)  # products of centered rows lose fewer digits
    a = a - center
    b = a if b is None else b - center
    squares = np.einsum("ij,ij->i", a, a)[:, None] + np.einsum("ij,ij->i", b, b) - 2 * (a @ b.T)
    return np.maximum(squares, 0, out=squares)


def gaussian_kernel(a, bandwidth, b=None):
    """Return exp(-|a_i - b_j|^2 / 2 h^2)."""
    return np.exp(squared_distances(a, b) * a.dtype.type(-0.5 / bandwidth**2))


def input_kernel(x, bandwidth):
    """Return the kernel matrix of the rows x; without a bandwidth, that of the median of their distances."""
    return gaussian_kernel(x, median_distance(x.astype(np.float64)) if bandwidth is None else bandwidth)


def code_bandwidth(code, bandwidth):
    """Return the bandwidth; without one the square root of the number of columns, the same for every batch."""
    return np.sqrt(code.shape[1]) if bandwidth is None else bandwidth


def by_rows(weights, kernel, rows, bandwidth):
    """Return the derivative by the rows of a function of their kernel matrix, whose derivatives are the weights."""
    m = (weights + weights.T) * kernel
    return (m @ rows - m.sum(axis=1)[:, None] * rows) / rows.dtype.type(bandwidth**2)
