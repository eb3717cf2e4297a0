"""The information curve: rate and relevance of the bottleneck for many betas."""

from dataclasses import replace
from numbers import Integral, Real
from typing import Literal, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from scipy.special import entr
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from skib._cost import warn_of_memory
from skib._sklearn import BaseEstimator, Interval, StrOptions, fit_context
from skib._typing import Floats, Seed, TableLike
from skib._warnings import warn
from skib.bottleneck._base import require_clusters
from skib.bottleneck._envelope import best_on_envelope, upper_envelope
from skib.bottleneck._grid import adaptive_points, jumps
from skib.bottleneck._information import Solution, by_group, mutual_information
from skib.bottleneck._joint import Joint, read_joint
from skib.bottleneck._path import Path
from skib.bottleneck._quantized import quantized
from skib.bottleneck._rows import distinct_rows, joint_of_labels, joint_of_rows
from skib.bottleneck._starts import random_labels

# Rows of a binary Y beyond which cells stand for them, the number of these, and the cells from which a descent starts:
# as many as there may be clusters, within two limits.
_MOST_ROWS, _CELLS, _FIRST_CLUSTERS = 512, 320, (16, 32)
# Partitions that are tried as the start of a descent if there is one cluster for several rows.
_N_STARTS = 10


class _Task(NamedTuple):
    """What is solved: the path, the table that a descent starts from, I(X;Y|Z), and the beta of local stability."""

    path: Path
    top: np.ndarray
    mutual_info: float
    beta_stability: float


