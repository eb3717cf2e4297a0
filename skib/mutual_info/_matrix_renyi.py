"""Matrix-based Renyi mutual information."""

from numbers import Real
from typing import Self

import numpy as np
from scipy.linalg.lapack import dpstrf
from scipy.spatial.distance import pdist, squareform
from scipy.special import logsumexp, xlogy

from skib._cost import warn_of_cost, warn_of_pairs
from skib._gram import BANDWIDTH_CONSTRAINTS, kernel_rows, row_means
from skib._parallel import blocks, run_aside
from skib._sklearn import BaseEstimator, Interval, fit_context
from skib._statistics import SATURATION
from skib._typing import Floats, Marginals, TableLike
from skib._validation import check_pair, warn_if_constant
from skib.mutual_info._base import MutualInfoMixin

# A matrix of so many rows takes 0.8 GB, and its eigenvalues minutes.
_MAX_ROWS = 10_000
_SECONDS_PER_CUBE = 3.8e-10  # of n_samples, for three matrices and one core
_PRODUCT_ROWS = 128  # of one product of matrices, which takes half a second of 10 000 rows
# Smooth kernels of so few columns have few eigenvalues that are not 0. So many rows are factorized in a second or two,
# in which an interrupt would wait; and until no pivot is above this, of matrices whose diagonal is 1.
_FEW_COLUMNS, _FACTORIZED_ROWS, _NO_PIVOT = 2, 5000, 1e-14


class MatrixRenyi(MutualInfoMixin, BaseEstimator):
    r"""Matrix-based Renyi mutual information of order alpha; not Shannon's information.

    From the eigenvalues :math:`\lambda_i` of K / n, where :math:`K_{ij} = \exp(-|x_i - x_j|^2 / 2h^2)`,

    .. math:: S_\alpha(K) = \frac{1}{1 - \alpha} \log \sum_i \lambda_i^\alpha, \qquad
              I_\alpha(X;Y) = S_\alpha(K) + S_\alpha(Q) - S_\alpha(K \circ Q),

    where the joint matrix is the product entry by entry (its rows are those of X and y side by side). At
    :math:`\alpha = 1`, :math:`S_1 = -\sum_i \lambda_i \log \lambda_i` is the von Neumann entropy. No density is
    estimated. The value is a property of the sample and its kernels, at most log(n_samples), and does not converge to
    :math:`I(X;Y)`. Compare it between variables of one sample, not between samples of different size.

    Parameters
    ----------
    alpha : float, default=1.01
        Order, above 0. Near 1 the entropies behave like Shannon's. Small orders count the directions of the data, large
        ones weigh the heaviest directions most. Far below 1, eigenvalues of the size of rounding errors begin to count.
        2, 3 and 4 need no eigenvalues.
    bandwidth : float, default=None
        Width h of all kernels, in the unit of the scaled columns. ``None`` means :math:`\sqrt d\, n^{-1/(4 + d)}` for a
        variable of d columns that vary. Narrow kernels raise the value and, at independence, its excess over 0.
    marginals : {"rank", "standard", None}, default="rank"
        How columns are scaled before distances are taken. ``"rank"`` replaces each column by the normal scores of its
        ranks; the estimate is then invariant to monotone transformations and insensitive to outliers. ``"standard"``
        standardizes; ``None`` leaves columns unchanged.

    Attributes
    ----------
    mutual_info_ : float
        The estimate of the matrix-based quantity, in nats. At alpha = 1 it is never below 0. Renyi entropies of other
        orders are not subadditive, so that it can fall slightly below 0.
    std_error_ : float
        NaN; use :func:`confidence_interval`.
    bandwidth_ : ndarray of shape (2,)
        The widths used for X and y.
    ceiling_ : float
        Largest possible estimate on these rows, in nats: the smaller of the entropies of X and y.
    saturated_ : bool
        Whether the estimate is saturated: it exceeds 90 % of log(n_samples), because every row resembles only itself.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    See Also
    --------
    CauchySchwarz : A divergence of densities from the same matrices.

    Notes
    -----
    At independence the pairs of a row with itself leave a positive value, which grows as kernels narrow: compare the
    estimate with the null of :func:`permutation_test`.

    Eigenvalues take time of order n^3 (a minute for 5000 rows) and a matrix of n^2 numbers, hence at most 10 000 rows.
    Matrices of one or two columns are often of low rank, and take a fifth of that (``alpha`` of 1 or more). Orders 3
    and 4 need a product of matrices instead, and half of that time.
    With ``alpha=2`` the sum of their squares is a sum over the entries: time n^2, memory n, any number of rows. A
    ``CostWarning`` is issued before more than five minutes of work.

    Constant inputs give 0 and a ``ConstantInputWarning``. Errors are raised for NaN, infinity, text, masked or complex
    entries.

    References
    ----------
    .. [1] L. G. Sanchez Giraldo, M. Rao, J. C. Principe, "Measures of entropy from data using infinitely divisible
       kernels", IEEE Transactions on Information Theory 61, 2015.
    .. [2] S. Yu, L. G. Sanchez Giraldo, R. Jenssen, J. C. Principe, "Multivariate extension of matrix-based Renyi's
       alpha-order entropy functional", IEEE Transactions on Pattern Analysis and Machine Intelligence 42, 2020.

    Examples
    --------
    >>> from skib.datasets import make_gaussian_pair
    >>> from skib.mutual_info import MatrixRenyi
    >>> weak, strong = (make_gaussian_pair(300, rho=rho, random_state=0) for rho in (0.3, 0.9))
    >>> bool(MatrixRenyi().fit(weak.X, weak.y).mutual_info_ < MatrixRenyi().fit(strong.X, strong.y).mutual_info_)
    True
    """

    bandwidth_: Floats

    _parameter_constraints = BANDWIDTH_CONSTRAINTS | {"alpha": [Interval(Real, 0, None, closed="neither")]}

    def __init__(self, alpha: float = 1.01, bandwidth: float | None = None, *, marginals: Marginals = "rank") -> None:
        self.alpha = alpha
        self.bandwidth = bandwidth
        self.marginals = marginals

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: TableLike, y: TableLike) -> Self:
        """Estimate the matrix-based information of X and y.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of numbers, taken together as one variable.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            The target, taken together as one variable, too.

        Returns
        -------
        self : MatrixRenyi
            The fitted estimator.
        """
        x, y = check_pair(self, X, y)
        n = len(x)
        if self.alpha != 2 and n > _MAX_ROWS:
            raise ValueError(
                f"alpha={self.alpha} needs matrices of n_samples x n_samples, at most {_MAX_ROWS} rows, got "
                f"n_samples = {n}; use alpha=2, which needs none, or fewer rows"
            )
        if self.alpha == 2:
            warn_of_pairs(self, n, x.shape[1] + y.shape[1])
        else:
            warn_of_cost(self, n, _SECONDS_PER_CUBE * n**3, power=3)
        constant = warn_if_constant("X", x) or warn_if_constant("y", y)
        x, y, self.bandwidth_ = self._scaled_pair(x, y)
        of_x, of_y, of_both = self._entropies(x, y)
        value = 0.0 if constant else of_x + of_y - of_both
        return self._set_estimate(value, min(of_x, of_y), n, saturated=value > SATURATION * np.log(n))

    def _scaled_pair(self, x, y):
        (x, x_width), (y, y_width) = (
            kernel_rows(variable, self.marginals, self.bandwidth, scaling_bandwidth) for variable in (x, y)
        )
        return x, y, np.array([x_width, y_width])

    def _entropies(self, x, y):
        if self.alpha == 2:  # squares of kernels are kernels of rows sqrt(2) times as far apart
            squares = row_means(np.sqrt(2) * x, np.sqrt(2) * y)
            return -np.log([squares.k.mean(), squares.q.mean(), squares.kq.mean()])
        return [_entropy(rows, self.alpha) for rows in (x, y, np.hstack([x, y]))]


