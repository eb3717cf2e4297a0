"""Mutual information of compressed variables: few columns instead of many, at the price of a lower bound."""

from numbers import Real
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
from scipy.linalg import qr
from sklearn.base import clone
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skib._columns import is_discrete
from skib._dependence import (
    feature_scores,
    fit_and_prepare,
    fit_information,
    informed,
    prepare_permutations,
    require_given,
)
from skib._sklearn import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    HasMethods,
    Interval,
    TransformerMixin,
    fit_context,
)
from skib._typing import Floats, MutualInfoEstimator, Orders, PermutedEstimates, Seed, TableLike, Transformer
from skib._validation import check_numbers, check_numeric, check_target
from skib._warnings import warn_once
from skib.mutual_info._auto import Auto
from skib.mutual_info._base import MutualInfoMixin
from skib.mutual_info._doubled import doubled
from skib.mutual_info._ksg import KSG

if TYPE_CHECKING:
    from pandas import DataFrame

# A column of unit variance whose remainder, after projection on others, is smaller than this is their combination.
_DEPENDENT = 1e-6
# Share of the largest code to which codes are rounded: far above the errors of a compressor, far below noise.
_RESOLUTION = 2.0**-36
_RESULTS = "mutual_info_", "pointwise_", "std_error_", "ceiling_", "saturated_"


