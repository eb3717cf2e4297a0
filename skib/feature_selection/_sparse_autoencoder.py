"""`SparseAutoencoderSelector`: columns by the strength of their neurons in a sparse denoising autoencoder."""

from math import ceil
from numbers import Integral, Real
from typing import Self

import numpy as np
from numpy.typing import NDArray

from skib._kernels.sparse_network import train_step
from skib._parallel import blocks, run_tasks, spawn_generators
from skib._sklearn import BaseEstimator, Interval, RealNotInt, fit_context
from skib._typing import Floats, Seed, TableLike
from skib._validation import check_numbers, require_samples
from skib.feature_selection._base import SelectedFeaturesMixin
from skib.feature_selection._centered import centered
from skib.feature_selection._picks import number_to_select
from skib.feature_selection._sparse_autoencoder_layers import random_layer

# Epochs and steps that it takes at least until strengths are no longer those of the random weights.
_LEAST_EPOCHS, _LEAST_STEPS = 100, 2000


class SparseAutoencoderSelector(SelectedFeaturesMixin, BaseEstimator):
    r"""Selection without a target, by the strength of the columns in a sparse denoising autoencoder (QuickSelection).

    A network of one logistic hidden layer reconstructs the columns from themselves with noise. Both layers have few
    weights, at random places. After each epoch the weights nearest to 0 are removed, and as many new ones are placed at
    random (sparse evolutionary training [2]_): columns that help to reconstruct others keep their weights. The strength
    of a column,

    .. math:: s_i = \sum_j |W_{ij}|,

    is the sum of its weights to the hidden units after the last removal; the strongest columns are selected.

    Parameters
    ----------
    n_features_to_select : int or float, default=None
        Number of columns, or their share. None: half of them.
    n_hidden : int, default=200
        Number of hidden units. More of them reconstruct more, and take longer.
    epsilon : float, default=13.0
        Density: a layer from n to m units has epsilon (n + m) weights, or all of them if these are fewer.
    zeta : float, default=0.2
        Share of the positive weights, and of the negative ones, that is replaced after each epoch.
    noise : float, default=0.2
        Standard deviation of the Gaussian noise on the standardized columns. It is drawn once.
    max_iter : int, default=None
        Number of epochs. None: 100, or as many as 2000 steps take, which is more below 2000 rows. With fewer steps the
        strengths are those of the random weights; see the notes.
    batch_size : int, default=100
        Rows per step of the gradient descent.
    learning_rate_init : float, default=0.01
        Rate of the gradient descent, the same for all epochs.
    momentum : float, default=0.9
        Share of each step that the next one repeats.
    alpha : float, default=1e-5
        Weight decay.
    random_state : int, RandomState instance or None, default=None
        Seeds the places and values of the weights, the noise and the order of the rows. Pass an int for the same result
        at every call.
    verbose : int, default=0
        Above 0, show progress on stderr: a bar where ``rich`` is installed, lines of text elsewhere.

    Attributes
    ----------
    selected_features_ : ndarray of shape (n_features_out,)
        Numbers of the selected columns, the strongest first.
    strengths_ : ndarray of shape (n_features,)
        Strength of each column.
    loss_curve_ : ndarray of shape (n_epochs,)
        Half the squared error of the reconstruction, summed over the standardized columns, mean of each epoch.
    n_iter_ : int
        Number of epochs.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    See Also
    --------
    SequentialAttentionSelector : Selection for a target.
    skib.preprocessing.LeastVolumeAutoencoder : A dense autoencoder, which orders its own latent columns.

    Notes
    -----
    The strength says which columns are related to others, not which are related to a target: independent columns are
    weak, however much they matter for y. At the beginning it is that of the random weights, and related columns are at
    first the weaker ones, for long if there are few columns: of 10 columns of one factor among 40 of noise (500 rows),
    0 or 1 are among the first 10 after 500 steps, where chance has 2, 5 to 7 after 1000, and 10 after 2000, as are all
    5 of 20 columns (200 rows). Of 20 related ones among 200 (1000 rows) it is 18 to 20 after 1000. It depends on the
    seed; compare several before reading small differences. Columns are standardized, so that their units do not
    matter; constant ones have no strength.

    The paper also drops units at random (rate 0.2), which is left out here, and has 1000 hidden units.

    References
    ----------
    .. [1] Z. Atashgahi, G. Sokar, T. van der Lee, E. Mocanu, D. C. Mocanu, R. Veldhuis, M. Pechenizkiy, "Quick and
       robust feature selection: the strength of energy-efficient sparse training for autoencoders", Machine Learning
       111, 2022, equation 3.
    .. [2] D. C. Mocanu, E. Mocanu, P. Stone, P. H. Nguyen, M. Gibescu, A. Liotta, "Scalable training of artificial
       neural networks with adaptive sparse connectivity inspired by network science", Nature Communications 9, 2018.

    Examples
    --------
    Ten columns that share a factor, after forty of noise; of ten at random, two are related.

    >>> import numpy as np
    >>> from skib.feature_selection import SparseAutoencoderSelector
    >>> rng = np.random.default_rng(0)
    >>> factor, noise = rng.normal(size=(500, 1)), rng.normal(size=(500, 50))
    >>> X = np.column_stack([noise[:, :40], factor + 0.3 * noise[:, 40:]])
    >>> selector = SparseAutoencoderSelector(10, random_state=0).fit(X)
    >>> bool((selector.selected_features_ >= 40).sum() >= 8)
    True
    """

    selected_features_: NDArray[np.int64]
    strengths_: Floats
    loss_curve_: Floats
    n_iter_: int

    _parameter_constraints = {
        "n_features_to_select": [
            Interval(Integral, 1, None, closed="left"),
            Interval(RealNotInt, 0, 1, closed="right"),
            None,
        ],
        "n_hidden": [Interval(Integral, 1, None, closed="left")],
        "epsilon": [Interval(Real, 0, None, closed="neither")],
        "zeta": [Interval(Real, 0, 1, closed="left")],
        "noise": [Interval(Real, 0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left"), None],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
        "momentum": [Interval(Real, 0, 1, closed="left")],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        n_features_to_select: int | float | None = None,
        *,
        n_hidden: int = 200,
        epsilon: float = 13.0,
        zeta: float = 0.2,
        noise: float = 0.2,
        max_iter: int | None = None,
        batch_size: int = 100,
        learning_rate_init: float = 0.01,
        momentum: float = 0.9,
        alpha: float = 1e-5,
        random_state: Seed = None,
        verbose: int = 0,
    ) -> None:
        self.n_features_to_select = n_features_to_select
        self.n_hidden = n_hidden
        self.epsilon = epsilon
        self.zeta = zeta
        self.noise = noise
        self.max_iter = max_iter
        self.batch_size = batch_size
        self.learning_rate_init = learning_rate_init
        self.momentum = momentum
        self.alpha = alpha
        self.random_state = random_state
        self.verbose = verbose

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: TableLike, y: TableLike | None = None) -> Self:
        """Train the network and select columns.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The columns, which hold numbers.
        y : Ignored
            Present for the API of scikit-learn.

        Returns
        -------
        self : SparseAutoencoderSelector
            The fitted selector.
        """
        x = _standardized(check_numbers(self, X))
        require_samples(self, len(x), 2)
        trained, self.loss_curve_ = self._train(x)
        finite = np.isfinite(self.loss_curve_)
        if not finite.all():
            rate = f"learning_rate_init={self.learning_rate_init:g}"
            raise ValueError(f"the training diverged in epoch {np.argmin(finite) + 1}; lower {rate}")
        self.n_iter_ = len(self.loss_curve_)
        self.strengths_ = np.where(x.any(axis=0), trained.pruned(self.zeta).strengths(), 0.0)
        self.selected_features_ = np.argsort(-self.strengths_, kind="stable")[
            : number_to_select(self.n_features_to_select, x.shape[1])
        ]
        return self

    def _train(self, x):
        """Return the first layer after the last epoch, and the loss of each epoch."""
        generator = spawn_generators(self.random_state, 1)[0]
        sizes = [x.shape[1], self.n_hidden, x.shape[1]]
        layers = [random_layer(n, m, self.epsilon, generator) for n, m in zip(sizes[:-1], sizes[1:], strict=True)]
        noisy = x + (self.noise * generator.standard_normal(x.shape)).astype(np.float32)
        rates = np.array([self.learning_rate_init, self.momentum, self.alpha], np.float32)

        def one_epoch(epoch):
            if epoch > 0:
                layers[:] = [layer.pruned(self.zeta).regrown(len(layer.weights), generator) for layer in layers]
            order, losses = generator.permutation(len(x)), []
            for part in blocks(len(x), self.batch_size):
                rows = order[part]
                batch = (np.ascontiguousarray(noisy[rows].T), np.ascontiguousarray(x[rows].T))
                losses.append(len(rows) * train_step(*batch, tuple(layers[0]), tuple(layers[1]), tuple(rates)))
            return sum(losses) / len(x)

        epochs = [(epoch,) for epoch in range(self._n_epochs(len(x)))]
        curve = run_tasks(one_epoch, epochs, n_jobs=1, verbose=self.verbose, description="epochs")
        return layers[0], np.array(curve)

    def _n_epochs(self, n_samples):
        if self.max_iter is not None:
            return self.max_iter
        steps = ceil(n_samples / self.batch_size)
        return max(_LEAST_EPOCHS, ceil(_LEAST_STEPS / steps))

    def _why_none(self):
        return "there are none"


def _standardized(x):
    """Return the columns with mean 0 and variance 1 in single precision; constant ones are 0."""
    x = centered(x)[0]
    spread = x.std(axis=0)
    return (x / np.where(spread > 0, spread, 1.0)).astype(np.float32)
