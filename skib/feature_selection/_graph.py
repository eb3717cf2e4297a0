"""`GraphSelector`: selection of the columns that are central in a graph of their affinities."""

from collections.abc import Callable
from inspect import isclass
from numbers import Integral
from typing import Literal, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from skib._sklearn import BaseEstimator, Interval, RealNotInt, StrOptions, fit_context
from skib._typing import Floats, TableLike
from skib._validation import check_numbers, require_samples
from skib._warnings import ConstantInputWarning, listed, warn
from skib.feature_selection._affinities import (
    ConditionalInformationAffinity,
    ECFSAffinity,
    InfFSAffinity,
    SupervisedInfFSAffinity,
)
from skib.feature_selection._base import SelectedFeaturesMixin, number_of_columns
from skib.feature_selection._centralities import EigenvectorCentrality, KatzCentrality
from skib.feature_selection._tables import check_rows, read_target

AffinityName: TypeAlias = Literal["inf_fs", "inf_fs_unsupervised", "inf_fs_supervised", "ec_fs", "spec_cmi"]
Affinity: TypeAlias = AffinityName | Callable[..., Floats]
Centrality: TypeAlias = Callable[[Floats], Floats]

# What the papers combine.
_METHODS = {
    "inf_fs": (InfFSAffinity(), KatzCentrality()),
    "inf_fs_unsupervised": (InfFSAffinity(scaled=True), KatzCentrality(scale="twice")),
    "inf_fs_supervised": (SupervisedInfFSAffinity(), KatzCentrality(scale="twice")),
    "ec_fs": (ECFSAffinity(), EigenvectorCentrality()),
    "spec_cmi": (ConditionalInformationAffinity(), EigenvectorCentrality()),
}


