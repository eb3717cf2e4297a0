"""A uniform X with uniform noise."""

from math import exp, log

from scipy.special import lambertw
from sklearn.utils import Bunch, check_random_state

from skib._typing import Seed
from skib.datasets._checks import check_count, check_real
from skib.datasets._pair import Pair


def _smoothing_information(s):
    """Return I(X; X + U / s)."""
    return s / 2 if s <= 1 else 1 / (2 * s) + log(s)


def make_additive_noise_pair(n_samples: int = 1000, *, epsilon: float = 0.75, random_state: Seed = None) -> Pair:
    """Draw X uniform on [0, 1] and y = X + N, with noise N uniform on [-epsilon, epsilon].

        I(X; y) = epsilon - log(2 epsilon)    if epsilon <= 1/2
                  1 / (4 epsilon)             otherwise

    Parameters
    ----------
    n_samples : int, default=1000
        Number of rows.
    epsilon : float in [1e-12, 1e12], default=0.75
        Half the width of the noise.
    random_state : int, RandomState instance or None, default=None
        Seeds the draw. Pass an int for the same result at every call.

    Returns
    -------
    Bunch
        ``X`` (n_samples, 1); ``y`` (n_samples,); ``mutual_info``, the true value in nats.

    Raises
    ------
    ValueError
        If ``epsilon`` is out of range.

    See Also
    --------
    make_smoothed_uniform_pair : The same family by the information wanted.

    References
    ----------
    P. Czyz, F. Grabowski, J. E. Vogt, N. Beerenwinkel and A. Marx, "Beyond normal: on the evaluation of mutual
    information estimators", NeurIPS 2023.

    Examples
    --------
    >>> from skib.datasets import make_additive_noise_pair
    >>> round(make_additive_noise_pair(500, epsilon=0.75).mutual_info, 4)  # 1 / 3
    0.3333
    >>> round(make_additive_noise_pair(500, epsilon=0.1).mutual_info, 4)  # 0.1 - log(0.2)
    1.7094
    """
    n_samples = check_count(n_samples, "n_samples")
    epsilon = check_real(epsilon, "epsilon", min_val=1e-12, max_val=1e12)
    x, noise = check_random_state(random_state).uniform(size=(2, n_samples))
    y = x + epsilon * (2 * noise - 1)
    return Bunch(X=x[:, None], y=y, mutual_info=_smoothing_information(1 / (2 * epsilon)))


def make_smoothed_uniform_pair(n_samples: int = 1000, *, mutual_info: float = 1.0, random_state: Seed = None) -> Pair:
    """Draw a uniform X and y = s X + U, with the signal s chosen for the information wanted.

    X is uniform on [0, 1] and U on [-1/2, 1/2]:

        I(X; y) = s / 2               if s <= 1,  so that s = 2 I
                  1 / (2 s) + log(s)  otherwise,  so that s = -1 / (2 W(-exp(-I) / 2))

    with W the principal branch of Lambert's function.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of rows.
    mutual_info : float in [0, 30], default=1.0
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

    See Also
    --------
    make_additive_noise_pair : y = X + N, the same pair in other units.

    Examples
    --------
    >>> from skib.datasets import make_smoothed_uniform_pair
    >>> pair = make_smoothed_uniform_pair(500, mutual_info=0.25, random_state=0)  # s = 1/2
    >>> bool(-0.5 <= pair.y.min() < pair.y.max() <= 1)
    True
    """
    n_samples = check_count(n_samples, "n_samples")
    truth = check_real(mutual_info, "mutual_info", min_val=0, max_val=30)
    s = 2 * truth if truth <= 0.5 else -0.5 / lambertw(-0.5 * exp(-truth)).real
    x, noise = check_random_state(random_state).uniform(size=(2, n_samples))
    return Bunch(X=x[:, None], y=s * x + noise - 0.5, mutual_info=truth)
