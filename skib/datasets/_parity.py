"""The parity of some bits among many: each of them, and each smaller set of them, is independent of it."""

import numpy as np
from scipy.special import entr
from sklearn.utils import Bunch, check_random_state

from skib._typing import Seed
from skib.datasets._checks import check_count, check_real
from skib.datasets._pair import ParityPair


def make_parity(
    n_samples: int = 1000,
    *,
    n_features: int = 10,
    order: int = 2,
    flip: float = 0.0,
    random_state: Seed = None,
) -> ParityPair:
    """Draw fair bits X and the parity y of `order` of them, flipped with probability `flip`.

    With h(p) = -p log(p) - (1 - p) log(1 - p), the entropy of a bit,

        I(X; y) = log(2) - h(flip)

    and the information of any set of columns is this if it holds all the bits of the parity, and otherwise 0. Two bits
    are the exclusive or (XOR).

    Parameters
    ----------
    n_samples : int, default=1000
        Number of rows.
    n_features : int, default=10
        Number of columns of X.
    order : int, default=2
        Number of columns whose parity y is, from 1 to `n_features`.
    flip : float, default=0.0
        Share of flipped labels, from 0 to 1; with 0.5, y is independent of X.
    random_state : int, RandomState instance or None, default=None
        Seeds the draw and the choice of the columns. Pass an int for the same result at every call.

    Returns
    -------
    Bunch
        ``X`` (n_samples, n_features) and ``y`` (n_samples,), zeros and ones as int64; ``relevant_features`` (order,),
        the columns of the parity, in ascending order; ``mutual_info``, the true I(X; y) in nats.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.datasets import make_parity
    >>> made = make_parity(500, n_features=50, order=3, flip=0.1, random_state=0)
    >>> round(made.mutual_info, 4)  # log(2) - h(0.1)
    0.3681
    >>> float(np.mean(made.X[:, made.relevant_features].sum(axis=1) % 2 == made.y))  # 0.9, but for chance
    0.888
    """
    n_samples, n_features = check_count(n_samples, "n_samples"), check_count(n_features, "n_features")
    order = check_count(order, "order")
    if order > n_features:
        raise ValueError(f"order == {order}, must be at most n_features == {n_features}.")
    flip = check_real(flip, "flip", min_val=0, max_val=1)
    rng = check_random_state(random_state)
    relevant = np.sort(rng.choice(n_features, size=order, replace=False))
    x = rng.randint(2, size=(n_samples, n_features), dtype=np.int64)
    flips = rng.uniform(size=n_samples) < flip
    information = np.log(2) - entr(flip) - entr(1 - flip)
    return Bunch(
        X=x, y=x[:, relevant].sum(axis=1) % 2 ^ flips, relevant_features=relevant, mutual_info=float(information)
    )
