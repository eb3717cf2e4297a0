"""Agglomerative information bottleneck: a tree of clusters."""

from numbers import Integral, Real
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from skib._cost import warn_of_cost
from skib._sklearn import BaseEstimator, Interval, fit_context
from skib._typing import Floats, TableLike
from skib.bottleneck._base import BottleneckMixin, require_clusters
from skib.bottleneck._joint import read_joint
from skib.bottleneck._rows import distinct_rows
from skib.bottleneck._sweeps import join_costs, masses_of, settled
from skib.bottleneck._tree import cut, merge_all

# Of one logarithm, of which there are about 1.7 times the squared number of rows for each column; measured on the
# machine of the benchmarks.
_SECONDS_PER_LOGARITHM, _LOGARITHMS = 1.5e-9, 1.7
_MOST_SWEEPS = 1000


class AgglomerativeIB(BottleneckMixin, BaseEstimator):
    r"""Agglomerative information bottleneck: a tree of clusters, by merging the two that lose the least information.

    .. math:: \Delta I = (p(s) + p(t)) \, \mathrm{JS}(p(y|s), p(y|t))

    is what the merger of clusters s and t loses of I(T;Y), by the Jensen-Shannon divergence with the weights of the
    two. The tree starts from single rows and has all numbers of clusters; its losses sum up to I(X;Y).

    Parameters
    ----------
    n_clusters : int or None, default=2
        Number of clusters at which the tree is cut. None: `max_loss` decides.
    max_loss : float, default=None
        Largest I(X;Y) - I(T;Y), in nats, that the fewest clusters may lose. It needs ``n_clusters=None``.
    refine : bool, default=False
        Whether rows are moved afterwards to where they fit better, as by :class:`SequentialIB`. The clusters keep more
        information and are then no longer those of the tree.

    Attributes
    ----------
    labels_ : ndarray of shape (n_samples,)
        The cluster of each row. Clusters are numbered by falling weight.
    children_ : ndarray of shape (n_samples - 1, 2)
        The two clusters of each merger. Numbers below n_samples are rows, and n_samples + i is the result of merger i.
    distances_ : ndarray of shape (n_samples - 1,)
        The information that each merger loses, in nats; they need not increase.
    linkage_ : ndarray of shape (n_samples - 1, 4)
        The tree in the format of :func:`scipy.cluster.hierarchy.linkage`. The height of a merger is all information
        lost so far, I(X;Y) - I(T;Y) in nats.
    encoder_ : ndarray of shape (n_samples, n_clusters)
        q(t|x): 1 for the cluster of a row, and q(t) for rows that are all zero.
    cluster_centers_ : ndarray of shape (n_clusters, n_features)
        q(y|t).
    cluster_weights_ : ndarray of shape (n_clusters,)
        q(t).
    rate_ : float
        I(X;T), which is H(T) here, in nats.
    relevance_ : float
        I(T;Y), in nats.
    entropy_ : float
        H(T), in nats.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    See Also
    --------
    SequentialIB : A given number of clusters, of many rows or sparse columns.
    sklearn.cluster.AgglomerativeClustering : Trees by distances.

    Notes
    -----
    Mergers are greedy: even the best tree may keep less information than the best clusters, and no cut of it more.
    Time grows with the squared number of rows, and with the number of columns. X is made dense.

    A new row joins the cluster where it loses the least, with the weight of an average fitted row. A fitted row may
    fit better elsewhere than where the tree put it, unless `refine` moved it there.

    References
    ----------
    .. [1] N. Slonim, N. Tishby, "Agglomerative information bottleneck", NIPS 1999, equation 9.

    Examples
    --------
    >>> from skib.bottleneck import AgglomerativeIB
    >>> X = [[4, 0, 0], [3, 1, 0], [0, 4, 4], [0, 3, 5]]
    >>> tree = AgglomerativeIB(2).fit(X)
    >>> tree.labels_.tolist()
    [0, 0, 1, 1]
    >>> tree.children_.tolist()  # rows 2 and 3, rows 0 and 1, and both
    [[2, 3], [0, 1], [4, 5]]
    >>> tree.distances_.sum().round(3), tree.distances_[:2].sum().round(3)  # I(X;Y), and what two clusters lose of it
    (np.float64(0.596), np.float64(0.052))
    """

    children_: NDArray[np.int64]
    distances_: Floats
    linkage_: Floats

    _parameter_constraints = {
        "n_clusters": [Interval(Integral, 1, None, closed="left"), None],
        "max_loss": [Interval(Real, 0, None, closed="left"), None],
        "refine": ["boolean"],
    }

    def __init__(self, n_clusters: int | None = 2, *, max_loss: float | None = None, refine: bool = False) -> None:
        self.n_clusters = n_clusters
        self.max_loss = max_loss
        self.refine = refine

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: TableLike, y: object = None, sample_weight: ArrayLike | None = None) -> Self:
        """Merge rows into a tree, and cut it.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Counts, or probabilities p(y|x).
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights p(x) of the rows. None: all weigh alike.

        Returns
        -------
        self : AgglomerativeIB
            The fitted solver.
        """
        if (self.n_clusters is None) == (self.max_loss is None):
            raise ValueError(
                f"n_clusters={self.n_clusters} and max_loss={self.max_loss}, but the tree is cut by one of them; set "
                "the other one to None"
            )
        joint = read_joint(self, X, sample_weight)
        n, n_columns = joint.conditional.shape
        require_clusters(self, self.n_clusters or 1, n)
        warn_of_cost(self, n, _LOGARITHMS * _SECONDS_PER_LOGARITHM * n_columns * float(n) ** 2, power=2)
        self.children_, self.distances_ = merge_all(_columns_of_masses(joint))
        self.linkage_ = _linkage(self.children_, self.distances_)
        labels = cut(self.children_, self._n_wanted())
        rows, inverse = distinct_rows(joint)
        self._mean_weight = 1 / len(rows.weights)
        if self.refine:
            labels = _refined(labels, rows, inverse, joint.n_observations)
        return self._set_encoder(joint, np.eye(labels.max() + 1)[labels])

    def _n_wanted(self):
        """Return the number of clusters, or the least that loses no more than `max_loss`."""
        if self.n_clusters is not None:
            return self.n_clusters
        return len(self.linkage_) + 1 - int(np.searchsorted(self.linkage_[:, 2], self.max_loss, side="right"))

    def _encode_rows(self, conditional):
        costs = join_costs(conditional, self._mean_weight, self.cluster_centers_, self.cluster_weights_, 1.0)
        return np.eye(costs.shape[1])[np.argmin(costs, axis=1)]


def _columns_of_masses(joint):
    """Return p(x, y) with a column for each row of X."""
    if isinstance(joint.conditional, csr_array):
        return (joint.conditional.T * joint.weights).toarray()
    return joint.conditional.T * joint.weights


def _refined(labels, rows, inverse, n_observations):
    """Return labels after moves of the distinct rows to where they fit better."""
    fine = np.empty(len(rows.weights), np.int64)
    fine[inverse[inverse >= 0]] = labels[inverse >= 0]
    options = {"factor": 1.0, "tol": 0.0, "max_iter": _MOST_SWEEPS, "generator": np.random.default_rng(0)}
    settled(masses_of(rows, n_observations), fine, labels.max() + 1, **options)
    return fine[inverse]


def _linkage(children, distances):
    n = len(children) + 1
    sizes = np.ones(2 * n - 1)
    for step, (first, second) in enumerate(children):
        sizes[n + step] = sizes[first] + sizes[second]
    return np.column_stack([children, np.cumsum(distances), sizes[n:]])