class Compressed(ClassNamePrefixFeaturesOutMixin, TransformerMixin, MutualInfoMixin, BaseEstimator):
    r"""Mutual information after lossy compression: a lower bound for images, layers and other wide data.

    .. math:: I(E_x(X); E_y(Y)) \le I(X;Y)

    by data processing, with equality if the codes keep all that X and Y have in common. Estimators fail among hundreds
    of columns; the codes :math:`E_x(X), E_y(Y)` have few. A layer T = X that is a function of the input has infinite
    information about it. With `noise_ratio` the bound is on the information of a layer with Gaussian noise,

    .. math::
        I(E_x(T + \sigma Z); E_y(Y)) \le I(T + \sigma Z; Y), \qquad
        \sigma^2 = (\text{noise_ratio})^2 \; \frac{1}{n d} \sum_{ij} (T_{ij} - \bar T_j)^2 ,

    which is finite.

    Parameters
    ----------
    x_compressor : transformer, default=None
        Anything with ``fit`` and ``transform``, a pipeline too. A clone is fitted to X alone, without y. More
        components keep more of the information, but raise the bias of nearest neighbors. ``None`` leaves X unchanged.
    y_compressor : transformer, default=None
        The same for y, which must be numeric then. ``None`` leaves y unchanged: class labels stay labels.
    estimator : mutual-information estimator, default=None
        Estimator of the mutual information of the codes. ``None`` means :class:`KSG` of variant 2 with one neighbor,
        which has the least bias on codes of many columns; its first variant with the defaults if there is a `given`;
        and :class:`Auto` if y holds classes.
    whiten : bool, default=True
        Whether to transform codes to uncorrelated columns of unit variance, and to drop columns that others determine.
        The information stays the same, and balls of nearest neighbors fit the codes better.
    noise_ratio : float, default=0.0
        Standard deviation of the Gaussian noise added to every column of X before compression, relative to the spread
        of X: the root mean square of its centered columns. More noise means less information, and an easier estimate.
    random_state : int, RandomState instance or None, default=None
        Seeds the noise. Pass an int for the same result at every call. Compressors have their own.

    Attributes
    ----------
    mutual_info_ : float
        The estimate of the bound, in nats: that of `estimator_`.
    pointwise_ : ndarray of shape (n_samples,)
        The terms of `estimator_` in nats, if it has any.
    std_error_ : float
        The standard error of `estimator_` in nats, with the compressors taken as fixed.
    ceiling_ : float
        Largest possible estimate on these rows, in nats: that of `estimator_` on the codes.
    saturated_ : bool
        Whether the estimate is saturated: that of `estimator_` on the codes is.
    noise_variance_ : float
        :math:`\sigma^2`, in squared units of X.
    x_compressor_, y_compressor_ : transformer or None
        The fitted compressors.
    estimator_ : estimator
        The fitted estimator of the codes.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    Raises
    ------
    ValueError
        For NaN, infinity or text in what is compressed, and for codes that are not finite numbers.
    TypeError
        If the estimator has no `mutual_info_` after ``fit``, or does not condition and `given` is passed.

    See Also
    --------
    skib.preprocessing.Autoencoder : A nonlinear compressor.
    Sliced : Random projections to single columns, a lower bound too.

    Notes
    -----
    The bound holds for the information itself; the estimate has the error of `estimator` in addition. A compressor that
    was fitted to y, such as linear discriminants, would overfit in many columns, and the permutations of a null
    distribution would not undo this; hence compressors are fitted without y. Fit such a compressor to other rows and
    freeze it.

    ``transform`` gives the codes themselves, so that a Compressed can stand in the middle of a pipeline.

    A compressor is fitted in every ``fit``, except a :class:`sklearn.frozen.FrozenEstimator`, which stays as it was
    fitted: one compressor for all epochs of a network, or for the halves of a confidence interval.
    :func:`permutation_test` permutes codes, and compresses once for all of them.

    :class:`Auto` is more accurate than the default if codes have no more columns than the data have degrees of freedom,
    as those of an autoencoder may have. Codes of more columns lie on a curved surface. There the models of Auto, and
    sums of entropies, may be wrong by nats, and not only downwards; :class:`KSG` is not affected by further columns.

    PCA keeps the directions of the largest variance, which need not be those that contain the information; the user
    guide has measurements.

    References
    ----------
    .. [1] I. Butakov, A. Tolmachev, S. Malanchuk, A. Neopryatnaya, A. Frolov, K. Andreev, "Information bottleneck
       analysis of deep neural networks via lossy compression", ICLR 2024.
    .. [2] Z. Goldfeld et al., "Estimating information flow in deep neural networks", ICML 2019 (noise in the layers).
    .. [3] T. M. Cover, J. A. Thomas, "Elements of Information Theory", 2nd ed., 2006, section 2.8 (data processing).

    Examples
    --------
    Two columns of 50 are correlated, and have most of the variance.

    >>> import numpy as np
    >>> from sklearn.decomposition import PCA
    >>> from skib.datasets import make_gaussian_pair
    >>> from skib.mutual_info import Compressed
    >>> pair = make_gaussian_pair(2000, rho=0.9, dim=2, random_state=0)
    >>> rng = np.random.default_rng(0)
    >>> X = np.hstack([pair.X, 0.1 * rng.normal(size=(2000, 48))])
    >>> Y = np.hstack([pair.y, 0.1 * rng.normal(size=(2000, 48))])
    >>> round(Compressed(PCA(2), PCA(2)).fit(X, Y).mutual_info_, 1)  # truth: 1.66 nats
    1.7

    For all epochs of a network, or an interval, fit the compressor once.

    >>> from sklearn.frozen import FrozenEstimator
    >>> from skib.mutual_info import KSG, confidence_interval
    >>> once = FrozenEstimator(PCA(2).fit(X))
    >>> interval = confidence_interval(Compressed(once, PCA(2), KSG()), X, Y, random_state=0)
    >>> bool(interval.low < pair.mutual_info < interval.high)
    True
    """

    noise_variance_: float
    x_compressor_: Any
    y_compressor_: Any
    estimator_: Any

    _parameter_constraints = {
        "x_compressor": [HasMethods(["fit", "transform"]), None],
        "y_compressor": [HasMethods(["fit", "transform"]), None],
        "estimator": [HasMethods(["fit"]), None],
        "whiten": ["boolean"],
        "noise_ratio": [Interval(Real, 0, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        x_compressor: Transformer | None = None,
        y_compressor: Transformer | None = None,
        estimator: MutualInfoEstimator | None = None,
        *,
        whiten: bool = True,
        noise_ratio: float = 0.0,
        random_state: Seed = None,
    ) -> None:
        self.x_compressor = x_compressor
        self.y_compressor = y_compressor
        self.estimator = estimator
        self.whiten = whiten
        self.noise_ratio = noise_ratio
        self.random_state = random_state

    @property
    def takes_classes(self) -> bool:
        return self.y_compressor is None and getattr(self.estimator, "takes_classes", self.estimator is None)

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: TableLike, y: TableLike, *, given: TableLike | None = None) -> Self:
        """Estimate I(X;Y), or I(X;Y|Z), from the codes of X and y.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of numbers, taken together as one variable, such as a layer.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            The target: class labels, or numbers taken together as one variable, too.
        given : array-like of shape (n_samples,) or (n_samples, n_conditions), default=None
            The variable to condition on, passed to `estimator` unchanged.

        Returns
        -------
        self : Compressed
            The fitted estimator.
        """
        if not (given is None or self.estimator is None):
            require_given(self.estimator)
        x, target = self._codes(X, y)
        return self._adopted(fit_information(self._resolve_estimator(target, given), x, target, given))

    def compare_components(self, X: TableLike, y: TableLike, *, given: TableLike | None = None) -> "DataFrame":
        """Estimate with the components of the compressors and with twice as many, side by side.

        What the estimate gains is a lower bound of what the fewer components lose, as far as the errors of the
        estimates allow; a gain of 0 does not show that nothing is lost. The compressors and the estimator are fitted
        twice, and four times if both sides are compressed; this estimator itself is not fitted.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of numbers, as in ``fit``.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            The target, as in ``fit``.
        given : array-like of shape (n_samples,) or (n_samples, n_conditions), default=None
            The variable to condition on.

        Returns
        -------
        DataFrame
            A row for the components as they are, and for twice as many (or all columns, where there are fewer) on each
            side and on both. The columns are ``x_components`` and ``y_components``, <NA> without a compressor,
            ``mutual_info`` and ``std_error`` in nats, and ``gain`` over the first row.

        Raises
        ------
        ValueError
            If there is no compressor, or one without a whole ``n_components`` or ``n_latent``. In a pipeline, that of
            the last step is doubled.
        """
        if self.x_compressor is None and self.y_compressor is None:
            raise ValueError("Compressed has no compressor whose components could be doubled; pass x_compressor")
        with warn_once():
            first = clone(self).fit(X, y, given=given)
            sides = {name: doubled(name, getattr(first, f"{name}_")) for name in _compressors_of(first)}
            rows = [_comparison(first, {name: side.before for name, side in sides.items()})]
            for names in [*([name] for name in sides), *[list(sides)] * (len(sides) > 1)]:
                more = clone(self).set_params(**{name: sides[name].compressor for name in names})
                numbers = {name: side.after if name in names else side.before for name, side in sides.items()}
                rows.append(_comparison(more.fit(X, y, given=given), numbers))
        return _comparisons(rows)

    def transform(self, X: TableLike) -> Floats:
        """Return the codes of rows, without the noise of `noise_ratio`.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of numbers; new ones, too.

        Returns
        -------
        codes : ndarray of shape (n_samples, n_codes)
            What `x_compressor_` makes of them, whitened as the rows of ``fit`` were; without a compressor the rows.
        """
        check_is_fitted(self)
        rows = check_numbers(self, X, reset=False)
        return rows if self._code is None else self._code.of(self._encoded("X", self.x_compressor_, self._named(rows)))

    @property
    def _n_features_out(self):
        return self.n_features_in_ if self._code is None else self._code.n_columns

    def fit_and_prepare(self, X: TableLike, y: TableLike) -> tuple[Self, PermutedEstimates]:
        """Fit, and prepare permutations of the code of y; the compressors are fitted once."""
        self._validate_params()
        x, target = self._codes(X, y)
        estimator = self._resolve_estimator(target)
        fitted, estimates_of = fit_and_prepare(estimator, x, target)
        return self._adopted(informed(fitted, estimator)), estimates_of

    def _adopted(self, fitted):
        """Store a fitted estimator of the codes, and its results."""
        self.estimator_ = fitted
        for name in _RESULTS:
            vars(self).pop(name, None)  # of an earlier fit
            if hasattr(self.estimator_, name):
                setattr(self, name, getattr(self.estimator_, name))
        return self

    def _score_columns(self, X, y):
        """Estimate the information of each column of X, uncompressed but with its noise, with the code of y."""
        columns, target = clone(self).set_params(x_compressor=None)._codes(X, y)
        return feature_scores(self._resolve_estimator(target), columns, target)

    def permuted_estimates(self, X: TableLike, y: TableLike, permutations: Orders) -> Floats:
        """Estimate the information of the codes, with those of y in the order of each permutation."""
        return self.prepare_permutations(X, y)(permutations)

    def prepare_permutations(self, X: TableLike, y: TableLike) -> PermutedEstimates:
        """Return a function of permutations of the code of y; the compressors are fitted once for all of them."""
        self._validate_params()
        x, target = clone(self)._codes(X, y)
        return prepare_permutations(self._resolve_estimator(target), x, target)

    def _resolve_estimator(self, y, given=None):
        if self.estimator is not None:
            return self.estimator
        if is_discrete(y):
            return Auto()
        # Without a model: codes often lie on a curved surface of fewer dimensions, which has no density to fit.
        return KSG(1, variant=2) if given is None else KSG()

    def _codes(self, X, y):
        """Fit the compressors, and return the codes of X with its noise and those of y."""
        x = self._noisy(check_numeric(self, X, y))
        self.x_compressor_ = self.y_compressor_ = self._code = None
        if self.x_compressor is not None:
            self.x_compressor_, self._code, x = self._compressed("X", self.x_compressor, self._named(x))
        if self.y_compressor is not None:
            y = check_target(y, len(x))
            self.y_compressor_, _, y = self._compressed("y", self.y_compressor, y)
        return x, y

    def _noisy(self, x):
        with np.errstate(over="ignore"):
            scale = float(self.noise_ratio * np.std(x - x.mean(axis=0))) if self.noise_ratio else 0.0
            self.noise_variance_ = float(np.square(scale))
        return x + scale * check_random_state(self.random_state).normal(size=x.shape) if scale else x

    def _named(self, x):
        """Return rows under the names of their columns, where they have some."""
        if not hasattr(self, "feature_names_in_"):
            return x
        from pandas import DataFrame

        return DataFrame(x, columns=self.feature_names_in_)

    def _compressed(self, name, compressor, rows):
        """Return the fitted compressor, what becomes of its codes, and the codes of the rows."""
        # The variance ratios of constant data, such as a dead layer, are 0 / 0; codes must be finite all the same.
        with np.errstate(divide="ignore", invalid="ignore"):
            compressor = clone(compressor).fit(rows, None)
            codes = self._encoded(name, compressor, rows)
        code = _code_of(codes, whiten=self.whiten)
        return compressor, code, code.of(codes)

    @staticmethod
    def _encoded(name, compressor, rows):
        with np.errstate(divide="ignore", invalid="ignore"):
            codes = compressor.transform(rows)
        return check_target(codes, len(rows), f"{name} as {type(compressor).__name__} compressed it")


def _compressors_of(fitted):
    """Return the names of the compressors that an estimator has."""
    return [name for name in ("x_compressor", "y_compressor") if getattr(fitted, name) is not None]


def _comparison(fitted, numbers):
    """Return a row of `compare_components`."""
    components = [numbers.get("x_compressor"), numbers.get("y_compressor")]
    return [*components, fitted.mutual_info_, getattr(fitted, "std_error_", np.nan)]


def _comparisons(rows):
    from pandas import DataFrame

    names = ["x_components", "y_components", "mutual_info", "std_error"]
    table = DataFrame(rows, columns=names).astype(dict.fromkeys(names[:2], "Int64"))
    return table.assign(gain=table["mutual_info"] - table["mutual_info"][0])


class _Code(NamedTuple):
    """What becomes of the columns of a compressor: uncorrelated columns of unit variance, and no last bits."""

    whitening: "_Whitening | None"
    units: np.ndarray

    @property
    def n_columns(self):
        return len(self.units)

    def of(self, codes):
        """Return codes without their last bits, in which equal codes differ, depending on the order of the rows."""
        codes = codes if self.whitening is None else self.whitening.of(codes)
        units = np.where(self.units > 0, self.units, 1.0)
        return np.where(self.units > 0, np.rint(codes / units) * units, codes)


def _code_of(codes, *, whiten):
    whitening = _whitening_of(codes) if whiten else None
    whitened = codes if whitening is None else whitening.of(codes)
    return _Code(whitening, _RESOLUTION * np.abs(whitened).max(axis=0))


class _Whitening(NamedTuple):
    """The way to uncorrelated columns of unit variance with the same span, as close to the codes as possible.

    The symmetric root of the correlations leaves columns unchanged that are uncorrelated already; a rotation to
    principal axes would be determined by rounding errors.
    """

    center: np.ndarray
    scale: np.ndarray  # standard deviations
    columns: np.ndarray  # those that are no combination of others, of the columns that vary
    axes: np.ndarray
    roots: np.ndarray

    def of(self, codes):
        if not self.scale.any():
            return np.zeros((len(codes), 1))
        varies = self.scale > 0
        scaled = ((codes - self.center)[:, varies] / self.scale[varies])[:, self.columns]
        return scaled @ (self.axes / self.roots) @ self.axes.T


def _whitening_of(codes):
    center = codes.mean(axis=0)
    centered = codes - center
    scale = centered.std(axis=0)
    if not scale.any():
        return _Whitening(center, scale, *np.empty((3, 0)))
    scaled = centered[:, scale > 0] / scale[scale > 0]
    factor, order = qr(scaled / np.sqrt(len(codes)), mode="r", pivoting=True)
    diagonal = np.abs(np.diag(factor))
    columns = np.sort(order[: len(diagonal)][diagonal > _DEPENDENT])
    scaled = scaled[:, columns]
    variances, axes = np.linalg.eigh(scaled.T @ scaled / len(codes))
    return _Whitening(center, scale, columns, axes, np.sqrt(variances))
