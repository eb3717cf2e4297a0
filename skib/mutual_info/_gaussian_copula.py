"""Mutual information of a Gaussian copula, from the correlations of normal scores."""

from typing import NamedTuple, Self

import numpy as np
from scipy.linalg import qr
from sklearn.base import clone

from skib._equations import undetermined_columns
from skib._linear_algebra import log_det_bias
from skib._marginals import count_atoms, transform_marginals, warn_of_atom_columns, warn_of_atoms
from skib._parallel import blocks
from skib._sklearn import BaseEstimator, fit_context
from skib._statistics import SATURATION
from skib._typing import Floats, Orders, TableLike
from skib._validation import check_pair, check_target, require_samples, warn_if_constant, warn_of_constant_columns
from skib._warnings import UnreliableEstimateWarning, warn
from skib.mutual_info._base import MutualInfoMixin
from skib.mutual_info._redundant import without_determined

# A column whose scores are linear in those of others up to this precision is dropped.
_RANK_TOLERANCE = 1e-8
# Rows times columns whose scores are in memory at a time. Products of whole multiples of 64 columns have the last bits
# of a product of all columns.
_NUMBERS_PER_BLOCK, _WHOLE = 1_000_000, 64


class _Basis(NamedTuple):
    """Orthonormal directions of the scores of x and y, less their projection on `given`."""

    x: np.ndarray
    y: np.ndarray
    n_given: int


