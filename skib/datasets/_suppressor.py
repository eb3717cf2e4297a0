"""A Gaussian target, a column about it, and a suppressor that is informative only together with that column."""

from math import log1p

import numpy as np
from sklearn.utils import Bunch, check_random_state

from skib._typing import Seed
from skib.datasets._checks import check_count, check_real
from skib.datasets._gaussian import correlated_normals
from skib.datasets._pair import SuppressorPair


def make_suppressor(
    n_samples: int = 1000,
    *,
    n_features: int = 2,
    signal: float = 1.0,
    correlation: float = 0.9,
    random_state: Seed = None,
) -> SuppressorPair:
    r"""Draw a Gaussian y, a column about it, and a suppressor: independent of y, yet informative with that column.

    .. math:: X_1 = a y + E_1, \qquad X_2 = E_2

    with y, E_1 and E_2 standard normal, a correlation c of E_1 and E_2, and both independent of y. X_2 measures the
    noise of X_1, which can then be subtracted:

    .. math::
       I(X_1; y) = \tfrac12 \log(1 + a^2), \qquad I(X_2; y) = 0, \qquad
       I(X_1, X_2; y) = \tfrac12 \log\Bigl(1 + \frac{a^2}{1 - c^2}\Bigr)

    Parameters
    ----------
    n_samples : int, default=1000
        Number of rows.
    n_features : int, default=2
        Number of columns of X, at least 2; those after the suppressor are standard normal and independent of all else.
    signal : float, default=1.0
        The factor a of y in the first column; not negative.
    correlation : float, default=0.9
        The correlation c of the suppressor with the noise of the first column, inside (-1, 1). With 0 the second column
        is a mere noise column.
    random_state : int, RandomState instance or None, default=None
        Seeds the draw. Pass an int for the same result at every call.

    Returns
    -------
    Bunch
        ``X`` (n_samples, n_features), the informative column first and the suppressor second; ``y`` (n_samples,);
        ``mutual_info``, the true I(X; y) in nats, of all columns jointly; ``mutual_info_features`` (n_features,),
        I(X_j; y) of each column; ``conditional_mutual_info``, I(X_2; y | X_1).

    Raises
    ------
    ValueError
        If an argument is out of range.

    Notes
    -----
    A score of single columns ranks the suppressor among the columns of noise. A linear model gives it a coefficient
    with the opposite sign of its correlation to the first column, which is why its weights do not say what is related
    to y.

    References
    ----------
    .. [1] R. Wilming, L. Kieslich, B. Clark, S. Haufe, "Theoretical behavior of XAI methods in the presence of
       suppressor variables", ICML 2023, with two classes in place of a Gaussian y.
    .. [2] T. M. Cover and J. A. Thomas, Elements of Information Theory, 2nd ed., Wiley, 2006.

    Examples
    --------
    >>> from skib.datasets import make_suppressor
    >>> made = make_suppressor(500, n_features=3, correlation=0.9, random_state=0)
    >>> made.mutual_info_features.round(4).tolist()  # log(2) / 2, 0 and 0
    [0.3466, 0.0, 0.0]
    >>> round(made.conditional_mutual_info, 4)  # log(1 + 1 / 0.19) / 2 - log(2) / 2
    0.5708
    """
    n_samples, n_features = check_count(n_samples, "n_samples"), check_count(n_features, "n_features", low=2)
    signal = check_real(signal, "signal", min_val=0)
    correlation = check_real(correlation, "correlation", min_val=-1, max_val=1, include_boundaries="neither")
    rng = check_random_state(random_state)
    residual = (1 - correlation) * (1 + correlation)
    suppressor, noise = correlated_normals(rng, n_samples, 1, correlation, residual**0.5)
    y = rng.standard_normal(n_samples)
    others = rng.standard_normal((n_samples, n_features - 2))
    alone, jointly = 0.5 * log1p(signal**2), 0.5 * log1p(signal**2 / residual)
    return Bunch(
        X=np.column_stack([signal * y + noise[:, 0], suppressor, others]),
        y=y,
        mutual_info=jointly,
        mutual_info_features=np.r_[alone, np.zeros(n_features - 1)],
        conditional_mutual_info=jointly - alone,
    )
