"""Bases of the layers of a network that keep what the next layer needs, and the graph of their interactions."""

from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skib._parallel import N_JOBS, one_blas_thread
from skib._sklearn import BaseEstimator, Interval, fit_context
from skib._typing import Floats, Seed, TableLike
from skib._validation import require_samples
from skib.bottleneck._interaction_chain import (
    InformationChain,
    JacobianChain,
    chain_directions,
    graph_of,
    principal_bases,
)
from skib.bottleneck._interaction_graph import sparsity_table
from skib.bottleneck._interaction_layers import (
    check_jacobians,
    checked_layers,
    layer_of,
    named_layers,
    read_layers,
    require_varying,
)
from skib.dumps import Dump

if TYPE_CHECKING:
    from pandas import DataFrame


class InteractionBasis(BaseEstimator):
    r"""Directions of each layer that keep what the next layer needs, and the information on each edge between them.

    .. math:: \min_{T} \; I(T_\ell; T) - \beta I(T; B_{\ell+1}), \qquad B_{\ell+1} = C_{\ell+1} T_{\ell+1}

    The Gaussian information bottleneck of each layer against the directions B that are kept of the next one, from the
    last layer backwards. Directions of a layer that nothing depends on later are dropped. This is the local interaction
    basis of [1]_ in terms of information, from activations alone; with Jacobians, it is that basis itself.

    Parameters
    ----------
    beta : float, default=None
        What a nat of relevance is worth, in nats of rate: directions of a critical beta below it are kept, which is to
        say, of a squared canonical correlation above 1 / `beta`. None: those whose correlation is larger than that of
        permuted rows, at level `alpha`.
    noise_ratio : float, default=0.1
        Standard deviation of the Gaussian noise with which each unit is read, relative to the spread of its layer: the
        root mean square of its centered units. Without noise, layers that are functions of each other have infinite
        information, and directions of hardly any variance count as much as all others.
    rotate : bool, default=True
        Whether the directions of a layer are rotated so that their edges to the next layer are as few as possible
        (quartimax). What is kept is the same for any rotation. False: canonical directions.
    alpha : float, default=0.05
        Probability that a direction of a layer is kept that is independent of the next layer. Has no effect with
        `beta`.
    n_permutations : int, default=100
        Permutations of the rows of each layer. Has no effect with `beta`.
    n_jobs : int, default=None
        Number of threads (as in joblib) over blocks of permutations; the result is the same for every value.
    random_state : int, RandomState instance or None, default=None
        Seeds the permutations. Pass an int for the same result at every call.
    verbose : int, default=0
        Above 0, show progress on stderr: a bar where ``rich`` is installed, lines of text elsewhere.

    Attributes
    ----------
    layers_ : list of str
        Names of the layers.
    components_ : dict of str to ndarray of shape (n_directions, n_units)
        The directions of each layer, of unit variance with the noise and uncorrelated. The last layer keeps its units.
    means_ : dict of str to ndarray of shape (n_units,)
        Means of the units.
    n_components_ : dict of str to int
        Number of directions that are kept of each layer.
    eigenvalues_ : dict of str to ndarray
        Of each layer but the last, the share of the variance of each canonical direction that the next layer does not
        explain, ascending; with Jacobians, the mean squared change of the next layer, descending.
    critical_betas_ : dict of str to ndarray
        Beta beyond which each of these directions is kept; empty arrays with Jacobians.
    betas_ : dict of str to float
        Beta of each layer but the last; NaN with Jacobians.
    interaction_graph_ : DataFrame of shape (n_edges, 5)
        All edges: source_layer, source, target_layer, target, and mutual_info in nats. With Jacobians the last column
        is ``strength``, the mean squared change of the target per standard deviation of the source.
    pca_graph_ : DataFrame of shape (n_edges, 5)
        The same for as many principal components of each layer.
    sparsity_ : DataFrame of shape (n_pairs, 6)
        For each pair of layers and each basis the sum of the edges, their number, and the effective number: exp of the
        entropy of their shares of the sum.
    n_features_in_ : int
        Number of columns of X, if it has columns.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    Warns
    -----
    UnreliableEstimateWarning
        If no direction of a layer has a critical beta below its beta; one is kept.

    See Also
    --------
    InteractionBasisDisplay : Drawing of the graph.
    GaussianIB : The bottleneck of two sets of columns.

    Notes
    -----
    Information is that of Gaussian columns with the same correlations, and with noise. It does not show what is not
    linear: if a unit of the next layer is the square of a direction, that direction is dropped. Activations behind a
    ReLU are mostly correlated with what they depend on, so that their directions are kept. Jacobians show all of it.

    The edges of a direction add up to at most its information about the next layer, unless that is the last one,
    whose units are correlated.

    Time is proportional to n_samples * n_units**2, times the number of permutations. All layers are in memory at once.

    References
    ----------
    .. [1] L. Bushnaq, S. Heimersheim, N. Goldowsky-Dill et al., "The local interaction basis: identifying
       computationally-relevant and sparsely interacting features in neural networks", arXiv:2405.10928, 2024.
    .. [2] G. Chechik, A. Globerson, N. Tishby, Y. Weiss, "Information bottleneck for Gaussian variables", Journal of
       Machine Learning Research 6, 2005: equation 14.

    Examples
    --------
    A linear network of which the output depends on two of five inputs.

    >>> import numpy as np
    >>> from skib.bottleneck import InteractionBasis
    >>> rng = np.random.default_rng(0)
    >>> inputs = rng.normal(size=(2000, 5))
    >>> hidden = inputs @ rng.normal(size=(5, 8)) + rng.normal(size=(2000, 8))
    >>> outputs = inputs[:, :2] + 0.1 * rng.normal(size=(2000, 2))
    >>> basis = InteractionBasis(random_state=0).fit([inputs, hidden, outputs])
    >>> basis.n_components_
    {'layer0': 2, 'layer1': 2, 'layer2': 2}
    """

    layers_: list[str]
    components_: dict[str, Floats]
    means_: dict[str, Floats]
    n_components_: dict[str, int]
    eigenvalues_: dict[str, Floats]
    critical_betas_: dict[str, Floats]
    betas_: dict[str, float]
    interaction_graph_: "DataFrame"
    pca_graph_: "DataFrame"
    sparsity_: "DataFrame"

    _parameter_constraints = {
        "beta": [Interval(Real, 1, None, closed="neither"), None],
        "noise_ratio": [Interval(Real, 0, None, closed="left")],
        "rotate": ["boolean"],
        "alpha": [Interval(Real, 0, 1, closed="neither")],
        "n_permutations": [Interval(Integral, 1, None, closed="left")],
        "n_jobs": N_JOBS,
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        beta: float | None = None,
        *,
        noise_ratio: float = 0.1,
        rotate: bool = True,
        alpha: float = 0.05,
        n_permutations: int = 100,
        n_jobs: int | None = None,
        random_state: Seed = None,
        verbose: int = 0,
    ) -> None:
        self.beta = beta
        self.noise_ratio = noise_ratio
        self.rotate = rotate
        self.alpha = alpha
        self.n_permutations = n_permutations
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        return tags

    @fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: Dump | Mapping[str, ArrayLike] | Sequence[ArrayLike] | TableLike,
        y: TableLike | None = None,
        *,
        epoch: int | None = None,
        jacobians: Mapping[str, ArrayLike] | Sequence[ArrayLike] | None = None,
    ) -> Self:
        """Find the directions of all layers, and their edges.

        Parameters
        ----------
        X : Dump, mapping, list of arrays, or array-like of shape (n_samples, n_features)
            The layers in their order, arrays of shape (n_samples, n_units) of the same rows; a single array is the
            first of two layers, of which y is the other.
        y : array-like of shape (n_samples,) or (n_samples, n_targets), default=None
            A last layer called "y", such as targets, or one column of 0 and 1 for each class.
        epoch : int, default=None
            Epoch of a Dump; None takes the last one.
        jacobians : mapping or list of array-like of shape (n_samples, n_next_units, n_units), default=None
            For each layer but the last, the derivatives of the units of the next layer in each row. The bases are then
            local interaction bases, of which `beta`, `noise_ratio` and `rotate` are no part.

        Returns
        -------
        self : InteractionBasis
            The fitted estimator.
        """
        values = read_layers(self, X, y, epoch)
        require_samples(self, len(next(iter(values.values()))), 2)
        require_varying(values)
        chain = self._chain() if jacobians is None else JacobianChain(check_jacobians(jacobians, values))
        noise_ratio = self.noise_ratio if jacobians is None else 0.0
        layers = {name: layer_of(rows, noise_ratio) for name, rows in values.items()}
        with one_blas_thread():
            found = chain_directions(chain, layers)
            last = list(layers)[-1]
            bases = {
                **{name: directions.basis for name, directions in found.items()},
                last: np.eye(len(layers[last].mean)),
            }
            self.interaction_graph_ = graph_of(chain, layers, bases)
            self.pca_graph_ = graph_of(chain, layers, principal_bases(chain, layers, bases))
        self._store(layers, bases, found)
        self.sparsity_ = sparsity_table({"interaction": self.interaction_graph_, "pca": self.pca_graph_}, chain.column)
        return self

    def coordinates(self, X: Dump | Mapping[str, ArrayLike] | Sequence[ArrayLike], *, epoch: int | None = None) -> Any:
        """Return the coordinates of the rows of each layer, without noise.

        Parameters
        ----------
        X : Dump, mapping or list of arrays
            Layers as they were fitted, or some of them.
        epoch : int, default=None
            Epoch of a Dump; None takes the last one.

        Returns
        -------
        coordinates : dict of str to ndarray of shape (n_samples, n_directions)
            ``(layer - means_[name]) @ components_[name].T`` for each layer.
        """
        check_is_fitted(self)
        layers = named_layers(X, epoch)
        if layers is None:
            raise ValueError(f"a list or dict of layers, or a Dump, is required; the layers are {self.layers_}")
        unknown = [name for name in layers if name not in self.components_]
        if unknown:
            raise ValueError(f"the layers {unknown} were not fitted; these were: {self.layers_}")
        checked = checked_layers(layers)
        for name, rows in checked.items():
            if rows.shape[1] != len(self.means_[name]):
                raise ValueError(f"layer {name!r} has {rows.shape[1]} units, but {len(self.means_[name])} in fit")
        return {name: (rows - self.means_[name]) @ self.components_[name].T for name, rows in checked.items()}

    def _chain(self):
        names = ("beta", "rotate", "alpha", "n_permutations", "n_jobs", "verbose")
        generator = check_random_state(self.random_state)
        return InformationChain(generator=generator, **{name: getattr(self, name) for name in names})

    def _store(self, layers, bases, found):
        *others, last = layers
        self.layers_ = [*others, last]
        self.components_ = {name: bases[name] / layers[name].unit for name in others} | {last: bases[last]}
        self.means_ = {name: layer.mean for name, layer in layers.items()}
        self.n_components_ = {name: len(basis) for name, basis in bases.items()}
        self.eigenvalues_ = {name: directions.eigenvalues for name, directions in found.items()}
        self.critical_betas_ = {name: directions.critical_betas for name, directions in found.items()}
        self.betas_ = {name: directions.beta for name, directions in found.items()}
