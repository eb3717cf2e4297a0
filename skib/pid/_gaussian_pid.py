"""Partial information decomposition of two sources with a Gaussian copula, by the exact optimum."""

from collections.abc import Sequence
from numbers import Integral
from typing import Any, NamedTuple, Self

import numpy as np
import pandas as pd
from scipy.linalg import qr

from skib._linear_algebra import log_det_bias
from skib._marginals import count_atoms, transform_marginals
from skib._parallel import one_blas_thread, spawn_generators
from skib._sklearn import BaseEstimator, Interval, StrOptions, fit_context
from skib._statistics import permutation_pvalue
from skib._typing import Marginals, Seed, TableLike
from skib._validation import check_pair, require_samples, warn_if_constant
from skib._warnings import UnreliableEstimateWarning, warn
from skib.pid._discrete_sources import source_groups
from skib.pid._gaussian_pid_optimum import union_information

_ATOMS = ["redundancy", "unique_1", "unique_2", "synergy"]
# A column that is linear in others up to this precision is dropped.
_RANK_TOLERANCE = 1e-8
# Groups of rows of which each is left out in turn, for the bias and the standard errors.
_N_GROUPS = 20


class GaussianPID(BaseEstimator):
    r"""Decomposition of the information of two groups of Gaussian columns about y: the exact optimum.

    The union information is the least that any joint distribution with the same two pairwise distributions, of source
    1 with y and of source 2 with y, has [1]_. Where these are Gaussian, so is the optimum, and only the covariance S of
    the noises of both sources given y is free [2]_:

    .. math:: I_\cup = \min_{|S| \le 1} I_S(X_1, X_2; Y), \qquad R = I(X_1;Y) + I(X_2;Y) - I_\cup, \qquad
              U_i = I(X_i;Y) - R, \qquad S = I(X_1,X_2;Y) - I_\cup.

    Parameters
    ----------
    sources : list of two, default=None
        The two sources: each a column of X, by name or number, or a list of columns. ``None`` takes the first column,
        and all others together.
    marginals : {"rank", "standard", None}, default="rank"
        How columns are scaled before directions are found. ``"rank"`` replaces each column by the normal scores of
        its ranks; the result is then invariant to monotone transformations and insensitive to outliers. ``"standard"``
        standardizes; ``None`` leaves columns unchanged.
    bias_correction : bool, default=True
        Whether to subtract the bias: that of Gaussian rows from the informations, and that of the jackknife from the
        redundancy if y has several columns.
    n_permutations : int, default=0
        Number of permutations of the rows of y for the p-values in ``atoms_``; 0 leaves them out.
    random_state : int, RandomState instance or None, default=None
        Seeds the permutations. Pass an int for the same result at every call.

    Attributes
    ----------
    redundancy_ : float
        Information that either source has, in nats.
    unique_1_ : float
        Information that only source 1 has, in nats.
    unique_2_ : float
        Information that only source 2 has, in nats.
    synergy_ : float
        Information that only both sources together have, in nats.
    gap_ : float
        Bound of the error of the optimum, in nats: the redundancy and the synergy of the rows are at most this much
        larger, and the unique terms smaller.
    redundancy_mmi_ : float
        The smaller information of both sources, in nats, corrected as the redundancy is: the redundancy by minimum
        mutual information. It is the same if y has one column, and never less.
    mutual_info_ : float
        Information of both sources together about y, in nats; the sum of the four terms.
    mutual_info_1_ : float
        Information of source 1 about y, in nats.
    mutual_info_2_ : float
        Information of source 2 about y, in nats.
    atoms_ : DataFrame
        The four terms: ``value`` and ``std_error`` in nats, and with permutations ``pvalue``.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    See Also
    --------
    skib.mutual_info.GaussianCopula : The informations alone, with their errors.
    o_information : Redundancy or synergy of many columns, without a target.

    Notes
    -----
    Only dependence that the correlations of the scores describe is seen; that of an exclusive or is missed.

    *Bias.* The informations are less their exact bias for Gaussian rows, as by
    :class:`skib.mutual_info.GaussianCopula`. If y has one column, the redundancy is the smaller of them. Otherwise its
    bias has no such form, and is that of the jackknife: each twentieth of the rows is left out in turn, which also
    gives the standard errors. Corrected terms may fall slightly below 0, and of several targets, a redundancy may
    exceed an information, above all of sources that are equally informative: the smaller of two equal values is not
    smooth.

    *Errors.* A term that is 0 in the rows, such as what a weaker source has alone, varies still: the variance
    d / (2 n^2) of an information with d degrees of freedom at independence is added to that of the jackknife.

    Columns that are linear in others of the same source, or of y, are left out. An error is raised for fewer rows than
    columns of X and y plus 2: estimate with fewer columns then, such as principal components.

    References
    ----------
    .. [1] N. Bertschinger, J. Rauh, E. Olbrich, J. Jost, N. Ay, "Quantifying unique information", Entropy 16, 2014.
    .. [2] P. Venkatesh, C. Bennett, S. Gale, T. K. Ramirez, G. Heller, S. Durand, S. Olsen, S. Mihalas, "Gaussian
       partial information decomposition: bias correction and application to high-dimensional data", Advances in Neural
       Information Processing Systems 36, 2023.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.pid import GaussianPID
    >>> rng = np.random.default_rng(0)
    >>> y = rng.normal(size=(5000, 2))
    >>> X = 2 * y + rng.normal(size=(5000, 2))  # each column is informative about one of the two targets
    >>> found = GaussianPID().fit(X, y)
    >>> found.redundancy_ < 0.01 < 0.7 < found.redundancy_mmi_  # truth: 0, and log(5) / 2 = 0.80
    True
    """

    _parameter_constraints = {
        "sources": [list, tuple, None],
        "marginals": [StrOptions({"rank", "standard"}), None],
        "bias_correction": ["boolean"],
        "n_permutations": [Interval(Integral, 0, None, closed="left")],
        "random_state": ["random_state"],
    }

    redundancy_: float
    unique_1_: float
    unique_2_: float
    synergy_: float
    gap_: float
    redundancy_mmi_: float
    mutual_info_: float
    mutual_info_1_: float
    mutual_info_2_: float
    atoms_: pd.DataFrame

    def __init__(
        self,
        sources: Sequence[Any] | None = None,
        *,
        marginals: Marginals = "rank",
        bias_correction: bool = True,
        n_permutations: int = 0,
        random_state: Seed = None,
    ) -> None:
        self.sources = sources
        self.marginals = marginals
        self.bias_correction = bias_correction
        self.n_permutations = n_permutations
        self.random_state = random_state

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        return tags

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: TableLike, y: TableLike) -> Self:
        """Decompose the information of two groups of columns about y.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of numbers.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            The target, taken together as one variable.

        Returns
        -------
        self : GaussianPID
            The fitted estimator.
        """
        x, y = check_pair(self, X, y)
        groups = source_groups(x.shape[1], self.sources, getattr(self, "feature_names_in_", None), 2)
        x = [x[:, columns] for columns in groups]
        for name, values in (("source 1", x[0]), ("source 2", x[1]), ("y", y)):
            warn_if_constant(name, values)
        *x, y = (transform_marginals(values, self.marginals) for values in (*x, y))
        if self.marginals == "rank":
            _warn_of_atoms(x, y)
        with one_blas_thread():
            parts = [*map(_basis, x), _basis(y)]
            target, n_columns = parts[2], sum(part.shape[1] for part in parts)
            remedy = "pass more rows or fewer columns, such as principal components"
            require_samples(self, len(target), n_columns + 2, remedy=remedy)
            moments = _Moments(parts)
            found = _decomposed(moments.whole, moments)
            self._store(found, moments)
            if self.n_permutations:
                self.atoms_["pvalue"] = self._pvalues(found, parts)
        return self

    def _store(self, found, moments):
        left_out = [_decomposed(products, moments) for products in moments.without_groups()]
        informations = found.informations
        redundancies = found.redundancy, min(informations[:2])
        if self.bias_correction:
            informations = informations - moments.biases
            if moments.n_targets > 1:
                others = [(other.redundancy, min(other.informations[:2])) for other in left_out]
                redundancies = _jackknifed(np.array(redundancies), np.array(others))
            else:
                redundancies = [min(informations[:2])] * 2
        self.mutual_info_1_, self.mutual_info_2_, self.mutual_info_ = map(float, informations)
        redundancy, self.redundancy_mmi_ = map(float, redundancies)
        self.gap_ = found.gap
        atoms = _Decomposition(informations, redundancy, found.gap).atoms
        for name, value in zip(_ATOMS, atoms, strict=True):
            setattr(self, f"{name}_", float(value))
        variances = _jackknife_variance(np.array([other.atoms for other in left_out])) + moments.least_variances
        columns = {"value": atoms, "std_error": np.sqrt(variances)}
        self.atoms_ = pd.DataFrame(columns, index=pd.Index(_ATOMS, name="atom"))

    def _pvalues(self, found, parts):
        """Return the p-value of each term, which is compared without correction."""
        null = []
        for rng in spawn_generators(self.random_state, self.n_permutations):
            moments = _Moments([*parts[:2], parts[2][rng.permutation(len(parts[2]))]])
            null.append(_decomposed(moments.whole, moments).atoms)
        return [permutation_pvalue(*pair) for pair in zip(found.atoms, np.array(null).T, strict=True)]


