"""Gaussian pairs, and the same pairs through the normal cdf."""

from math import exp, expm1, log1p, sqrt

import numpy as np
from scipy.special import ndtr
from sklearn.utils import Bunch, check_random_state

from skib._typing import Seed
from skib.datasets._checks import check_correlation, check_count, check_real
from skib.datasets._pair import Pair

# The residual exp(-I) of y on x must stay far above the spacing of float64 around x.
MAX_INFORMATION_PER_PAIR = 30


def correlated_normals(rng, n_samples, dim, rho, residual):
    """Draw two (n_samples, dim) arrays whose columns pair up with correlation ``rho``.

    ``residual`` = sqrt(1 - rho^2) is an argument of its own: it has all its digits where rho rounds to 1.
    """
    x = rng.standard_normal((n_samples, dim))
    return x, rho * x + residual * rng.standard_normal((n_samples, dim))


def paired_information(rho, n_pairs):
    """Return -(n_pairs / 2) log(1 - rho^2), exact where rho^2 would round."""
    return -0.5 * n_pairs * log1p(-rho) - 0.5 * n_pairs * log1p(rho)


def as_target(columns):
    """Return the columns of a target in C order, a single one as (n_samples,)."""
    return np.ravel(columns) if columns.shape[1] == 1 else np.ascontiguousarray(columns)


def _per_pair(rho, mutual_info, dim):
    """Return the correlation and residual of each pair, and the information of all of them."""
    if (rho is None) == (mutual_info is None):
        raise ValueError(f"Pass exactly one of rho and mutual_info; got rho={rho} and mutual_info={mutual_info}.")
    if rho is None:
        total = check_real(mutual_info, "mutual_info", min_val=0, max_val=MAX_INFORMATION_PER_PAIR * dim)
        return sqrt(-expm1(-2 * total / dim)), exp(-total / dim), total
    rho = check_correlation(rho)
    return rho, sqrt((1 - rho) * (1 + rho)), paired_information(rho, dim)


def make_gaussian_pair(
    n_samples: int = 1000,
    *,
    rho: float | None = None,
    mutual_info: float | None = None,
    dim: int = 1,
    random_state: Seed = None,
) -> Pair:
    """Draw Gaussian X and y of known mutual information.

    The coordinates are independent pairs (X_j, y_j), each standard normal with correlation rho:

        I(X; y) = -(dim / 2) log(1 - rho^2)

    Parameters
    ----------
    n_samples : int, default=1000
        Number of rows.
    rho : float in (-1, 1), default=None
        Correlation of each pair. Pass either this or ``mutual_info``.
    mutual_info : float in [0, 30 dim], default=None
        Information wanted, in nats, shared equally by the pairs: rho = sqrt(1 - exp(-2 I / dim)).
    dim : int, default=1
        Number of pairs.
    random_state : int, RandomState instance or None, default=None
        Seeds the draw. Pass an int for the same result at every call.

    Returns
    -------
    Bunch
        ``X`` (n_samples, dim); ``y`` (n_samples,) if ``dim`` is 1, else (n_samples, dim); ``mutual_info``, the true
        value in nats.

    Raises
    ------
    ValueError
        If both or none of ``rho`` and ``mutual_info`` are given, or one is out of range.

    References
    ----------
    T. M. Cover and J. A. Thomas, Elements of Information Theory, 2nd ed., Wiley, 2006.

    Examples
    --------
    >>> from skib.datasets import make_gaussian_pair
    >>> pair = make_gaussian_pair(500, rho=0.9, random_state=0)
    >>> round(pair.mutual_info, 4)  # -log(1 - 0.81) / 2
    0.8304
    >>> make_gaussian_pair(500, mutual_info=2.0, dim=3).y.shape
    (500, 3)
    """
    n_samples, dim = check_count(n_samples, "n_samples"), check_count(dim, "dim")
    rho, residual, total = _per_pair(rho, mutual_info, dim)
    x, y = correlated_normals(check_random_state(random_state), n_samples, dim, rho, residual)
    return Bunch(X=x, y=as_target(y), mutual_info=total)


def make_uniform_pair(
    n_samples: int = 1000,
    *,
    rho: float | None = None,
    mutual_info: float | None = None,
    dim: int = 1,
    random_state: Seed = None,
) -> Pair:
    """Draw X and y that are uniform on [0, 1], of known mutual information.

    They are the pair of `make_gaussian_pair` through the normal cdf, coordinate by coordinate. A bijection of each
    coordinate does not change the information:

        I(X; y) = -(dim / 2) log(1 - rho^2)

    Parameters
    ----------
    n_samples : int, default=1000
        Number of rows.
    rho : float in (-1, 1), default=None
        Correlation of each pair before the cdf. Pass either this or ``mutual_info``.
    mutual_info : float in [0, 30 dim], default=None
        Information wanted, in nats, shared equally by the pairs.
    dim : int, default=1
        Number of pairs.
    random_state : int, RandomState instance or None, default=None
        Seeds the draw. Pass an int for the same result at every call.

    Returns
    -------
    Bunch
        ``X`` (n_samples, dim); ``y`` (n_samples,) if ``dim`` is 1, else (n_samples, dim); ``mutual_info``, the true
        value in nats.

    Raises
    ------
    ValueError
        If both or none of ``rho`` and ``mutual_info`` are given, or one is out of range.

    Examples
    --------
    >>> from skib.datasets import make_uniform_pair
    >>> pair = make_uniform_pair(500, rho=0.9, random_state=0)
    >>> round(pair.mutual_info, 4)  # -log(1 - 0.81) / 2, as before the cdf
    0.8304
    >>> bool(pair.X.min() >= 0 and pair.X.max() <= 1)
    True
    """
    pair = make_gaussian_pair(n_samples, rho=rho, mutual_info=mutual_info, dim=dim, random_state=random_state)
    return Bunch(X=ndtr(pair.X), y=ndtr(pair.y), mutual_info=pair.mutual_info)
