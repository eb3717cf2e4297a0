"""Entropy of a normal distribution of unknown covariance."""

import numpy as np

from skib._linear_algebra import independent_columns, log_det_bias
from skib._sklearn import BaseEstimator
from skib._validation import require_samples
from skib.entropy._differential import DifferentialEntropyMixin


class GaussianEntropy(DifferentialEntropyMixin, BaseEstimator):
    r"""Differential entropy of rows that are normal, from their covariance matrix.

    .. math::
        \hat H(X) = \tfrac{1}{2} \log\det \hat\Sigma + \tfrac{d}{2} \log(2 \pi e)
        - \tfrac{1}{2} \sum_{i=1}^{d} \left[ \psi\left(\tfrac{n - i}{2}\right) - \log\tfrac{n - 1}{2} \right]

    The sum is the bias of the log determinant under Wishart's law; without it the estimate is too low by about
    :math:`d (d + 1) / 4n`.

    Parameters
    ----------
    bias_correction : bool, default=True
        Whether the sum is there. It makes the estimate for normal rows unbiased at every n > d.

    Attributes
    ----------
    entropy_ : float
        The estimate in nats; it may be negative.
    pointwise_ : ndarray of shape (n_samples,)
        Minus the log density of every row under the normal distribution fitted, bias removed; the mean is `entropy_`.
    std_error_ : float
        Standard deviation of the pointwise values over sqrt(n_samples), in nats; for normal rows sqrt(d / 2n).
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
    KozachenkoLeonenko : For rows of any distribution, in few dimensions.

    Notes
    -----
    For rows that are not normal this is the entropy of the normal distribution of the same covariance, an upper bound:
    no distribution of that covariance has more. Outliers change it. No warning is issued for discrete rows,
    whose differential entropy is minus infinity.

    Where columns are constant or linearly dependent, the entropy is that of the rows within their hyperplane, with an
    ``UnreliableEstimateWarning``. Raises ValueError for no more rows than columns, for NaN, infinity and text.

    References
    ----------
    .. [1] R. A. A. Ince et al., "A statistical framework for neuroimaging data analysis based on mutual information
       estimated via a Gaussian copula", Human Brain Mapping 38, 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.entropy import GaussianEntropy
    >>> X = np.random.default_rng(0).normal(size=(5000, 10))
    >>> round(GaussianEntropy().fit(X).entropy_, 1)  # truth: 5 log(2 pi e) = 14.189 nats
    14.2
    """

    _parameter_constraints = {"bias_correction": ["boolean"]}

    def __init__(self, bias_correction: bool = True) -> None:
        self.bias_correction = bias_correction

    def _fit_rows(self, x):
        require_samples(self, len(x), x.shape[1] + 1)
        x, log_volume = independent_columns(x, despite_outliers=False)
        n_samples, d = x.shape
        centered = x - np.median(x, axis=0)  # first, for an offset costs the mean its digits
        centered -= centered.mean(axis=0)
        unit = np.exp2(np.frexp(np.abs(centered).max(axis=0))[1])  # squares of outliers may leave the range
        scale = (centered / unit).std(axis=0) * unit
        rotation, triangle = np.linalg.qr(centered / scale)
        half_log_det = np.log(scale * np.abs(np.diag(triangle))).sum() - d / 2 * np.log(n_samples - 1)
        # The squared norms of the rows of the rotation add up to d, so that the mean of the terms is the formula.
        surprise = n_samples / 2 * np.einsum("ij,ij->i", rotation, rotation)
        terms = half_log_det + d / 2 * np.log(2 * np.pi) + surprise
        return self._set_pointwise(terms - self.bias_correction * log_det_bias(n_samples, d) + log_volume)
