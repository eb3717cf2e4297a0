"""Neural bottlenecks whose target is one or several numbers."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from skib._scales import StandardScale
from skib._typing import Seed
from skib._validation import check_target
from skib.bottleneck.neural._base import NEURAL_CONSTRAINTS, STRATEGY_CONSTRAINTS, NeuralBottleneck
from skib.bottleneck.neural._datafits import SquaredError
from skib.bottleneck.neural._predictions import NumberPredictions

# Variance of the residuals that none is taken to be below, in standard units of y.
_LEAST_VARIANCE = 1e-9


class NeuralBottleneckRegressor(NumberPredictions, NeuralBottleneck):
    r"""Numbers from a noisy code of X that is penalized for what it says about X.

    .. math:: \min \; \text{datafit}(y, \hat y) + h(\text{rate}) / \beta

    over a network that encodes X as :math:`T = \mu(X) + \sigma(X) \epsilon`, with normal noise, and decodes T. With the
    defaults it is the variational bottleneck with Gaussian errors, which without hidden layers, and for jointly
    Gaussian X and Y, is the Gaussian bottleneck.

    Parameters
    ----------
    penalty : object, default=None
        What bounds or replaces the rate I(X;T), such as :class:`PairwiseRate` or :class:`CauchySchwarzQMI`. None:
        :class:`VariationalRate`.
    datafit : object, default=None
        What an output costs, for y in standard units. None: ``SquaredError(noise_variance=None)``, the cross-entropy of
        Gaussian errors of any covariance; batches need to be large in comparison with the targets.
    beta : float, default=30.0
        What a nat of relevance is worth, in nats of rate. The beta of papers on the variational bottleneck is its
        inverse. Less compress more, and at last collapse the code.
    n_components : int, default=16
        Units of the code. More than are needed cost little: the penalty silences them.
    hidden : tuple of int, default=(100,)
        Units of the layers between X and the code.
    noise : {"learned", "shared"} or float, default="learned"
        Standard deviation of the noise: learned for each row and unit, for each unit, or given. 0 makes T a function of
        X, of infinite rate, for penalties that are kernels of the code.
    ordered : bool, default=False
        Whether the units are in the order of their use (nested dropout): the datafit is the mean over codes of which
        only the first 1, 2, ... units are kept, and takes `n_components` times as long.
    decoder_hidden : tuple of int, default=()
        Units of the layers between the code and the output.
    activation : {"relu", "tanh", "leaky", "identity"}, default="relu"
        Activation of these layers.
    lagrangian : object, default=None
        The function h of the rate. None: :class:`LinearLagrangian`.
    solver : Adam or LBFGS, default=None
        How the network is trained. None: ``Adam()``.
    warm_start : bool, default=False
        Whether ``fit`` goes on from the network, and the units of X and y, of the last fit if its sizes are the same.
    verbose : int, default=0
        Above 0, show progress on stderr: a bar where ``rich`` is installed, lines of text elsewhere.
    random_state : int, RandomState instance or None, default=None
        Seeds weights, batches and noise. Pass an int for the same result at every call.

    Attributes
    ----------
    rate_upper_ : float
        An upper bound of I(X;T) in nats, from the covariance of the code; infinite without noise, unless the code is
        constant.
    rate_lower_ : float
        A lower bound of I(X;T) in nats, from distances between the codes of pairs of at most 1000 rows, and at most the
        logarithm of their number.
    unit_rates_ : ndarray of shape (n_components,)
        The upper bound for each unit by itself, in nats; near 0 for one that is not used.
    relevance_ : float
        The mean of log q(y|t)/q(y) over the training rows and the noise, in nats, for Gaussian q of the covariances of
        y and of the residuals. It is I(T;Y) of Gaussian variables, and no bound of others.
    network_ : Network
        The network, for columns of X and y in standard units.
    loss_curve_ : list of float
        The objective by epoch.
    validation_curve_ : list of float
        The datafit of the rows that were held out, by epoch; empty without early stopping.
    n_iter_ : int
        Number of epochs.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    Warns
    -----
    SkibWarning
        If the code has collapsed, to less than 0.01 nats, or less than 0.1 where `relevance_` is below 0.01.
    SaturatedEstimateWarning
        If each row has a code of its own, so that `rate_lower_` cannot be larger.

    See Also
    --------
    VIBRegressor : The variational bottleneck by its name.
    NeuralBottleneckClassifier : For classes.
    skib.bottleneck.GaussianIB : The closed form for Gaussian variables.

    Notes
    -----
    Columns of X and y are standardized, and values of X beyond 5 standard deviations count as 5: a nearly constant
    column is an outlier wherever it varies. ``predict`` decodes the mean of the code, without noise.

    References
    ----------
    .. [1] A. Alemi, I. Fischer, J. Dillon, K. Murphy, "Deep variational information bottleneck", ICLR 2017.
    .. [2] G. Chechik, A. Globerson, N. Tishby, Y. Weiss, "Information bottleneck for Gaussian variables", Journal of
       Machine Learning Research 6, 2005.

    Examples
    --------
    A linear network on Gaussian rows is the Gaussian bottleneck.

    >>> import numpy as np
    >>> from skib.bottleneck import GaussianIB
    >>> from skib.bottleneck.neural import LBFGS, NeuralBottleneckRegressor
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(500, 3))
    >>> y = 0.8 * X[:, 0] + 0.6 * rng.normal(size=500)
    >>> linear = NeuralBottleneckRegressor(beta=3, n_components=1, hidden=(), solver=LBFGS(), random_state=0).fit(X, y)
    >>> exact = GaussianIB(beta=3, shrinkage=None).fit(X, y)
    >>> bool(abs(linear.rate_upper_ - exact.rate_) < 1e-3)
    True
    """

    _parameter_constraints = {**NEURAL_CONSTRAINTS, **STRATEGY_CONSTRAINTS}

    def __init__(
        self,
        penalty: Any = None,
        datafit: Any = None,
        beta: float = 30.0,
        n_components: int = 16,
        hidden: Sequence[int] = (100,),
        noise: float | Literal["learned", "shared"] = "learned",
        ordered: bool = False,
        *,
        decoder_hidden: Sequence[int] = (),
        activation: Literal["relu", "tanh", "leaky", "identity"] = "relu",
        lagrangian: Any = None,
        solver: Any = None,
        warm_start: bool = False,
        verbose: int = 0,
        random_state: Seed = None,
    ) -> None:
        self.penalty = penalty
        self.datafit = datafit
        self.beta = beta
        self.n_components = n_components
        self.hidden = hidden
        self.noise = noise
        self.ordered = ordered
        self.decoder_hidden = decoder_hidden
        self.activation = activation
        self.lagrangian = lagrangian
        self.solver = solver
        self.warm_start = warm_start
        self.verbose = verbose
        self.random_state = random_state

    def _default_datafit(self):
        return SquaredError(noise_variance=None)

    def _read_target(self, y, n_samples, *, reset, classes=None):
        if classes is not None:
            raise ValueError("a regressor has no classes; leave out `classes`")
        values = check_target(y, n_samples)
        if reset:
            self._y_scale, self._is_flat = StandardScale(values), np.asarray(y).ndim == 1
        if values.shape[1] != self._n_outputs():
            raise ValueError(f"y has {values.shape[1]} columns, but was fitted with {self._n_outputs()}; fit anew")
        return self._y_scale.scaled(values)

    def _n_outputs(self):
        return len(self._y_scale.sizes)

    def _continues(self, x, y):
        return (
            hasattr(self, "network_")
            and check_target(y, len(x)).shape[1] == self._n_outputs()
            and super()._continues(x, y)
        )

    def _set_reference(self, target, outputs, *, anew):
        target = target.astype(np.float64)
        residual = (outputs - target).reshape(-1, target.shape[1])
        sums = [len(target), target.sum(axis=0), target.T @ target, residual.T @ residual / len(outputs)]
        self._sums = sums if anew else [a + b for a, b in zip(self._sums, sums, strict=True)]
        n, total, of_y, of_residual = self._sums
        self._mean = total / n
        # What has no variance, a constant target or the difference of two that are equal, holds no information.
        variances, axes = np.linalg.eigh(of_y / n - np.outer(self._mean, self._mean))
        varies = variances > _LEAST_VARIANCE
        self._whitening = axes[:, varies] / np.sqrt(variances[varies])
        least = _LEAST_VARIANCE * np.eye(varies.sum())
        self._covariance = self._whitening.T @ (of_residual / n) @ self._whitening + least

    def _log_ratios(self, target, outputs):
        residual, white = (target - outputs) @ self._whitening, (target - self._mean) @ self._whitening
        return _log_density(residual, self._covariance) + 0.5 * np.sum(white**2, axis=-1)


class VIBRegressor(NeuralBottleneckRegressor):
    r"""Variational information bottleneck of numbers: predictions from a code of few nats.

    .. math::
        \min \; \tfrac12 \log\det S + \frac{1}{\beta n} \sum_i D\big(q(t|x_i) \,\|\, N(0, I)\big)

    with the covariance S of the residuals, of codes with noise.

    Parameters
    ----------
    beta : float, default=30.0
        What a nat of relevance is worth, in nats of rate: the inverse of the beta of [1]_.
    n_components : int, default=16
        Units of the code.
    hidden : tuple of int, default=(100,)
        Units of the layers between X and the code.
    noise : {"learned", "shared"} or float, default="learned"
        Standard deviation of the noise: learned for each row and unit, for each unit, or given, above 0.
    decoder_hidden : tuple of int, default=()
        Units of the layers between the code and the output.
    activation : {"relu", "tanh", "leaky", "identity"}, default="relu"
        Activation of these layers.
    solver : Adam or LBFGS, default=None
        How the network is trained. None: ``Adam()``.
    warm_start : bool, default=False
        Whether ``fit`` goes on from the network, and the units of X and y, of the last fit if its sizes are the same.
    verbose : int, default=0
        Above 0, show progress on stderr: a bar where ``rich`` is installed, lines of text elsewhere.
    random_state : int, RandomState instance or None, default=None
        Seeds weights, batches and noise. Pass an int for the same result at every call.

    Attributes
    ----------
    rate_upper_, rate_lower_ : float
        Bounds of I(X;T) in nats.
    unit_rates_ : ndarray of shape (n_components,)
        The upper bound for each unit by itself, in nats.
    relevance_ : float
        I(T;Y) on the training rows in nats, if y and the residuals are Gaussian.
    network_ : Network
        The network.
    loss_curve_, validation_curve_ : list of float
        The objective by epoch, and the datafit of rows that were held out.
    n_iter_ : int
        Number of epochs.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    See Also
    --------
    NeuralBottleneckRegressor : The same with other penalties, and all parameters and attributes at length.

    References
    ----------
    .. [1] A. Alemi, I. Fischer, J. Dillon, K. Murphy, "Deep variational information bottleneck", ICLR 2017, equation
       17.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from skib.bottleneck.neural import VIBRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> VIBRegressor(beta=5, random_state=0).fit(X, y).score(X, y) > 0.4
    True
    """

    _parameter_constraints = {k: v for k, v in NEURAL_CONSTRAINTS.items() if k != "ordered"}

    def __init__(
        self,
        beta: float = 30.0,
        n_components: int = 16,
        hidden: Sequence[int] = (100,),
        noise: float | Literal["learned", "shared"] = "learned",
        *,
        decoder_hidden: Sequence[int] = (),
        activation: Literal["relu", "tanh", "leaky", "identity"] = "relu",
        solver: Any = None,
        warm_start: bool = False,
        verbose: int = 0,
        random_state: Seed = None,
    ) -> None:
        self.beta = beta
        self.n_components = n_components
        self.hidden = hidden
        self.noise = noise
        self.decoder_hidden = decoder_hidden
        self.activation = activation
        self.solver = solver
        self.warm_start = warm_start
        self.verbose = verbose
        self.random_state = random_state


def _log_density(rows, covariance):
    """Return the logarithm of a centered Gaussian density at rows (..., m), without its factor of 2 pi."""
    factor = np.linalg.cholesky(covariance)
    squares = np.sum((rows @ np.linalg.inv(factor).T) ** 2, axis=-1)
    return -0.5 * squares - np.sum(np.log(np.diag(factor)))
