"""A nonlinear compressor: the bottleneck of a network trained to reconstruct its input."""

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any, Literal

from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor
from sklearn.utils import check_random_state

from skib._layers import ACTIVATIONS, batch_size
from skib._sklearn import Interval, StrOptions
from skib._typing import Floats, Seed
from skib._warnings import drop_warnings, warn
from skib.preprocessing._autoencoder_base import AutoencoderBase
from skib.preprocessing._nested_dropout import train_ordered
from skib.preprocessing._network import initial_network


class Autoencoder(AutoencoderBase):
    r"""Nonlinear compression by a network trained to reconstruct its input through a bottleneck.

    .. math:: \min_{E, D} \; \frac1{n d} \sum_i \lVert x_i - D(E(x_i)) \rVert^2

    over an encoder E with tanh layers of `hidden_layer_sizes` units and a linear layer of `n_components` units, and a
    decoder D which is its mirror image. The code is a curved counterpart of principal components. With ``ordered=True``
    the error is averaged over codes of which only the first k = 1, ..., `n_components` columns are kept (nested
    dropout), so that the first k are the best k, as those of principal components are.

    Parameters
    ----------
    n_components : int, default=4
        Number of columns of the code. With as many as the data have degrees of freedom little is lost; more reconstruct
        more, but increase the bias of estimators of information.
    hidden_layer_sizes : tuple of int, default=(128, 64)
        Units of the layers between input and code. More units fit the data more closely, and take longer to train.
    activation : {"tanh", "identity"}, default="tanh"
        Activation of the layers between input and code, and of the code itself before it is decoded. ``"tanh"`` bends
        the coordinates; ``"identity"`` makes the network linear, and the span of the code that of principal components.
    ordered : bool, default=False
        Whether the columns of the code are in the order of what they reconstruct. Every step then decodes
        `n_components` codes per row, and training takes longer.
    learning_rate_init : float, default=0.005
        Step size of the Adam optimizer. Smaller steps take more epochs.
    max_iter : int, default=300
        Largest number of epochs; the number, if `ordered`, over which the step size falls to 0.
    tol : float, default=3e-4
        Training ends when each of ten epochs in a row lowers the least loss so far by less than this share of half the
        variance. Has no effect if `ordered`.
    random_state : int, RandomState instance or None, default=None
        Seeds the initial weights and the order of the rows. Pass an int for the same result at every call.

    Attributes
    ----------
    network_ : MLPRegressor, or a named tuple if `ordered`
        The trained network, with its weights in ``coefs_`` and ``intercepts_``; its inputs are the centered rows
        divided by `scale_`.
    mean_ : ndarray of shape (n_features,)
        Means of the columns.
    scale_ : float
        Root mean square of the centered columns, in units of X.
    reconstruction_error_ : float
        Share of the variance of the training rows that is lost, between 0 and about 1.
    truncation_errors_ : ndarray of shape (n_components,)
        The same if only the first 1, 2, ... columns of the code are kept. Only if `ordered`.
    n_iter_ : int
        Number of epochs.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    See Also
    --------
    LeastVolumeAutoencoder : Finds the number of columns that the code needs.
    skib.mutual_info.Compressed : Mutual information of codes.
    sklearn.decomposition.PCA : The linear counterpart.

    Notes
    -----
    All columns share one scale, so that the weight of a column is its variance, as in PCA: put a ``StandardScaler`` in
    front if the columns have different units. A ``PCA`` of about 64 components in front makes training on images faster
    and more accurate, because the optimizer adapts its steps by column.

    The code is the input of the bottleneck's tanh, a one-to-one function of its output. A ``ConvergenceWarning`` is
    issued if `max_iter` ended the training; the code is still a function of X, so that its information remains a lower
    bound.

    References
    ----------
    .. [1] G. E. Hinton, R. R. Salakhutdinov, "Reducing the dimensionality of data with neural networks", Science 313,
       2006.
    .. [2] M. A. Kramer, "Nonlinear principal component analysis using autoassociative neural networks", AIChE Journal
       37, 1991.
    .. [3] O. Rippel, M. Gelbart, R. Adams, "Learning ordered representations with nested dropout", ICML 2014, equation
       4, here with equal probabilities of all k.

    Examples
    --------
    A circle has one degree of freedom, and two principal components of the same variance.

    >>> import numpy as np
    >>> from skib.preprocessing import Autoencoder
    >>> angle = np.random.default_rng(0).uniform(0, np.pi, 1000)
    >>> X = np.column_stack([np.cos(angle), np.sin(angle)])
    >>> autoencoder = Autoencoder(1, (16,), random_state=0).fit(X)
    >>> autoencoder.transform(X).shape
    (1000, 1)
    >>> autoencoder.reconstruction_error_ < 0.05  # a principal component loses 0.16
    True
    """

    network_: Any
    truncation_errors_: Floats

    _parameter_constraints = {
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "hidden_layer_sizes": ["array-like"],
        "activation": [StrOptions({"tanh", "identity"})],
        "ordered": ["boolean"],
        "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        n_components: int = 4,
        hidden_layer_sizes: Sequence[int] = (128, 64),
        *,
        activation: Literal["tanh", "identity"] = "tanh",
        ordered: bool = False,
        learning_rate_init: float = 0.005,
        max_iter: int = 300,
        tol: float = 3e-4,
        random_state: Seed = None,
    ) -> None:
        self.n_components = n_components
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.ordered = ordered
        self.learning_rate_init = learning_rate_init
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state

    @property
    def _n_features_out(self):
        return self.network_.coefs_[self._depth].shape[1]

    @property
    def _depth(self):
        """Number of layers before the bottleneck, and after it."""
        return len(self.network_.coefs_) // 2 - 1

    @property
    def _is_ordered(self):
        return hasattr(self, "truncation_errors_")

    def _train(self, x):
        vars(self).pop("truncation_errors_", None)  # of an earlier fit
        hidden = self._hidden_sizes()
        sizes = *hidden, self.n_components, *reversed(hidden)
        if self.ordered:
            self._train_ordered(x, [x.shape[1], *sizes, x.shape[1]])
            return
        network = MLPRegressor(
            hidden_layer_sizes=sizes,
            activation=self.activation,
            alpha=0.0,
            batch_size=batch_size(len(x)),
            learning_rate_init=self.learning_rate_init,
            max_iter=self.max_iter,
            tol=self.tol,
            random_state=self.random_state,
        )
        with drop_warnings("Stochastic Optimizer"):  # it points at a line of scikit-learn
            self.network_ = network.fit(x, x if x.shape[1] > 1 else x[:, 0])
        self.n_iter_ = self.network_.n_iter_
        if self.n_iter_ == self.max_iter:
            warn(f"max_iter={self.max_iter} ended the training; raise max_iter, or tol", ConvergenceWarning)

    def _train_ordered(self, x, sizes):
        rng = check_random_state(self.random_state)
        self.network_ = initial_network(sizes, self.activation, self.activation, rng)
        train_ordered(self.network_, x, n_epochs=self.max_iter, rate=self.learning_rate_init, rng=rng)
        self.n_iter_ = self.max_iter
        self.truncation_errors_ = self._truncation_errors(x, self._encoded_scaled(x))

    def _encoded(self, x):
        return self._encoded_scaled(self._scaled(x))

    def _encoded_scaled(self, x):
        layers = self._layers()
        for weights, bias in layers[: self._depth]:
            x = self._activated(x @ weights + bias)
        weights, bias = layers[self._depth]
        return x @ weights + bias

    def _decoded(self, codes):
        rows = codes
        for weights, bias in self._layers()[self._depth + 1 :]:
            rows = self._activated(rows) @ weights + bias
        return rows

    def _activated(self, x):
        return ACTIVATIONS[self.activation](x)

    def _layers(self):
        return list(zip(self.network_.coefs_, self.network_.intercepts_, strict=True))
