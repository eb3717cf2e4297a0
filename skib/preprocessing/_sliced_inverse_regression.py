"""The directions of X that tell classes, or slices of a number, apart."""

from numbers import Integral, Real

import numpy as np

from skib._columns import digitize, holds_classes, quantile_edges, target_columns
from skib._parallel import N_JOBS
from skib._sklearn import BaseEstimator, Interval
from skib._typing import Seed
from skib._validation import warn_if_constant
from skib.preprocessing._moments import first_kernel
from skib.preprocessing._subspace import SubspaceMixin


class SlicedInverseRegression(SubspaceMixin, BaseEstimator):
    r"""Directions of X along which the means of classes, or of slices of a number, differ.

    .. math:: \sum_h p_h\, m_h m_h^\top, \qquad m_h = E[\Sigma^{-1/2} (x - \mu) \mid y \in h]

    whose leading eigenvectors are the directions of the whitened rows. The slices h are classes, or `n_slices`
    quantiles of a number. This is the first order of :class:`SteinSubspace` for the indicators of the slices, and for
    classes the subspace of linear discriminant analysis.

    Parameters
    ----------
    n_components : int, default=None
        Number of directions. None: as many as are significant, by a sequence of permutation tests.
    n_slices : int, default=10
        Number of slices of a number y, with equally many rows; classes are not sliced. More slices see more directions;
        with few rows in each, their means are noise.
    alpha : float, default=0.05
        Level of each test; the probability of one direction too many is about this. Has no effect with `n_components`.
    n_permutations : int, default=100
        Permutations of each test. Has no effect with `n_components`.
    n_jobs : int, default=None
        Number of threads (as in joblib) over blocks of permutations; the result is the same for every value.
    random_state : int, RandomState instance or None, default=None
        Seeds the permutations. Pass an int for the same result at every call.
    verbose : int, default=0
        Above 0, show progress on stderr: a bar where ``rich`` is installed, lines of text elsewhere.

    Attributes
    ----------
    components_ : ndarray of shape (n_components, n_features)
        The directions: ``transform`` returns ``(X - mean_) @ components_.T``, columns that are uncorrelated and of unit
        variance. The largest weight of each, in standard deviations of its column, is positive.
    mean_ : ndarray of shape (n_features,)
        Means of the columns of X.
    eigenvalues_ : ndarray of shape (n_eigenvalues,)
        Share of the variance of X along each direction, found or not, that is between slices, in descending order.
        Several outputs y are sliced one by one, their indicators whitened, and the shares summed.
    n_components_ : int
        Number of directions.
    pvalues_ : ndarray of shape (n_tests,)
        p-values of the tests, one for each direction until the first that is not significant; empty with
        `n_components`.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    Raises
    ------
    ValueError
        If `n_components` is larger than the rank of X, or than the number of slices less one.

    Warns
    -----
    ConstantInputWarning
        If y is constant.
    UnreliableEstimateWarning
        If no direction is significant.

    See Also
    --------
    SteinSubspace : Directions on which numbers depend, also through even links.
    sklearn.discriminant_analysis.LinearDiscriminantAnalysis : The same subspace for classes.

    Notes
    -----
    Every direction that is found is one on which y depends if the means :math:`E[x|B'x]` are linear, as they are for
    all elliptical distributions. Even links are missed, since the means of slices of :math:`y = x_1^2` are equal, and
    so are classes that differ in their spread only: pass indicators of the classes to :class:`SteinSubspace` then.

    y holds classes if it is text, bools or categories, or numbers of at most max(2, sqrt(n_samples)) levels. The result
    does not change under monotone maps of a number y, nor under any regular matrix applied to the columns of X.

    References
    ----------
    .. [1] K.-C. Li, "Sliced inverse regression for dimension reduction", Journal of the American Statistical
       Association 86, 1991: section 2, and theorem 3.1.
    .. [2] R. D. Cook, X. Yin, "Dimension reduction and visualization in discriminant analysis", Australian and New
       Zealand Journal of Statistics 43, 2001: the permutation test.

    Examples
    --------
    An exponential link, whose heavy tail no slice follows.

    >>> import numpy as np
    >>> from skib.preprocessing import SlicedInverseRegression
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(2000, 5))
    >>> y = np.exp(2 * (X[:, 0] - X[:, 1])) + rng.normal(size=2000)
    >>> sir = SlicedInverseRegression(random_state=0).fit(X, y)
    >>> (sir.components_.round(1) + 0).tolist()  # truth: 0.7, -0.7, 0, 0, 0
    [[0.7, -0.7, 0.0, 0.0, 0.0]]
    """

    _parameter_constraints = {
        "n_components": [Interval(Integral, 1, None, closed="left"), None],
        "n_slices": [Interval(Integral, 2, None, closed="left")],
        "alpha": [Interval(Real, 0, 1, closed="neither")],
        "n_permutations": [Interval(Integral, 1, None, closed="left")],
        "n_jobs": N_JOBS,
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        n_components: int | None = None,
        *,
        n_slices: int = 10,
        alpha: float = 0.05,
        n_permutations: int = 100,
        n_jobs: int | None = None,
        random_state: Seed = None,
        verbose: int = 0,
    ) -> None:
        self.n_components = n_components
        self.n_slices = n_slices
        self.alpha = alpha
        self.n_permutations = n_permutations
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    def _new_scale(self, x):
        return None

    def _target(self, y, n_samples):
        codes = np.column_stack([self._slices(column) for column in target_columns(y, n_samples)])
        warn_if_constant("y", codes)
        return np.hstack([np.eye(column.max() + 1)[column] for column in codes.T])

    def _slices(self, column):
        """Return the codes of the classes, or of slices of equally many rows."""
        if holds_classes(column):
            return column.codes()
        return digitize(column.values, quantile_edges(column.values, self.n_slices))

    @property
    def _kernel(self):
        return first_kernel

    def _most(self, z, responses):
        return min(z.shape[1], max(responses.shape[1], 1))

    def _uses_spread(self):
        return False
