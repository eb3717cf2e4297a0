"""Kolchinsky and Tracey's pairwise bounds on the entropy of noisy rows."""

from numbers import Real
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from skib._cost import warn_of_pairs
from skib._entropies import log_mean_overlaps
from skib._sklearn import BaseEstimator, Interval, StrOptions
from skib._statistics import SATURATION
from skib._validation import require_samples
from skib.entropy._differential import DifferentialEntropyMixin


class KolchinskyTracey(DifferentialEntropyMixin, BaseEstimator):
    r"""Bounds on the entropy of rows to which normal noise of known variance is added.

    T is a row h, drawn at random from the n rows of X, plus noise of variance :math:`\sigma^2` in every column: a
    mixture of n normal distributions, whose entropy lies between

    .. math::
        \hat H(T) = \tfrac{d}{2} \log(2 \pi e \sigma^2)
        - \frac{1}{n} \sum_i \log \frac{1}{n} \sum_j \exp\left( -\frac{\|h_i - h_j\|^2}{c \sigma^2} \right)

    with c = 8 (from Bhattacharyya distances) and with c = 2 (from Kullback-Leibler divergences).

    Parameters
    ----------
    noise_variance : float, default=0.001
        :math:`\sigma^2`, in squared units of X. It is an assumption, not a bandwidth to be tuned: less noise means more
        information, up to log n. Report it with the result.
    bound : {"upper", "lower"}, default="upper"
        Which bound `entropy_` is.
    adaptive : bool, default=False
        Whether :math:`\sigma^2` is `noise_variance` times the largest absolute value of X, so that layers and epochs
        with larger activations get more noise [2]_. Values are then comparable between networks whose activations
        differ in size, but each of them is told under a noise of its own.

    Attributes
    ----------
    entropy_ : float
        The bound, in nats.
    pointwise_ : ndarray of shape (n_samples,)
        The terms whose mean it is, in nats.
    bounds_ : tuple of (float, float)
        The lower and the upper bound, in nats.
    noise_variance_ : float
        :math:`\sigma^2`, the variance that was assumed.
    noise_entropy_ : float
        :math:`\tfrac{d}{2} \log(2 \pi e \sigma^2)`, in nats. The entropy less this is the information that T has about
        which row it came from.
    std_error_ : float
        Standard deviation of `pointwise_` over sqrt(n_samples), in nats: the error if the rows are a sample of more.
    ceiling_ : float
        Largest possible estimate on these rows, in nats: `noise_entropy_` + log(n_samples), the value when no two rows
        overlap.
    saturated_ : bool
        Whether the estimate is saturated: it exceeds `noise_entropy_` + 0.9 log(n_samples).
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    See Also
    --------
    LeaveOneOutKDE : The entropy of the rows themselves, by a kernel of fitted width.

    Notes
    -----
    The bounds hold for the mixture of these n rows. They meet where rows either coincide or are many standard
    deviations apart, and there the entropy of the mixture tells how many clusters there are. Once hardly any two rows
    overlap, both bounds are at the ceiling and say nothing but log n, with a ``SaturatedEstimateWarning``.

    With ``adaptive=True`` the standard deviation of the noise grows with the square root of the activations, so that a
    layer multiplied by a constant still changes its information, though less than under a fixed noise. Where all of X
    is 0 there is nothing to adapt to, and the variance is `noise_variance`. (The code published with [2]_ keeps the
    noise fixed.)

    Rows may repeat and columns may be constant. Time grows with the square of n_samples and memory does not; both
    bounds come from one pass over the pairs. A ``CostWarning`` is issued before more than five minutes of work. Raises
    ValueError for NaN, infinity, text, a single row, and values so extreme that the adapted variance is no positive
    float or the rows cannot be told in units of the noise.

    References
    ----------
    .. [1] A. Kolchinsky, B. D. Tracey, "Estimating mixture entropy with pairwise distances", Entropy 19, 361, 2017.
    .. [2] I. Chelombiev, C. Houghton, C. O'Donnell, "Adaptive estimators show information compression in deep neural
       networks", ICLR 2019.

    Examples
    --------
    >>> from skib.entropy import KolchinskyTracey
    >>> X = [[0.0], [100.0]] * 50
    >>> entropy = KolchinskyTracey(noise_variance=1.0).fit(X)
    >>> round(entropy.entropy_ - entropy.noise_entropy_, 4)  # truth: two clusters, log 2
    0.6931
    """

    bounds_: tuple[float, float]
    noise_variance_: float
    noise_entropy_: float

    _parameter_constraints = {
        "noise_variance": [Interval(Real, 0, None, closed="neither")],
        "bound": [StrOptions({"upper", "lower"})],
        "adaptive": ["boolean"],
    }

    def __init__(
        self, noise_variance: float = 1e-3, *, bound: Literal["upper", "lower"] = "upper", adaptive: bool = False
    ) -> None:
        self.noise_variance = noise_variance
        self.bound = bound
        self.adaptive = adaptive

    def _fit_rows(self, x):
        n_samples, d = x.shape
        require_samples(self, n_samples, 2)
        self.noise_variance_ = self.variance_for(x)
        warn_of_pairs(self, n_samples, d)
        self.noise_entropy_ = float(d / 2 * np.log(2 * np.pi * np.e * self.noise_variance_))
        lower, upper = self.noise_entropy_ - log_mean_overlaps(x, self.noise_variance_)
        self.bounds_ = float(lower.mean()), float(upper.mean())
        pointwise = lower if self.bound == "lower" else upper
        saturated = pointwise.mean() - self.noise_entropy_ > SATURATION * np.log(n_samples)
        return self._set_pointwise(pointwise, ceiling=self.noise_entropy_ + np.log(n_samples), saturated=saturated)

    def variance_for(self, x: ArrayLike) -> float:
        """Return the variance of the noise that is assumed for some rows.

        Parameters
        ----------
        x : ndarray of shape (n_samples, n_features)
            The rows.

        Returns
        -------
        variance : float
            `noise_variance`, with `adaptive` times the largest absolute value in x.
        """
        largest = float(np.abs(x).max())
        if not self.adaptive or largest == 0:
            return float(self.noise_variance)
        variance = self.noise_variance * largest
        if not 0 < variance < np.inf:
            raise ValueError(
                f"{self!r}: noise_variance times the largest absolute value of X, {largest:g}, is {variance:g}; "
                "rescale X, or take adaptive=False"
            )
        return variance