class _Decomposition(NamedTuple):
    informations: np.ndarray  # of source 1, source 2 and both
    redundancy: float
    gap: float

    @property
    def atoms(self):
        """The four terms, which add up to the information of both sources."""
        first, second, joint = self.informations
        r = self.redundancy
        return np.array([r, first - r, second - r, joint - first - second + r])


class _Moments:
    """Products of the orthonormal directions of source 1, of source 2 and of the target, of all rows and of most."""

    def __init__(self, parts):
        self.rows, self.n_samples = np.hstack(parts), len(parts[0])
        self.sizes = [part.shape[1] for part in parts]
        self.whole = self.rows.T @ self.rows

    @property
    def n_targets(self):
        """Number of dimensions of the target."""
        return self.sizes[2]

    @property
    def biases(self):
        """The biases of the informations of source 1, source 2 and both, exact for Gaussian rows."""
        first, second, n_targets = self.sizes
        return np.array([_bias(self.n_samples, size, n_targets) for size in (first, second, first + second)])

    @property
    def least_variances(self):
        """The variances that terms have where they are 0: d / (2 n^2) with d degrees of freedom, as at independence."""
        first, second, n_targets = self.sizes
        smaller = min(first, second)  # of the redundancy, and of the synergy, which has no interactions here
        freedom = np.array([smaller, first, second, smaller]) * n_targets
        return freedom / (2 * self.n_samples**2)

    def without_groups(self):
        """Yield the products without each group of rows, about their own mean."""
        for g in range(_N_GROUPS):
            group = self.rows[g::_N_GROUPS]
            total = group.sum(axis=0)  # all rows add up to 0
            yield self.whole - group.T @ group - np.outer(total, total) / (self.n_samples - len(group))

    def blocks(self, products):
        """Return the products of source 1, source 2 and both, those with the target, and those of the target."""
        first, second, _ = np.split(np.arange(len(products)), np.cumsum(self.sizes)[:2])
        both, target = np.r_[first, second], np.arange(len(products))[len(first) + len(second) :]
        pairs = [(products[np.ix_(j, j)], products[np.ix_(j, target)]) for j in (first, second, both)]
        return pairs, products[np.ix_(target, target)]


