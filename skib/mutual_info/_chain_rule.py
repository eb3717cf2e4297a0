"""Mutual information as a sum of entropies, of discrete data from counts."""

import warnings
from math import prod
from typing import NamedTuple

import numpy as np
from sklearn.base import BaseEstimator, clone

from skib._validation import (
    ConstantInputWarning,
    HasMethods,
    SaturatedEstimateWarning,
    check_code_columns,
    check_numeric,
    fit_context,
    target_codes,
    warn_if_constant,
)
from skib.entropy import PlugIn
from skib.entropy._base import alphabet_size, is_saturated, mean_std_error
from skib.kernels.counts import joint_codes, joint_counts
from skib.mutual_info._base import MutualInfoMixin
from skib.mutual_info._entropy_difference import Difference, condition, entropies_by


class CodedMixin(MutualInfoMixin):
    """Mixin of the estimators that see one symbol per row, of which they take entropies.

    A class gives ``_column_codes(X, y)``, the codes of every column of X, and ``_companion_codes(y, n_samples, name)``.
    """

    _takes_classes = True
    _parameter_constraints = {"entropy": [HasMethods(["entropy_of_counts", "pointwise_of_counts"]), None]}

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, *, given=None):
        """Estimate the mutual information of the rows of X and y.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The rows; each is one symbol, whatever the number of columns.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Their companions; each row is one symbol.
        given : array-like of shape (n_samples,) or (n_samples, n_conditions), default=None
            What to condition on; treated as y is.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        x = joint_codes(self._column_codes(X, y))
        y = self._companion_codes(y, len(x), "y")
        z = None if given is None else self._companion_codes(given, len(x), "given")
        warn_if_constant("X", x)
        warn_if_constant("y", y)
        self.entropy_estimator_ = self._resolve_entropy()
        terms = _terms(self.entropy_estimator_, x, y, z)
        value, ceiling = _values(self.entropy_estimator_, terms)
        saturated = is_saturated(terms[2].counts)
        pointwise = _pointwise(self.entropy_estimator_, terms)
        if pointwise is not None:
            return self._set_pointwise(pointwise, ceiling, saturated=saturated)
        vars(self).pop("pointwise_", None)  # of an earlier fit
        std_error = mean_std_error(_pointwise(PlugIn(), terms), np.ones(len(x)))
        return self._set_estimate(value, ceiling, len(x), std_error=std_error, saturated=saturated)

    def score_features(self, X, y):
        """Mutual information of each column of X with y.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The features, one estimate each.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            The target.

        Returns
        -------
        mutual_info : ndarray of shape (n_features,)
            In nats, not clipped at 0. The bound method serves as ``SelectKBest(score_func=...)``.
        """
        columns, y, entropy = clone(self)._prepare(X, y)
        y, h_y = _marginal(entropy, y)
        if y.size == 1:
            warn_if_constant("y", y.codes)
        constant, saturated, values = [], [], np.zeros(len(columns))
        for j, column in enumerate(columns):
            x, h_x = _marginal(entropy, column)
            joint = joint_counts(x.codes, y.codes, len(x.counts), len(y.counts))
            if x.size == 1:
                constant.append(j)
            else:
                values[j] = h_x + h_y - entropy.entropy_of_counts(joint, x.size * y.size)
            if is_saturated(joint):
                saturated.append(j)
        _warn_about_columns(constant, saturated, len(columns), len(y.codes))
        return values

    def _permuted_mutual_info(self, X, y, permutations):
        columns, y, entropy = clone(self)._prepare(X, y)
        (x, h_x), (y, h_y) = _marginal(entropy, joint_codes(columns)), _marginal(entropy, y)
        n_x, n_y, size = len(x.counts), len(y.counts), x.size * y.size
        tables = (joint_counts(x.codes, y.codes[order], n_x, n_y) for order in permutations)
        return np.array([h_x + h_y - entropy.entropy_of_counts(table, size) for table in tables])

    def _prepare(self, X, y):
        """Codes of the columns, codes of y, and the entropy."""
        self._validate_params()
        columns = self._column_codes(X, y)
        return columns, self._companion_codes(y, len(columns[0]), "y"), self._resolve_entropy()

    def _resolve_entropy(self):
        return PlugIn() if self.entropy is None else clone(self.entropy)


class ChainRule(CodedMixin, BaseEstimator):
    r"""Mutual information of discrete data from their entropies.

    .. math::
        \hat I(X;Y) = \hat H(X) + \hat H(Y) - \hat H(X,Y), \qquad
        \hat I(X;Y \mid Z) = \hat H(X,Z) + \hat H(Y,Z) - \hat H(X,Y,Z) - \hat H(Z)

    Numbers, strings, bools and categories are taken as symbols: without order, equal or not. Each row of X is one
    symbol, and so is each row of y and of `given`.

    Parameters
    ----------
    entropy : entropy estimator, default=None
        Estimator of the entropies: an object with the methods of :class:`skib.entropy.EntropyMixin`. ``None`` means
        :class:`skib.entropy.PlugIn`, with a bias of about :math:`+(K_x - 1)(K_y - 1) / 2n` at independence.
        :class:`skib.entropy.Grassberger` has the least bias from three rows per pair of symbols on, for a little more
        variance; :class:`skib.entropy.NSB` below that.

    Attributes
    ----------
    mutual_info_ : float
        The estimate, in nats; not clipped at 0.
    pointwise_ : ndarray of shape (n_samples,)
        The same sum of the pointwise entropies, in nats; the mean is `mutual_info_`. Only where `entropy` has such
        values, which those with a parameter `n_categories` have not.
    std_error_ : float
        Standard error of `mutual_info_`, in nats: standard deviation of `pointwise_` over :math:`\sqrt n`, where
        there is none of the plug-in's pointwise values (the delta method). It does not cover the bias.
    ceiling_ : float
        min(H(X), H(Y)), with `given` min(H(X|Z), H(Y|Z)), in nats.
    saturated_ : bool
        Whether nearly every row is a pair of symbols of its own: the joint plug-in entropy exceeds
        0.9 log(n_samples).
    entropy_estimator_ : estimator
        The entropy estimator that was used.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, where X has them.

    See Also
    --------
    Binned : The same for numbers, cut into bins.

    Notes
    -----
    Where nearly every row is a pair of its own, the plug-in estimate is close to H(X) + H(Y) - log n *whatever the
    dependence*; a ``SaturatedEstimateWarning`` says so. Reaching `ceiling_` is no reason to warn: a variable tells all
    about itself.

    A constant X or y gives 0.0 and a ``ConstantInputWarning``.

    An entropy with a parameter `n_categories` is told the size of each alphabet: :math:`K_x` is `n_categories` or,
    where this is None, the number of distinct rows of X; likewise for y and `given`. A constant has one value. A joint
    alphabet is the product, :math:`K_x K_y`, since any pair might occur. Therefore I(X;X) falls short of H(X) a little,
    and the chain rule for several columns of X holds approximately.

    References
    ----------
    .. [1] L. Paninski, "Estimation of entropy and mutual information", Neural Computation 15, 2003.
    .. [2] T. M. Cover, J. A. Thomas, "Elements of Information Theory", 2nd ed., 2006, chapter 2.

    Examples
    --------
    >>> from skib.mutual_info import ChainRule
    >>> weather = [["sun"], ["sun"], ["rain"], ["rain"], ["sun"], ["rain"], ["sun"], ["rain"]]
    >>> umbrella = [False, False, True, True, False, True, False, True]
    >>> round(ChainRule().fit(weather, umbrella).mutual_info_, 4)  # log 2: each tells the other
    0.6931
    """

    _parameter_constraints = {"entropy": [HasMethods(["fit"]), None]}

    def __init__(self, entropy=None):
        self.entropy = entropy

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = self._counts
        return tags

    def fit(self, X, y, *, given=None):
        """Estimate the mutual information of the rows of X and y.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The rows, taken together as one variable: numbers for a differential entropy, otherwise of any kind.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Their companions, one variable as well. To a differential entropy floats and dates are numbers, and
            integers, bools, strings and categories are class labels.
        given : array-like of shape (n_samples,) or (n_samples, n_conditions), default=None
            What to condition on; treated as y is.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        return super().fit(X, y, given=given) if self._counts else self._fit_difference(X, y, given)

    def score_features(self, X, y):
        """Mutual information of each column of X with y.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The features, one estimate each.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            The target.

        Returns
        -------
        mutual_info : ndarray of shape (n_features,)
            In nats, not clipped at 0. The bound method serves as ``SelectKBest(score_func=...)``.
        """
        return super().score_features(X, y) if self._counts else MutualInfoMixin.score_features(self, X, y)

    @property
    def _counts(self):
        """Whether the entropy is that of symbols, which are counted."""
        return not hasattr(self.entropy, "fit") or hasattr(self.entropy, "entropy_of_counts")

    @fit_context(prefer_skip_nested_validation=False)
    def _fit_difference(self, X, y, given):
        x = check_numeric(self, X, y)
        y, z = condition(y, len(x), "y"), condition(given, len(x), "given")
        self.entropy_estimator_ = clone(self.entropy)
        for name in ("pointwise_", "bounds_"):  # of an earlier fit
            vars(self).pop(name, None)
        if warn_if_constant("X", x) | warn_if_constant("y", np.column_stack(y)):
            return self._set_pointwise(np.zeros(len(x)), 0.0, saturated=False)
        entropies = entropies_by(self.entropy_estimator_)
        difference = Difference(entropies, x, z)
        terms, bounds = difference.fit(y)
        if len(bounds) == 2:
            self.bounds_ = tuple(bounds.mean(axis=1).tolist())
        ceiling, saturated = difference.ceiling(y), entropies.saturated
        if entropies.pointwise:
            return self._set_pointwise(terms[entropies.asked], ceiling, saturated=saturated)
        return self._set_estimate(terms[entropies.asked].mean(), ceiling, len(x), saturated=saturated)

    def _permuted_mutual_info(self, X, y, permutations):
        if self._counts:
            return super()._permuted_mutual_info(X, y, permutations)
        estimator = clone(self)
        estimator._validate_params()
        x = check_numeric(estimator, X, y)
        y, nothing = condition(y, len(x), "y"), condition(None, len(x), "given")
        if (x == x[0]).all() or (np.column_stack(y) == np.column_stack(y)[0]).all():
            return np.zeros(len(permutations))
        difference = Difference(entropies_by(estimator.entropy), x, nothing)
        asked = difference.entropies.asked
        return np.array([difference.fit(y.of_rows(order))[0][asked].mean() for order in permutations])

    def _column_codes(self, X, y):
        return check_code_columns(self, X)

    def _companion_codes(self, y, n_samples, name):
        return target_codes(y, n_samples, name)


