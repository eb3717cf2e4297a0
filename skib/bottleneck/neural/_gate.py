"""A selector that lets each column pass at a price in nats."""

from collections.abc import Sequence
from numbers import Real
from typing import Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skib._column_selectors import ColumnSelectorMixin
from skib._columns import is_discrete
from skib._scales import StandardScale
from skib._sklearn import Interval, fit_context
from skib._typing import Floats, Seed, TableLike
from skib._validation import check_numeric, check_target, require_samples, target_codes
from skib.bottleneck.neural._annealed import ANNEALED_CONSTRAINTS, AnnealedBottleneck
from skib.bottleneck.neural._gains import Gains
from skib.bottleneck.neural._likelihoods import ClassLikelihood, GaussianLikelihood


class BottleneckGate(ColumnSelectorMixin, AnnealedBottleneck):
    r"""Selector of columns, or of units of a layer, by gains before noise, whose rates have a price.

    .. math:: \min \; \mathrm{E}\bigl[-\log q(y|t)\bigr] + \frac{1}{\beta} \sum_j \tfrac12 \log(1 + g_j^2),
              \qquad T_j = g_j X_j + \epsilon_j,

    for standardized columns and noise of unit variance, with a network q that reads all :math:`T_j`. The rate of a
    column is the capacity of its channel, at least :math:`I(X_j;T_j)`. Beta falls during the training, and columns that
    are not worth their price lose their gains one after another. Of columns that repeat each other one is kept.

    Parameters
    ----------
    beta : float, default=10.0
        What a nat of relevance is worth, in nats of the columns' rates, at the end. Less keeps fewer columns.
    threshold : float, default=0.02
        Smallest rate in nats of a column that is kept. Gains of the others vanish, but not to exactly 0.
    beta_start : float, default=1000.0
        The same as `beta`, at the beginning.
    decoder_hidden : tuple of int, default=(64,)
        Units of the layers of the network q. () is a linear model.
    learning_rate_init : float, default=0.003
        Step size of Adam; it vanishes in the last fifth of the training.
    max_iter : int, default=100
        Number of epochs: a fifth at `beta_start`, three fifths in which beta falls, and a fifth at `beta`.
    validation_fraction : float, default=0.1
        Share of the rows that are held out to measure the relevance, at most 10,000 rows. 0 takes the training rows,
        of which the relevance is too large.
    verbose : int, default=0
        Above 0, show progress on stderr: a bar where ``rich`` is installed, lines of text elsewhere.
    random_state : int, RandomState instance or None, default=None
        Seeds weights, batches and noise. Pass an int for the same result at every call.

    Attributes
    ----------
    gains_ : ndarray of shape (n_features,)
        The size of the gain :math:`g_j` of each column, in units of its standard deviation.
    rates_ : ndarray of shape (n_features,)
        The rate of each column in nats.
    rate_ : float
        Their sum in nats.
    relevance_ : float
        Mean of log q(y|t) / p(y) over the rows held out and the noise, in nats: a lower bound of :math:`I(T;Y)`, up to
        the error of these rows.
    path_ : DataFrame
        One row for each beta, falling, and each column: `beta`, `feature`, `rate` and, of all together, `relevance` in
        nats.
    bits_path_ : DataFrame
        The rates of `path_` in bits, as a table of betas and columns; all other attributes are in nats.
    n_iter_ : int
        Number of epochs.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    Warns
    -----
    ConstantInputWarning
        If a column is constant.
    SkibWarning
        If no column is kept.

    See Also
    --------
    DistributedIBClassifier : An encoder for each column, which needs fewer nats.
    skib.bottleneck.SparseGaussianIB : The same channels, exactly, for linear dependence.

    Notes
    -----
    The target is taken as classes or as numbers by the same rule as elsewhere in skib: text, and numbers of at most
    sqrt(n_samples) distinct values, are classes.

    With a few hundred rows the network fits noise, and columns that say nothing keep rates of up to 0.1 nats at the
    default beta; from 1000 rows on they vanish. A lower beta or a larger threshold keeps them out, and a relevance of
    about 0 reveals them.

    The masks of [1]_ and [2]_ have the same rates, but multiply a unit by noise. Its size passes such a mask even at
    rate 0; noise that is added hides it, so that a rate here bounds what passes. ``transform`` keeps the columns as
    they are, without gains and noise.

    References
    ----------
    .. [1] B. Dai, C. Zhu, B. Guo, D. Wipf, "Compressing neural networks using the variational information bottleneck",
       ICML 2018.
    .. [2] O. Dutta, R. Gupta, S. Agarwal, "VTrans: accelerating transformer compression with variational information
       bottleneck based pruning", 2024.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.bottleneck.neural import BottleneckGate
    >>> X = np.random.default_rng(0).normal(size=(1000, 5))
    >>> y = (X[:, 1] > 0) ^ (X[:, 3] > 0)
    >>> BottleneckGate(random_state=0).fit(X, y).get_support(indices=True).tolist()
    [1, 3]
    """

    gains_: Floats

    _parameter_constraints = {**ANNEALED_CONSTRAINTS, "threshold": [Interval(Real, 0, None, closed="left")]}

    def __init__(
        self,
        beta: float = 10.0,
        threshold: float = 0.02,
        *,
        beta_start: float = 1000.0,
        decoder_hidden: Sequence[int] = (64,),
        learning_rate_init: float = 0.003,
        max_iter: int = 100,
        validation_fraction: float = 0.1,
        verbose: int = 0,
        random_state: Seed = None,
    ) -> None:
        self.beta = beta
        self.threshold = threshold
        self.beta_start = beta_start
        self.decoder_hidden = decoder_hidden
        self.learning_rate_init = learning_rate_init
        self.max_iter = max_iter
        self.validation_fraction = validation_fraction
        self.verbose = verbose
        self.random_state = random_state

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: TableLike, y: TableLike) -> Self:
        """Train the gains and the network while beta falls.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers: columns of a table, or the units of a layer.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            The target: classes, or numbers of one or several columns.

        Returns
        -------
        self : BottleneckGate
            The fitted selector.
        """
        x = check_numeric(self, X, y)
        require_samples(self, len(x), 2)
        if is_discrete(y):
            codes = np.unique(target_codes(y, len(x)), return_inverse=True)[1]
            self._anneal(x, codes, ClassLikelihood(codes))
        else:
            values = check_target(y, len(x))
            target = StandardScale(values).scaled(values).astype(np.float32)
            self._anneal(x, target, GaussianLikelihood(target))
        self.gains_ = np.abs(self._model.channels.gains).astype(np.float64)
        return self

    def _channels(self, x, rng):
        return Gains(x.shape[1])

    def _labels(self):
        return self._column_labels()

    def _get_support_mask(self):
        check_is_fitted(self)
        return self.rates_ > self.threshold

    def _why_none(self):
        return (
            f"at beta={self.beta:g} the largest rate is {self.rates_.max():.2g} nats, and threshold="
            f"{self.threshold:g}; raise beta"
        )
