"""Weighted nearest-neighbor entropy of Berrett, Samworth and Yuan."""

from numbers import Integral

import numpy as np

from skib._neighbors import cubes_of, resolve_n_neighbors, weighted_entropy_terms, weights_of_ranks
from skib._sklearn import BaseEstimator, Interval
from skib._typing import Floats
from skib.entropy._differential import DifferentialEntropyMixin, distinct_rows
from skib.entropy._kozachenko_leonenko import check_cubes

# As for the plain estimator, whose errors are four times as large.
_ERROR_RATE = 0.025


class WeightedKozachenkoLeonenko(DifferentialEntropyMixin, BaseEstimator):
    r"""Differential entropy from the distances to several neighbors, weighted so that their biases cancel.

    .. math:: \hat H(X) = \frac{1}{n} \sum_i \sum_{j=1}^{k} w_j \left[ \log V_{ij} + \psi(n) - \psi(j) \right]

    with :math:`V_{ij} = (2 r_{ij})^d` the volume of the cube around row i that reaches to its j-th neighbor (maximum
    norm among whitened rows, volume in the units of X). The weights are those of the smallest norm with

    .. math::
        \sum_j w_j = 1, \qquad
        \sum_j w_j \frac{\Gamma(j + 2l/d)}{\Gamma(j)} = 0 \quad (l = 1, \dots, \lfloor d/4 \rfloor)

    and :math:`w_j = 0` except for j in :math:`\{\lfloor k/d \rfloor, \lfloor 2k/d \rfloor, \dots, k\}`.

    Parameters
    ----------
    n_neighbors : int, default=None
        Number k of neighbors. None takes max(5, 2 d - 1), where the support is every other rank from 1 on, which keeps
        the weights small. More neighbors lower the variance, fewer the bias.

    Attributes
    ----------
    entropy_ : float
        The estimate in nats; it may be negative.
    pointwise_ : ndarray of shape (n_samples,)
        The terms whose mean is the estimate, in nats.
    std_error_ : float
        Standard deviation of the terms over the root of the number of distinct rows, in nats. Terms of neighbors
        depend on each other: the spread between samples is up to 1.5 times as large. The bias is not covered.
    weights_ : ndarray of shape (n_neighbors,)
        The weights of the neighbors, nearest first; their sum is 1.
    n_neighbors_ : int
        k.
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
    KozachenkoLeonenko : A single neighbor.

    Notes
    -----
    A constraint cancels the term :math:`r^{2l}` in the expansion of the probability of a ball, which a cube has as well
    as a Euclidean ball, for both are symmetric. Below four columns there is none, and the weights are equal.

    With the columns grows the norm of the weights, which multiplies the noise. Constraints are dropped, the largest l
    first, while the norm exceeds 20: two remain up to some twenty columns, one beyond. The sum of the weights is 1
    always; least squares solutions that give it up are off by whole entropies. Measured over uniform, normal,
    Laplace and Student columns and 5000 rows, the error (root mean square) is 0.05 nats in 4 dimensions, 0.2 in 8, 0.5
    in 12 and 0.7 in 16, that of one neighbor 0.08, 0.5, 1.1 and 1.9. Where it is expected to exceed half a nat, an
    ``UnreliableEstimateWarning`` is issued.

    What is required of the rows is the same as for :class:`KozachenkoLeonenko`.

    References
    ----------
    .. [1] T. B. Berrett, R. J. Samworth, M. Yuan, "Efficient multivariate entropy estimation via k-nearest neighbour
       distances", Annals of Statistics 47, 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.entropy import WeightedKozachenkoLeonenko
    >>> X = np.random.default_rng(0).normal(size=(5000, 4))
    >>> entropy = WeightedKozachenkoLeonenko().fit(X)
    >>> round(entropy.entropy_, 1)  # truth: 2 log(2 pi e) = 5.676 nats
    5.7
    >>> entropy.weights_.round(2)
    array([ 1.31,  0.  ,  0.44,  0.  , -0.14,  0.  , -0.61])
    """

    weights_: Floats
    n_neighbors_: int

    _parameter_constraints = {"n_neighbors": [Interval(Integral, 1, None, closed="left"), None]}

    def __init__(self, n_neighbors: int | None = None) -> None:
        self.n_neighbors = n_neighbors

    def _fit_rows(self, x):
        rows, log_volume, place = distinct_rows(self, x, 2 if self.n_neighbors is None else self.n_neighbors + 1)
        self.n_neighbors_ = resolve_n_neighbors(self.n_neighbors, rows)
        ranks, weights = weights_of_ranks(self.n_neighbors_, rows.shape[1])
        self.weights_ = np.zeros(self.n_neighbors_)
        self.weights_[ranks - 1] = weights
        cubes = cubes_of(rows, ranks)
        check_cubes(self, cubes, rows, _ERROR_RATE)
        terms = weighted_entropy_terms(cubes, ranks, weights) + log_volume
        return self._set_pointwise(terms[place], n_distinct=len(rows))