class _Variable(NamedTuple):
    """Codes, how often each occurs, and how many values there are, seen or not."""

    codes: np.ndarray
    counts: np.ndarray
    size: int


def _variable(entropy, codes):
    counts = np.bincount(codes)
    # What never varies has one value, or it would seem to tell something.
    declared = getattr(entropy, "n_categories", None) if len(counts) > 1 else None
    return _Variable(codes, counts, alphabet_size(declared, len(counts)))


def _marginal(entropy, codes):
    """A variable and its entropy."""
    variable = _variable(entropy, codes)
    return variable, entropy.entropy_of_counts(variable.counts, variable.size)


def _joint(*variables):
    codes = joint_codes([variable.codes for variable in variables])
    return _Variable(codes, np.bincount(codes), prod(variable.size for variable in variables))


def _terms(entropy, x, y, z):
    """The variables XZ, YZ, XYZ and Z, of whose entropies the information is a sum."""
    x, y = _variable(entropy, x), _variable(entropy, y)
    if z is None:
        nothing = np.zeros_like(x.codes)
        return x, y, _joint(x, y), _Variable(nothing, np.bincount(nothing), 1)
    z = _variable(entropy, z)
    yz = _joint(y, z)
    return _joint(x, z), yz, _joint(x, yz), z


def _values(entropy, terms):
    """The estimate and its ceiling."""
    h_xz, h_yz, h_xyz, h_z = (entropy.entropy_of_counts(term.counts, term.size) for term in terms)
    return _sum(h_xz, h_yz, h_xyz, h_z), min(h_xz, h_yz) - h_z


def _pointwise(entropy, terms):
    """The information of each row, or None."""
    values = [entropy.pointwise_of_counts(term.counts) for term in terms]
    if any(value is None for value in values):
        return None
    return _sum(*(value[term.codes] for value, term in zip(values, terms, strict=True)))


def _sum(h_xz, h_yz, h_xyz, h_z):
    # In this order each bracket is exactly 0, or one cancels the other, where x or y is constant.
    return (h_xz - h_z) + (h_yz - h_xyz)


def _warn_about_columns(constant, saturated, n_features, n_samples):
    """One warning for all the columns of a kind, from inside score_features."""
    if constant:
        warnings.warn(
            f"{len(constant)} of {n_features} columns of X (first: column {constant[0]}) are constant over all "
            f"{n_samples} rows: their mutual information with anything is 0",
            ConstantInputWarning,
            stacklevel=3,
        )
    if saturated:
        warnings.warn(
            f"{len(saturated)} of {n_features} columns of X (first: column {saturated[0]}) make nearly every one of "
            f"{n_samples} rows a pair of its own with y: their scores say how many symbols there are, not how much "
            "they tell; pass more rows or coarser values",
            SaturatedEstimateWarning,
            stacklevel=3,
        )
