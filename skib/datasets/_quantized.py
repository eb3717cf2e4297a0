"""A uniform X and the number of the interval that it falls in."""

from math import ceil, exp

import numpy as np
from scipy.optimize import brentq
from scipy.special import entr, xlogy
from sklearn.utils import Bunch, check_random_state

from skib._typing import Seed
from skib.datasets._checks import check_count, check_real
from skib.datasets._pair import Pair


def _intervals(entropy):
    """Return the number of intervals and the width of the last of them, the others being equal, of this entropy."""
    n_labels = max(1, ceil(exp(entropy)))
    if n_labels == 1:
        return 1, 1.0

    def gap(last):
        return float(entr(last) + entr(1 - last) + xlogy(1 - last, n_labels - 1)) - entropy

    even = 1 / n_labels
    # Where exp(entropy) is an integer, rounding may leave no change of sign.
    return n_labels, even if gap(even) <= 0 else brentq(gap, 0, even, xtol=1e-15)


def make_quantized_pair(n_samples: int = 1000, *, mutual_info: float = 1.0, random_state: Seed = None) -> Pair:
    """Draw a uniform X and the label y of its interval: I(X; y) = H(y).

    [0, 1] is cut in K = ceil(exp(I)) intervals. The first K - 1 have the same width, the last the width q <= 1 / K that
    solves

        H(y) = -q log(q) - (1 - q) log((1 - q) / (K - 1)) = I

    Parameters
    ----------
    n_samples : int, default=1000
        Number of rows.
    mutual_info : float in [0, 20], default=1.0
        Information wanted, in nats; log(K) gives K equally likely labels.
    random_state : int, RandomState instance or None, default=None
        Seeds the draw. Pass an int for the same result at every call.

    Returns
    -------
    Bunch
        ``X`` (n_samples, 1); ``y`` (n_samples,) of int64; ``mutual_info``, the true value in nats.

    Raises
    ------
    ValueError
        If ``mutual_info`` is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.datasets import make_quantized_pair
    >>> pair = make_quantized_pair(500, mutual_info=np.log(4), random_state=0)
    >>> np.unique(pair.y)
    array([0, 1, 2, 3])
    """
    n_samples = check_count(n_samples, "n_samples")
    truth = check_real(mutual_info, "mutual_info", min_val=0, max_val=20)
    n_labels, last = _intervals(truth)
    x = check_random_state(random_state).uniform(size=n_samples)
    width = (1 - last) / (n_labels - 1) if n_labels > 1 else 1.0
    y = np.minimum(np.floor(x / width), n_labels - 1).astype(np.int64)
    return Bunch(X=x[:, None], y=y, mutual_info=truth)
