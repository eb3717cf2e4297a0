"""Mutual information as a sum of entropies."""

from typing import Self

import numpy as np
from sklearn.base import clone

from skib._sklearn import BaseEstimator, HasMethods, fit_context
from skib._typing import EntropyEstimator, Floats, Orders, TableLike
from skib._validation import check_code_columns, check_numeric, target_codes, warn_if_constant
from skib._warnings import warn_once
from skib.mutual_info._entropy_difference import Difference, condition, entropies_by
from skib.mutual_info._symbols import DiscreteMutualInfoMixin


class ChainRule(DiscreteMutualInfoMixin, BaseEstimator):
    r"""Mutual information from entropies.

    .. math::
        \hat I(X;Y) = \hat H(X) + \hat H(Y) - \hat H(X,Y), \qquad
        \hat I(X;Y \mid Z) = \hat H(X,Z) + \hat H(Y,Z) - \hat H(X,Y,Z) - \hat H(Z)

    By default numbers, strings, bools and categories are symbols without order. Each row of X is one symbol, and so is
    each row of y and of `given`.

    With a *differential* entropy X holds numbers, and so does a y of numbers or dates on more than sqrt(n_samples)
    levels. Any other y holds class labels, for which

    .. math:: \hat I(X;Y) = \hat H(X) - \sum_y \tfrac{n_y}{n} \hat H(X \mid Y = y).

    Parameters
    ----------
    entropy : entropy estimator, default=None
        Estimator of the entropies: an object with the methods of :class:`skib.entropy.EntropyMixin`, or an estimator of
        differential entropies, with ``fit(X)`` and `entropy_`. ``None`` means :class:`skib.entropy.PlugIn`, with a bias
        of about :math:`+(K_x - 1)(K_y - 1) / 2n` at independence. :class:`skib.entropy.Grassberger` has the least bias
        from three rows per pair of symbols on, and a little more variance; below that, :class:`skib.entropy.NSB`.

    Attributes
    ----------
    mutual_info_ : float
        The estimate, in nats; not clipped at 0.
    pointwise_ : ndarray of shape (n_samples,)
        The same sum of the pointwise entropies, in nats; the mean is `mutual_info_`. It exists only if `entropy` has
        such values; entropies with a parameter `n_categories` have none.
    std_error_ : float
        Standard error of `mutual_info_`, in nats: standard deviation of `pointwise_` over :math:`\sqrt n`; without
        `pointwise_`, that of the plug-in's pointwise values (the delta method). It does not cover the bias. NaN for a
        differential entropy without pointwise values.
    ceiling_ : float
        Largest possible estimate on these rows, in nats: min(H(X), H(Y)), with `given` min(H(X|Z), H(Y|Z)). For
        differential entropies H(Y|Z) if y holds classes, otherwise log(n_samples) under
        :class:`skib.entropy.KolchinskyTracey` and infinity elsewhere.
    saturated_ : bool
        Whether the estimate is saturated: the joint plug-in entropy exceeds 0.9 log(n_samples), because nearly every
        row is a pair of symbols of its own. Under :class:`skib.entropy.KolchinskyTracey`, whether the rows of X (with
        those of a numeric y, or within the classes) are as distinct as that. False for other differential entropies.
    bounds_ : tuple of (float, float)
        Only with :class:`skib.entropy.KolchinskyTracey`: bounds of the information of the mixture in nats, whatever its
        entropies are between their own bounds. The estimate is the difference of two bounds of the same kind.
    entropy_estimator_ : estimator
        The entropy estimator that was used.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    See Also
    --------
    Binned : The same for binned numbers.

    Notes
    -----
    *Discrete.* Where nearly every row is a pair of its own, the plug-in estimate is close to H(X) + H(Y) - log n
    whatever the dependence; a ``SaturatedEstimateWarning`` is then issued. An estimate at `ceiling_` is no reason to
    warn: a variable has all information about itself.

    A constant X or y gives 0.0 and a ``ConstantInputWarning``.

    `fit` takes no `sample_weight`: of the entropies only :class:`skib.entropy.PlugIn` is defined for rows of unequal
    weight, the corrections of the others rest on whole counts. ``mutual_info_features(X, y, sample_weight=w)`` takes
    weights for columns of classes, and ``PlugIn().fit(X, sample_weight=w)`` gives any single term of the sum.

    An entropy with a parameter `n_categories` uses the size of each alphabet: :math:`K_x` is `n_categories` or, if this
    is None, the number of distinct rows of X; likewise for y and `given`. A constant has one value. A joint alphabet is
    the product, :math:`K_x K_y`, since any pair might occur. Therefore I(X;X) is a little less than H(X), and the chain
    rule for several columns of X holds approximately.

    *Differential.* The biases of H(X) and H(X,Y) differ, since the dimensions do, and their difference may exceed the
    information itself: :class:`KSG` is the better choice for numbers in general. This sum is for normal data
    (:class:`skib.entropy.GaussianEntropy`), for much information in few smooth dimensions
    (:class:`skib.entropy.WeightedKozachenkoLeonenko`), and for layers of networks under a declared noise. A nonlinear
    relation without noise has infinite information, but the estimate is finite, without a warning.

    Under :class:`skib.entropy.KolchinskyTracey` each of X, y and `given` has noise of that variance in every column.
    With ``adaptive=True`` its scale is the largest absolute value of that variable over *all* rows, also for the
    entropies of single classes. A class of one row has the entropy of the noise alone; so if y is a label of each
    distinct input of a deterministic network (text or a category), the estimate for a layer is
    `entropy_` - `noise_entropy_`: a bound of the information that the layer plus noise has about the input.

    With the other differential entropies, a class of too few rows raises a ValueError, and so does an exact linear
    relation, whose information is infinite.

    References
    ----------
    .. [1] L. Paninski, "Estimation of entropy and mutual information", Neural Computation 15, 2003.
    .. [2] T. M. Cover, J. A. Thomas, "Elements of Information Theory", 2nd ed., 2006, chapter 2.
    .. [3] A. M. Saxe et al., "On the information bottleneck theory of deep learning", ICLR 2018.

    Examples
    --------
    >>> from skib.mutual_info import ChainRule
    >>> weather = [["sun"], ["sun"], ["rain"], ["rain"], ["sun"], ["rain"], ["sun"], ["rain"]]
    >>> umbrella = [False, False, True, True, False, True, False, True]
    >>> round(ChainRule().fit(weather, umbrella).mutual_info_, 4)  # log 2: each is a function of the other
    0.6931

    >>> import numpy as np
    >>> from skib.entropy import KolchinskyTracey
    >>> layer = np.array([[0.0], [0.0], [9.0], [9.0]])  # four inputs, distinct in pairs
    >>> round(ChainRule(KolchinskyTracey(0.01)).fit(layer, list("abcd")).mutual_info_, 4)  # log 2
    0.6931
    """

    bounds_: tuple[float, float]

    _parameter_constraints = {"entropy": [HasMethods(["fit"]), None]}

    def __init__(self, entropy: EntropyEstimator | None = None) -> None:
        self.entropy = entropy

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = self._counts
        return tags

    def fit(self, X: TableLike, y: TableLike, *, given: TableLike | None = None) -> Self:
        """Estimate the mutual information of the rows of X and y.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The rows, taken together as one variable: numbers for a differential entropy, otherwise of any kind.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            The target, one variable as well. To a differential entropy numbers and dates on more than sqrt(n_samples)
            levels are numbers; all other values are class labels. Pass labels on more levels as text or a category.
        given : array-like of shape (n_samples,) or (n_samples, n_conditions), default=None
            The variable to condition on; treated as y is.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        vars(self).pop("bounds_", None)  # of an earlier fit
        return super().fit(X, y, given=given) if self._counts else self._fit_difference(X, y, given)

    def _score_columns(self, X, y):
        """Estimate the mutual information of each column of X with y."""
        if self._counts:
            return super()._score_columns(X, y)
        return super(DiscreteMutualInfoMixin, self)._score_columns(X, y)

    @property
    def _counts(self):
        """Whether the entropy is a discrete one, of counts."""
        return not hasattr(self.entropy, "fit") or hasattr(self.entropy, "entropy_of_counts")

    @fit_context(prefer_skip_nested_validation=False)
    def _fit_difference(self, X, y, given):
        x = check_numeric(self, X, y)
        y, z = condition(y, len(x), "y"), condition(given, len(x), "given")
        self.entropy_estimator_ = clone(self.entropy)
        vars(self).pop("pointwise_", None)  # of an earlier fit
        if warn_if_constant("X", x) | warn_if_constant("y", np.column_stack(y)):
            return self._set_pointwise(np.zeros(len(x)), 0.0, saturated=False)
        entropies = entropies_by(self.entropy_estimator_)
        difference = Difference(entropies, x, z)
        with warn_once():  # several entropies may issue the same
            terms, bounds = difference.fit(y)
        if len(bounds) == 2:
            self.bounds_ = tuple(bounds.mean(axis=1).tolist())
        ceiling, saturated = difference.ceiling(y), entropies.saturated
        if entropies.pointwise:
            return self._set_pointwise(terms[entropies.bound], ceiling, saturated=saturated)
        return self._set_estimate(terms[entropies.bound].mean(), ceiling, len(x), saturated=saturated)

    def permuted_estimates(self, X: TableLike, y: TableLike, permutations: Orders) -> Floats:
        """Estimate the mutual information with y in the order of each permutation; H(X) is computed once."""
        if self._counts:
            return super().permuted_estimates(X, y, permutations)
        estimator = clone(self)
        estimator._validate_params()
        x = check_numeric(estimator, X, y)
        y, nothing = condition(y, len(x), "y"), condition(None, len(x), "given")
        if (x == x[0]).all() or (np.column_stack(y) == np.column_stack(y)[0]).all():
            return np.zeros(len(permutations))
        difference = Difference(entropies_by(estimator.entropy), x, nothing)
        bound = difference.entropies.bound
        return np.array([difference.fit(y.of_rows(order))[0][bound].mean() for order in permutations])

    def _column_codes(self, X, y):
        return check_code_columns(self, X)

    def _target_codes(self, y, n_samples, name):
        return target_codes(y, n_samples, name)