class GraphSelector(SelectedFeaturesMixin, BaseEstimator):
    r"""Selection of the columns that are central in a graph whose edges are affinities of pairs of columns.

    The columns are the nodes. An *affinity* weighs the edge of every pair, and a *centrality* scores the nodes by it:
    infinite feature selection sums the weights of all paths from a node [1]_, [2]_, EC-FS [3]_ and SPEC_CMI [4]_ take
    the leading eigenvector.

    Parameters
    ----------
    affinity : str or callable, default="inf_fs"
        The weights of the edges: the name of a method (see the notes), :class:`InfFSAffinity`,
        :class:`SupervisedInfFSAffinity`, :class:`ECFSAffinity`, :class:`ConditionalInformationAffinity`, or a function
        of the columns and the target, ``affinity(x, y)``, that returns a matrix of shape (n_features, n_features). It
        receives float64 columns, none of them constant, and the class of each row (None without a target). An object
        whose attribute ``needs_target`` is true is not called without one.
    centrality : callable, default=None
        The scores of the nodes: :class:`KatzCentrality`, :class:`EigenvectorCentrality`, :class:`DegreeCentrality`, or
        a function of the matrix that returns a score per column. None: that of the method, and
        :class:`KatzCentrality` for an affinity that is no name.
    n_features_to_select : int or float, default=0.5
        Number of columns, or their share.

    Attributes
    ----------
    selected_features_ : ndarray of shape (n_features_out,)
        Numbers of the selected columns, the most central first; of equal ones the first.
    scores_ : ndarray of shape (n_features,)
        Centrality of each column; 0 for a constant one.
    affinity_matrix_ : ndarray of shape (n_features, n_features)
        The weights of the edges; 0 for constant columns.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    See Also
    --------
    InformationSelector : Greedy selection, with a test that ends it.

    Notes
    -----
    =================== ================================================ ================================
    affinity            edges                                            centrality
    =================== ================================================ ================================
    inf_fs              ``InfFSAffinity()``                              ``KatzCentrality()``
    inf_fs_unsupervised ``InfFSAffinity(scaled=True)``                   ``KatzCentrality(scale="twice")``
    inf_fs_supervised   ``SupervisedInfFSAffinity()``                    ``KatzCentrality(scale="twice")``
    ec_fs               ``ECFSAffinity()``                               ``EigenvectorCentrality()``
    spec_cmi            ``ConditionalInformationAffinity()``             ``EigenvectorCentrality()``
    =================== ================================================ ================================

    "inf_fs" is that of 2015. The two of 2020 are those of the published code, which scales twice and so ranks by the
    sums of the rows (:class:`KatzCentrality`); ``scale="row_sum"`` is what their text describes.

    All but "spec_cmi" depend on the standard deviations of the columns, hence on their units: scale X to units that can
    be compared. Of standardized columns "inf_fs" ranks by the rank correlations alone. None of these methods tests
    whether a column is relevant: noise that is not correlated with anything is central for "inf_fs".

    Numbers on many levels become classes, as everywhere in skib, for a target: :math:`(n/5)^{1/3}` quantile bins.

    The matrices take n_features^2 numbers of memory, and the centralities a time that grows as n_features^3.

    References
    ----------
    .. [1] G. Roffo, S. Melzi, M. Cristani, "Infinite feature selection", ICCV 2015.
    .. [2] G. Roffo, S. Melzi, U. Castellani, A. Vinciarelli, M. Cristani, "Infinite feature selection: a graph-based
       feature filtering approach", IEEE PAMI 43, 2021.
    .. [3] G. Roffo, S. Melzi, "Ranking to learn: feature ranking and selection via eigenvector centrality", New
       Frontiers in Mining Complex Patterns, 2017.
    .. [4] X. V. Nguyen, J. Chan, S. Romano, J. Bailey, "Effective global approaches for mutual information based
       feature selection", KDD 2014.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skib.feature_selection import GraphSelector, KatzCentrality, SupervisedInfFSAffinity
    >>> X, y = load_iris(return_X_y=True)
    >>> GraphSelector("spec_cmi", n_features_to_select=2).fit(X, y).selected_features_.tolist()  # the petals
    [2, 3]
    >>> GraphSelector(SupervisedInfFSAffinity(), KatzCentrality(0.5)).fit(X, y).selected_features_.tolist()
    [2, 3]
    """

    selected_features_: NDArray[np.int64]
    scores_: Floats
    affinity_matrix_: Floats

    _parameter_constraints = {
        "affinity": [StrOptions(set(_METHODS)), callable],
        "centrality": [callable, None],
        "n_features_to_select": [
            Interval(Integral, 1, None, closed="left"),
            Interval(RealNotInt, 0, 1, closed="right"),
        ],
    }

    def __init__(
        self,
        affinity: Affinity = "inf_fs",
        centrality: Centrality | None = None,
        n_features_to_select: int | float = 0.5,
    ) -> None:
        self.affinity = affinity
        self.centrality = centrality
        self.n_features_to_select = n_features_to_select

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = self._needs_target()
        return tags

    def _needs_target(self):
        is_named = isinstance(self.affinity, str) and self.affinity in _METHODS
        affinity = _METHODS[self.affinity][0] if is_named else self.affinity
        return bool(getattr(affinity, "needs_target", False))

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: TableLike, y: TableLike | None = None) -> Self:
        """Select columns.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers.
        y : array-like of shape (n_samples,) or (n_samples, n_targets), default=None
            The target, for the affinities that need one: classes, several columns of which are taken jointly, or
            numbers, which become quantile bins.

        Returns
        -------
        self : GraphSelector
            The fitted selector.
        """
        if y is None and self._needs_target():
            raise ValueError(f"This {type(self).__name__} requires y to be passed, but the target y is None.")
        x = check_numbers(self, X)
        require_samples(self, len(x), 2)
        affinity, centrality = self._method()
        ignores_target = y is None or isinstance(affinity, InfFSAffinity)
        codes = None if ignores_target else read_target(y, len(x), check_rows(self, None, len(x)))
        varying = self._varying(x)
        self.affinity_matrix_ = np.zeros((x.shape[1], x.shape[1]))
        self.scores_ = np.zeros(x.shape[1])
        if len(varying):
            columns = np.ascontiguousarray(x[:, varying])
            edges = _checked("affinity", affinity, affinity(columns, codes), (len(varying), len(varying)))
            self.affinity_matrix_[np.ix_(varying, varying)] = edges
            self.scores_[varying] = _checked("centrality", centrality, centrality(edges), (len(varying),))
        order = np.argsort(-self.scores_, kind="stable")
        constant = ~np.isin(order, varying)
        n_selected = number_of_columns(self.n_features_to_select, x.shape[1])
        self.selected_features_ = order[np.argsort(constant, kind="stable")][:n_selected]
        return self

    def _varying(self, x):
        """Return the numbers of the columns that are not constant, and warn of the others."""
        constant = (x == x[0]).all(axis=0)
        if constant.any():
            names = getattr(self, "feature_names_in_", np.arange(x.shape[1]))
            shown = listed([repr(name) for name in names[constant].tolist()])
            warn(f"columns [{shown}] of X are constant: they have no edges, and are ranked last", ConstantInputWarning)
        return np.flatnonzero(~constant)

    def _method(self):
        """Return the affinity and the centrality."""
        is_named = isinstance(self.affinity, str)
        affinity, centrality = _METHODS[self.affinity] if is_named else (self.affinity, KatzCentrality())
        chosen = affinity, centrality if self.centrality is None else self.centrality
        for name, function in zip(("affinity", "centrality"), chosen, strict=True):
            if isclass(function):
                raise TypeError(
                    f"{name} must be an instance, got the class {function.__name__}; pass {function.__name__}()"
                )
        return chosen


def _checked(name, function, returned, shape):
    """Refuse what a function returned, unless it is an array of finite numbers of a shape."""
    values = np.asarray(returned)
    if values.dtype.kind not in "biuf" or values.shape != shape or not np.isfinite(values).all():
        raise ValueError(
            f"{name}={function!r} returned an array of shape {values.shape} and dtype {values.dtype}; return finite "
            f"numbers of shape {shape}"
        )
    return values.astype(np.float64)
