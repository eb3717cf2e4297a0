"""Distributed information bottlenecks: a small encoder with noise, and a rate, for each column."""

from collections.abc import Sequence
from numbers import Integral
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from skib._class_labels import class_labels
from skib._scales import StandardScale
from skib._sklearn import (
    ClassNamePrefixFeaturesOutMixin,
    Interval,
    TransformerMixin,
    fit_context,
)
from skib._typing import Floats, Seed, TableLike
from skib._validation import check_numbers, check_numeric, check_target, require_samples
from skib._warnings import listed
from skib.bottleneck.neural._annealed import ANNEALED_CONSTRAINTS, AnnealedBottleneck, checked_sizes
from skib.bottleneck.neural._block_encoders import BlockEncoders
from skib.bottleneck.neural._likelihoods import ClassLikelihood, GaussianLikelihood
from skib.bottleneck.neural._predictions import ClassPredictions, NumberPredictions, known_codes

_CONSTRAINTS = {
    **ANNEALED_CONSTRAINTS,
    "groups": ["array-like", None],
    "n_components": [Interval(Integral, 1, None, closed="left")],
    "hidden": ["array-like"],
}


class _DistributedIB(ClassNamePrefixFeaturesOutMixin, TransformerMixin, AnnealedBottleneck):
    """A subclass reads the target, and turns outputs of the network into predictions."""

    groups_: NDArray[Any]

    _parameter_constraints = _CONSTRAINTS

    def __init__(
        self,
        beta: float = 10.0,
        *,
        beta_start: float = 1000.0,
        groups: ArrayLike | None = None,
        n_components: int = 2,
        hidden: Sequence[int] = (32,),
        decoder_hidden: Sequence[int] = (64,),
        learning_rate_init: float = 0.003,
        max_iter: int = 100,
        validation_fraction: float = 0.1,
        verbose: int = 0,
        random_state: Seed = None,
    ) -> None:
        self.beta = beta
        self.beta_start = beta_start
        self.groups = groups
        self.n_components = n_components
        self.hidden = hidden
        self.decoder_hidden = decoder_hidden
        self.learning_rate_init = learning_rate_init
        self.max_iter = max_iter
        self.validation_fraction = validation_fraction
        self.verbose = verbose
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: TableLike, y: TableLike) -> Self:
        """Train the encoders and the network while beta falls.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Class labels, or numbers of one or, of a regressor, several columns.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        x = check_numeric(self, X, y)
        require_samples(self, len(x), 2)
        self.groups_, self._group_of_column = self._read_groups()
        self._anneal(x, *self._read_target(y, len(x)))
        return self

    def transform(self, X: TableLike) -> Floats:
        """Return the means of the codes of all columns, side by side.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers.

        Returns
        -------
        codes : ndarray of shape (n_samples, n_groups * n_components)
            The first `n_components` columns are the code of the first column or group of X, and so on.
        """
        check_is_fitted(self)
        return self._codes(check_numbers(self, X, reset=False)).astype(np.float64)

    def information_score(self, X: TableLike, y: TableLike) -> float:
        """Estimate what the codes, with their noise, say about y on rows that were not fitted.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            The target.

        Returns
        -------
        score : float
            The same as `relevance_` on these rows, in nats; below 0 if the codes mislead. Without X the shares of the
            classes, or the means of numbers, are those of the training rows.
            A scorer of ``GridSearchCV``: ``lambda estimator, X, y: estimator.information_score(X, y)``.
        """
        check_is_fitted(self)
        x = check_numbers(self, X, reset=False)
        return self._model.likelihood.information(self._known_target(y, len(x)), self._drawn_outputs(x))

    @property
    def feature_importances_(self) -> Floats:
        """The rate of each column of X, or of its group, in nats."""
        return self.rates_[self._group_of_column]

    @property
    def _n_features_out(self):
        return self._model.channels.n_units

    def _read_groups(self):
        """Return the names of the groups in the order of their first columns, and the number of that of each column."""
        if self.groups is None:
            return np.array(self._column_labels(), object), np.arange(self.n_features_in_)
        groups = np.asarray(self.groups)
        if groups.shape != (self.n_features_in_,):
            raise ValueError(
                f"groups has the shape {groups.shape}; pass one label for each of the {self.n_features_in_} columns"
            )
        from pandas import isna

        if isna(groups).any():
            columns = listed([str(j) for j in np.flatnonzero(isna(groups))])
            raise ValueError(f"groups has no label for columns [{columns}]; name a group for each column")
        names, first, codes = np.unique(groups, return_index=True, return_inverse=True)
        order = np.argsort(first)
        return names[order].astype(object), np.argsort(order)[codes]

    def _labels(self):
        return list(self.groups_)

    def _channels(self, x, rng):
        members = [np.flatnonzero(self._group_of_column == i) for i in range(len(self.groups_))]
        return BlockEncoders(members, checked_sizes("hidden", self.hidden), self.n_components, rng)

    def _outputs(self, X):
        """Return the outputs for the means of the codes of rows."""
        check_is_fitted(self)
        return self._model.head.last(self._codes(check_numbers(self, X, reset=False))).astype(np.float64)


class DistributedIBClassifier(ClassPredictions, _DistributedIB):
    r"""Distributed information bottleneck of a class: how many nats of each column it takes to predict.

    .. math:: \min \; \mathrm{E}\bigl[-\log q(y|t_1, \dots, t_d)\bigr]
              + \frac{1}{\beta} \sum_j \mathrm{E}\,\mathrm{KL}\bigl(q(t_j|x_j) \,\|\, N(0, I)\bigr)

    Each column has an encoder of its own, to a code :math:`T_j` with normal noise, and the network behind reads all
    codes together: a column of use in combination with others alone is found, too. Beta falls during the training, and
    the columns lose their rates one after another.

    Parameters
    ----------
    beta : float, default=10.0
        What a nat of relevance is worth, in nats of the columns' rates, at the end. The beta of [1]_ is its inverse.
        Less keeps fewer nats of fewer columns.
    beta_start : float, default=1000.0
        The same at the beginning. With few rows a large one lets the network learn noise before it is priced.
    groups : array-like of shape (n_features,), default=None
        Labels of groups of columns that share an encoder and a rate, such as the indicators of one category. None:
        each column is a group.
    n_components : int, default=2
        Units of the code of each group. One suffices for what is monotone in a column.
    hidden : tuple of int, default=(32,)
        Units of the layers of each encoder.
    decoder_hidden : tuple of int, default=(64,)
        Units of the layers between the codes and the output.
    learning_rate_init : float, default=0.003
        Step size of Adam; it vanishes in the last fifth of the training.
    max_iter : int, default=100
        Number of epochs: a fifth at `beta_start`, three fifths in which beta falls, and a fifth at `beta`. More follow
        the optimum better.
    validation_fraction : float, default=0.1
        Share of the rows that are held out to measure the relevance, at most 10,000 rows. 0 takes the training rows,
        of which the relevance is too large.
    verbose : int, default=0
        Above 0, show progress on stderr: a bar where ``rich`` is installed, lines of text elsewhere.
    random_state : int, RandomState instance or None, default=None
        Seeds weights, batches and noise. Pass an int for the same result at every call.

    Attributes
    ----------
    rates_ : ndarray of shape (n_groups,)
        The mean divergence of each code from its prior in nats, an upper bound of :math:`I(X_j;T_j)`.
    rate_ : float
        Their sum in nats.
    relevance_ : float
        Mean of log q(y|t) / p(y) over the rows held out and the noise, in nats: a lower bound of :math:`I(T;Y)`, up to
        the error of these rows.
    path_ : DataFrame
        One row for each beta, falling, and each column or group: `beta`, `feature`, `rate` and, of all together,
        `relevance` in nats.
    bits_path_ : DataFrame
        The rates of `path_` in bits, as a table of betas and columns; all other attributes are in nats.
    feature_importances_ : ndarray of shape (n_features,)
        The rate of each column, or of its group, in nats.
    groups_ : ndarray of shape (n_groups,)
        Names of the groups, or of the columns.
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
    ConstantInputWarning
        If a column is constant.

    See Also
    --------
    DistributedIBRegressor : For numbers.
    DistributedIBDisplay : Drawing of the path.
    BottleneckGate : One gain for each column instead of an encoder.
    skib.bottleneck.SparseGaussianIB : The exact path of linear dependence.

    Notes
    -----
    A rate is what a code takes from its column to serve all others, and not the mutual information of column and
    class: of two copies one is kept, and the others lose their rates. Columns of X are standardized; ``predict`` reads
    the means of the codes, without noise.

    There is no ``partial_fit``: beta falls over the epochs, and the path needs all rows at each of them.

    References
    ----------
    .. [1] K. A. Murphy, D. S. Bassett, "Information decomposition in complex systems via machine learning", PNAS 121,
       2024.
    .. [2] K. A. Murphy, D. S. Bassett, "Interpretability with full complexity by constraining feature information",
       ICLR 2023.

    Examples
    --------
    The class is the exclusive or of the signs of two columns, neither of which says anything by itself.

    >>> import numpy as np
    >>> from sklearn.feature_selection import SelectFromModel
    >>> from skib.bottleneck.neural import DistributedIBClassifier
    >>> X = np.random.default_rng(0).normal(size=(1000, 5))
    >>> y = (X[:, 1] > 0) ^ (X[:, 3] > 0)
    >>> selector = SelectFromModel(DistributedIBClassifier(random_state=0), threshold=0.01).fit(X, y)
    >>> selector.get_support(indices=True).tolist()
    [1, 3]
    >>> selector.estimator_.relevance_ > 0.4  # truth: at most log(2) = 0.69 nats
    True
    """

    def _read_target(self, y, n_samples):
        self.classes_, codes = np.unique(class_labels(y, n_samples), return_inverse=True)
        return codes, ClassLikelihood(codes)

    def _known_target(self, y, n_samples):
        return known_codes(class_labels(y, n_samples), self.classes_, "fit anew, with rows of all classes")


class DistributedIBRegressor(NumberPredictions, _DistributedIB):
    r"""Distributed information bottleneck of numbers: how many nats of each column it takes to predict.

    .. math:: \min \; \tfrac12 \sum_k \log \mathrm{E} (y_k - f_k(t_1, \dots, t_d))^2
              + \frac{1}{\beta} \sum_j \mathrm{E}\,\mathrm{KL}\bigl(q(t_j|x_j) \,\|\, N(0, I)\bigr)

    Each column has an encoder of its own, to a code :math:`T_j` with normal noise, and the network f behind reads all
    codes together: a column of use in combination with others alone is found, too. Beta falls during the training, and
    the columns lose their rates one after another.

    Parameters
    ----------
    beta : float, default=10.0
        What a nat of relevance is worth, in nats of the columns' rates, at the end. The beta of [1]_ is its inverse.
        Less keeps fewer nats of fewer columns.
    beta_start : float, default=1000.0
        The same at the beginning. With few rows a large one lets the network learn noise before it is priced.
    groups : array-like of shape (n_features,), default=None
        Labels of groups of columns that share an encoder and a rate, such as the indicators of one category. None:
        each column is a group.
    n_components : int, default=2
        Units of the code of each group. One suffices for what is monotone in a column.
    hidden : tuple of int, default=(32,)
        Units of the layers of each encoder.
    decoder_hidden : tuple of int, default=(64,)
        Units of the layers between the codes and the output.
    learning_rate_init : float, default=0.003
        Step size of Adam; it vanishes in the last fifth of the training.
    max_iter : int, default=100
        Number of epochs: a fifth at `beta_start`, three fifths in which beta falls, and a fifth at `beta`. More follow
        the optimum better.
    validation_fraction : float, default=0.1
        Share of the rows that are held out to measure the relevance, at most 10,000 rows. 0 takes the training rows,
        of which the relevance is too large.
    verbose : int, default=0
        Above 0, show progress on stderr: a bar where ``rich`` is installed, lines of text elsewhere.
    random_state : int, RandomState instance or None, default=None
        Seeds weights, batches and noise. Pass an int for the same result at every call.

    Attributes
    ----------
    rates_ : ndarray of shape (n_groups,)
        The mean divergence of each code from its prior in nats, an upper bound of :math:`I(X_j;T_j)`.
    rate_ : float
        Their sum in nats.
    relevance_ : float
        Minus half the logarithm of the share of the variance of y that is not predicted from codes with noise, over
        the rows held out; for several targets the sum. In nats; at most 4.6 for each target.
    path_ : DataFrame
        One row for each beta, falling, and each column or group: `beta`, `feature`, `rate` and, of all together,
        `relevance` in nats.
    bits_path_ : DataFrame
        The rates of `path_` in bits, as a table of betas and columns; all other attributes are in nats.
    feature_importances_ : ndarray of shape (n_features,)
        The rate of each column, or of its group, in nats.
    groups_ : ndarray of shape (n_groups,)
        Names of the groups, or of the columns.
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

    See Also
    --------
    DistributedIBClassifier : For classes; see there for what a rate is not.
    DistributedIBDisplay : Drawing of the path.
    BottleneckGate : One gain for each column instead of an encoder.
    skib.bottleneck.SparseGaussianIB : The exact path of linear dependence.

    Notes
    -----
    Columns of X and y are standardized; ``predict`` reads the means of the codes, without noise.

    References
    ----------
    .. [1] K. A. Murphy, D. S. Bassett, "Information decomposition in complex systems via machine learning", PNAS 121,
       2024.
    .. [2] K. A. Murphy, D. S. Bassett, "Interpretability with full complexity by constraining feature information",
       ICLR 2023.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.bottleneck.neural import DistributedIBRegressor
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(1000, 5))
    >>> y = X[:, 0] * X[:, 2] + 0.3 * rng.normal(size=1000)
    >>> distributed = DistributedIBRegressor(random_state=0).fit(X, y)
    >>> np.flatnonzero(distributed.rates_ > 0.1).tolist()
    [0, 2]
    """

    def _read_target(self, y, n_samples):
        values = check_target(y, n_samples)
        self._y_scale, self._is_flat = StandardScale(values), np.asarray(y).ndim == 1
        target = self._y_scale.scaled(values).astype(np.float32)
        return target, GaussianLikelihood(target)

    def _known_target(self, y, n_samples):
        values = check_target(y, n_samples)
        if values.shape[1] != self._model.likelihood.n_outputs:
            fitted = self._model.likelihood.n_outputs
            raise ValueError(f"y has {values.shape[1]} columns, and {fitted} were fitted; pass the same targets")
        return self._y_scale.scaled(values)
