"""Limit geometries of collapsed layers: the simplex of equal classes, and orthogonal means of lengths set by sizes."""

import numpy as np

_N_HALVINGS = 60
# Strengths of regularization that are tried first, as shares of the one at which the largest class vanishes; then so
# many between the neighbors of the best one, four times.
_STRENGTHS = np.append(0.0, np.logspace(-6, 0, 61)[:-1])
_N_BETWEEN, _N_ZOOMS = 17, 4


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

    Sizes of shape (n_frames, 1, n_classes) are those of as many frames.

    [1] H. Dang, T. Tran, S. Osher, H. Tran-The, N. Ho, T. Nguyen, ICML 2023, theorem 4.1 (squared error).
    [2] H. Dang, T. Tran, T. Nguyen, N. Ho, ICML 2024, theorem 4.1 (cross-entropy, rectified features, M = 1).
    """

    def __init__(self, sizes, loss, n_linear=1, position=0):
        self.sizes = np.asarray(sizes, np.float64) / np.max(sizes, axis=-1, keepdims=True)
        self.loss, self.n_linear, self.position = loss, n_linear, position

    def of_sizes(self, sizes):
        """Return the frame of the same network for classes of other sizes."""
        return OrthogonalFrame(sizes, self.loss, self.n_linear, self.position)

    def lengths(self, strength):
        """Return |h_k| and g_k; the strength of regularization is 1 where the largest class vanishes.

        An array of strengths, of shape (..., 1), gives rows of lengths.
        """
        margins = self._margins(np.asarray(strength, np.float64))
        roots = np.sqrt(self.sizes)
        s = (margins * roots) ** (1 / (self.n_linear + 1))
        scale = np.where(s > 0, s, np.inf) ** (self.n_linear - 2 * self.position - 1.0) * roots
        return s ** (self.position + 1) / roots, np.where(s > 0, scale, 0.0)

    def fitted(self, lengths):
        """Return for each row of observed lengths the strength whose lengths are closest to it, as directions."""
        squares = lengths**2 / np.maximum(np.linalg.norm(lengths**2, axis=1, keepdims=True), np.finfo(float).tiny)
        tried, rows = np.broadcast_to(_STRENGTHS, (len(lengths), len(_STRENGTHS))), np.arange(len(lengths))
        for zoom in range(1 + _N_ZOOMS):
            expected = self.lengths(tried[: 1 if zoom == 0 else None, :, None])[0] ** 2
            expected /= np.linalg.norm(expected, axis=2, keepdims=True)
            best = np.argmin(((squares[:, None] - expected) ** 2).sum(axis=2), axis=1)
            found = tried[rows, best]
            low, high = tried[rows, np.maximum(best - 1, 0)], tried[rows, np.minimum(best + 1, tried.shape[1] - 1)]
            tried = np.linspace(low, high, _N_BETWEEN, axis=1)
        return np.where(lengths.any(axis=1), found, 0.0)

    def _margins(self, strength):
        """Return the larger root z of the equation above for each class, 0 where there is none."""
        shares = np.minimum(strength * self.sizes ** (-self.n_linear / (self.n_linear + 1)), 1)
        if self.loss == "log_loss":  # -loss'(z) = (K - 1) / (K - 1 + exp(z)), from (K - 1) / K down
            n_others = self.sizes.shape[-1] - 1
            slopes = np.where(strength == 0, 0.5, shares) * n_others / (n_others + 1)
            margins = np.maximum(np.log(n_others * (1 - slopes) / slopes), 0)
            return np.where(strength == 0, 1.0, margins)  # all margins are alike, and infinite
        return _larger_root(shares, (self.n_linear - 1) / (self.n_linear + 1)) * (shares < 1)


def _larger_root(shares, power):
    """Return the larger root z of (1 - z) z^power = shares times the largest value of the left side."""
    if power == 0:
        return 1 - shares
    top = power / (1 + power)
    largest = (1 - top) * top**power
    low, high = np.full(shares.shape, top), np.ones(shares.shape)
    for _ in range(_N_HALVINGS):
        middle = (low + high) / 2
        above = (1 - middle) * middle**power > shares * largest
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return high
