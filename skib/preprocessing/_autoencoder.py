"""A nonlinear compressor: the bottleneck of a network trained to reconstruct its input."""

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.neural_network import MLPRegressor
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted

from skib._sklearn import BaseEstimator, ClassNamePrefixFeaturesOutMixin, Interval, TransformerMixin, fit_context
from skib._typing import Floats, Seed, TableLike
from skib._validation import check_numbers, require_samples

# Steps of an epoch, if that takes batches between these sizes.
_STEPS, _SMALLEST_BATCH, _LARGEST_BATCH = 25, 20, 200


class Autoencoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    r"""Nonlinear compression by a network trained to reconstruct its input through a bottleneck.

    .. math:: \min_{E, D} \; \frac1{n d} \sum_i \lVert x_i - D(E(x_i)) \rVert^2

    over an encoder E with tanh layers of `hidden_layer_sizes` units and a linear layer of `n_components` units, and a
    decoder D which is its mirror image. The code is a curved counterpart of principal components.

    Parameters
    ----------
    n_components : int, default=4
        Number of columns of the code. With as many as the data have degrees of freedom little is lost; more reconstruct
        more, but increase the bias of estimators of information.
    hidden_layer_sizes : tuple of int, default=(128, 64)
        Units of the layers between input and code. More units fit the data more closely, and take longer to train.
    learning_rate_init : float, default=0.005
        Step size of the Adam optimizer. Smaller steps take more epochs.
    max_iter : int, default=300
        Largest number of epochs.
    tol : float, default=3e-4
        Training ends when each of ten epochs in a row lowers the least loss so far by less than this share of half the
        variance.
    random_state : int, RandomState instance or None, default=None
        Seeds the initial weights and the order of the rows. Pass an int for the same result at every call.

    Attributes
    ----------
    network_ : MLPRegressor
        The trained network; its inputs are the centered rows divided by `scale_`.
    mean_ : ndarray of shape (n_features,)
        Means of the columns.
    scale_ : float
        Root mean square of the centered columns, in units of X.
    reconstruction_error_ : float
        Share of the variance of the training rows that is lost, between 0 and about 1.
    n_iter_ : int
        Number of epochs.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    See Also
    --------
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
    mean_: Floats
    scale_: float
    reconstruction_error_: float
    n_iter_: int

    _parameter_constraints = {
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "hidden_layer_sizes": ["array-like"],
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
        learning_rate_init: float = 0.005,
        max_iter: int = 300,
        tol: float = 3e-4,
        random_state: Seed = None,
    ) -> None:
        self.n_components = n_components
        self.hidden_layer_sizes = hidden_layer_sizes
        self.learning_rate_init = learning_rate_init
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: TableLike, y: object = None) -> Self:
        """Train the network.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The rows.
        y : None
            Ignored.

        Returns
        -------
        self : Autoencoder
            The fitted transformer.
        """
        x = check_numbers(self, X)
        require_samples(self, len(x), 2)
        self.mean_ = x.mean(axis=0)
        largest = np.abs(x - self.mean_).max()
        # Divided by the largest first, so that squares neither overflow nor vanish.
        self.scale_ = float(largest * np.sqrt(np.mean(((x - self.mean_) / largest) ** 2))) if largest else 1.0
        self._train(self._scaled(x).astype(np.float32))  # training takes half the time of float64
        self.reconstruction_error_ = float(np.mean((self._scaled(x) - self._decoded(self._encoded(x))) ** 2))
        return self

    def transform(self, X: TableLike) -> NDArray[Any]:
        """Encode rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The rows.

        Returns
        -------
        codes : ndarray of shape (n_samples, n_components)
            Activations of the bottleneck, before tanh.
        """
        check_is_fitted(self)
        return self._encoded(check_numbers(self, X, reset=False))

    def inverse_transform(self, X: TableLike) -> NDArray[Any]:
        """Decode codes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_components)
            The codes.

        Returns
        -------
        rows : ndarray of shape (n_samples, n_features)
            Their reconstructions, in units of the training rows.
        """
        check_is_fitted(self)
        return self.mean_ + self.scale_ * self._decoded(check_array(X, dtype=np.float64, input_name="X"))

    @property
    def _n_features_out(self):
        return self.network_.coefs_[self._depth].shape[1]

    @property
    def _depth(self):
        """Number of layers before the bottleneck, and after it."""
        return len(self.network_.coefs_) // 2 - 1

    def _train(self, x):
        hidden = tuple(self.hidden_layer_sizes)
        network = MLPRegressor(
            hidden_layer_sizes=(*hidden, self.n_components, *reversed(hidden)),
            activation="tanh",
            alpha=0.0,
            batch_size=min(max(len(x) // _STEPS, _SMALLEST_BATCH), _LARGEST_BATCH, len(x)),
            learning_rate_init=self.learning_rate_init,
            max_iter=self.max_iter,
            tol=self.tol,
            random_state=self.random_state,
        )
        self.network_ = network.fit(x, x if x.shape[1] > 1 else x[:, 0])
        self.n_iter_ = self.network_.n_iter_

    def _scaled(self, x):
        return (x - self.mean_) / self.scale_

    def _encoded(self, x):
        hidden, layers = self._scaled(x), self._layers()
        for weights, bias in layers[: self._depth]:
            hidden = np.tanh(hidden @ weights + bias)
        weights, bias = layers[self._depth]
        return hidden @ weights + bias

    def _decoded(self, codes):
        rows = codes
        for weights, bias in self._layers()[self._depth + 1 :]:
            rows = np.tanh(rows) @ weights + bias
        return rows

    def _layers(self):
        return list(zip(self.network_.coefs_, self.network_.intercepts_, strict=True))
