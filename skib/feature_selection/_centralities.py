"""Centralities of the nodes of a graph of columns."""

from numbers import Real
from typing import Literal

import numpy as np
from scipy.linalg import eig, eigh, solve

from skib._sklearn import BaseEstimator, Interval, StrOptions, fit_context
from skib._typing import Floats

# The published code of infinite feature selection leaves so much for each column between the scale and a divergence.
_GAP_PER_COLUMN = 5e-6
# Spectral radius, as a share of the largest weight, below which it is rounding.
_NO_CYCLE = 1e-12


class KatzCentrality(BaseEstimator):
    r"""The weights of all paths that begin at a node: the score of infinite feature selection.

    .. math:: s = \sum_{l \ge 1} r^l A^l \mathbf 1 = \bigl((I - r A)^{-1} - I\bigr) \mathbf 1

    for a nonnegative A, where r is below the inverse of the spectral radius of A (equations 7 to 9 of [1]_).

    Parameters
    ----------
    attenuation : float, default=None
        What r is a share of, between 0 and 1: the larger, the more long paths matter. None: 0.9 with the spectral
        radius, as in [1]_, and :math:`1 - 5 \cdot 10^{-6} d` of d columns otherwise, as in the code of [2]_.
    scale : {"spectral_radius", "row_sum", "twice"}, default="spectral_radius"
        What `attenuation` is divided by: the spectral radius of A; the largest sum of a row, which bounds it and makes
        :math:`r A` the transitions of an absorbing Markov chain, as [2]_ describes; or both times this sum, as the
        published code of [2]_ does, by dividing A and r.

    See Also
    --------
    EigenvectorCentrality : The limit of an attenuation of 1.

    Notes
    -----
    The double scaling makes r so small that only paths of one edge count: with :math:`\rho` the largest sum of a row,
    s is the sums of the rows of A over :math:`\rho^2`, but for a share of :math:`1 / \rho`, about 1 / d. The ranking is
    that of :class:`DegreeCentrality`. Use ``scale="row_sum"`` for what the text of [2]_ says.

    The scores of the published codes include the identity, or not: they differ by 1.

    References
    ----------
    .. [1] G. Roffo, S. Melzi, M. Cristani, "Infinite feature selection", ICCV 2015.
    .. [2] G. Roffo, S. Melzi, U. Castellani, A. Vinciarelli, M. Cristani, "Infinite feature selection: a graph-based
       feature filtering approach", IEEE PAMI 43, 2021.

    Examples
    --------
    Two nodes and an edge of weight 1: half the steps are lost, so that s is 1/2 + 1/4 + ... = 1.

    >>> import numpy as np
    >>> from skib.feature_selection import KatzCentrality
    >>> KatzCentrality(0.5)(np.array([[0.0, 1.0], [1.0, 0.0]])).round(3).tolist()
    [1.0, 1.0]
    """

    _parameter_constraints = {
        "attenuation": [Interval(Real, 0, 1, closed="neither"), None],
        "scale": [StrOptions({"spectral_radius", "row_sum", "twice"})],
    }

    def __init__(
        self,
        attenuation: float | None = None,
        *,
        scale: Literal["spectral_radius", "row_sum", "twice"] = "spectral_radius",
    ) -> None:
        self.attenuation = attenuation
        self.scale = scale

    @fit_context(prefer_skip_nested_validation=True)
    def __call__(self, affinity: Floats) -> Floats:
        """Return the centrality of each node.

        Parameters
        ----------
        affinity : ndarray of shape (n_features, n_features)
            Weights of the edges, not negative.

        Returns
        -------
        scores : ndarray of shape (n_features,)
            Weights of the paths that begin at each.
        """
        if not affinity.any():
            return np.zeros(len(affinity))
        step = self._rate(affinity) * affinity
        return solve(np.eye(len(affinity)) - step, step.sum(axis=1))

    def _rate(self, affinity):
        if self.scale == "spectral_radius":
            share = 0.9 if self.attenuation is None else self.attenuation
            return share / self._radius(affinity)
        if affinity.min() < 0:
            raise ValueError(
                f"scale={self.scale!r} bounds the sums over paths for weights that are not negative, got the weight "
                f"{affinity.min():g}; pass absolute values, or scale='spectral_radius'"
            )
        most = affinity.sum(axis=1).max()
        share = 1 - _GAP_PER_COLUMN * len(affinity) if self.attenuation is None else self.attenuation
        return share / most if self.scale == "row_sum" else share / (most * (most + 1 - share))

    @staticmethod
    def _radius(affinity):
        radius, largest = np.abs(_leading_pair(affinity)[0]), np.abs(affinity).max()
        if radius > _NO_CYCLE * largest:
            return radius
        raise ValueError(
            "the affinity has no cycle of edges, so that its spectral radius is 0 and sets no scale; pass "
            "scale='row_sum'"
        )


class EigenvectorCentrality(BaseEstimator):
    r"""The leading eigenvector: a node is as central as the nodes that it has edges to.

    .. math:: A v = \lambda v, \qquad \|v\| = 1, \quad v \ge 0

    for the eigenvalue of largest modulus; the absolute values of its vector for an A with negative entries.

    See Also
    --------
    KatzCentrality : Weights of paths, of which long ones count less.

    References
    ----------
    .. [1] P. Bonacich, "Factoring and weighting approaches to status scores and clique identification", Journal of
       Mathematical Sociology 2, 1972.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.feature_selection import EigenvectorCentrality
    >>> EigenvectorCentrality()(np.array([[2.0, 1.0], [1.0, 2.0]])).round(3).tolist()
    [0.707, 0.707]
    """

    _parameter_constraints = {}

    def __call__(self, affinity: Floats) -> Floats:
        """Return the centrality of each node.

        Parameters
        ----------
        affinity : ndarray of shape (n_features, n_features)
            Weights of the edges.

        Returns
        -------
        scores : ndarray of shape (n_features,)
            A vector of length 1, or 0 without edges.
        """
        return np.abs(_leading_pair(affinity)[1]) if affinity.any() else np.zeros(len(affinity))


class DegreeCentrality(BaseEstimator):
    r"""The sum of the weights of the edges of a node, :math:`s = A \mathbf 1`.

    See Also
    --------
    KatzCentrality : Of paths of any length.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.feature_selection import DegreeCentrality
    >>> DegreeCentrality()(np.array([[0.0, 2.0], [1.0, 0.0]])).tolist()
    [2.0, 1.0]
    """

    _parameter_constraints = {}

    def __call__(self, affinity: Floats) -> Floats:
        """Return the centrality of each node.

        Parameters
        ----------
        affinity : ndarray of shape (n_features, n_features)
            Weights of the edges.

        Returns
        -------
        scores : ndarray of shape (n_features,)
            Sums of the rows.
        """
        return affinity.sum(axis=1)


def _leading_pair(affinity):
    """Return the eigenvalue of largest modulus and its vector, of length 1."""
    if not (affinity == affinity.T).all():
        values, vectors = eig(affinity)
        first = np.argmax(np.abs(values))
        return np.abs(values[first]), np.abs(vectors[:, first])
    last = len(affinity) - 1
    value, vector = eigh(affinity, subset_by_index=[last, last])
    if affinity.min() < 0:  # else the largest eigenvalue has the largest modulus
        low, of_low = eigh(affinity, subset_by_index=[0, 0])
        value, vector = (low, of_low) if -low[0] > value[0] else (value, vector)
    return value[0], vector[:, 0]
