"""The information bottleneck of a table of conditional distributions."""

from numbers import Integral, Real
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import softmax
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from skib._cost import warn_of_cost, warn_of_memory
from skib._sklearn import BaseEstimator, Interval, fit_context
from skib._typing import Seed, TableLike
from skib._warnings import warn
from skib.bottleneck._base import BottleneckMixin, require_clusters
from skib.bottleneck._fixed_point import FixedPoint, fixed_point
from skib.bottleneck._hard import hard_partition
from skib.bottleneck._information import solution_of
from skib.bottleneck._joint import Joint, read_joint
from skib.bottleneck._rows import distinct_rows, joint_of_encoder, joint_of_labels, joint_of_rows
from skib.bottleneck._starts import merged_joint, random_labels

# Distinct rows up to which a limited number of clusters starts, among others, from one cluster per row.
_MOST_ROWS = 512
# Of one core, for a cell of a row and one cluster in one step, and a usual number of steps.
_SECONDS_PER_PRODUCT, _USUAL_STEPS = 1e-9, 200
# An encoder of one cluster per row, and that of the extrapolated step.
_BYTES_PER_PAIR = 16
# Most alphas of a descent from 1.
_MOST_ALPHAS = 10


class InformationBottleneck(BottleneckMixin, BaseEstimator):
    r"""Clusters T of the rows x that are short, and informative about Y.

    .. math:: \min_{q(t|x)} \; H(T) - \alpha H(T|X) - \beta I(T;Y)

    With :math:`\alpha = 1` this is the Lagrangian :math:`I(X;T) - \beta I(T;Y)`. A row holds p(y|x), as probabilities
    or counts, and `sample_weight` holds p(x).

    Parameters
    ----------
    n_clusters : int, default=None
        Largest number of clusters. None: as many as there are distinct rows. Equal clusters are merged, so that fewer
        remain where the trade-off pays for fewer.
    beta : float
        Nats of I(X;T) that a nat of I(T;Y) may cost. Up to 1 a single cluster is the best.
    alpha : float, default=1.0
        Weight of H(T|X), from 1, the information bottleneck, to 0, the deterministic one, which has a cluster for each
        row and minimizes :math:`H(T) - \beta I(T;Y)`. Small values make clusters fewer and harder.
    n_init : int, default=10
        Number of random starts if `n_clusters` is less than the number of distinct rows; the least objective wins.
    tol : float, default=1e-10
        The iteration ends when the free energy changes by less than this share, or nats, and the encoder by less than
        its square root. Values of rate and relevance are more precise with a smaller one.
    max_iter : int, default=5000
        Largest number of steps over all rows.
    random_state : int, RandomState instance or None, default=None
        Seeds the random starts. Pass an int for the same result at every call.

    Attributes
    ----------
    encoder_ : ndarray of shape (n_samples, n_clusters)
        q(t|x) of the rows. Clusters are numbered by falling weight, those of one weight by falling q(y|t).
    cluster_centers_ : ndarray of shape (n_clusters, n_features)
        q(y|t).
    cluster_weights_ : ndarray of shape (n_clusters,)
        q(t).
    labels_ : ndarray of shape (n_samples,)
        The most probable cluster of each row.
    rate_ : float
        I(X;T), in nats.
    relevance_ : float
        I(T;Y), or I(T;Y|Z) with `given`, in nats.
    entropy_ : float
        H(T), in nats.
    objective_ : float
        What is minimized, in nats.
    n_iter_ : int
        Number of steps over all rows, of the start that won.
    converged_ : bool
        Whether the iteration ended by `tol`.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    See Also
    --------
    contingency : Rows and weights from discrete columns and classes.

    Notes
    -----
    Without a limit of clusters the iteration starts from one cluster per row and descends to the beta that is asked
    for. An ascent from few clusters misses solutions that appear at once, and a uniform start stays where it is. The
    result is a local minimum; it depends neither on the order of the rows nor on a random number. Rows with one
    distribution share an encoder. With a limit, and up to 512 distinct rows, the encoder of
    :math:`\alpha = 0` is one of the starts, so that the objective is never above that of this encoder.

    With :math:`\alpha` between 0 and 1 the iteration stays near many of its starts. It therefore starts also from the
    encoder of :math:`\alpha = 0` and, in a descent of alpha, from that of :math:`\alpha = 1`; the objective is never
    above that of these two, or of one cluster.

    With :math:`\alpha = 0` rows are moved one by one, also to a new cluster, and clusters are merged, each by the exact
    change of the objective, until nothing is a gain.

    With `given` the columns are pairs (y, z), and the term is :math:`\beta I(T;Y|Z)`: what T shares with Y beyond Z.

    Without a limit of clusters, time and memory grow with the square of the number of distinct rows, of which 30000
    take 14 GB or more. A ``CostWarning`` is issued before more than five minutes or 4 GB, and more memory than the
    machine has is refused.

    Other packages have other betas: those of embo are :math:`\beta \log 2`, those of variational bottlenecks
    :math:`1/\beta`; see the guide.

    References
    ----------
    .. [1] N. Tishby, F. C. Pereira, W. Bialek, "The information bottleneck method", Allerton 1999, eq. 16 and 28.
    .. [2] D. J. Strouse, D. J. Schwab, "The deterministic information bottleneck", Neural Computation 29, 2017, eq. 8
       and 14-17.
    .. [3] R. Varadhan, C. Roland, "Simple and globally convergent methods for accelerating the convergence of any EM
       algorithm", Scandinavian Journal of Statistics 35, 2008 (SQUAREM).

    Examples
    --------
    Six words counted in three topics; two words each have the same use.

    >>> import numpy as np
    >>> from skib.bottleneck import InformationBottleneck
    >>> X = np.array([[8, 1, 1], [80, 10, 10], [1, 8, 1], [2, 16, 2], [1, 1, 8], [3, 3, 24]])
    >>> bottleneck = InformationBottleneck(beta=20).fit(X)
    >>> bottleneck.labels_[::2], bottleneck.labels_[1::2]
    (array([0, 1, 2]), array([0, 1, 2]))
    >>> round(bottleneck.relevance_, 3)  # with one cluster per pair: log 3 - H(.8, .1, .1) = 0.460 nats
    0.46
    >>> InformationBottleneck(beta=1.5).fit(X).cluster_weights_  # too dear: one cluster
    array([1.])
    """

    objective_: float
    n_iter_: int
    converged_: bool

    _parameter_constraints = {
        "n_clusters": [Interval(Integral, 1, None, closed="left"), None],
        "beta": [Interval(Real, 0, None, closed="left")],
        "alpha": [Interval(Real, 0, 1, closed="both")],
        "n_init": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        n_clusters: int | None = None,
        *,
        beta: float,
        alpha: float = 1.0,
        n_init: int = 10,
        tol: float = 1e-10,
        max_iter: int = 5000,
        random_state: Seed = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.beta = beta
        self.alpha = alpha
        self.n_init = n_init
        self.tol = tol
        self.max_iter = max_iter
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: TableLike,
        y: object = None,
        sample_weight: ArrayLike | None = None,
        given: ArrayLike | None = None,
    ) -> Self:
        """Find the encoder.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Counts, or probabilities p(y|x). A row that is all zero has no weight, and a warning is issued.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights p(x), of any sum. None: all rows weigh alike. For a table of counts pass its row sums.
        given : array-like of shape (n_features,), default=None
            The z of each column of X, which then stands for a pair (y, z): the relevance is I(T;Y|Z).

        Returns
        -------
        self : InformationBottleneck
            The fitted solver.
        """
        joint = read_joint(self, X, sample_weight, given)
        require_clusters(self, self.n_clusters or 1, len(joint.weights))
        rows, inverse = distinct_rows(joint)
        best = self._trivial(rows) if self.beta <= 1 else self._best(rows)
        self.n_iter_, self.converged_ = best.n_iter, best.converged
        self._set_encoder(joint, best.encoder[inverse])
        conditional = self.entropy_ - self.rate_  # H(T|X)
        self.objective_ = self.entropy_ - self.alpha * conditional - self.beta * self.relevance_
        if not self.converged_:
            warn(
                f"{self!r} has not converged in {self.n_iter_} steps over all rows; raise max_iter, or choose a beta "
                "farther from where clusters split",
                ConvergenceWarning,
            )
        return self

    def _encode(self, affinity):
        scores = np.log(self.cluster_weights_) + self.beta * affinity
        if self.alpha == 0:
            return np.eye(scores.shape[1])[np.argmax(scores, axis=1)]
        return softmax(scores / self.alpha, axis=1)

    def _trivial(self, rows):
        """One cluster, which no other encoder excels up to beta = 1, by the data processing inequality."""
        encoder = np.ones((len(rows.weights), 1))
        return FixedPoint(joint_of_encoder(rows, encoder), encoder, 0, True)

    def _best(self, rows):
        """The solution of least objective of all starts."""
        if self.alpha == 0:
            solutions = self._hard(rows)
        else:
            solutions = self._softest(rows) if self.alpha == 1 else self._between(rows)
        return self._least(rows, solutions, self.alpha)

    def _softest(self, rows):
        """Solutions for an alpha of 1: of few clusters, also that which the hard ones lead to.

        Of many rows, half of the random starts are hard clusters, and those of `_hard` would take twice the time.
        """
        yield from self._soft(rows, 1.0)
        if (self.n_clusters or np.inf) < len(rows.weights) <= _MOST_ROWS:
            hard = joint_of_encoder(rows, self._least(rows, self._hard(rows), 0.0).encoder)
            yield fixed_point(rows, hard, self.beta, 1.0, tol=self.tol, max_iter=self.max_iter)

    def _between(self, rows):
        """Solutions for an alpha between 0 and 1, where one cluster per row is a start that often stays where it is.

        The other starts are the best encoders of alpha 0 and 1 and one cluster, which the result cannot be worse than.
        """
        yield from self._soft(rows, self.alpha)
        options = {"tol": self.tol, "max_iter": self.max_iter}
        hard, soft = self._least(rows, self._hard(rows), 0.0), self._least(rows, self._soft(rows, 1.0), 1.0)
        yield fixed_point(rows, joint_of_encoder(rows, hard.encoder), self.beta, self.alpha, **options)
        descended = soft
        for alpha in np.geomspace(1, self.alpha, min(2 + int(-np.log2(self.alpha)), _MOST_ALPHAS))[1:]:
            descended = fixed_point(rows, descended.joint, self.beta, alpha, **options)
        yield descended
        yield from (hard, soft, self._trivial(rows))

    def _soft(self, rows, alpha):
        n_rows, options = len(rows.weights), {"tol": self.tol, "max_iter": self.max_iter}
        limit = min(self.n_clusters or n_rows, n_rows)
        if limit == n_rows or n_rows <= _MOST_ROWS:
            if alpha == self.alpha:
                warn_of_memory(self, n_rows, _BYTES_PER_PAIR * n_rows**2, "pass a limit, such as n_clusters=50")
                seconds = len(rows.data) * n_rows * _USUAL_STEPS * _SECONDS_PER_PRODUCT
                warn_of_cost(self, n_rows, seconds if alpha == 1 else 2 * seconds, power=2)
            full = fixed_point(rows, joint_of_rows(rows), self.beta, alpha, **options)
            if full.joint.shape[1] <= limit:
                yield full
                return
            yield fixed_point(rows, merged_joint(rows, full.joint, limit), self.beta, alpha, **options)
        for labels in random_labels(rows, limit, self.n_init, check_random_state(self.random_state)):
            joint = joint_of_labels(rows, labels, labels.max() + 1)
            yield fixed_point(rows, joint, self.beta, alpha, **options)

    def _hard(self, rows):
        n_rows = len(rows.weights)
        limit = min(self.n_clusters or n_rows, n_rows)
        starts = [np.arange(n_rows)] * (limit == n_rows or n_rows <= _MOST_ROWS) + [np.zeros(n_rows, np.int64)]
        if limit < n_rows:
            starts += random_labels(rows, limit, self.n_init, check_random_state(self.random_state))
        for start in starts:
            labels, n_iter, converged = hard_partition(rows, start, 1 / self.beta, limit, max_iter=self.max_iter)
            encoder = np.eye(labels.max() + 1)[labels]
            yield FixedPoint(joint_of_encoder(rows, encoder), encoder, n_iter, converged)

    def _least(self, rows, solutions, alpha):
        """The solution of least objective for this alpha; the first of equal ones."""
        joint = Joint(rows.weights, rows.matrix, np.zeros(len(rows.weights), bool), 0.0, rows.groups)

        def objective(solution):
            found = solution_of(joint, solution.encoder)
            return found.entropy - alpha * (found.entropy - found.rate) - self.beta * found.relevance

        return min(solutions, key=objective)