class InformationCurve(BaseEstimator):
    r"""Least rate for every relevance: the solutions of the information bottleneck along beta.

    .. math:: \min_{q(t|x)} \; I(X;T) - \beta I(T;Y) \quad \text{for each } \beta

    Each beta is solved in a descent from many clusters. Where a new cluster would lower the Lagrangian, it is solved
    again in an ascent from one cluster, to which new ones are added where they pay, and the better solution is kept,
    with a bound of its distance to the least Lagrangian where there is one.

    Parameters
    ----------
    betas : array-like of shape (n_betas,), default=None
        The betas. None: a grid from 1 to where 99 % of I(X;Y) are kept, refined where rate or relevance change fast.
    lagrangian : {"linear", "squared", "exponential"}, default="linear"
        What is minimized.

        - ``"linear"``: :math:`I(X;T) - \beta I(T;Y)`.
        - ``"squared"``: :math:`I(X;T)^2 - \beta I(T;Y)`.
        - ``"exponential"``: :math:`e^{I(X;T)} - \beta I(T;Y)`.

        The last two reach every point of the curve, also where it is straight, as for a deterministic Y. Their points
        lie on the envelope of the linear ones, between which the bottleneck switches at random.
    n_clusters : int, default=None
        Largest number of clusters. None: as many as there are distinct rows.
    n_betas : int, default=40
        Largest number of betas of the refined grid.
    tol : float, default=1e-10
        Tolerance of each solution, as in :class:`InformationBottleneck`.
    max_iter : int, default=5000
        Largest number of steps over all rows for each solution.
    random_state : int, RandomState instance or None, default=None
        Seeds the partitions from which a descent starts that has fewer clusters than rows. Pass an int for the same
        result at every call.

    Attributes
    ----------
    betas_ : ndarray of shape (n_betas,)
        The betas, rising.
    rates_ : ndarray of shape (n_betas,)
        I(X;T), in nats.
    relevances_ : ndarray of shape (n_betas,)
        I(T;Y), or I(T;Y|Z) with `given`, in nats.
    entropies_ : ndarray of shape (n_betas,)
        H(T), in nats. NaN for points between linear solutions.
    n_clusters_ : ndarray of shape (n_betas,)
        Number of clusters. 0 for points between linear solutions.
    objectives_ : ndarray of shape (n_betas,)
        The Lagrangian, in nats if it is linear.
    gaps_ : ndarray of shape (n_betas,)
        What the linear Lagrangian may be above the least one, in nats: a bound if `certified_`. Otherwise it is what
        the search for a new cluster has found, no proof, if that is below 1e-6, and else the difference of descent and
        ascent. NaN for points between linear solutions.
    certified_ : bool
        Whether `gaps_` are bounds: Y has two values, and there is no condition.
    envelope_ : ndarray of shape (2, n_points)
        Rates and relevances of the upper envelope of all linear solutions, from (0, 0) on. It can be drawn under an
        information plane: ``InformationPlaneDisplay(..., curve=envelope_)``.
    on_envelope_ : ndarray of shape (n_betas,)
        Whether a point lies on the envelope. One below it is a local minimum only.
    jumps_ : ndarray of shape (n_jumps, 3)
        First-order transitions: the beta, and the rates before and after it. A jump is more than 5 % of the rate at the
        end of the curve, which is H(X) or log `n_clusters`, within a change of beta by 0.01 %.
    beta_stability_ : float
        The beta up to which a single cluster is a local minimum. The first clusters often pay earlier, at a jump.
    mutual_info_ : float
        I(X;Y), or I(X;Y|Z), in nats: the end of the curve.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    See Also
    --------
    InformationBottleneck : The encoder at one beta.
    InformationCurveDisplay : The drawing.

    Notes
    -----
    For a binary Y the gap bounds the distance to the least Lagrangian over all encoders, of any number of clusters. It
    follows from the dual problem, whose constraint has a single variable and is checked on intervals. More than 512
    distinct rows of a binary Y are put into 320 cells; what that loses is part of the gap, of which the
    solutions may be another third, at a tolerance of at least a ten-thousandth of it. For more than two values of
    Y the largest value of the constraint is searched from the rows, and a larger one may be missed.

    References
    ----------
    .. [1] N. Tishby, F. C. Pereira, W. Bialek, "The information bottleneck method", Allerton 1999.
    .. [2] A. Kolchinsky, B. D. Tracey, S. Van Kuyk, "Caveats for information bottleneck in deterministic scenarios",
       ICLR 2019 (squared Lagrangian).
    .. [3] B. Rodriguez Galvez, R. Thobaben, M. Skoglund, "The convex information bottleneck Lagrangian", Entropy 22,
       2020 (exponential Lagrangian).
    .. [4] T. Wu, I. Fischer, I. L. Chuang, M. Tegmark, "Learnability for the information bottleneck", Entropy 21, 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.bottleneck import InformationCurve
    >>> curve = InformationCurve([1.5, 3.0]).fit([[0.9, 0.1], [0.1, 0.9]])
    >>> round(curve.beta_stability_, 4)  # a binary symmetric channel of crossover d: 1 / (1 - 2 d)^2 = 1.5625
    1.5625
    >>> np.round(curve.relevances_, 3), round(curve.mutual_info_, 3)  # log 2 - H(d) = 0.368
    (array([0.   , 0.358]), 0.368)
    """

    betas_: Floats
    rates_: Floats
    relevances_: Floats
    entropies_: Floats
    n_clusters_: NDArray[np.int64]
    objectives_: Floats
    gaps_: Floats
    certified_: bool
    envelope_: Floats
    on_envelope_: NDArray[np.bool_]
    jumps_: Floats
    beta_stability_: float
    mutual_info_: float

    _parameter_constraints = {
        "betas": ["array-like", None],
        "lagrangian": [StrOptions({"linear", "squared", "exponential"})],
        "n_clusters": [Interval(Integral, 1, None, closed="left"), None],
        "n_betas": [Interval(Integral, 2, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        betas: ArrayLike | None = None,
        *,
        lagrangian: Literal["linear", "squared", "exponential"] = "linear",
        n_clusters: int | None = None,
        n_betas: int = 40,
        tol: float = 1e-10,
        max_iter: int = 5000,
        random_state: Seed = None,
    ) -> None:
        self.betas = betas
        self.lagrangian = lagrangian
        self.n_clusters = n_clusters
        self.n_betas = n_betas
        self.tol = tol
        self.max_iter = max_iter
        self.random_state = random_state

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.positive_only = True
        tags.input_tags.sparse = True
        return tags

    @fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: TableLike,
        y: object = None,
        sample_weight: ArrayLike | None = None,
        given: ArrayLike | None = None,
    ) -> Self:
        """Find the solutions along beta.

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
        self : InformationCurve
            The fitted curve.
        """
        joint = read_joint(self, X, sample_weight, given)
        require_clusters(self, self.n_clusters or 1, len(joint.weights))
        betas = None if self.betas is None else _check_betas(self.betas)
        task = self._task(joint)
        if betas is None or self.lagrangian != "linear":
            points = adaptive_points(task.path, task.top, task.mutual_info, self.n_betas)
        else:
            points = task.path.at(betas, task.top)
        self.beta_stability_, self.mutual_info_ = task.beta_stability, task.mutual_info
        self.certified_ = task.path.binary
        rates, relevances = (np.array([getattr(p.solution, name) for p in points]) for name in ("rate", "relevance"))
        if self.lagrangian != "linear" and task.path.limit >= len(task.path.rows.weights):  # the end of the curve
            rates = np.append(rates, entr(task.path.rows.weights).sum())
            relevances = np.append(relevances, task.mutual_info - task.path.lost)
        self.jumps_ = jumps(task.path, points)
        self.envelope_, on_envelope = upper_envelope(rates, relevances)
        if self.lagrangian == "linear":
            self._set_points(points, on_envelope)
        else:
            self._set_on_envelope(np.array([p.beta for p in points]) if betas is None else betas)
        not_converged = [f"{point.beta:g}" for point in points if not point.converged]
        if not_converged:
            warn(
                f"{self!r} has not converged in {self.max_iter} steps for {len(not_converged)} of {len(points)} betas, "
                f"first {not_converged[0]}; raise max_iter",
                ConvergenceWarning,
            )
        return self

    def _task(self, joint):
        rows, _ = distinct_rows(joint)
        used = np.flatnonzero(np.bincount(rows.indices, minlength=len(rows.groups)))
        binary, lost = len(used) <= 2 and rows.n_groups == 1, 0.0
        if binary:  # the two values, or one and a column that stays zero
            used = np.append(used, np.setdiff1d([0, 1], used))[:2] if len(rows.groups) > 1 else used
            table = csr_array(np.pad(rows.matrix.toarray()[:, np.sort(used)], ((0, 0), (0, 2 - len(used)))))
            rows = replace(
                rows, indptr=table.indptr, indices=table.indices, data=table.data, groups=np.zeros(2, np.int64)
            )
        whole = _as_joint(rows)
        mutual_info = _conditional_information(joint_of_rows(rows).T, rows.groups)
        stability = _beta_stability(rows)
        if binary and len(rows.weights) > _MOST_ROWS:
            rows, _, lost = quantized(rows, _CELLS)
            whole = _as_joint(rows)
        options = {"tol": self.tol, "max_iter": self.max_iter}
        path = Path(rows, whole, binary=binary, lost=lost, n_clusters=self.n_clusters, options=options)
        return _Task(path, self._top(rows, binary), mutual_info, stability)

    def _top(self, rows, binary):
        """The table from which a descent starts."""
        n_rows = len(rows.weights)
        n_first = int(np.clip(self.n_clusters or n_rows, *_FIRST_CLUSTERS))
        if binary and n_rows > n_first:
            labels = quantized(rows, n_first)[1]
            return joint_of_labels(rows, labels, labels.max() + 1)
        if n_rows <= _MOST_ROWS or (self.n_clusters or n_rows) >= n_rows:
            warn_of_memory(self, n_rows, 16 * n_rows**2, "pass a limit, such as n_clusters=50")  # two encoders
            return joint_of_rows(rows)
        starts = random_labels(rows, self.n_clusters, _N_STARTS, check_random_state(self.random_state))
        tables = [joint_of_labels(rows, labels, self.n_clusters) for labels in starts]
        return max(tables, key=lambda table: _conditional_information(table.T, rows.groups))

    def _set_points(self, points, on_envelope):
        solutions: list[Solution] = [point.solution for point in points]
        self.betas_ = np.array([point.beta for point in points])
        self.rates_ = np.array([solution.rate for solution in solutions])
        self.relevances_ = np.array([solution.relevance for solution in solutions])
        self.entropies_ = np.array([solution.entropy for solution in solutions])
        self.n_clusters_ = np.array([len(solution.cluster_weights) for solution in solutions])
        self.objectives_ = np.array([point.objective for point in points])
        self.gaps_, self.on_envelope_ = np.array([point.gap for point in points]), on_envelope

    def _set_on_envelope(self, betas):
        self.betas_ = betas
        self.rates_, self.relevances_ = best_on_envelope(self.envelope_, betas, self.lagrangian)
        cost = self.rates_**2 if self.lagrangian == "squared" else np.exp(self.rates_)
        self.objectives_ = cost - betas * self.relevances_
        self.entropies_ = self.gaps_ = np.full(len(betas), np.nan)
        self.n_clusters_, self.on_envelope_ = np.zeros(len(betas), np.int64), np.ones(len(betas), bool)


def _check_betas(betas):
    betas = np.asarray(betas, np.float64)
    if betas.ndim != 1 or not betas.size or not np.isfinite(betas).all() or betas.min() < 0:
        raise ValueError(
            f"betas must be a list of finite numbers that are not negative, got {betas!r}; pass None for a grid"
        )
    return np.unique(betas)


def _as_joint(rows):
    return Joint(rows.weights, rows.table, np.zeros(len(rows.weights), bool), 0.0, rows.groups)


def _conditional_information(table, groups):
    return mutual_information(table) - mutual_information(by_group(table, groups))


def _beta_stability(rows):
    """1 / sigma^2 of the second singular value of the joint distribution, divided by the roots of its margins."""
    table = rows.matrix.toarray()
    margin = rows.weights @ table
    of_group = by_group(np.vstack([table, margin]), rows.groups)[:, rows.groups]
    seen = margin > 0
    expected = of_group[:-1, seen] * margin[seen] / of_group[-1, seen]
    scaled = np.sqrt(rows.weights)[:, None] * (table[:, seen] - expected) / np.sqrt(margin[seen])
    largest = np.linalg.norm(scaled, 2) ** 2 if scaled.size else 0.0
    return float(1 / largest) if largest > 1e-15 else np.inf
