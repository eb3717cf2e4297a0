"""Entropy from leave-one-out Gaussian kernel densities."""

from numbers import Real
from typing import Literal

import numpy as np

from skib._cost import warn_of_pairs
from skib._entropies import overlap_sums
from skib._linear_algebra import whitened
from skib._sklearn import BaseEstimator, Interval, StrOptions
from skib._warnings import UnreliableEstimateWarning, warn
from skib.entropy._differential import DifferentialEntropyMixin, distinct_rows
from skib.entropy._likeliest_bandwidth import FAINT, likeliest_bandwidth, sums_over_others

# A row so many of the widest bandwidths away from all others is an outlier: its term would be above 5000 nats.
_FAR = 100.0
# Range of the bandwidths searched, as multiples of Silverman's.
_RANGE = 0.05, 5.0
_N_PASSES = 3  # over the pairs of rows, with a search
# Below this many effective neighbours a kernel density is the noise of a few rows; and so many columns times squared
# bandwidth smooth away half a nat. Either was measured on normal, Laplace and Student rows of 1 to 200 columns.
_FEW_NEIGHBORS = 10.0
_MUCH_SMOOTHING = 4.5


class LeaveOneOutKDE(DifferentialEntropyMixin, BaseEstimator):
    r"""Differential entropy from the Gaussian kernel density that all other rows give every row.

    .. math::
        \hat H(X) = -\frac{1}{n} \sum_i \log \frac{1}{n - 1} \sum_{j \ne i}
        \frac{\exp(-\|z_i - z_j\|^2 / 2h^2)}{(2 \pi h^2)^{d/2}} + \log \left| \frac{dx}{dz} \right|

    among the whitened rows z.

    Parameters
    ----------
    bandwidth : float, {"silverman", "scott"} or None, default=None
        h, in standard deviations of the whitened columns. None takes the bandwidth of the largest leave-one-out
        likelihood, which is that of the smallest estimate. ``"silverman"`` is :math:`(4 / (d + 2) n)^{1/(d + 4)}` and
        ``"scott"`` :math:`n^{-1/(d + 4)}`. A wide kernel biases the estimate upwards; a narrow one makes it noisy, and
        biased upwards too, for rows stand alone.

    Attributes
    ----------
    entropy_ : float
        The estimate in nats; it may be negative.
    pointwise_ : ndarray of shape (n_samples,)
        Minus the log density of every row, in nats; the mean is `entropy_`.
    bandwidth_ : float
        h, in standard deviations of the whitened columns.
    effective_neighbors_ : float
        Median over the rows of :math:`(\sum_j w_{ij})^2 / \sum_j w_{ij}^2`, the number of rows whose kernels make
        up the density of a row.
    std_error_ : float
        Standard deviation of the terms over the root of the number of distinct rows, in nats. It does not cover the
        bias.
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
    KolchinskyTracey : Bounds under a declared noise.
    KozachenkoLeonenko : By nearest neighbours; faster, and with less bias where the density has several scales.

    Notes
    -----
    A leave-one-out estimate is too high on average, by the divergence of the kernel density from the true one. That
    divergence grows with the dimension and shrinks with log(n_samples) / d only [1]_: with ten thousand normal rows it
    is of some nats for 50 columns and tens of nats for 200. An ``UnreliableEstimateWarning`` tells of fewer than ten
    effective neighbours, and of a bandwidth so wide (:math:`d h^2 > 4.5`) that half a nat is smoothed away; the user
    guide has the measurements.

    Heavy tails ask for kernels too wide for the centre. Outliers, rows more than a hundred times the widest of these
    kernels away from all others, would add the square of that distance to the estimate, and force the widest kernel on
    all other rows: each of them has a kernel as wide as its own distance, an ``UnreliableEstimateWarning`` says so, and
    the bandwidth is that of the other rows. Time grows with the square of n_samples, and memory does not; the search
    for the bandwidth takes one or two passes over the pairs. A ``CostWarning`` is issued before more than five minutes
    of work.

    What is required of the rows is the same as for :class:`KozachenkoLeonenko`.

    References
    ----------
    .. [1] G. Biroli, M. Mezard, "Kernel density estimators in large dimensions", arXiv:2408.05807, 2024.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.entropy import LeaveOneOutKDE
    >>> X = np.random.default_rng(0).normal(size=(1000, 2))
    >>> round(LeaveOneOutKDE().fit(X).entropy_, 1)  # truth: log(2 pi e) = 2.838 nats
    2.9
    """

    bandwidth_: float
    effective_neighbors_: float

    _parameter_constraints = {
        "bandwidth": [Interval(Real, 0, None, closed="neither"), StrOptions({"silverman", "scott"}), None]
    }

    def __init__(self, bandwidth: float | Literal["silverman", "scott"] | None = None) -> None:
        self.bandwidth = bandwidth

    def _fit_rows(self, x):
        rows, log_scale, place = distinct_rows(self, x, 2)
        warn_of_pairs(self, *rows.shape, n_passes=_N_PASSES if self.bandwidth is None else 1)
        z, log_volume = whitened(rows)
        self.bandwidth_, terms, neighbors = self._fit_density(z)
        self.effective_neighbors_ = float(np.median(neighbors))
        d = rows.shape[1]
        if self.effective_neighbors_ < _FEW_NEIGHBORS or d * self.bandwidth_**2 > _MUCH_SMOOTHING:
            warn(
                f"{self!r}: the density of a row in {d} dimensions is made up by {self.effective_neighbors_:.1f} of "
                f"{len(rows)} rows, with a bandwidth of {self.bandwidth_:.2g} standard deviations; the estimate is too "
                "high, perhaps by several nats; reduce the dimension (PCA) or pass more rows",
                UnreliableEstimateWarning,
            )
        return self._set_pointwise((terms + log_volume + log_scale)[place], n_distinct=len(rows))

    def _fit_density(self, z):
        """Return the bandwidth, minus the log density of every row, and its number of effective neighbours."""
        bandwidth = self._resolve_bandwidth(z)
        terms, neighbors, nearest = _terms(z, bandwidth)
        alone = nearest > _FAR * max(bandwidth, _RANGE[1] * _silverman(*z.shape))
        if not alone.any() or alone.all():
            return bandwidth, terms, neighbors
        warn(
            f"{self!r}: {alone.sum()} of {len(z)} rows are outliers, at least {nearest[alone].min():.2g} standard "
            "deviations away from all other rows; each of them has a kernel as wide as its distance; drop outliers, or "
            "take logarithms or ranks of such columns",
            UnreliableEstimateWarning,
        )
        bandwidth = bandwidth if self.bandwidth is not None else self._resolve_bandwidth(z[~alone])
        terms[~alone], neighbors[~alone], _ = _terms(z[~alone], bandwidth, n_others=len(z) - 1)
        for row in np.flatnonzero(alone):
            terms[row], neighbors[row] = _term_of_outlier(z, row)
        return bandwidth, terms, neighbors

    def _resolve_bandwidth(self, z):
        n_samples, d = z.shape
        if self.bandwidth is None:
            return likeliest_bandwidth(z, np.log(_silverman(n_samples, d)) + np.log(_RANGE))
        if self.bandwidth == "silverman":
            return _silverman(n_samples, d)
        return n_samples ** (-1 / (d + 4)) if self.bandwidth == "scott" else float(self.bandwidth)


