"""Number of clusters: where the information that clusters keep stops to follow their entropy."""

import numpy as np
from numpy.typing import ArrayLike

from skib._typing import Floats
from skib._validation import check_target
from skib.bottleneck._envelope import upper_envelope

# Entropy in nats below which there is one cluster.
_ROUNDING = 1e-9


def kink_angles(entropies: ArrayLike, relevances: ArrayLike) -> Floats:
    r"""Compute the angle by which the curve of hard clusters bends at each number of clusters.

    .. math:: \theta = \arctan s_- - \arctan s_+

    with the slopes s of the concave envelope of the points (H(T), I(T;Y)) on both sides. A deterministic bottleneck
    minimizes :math:`H(T) - \beta I(T;Y)`: these clusters are the best of all for :math:`\beta` between
    :math:`1 / s_-` and :math:`1 / s_+`, and the larger the angle, the more of them.

    Parameters
    ----------
    entropies : array-like of shape (n,)
        H(T) of solutions of 1, 2, ..., n clusters of the same rows, `entropy_`.
    relevances : array-like of shape (n,)
        I(T;Y) of these, `relevance_`.

    Returns
    -------
    angles : ndarray of shape (n,)
        The angles at 1, 2, ..., n clusters, in radians: 0 for clusters below the envelope, which are the best for no
        beta, and NaN at both ends of it. The number of clusters of the largest angle is a choice of the number.

    Raises
    ------
    ValueError
        If there are fewer than three solutions, or not as many entropies as relevances, if the first solution has more
        than one cluster, and for values that are no finite numbers.

    See Also
    --------
    GeometricIB : Clusters of tables; `bandwidth` must be the same number for all solutions.

    References
    ----------
    .. [1] D. J. Strouse, D. J. Schwab, "The information bottleneck and geometric clustering", Neural Computation 31,
       2019: the number of clusters by kinks of the curve.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.bottleneck import GeometricIB, kink_angles
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(300, 2)) + 8 * np.eye(3)[rng.integers(0, 3, 300), :2]  # three groups
    >>> fits = [GeometricIB(k, bandwidth=0.5, random_state=0).fit(X) for k in range(1, 7)]
    >>> angles = kink_angles([fit.entropy_ for fit in fits], [fit.relevance_ for fit in fits])
    >>> int(np.nanargmax(angles)) + 1
    3
    """
    h, i = (_one_column(name, values) for name, values in (("entropies", entropies), ("relevances", relevances)))
    if len(h) != len(i) or len(h) < 3:
        raise ValueError(
            f"entropies and relevances must hold one value for each of 1, 2, ..., n clusters with n >= 3, got {len(h)} "
            f"and {len(i)} values"
        )
    if h[0] > _ROUNDING:
        raise ValueError(
            f"entropies must begin with that of one cluster, which is 0, got {h[0]:g}; put 0 before both arguments, "
            "or fit one cluster, too"
        )
    h, i = np.where(h > _ROUNDING, [h, i], 0.0)  # one cluster, of whatever rounding, is the corner (0, 0)
    (entropies, relevances), _ = upper_envelope(h, i)
    directions = np.arctan(np.diff(relevances) / np.diff(entropies))
    bends = np.full(len(entropies), np.nan)  # also if all solutions are one point
    bends[1:-1] = directions[:-1] - directions[1:]
    angles = np.zeros(len(h))
    for corner, bend in zip(zip(entropies, relevances, strict=True), bends, strict=True):
        angles[(h == corner[0]) & (i == corner[1])] = bend
    return angles


def _one_column(name, values):
    columns = check_target(values, len(np.atleast_1d(values)), name)
    if columns.shape[1] > 1:
        raise ValueError(f"{name} has {columns.shape[1]} columns, but one value per number of clusters is required")
    return columns[:, 0]
