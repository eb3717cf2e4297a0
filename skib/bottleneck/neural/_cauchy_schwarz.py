"""The Cauchy-Schwarz bottleneck of numbers by its name."""

from collections.abc import Sequence
from typing import Any, Literal

from skib._typing import Seed
from skib.bottleneck.neural._base import NEURAL_CONSTRAINTS
from skib.bottleneck.neural._datafits import ConditionalCauchySchwarz
from skib.bottleneck.neural._penalties_kernels import CauchySchwarzQMI
from skib.bottleneck.neural._regressor import NeuralBottleneckRegressor


class CauchySchwarzIBRegressor(NeuralBottleneckRegressor):
    r"""Cauchy-Schwarz information bottleneck: numbers from a code, both terms by kernels.

    .. math:: \min \; D_{CS}\big(p(\hat y|x), p(y|x)\big) + \frac{1}{\beta} I_{CS}(X; T)

    with :class:`ConditionalCauchySchwarz` and :class:`CauchySchwarzQMI` of each batch, whose bandwidths are those of
    their defaults. No distribution is assumed of the code or of the errors.

    Parameters
    ----------
    beta : float, default=100.0
        What the divergence is worth in units of the penalty: the inverse of the beta of [1]_. Less compress more.
    n_components : int, default=16
        Units of the code.
    hidden : tuple of int, default=(100,)
        Units of the layers between X and the code.
    noise : {"learned", "shared"} or float, default=0.0
        Standard deviation of the noise of the code. 0: none, as in the public code of [1]_.
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
        Bounds of I(X;T) in nats; without noise infinite, and the logarithm of the number of distinct codes.
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
    NeuralBottleneckRegressor : The same with other bandwidths, penalties and datafits.

    References
    ----------
    .. [1] S. Yu, X. Yu, S. Lokse, R. Jenssen, J. Principe, "Cauchy-Schwarz divergence information bottleneck for
       regression", ICLR 2024.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from skib.bottleneck.neural import CauchySchwarzIBRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> CauchySchwarzIBRegressor(random_state=0).fit(X, y).score(X, y) > 0.4
    True
    """

    _parameter_constraints = {k: v for k, v in NEURAL_CONSTRAINTS.items() if k != "ordered"}
    penalty = CauchySchwarzQMI()
    datafit = ConditionalCauchySchwarz()

    def __init__(
        self,
        beta: float = 100.0,
        n_components: int = 16,
        hidden: Sequence[int] = (100,),
        noise: float | Literal["learned", "shared"] = 0.0,
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