def _silverman(n_samples, d):
    return (4 / ((d + 2) * n_samples)) ** (1 / (d + 4))


def _terms(z, bandwidth, n_others=None):
    """Minus the leave-one-out log density of every row, its number of effective neighbours, and how far they are.

    The distance to the nearest other row is 0 where it is not above some bandwidths.
    """
    n_samples, d = z.shape
    n_others = n_samples - 1 if n_others is None else n_others
    scaled = z / (np.sqrt(2) * bandwidth)
    once, twice = overlap_sums(scaled, n_powers=2).T
    nearest = np.zeros(n_samples)
    (faint,) = np.nonzero(twice < FAINT)
    if len(faint):
        nearest[faint], once[faint], twice[faint] = sums_over_others(scaled, faint, np.array([1.0, 2.0])).T
    density = np.log(once / n_others) - nearest - d / 2 * np.log(2 * np.pi * bandwidth**2)
    return -density, once**2 / twice, np.sqrt(2 * nearest) * bandwidth


def _term_of_outlier(z, row):
    """Minus the log density of a row, and its effective neighbours, with the likeliest kernel for its nearest one."""
    d = z.shape[1]
    steps = np.delete(0.5 * z - 0.5 * z[row], row, axis=0)
    unit = np.abs(steps).max(axis=1).min()  # squares of the steps may leave the range
    squares = ((steps / unit) ** 2).sum(axis=1)
    half_bandwidth = unit * np.sqrt(squares.min() / d)
    kernels = np.exp(-0.5 * d * squares / squares.min())
    term = -np.log(kernels.mean()) + d * (0.5 * np.log(2 * np.pi) + np.log(2) + np.log(half_bandwidth))
    return term, kernels.sum() ** 2 / (kernels**2).sum()
