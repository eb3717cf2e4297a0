"""Sequential information bottleneck: hard clusters of many sparse rows."""

from numbers import Integral, Real
from typing import Literal, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.exceptions import ConvergenceWarning

from skib._kernels.partitions import best_partitions, starts
from skib._parallel import N_JOBS, run_tasks, spawn_generators
from skib._sklearn import BaseEstimator, Interval, StrOptions, fit_context
from skib._typing import Seed, TableLike
from skib._warnings import SkibWarning, warn
from skib.bottleneck._base import BottleneckMixin, require_clusters
from skib.bottleneck._joint import read_joint
from skib.bottleneck._rows import distinct_rows
from skib.bottleneck._sweeps import gathered, join_costs, masses_of, moved, objective_of, settled
from skib.bottleneck._tree import cut, merge_all

# An over-clustered start sweeps so often over this many times the clusters before it merges them. More of either take
# longer and find nothing better on the text-like data of examples/benchmarks/bench_clusters.py.
_SPARE, _EARLY_SWEEPS = 2, 3


class Run(NamedTuple):
    """The clusters that one start led to."""

    labels: np.ndarray
    objective: float
    n_iter: int
    converged: bool


class SequentialIB(BottleneckMixin, BaseEstimator):
    r"""Sequential information bottleneck: hard clusters, by moving one row after another to where it fits best.

    .. math:: \max_{t(x)} \; I(T;Y) - \frac1\beta H(T)

    A row x that joins cluster t loses :math:`(p(x) + p(t)) \, \mathrm{JS}(p(y|x), p(y|t))` nats, by the Jensen-Shannon
    divergence with the weights of the two. Sweeps over all rows in random order end when no row moves. The cost of a
    sweep is the number of nonzeros times the number of clusters.

    Parameters
    ----------
    n_clusters : int, default=8
        Number of clusters. More keep more information.
    inv_beta : float, default=0.0
        What a nat of H(T) costs, 1/beta. 0 keeps as much information as `n_clusters` can; above it clusters that are
        not worth their entropy are left empty, and 1 leaves a single one.
    prior : {"uniform", "counts"}, default="uniform"
        The distribution p(x). "uniform" weighs all rows alike. "counts" weighs a row by its sum, so that long documents
        count more; sweeps over whole numbers then need no logarithms, and are faster. `sample_weight` multiplies both.
    init : {"mixed", "overcluster", "random"}, default="mixed"
        How a start groups the rows. "random" groups at random. "overcluster" sweeps over twice the clusters and
        merges them greedily, which takes up to twice as long and is rarely trapped by a poor optimum. "mixed" takes
        turns, with "overcluster" first.
    n_init : int, default=4
        Number of starts, the best of which is kept. More find better optima.
    max_iter : int, default=100
        Largest number of sweeps of a start.
    tol : float, default=0.0
        Sweeps end when at most this share of the rows moves. 0 ends in an optimum for all moves of one row.
    n_jobs : int, default=None
        Number of threads (as in joblib) over starts; the result is the same for every value.
    random_state : int, RandomState instance or None, default=None
        Seeds the starts and the orders of the rows. Pass an int for the same result at every call.

    Attributes
    ----------
    labels_ : ndarray of shape (n_samples,)
        The cluster of each row. Clusters are numbered by falling weight; empty ones are left out.
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
    n_iter_ : int
        Number of sweeps of the best start, those before its mergers aside.
    converged_ : bool
        Whether the sweeps of the best start ended by `tol`.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    See Also
    --------
    AgglomerativeIB : A tree of clusters, for all numbers of clusters at once.
    sklearn.cluster.KMeans : Clusters by squared distances.

    Notes
    -----
    A new row joins the cluster where it loses the least, with the weight of an average fitted row. Fitted rows that
    weigh alike therefore stay in their clusters, if `tol` is 0.

    The optimum is a local one, of all moves of one row. For two columns, such as the counts of two classes, the best of
    all partitions is found instead, by dynamic programming [3]_, if `inv_beta` is 0.

    References
    ----------
    .. [1] N. Slonim, N. Friedman, N. Tishby, "Unsupervised document classification using sequential information
       maximization", SIGIR 2002. The cost is that of section 3.1.
    .. [2] D. J. Strouse, D. J. Schwab, "The deterministic information bottleneck", Neural Computation 29, 2017,
       equation 8: the objective with `inv_beta`.
    .. [3] B. M. Kurkoski, H. Yagi, "Quantization of binary-input discrete memoryless channels", IEEE Transactions on
       Information Theory 60, 2014.

    Examples
    --------
    Counts of six words in four documents, of two subjects.

    >>> from skib.bottleneck import SequentialIB
    >>> X = [[5, 3, 4, 0, 1, 0], [3, 4, 5, 1, 0, 0], [0, 1, 0, 4, 5, 4], [1, 0, 0, 5, 3, 4]]
    >>> ib = SequentialIB(2, random_state=0).fit(X)
    >>> bool(ib.labels_[0] == ib.labels_[1] != ib.labels_[2] == ib.labels_[3])
    True
    >>> round(ib.relevance_, 3)  # of I(X;Y) = 0.521 nats
    0.456
    >>> bool(ib.predict([[0, 0, 0, 2, 0, 1]])[0] == ib.labels_[2])
    True
    """

    n_iter_: int
    converged_: bool

    _parameter_constraints = {
        "n_clusters": [Interval(Integral, 1, None, closed="left")],
        "inv_beta": [Interval(Real, 0, None, closed="left")],
        "prior": [StrOptions({"uniform", "counts"})],
        "init": [StrOptions({"mixed", "overcluster", "random"})],
        "n_init": [Interval(Integral, 1, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, 1, closed="left")],
        "n_jobs": N_JOBS,
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        inv_beta: float = 0.0,
        prior: Literal["uniform", "counts"] = "uniform",
        init: Literal["mixed", "overcluster", "random"] = "mixed",
        n_init: int = 4,
        max_iter: int = 100,
        tol: float = 0.0,
        n_jobs: int | None = None,
        random_state: Seed = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.inv_beta = inv_beta
        self.prior = prior
        self.init = init
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.n_jobs = n_jobs
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: TableLike, y: object = None, sample_weight: ArrayLike | None = None) -> Self:
        """Cluster rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Counts, or probabilities p(y|x).
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows, which multiply `prior`. None: all weigh alike.

        Returns
        -------
        self : SequentialIB
            The fitted solver.
        """
        joint = read_joint(self, X, sample_weight, by_counts=self.prior == "counts")
        require_clusters(self, self.n_clusters, len(joint.weights))
        rows, inverse = distinct_rows(joint)
        best = self._best_run(masses_of(rows, joint.n_observations))
        self.n_iter_, self.converged_ = best.n_iter, best.converged
        self._mean_weight = 1 / len(rows.weights)
        self._set_encoder(joint, np.eye(self.n_clusters)[best.labels[inverse]])
        self._warn()
        return self

    def _best_run(self, masses):
        generators = spawn_generators(self.random_state, self.n_init)
        tasks = [(masses, start, generator) for start, generator in zip(self._starts(masses), generators, strict=False)]
        return max(run_tasks(self._run, tasks, n_jobs=self.n_jobs), key=lambda run: run.objective)

    def _starts(self, masses):
        """Return the functions that make the labels of each start."""
        if self.inv_beta == 0 and len(np.unique(masses.indices)) == 2:
            return [best_of_two_columns]
        if self.init != "mixed":
            return [{"overcluster": overclustered, "random": at_random}[self.init]] * self.n_init
        return [(overclustered, at_random)[i % 2] for i in range(self.n_init)]

    def _run(self, masses, start, generator):
        factor, k = 1.0 - self.inv_beta, self.n_clusters
        labels = start(masses, k, factor, generator)
        limits = {"tol": self.tol, "max_iter": self.max_iter}
        n_iter, converged = settled(masses, labels, k, factor=factor, generator=generator, **limits)
        return Run(labels, objective_of(gathered(masses, labels, k), factor), n_iter, converged)

    def _encode(self, affinity):
        return super()._encode(affinity + self.inv_beta * np.log(self.cluster_weights_))

    def _encode_rows(self, conditional):
        clusters = self.cluster_centers_, self.cluster_weights_
        costs = join_costs(conditional, self._mean_weight, *clusters, 1.0 - self.inv_beta)
        return np.eye(costs.shape[1])[np.argmin(costs, axis=1)]

    def _warn(self):
        n_found = len(self.cluster_weights_)
        if not self.converged_:
            warn(
                f"rows still moved in sweep max_iter={self.max_iter}; raise max_iter, or tol={self.tol:g} if the last "
                "rows do not matter",
                ConvergenceWarning,
            )
        if self.inv_beta == 0 and n_found < self.n_clusters:
            warn(
                f"n_clusters={self.n_clusters} exceeds the number of distinct rows p(y|x) with a weight, {n_found}; "
                "the other clusters are left out: lower n_clusters",
                SkibWarning,
            )


