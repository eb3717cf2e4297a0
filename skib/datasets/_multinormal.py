"""Multivariate normal pairs: all coordinates are dependent, or a few pairs of them."""

from math import log1p, sqrt
from typing import Literal

import numpy as np
from sklearn.utils import Bunch, check_random_state

from skib._typing import Seed
from skib.datasets._checks import check_correlation, check_count
from skib.datasets._gaussian import as_target, correlated_normals, paired_information
from skib.datasets._pair import Pair


def _equicorrelated(rng, n_samples, dim, rho):
    """Draw standard normal columns that all have correlation ``rho``.

    The symmetric root of (1 - rho) I + rho 11' is a I + b 11', whose eigenvalues are those of the matrix, rooted.
    """
    z = rng.standard_normal((n_samples, dim))
    a = sqrt(1 - rho)
    b = (sqrt(1 + (dim - 1) * rho) - a) / dim
    return a * z + b * z.sum(axis=1, keepdims=True)


def _dense(rng, n_samples, dim_x, dim_y, rho):
    """Draw a pair with correlation ``rho`` between all coordinates, and its information."""
    dim = dim_x + dim_y
    if rho * (dim - 1) <= -1:
        raise ValueError(
            f"rho == {rho}, must be > {-1 / (dim - 1):.6g}, which is -1 / (dim_x + dim_y - 1): no {dim} variables have "
            "all correlations that low."
        )
    xy = _equicorrelated(rng, n_samples, dim, rho)
    blocks = log1p((dim_x - 1) * rho) + log1p((dim_y - 1) * rho)
    return xy[:, :dim_x], xy[:, dim_x:], 0.5 * (blocks - log1p(-rho) - log1p((dim - 1) * rho))


def _sparse(rng, n_samples, dim_x, dim_y, rho, n_pairs):
    """Draw a pair with correlation ``rho`` in the first ``n_pairs`` coordinates alone, and its information."""
    if n_pairs > min(dim_x, dim_y):
        raise ValueError(f"n_pairs == {n_pairs}, must be <= {min(dim_x, dim_y)}, the smaller of dim_x and dim_y.")
    x, y = correlated_normals(rng, n_samples, n_pairs, rho, sqrt((1 - rho) * (1 + rho)))
    x = np.hstack([x, rng.standard_normal((n_samples, dim_x - n_pairs))])
    y = np.hstack([y, rng.standard_normal((n_samples, dim_y - n_pairs))])
    return x, y, paired_information(rho, n_pairs)


def make_multinormal_pair(
    n_samples: int = 1000,
    *,
    kind: Literal["dense", "sparse"] = "dense",
    dim_x: int = 2,
    dim_y: int = 2,
    rho: float | None = None,
    n_pairs: int = 2,
    random_state: Seed = None,
) -> Pair:
    """Draw multivariate normal X and y whose dependence is spread over all coordinates, or concentrated in a few.

    All variances are 1. With ``kind="dense"`` every two coordinates, within X and y as well as across, have
    correlation rho:

        I(X; y) = log[(1 + (dim_x - 1) rho) (1 + (dim_y - 1) rho) / ((1 - rho) (1 + (dim_x + dim_y - 1) rho))] / 2

    With ``kind="sparse"`` X_j and y_j have correlation rho for j < n_pairs, and all other coordinates are independent:

        I(X; y) = -(n_pairs / 2) log(1 - rho^2)

    Parameters
    ----------
    n_samples : int, default=1000
        Number of rows.
    kind : {"dense", "sparse"}, default="dense"
        Whether all coordinates depend on each other, or ``n_pairs`` pairs of them.
    dim_x, dim_y : int, default=2
        Number of columns of X and of y.
    rho : float in (-1, 1), default=None
        Correlation. None is 0.5 if ``kind`` is "dense", which then requires rho > -1 / (dim_x + dim_y - 1), and 0.8 if
        it is "sparse": a shared latent variable of strength 2 with noise of strength 1 gives 2^2 / (2^2 + 1^2).
    n_pairs : int, default=2
        Number of dependent pairs if ``kind`` is "sparse", at most min(dim_x, dim_y); unused if it is "dense".
    random_state : int, RandomState instance or None, default=None
        Seeds the draw. Pass an int for the same result at every call.

    Returns
    -------
    Bunch
        ``X`` (n_samples, dim_x); ``y`` (n_samples,) if ``dim_y`` is 1, else (n_samples, dim_y); ``mutual_info``, the
        true value in nats.

    Raises
    ------
    ValueError
        If ``kind`` is unknown or an argument is out of range.

    References
    ----------
    P. Czyz, F. Grabowski, J. E. Vogt, N. Beerenwinkel and A. Marx, "Beyond normal: on the evaluation of mutual
    information estimators", NeurIPS 2023.

    Examples
    --------
    >>> from skib.datasets import make_multinormal_pair
    >>> round(make_multinormal_pair(500, dim_x=5, dim_y=5).mutual_info, 4)  # log(3 * 3 / (0.5 * 5.5)) / 2
    0.5928
    >>> round(make_multinormal_pair(500, kind="sparse", dim_x=5, dim_y=3).mutual_info, 4)  # -log(1 - 0.64)
    1.0217
    """
    n_samples, n_pairs = check_count(n_samples, "n_samples"), check_count(n_pairs, "n_pairs")
    dim_x, dim_y = check_count(dim_x, "dim_x"), check_count(dim_y, "dim_y")
    rng = check_random_state(random_state)
    if kind == "dense":
        x, y, truth = _dense(rng, n_samples, dim_x, dim_y, check_correlation(0.5 if rho is None else rho))
    elif kind == "sparse":
        x, y, truth = _sparse(rng, n_samples, dim_x, dim_y, check_correlation(0.8 if rho is None else rho), n_pairs)
    else:
        raise ValueError(f"kind == {kind!r}, must be 'dense' or 'sparse'.")
    return Bunch(X=np.ascontiguousarray(x), y=as_target(y), mutual_info=truth)
