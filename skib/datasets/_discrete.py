"""Pairs of discrete codes from a table of joint probabilities."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import rel_entr
from sklearn.utils import Bunch, check_array, check_random_state

from skib._typing import Seed
from skib.datasets._checks import check_count, check_probabilities
from skib.datasets._pair import Pair


def make_discrete_pair(n_samples: int = 1000, *, joint: ArrayLike, random_state: Seed = None) -> Pair:
    r"""Draw codes from a table of joint probabilities.

    .. math:: I(X; y) = \sum_{ij} p_{ij} \log \frac{p_{ij}}{p_{i \cdot} \, p_{\cdot j}}

    Parameters
    ----------
    n_samples : int, default=1000
        Number of rows.
    joint : array-like of shape (n_x, n_y)
        Probability of each pair of codes (row, column); the entries sum to 1.
    random_state : int, RandomState instance or None, default=None
        Seeds the draw. Pass an int for the same result at every call.

    Returns
    -------
    Bunch
        ``X`` (n_samples, 1) and ``y`` (n_samples,), row and column numbers as int64; ``mutual_info``, the true value in
        nats.

    Raises
    ------
    ValueError
        If ``joint`` is not a table of non-negative numbers that sum to 1.

    Examples
    --------
    >>> from skib.datasets import make_discrete_pair
    >>> channel = [[0.45, 0.05], [0.05, 0.45]]
    >>> pair = make_discrete_pair(500, joint=channel, random_state=0)
    >>> round(pair.mutual_info, 4)  # log(2) - h(0.1): the binary symmetric channel
    0.3681
    """
    n_samples = check_count(n_samples, "n_samples")
    joint = check_probabilities(check_array(joint, dtype=np.float64, input_name="joint"), "joint")
    cell = check_random_state(random_state).choice(joint.size, size=n_samples, p=joint.ravel())
    x, y = np.divmod(cell.astype(np.int64), joint.shape[1])
    product = np.outer(joint.sum(axis=1), joint.sum(axis=0))
    return Bunch(X=x[:, None], y=y, mutual_info=float(rel_entr(joint, product).sum()))