def at_random(masses, n_clusters, factor, generator):
    """Return labels of clusters of equal sizes."""
    return generator.permutation(np.arange(len(masses.weights)) % n_clusters)


def overclustered(masses, n_clusters, factor, generator):
    """Return the labels of greedy mergers of more clusters, after a few sweeps."""
    n_many = n_clusters * _SPARE
    labels = at_random(masses, n_many, factor, generator)
    for _ in range(_EARLY_SWEEPS):
        moved(masses, labels, n_many, generator.permutation(len(labels)), factor)
    children, _ = merge_all(gathered(masses, labels, n_many).sums[:, :n_many])
    return cut(children, n_clusters)[labels]


def best_of_two_columns(masses, n_clusters, factor, generator):
    """Return the labels of the best partition: groups of successive p(y|x), by dynamic programming."""
    cells = np.zeros((len(masses.weights), 2))
    row, column = np.repeat(np.arange(len(cells)), np.diff(masses.indptr)), masses.indices > masses.indices.min()
    cells[row, column.astype(int)] = masses.data
    order = np.argsort(cells[:, 0] / cells.sum(axis=1), kind="stable")
    first = starts(best_partitions(cells[order], n_clusters, by_ratio=True)[1], n_clusters)
    labels = np.empty(len(order), np.int64)
    labels[order] = np.searchsorted(first, np.arange(len(order)), side="right") - 1
    return labels
