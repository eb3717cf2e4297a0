"""The directions of X on which numbers y depend, by Stein's lemma."""

from numbers import Integral, Real
from typing import Literal

from skib._parallel import N_JOBS
from skib._scales import RankScale
from skib._sklearn import BaseEstimator, Interval, StrOptions
from skib._typing import Seed
from skib._validation import check_target, warn_if_constant
from skib.preprocessing._moments import both_kernel, first_kernel, second_kernel
from skib.preprocessing._subspace import SubspaceMixin

_KERNELS = {"first": first_kernel, "second": second_kernel, "both": both_kernel}


class SteinSubspace(SubspaceMixin, BaseEstimator):
    r"""Directions of Gaussian X on which numbers y depend, through links that need not be known.

    .. math:: E[y\, s(x)^\top] = E[\nabla f(x)], \qquad
              E[y\, (s(x) s(x)^\top - \Sigma^{-1})] = E[\nabla^2 f(x)], \qquad s(x) = \Sigma^{-1} (x - \mu)

    for :math:`f(x) = E[y|x]` (Stein's lemma). If f is a function of B'x, both moments lie in the span of B. They are
    averages over the rows, and nothing about f is fitted. The first order sees trends, the second one what is even,
    such as :math:`y = x_1^2`, where principal components, least squares and canonical correlations see nothing.

    Parameters
    ----------
    n_components : int, default=None
        Number of directions. None: as many as are significant, by a sequence of permutation tests.
    order : {"first", "second", "both"}, default="both"
        Moments that are used.

        - ``"first"``: the mean gradients, those of a linear fit. They have least noise, and miss even links.
        - ``"second"``: the mean Hessians of what a linear fit leaves. They miss linear links.
        - ``"both"``: the sum of the matrices of both.
    marginals : {"standard", "rank"}, default="standard"
        How columns are scaled before directions are found. ``"rank"`` replaces each column by the normal scores of its
        ranks; the result is then invariant to monotone transformations and insensitive to outliers. ``"standard"``
        standardizes. The directions are those of the scores, and new rows are scaled by the fitted distribution
        functions.
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
        variance, where X is a table of normal scores if `marginals` is "rank". The largest weight of each direction, in
        standard deviations of its column, is positive.
    mean_ : ndarray of shape (n_features,)
        Means of the columns of X, or of their scores.
    eigenvalues_ : ndarray of shape (n_eigenvalues,)
        Share of the variance of y along each direction, found or not, in descending order: that of a linear fit, of a
        quadratic one beyond it, or the sum of both, without a correction for noise. Several outputs y are whitened, and
        their shares summed.
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
        If `n_components` is larger than the rank of X, or with ``order="first"`` than that of y.

    Warns
    -----
    ConstantInputWarning
        If y is constant.
    UnreliableEstimateWarning
        If no direction is significant, or if the rows of X are visibly not Gaussian in what the second order needs.

    See Also
    --------
    SlicedInverseRegression : Directions that tell classes, or slices of a number, apart.
    skib.bottleneck.GaussianIB : The subspace of the first order, with information in nats.
    sklearn.cross_decomposition.CCA : The subspace of the first order, with directions of y.

    Notes
    -----
    The score s is that of a Gaussian with the mean and the covariance of the rows. The first order needs less: that the
    means :math:`E[x|B'x]` are linear, as they are for all elliptical distributions. The second order also needs a
    constant covariance of x given B'x. Where that varies, as for a multivariate Student t, directions across B have an
    eigenvalue of their own, of which a warning is issued. Skewed columns are best taken by their ranks
    (`marginals`), and so is y if it has outliers, since both orders are averages of it.

    Links whose mean gradient and mean Hessian are both zero are missed, such as :math:`x^3 - 3x`, or the product of
    three columns.

    Scaling or mixing columns of X, or of y, by any regular matrix leaves the coordinates as they are, up to their
    signs. Directions in which X does not extend have no weight. The second order takes time proportional to
    n_samples * n_features**2 for each output.

    References
    ----------
    .. [1] K.-C. Li, "On principal Hessian directions for data visualization and dimension reduction: another
       application of Stein's lemma", Journal of the American Statistical Association 87, 1992: equation 2.5.
    .. [2] R. D. Cook, "Principal Hessian directions revisited", Journal of the American Statistical Association 93,
       1998: the residuals of a linear fit.
    .. [3] Y. Tian, S. Wu, L. Feng, "Nonlinear multiple response regression and learning of latent spaces",
       arXiv:2503.21608, 2025: several outputs.
    .. [4] R. D. Cook, X. Yin, "Dimension reduction and visualization in discriminant analysis", Australian and New
       Zealand Journal of Statistics 43, 2001: the permutation test.

    Examples
    --------
    A parabola along one direction of five, with which no column is correlated.

    >>> import numpy as np
    >>> from skib.preprocessing import SteinSubspace
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(2000, 5))
    >>> y = (X[:, 0] + X[:, 1]) ** 2 + rng.normal(size=2000)
    >>> subspace = SteinSubspace(random_state=0).fit(X, y)
    >>> (subspace.components_.round(1) + 0).tolist()  # truth: 0.7, 0.7, 0, 0, 0
    [[0.7, 0.7, 0.0, 0.0, 0.0]]
    >>> subspace.transform(X).shape
    (2000, 1)
    """

    _parameter_constraints = {
        "n_components": [Interval(Integral, 1, None, closed="left"), None],
        "order": [StrOptions(set(_KERNELS))],
        "marginals": [StrOptions({"standard", "rank"})],
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
        order: Literal["first", "second", "both"] = "both",
        marginals: Literal["standard", "rank"] = "standard",
        alpha: float = 0.05,
        n_permutations: int = 100,
        n_jobs: int | None = None,
        random_state: Seed = None,
        verbose: int = 0,
    ) -> None:
        self.n_components = n_components
        self.order = order
        self.marginals = marginals
        self.alpha = alpha
        self.n_permutations = n_permutations
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    def _new_scale(self, x):
        return RankScale(x) if self.marginals == "rank" else None

    def _target(self, y, n_samples):
        y = check_target(y, n_samples)
        warn_if_constant("y", y)
        return y

    @property
    def _kernel(self):
        return _KERNELS[self.order]

    def _most(self, z, responses):
        return min(z.shape[1], max(responses.shape[1], 1)) if self.order == "first" else z.shape[1]

    def _uses_spread(self):
        return self.order != "first"
