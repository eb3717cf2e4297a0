"""Kolchinsky and Tracey's pairwise bounds on the entropy of noisy rows."""

from numbers import Real

import numpy as np
from sklearn.base import BaseEstimator

from skib._parallel import blocks
from skib._validation import Interval, StrOptions
from skib.entropy._continuous import DifferentialEntropyMixin, require_rows
from skib.kernels.density import add_overlaps

# Beyond this share of log(n_samples) nearly every row is told apart from all others.
_SATURATION = 0.9
# Operations of one kernel call: well below half a second.
_CALL_COST = 3e8
_EXP_COST = 20


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

    Attributes
    ----------
    entropy_ : float
        The bound, in nats.
    pointwise_ : ndarray of shape (n_samples,)
        The terms whose mean it is, in nats.
    bounds_ : tuple of (float, float)
        The lower and the upper bound, in nats.
    noise_entropy_ : float
        :math:`\tfrac{d}{2} \log(2 \pi e \sigma^2)`, in nats. The entropy less this is the information that T has about
        which row it came from.
    std_error_ : float
        Standard deviation of `pointwise_` over sqrt(n_samples), in nats: the error if the rows are a sample of more.
    ceiling_ : float
        noise_entropy_ + log(n_samples), where no two rows overlap, in nats.
    saturated_ : bool
        Whether the bound lies above noise_entropy_ + 0.9 log(n_samples).
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

    Rows may repeat and columns may be constant. Time grows with the square of n_samples and memory does not; both
    bounds come from one pass over the pairs. Raises ValueError for NaN, infinity, text and a single row.

    References
    ----------
    .. [1] A. Kolchinsky, B. D. Tracey, "Estimating mixture entropy with pairwise distances", Entropy 19, 361, 2017.

    Examples
    --------
    >>> from skib.entropy import KolchinskyTracey
    >>> X = [[0.0], [100.0]] * 50
    >>> entropy = KolchinskyTracey(noise_variance=1.0).fit(X)
    >>> round(entropy.entropy_ - entropy.noise_entropy_, 4)  # truth: two clusters, log 2
    0.6931
    """

    _parameter_constraints = {
        "noise_variance": [Interval(Real, 0, None, closed="neither")],
        "bound": [StrOptions({"upper", "lower"})],
    }

    def __init__(self, noise_variance=1e-3, *, bound="upper"):
        self.noise_variance = noise_variance
        self.bound = bound

    def _fit_rows(self, x):
        n_samples, d = x.shape
        require_rows(self, n_samples, 2)
        self.noise_entropy_ = float(d / 2 * np.log(2 * np.pi * np.e * self.noise_variance))
        lower, upper = self.noise_entropy_ - log_mean_overlaps(x, self.noise_variance)
        self.bounds_ = float(lower.mean()), float(upper.mean())
        pointwise = lower if self.bound == "lower" else upper
        saturated = pointwise.mean() - self.noise_entropy_ > _SATURATION * np.log(n_samples)
        return self._set_pointwise(pointwise, ceiling=self.noise_entropy_ + np.log(n_samples), saturated=saturated)


def log_mean_overlaps(x, noise_variance):
    """Log mean over j of exp(-|x_i - x_j|^2 / (c noise_variance)), for c = 8 and c = 2: (2, n_samples).

    Less its mean is a bound on the information that a row plus noise has about which of the rows x it came from; for
    the rows of one class alone, that within the class.
    """
    sums = overlap_sums(x / np.sqrt(8 * noise_variance))
    return np.log((1 + sums[:, [0, 2]].T) / len(x))


def overlap_sums(x):
    """Sums of q = exp(-|x_i - x_j|^2), q^2 and q^4 over all other rows j of every row: (n_samples, 3)."""
    columns, sums = np.ascontiguousarray(x.T), np.zeros((len(x), 3))
    for rows in blocks(len(x), rows_per_call(x)):
        add_overlaps(rows.start, rows.stop, columns, sums)
    return sums


def rows_per_call(x):
    """How many rows of x one call of a kernel may compare with all rows."""
    return max(1, int(_CALL_COST / (x.size + _EXP_COST * len(x))))
