"""Multivariate Student t: dependence in the tails, in addition to the correlation."""

from math import sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import digamma, gammaln
from sklearn.utils import Bunch, check_array, check_random_state

from skib._typing import Seed
from skib.datasets._checks import check_correlation, check_count, check_real
from skib.datasets._gaussian import as_target, correlated_normals, paired_information
from skib.datasets._pair import Pair


def _tail_information(dof, dim_x, dim_y):
    """Return h(X) + h(y) - h(X, y) of spherical t: the information of independent normals divided by one scale."""

    def entropy_of_scale(dim):
        # The entropy of a spherical t in ``dim`` dimensions, without the multiples of dim, which cancel.
        half = (dof + dim) / 2
        return -gammaln(half) + half * (digamma(half) - digamma(dof / 2))

    dims = entropy_of_scale(dim_x) + entropy_of_scale(dim_y) - entropy_of_scale(dim_x + dim_y)
    # At many degrees of freedom the terms cancel to within their rounding, about 1e-9.
    return max(0.0, float(dims + gammaln(dof / 2)))


def _check_dispersion(dispersion, dim):
    """Return a symmetric positive definite matrix of shape (dim, dim) and its Cholesky factor."""
    matrix = check_array(dispersion, dtype=np.float64, input_name="dispersion")
    if matrix.shape != (dim, dim):
        raise ValueError(
            f"dispersion has shape {matrix.shape}, must be ({dim}, {dim}): dim_x + dim_y rows and columns."
        )
    if not np.allclose(matrix, matrix.T, rtol=1e-9, atol=0):
        raise ValueError("dispersion is not symmetric: pass (dispersion + dispersion.T) / 2.")
    try:
        return matrix, np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError as error:
        lowest = np.linalg.eigvalsh(matrix).min()
        raise ValueError(f"dispersion must be positive definite; its lowest eigenvalue is {lowest:.3g}.") from error


def _normals(rng, n_samples, dim_x, dim_y, rho, dispersion):
    """Draw the Gaussian pair before the scale, and its information."""
    if dispersion is None:
        n_pairs, spare = min(dim_x, dim_y), abs(dim_x - dim_y)
        x, y = correlated_normals(rng, n_samples, n_pairs, rho, sqrt((1 - rho) * (1 + rho)))
        more = rng.standard_normal((n_samples, spare))
        x, y = (np.hstack([x, more]), y) if dim_x > dim_y else (x, np.hstack([y, more]))
        return x, y, paired_information(rho, n_pairs)
    if rho != 0:
        raise ValueError(f"Pass rho or dispersion, not both; got rho={rho} and a dispersion.")
    matrix, factor = _check_dispersion(dispersion, dim_x + dim_y)
    xy = rng.standard_normal((n_samples, dim_x + dim_y)) @ factor.T
    log_dets = [np.linalg.slogdet(block)[1] for block in (matrix[:dim_x, :dim_x], matrix[dim_x:, dim_x:], matrix)]
    return xy[:, :dim_x], xy[:, dim_x:], 0.5 * float(log_dets[0] + log_dets[1] - log_dets[2])


def make_student_pair(
    n_samples: int = 1000,
    *,
    rho: float = 0.0,
    dof: float = 1.0,
    dim_x: int = 1,
    dim_y: int = 1,
    dispersion: ArrayLike | None = None,
    random_state: Seed = None,
) -> Pair:
    """Draw a multivariate Student t pair.

    A Gaussian pair is divided by sqrt(W / dof), where W is one chi-square variable with dof degrees of freedom: the
    shared scale makes X and y dependent even where the Gaussian pair is not.

        I(X; y) = I_normal + c(dim_x) + c(dim_y) - c(dim_x + dim_y) - c(0)
        c(d) = -log Gamma((dof + d)/2) + (dof + d)/2 [psi((dof + d)/2) - psi(dof/2)]

    with I_normal the information of the Gaussian pair: -(min(dim_x, dim_y) / 2) log(1 - rho^2), or log(det S_xx det
    S_yy / det S) / 2 with the dispersion S. The other terms depend on dof and the dimensions alone.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of rows.
    rho : float in (-1, 1), default=0.0
        Correlation of X_j with y_j in the Gaussian pair, for j < min(dim_x, dim_y); all other columns are uncorrelated.
    dof : float in [0.1, 1e6], default=1.0
        Degrees of freedom. Small values give heavy tails and much shared scale (1 is the Cauchy distribution);
        large values tend to the Gaussian pair.
    dim_x, dim_y : int, default=1
        Number of columns of X and of y. The shared scale contributes more in more dimensions.
    dispersion : array-like of shape (dim_x + dim_y, dim_x + dim_y), default=None
        Covariance of the Gaussian pair, columns of X first; positive definite. It replaces ``rho``.
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
        If an argument is out of range, ``dispersion`` is not a covariance matrix, or it is passed with ``rho``.

    References
    ----------
    R. B. Arellano-Valle, J. E. Contreras-Reyes and M. G. Genton, "Shannon entropy and mutual information for
    multivariate skew-elliptical distributions", Scandinavian Journal of Statistics 40, 2013.

    Examples
    --------
    >>> from skib.datasets import make_student_pair
    >>> pair = make_student_pair(500, rho=0.0, dof=1.0, random_state=0)
    >>> round(pair.mutual_info, 4)  # log(pi / 2) + 4 log(2) - 3
    0.2242
    >>> round(make_student_pair(500, dof=1.0, dim_x=2, dim_y=2).mutual_info, 4)  # uncorrelated, yet more
    0.4319
    """
    n_samples, rho = check_count(n_samples, "n_samples"), check_correlation(rho)
    dim_x, dim_y = check_count(dim_x, "dim_x"), check_count(dim_y, "dim_y")
    # Below, samples overflow; above, the log-gammas cancel and the sample is practically Gaussian.
    dof = check_real(dof, "dof", min_val=0.1, max_val=1e6)
    rng = check_random_state(random_state)
    x, y, truth = _normals(rng, n_samples, dim_x, dim_y, rho, dispersion)
    scale = np.sqrt(rng.chisquare(dof, n_samples) / dof)[:, None]
    return Bunch(
        X=np.ascontiguousarray(x / scale),
        y=as_target(y / scale),
        mutual_info=truth + _tail_information(dof, dim_x, dim_y),
    )
