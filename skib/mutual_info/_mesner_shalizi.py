"""Mesner and Shalizi's nearest-neighbour estimator, for columns of any kind."""

from numbers import Integral

import numpy as np
from scipy.special import digamma
from sklearn.base import BaseEstimator

from skib._columns import check_columns, target_columns
from skib._copies import count_copies, warn_if_copied
from skib._marginals import transform_marginals
from skib._neighbors import build_tree, digamma_table, nearest_neighbors, subspace_counts
from skib._sklearn import Interval, StrOptions, fit_context
from skib._validation import require_samples, warn_if_constant
from skib.mutual_info._base import MutualInfoMixin

# Farther than any two numbers: categories are no nearer to each other than the ends of a numeric column.
_FAR = 1e300


class MesnerShalizi(MutualInfoMixin, BaseEstimator):
    r"""Mutual information of mixed data: numbers, counts, atoms and categories in any combination.

    With :math:`\rho_i` the max-norm distance from row i to its k-th neighbour in the joint space, and
    :math:`\tilde k_i, n_x(i), n_y(i)` the numbers of other rows **within** it (no farther than :math:`\rho_i`) in the
    joint space, in x and in y,

    .. math::
        \hat I(X;Y) = \psi(n) + \langle \psi(\tilde k_i) - \psi(n_x) - \psi(n_y) \rangle, \qquad
        \hat I(X;Y|Z) = \langle \psi(\tilde k_i) - \psi(n_{xz}) - \psi(n_{yz}) + \psi(n_z) \rangle .

    Where distances tie, :math:`\tilde k_i > k`. Where :math:`\rho_i = 0` the row lies in an atom, and all counts
    include the row itself, so that discrete data give the sum of their entropies.

    Columns of text, categories and bools have no scale: any two different values are farther apart than any two
    numbers. Balls thus stay within a category (of all such columns together) as long as it has more than k rows.
    Whole numbers are numbers; pass labels as text, or as a column of type category, where their order means nothing.

    Parameters
    ----------
    n_neighbors : int, default=5
        k. More neighbours lower the variance and raise the bias towards 0.
    marginals : {"rank", "standard", None}, default="rank"
        Scale of each numeric column: normal scores of its ranks, which make the estimate invariant under monotone maps
        and immune to outliers; zero mean and unit variance; or as given.

    Attributes
    ----------
    mutual_info_ : float
        The estimate in nats; not clipped, so it may fall slightly below 0.
    pointwise_ : ndarray of shape (n_samples,)
        The terms whose mean is the estimate.
    std_error_ : float
        Standard deviation of the terms over sqrt(n_samples).
    ceiling_ : float
        The largest value possible on this many rows, :math:`\psi(n) - \psi(k)`.
    saturated_ : bool
        Whether the estimate exceeds 90 % of the ceiling.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    See Also
    --------
    KSG : Closed counts for tied rows alone, open ones for the others: no bias for continuous data.
    Ross : For class labels y.
    ChainRule : For discrete data alone.

    Notes
    -----
    The paper takes the larger of the mean and 0. skib does not: a clipped estimate is biased upwards at independence,
    and neither averages nor differences of clipped estimates mean anything.

    Closed counts have a price where nothing ties: of the two counts of a row, one includes its boundary point and the
    other has none there, which adds :math:`\langle 1 / 2 n_x + 1 / 2 n_y \rangle` to the value of :class:`KSG`: in
    the plane with n = 1500 and k = 5, 0.014 nats at independence and 0.02 at correlation 0.9; less for more rows.
    The standard error does not know of it: from 1000 rows of smooth pairs, intervals of two standard errors hold the
    truth in 55 to 80 % of samples (in 85 to 90 % of samples with atoms or levels).
    The paper leaves the row itself out of the counts of atoms, too; independent pairs of ten levels (n = 1500) then
    come out at -0.057 nats, and at 0.001 with the row. Rows in categories of no more than k rows, and high dimension,
    draw the estimate towards 0.

    Errors are raised for NaN, infinity, masked or complex entries, and for n_samples <= n_neighbors.

    References
    ----------
    .. [1] O. C. Mesner, C. R. Shalizi, "Conditional mutual information estimation for mixed, discrete and continuous
       data", IEEE Transactions on Information Theory 67, 2021.
    .. [2] W. Gao, S. Kannan, S. Oh, P. Viswanath, "Estimating mutual information for discrete-continuous mixtures",
       NeurIPS 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.mutual_info import MesnerShalizi
    >>> rng = np.random.default_rng(0)
    >>> x = rng.integers(0, 5, 2000)
    >>> y = x + 2 * rng.random(2000)
    >>> estimate = MesnerShalizi().fit(x[:, None], y)
    >>> bool(abs(estimate.mutual_info_ - (np.log(5) - 0.8 * np.log(2))) < 4 * estimate.std_error_)  # truth: 1.055 nats
    True
    """

    _parameter_constraints = {
        "n_neighbors": [Interval(Integral, 1, None, closed="left")],
        "marginals": [StrOptions({"rank", "standard"}), None],
    }

    def __init__(self, n_neighbors=5, *, marginals="rank"):
        self.n_neighbors = n_neighbors
        self.marginals = marginals

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        return tags

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, *, given=None):
        """Estimate I(X;Y), or I(X;Y|Z).

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of numbers, text, categories or bools, taken together as one variable.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Their companions, taken together too.
        given : array-like of shape (n_samples,) or (n_samples, n_conditions), default=None
            The variable to condition on.

        Returns
        -------
        self : MesnerShalizi
            The fitted estimator.
        """
        x = check_columns(self, X)
        n_samples = len(x[0].values)
        z = None if given is None else target_columns(given, n_samples, "given")
        return self._fit_columns(x, target_columns(y, n_samples), z)

    def _fit_columns(self, x, y, z=None):
        """Estimate from validated Columns."""
        conditional = z is not None
        x, y = self._coordinates(x), self._coordinates(y)
        z = self._coordinates(z) if conditional else x[:, :0]
        require_samples(self, len(x), self.n_neighbors + 1)
        ceiling = digamma(len(x)) - digamma(self.n_neighbors)
        if warn_if_constant("X", x) or warn_if_constant("y", y):
            return self._set_pointwise(np.zeros(len(x)), ceiling)
        warn_if_copied(np.hstack([x, z]), y)
        return self._set_pointwise(self._terms(x, y, z, conditional=conditional), ceiling)

    def _terms(self, x, y, z, *, conditional):
        """Pointwise information, row by row."""
        xz, yz, psi = np.hstack([x, z]), np.hstack([y, z]), digamma_table(len(x))
        tree = build_tree(np.hstack([x, yz]))
        copies = count_copies(xz, y)
        distances, _, n_within = nearest_neighbors(
            tree, self.n_neighbors, copies[tree.order] if len(copies) else copies
        )
        radius = np.empty(len(x))
        radius[tree.order] = distances[:, -1]
        # An atom has no boundary: its rows count whole.
        terms = np.empty(len(x))
        terms[tree.order] = psi[n_within + (distances[:, -1] == 0)]
        closed = np.ones(len(x), bool)
        n_xz, n_yz = (psi[subspace_counts(part, radius, closed) + (radius == 0)] for part in (xz, yz))
        if not conditional:
            return terms + psi[-1] - n_xz - n_yz
        n_z = subspace_counts(z, radius, closed) if z.shape[1] else len(x) - 1
        return terms - n_xz - n_yz + psi[n_z + (radius == 0)]

    def _coordinates(self, columns):
        return np.hstack(
            [
                _corners(c.values) if c.nominal else transform_marginals(c.values[:, None], self.marginals)
                for c in columns
            ]
        )


def _corners(codes):
    """Corners of a cube, one for each code: under the maximum norm all are equally far from each other."""
    n_bits = int(codes.max()).bit_length()
    return _FAR * ((codes[:, None].astype(np.int64) >> np.arange(n_bits)) & 1)
