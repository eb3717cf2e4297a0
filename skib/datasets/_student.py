"""Bivariate Student t: dependence in the tails beside the correlation."""

from math import log1p, sqrt

import numpy as np
from scipy.special import digamma, gammaln
from sklearn.utils import Bunch, check_random_state

from skib.datasets._checks import check_correlation, check_count, check_real
from skib.datasets._gaussian import correlated_normals


def _tail_information(dof):
    """Information of the spherical bivariate Student t: 2 h(X) - h(X, y) at rho = 0."""
    half = dof / 2
    gammas = gammaln(half) + gammaln(half + 1) - 2 * gammaln(half + 0.5)
    return float(gammas + (dof + 1) * (digamma(half + 0.5) - digamma(half)) - (dof + 2) / dof)


def make_student_pair(n_samples=1000, *, rho=0.0, dof=1.0, random_state=None):
    """Draw a bivariate Student t pair.

    A Gaussian pair of correlation rho is divided by sqrt(W / dof), where W is one chi-square variable with dof degrees
    of freedom: the shared scale makes X and y dependent even at rho = 0.

        I(X; y) = -log(1 - rho^2) / 2 + c(dof)
        c(d) = log[Gamma(d/2) Gamma(d/2 + 1) / Gamma((d + 1)/2)^2]
               + (d + 1) [psi((d + 1)/2) - psi(d/2)] - (d + 2)/d

    Parameters
    ----------
    n_samples : int, default=1000
        Number of rows.
    rho : float in (-1, 1), default=0.0
        Correlation of the Gaussian pair.
    dof : float in [0.1, 1e6], default=1.0
        Degrees of freedom. Small values give heavy tails and much shared scale (1 is the Cauchy distribution);
        large values tend to the Gaussian pair.
    random_state : int, RandomState instance or None, default=None
        Seed of the draw; an int gives the same sample at every call.

    Returns
    -------
    Bunch
        ``X`` (n_samples, 1); ``y`` (n_samples,); ``mutual_info``, the true value in nats.

    Raises
    ------
    ValueError
        If ``rho`` or ``dof`` is out of range.

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
    """
    n_samples, rho = check_count(n_samples, "n_samples"), check_correlation(rho)
    # Below, samples overflow; above, the log-gammas cancel and the sample is Gaussian to all purposes.
    dof = check_real(dof, "dof", min_val=0.1, max_val=1e6)
    rng = check_random_state(random_state)
    x, y = correlated_normals(rng, n_samples, 1, rho, sqrt((1 - rho) * (1 + rho)))
    scale = np.sqrt(rng.chisquare(dof, n_samples) / dof)
    truth = _tail_information(dof) - 0.5 * log1p(-rho) - 0.5 * log1p(rho)
    return Bunch(X=x / scale[:, None], y=y[:, 0] / scale, mutual_info=truth)