class GaussianCopula(MutualInfoMixin, BaseEstimator):
    r"""Mutual information of the Gaussian copula with the rank correlations of the data.

    Each column is replaced by the normal scores :math:`\Phi^{-1}(\mathrm{rank} / (n + 1))` of its ranks. With
    :math:`r_j` the canonical correlations between the scores of X and those of y,

    .. math:: \hat I(X;Y) = -\tfrac12 \sum_j \log(1 - r_j^2) - b, \qquad
              b = b(d_x) + b(d_y) - b(d_x + d_y), \qquad
              b(d) = \tfrac12 \sum_{i=1}^d \Big[\psi\big(\tfrac{n - i}{2}\big) + \log\tfrac{2}{n - 1}\Big],

    where b is the exact bias of Gaussian data (Wishart). Given a third variable Z, the part that is linear in its
    scores is removed first: :math:`\hat I(X;Y|Z) = \hat H(X,Z) + \hat H(Y,Z) - \hat H(Z) - \hat H(X,Y,Z)`.

    Parameters
    ----------
    bias_correction : bool, default=True
        Whether to subtract b, of about :math:`d_x d_y / 2n`. Without it the estimate is never negative.

    Attributes
    ----------
    mutual_info_ : float
        The estimate in nats; with the bias correction it may fall slightly below 0.
    pointwise_ : ndarray of shape (n_samples,)
        Logarithms of the ratio of the Gaussian densities, in nats, less b; their mean is the estimate.
    std_error_ : float
        Standard error in nats: from the variance of the terms, :math:`\sum_j r_j^2 / n` for Gaussian data, plus the
        variance :math:`d_x d_y / 2n^2` that remains at independence.
    ceiling_ : float
        Largest possible estimate on these rows, in nats: log(n) for each pair of canonical directions, less b; ranks do
        not resolve more.
    saturated_ : bool
        Whether the estimate is saturated: the information of some pair of directions exceeds 90 % of log(n).
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    See Also
    --------
    KSG : Without an assumption about the form of the dependence.

    Notes
    -----
    The estimate is exact for monotone transforms of jointly Gaussian columns, in any dimension, and has the smallest
    variance of all estimators there. It is a function of the correlations alone: dependence that is not monotone is
    **missed completely** (the estimate of y = x**2 for symmetric x is 0), and so are the tails of a Student t and the
    interaction in an exclusive or. For two columns without ties the Gaussian value is a lower bound of I(X;Y) [4]_.

    Columns with **atoms** (counts of few levels, ReLU units) have no Gaussian copula, and the estimate may be too high:
    that of a rectified Gaussian pair of correlation 0.9 is 0.65 nats (truth 0.55). If ties remove more than 1 % of the
    variance of the scores, an ``UnreliableEstimateWarning`` is issued; use :class:`MesnerShalizi` then.

    Ranks blur strong correlations: with n = 1000 the bias is -0.001 nats at correlation 0.6, -0.006 at 0.9 and -0.022
    at 0.99. The intervals of two standard errors contain the truth in 88 to 95 % of samples there, and in more at
    independence, where the estimate is not Gaussian.

    The estimate does not change under monotone maps of single columns. Columns that others of the same variable (or
    `given`) determine are left out: those whose scores are linear in the scores of others, and those whose values are
    linear or quadratic in the values of others. A composition or softmax (positive parts of one sum) is replaced by the
    logarithms of the ratios to one part, which are as informative and closer to Gaussian.
    An ``UnreliableEstimateWarning`` is issued if the remaining columns lie on a quadric, as unit vectors do. Equal
    values share the mean of their ranks.

    Errors are raised for NaN, infinity, text, masked or complex entries, and for fewer rows than independent columns
    plus 2.

    References
    ----------
    .. [1] R. A. A. Ince, B. L. Giordano, C. Kayser, G. A. Rousselet, J. Gross, P. G. Schyns, "A statistical framework
       for neuroimaging data analysis based on mutual information estimated via a Gaussian copula", Human Brain
       Mapping 38, 2017.
    .. [2] N. Misra, H. Singh, E. Demchuk, "Estimation of the entropy of a multivariate normal distribution", Journal
       of Multivariate Analysis 92, 2005 (the bias).
    .. [3] C. A. J. Klaassen, J. A. Wellner, "Efficient estimation in the bivariate normal copula model: normal margins
       are least favourable", Bernoulli 3, 1997 (the variance).
    .. [4] D. V. Foster, P. Grassberger, "Lower bounds on mutual information", Physical Review E 83, 010101, 2011.

    Examples
    --------
    >>> from skib.datasets import make_gaussian_pair
    >>> from skib.mutual_info import GaussianCopula
    >>> pair = make_gaussian_pair(2000, rho=0.9, dim=10, random_state=0)
    >>> estimate = GaussianCopula().fit(pair.X, pair.y)
    >>> bool(abs(estimate.mutual_info_ - pair.mutual_info) < 4 * estimate.std_error_)  # truth: 8.30 nats
    True
    """

    _parameter_constraints = {"bias_correction": ["boolean"]}

    def __init__(self, bias_correction: bool = True) -> None:
        self.bias_correction = bias_correction

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: TableLike, y: TableLike, *, given: TableLike | None = None) -> Self:
        """Estimate I(X;Y), or I(X;Y|Z).

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of numbers, taken together as one variable.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            The target, taken together as one variable, too.
        given : array-like of shape (n_samples,) or (n_samples, n_conditions), default=None
            The variable to condition on.

        Returns
        -------
        self : GaussianCopula
            The fitted estimator.
        """
        x, y = check_pair(self, X, y, min_samples=4)
        z = x[:, :0] if given is None else check_target(given, len(x), "given")
        warn_if_constant("X", x)
        warn_if_constant("y", y)
        z = z if z.shape[1] < 2 else z[:, undetermined_columns(z).kept]
        x, y = _undetermined("X", x, z), _undetermined("y", y, z)
        x, y, z = _scores(x), _scores(y), _scores(z)
        warn_of_atoms(x, y)
        basis = self._basis(x, y, z)
        found = estimate_of_directions(basis.x, basis.y, self._bias(basis))
        self.pointwise_ = found.pointwise
        return self._set_estimate(
            found.value, found.ceiling, len(x), std_error=found.std_error, saturated=found.saturated
        )

    def _score_columns(self, X, y):
        """Estimate the information of each column of X with y, from products of matrices of some columns each."""
        x, y = check_pair(clone(self), X, y, min_samples=4)
        varying = np.flatnonzero(~warn_of_constant_columns(x))
        warn_if_constant("y", y)
        y = _scores(_undetermined("y", y))
        of_y, n_atoms, values = directions(y), count_atoms(y), np.zeros(x.shape[1])
        n_samples, n_directions = of_y.shape
        self._require_rows(n_samples, 1 + n_directions)
        bias = self._bias_of(n_samples, 1, n_directions)
        for part in blocks(len(varying), _WHOLE * max(_NUMBERS_PER_BLOCK // (_WHOLE * n_samples), 1)):
            scores = _scores(x[:, varying[part]])
            n_atoms += count_atoms(scores)
            scores = _centered(scores)
            explained = np.sum((of_y.T @ (scores / _norms(scores))) ** 2, axis=0)
            values[varying[part]] = information(explained, n_samples) - bias
        warn_of_atom_columns(n_atoms, len(varying) + y.shape[1])
        return values

    def permuted_estimates(self, X: TableLike, y: TableLike, permutations: Orders) -> Floats:
        """Estimate I(X;Y) with y in the order of each permutation; the directions of y are those of its rows."""
        x, y = check_pair(clone(self), X, y, min_samples=4)
        x, y = _undetermined("X", x), _undetermined("y", y)
        basis = self._basis(_scores(x), _scores(y), np.empty((len(x), 0)))
        r = np.array([np.linalg.svd(basis.x.T @ basis.y[order], compute_uv=False) for order in permutations])
        return information(r**2, len(x)).sum(axis=-1) - self._bias(basis)

    def _basis(self, x, y, z):
        z = directions(z)
        x, y = directions(x, z), directions(y, z)
        self._require_rows(len(x), x.shape[1] + y.shape[1] + z.shape[1])
        return _Basis(x, y, z.shape[1])

    def _require_rows(self, n_samples, n_columns):
        remedy = f"pass more rows or fewer columns (PCA) than the {n_columns} of X, y and given together"
        require_samples(self, n_samples, n_columns + 2, remedy=remedy)

    def _bias(self, basis):
        return self._bias_of(len(basis.x), basis.x.shape[1], basis.y.shape[1], basis.n_given)

    def _bias_of(self, n_samples, n_x, n_y, n_z=0):
        return copula_bias(n_samples, n_x, n_y, n_z) if self.bias_correction else 0.0


class CopulaEstimate(NamedTuple):
    """Estimate of the information of a Gaussian copula, in nats."""

    value: float
    pointwise: np.ndarray
    std_error: float
    ceiling: float
    saturated: bool


def estimate_of_directions(x, y, bias):
    """Estimate the information of orthonormal directions of the normal scores of two variables; see ``directions``."""
    u, r, v = np.linalg.svd(x.T @ y, full_matrices=False)
    per_pair, n_samples = information(r**2, len(x)), len(x)
    value = per_pair.sum() - bias
    terms = _log_ratios(x @ u, y @ v.T, np.sqrt(_resolved(r**2, n_samples)))
    std_error = np.sqrt(terms.var(ddof=1) / n_samples + x.shape[1] * y.shape[1] / (2 * n_samples**2))
    saturated = bool((per_pair > SATURATION * np.log(n_samples)).any())
    return CopulaEstimate(
        value, terms + (value - terms.mean()), std_error, len(r) * np.log(n_samples) - bias, saturated
    )


def copula_bias(n_samples, n_x, n_y, n_z=0):
    """Compute the bias of the estimate for variables of so many directions."""
    b_xz, b_yz, b_z, b_xyz = (log_det_bias(n_samples, d) for d in (n_x + n_z, n_y + n_z, n_z, n_x + n_y + n_z))
    return b_xz + b_yz - b_z - b_xyz


def _undetermined(name, x, given=None):
    """Leave out the columns that others determine; warn if the rows lie on a curve or surface all the same."""
    x, curved = without_determined(x, given)
    if curved:
        warn(
            f"the columns of {name} solve a quadratic equation: their rows lie on a curve or surface, as no Gaussian "
            "copula has, and the estimate may be too high or too low; use skib.mutual_info.KSG",
            UnreliableEstimateWarning,
        )
    return x


def _scores(x):
    return transform_marginals(x, "rank") if x.shape[1] else x


def _centered(scores):
    return scores - _column_sums(scores) / len(scores)


def _norms(scores):
    return np.sqrt(_column_sums(scores**2))


def _column_sums(scores):
    return np.ones(len(scores)) @ scores  # of few columns several times as fast as sum(axis=0)


def directions(scores, given=None):
    """Return an orthonormal basis of the centered columns, less their projection on `given`."""
    scores = _centered(scores)
    norms = _norms(scores)
    scores = scores[:, norms > 0] / norms[norms > 0]
    if given is not None:
        scores = scores - given @ (given.T @ scores)
    if not scores.shape[1]:
        return scores
    basis, triangle, _ = qr(scores, mode="economic", pivoting=True)
    return basis[:, np.abs(np.diag(triangle)) > _RANK_TOLERANCE]


def _resolved(r_squared, n_samples):
    """Clip squared correlations to the resolution of ranks, which differ by about 1 / n."""
    return np.minimum(r_squared, 1 - float(n_samples) ** -2)


def information(r_squared, n_samples):
    """Return -log(1 - r^2) / 2 of squared correlations, in nats, up to the resolution of ranks."""
    return -0.5 * np.log1p(-_resolved(r_squared, n_samples))


def _log_ratios(u, v, r):
    """Compute the log density ratios of rows of canonical variates, up to a constant."""
    return len(u) * ((u * v) @ (r / (1 - r**2)) - (u**2 + v**2) @ (0.5 * r**2 / (1 - r**2)))