def _decomposed(products, moments):
    """Decompose the information of the channels with these products, without correction."""
    pairs, of_target = moments.blocks(products)
    whitener = _whitener(of_target)
    channels = [_channel(of_source, crossed, whitener, moments.n_samples) for of_source, crossed in pairs]
    informations = np.array([0.5 * np.log1p(np.sum(channel**2, axis=1)).sum() for channel in channels])
    least = union_information(*channels[:2])
    return _Decomposition(informations, informations[0] + informations[1] - least.value, float(least.gap))


def _channel(of_source, crossed, whitener, n_samples):
    """Return the channel from the whitened target to a source with standard normal noise; its rows are orthogonal."""
    correlations = _whitener(of_source).T @ crossed @ whitener
    if not correlations.size:
        return np.empty((0, whitener.shape[1]))
    _, r, directions = np.linalg.svd(correlations, full_matrices=False)
    r_squared = np.minimum(r**2, 1 - float(n_samples) ** -2)  # ranks resolve no more
    return np.sqrt(r_squared / (1 - r_squared))[:, None] * directions


def _whitener(products):
    """Return W with W' products W = 1; directions that the rows do not have are left out."""
    values, axes = np.linalg.eigh(products)
    kept = values > _RANK_TOLERANCE
    return axes[:, kept] / np.sqrt(values[kept])


def _jackknifed(value, left_out):
    """Return a value less its bias of order 1 / n, by those without a group of rows each."""
    return value + (len(left_out) - 1) * (value - left_out.mean(axis=0))


def _jackknife_variance(left_out):
    n_groups = len(left_out)
    return (n_groups - 1) / n_groups * np.sum((left_out - left_out.mean(axis=0)) ** 2, axis=0)


def _bias(n_samples, n_columns, n_targets):
    b_x, b_y, b_xy = (log_det_bias(n_samples, d) for d in (n_columns, n_targets, n_columns + n_targets))
    return b_x + b_y - b_xy


def _basis(scores):
    """Return an orthonormal basis of the centered columns."""
    largest = np.abs(scores).max(axis=0)
    scores = scores / np.where(largest > 0, largest, 1.0)  # squares and sums neither overflow nor vanish
    scores = scores - scores.mean(axis=0)
    norms = np.sqrt(np.sum(scores**2, axis=0))
    scores = scores[:, norms > 0] / norms[norms > 0]
    if not scores.shape[1]:
        return scores
    basis, triangle, _ = qr(scores, mode="economic", pivoting=True)
    return basis[:, np.abs(np.diag(triangle)) > _RANK_TOLERANCE]


def _warn_of_atoms(x, y):
    n_atoms = sum(map(count_atoms, (*x, y)))
    if n_atoms:
        warn(
            f"{n_atoms} of {x[0].shape[1] + x[1].shape[1] + y.shape[1]} columns of the sources and y have many equal "
            "values, which a Gaussian copula does not describe: the terms may be too high or too low; bin the columns "
            "and use a decomposition of discrete columns",
            UnreliableEstimateWarning,
        )
