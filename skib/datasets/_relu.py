"""Rectified Gaussian pair: atoms at zero on both sides."""

from math import asin, log, pi, sqrt

import numpy as np
from scipy.integrate import quad
from scipy.special import log_ndtr
from sklearn.utils import Bunch, check_random_state

from skib._typing import Seed
from skib.datasets._checks import check_correlation, check_count
from skib.datasets._gaussian import correlated_normals
from skib.datasets._pair import Pair


def _one_side_zero(slope):
    """Return E[log(2 q); x = 0 < y] = integral over y > 0 of phi(y) q(y) log(2 q(y)), with q(y) = Phi(-slope y)."""

    def integrand(y):
        log_q = log_ndtr(-slope * y)
        return np.exp(log_q - y * y / 2) * (log(2) + log_q) / sqrt(2 * pi)

    # q changes over a width 1 / |slope|, which is narrow when |rho| is close to 1.
    width = 1 / (1 + abs(slope))
    edges = [0, 8 * width, 8 + 8 * width, 48]
    pieces = zip(edges[:-1], edges[1:], strict=True)
    return sum(quad(integrand, low, high, epsabs=1e-13, epsrel=1e-12, limit=200)[0] for low, high in pieces)


def make_relu_pair(n_samples: int = 1000, *, rho: float = 0.9, random_state: Seed = None) -> Pair:
    """Draw a Gaussian pair through the ReLU: X = max(0, U), y = max(0, V), with U, V of correlation rho.

    Half of each side is exactly zero, as in the activations of a ReLU layer. With P = 1/4 + asin(rho) / (2 pi),
    the probability that both are zero (and that both are positive), s = sqrt(1 - rho^2), and phi and Phi the normal
    density and cdf, the joint atom, the two lines and the open quadrant add up to

        I(X; y) = P log(4 P) + 2 int_0^inf phi(v) Phi(-rho v / s) log(2 Phi(-rho v / s)) dv
                  - P log(s) + rho s / (2 pi)

    Parameters
    ----------
    n_samples : int, default=1000
        Number of rows.
    rho : float in (-1, 1), default=0.9
        Correlation before the ReLU.
    random_state : int, RandomState instance or None, default=None
        Seeds the draw. Pass an int for the same result at every call.

    Returns
    -------
    Bunch
        ``X`` (n_samples, 1); ``y`` (n_samples,); ``mutual_info``, the true value in nats.

    Raises
    ------
    ValueError
        If ``rho`` is not inside (-1, 1).

    Notes
    -----
    The last two terms are -P log(s) - E[(rho^2 (U^2 + V^2) - 2 rho U V) / (2 s^2); U, V > 0]; the moments of the
    quadrant are E[U^2; U, V > 0] = P + rho s / (2 pi) and E[U V; U, V > 0] = rho P + s / (2 pi), the second of
    which is the arc-cosine kernel of order 1.

    References
    ----------
    Y. Cho and L. K. Saul, "Kernel methods for deep learning", NeurIPS 2009.

    Examples
    --------
    >>> from skib.datasets import make_relu_pair
    >>> pair = make_relu_pair(500, rho=0.9, random_state=0)
    >>> round(pair.mutual_info, 3)  # 0.830 before the ReLU
    0.554
    >>> float(pair.X.min())
    0.0
    """
    n_samples, rho = check_count(n_samples, "n_samples"), check_correlation(rho)
    s = sqrt((1 - rho) * (1 + rho))
    x, y = correlated_normals(check_random_state(random_state), n_samples, 1, rho, s)
    both = 0.25 + asin(rho) / (2 * pi)
    truth = both * log(4 * both) + 2 * _one_side_zero(rho / s) - both * log(s) + rho * s / (2 * pi)
    return Bunch(X=np.maximum(x, 0), y=np.maximum(y[:, 0], 0), mutual_info=truth)
