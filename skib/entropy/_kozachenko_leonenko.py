"""Kozachenko and Leonenko's nearest-neighbor entropy."""

from numbers import Integral

import numpy as np
from scipy.special import digamma

from skib._neighbors import cubes_of
from skib._sklearn import BaseEstimator, Interval
from skib._warnings import UnreliableEstimateWarning, warn
from skib.entropy._differential import DifferentialEntropyMixin, distinct_rows

# Nats of error expected above which the estimate is called unreliable.
_ERROR = 0.5
# Error in nats per column and squared radius, as measured over uniform, normal, Laplace and Student rows.
_ERROR_RATE = 0.1


class KozachenkoLeonenko(DifferentialEntropyMixin, BaseEstimator):
    r"""Differential entropy from the distance of every row to its k-th neighbor.

    .. math:: \hat H(X) = \psi(n) - \psi(k) + \frac{1}{n} \sum_i \log V_i

    with :math:`V_i = (2 r_i)^d` the volume of the cube around row i that reaches to its k-th nearest neighbor. The
    distance is the maximum norm among whitened rows, and the volume is that in the units of X.

    Parameters
    ----------
    n_neighbors : int, default=3
        Number k of neighbors. More of them lower the variance and raise the bias.

    Attributes
    ----------
    entropy_ : float
        The estimate in nats; it may be negative.
    pointwise_ : ndarray of shape (n_samples,)
        The terms whose mean is the estimate, in nats.
    std_error_ : float
        Standard deviation of the terms over the root of the number of distinct rows, in nats. Terms of neighbors
        depend on each other: the spread between samples is up to 1.5 times as large. The bias is not covered.
    ceiling_ : float
        Largest possible estimate on these rows, in nats: infinity, as nothing bounds it.
    saturated_ : bool
        Whether the estimate is saturated: always False.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    See Also
    --------
    WeightedKozachenkoLeonenko : Less bias from four columns on.
    GaussianEntropy : For rows that are about normal, of any number of columns.

    Notes
    -----
    Rows are whitened by a scatter matrix that outliers cannot move, so that columns may have any units, scales and
    correlations: H(aX + b) = H(X) + log\|a\| for every column, to rounding.

    The density is taken for constant within a cube. That is nearly true for few columns, and the bias grows with their
    number: too high where the density has an edge (0.2 nats for 4 uniform columns and 5000 rows, 1.1 for 8), slightly
    too low for bell shapes (0.1 nats for 5 normal columns). Once the cubes reach so far that an error of half a nat
    must be expected (from about eight columns on), an ``UnreliableEstimateWarning`` is issued.

    Copies of rows are left out when distances are taken, with a ``DuplicateRowsWarning`` where there are more than
    1 %. Rounded columns, and columns with an atom (a value held by more than sqrt(n_samples) rows), have no density:
    an ``UnreliableEstimateWarning`` is issued, because the estimate reflects the rounding. Where columns are constant
    or linearly dependent, the entropy is that of the rows within their hyperplane, and an ``UnreliableEstimateWarning``
    is issued.

    Raises ValueError where whole rows are atoms or more than half of them copies, for no more rows than neighbors or
    columns, for NaN, infinity and text.

    References
    ----------
    .. [1] L. F. Kozachenko, N. N. Leonenko, "Sample estimate of the entropy of a random vector", Problems of
       Information Transmission 23, 1987.
    .. [2] A. Kraskov, H. Stoegbauer, P. Grassberger, "Estimating mutual information", Physical Review E 69, 066138,
       2004, equation (20).

    Examples
    --------
    >>> import numpy as np
    >>> from skib.entropy import KozachenkoLeonenko
    >>> X = np.random.default_rng(0).normal(size=(5000, 1))
    >>> round(KozachenkoLeonenko().fit(X).entropy_, 1)  # truth: log(2 pi e) / 2 = 1.419 nats
    1.4
    """

    _parameter_constraints = {"n_neighbors": [Interval(Integral, 1, None, closed="left")]}

    def __init__(self, n_neighbors: int = 3) -> None:
        self.n_neighbors = n_neighbors

    def _fit_rows(self, x):
        rows, log_volume, place = distinct_rows(self, x, self.n_neighbors + 1)
        cubes = cubes_of(rows, [self.n_neighbors])
        check_cubes(self, cubes, rows, _ERROR_RATE)
        terms = digamma(len(rows)) - digamma(self.n_neighbors) + cubes.log_volumes[:, 0] + log_volume
        return self._set_pointwise(terms[place], n_distinct=len(rows))


def check_cubes(estimator, cubes, x, error_rate):
    """Refuse empty cubes, and warn when they reach so far that the density cannot be constant within."""
    n_samples, d = x.shape
    empty = np.isneginf(cubes.log_volumes).any(axis=1)
    if empty.any():
        raise ValueError(
            f"{estimator!r}: {empty.sum()} of {n_samples} distinct rows are as near to their neighbors as values of "
            "this size are rounded: there is no density at that scale; pass each row once, subtract an offset before "
            "values are rounded to floats, or add noise as wide as the rounding"
        )
    error = error_rate * d * cubes.radius**2
    if error > _ERROR:
        warn(
            f"{estimator!r}: in {d} dimensions the neighbors of {n_samples} rows are {cubes.radius:.2g} standard "
            f"deviations away; expect errors of the order of {error:.1g} nats; reduce the dimension (PCA), or use "
            "skib.entropy.GaussianEntropy",
            UnreliableEstimateWarning,
        )
