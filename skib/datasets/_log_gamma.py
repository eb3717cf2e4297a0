"""An exponential variable whose rate is a gamma variable, both in logarithms."""

from math import exp, expm1, log

import numpy as np
from scipy.optimize import brentq
from scipy.special import digamma
from sklearn.utils import Bunch, check_random_state

from skib._typing import Seed
from skib.datasets._checks import check_count, check_real
from skib.datasets._pair import Pair


def _log_scale(information):
    """Return log(a) at which psi(1/a) + a + log(a) is the information; the first two terms are psi(1/a + 1)."""
    # log(s + 1/2) < psi(s + 1) < log(s + 1) puts a between exp(I) - 1 and twice that; 3 is clear of the rounding.
    low = log(expm1(information))
    return brentq(lambda log_a: float(digamma(exp(-log_a) + 1)) + log_a - information, low, low + log(3), xtol=1e-14)


def make_log_gamma_pair(n_samples: int = 1000, *, mutual_info: float = 1.0, random_state: Seed = None) -> Pair:
    """Draw X = log(G) and y = log(E), where G is a gamma variable and E, given G, exponential of rate G.

    G has shape 1 / a and scale 1:

        I(X; y) = psi(1 / a) + a + log(a)

    solved for a. The dependence is the same at every X, and skewed: y + X, the noise, is the logarithm of a standard
    exponential variable.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of rows.
    mutual_info : float in [1e-6, 25], default=1.0
        Information wanted, in nats.
    random_state : int, RandomState instance or None, default=None
        Seeds the draw. Pass an int for the same result at every call.

    Returns
    -------
    Bunch
        ``X`` (n_samples, 1); ``y`` (n_samples,); ``mutual_info``, the true value in nats.

    Raises
    ------
    ValueError
        If ``mutual_info`` is out of range.

    References
    ----------
    A. Kraskov, H. Stoegbauer and P. Grassberger, "Estimating mutual information", Physical Review E 69, 2004.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.datasets import make_log_gamma_pair
    >>> pair = make_log_gamma_pair(500, mutual_info=1.0, random_state=0)
    >>> bool(np.corrcoef(pair.X[:, 0], pair.y)[0, 1] < -0.5)  # a higher rate is a shorter time
    True
    """
    n_samples = check_count(n_samples, "n_samples")
    # At 0, X is constant; above, the noise of y comes near the spacing of float64 around X.
    truth = check_real(mutual_info, "mutual_info", min_val=1e-6, max_val=25)
    a, rng = exp(_log_scale(truth)), check_random_state(random_state)
    # A gamma variable is one of shape + 1 times a uniform to the power of 1 / shape: its logarithm cannot underflow.
    x = np.log(rng.standard_gamma(1 / a + 1, n_samples)) - a * rng.standard_exponential(n_samples)
    y = np.log(rng.standard_exponential(n_samples)) - x
    return Bunch(X=x[:, None], y=y, mutual_info=truth)
