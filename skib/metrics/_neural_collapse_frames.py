"""Limit geometries of collapsed layers: the simplex of equal classes, and orthogonal means of lengths set by sizes."""

import numpy as np
from scipy.optimize import minimize_scalar

_N_HALVINGS = 60
# Strengths of regularization that are tried, as shares of the one at which the largest class vanishes.
_STRENGTHS = np.append(0.0, np.logspace(-6, 0, 61)[:-1])


def simplex(n_classes):
    """Return the Gram matrix of the equiangular tight frame, of norm 1."""
    return (np.eye(n_classes) - 1 / n_classes) / np.sqrt(n_classes - 1)


class OrthogonalFrame:
    """Class means and classifier of a network at the minimum of its regularized loss, for classes of any sizes.

    The features h before the last M - j of M linear layers without bias, and the features before the first of them, are
    free; all weights and features are penalized. The minimum has orthogonal class means [1, 2]. With margin z of class
    k, its singular value s in every layer follows from s^(M+1) ~ z sqrt(n_k), and

        |h_k| ~ s^(j+1) / sqrt(n_k),    classifier row / |h_k| ~ s^(M-2j-1) sqrt(n_k) =: g_k.

    The margin solves -loss'(z) z^((M-1)/(M+1)) = R n_k^(-M/(M+1)), where R collects all strengths of regularization: it
    is the one unknown. Classes with too few samples have z = 0, no features at all. (From the stationarity of the
    regularized loss in the product of the singular values, with the penalty at its minimum for a given product.)

    [1] H. Dang, T. Tran, S. Osher, H. Tran-The, N. Ho, T. Nguyen, ICML 2023, theorem 4.1 (squared error).
    [2] H. Dang, T. Tran, T. Nguyen, N. Ho, ICML 2024, theorem 4.1 (cross-entropy, rectified features, M = 1).
    """

    def __init__(self, sizes, loss, n_linear=1, position=0):
        self.sizes = np.asarray(sizes, np.float64) / np.max(sizes)
        self.loss, self.n_linear, self.position = loss, n_linear, position

    def lengths(self, strength):
        """Return |h_k| and g_k; the strength of regularization is 1 where the largest class vanishes."""
        margins = self._margins(strength)
        roots = np.sqrt(self.sizes)
        s = (margins * roots) ** (1 / (self.n_linear + 1))
        with np.errstate(divide="ignore"):
            scale = np.where(s > 0, s, np.inf) ** (self.n_linear - 2 * self.position - 1.0) * roots
        return s ** (self.position + 1) / roots, np.where(s > 0, scale, 0.0)

    def fitted(self, lengths):
        """Return the strength of regularization whose lengths are closest to the observed ones, as directions."""
        if not lengths.any():
            return 0.0
        squares = lengths**2 / np.linalg.norm(lengths**2)

        def distance(strength):
            expected = self.lengths(strength)[0] ** 2
            return np.linalg.norm(squares - expected / np.linalg.norm(expected))

        distances = [distance(strength) for strength in _STRENGTHS]
        best = int(np.argmin(distances))
        if best == 0:
            return 0.0
        bounds = _STRENGTHS[best - 1], _STRENGTHS[min(best + 1, len(_STRENGTHS) - 1)]
        found = minimize_scalar(distance, bounds=bounds, method="bounded", options={"xatol": 1e-6 * bounds[1]})
        return float(found.x if found.fun < distances[best] else _STRENGTHS[best])

    def _margins(self, strength):
        """Return the larger root z of the equation above for each class, 0 where there is none."""
        shares = strength * self.sizes ** (-self.n_linear / (self.n_linear + 1))
        if strength == 0:
            return np.ones(len(self.sizes))
        if self.loss == "log_loss":  # -loss'(z) = (K - 1) / (K - 1 + exp(z)), from (K - 1) / K down
            n_others = len(self.sizes) - 1
            slopes = np.minimum(shares, 1) * n_others / (n_others + 1)
            return np.maximum(np.log(n_others * (1 - slopes) / slopes), 0)
        return _larger_root(np.minimum(shares, 1), (self.n_linear - 1) / (self.n_linear + 1)) * (shares < 1)


def _larger_root(shares, power):
    """Return the larger root z of (1 - z) z^power = shares times the largest value of the left side."""
    top = power / (1 + power)
    largest = (1 - top) * top**power
    low, high = np.full(shares.shape, top), np.ones(shares.shape)
    for _ in range(_N_HALVINGS):
        middle = (low + high) / 2
        above = (1 - middle) * middle**power > shares * largest
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return high
