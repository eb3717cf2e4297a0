"""Clusters of the rows of a table by the information about where they are."""

from numbers import Integral, Real
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skib._columns import check_incomplete, require_none
from skib._parallel import with_seed
from skib._sklearn import (
    BaseEstimator,
    HasMethods,
    Interval,
    StrOptions,
    fit_context,
)
from skib._typing import Estimator, Floats, Seed, TableLike
from skib._validation import weight_shares
from skib._warnings import UnreliableEstimateWarning, listed, warn
from skib.bottleneck._base import EncoderMixin, require_clusters
from skib.bottleneck._places import LARGEST_SHARE, places_of
from skib.bottleneck._sequential import SequentialIB

# What a solver stores, each with an underscore.
_STORED = ("labels", "encoder", "cluster_centers", "cluster_weights", "rate", "relevance", "entropy")
# Nats of all rows about their places below which rounding decides where a row belongs.
_ROUNDING = 1e-8
# Effective number of neighbors below which a row has few, unless clusters have less than this many times more rows on
# average, and the share of such rows from which on planted groups are no longer found.
_FEW, _CLUSTER_PER_NEIGHBOR, _LARGEST_LONELY_SHARE = 5, 4, 0.25


class GeometricIB(EncoderMixin, BaseEstimator):
    r"""Clusters of rows of numbers and categories that keep the information about where a row is.

    .. math:: p(y|x) = \frac{w_y K(x, y)}{\sum_{y'} w_{y'} K(x, y')}, \qquad
              K(x, y) = \prod_j K_j(x_j, y_j)

    Y is a place, which is one of the rows or of `n_landmarks` of them, and p(y|x) is a row smoothed by a product of
    kernels. A solver of the information bottleneck clusters these: rows are together if they have the same neighbors.

    Parameters
    ----------
    n_clusters : int, default=8
        Number of clusters. It cannot be chosen by ``score`` or ``GridSearchCV``, which prefer ever more clusters: the
        rows of this estimator are exact distributions, not counts. See :func:`kink_angles`.
    bandwidth : float or "auto", default="auto"
        Width h of all kernels, from 1e-100 to 1e100: their mean of :math:`-\log K_j` over all pairs of rows is
        :math:`1/h^2`, for columns of any kind. Numbers are smoothed by h standard deviations. Large values make
        clusters compact, as those of k-means are. Small ones follow gaps, and too small ones leave rows without a
        neighbor in common. With "auto", h is such that rows have as much information about Y as clusters of equal size
        can keep, :math:`\log` `n_clusters`.
    n_landmarks : int, default=500
        Number of places, drawn at random from the rows; all rows if there are fewer. More take longer in proportion,
        and describe sparse regions better.
    solver : estimator, default=None
        Solver of the bottleneck, of which a clone gets `n_clusters`; ``None`` means :class:`SequentialIB`. One of your
        own needs ``fit(X, sample_weight=...)``, ``transform``, ``score`` and the attributes that are taken from it.
    random_state : int, RandomState instance or None, default=None
        Seeds the landmarks and the solver. Pass an int for the same result at every call.

    Attributes
    ----------
    labels_ : ndarray of shape (n_samples,)
        The cluster of each row. Clusters are numbered by falling weight.
    encoder_ : ndarray of shape (n_samples, n_clusters)
        q(t|x).
    cluster_centers_ : ndarray of shape (n_clusters, n_landmarks)
        q(y|t), how near a cluster is to each landmark.
    cluster_weights_ : ndarray of shape (n_clusters,)
        q(t).
    rate_ : float
        I(X;T), in nats.
    relevance_ : float
        I(T;Y) of the smoothed rows, in nats.
    entropy_ : float
        H(T), in nats.
    bandwidth_ : float
        The width h.
    kernels_ : list of n_features str
        The kernel of each column: "gaussian", "ordered", "nominal", or "constant" for a column that is left out.
    kernel_bandwidths_ : ndarray of shape (n_features,)
        Bandwidth of each kernel in its own terms: the standard deviation (gaussian), the kernel :math:`\nu` of two
        neighboring levels (ordered), or the share :math:`\lambda` of all other levels (nominal); NaN if constant.
    landmarks_ : ndarray of shape (n_landmarks,)
        The rows that are places.
    solver_ : estimator
        The fitted solver.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    Raises
    ------
    ValueError
        For missing values, and for a solver that does not store the attributes of a bottleneck.

    Warns
    -----
    UnreliableEstimateWarning
        If the bandwidth is so large that rows differ by rounding only, or so small that hardly two have a place in
        common, or that more than a quarter of the rows have fewer than 5 neighbors. Their effective number is that of
        the rows among the landmarks, times :math:`\exp(-D(p(y|x) \Vert p(y)))`.

    See Also
    --------
    SequentialIB : The default solver.
    kink_angles : A choice of the number of clusters.
    sklearn.cluster.KMeans : Clusters of numbers by squared distances.

    Notes
    -----
    Numbers and dates have a Gaussian kernel; on at most ``max(2, sqrt(n_samples))`` levels, the kernel
    :math:`\nu^{|i-j|}` of their ranks [3]_, and so have ordered categories of pandas and Enums of polars. Text, bools
    and other categories have the kernel of [4]_, which is :math:`1 - \lambda` for equal and
    :math:`\lambda / (c - 1)` for other of the c levels.

    All columns count alike, a category of two levels as much as a number: leave out columns that are unrelated to the
    clusters. An outlier widens the standard deviation of its column.

    Memory and time are proportional to n_samples times `n_landmarks`.

    References
    ----------
    .. [1] D. J. Strouse, D. J. Schwab, "The information bottleneck and geometric clustering", Neural Computation 31,
       2019.
    .. [2] E. Costa, I. Papatsouma, A. Markos, "A deterministic information bottleneck method for clustering mixed-type
       data", arXiv:2407.03389, 2024.
    .. [3] Q. Li, J. Racine, "Nonparametric estimation of distributions with categorical and continuous data", Journal
       of Multivariate Analysis 86, 2003.
    .. [4] J. Aitchison, C. G. G. Aitken, "Multivariate binary discrimination by the kernel method", Biometrika 63,
       1976.

    Examples
    --------
    Two groups that differ in a number and in a category.

    >>> import numpy as np
    >>> import pandas as pd
    >>> from skib.bottleneck import GeometricIB
    >>> rng = np.random.default_rng(0)
    >>> group = np.repeat([0, 1], 50)
    >>> X = pd.DataFrame({"size": rng.normal(3 * group), "color": np.where(group, "red", "blue")})
    >>> ib = GeometricIB(2, random_state=0).fit(X)
    >>> ib.kernels_
    ['gaussian', 'nominal']
    >>> bool((ib.labels_ == ib.labels_[0]).sum() == 50)
    True
    >>> bool(ib.predict(X[-1:])[0] == ib.labels_[-1])
    True
    """

    bandwidth_: float
    kernels_: list[str]
    kernel_bandwidths_: Floats
    landmarks_: NDArray[np.int64]
    solver_: Any

    _parameter_constraints = {
        "n_clusters": [Interval(Integral, 1, None, closed="left")],
        "bandwidth": [StrOptions({"auto"}), Interval(Real, 1e-100, 1e100, closed="both")],
        "n_landmarks": [Interval(Integral, 1, None, closed="left")],
        "solver": [HasMethods(["fit", "transform"]), None],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        bandwidth: float | Literal["auto"] = "auto",
        n_landmarks: int = 500,
        solver: Estimator | None = None,
        random_state: Seed = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.bandwidth = bandwidth
        self.n_landmarks = n_landmarks
        self.solver = solver
        self.random_state = random_state

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.transformer_tags.preserves_dtype = []
        return tags

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: TableLike, y: object = None, sample_weight: ArrayLike | None = None) -> Self:
        """Cluster rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of numbers, dates, text, bools and categories.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows. None: all weigh alike.

        Returns
        -------
        self : GeometricIB
            The fitted estimator.
        """
        columns = _read(self, X)
        n_samples, generator = len(columns[0].values), check_random_state(self.random_state)
        require_clusters(self, self.n_clusters, n_samples)
        weights = weight_shares(sample_weight, n_samples)
        self._places, codes = places_of(columns, weights, self.n_landmarks, generator)
        self.landmarks_ = self._places.rows
        self._set_bandwidth(codes, weights, generator)
        solver = with_seed(SequentialIB() if self.solver is None else self.solver, generator.randint(2**31 - 1))
        solver.set_params(n_clusters=self.n_clusters)
        smoothed = self._places.smoothed(codes, self.bandwidth_)
        self._warn_of_bandwidth(smoothed, weights)
        self.solver_ = solver.fit(smoothed, sample_weight=weights)
        _require_solution(self.solver_)
        for name in _STORED:
            setattr(self, f"{name}_", getattr(self.solver_, f"{name}_"))
        return self

    def transform(self, X: TableLike) -> Floats:
        """Encode rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of the kinds that were fitted. A category that was not there is equally far from all.

        Returns
        -------
        encoder : ndarray of shape (n_samples, n_clusters)
            Clusters q(t|x) of each row.
        """
        rows = self._new(X)
        return np.asarray(self.solver_.transform(rows))  # no frame, which scikit-learn may be configured to return

    def score(self, X: TableLike, y: object = None, sample_weight: ArrayLike | None = None) -> float:
        """Estimate the information about Y that the clusters have on held-out rows, as the solver does.

        More clusters have more information, on new rows too: this is no criterion for their number, nor for the
        bandwidth. :func:`kink_angles` helps to choose the number.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of the kinds that were fitted.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows. None: all weigh alike.

        Returns
        -------
        score : float
            Held-out information in nats.
        """
        rows = self._new(X)
        return float(self.solver_.score(rows, sample_weight=sample_weight))

    def _new(self, X):
        check_is_fitted(self)
        codes = self._places.codes_of(_read(self, X, reset=False))
        return self._places.smoothed(codes, self.bandwidth_)

    def _set_bandwidth(self, codes, weights, generator):
        self.bandwidth_ = self.bandwidth
        if self.bandwidth == "auto":
            nats = np.log(max(self.n_clusters, 2))
            self.bandwidth_ = self._places.informative_bandwidth(codes, weights, nats, generator)
        energies = self._places.energies
        self.kernels_ = ["constant" if energy is None else energy.name for energy in energies]
        widths = [np.nan if energy is None else energy.bandwidth(self.bandwidth_) for energy in energies]
        self.kernel_bandwidths_ = np.array(widths)

    def _warn_of_bandwidth(self, smoothed, weights):
        if self.n_clusters == 1 or smoothed.shape[1] == 1:
            return
        nats, most = self._places.information(smoothed, weights)
        if nats < _ROUNDING:
            warn(
                f"at bandwidth={self.bandwidth_:g} the smoothed rows are equal up to rounding, with {nats:.1g} nats "
                "about Y: the labels mean nothing; lower bandwidth, or pass 'auto'",
                UnreliableEstimateWarning,
            )
        elif self.bandwidth != "auto":
            self._warn_of_small_bandwidth(smoothed, weights, nats / most)

    def _warn_of_small_bandwidth(self, smoothed, weights, share_of_nats):
        n_drawn = min(np.count_nonzero(weights), self.n_landmarks)
        few = min(_FEW, n_drawn / (_CLUSTER_PER_NEIGHBOR * self.n_clusters))
        share = weights @ (n_drawn * self._places.neighborhoods(smoothed) < few)
        if share_of_nats > LARGEST_SHARE and smoothed.shape[1] > self.n_clusters:
            found = f"rows have hardly a neighbor in common, with {share_of_nats:.0%} of all information about Y"
        elif share > _LARGEST_LONELY_SHARE:
            found = f"{share:.0%} of the rows have fewer than {few:.2g} effective neighbors of {n_drawn} landmarks"
        else:
            return
        warn(
            f"at bandwidth={self.bandwidth_:g} {found}: the clusters are arbitrary; raise bandwidth, or pass 'auto'",
            UnreliableEstimateWarning,
        )


def _require_solution(solver):
    """Refuse a fitted solver that is none of a bottleneck."""
    missing = [f"{name}_" for name in _STORED if not hasattr(solver, f"{name}_")]
    if missing:
        raise ValueError(
            f"solver={solver!r} has no {listed(missing)} after fit; pass a solver of skib.bottleneck that has "
            "n_clusters, such as SequentialIB, AgglomerativeIB or InformationBottleneck, or one of your own that "
            "stores the same attributes"
        )


def _read(estimator, X, *, reset=True):
    columns = check_incomplete(estimator, X, reset=reset, arrays=True)
    for column in columns:
        require_none(column.where, ~column.complete, "NaN or None")
    return columns