def scaling_bandwidth(x):
    """Return sqrt(d) n^(-1 / (4 + d)) for n rows of d columns that vary."""
    dim = max(1, np.sum(np.ptp(x, axis=0) > 0))
    return float(np.sqrt(dim) * len(x) ** (-1 / (4 + dim)))


def renyi_entropy(p, alpha):
    """Compute the Renyi entropy of order alpha of probabilities above 0, in nats; Shannon's at alpha = 1."""
    if alpha == 1:
        return -np.sum(xlogy(p, p))
    if abs(alpha - 1) < 0.5:  # expm1 avoids the cancellation as alpha goes to 1
        return np.log1p(np.sum(p * np.expm1((alpha - 1) * np.log(p)))) / (1 - alpha)
    return logsumexp(alpha * np.log(p)) / (1 - alpha)  # no power vanishes, however large alpha is


def _entropy(rows, alpha):
    """Compute the entropy of order alpha of the matrix exp(-|x_i - x_j|^2) / n."""
    n, n_columns = rows.shape
    matrix = squareform(np.exp(-pdist(rows, "sqeuclidean")))
    np.fill_diagonal(matrix, 1.0)
    values = None
    if alpha >= 1 and n_columns <= _FEW_COLUMNS and n <= _FACTORIZED_ROWS:  # small orders count the least eigenvalues
        values = _few_eigenvalues(matrix)
    if values is None and alpha in (3, 4):
        return np.log(_trace_of_power(matrix, alpha) / n**alpha) / (1 - alpha)
    if values is None:
        values = run_aside(np.linalg.eigvalsh, matrix)
    values = values[values > n * np.finfo(float).eps]  # the trace is n
    return renyi_entropy(values / values.sum(), alpha)


def _trace_of_power(matrix, power):
    """Compute tr K^3, the sum of the products of the entries of K and K^2, or tr K^4, that of the squares of K^2."""
    trace = 0.0
    for rows in blocks(len(matrix), _PRODUCT_ROWS):  # on and above the diagonal
        products = matrix[rows] @ matrix[:, rows.start :]
        products *= products if power == 4 else matrix[rows, rows.start :]
        trace += 2 * products.sum() - products[:, : len(products)].sum()
    return trace


def _few_eigenvalues(matrix):
    """Return the eigenvalues of a matrix of low rank, but for zeros, or None if its rank is above half its size.

    They are those of L'L, from the pivoted Cholesky factorization LL' of all but a remainder. That is a matrix without
    negative eigenvalues, whose diagonal, and so their sum over n, is at most `_NO_PIVOT`. The upper triangle of the
    matrix is overwritten, unless None is returned.
    """
    factor, _, rank, _ = dpstrf(matrix.T, tol=_NO_PIVOT, lower=1, overwrite_a=1)
    if 2 * rank > len(matrix):
        for i in range(len(matrix)):
            matrix[i, i + 1 :] = matrix[i + 1 :, i]
        np.fill_diagonal(matrix, 1.0)
        return None
    factor = np.tril(factor[:, :rank])
    return run_aside(np.linalg.eigvalsh, factor.T @ factor)
