"""Neural bottlenecks whose target is a class."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from scipy.special import log_softmax

from skib._class_labels import class_labels
from skib._typing import Seed
from skib.bottleneck.neural._base import NEURAL_CONSTRAINTS, STRATEGY_CONSTRAINTS, NeuralBottleneck
from skib.bottleneck.neural._datafits import CrossEntropy
from skib.bottleneck.neural._predictions import ClassPredictions, known_codes


class NeuralBottleneckClassifier(ClassPredictions, NeuralBottleneck):
    r"""Classes from a noisy code of X that is penalized for what it says about X.

    .. math:: \min \; \text{datafit}(y, \hat y) + h(\text{rate}) / \beta

    over a network that encodes X as :math:`T = \mu(X) + \sigma(X) \epsilon`, with normal noise, and decodes T. With the
    defaults it is the variational bottleneck, an upper bound of :math:`I(X;T) / \beta - I(T;Y)` up to H(Y).

    Parameters
    ----------
    penalty : object, default=None
        What bounds or replaces the rate I(X;T), such as :class:`PairwiseRate` or :class:`CauchySchwarzQMI`. None:
        :class:`VariationalRate`.
    datafit : object, default=None
        What an output costs. None: :class:`CrossEntropy`.
    beta : float, default=30.0
        What a nat of relevance is worth, in nats of rate. The beta of papers on the variational bottleneck is its
        inverse. Less compress more, and at last collapse the code.
    n_components : int, default=16
        Units of the code. More than the classes need cost little: the penalty silences them.
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
        The function h of the rate. None: :class:`LinearLagrangian`. Of a Y that is a function of X, other functions
        reach the points of the curve that the linear one skips.
    solver : Adam or LBFGS, default=None
        How the network is trained. None: ``Adam()``.
    warm_start : bool, default=False
        Whether ``fit`` goes on from the network, and the units of X, of the last fit if its sizes are the same.
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
        The mean of log q(y|t)/p(y) over the training rows and the noise, in nats: a lower bound of I(T;Y) there.
    network_ : Network
        The network, for columns of X in standard units.
    loss_curve_ : list of float
        The objective by epoch.
    validation_curve_ : list of float
        The datafit of the rows that were held out, by epoch; empty without early stopping.
    n_iter_ : int
        Number of epochs.
    classes_ : ndarray of shape (n_classes,)
        The classes, sorted.
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
    VIBClassifier : The variational bottleneck by its name.
    NeuralBottleneckRegressor : For numbers.
    skib.bottleneck.InformationBottleneck : The exact bottleneck of discrete variables.

    Notes
    -----
    Columns of X are standardized, and values beyond 5 standard deviations count as 5: a nearly constant column, such as
    a pixel at the border, is an outlier wherever it varies. ``predict`` decodes the mean of the code, without noise.

    References
    ----------
    .. [1] A. Alemi, I. Fischer, J. Dillon, K. Murphy, "Deep variational information bottleneck", ICLR 2017.
    .. [2] A. Kolchinsky, B. Tracey, D. Wolpert, "Nonlinear information bottleneck", Entropy 21, 2019.
    .. [3] O. Rippel, M. Gelbart, R. Adams, "Learning ordered representations with nested dropout", ICML 2014.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skib.bottleneck.neural import NeuralBottleneckClassifier, PairwiseRate
    >>> X, y = load_iris(return_X_y=True)
    >>> bottleneck = NeuralBottleneckClassifier(PairwiseRate(), beta=10, n_components=2, random_state=0).fit(X, y)
    >>> bottleneck.transform(X).shape
    (150, 2)
    >>> bottleneck.score(X, y) > 0.9
    True
    >>> 0.8 < bottleneck.relevance_ < 1.1  # of log 3 = 1.1 nats
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
        return CrossEntropy()

    def _read_target(self, y, n_samples, *, reset, classes=None):
        labels = class_labels(y, n_samples)
        if classes is not None and len(classes) == 0:
            raise ValueError("classes is empty; pass all classes that will come")
        if reset:
            self.classes_ = np.unique(labels if classes is None else np.asarray(classes))
        remedy = "pass `classes` in the first call of partial_fit, or fit anew"
        return known_codes(labels, self.classes_, remedy)

    def _n_outputs(self):
        return len(self.classes_)

    def _continues(self, x, y):
        known = hasattr(self, "classes_") and np.array_equal(np.unique(class_labels(y, len(x))), self.classes_)
        return known and super()._continues(x, y)

    def _set_reference(self, target, outputs, *, anew):
        counts = np.bincount(target, minlength=len(self.classes_))
        self._counts = counts if anew else self._counts + counts
        shares = self._counts + 1e-9 * self._counts.sum()
        self._log_prior = np.log(shares / shares.sum())

    def _log_ratios(self, target, outputs):
        log_shares = log_softmax(outputs, axis=-1)
        return log_shares[:, np.arange(len(target)), target] - self._log_prior[target]


class VIBClassifier(NeuralBottleneckClassifier):
    r"""Deep variational information bottleneck: classes from a code of few nats.

    .. math::
        \min \; -\frac1n \sum_i \mathrm{E}_{t \sim q(t|x_i)} \log q(y_i|t)
        + \frac{1}{\beta n} \sum_i D\big(q(t|x_i) \,\|\, N(0, I)\big)

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
        Whether ``fit`` goes on from the network, and the units of X, of the last fit if its sizes are the same.
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
        A lower bound of I(T;Y) on the training rows, in nats.
    network_ : Network
        The network.
    loss_curve_, validation_curve_ : list of float
        The objective by epoch, and the datafit of rows that were held out.
    n_iter_ : int
        Number of epochs.
    classes_ : ndarray of shape (n_classes,)
        The classes, sorted.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    See Also
    --------
    NeuralBottleneckClassifier : The same with other penalties, and all parameters and attributes at length.

    References
    ----------
    .. [1] A. Alemi, I. Fischer, J. Dillon, K. Murphy, "Deep variational information bottleneck", ICLR 2017, equation
       17.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skib.bottleneck.neural import VIBClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> vib = VIBClassifier(beta=10, random_state=0).fit(X, y)
    >>> vib.score(X, y) > 0.9
    True
    >>> vib.rate_lower_ < vib.rate_upper_
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
