"""An autoencoder that finds the number of columns of its code."""

from collections.abc import Sequence
from numbers import Integral, Real

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from skib._sklearn import Interval
from skib._typing import Floats, Seed
from skib._warnings import UnreliableEstimateWarning, warn
from skib.preprocessing._autoencoder_base import AutoencoderBase
from skib.preprocessing._least_volume import LeastVolume
from skib.preprocessing._network import Network, initial_network


class LeastVolumeAutoencoder(AutoencoderBase):
    r"""Nonlinear compression to as few columns as the data need.

    .. math::
        \min_{E, D} \; \Big( \prod_{j=1}^m \hat\sigma(z_j) \Big)^{1/m} \quad \text{where} \quad
        \frac1{n d} \sum_i \lVert x_i - D(z_i) \rVert^2 \le \tau, \qquad z_i = E(x_i),

    over encoders E and decoders D that enlarge no distance. A code of small volume is flat: columns that the
    reconstruction does not need vanish, as all but the first principal components of data in a plane do. Columns are
    dropped one by one, for as long as the network recovers a loss of at most :math:`\tau`, the `tolerance`.

    Parameters
    ----------
    n_components : int, default=8
        Largest number of columns of the code. More take longer.
    hidden_layer_sizes : tuple of int, default=(128, 64)
        Units of the layers between input and code, and in reverse order between code and output. With too few units
        the network bends less than the data do, and needs more columns.
    tolerance : float, default=0.1
        Share of the variance that may be lost. A smaller one keeps more columns, those of noise at last.
    learning_rate_init : float, default=0.005
        Step size of the Adam optimizer. Smaller steps take more epochs.
    max_iter : int, default=300
        Largest number of epochs of at least 25 steps. The last two fifths of them, or as many after an earlier end of
        the search, lower the step size to 0.
    random_state : int, RandomState instance or None, default=None
        Seeds the initial weights and the order of the rows. Pass an int for the same result at every call.

    Attributes
    ----------
    n_components_ : int
        Number of columns of the code that were found necessary.
    spread_ : ndarray of shape (n_kept,)
        Standard deviations of these columns in units of X, in descending order.
    truncation_errors_ : ndarray of shape (n_kept,)
        Share of the variance of the training rows that is lost if only the first 1, 2, ... columns of the code are
        kept, without training again.
    network_ : Network
        The trained network, with its weights in ``coefs_`` and ``intercepts_``; its inputs are the centered rows
        divided by `scale_`, and so is its code.
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

    Warns
    -----
    ConvergenceWarning
        If `max_iter` ended the search.
    UnreliableEstimateWarning
        If more than `tolerance` is lost, so that `n_components` columns may be too few.

    See Also
    --------
    Autoencoder : A code of as many columns as are asked for.
    sklearn.decomposition.PCA : The linear counterpart, with the share of variance as ``n_components``.

    Notes
    -----
    The code is scaled so that the decoder has a Lipschitz constant of 1 at most in units of X: columns of the code with
    a summed variance v reconstruct no more than v of the summed variance of X.

    The number found is that of a network of this size at this tolerance, and not a property of the data alone: noise is
    reconstructed if the tolerance asks for it, and a network that is too small, or trained too briefly, needs further
    columns for a curved surface. Compare tolerances.

    All columns share one scale, so that the weight of a column is its variance, as in PCA. A ``PCA`` of about 64
    components in front makes training on images faster.

    The volume is the geometric mean of the paper over the columns that are left, with 0.01 added to each standard
    deviation. Its weight follows from the tolerance: it rises while the loss is below, and falls while it is above.

    References
    ----------
    .. [1] Q. Chen, M. Fuge, "Compressing latent space via least volume", ICLR 2024, equations 1 and 3.
    .. [2] H. Gouk, E. Frank, B. Pfahringer, M. J. Cree, "Regularisation of neural networks by enforcing Lipschitz
       continuity", Machine Learning 110, 2021 (the norms of the layers).

    Examples
    --------
    A circle in five columns lies in a plane.

    >>> import numpy as np
    >>> from skib.preprocessing import LeastVolumeAutoencoder
    >>> rng = np.random.default_rng(0)
    >>> angle = rng.uniform(0, 2 * np.pi, 400)
    >>> circle = np.column_stack([np.cos(angle), np.sin(angle)])
    >>> X = circle @ np.linalg.qr(rng.normal(size=(5, 2)))[0].T
    >>> autoencoder = LeastVolumeAutoencoder(4, (16,), max_iter=150, random_state=0).fit(X)
    >>> autoencoder.n_components_
    2
    """

    n_components_: int
    spread_: Floats
    truncation_errors_: Floats
    network_: Network

    _is_ordered = True
    _parameter_constraints = {
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "hidden_layer_sizes": ["array-like"],
        "tolerance": [Interval(Real, 0, 1, closed="neither")],
        "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        n_components: int = 8,
        hidden_layer_sizes: Sequence[int] = (128, 64),
        *,
        tolerance: float = 0.1,
        learning_rate_init: float = 0.005,
        max_iter: int = 300,
        random_state: Seed = None,
    ) -> None:
        self.n_components = n_components
        self.hidden_layer_sizes = hidden_layer_sizes
        self.tolerance = tolerance
        self.learning_rate_init = learning_rate_init
        self.max_iter = max_iter
        self.random_state = random_state

    @property
    def _n_features_out(self):
        return self.n_components_

    def _train(self, x):
        rng, hidden = check_random_state(self.random_state), self._hidden_sizes()
        sizes = [x.shape[1], *hidden, self.n_components, *reversed(hidden), x.shape[1]]
        search = LeastVolume(
            initial_network(sizes, "leaky", "identity", rng), self.tolerance, self.learning_rate_init, rng
        )
        ended = search.run(x, self.max_iter)
        self.network_ = self._in_units(search.network, search.live, x)
        codes = self.network_.encoded(x)
        self.n_iter_, self.n_components_ = search.n_epochs, codes.shape[1]
        self.spread_ = self.scale_ * codes.std(axis=0)
        self.truncation_errors_ = self._truncation_errors(x, self.scale_ * codes)
        self._warn_of_the_search(ended)

    def _in_units(self, network, live, x):
        """Return the network with a centered code of the live dimensions alone, which the decoder does not stretch."""
        coefs, intercepts = ([array.astype(np.float64) for array in part] for part in network[:2])
        code = network.code
        codes = network.outputs(x)[code + 1].astype(np.float64)
        intercepts[code + 1] += (codes.mean(axis=0) * live) @ coefs[code + 1]
        intercepts[code] -= codes.mean(axis=0)
        order = np.argsort(-codes.std(axis=0), kind="stable")
        order = order[live[order]]
        stretch = np.prod([np.linalg.norm(weights, 2) for weights in coefs[code + 1 :]])
        unit = stretch if stretch > 0 else 1.0
        coefs[code], intercepts[code] = unit * coefs[code][:, order], unit * intercepts[code][order]
        coefs[code + 1] = coefs[code + 1][order] / unit
        return Network(coefs, intercepts, network.activations)

    def _warn_of_the_search(self, ended):
        lost = self.truncation_errors_[-1]
        if lost > self.tolerance:
            message = (
                f"the code of {self.n_components_} columns loses {lost:.2g} of the variance, more than "
                f"tolerance={self.tolerance:g}; raise tolerance, n_components, hidden_layer_sizes or max_iter"
            )
            warn(message, UnreliableEstimateWarning)
        elif not ended:
            message = (
                f"max_iter={self.max_iter} ended the search at {self.n_components_} columns, and fewer may do; raise "
                "max_iter"
            )
            warn(message, ConvergenceWarning)

    def _encoded(self, x):
        return self.scale_ * self.network_.encoded(self._scaled(x))

    def _decoded(self, codes):
        return self.network_.decoded(codes / self.scale_)
