"""Concentric normal clouds: y depends on the distance of X from the center."""

from math import log, sqrt

import numpy as np
from scipy.special import gammaln, logsumexp
from sklearn.utils import Bunch, check_random_state

from skib._typing import Seed
from skib.datasets._checks import check_count
from skib.datasets._pair import Pair

# Standard deviation of y around its component: components are 100 of them apart, so that y determines its component.
NOISE = 0.01


def _information(dim, n_components):
    """Return E[log p(x | k) / p(x)]; both densities depend on x through u = log |x| alone.

    The integrand is analytic in u, where the trapezoidal rule converges faster than any power of the step. The limits
    leave out less than 1e-15 of the smallest and of the largest component.
    """
    log_sd = np.log(np.arange(1, 1 + n_components))
    u, step = np.linspace(-36 / dim, log_sd[-1] + log(sqrt(dim) + 9), 20001, retstep=True)
    from_component = u[:, None] - log_sd
    # log density of u = log(sd chi), with chi of dim degrees of freedom.
    constant = (1 - dim / 2) * log(2) - gammaln(dim / 2)
    log_density = constant + dim * from_component - np.exp(2 * from_component) / 2
    log_ratio = log_density - logsumexp(log_density, axis=1, keepdims=True)
    return float(log(n_components) + step * (np.exp(log_density) * log_ratio).sum() / n_components)


def make_concentric_pair(
    n_samples: int = 1000, *, dim: int = 5, n_components: int = 5, random_state: Seed = None
) -> Pair:
    """Draw X from one of several normal clouds with the same center, and y with the number of the cloud.

    The component k is 1, ..., n_components with equal probability, X is normal with covariance k^2 I, and y is normal
    with mean k and standard deviation 0.01. Since y determines k,

        I(X; y) = I(X; k) = E[log(p(X | k) / p(X))]

    by quadrature over the logarithm of the norm of X, to 1e-10. All correlations of X with y are 0.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of rows.
    dim : int, default=5
        Number of columns of X. In more dimensions the norm of X determines k more precisely.
    n_components : int, default=5
        Number of clouds.
    random_state : int, RandomState instance or None, default=None
        Seeds the draw. Pass an int for the same result at every call.

    Returns
    -------
    Bunch
        ``X`` (n_samples, dim); ``y`` (n_samples,); ``mutual_info``, the true value in nats.

    Raises
    ------
    ValueError
        If ``dim`` or ``n_components`` is less than 1.

    References
    ----------
    P. Czyz, F. Grabowski, J. E. Vogt, N. Beerenwinkel and A. Marx, "On the properties and estimation of pointwise
    mutual information profiles", arXiv:2310.10240, 2023.

    Examples
    --------
    >>> from skib.datasets import make_concentric_pair
    >>> round(make_concentric_pair(500, dim=5, n_components=5).mutual_info, 3)  # between 0 and log(5)
    0.627
    """
    n_samples, dim = check_count(n_samples, "n_samples"), check_count(dim, "dim")
    n_components = check_count(n_components, "n_components")
    rng = check_random_state(random_state)
    k = rng.randint(1, 1 + n_components, size=n_samples)
    x = k[:, None] * rng.standard_normal((n_samples, dim))
    y = k + NOISE * rng.standard_normal(n_samples)
    return Bunch(X=x, y=y, mutual_info=_information(dim, n_components))
